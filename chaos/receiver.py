"""A receiver of webhooks that can be down."""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from standardwebhooks import Webhook


class Receiver(ThreadingHTTPServer):
    """Answers 503 while `is_down`; keeps the ids of jobs whose events it took, by how often, if they are signed with `secret`."""

    daemon_threads = True

    def __init__(self, secret: str) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.url = f"http://127.0.0.1:{self.server_port}/hook"
        self.webhook = Webhook(secret)
        self.is_down = True
        self.told: Counter[str] = Counter()
        self.refused = 0

    @contextmanager
    def listening(self) -> Iterator[Receiver]:
        thread = threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.05}, name="receiver")
        thread.start()
        try:
            yield self
        finally:
            self.shutdown()
            self.server_close()
            thread.join()


class _Handler(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.server.is_down:
            self.server.refused += 1
            self.send_response(503)
        else:
            self.server.webhook.verify(body, {name.lower(): value for name, value in self.headers.items()})
            self.server.told[json.loads(body)["data"]["uuid"]] += 1
            self.send_response(204)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass
