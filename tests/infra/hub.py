"""A model hub on loopback: as much of its HTTP interface as huggingface_hub uses to get one commit of a model."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import urlsplit


@dataclass
class Hub:
    """`large` are files in Git LFS, which the hub redirects to its storage; `small` those in Git itself."""

    model: str
    revision: str
    large: dict[str, bytes]
    small: dict[str, bytes]
    url: str = ""
    served: dict[str, bytes] = field(default_factory=dict)
    """What is sent in place of a file: for bytes that were damaged on the way."""
    fetched: list[str] = field(default_factory=list)

    def info(self) -> bytes:
        siblings = [
            {"rfilename": name, "size": len(content), "blobId": blob(content)}
            | ({"lfs": {"sha256": sha256(content), "size": len(content), "pointerSize": 134}} if lfs else {})
            for files, lfs in ((self.large, True), (self.small, False))
            for name, content in files.items()
        ]
        return json.dumps({"id": self.model, "sha": self.revision, "siblings": siblings}).encode()


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def blob(content: bytes) -> str:
    return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()


@contextmanager
def serving(hub: Hub) -> Iterator[Hub]:
    info = f"/api/models/{hub.model}/revision/{hub.revision}"
    files = f"/{hub.model}/resolve/{hub.revision}/"
    storage = ""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_HEAD(self) -> None:
            self._answer(with_body=False)

        def do_GET(self) -> None:
            self._answer(with_body=True)

        def _answer(self, with_body: bool) -> None:
            path = urlsplit(self.path).path
            commit = {"X-Repo-Commit": hub.revision}
            name = path.removeprefix(files).removeprefix("/storage/")
            if path == info:
                self._send(200, hub.info(), {"Content-Type": "application/json"}, with_body)
            elif path.startswith(files) and name in hub.large:
                content = hub.large[name]
                linked = {"X-Linked-Size": str(len(content)), "X-Linked-Etag": f'"{sha256(content)}"'}
                self._send(302, b"", commit | linked | {"Location": f"{storage}/storage/{name}"}, with_body)
            elif path.startswith(files) and name in hub.small:
                self._file(name, hub.small[name], commit | {"ETag": f'"{blob(hub.small[name])}"'}, with_body)
            elif path.startswith("/storage/"):
                self._file(name, hub.large[name], {}, with_body)
            else:
                self._send(404, b"", {"X-Error-Code": "RevisionNotFound"}, with_body)

        def _file(self, name: str, content: bytes, headers: dict[str, str], with_body: bool) -> None:
            if with_body:
                hub.fetched.append(name)
            self._send(200, hub.served.get(name, content), headers, with_body)

        def _send(self, status: int, body: bytes, headers: dict[str, str], with_body: bool) -> None:
            self.send_response(status)
            for name, value in (headers | {"Content-Length": str(len(body))}).items():
                self.send_header(name, value)
            self.end_headers()
            if with_body:
                self.wfile.write(body)

        def log_message(self, *_: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    hub.url = f"http://127.0.0.1:{server.server_port}"
    # Another host, as it really is: only then does the library take what the redirect itself says of the file.
    storage = f"http://localhost:{server.server_port}"
    thread = Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield hub
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
