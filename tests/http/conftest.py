"""`make serve` as a user has it: a process of its own, spoken to over HTTP."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import boto3
import httpx
import pytest

from local.emulator import free_port
from ocrchat import usecases
from ocrchat.cloud import Cloud
from ocrchat.settings import Settings
from tests.plans import PLANS

ROOT = Path(__file__).resolve().parent.parent.parent
TOKEN = "test-token-of-the-http-suite"
READY_SECONDS = 150

PERSONAL = {
    "AWS_PROFILE": "my-company",
    "AWS_ENDPOINT_URL": "http://127.0.0.1:9",
    "HTTP_PROXY": "http://127.0.0.1:9",
    "http_proxy": "http://127.0.0.1:9",
}
"""What a person may have in their shell, and what must not matter."""


@dataclass
class Stack:
    cloud: Cloud
    settings: Settings


@dataclass
class Server:
    """A running `python -m local serve`."""

    process: subprocess.Popen[bytes]
    url: str
    folder: Path
    """Where it keeps its temporary files."""

    @property
    def port(self) -> int:
        return int(self.url.rpartition(":")[2])

    def stack(self) -> Stack:
        """Behind it: what an operator's command reaches."""
        served = json.loads((ROOT / ".build" / f"serve-{self.port}.json").read_text())
        session = boto3.Session(aws_access_key_id="test", aws_secret_access_key="test", region_name="us-east-1")
        settings = Settings.from_outputs(served["outputs"])
        return Stack(Cloud.connect(settings, session, served["endpoint"]), settings)

    def stop(self) -> int:
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(20)


def start(folder: Path, **environment: str) -> Server:
    port = free_port()
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
                **environment,
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


@contextmanager
def started(**environment: str) -> Iterator[Server]:
    """A server of its own, with these settings."""
    with tempfile.TemporaryDirectory(prefix="ocrchat-http-", ignore_cleanup_errors=True) as folder:
        server = start(Path(folder), **environment)
        try:
            yield server
        finally:
            server.stop()


def client_of(server: Server) -> httpx.Client:
    """A client with the demo account's token."""
    return httpx.Client(base_url=server.url, headers={"Authorization": f"Bearer {TOKEN}"}, timeout=60)


@pytest.fixture(scope="session")
def server(weights: Path) -> Iterator[Server]:
    with started() as server:
        yield server


@pytest.fixture(scope="session")
def api(server: Server) -> Iterator[httpx.Client]:
    with client_of(server) as client:
        yield client


@pytest.fixture(scope="session")
def stack(server: Server) -> Stack:
    return server.stack()


OpenAccount = Callable[..., httpx.Client]


@pytest.fixture
def open_account(server: Server, stack: Stack) -> Iterator[OpenAccount]:
    """Opens an account of this test alone: a client with its token."""
    with ExitStack() as clients:

        def open_account(plan: str = "business", credits: int = 100) -> httpx.Client:
            account_id, now = f"test-{uuid.uuid4().hex}", datetime.now(UTC)
            usecases.open_account(stack.cloud, account_id, PLANS[plan])
            if credits and PLANS[plan].prepaid:
                stack.cloud.books.grant(account_id, credits, "to begin with", now)
            token = stack.cloud.accounts.issue_token(account_id, "test", now)
            headers = {"Authorization": f"Bearer {token}", "X-Account": account_id}
            return clients.enter_context(httpx.Client(base_url=server.url, headers=headers, timeout=60))

        yield open_account


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
