"""`make serve` as a user has it: a process of its own, spoken to over HTTP."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
TOKEN = "test-token-of-the-http-suite"
READY_SECONDS = 40

PERSONAL = {
    "AWS_PROFILE": "my-company",
    "AWS_ENDPOINT_URL": "http://127.0.0.1:9",
    "HTTP_PROXY": "http://127.0.0.1:9",
    "http_proxy": "http://127.0.0.1:9",
}
"""What a person may have in their shell, and what must not matter."""


@dataclass
class Server:
    """A running `python -m local serve`."""

    process: subprocess.Popen[bytes]
    url: str
    folder: Path
    """Where it keeps its temporary files."""

    def stop(self) -> int:
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(20)


def start(folder: Path) -> Server:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    log = folder / "serve.log"
    scratch = folder / "tmp"
    scratch.mkdir()
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "local", "serve"],
            cwd=ROOT,
            env={
                **os.environ,
                "PYTHONPATH": "layers/core/python:.",
                "PORT": str(port),
                "OCRCHAT_TOKEN": TOKEN,
                "TMPDIR": str(scratch),
                **PERSONAL,
            },
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    give_up = time.monotonic() + READY_SECONDS
    while "Ready" not in log.read_text():
        assert process.poll() is None, log.read_text()
        assert time.monotonic() < give_up, f"not ready: {log.read_text()}"
        time.sleep(0.05)
    return Server(process, f"http://localhost:{port}", scratch)


@pytest.fixture(scope="session")
def server(weights: Path) -> Iterator[Server]:
    with tempfile.TemporaryDirectory(prefix="ocrchat-http-", ignore_cleanup_errors=True) as folder:
        server = start(Path(folder))
        try:
            yield server
        finally:
            server.stop()


@pytest.fixture(scope="session")
def api(server: Server) -> Iterator[httpx.Client]:
    """A client with the demo account's token."""
    with httpx.Client(base_url=server.url, headers={"Authorization": f"Bearer {TOKEN}"}, timeout=60) as client:
        yield client


def post(api: httpx.Client, name: str, content: bytes, **fields: str) -> httpx.Response:
    return api.post("/api/v1/ocr/", files={"file": (name, content)}, data=fields)


def poll(api: httpx.Client, job: dict[str, Any], seconds: float = 100) -> Iterator[dict[str, Any]]:
    """The job as it goes, ended last: the loop of the published clients."""
    give_up = time.monotonic() + seconds
    while job["status"] in ("pending", "processing"):
        yield job
        assert time.monotonic() < give_up, f"{job['pages_done']} of {job['page_count']} pages done"
        time.sleep(0.3)
        job = api.get(f"/api/v1/ocr/{job['uuid']}/").raise_for_status().json()
    yield job
