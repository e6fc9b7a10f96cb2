"""The life of jobs as a machine of states, whose next step anybody may choose: what may happen, in any order.

Hypothesis chooses (tests/aws/test_life.py). After each step what holds always must hold; at the end, once nothing is going on any
more, all of it: see `invariants`.
"""

from __future__ import annotations

import base64
import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import httpx

from chaos.faults import OPERATIONS
from chaos.invariants import ALWAYS, Breach, Snapshot, Violation, check
from chaos.wire import Fault, Site
from chaos.world import Delivery, Stage, World
from ocrchat.model import Tier
from tests.documents import digital_pdf

PAGES = (1, 2, 3, 5)
FILES = {pages: digital_pdf(pages) for pages in PAGES}


class Life:
    """One account and its jobs. What callers do not hear of for long they ask again."""

    def __init__(self, stage: Stage) -> None:
        self.world = World(stage)
        self.world.deliver = self._deliver
        self.seen: list[Delivery] = []
        """Every message that ever came."""
        self.jobs: dict[str, str] = {}
        """Id by Idempotency-Key, of those whose caller has heard it."""
        self.sent: list[tuple[str, int, Tier]] = []
        """Key, pages and tier of each submission."""
        self.deleting: set[str] = set()
        self.violations: list[Violation] = []

    # -- callers --

    def submit(self, pages: int, tier: Tier) -> None:
        self.sent.append((uuid.uuid4().hex, pages, tier))
        self._send(*self.sent[-1])

    def submit_again(self, which: int) -> None:
        if self.sent:
            self._send(*self.sent[which % len(self.sent)])

    def cancel(self, which: int) -> None:
        if job_id := self._chosen(which):
            self.world.request("POST", f"/api/v1/ocr/{job_id}/cancel/", lambda status, answer: None)

    def delete(self, which: int) -> None:
        if job_id := self._chosen(which):
            self.deleting.add(job_id)
            self.world.request("DELETE", f"/api/v1/ocr/{job_id}/", lambda status, answer: None)

    # -- AWS --

    def happen(self, which: int) -> None:
        """One of the things that would come next, not always the first."""
        self.world.happen(which)

    def deliver_again(self, which: int) -> None:
        """A message that has been delivered, perhaps long ago."""
        if self.seen:
            known = self.seen[which % len(self.seen)]
            self.world.hand_over(Delivery(known.queue, known.message, is_copy=True))

    def fail(self, calls: int, which: int) -> None:
        """The call behind so many others fails, in one of the ways of its operation; dying is one of them."""
        left = calls

        def choose(site: Site) -> Fault | None:
            nonlocal left
            left -= 1
            if left >= 0:
                return None
            self.world.wire.choose = None
            ways = OPERATIONS[site.operation.split()[0]]
            return ways[which % len(ways)]

        self.world.wire.choose = choose

    def reconcile(self) -> None:
        self.world.reconcile()

    def pass_time(self, minutes: int) -> None:
        self.world.clock.forward(self.world.clock.now + timedelta(minutes=minutes))

    # -- what must hold --

    def now(self) -> list[Violation]:
        """Of what holds always."""
        snapshot = Snapshot.of(self.world.cloud)
        snapshot = snapshot.with_erased(self.deleting - snapshot.jobs.keys())
        return [*self.violations, *(violation for each in ALWAYS for violation in each(snapshot))]

    def at_the_end(self) -> list[Violation]:
        """Lets all of it come to its end."""
        self.world.wire.choose = None
        self.world.run()
        return [*self.violations, *check(Snapshot.of(self.world.cloud, self.deleting))]

    def _deliver(self, delivery: Delivery) -> None:
        self.seen.append(delivery)
        self.world.schedule(delivery)

    def _chosen(self, which: int) -> str | None:
        known = list(self.jobs.values())
        return known[which % len(known)] if known else None

    def _send(self, key: str, pages: int, tier: Tier) -> None:
        form = httpx.Request(
            "POST", "http://chaos/", files={"file": ("a.pdf", FILES[pages])}, data={"tier": tier.value}
        )
        headers = {"content-type": form.headers["content-type"], "Idempotency-Key": key}
        self.world.request("POST", "/api/v1/ocr/", self._heard(key), headers, base64.b64encode(form.read()).decode())

    def _heard(self, key: str) -> Callable[[int, Any], None]:
        def heard(status: int, answer: Any) -> None:
            if status == 409:  # it was deleted meanwhile
                return
            job_id = answer.get("uuid", "")
            if status != 200 or self.jobs.setdefault(key, job_id) != job_id:
                self.violations.append(
                    Violation(Breach.WRONG, f"{status} {job_id} to a key of job {self.jobs.get(key)}")
                )

        return heard
