"""The product as its users have it: the whole stack on this machine, spoken to over HTTP."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from local import runtime
from local.front import front, serving

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


def read(client: httpx.Client, path: Path) -> dict[str, Any]:
    """The job of a file, once it is done, as a client of the published API waits for it."""
    job: dict[str, Any] = (
        client.post("/api/v1/ocr/", files={"file": (path.name, path.read_bytes())}).raise_for_status().json()
    )
    job = ended(client, job)
    assert job["status"] == "done", job["error"]
    return job


def ended(
    client: httpx.Client, job: dict[str, Any], seconds: float = float("inf"), every: float = 0.2
) -> dict[str, Any]:
    """The job at its end; with the status "unended", as it is after so long."""
    give_up = time.monotonic() + seconds
    while job["status"] in ("pending", "processing"):
        if time.monotonic() > give_up:
            return job | {"status": "unended"}
        time.sleep(every)
        job = client.get(f"/api/v1/ocr/{job['uuid']}/").raise_for_status().json()
    return job
