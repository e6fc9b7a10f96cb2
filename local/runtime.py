"""Emulator + stack + a demo account: everything that stands behind the front."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import httpx

from local import deploy
from local.emulator import Emulator, EmulatorFailed, isolate
from ocrchat.cloud import Cloud
from ocrchat.settings import Settings

DEMO_ACCOUNT = "demo"
WEIGHTS = deploy.ROOT / ".build" / "weights"

_WORKER_MB = 900
"""What an OCR worker takes at most."""


@dataclass(frozen=True)
class Running:
    """A running stack. `api_url` is the emulator's address of the API stage; `outputs` are CloudFormation's."""

    endpoint: str
    api_url: str
    token: str
    outputs: dict[str, str]
    emulator: Emulator
    cloud: Cloud


@contextmanager
def run(token: str | None = None, wait_scale: float = 1.0) -> Iterator[Running]:
    """Raises EmulatorFailed."""
    isolate()
    workers = ocr_workers()
    # Beside the OCR workers: as many waiting submits, and the functions that move jobs on.
    with Emulator(max_invocations=2 * workers + inline_waiters() + 8, wait_scale=wait_scale) as emulator:
        outputs = deploy.deploy(
            emulator.endpoint,
            {"weights": str(WEIGHTS), "ocr_concurrency": workers, "inline_waiters": str(inline_waiters())},
        )
        cloud = connect(emulator.endpoint, outputs)
        token = token or f"ocr_{secrets.token_urlsafe(32)}"
        cloud.accounts.add_token(DEMO_ACCOUNT, token)
        yield Running(
            endpoint=emulator.endpoint,
            api_url=f"{emulator.endpoint}/restapis/{outputs['ApiId']}/{outputs['ApiStage']}/_user_request_",
            token=token,
            outputs=outputs,
            emulator=emulator,
            cloud=cloud,
        )


def warm_up(running: Running) -> None:
    """Sends a document through the whole system, for an account of its own: proves that it works, starts its functions.

    Raises EmulatorFailed with what came back instead.
    """
    token = secrets.token_urlsafe(32)
    running.cloud.accounts.add_token("warm-up", token)
    answer = httpx.post(
        f"{running.api_url}/api/v1/ocr/",
        headers={"Authorization": f"Bearer {token}"},
        files={"file": ("report.pdf", (deploy.ROOT / "examples" / "report.pdf").read_bytes())},
        timeout=30,
        trust_env=False,
    )
    if answer.status_code != 200 or answer.json()["status"] != "done":
        raise EmulatorFailed(f"The stack runs but does not work: {answer.status_code} {answer.text[:500]}")


def connect(endpoint: str, outputs: dict[str, str]) -> Cloud:
    """The product's own adapters on the running stack."""
    settings = Settings(
        table=outputs["TableName"],
        bucket=outputs["BucketName"],
        interactive_queue=outputs["InteractiveQueueUrl"],
        bulk_queue=outputs["BulkQueueUrl"],
        state_machine=outputs["StateMachineArn"],
    )
    return Cloud.connect(settings, deploy.session(), endpoint)


def ocr_workers() -> int:
    """Pages read at once, in each lane: one a core, within half of the memory. Event sources take 2 at least."""
    memory_mb = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2**20
    return max(2, min(os.cpu_count() or 1, memory_mb // 2 // _WORKER_MB))


def inline_waiters() -> int:
    return 2 * ocr_workers()
