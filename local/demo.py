"""Reads the examples over HTTP as any client would, and shows what came back."""

from __future__ import annotations

import time
from typing import Any

import httpx
from rich.console import Console

from local.deploy import ROOT

EXAMPLES = ("report.pdf", "scan.jpg", "photo.jpg")
_SHOWN_LINES = 12


def run(console: Console, url: str, token: str) -> None:
    """Raises httpx.HTTPStatusError if an example is refused, RuntimeError if one comes back without text."""
    with httpx.Client(
        base_url=url, headers={"Authorization": f"Bearer {token}"}, timeout=60, trust_env=False
    ) as client:
        for name in EXAMPLES:
            started = time.monotonic()
            with console.status(f"POST /api/v1/ocr/  file={name} ..."):
                job = _ocr(client, name)
            if job["status"] != "done" or not job["text"]:
                raise RuntimeError(f"{name} came back {job['status']} without text: {job['error']}")
            pages = f"{job['page_count']} page" + ("s" if job["page_count"] > 1 else "")
            console.rule(f"{name}: {pages}, {time.monotonic() - started:.1f} s, confidence {job['mean_confidence']}")
            lines = [line for line in job["text"].splitlines() if line]
            console.print("\n".join(lines[:_SHOWN_LINES]), markup=False, soft_wrap=True)
            if len(lines) > _SHOWN_LINES:
                console.print(f"... {len(lines) - _SHOWN_LINES} more lines", style="dim")


def _ocr(client: httpx.Client, name: str) -> dict[str, Any]:
    with (ROOT / "examples" / name).open("rb") as file:
        answer = client.post("/api/v1/ocr/", files={"file": (name, file)})
    job: dict[str, Any] = answer.raise_for_status().json()
    while job["status"] in ("pending", "processing"):
        time.sleep(1)
        job = client.get(f"/api/v1/ocr/{job['uuid']}/").raise_for_status().json()
    return job
