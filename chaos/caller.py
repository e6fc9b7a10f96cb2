"""A caller as the documentation asks for: a key with each submission, and what is not answered, or with 5xx, is asked again."""

from __future__ import annotations

import time
import uuid
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx

from local import runtime
from ocrchat.cloud import Cloud

PATIENCE_SECONDS = 90.0
LONGEST_PAUSE = 2.0

ENDED = ("done", "failed")


class GaveUp(Exception):
    """Nothing but refusals for `PATIENCE_SECONDS`."""


@dataclass(frozen=True, slots=True)
class Document:
    name: str
    content: bytes
    pages: int
    """That are read of it."""
    fields: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Submission:
    """What a caller wants to have read once, however often it is sent. `uuid` is empty until an answer has told it."""

    document: Document
    fields: dict[str, str] = field(default_factory=dict)
    key: str = field(default_factory=lambda: uuid.uuid4().hex)
    uuid: str = ""
    is_cancelled: bool = False
    is_deleted: bool = False
    is_awaited: bool = True
    """False of one whose caller hung up and does not ask again: then there is a job, or there is none."""


class Caller:
    """One account of its own, and its requests. Safe to use from several threads."""

    def __init__(self, url: str, cloud: Cloud) -> None:
        self.account_id = f"chaos-{uuid.uuid4().hex}"
        token = runtime.open_account(cloud, self.account_id)
        self.answers: Counter[int] = Counter()
        """How often each status was answered; 0 is no answer."""
        self.bugs: list[str] = []
        """Answers with 500: what no fault may bring about."""
        self.client = httpx.Client(
            base_url=url, headers={"Authorization": f"Bearer {token}"}, timeout=40, trust_env=False
        )

    @contextmanager
    def calling(self) -> Iterator[Caller]:
        with self.client:
            yield self

    def submit(self, submission: Submission) -> None:
        """Until it is taken. Raises GaveUp."""
        answer = self.ask(
            "POST",
            "/api/v1/ocr/",
            files={"file": (submission.document.name, submission.document.content)},
            data=submission.document.fields | submission.fields,
            headers={"Idempotency-Key": submission.key},
        )
        submission.uuid = answer.raise_for_status().json()["uuid"]

    def cancel(self, submission: Submission) -> None:
        """If it has not ended."""
        answer = self.ask("POST", f"/api/v1/ocr/{submission.uuid}/cancel/")
        # After an answer that was lost, the next one says that it has ended: by us.
        submission.is_cancelled = answer.status_code in (200, 409)

    def delete(self, submission: Submission) -> None:
        answer = self.ask("DELETE", f"/api/v1/ocr/{submission.uuid}/")
        submission.is_deleted = answer.status_code in (200, 404)

    def job(self, submission: Submission) -> dict[str, Any] | None:
        """As it is; None if there is no such job."""
        answer = self.ask("GET", f"/api/v1/ocr/{submission.uuid}/")
        if answer.status_code == 404:
            return None
        job: dict[str, Any] = answer.raise_for_status().json()
        return job

    def has_ended(self, submission: Submission) -> bool:
        job = self.job(submission)
        return job is None or job["status"] in ENDED

    def ask(self, method: str, path: str, **request: Any) -> httpx.Response:
        """The first answer that is no 5xx and no 429. Raises GaveUp."""
        give_up, pause = time.monotonic() + PATIENCE_SECONDS, 0.1
        while time.monotonic() < give_up:
            try:
                answer = self.client.request(method, path, **request)
            except httpx.TransportError:
                self.answers[0] += 1
            else:
                self.answers[answer.status_code] += 1
                if answer.status_code == 500:
                    self.bugs.append(f"{method} {path}: {answer.text[:300]}")
                if answer.status_code < 500 and answer.status_code != 429:
                    return answer
            time.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE)
        raise GaveUp(f"{method} {path}")
