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
def served(port: int) -> Iterator[httpx.Client]:
    with (
        runtime.run(TOKEN) as running,
        serving(front(running.api_url), port),
        httpx.Client(
            base_url=f"http://127.0.0.1:{port}",
            headers={"Authorization": f"Bearer {TOKEN}"},
            timeout=60,
            trust_env=False,
        ) as client,
    ):
        yield client


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
