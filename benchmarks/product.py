"""The product as its users have it: the whole stack on this machine, spoken to over HTTP."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx

from local import runtime
from local.front import front, serving
from ocrchat import usecases

TOKEN = "bench"


@contextmanager
def running(port: int) -> Iterator[runtime.Running]:
    with runtime.run(TOKEN) as stack, serving(front(stack.api_url, stack.gate), port):
        yield stack


def client(port: int, token: str = TOKEN) -> httpx.Client:
    return httpx.Client(
        base_url=f"http://127.0.0.1:{port}",
        headers={"Authorization": f"Bearer {token}"},
        timeout=60,
        trust_env=False,
    )


@contextmanager
def served(port: int) -> Iterator[httpx.Client]:
    with running(port), client(port) as caller:
        yield caller


def account(stack: runtime.Running, name: str) -> str:
    """Opens one of the largest plan; its token."""
    now = datetime.now(UTC)
    usecases.open_account(stack.cloud, name, next(reversed(stack.cloud.accounts.plans.values())))
    stack.cloud.books.grant(name, runtime.CREDITS, "", now)
    return stack.cloud.accounts.issue_token(name, name, now)


def read(client: httpx.Client, path: Path) -> dict[str, Any]:
    """The job of a file, once it is done, as a client of the published API waits for it."""
    job: dict[str, Any] = (
        client.post("/api/v1/ocr/", files={"file": (path.name, path.read_bytes())}).raise_for_status().json()
    )
    while job["status"] in ("pending", "processing"):
        time.sleep(0.2)
        job = client.get(f"/api/v1/ocr/{job['uuid']}/").raise_for_status().json()
    assert job["status"] == "done", job["error"]
    return job
