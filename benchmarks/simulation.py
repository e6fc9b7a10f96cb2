"""Jobs through the queues to the workers and back, event by event: what the product does under Lambda's and SQS's limits.

A job is submitted, started, fanned out four chunks of 25 pages at a time, and ends when its last page has been read. A lane is a
queue whose event source starts with few workers and adds some a minute, up to its maximum; SQS serves the account next that has
the fewest pages in work (fair queues), or in the order of arrival. Workers are warm or have to start. Small jobs hold a function
while they are waited for. Not simulated: pages that fail, come twice or are lost, and time that varies without a cause.
"""

from __future__ import annotations

import heapq
import itertools
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial

from ocrchat.model import CHUNK_PAGES, CHUNKS_IN_FLIGHT, INLINE_PAGES, Lane
from ocrchat.usecases.repair import REPAIR_AFTER


@dataclass(frozen=True, slots=True)
class Submission:
    at: float
    account: str
    pages: int

    @property
    def lane(self) -> Lane:
        """Of an account whose plan has priority."""
        return Lane.INTERACTIVE if self.pages <= INLINE_PAGES else Lane.PRIORITY


@dataclass(frozen=True, slots=True)
class Rates:
    """What the system is allowed and takes; times in seconds. See aws/limits.toml and aws/assumptions.toml."""

    lane_workers: int
    concurrency: int = 1000
    """Of all functions together."""
    first_workers: int = 5
    more_a_second: float = 5.0
    calm_seconds: float = 60.0
    """An event source that had nothing to do for so long starts again with few workers."""
    new_environments: tuple[float, float] = (100.0, 1000.0)
    """Of one function: a second, and at once."""
    requests: tuple[float, float] = (100.0, 200.0)
    requests_a_job: float = 1.0
    executions: tuple[float, float] = (300.0, 1300.0)
    start_patience: float = 2.0
    """Of a submission, for a start that is throttled; then the reconciler starts the job."""
    reconciled_every: float = 300.0
    waiters: int = 50
    warm_seconds: float = 300.0
    cold: float = 0.0
    before: float = 0.0
    after: float = 0.0
    is_fair: bool = True
    has_lanes: bool = True


class Bucket:
    """A token bucket that lends: how long to wait for tokens that have not come yet."""

    def __init__(self, rate: float, burst: float) -> None:
        self.rate, self.burst = rate, burst
        self._left, self._at = burst, 0.0

    def wait(self, now: float, tokens: float = 1.0) -> float:
        self._left = min(self.burst, self._left + (now - self._at) * self.rate)
        self._at = now
        return max(0.0, (tokens - self._left) / self.rate)

    def take(self, tokens: float = 1.0) -> None:
        self._left -= tokens


@dataclass(eq=False, slots=True)
class _Job:
    what: Submission
    chunks: list[int]
    """How many pages of each are left."""
    left: int
    holds_function: bool = False


class _Queue:
    def __init__(self, rates: Rates) -> None:
        self.rates = rates
        self.waiting: dict[str, deque[tuple[_Job, int]]] = {}
        self.size = self.working = 0
        self.in_work: dict[str, int] = {}
        self._workers, self._looked, self._busy = float(rates.first_workers), 0.0, 0.0
        self.has_tick = False

    def put(self, job: _Job, chunk: int, now: float) -> None:
        if not self.size and now - self._busy > self.rates.calm_seconds:
            self._workers = float(self.rates.first_workers)
        group = job.what.account if self.rates.is_fair else ""
        pages = job.chunks[chunk]
        self.waiting.setdefault(group, deque()).extend((job, chunk) for _ in range(pages))
        if not self.size:
            self._looked = now
        self.size += pages

    def workers(self, now: float) -> int:
        """How many may work now: more, the longer messages wait."""
        if self.size:
            self._busy = now
            grown = self._workers + (now - self._looked) * self.rates.more_a_second
            self._workers = min(float(self.rates.lane_workers), grown)
            self._looked = now
        return int(self._workers)

    def take(self) -> tuple[_Job, int]:
        group = min(self.waiting, key=lambda name: self.in_work.get(name, 0))
        found = self.waiting[group].popleft()
        if not self.waiting[group]:
            del self.waiting[group]
        self.size -= 1
        self.working += 1
        self.in_work[group] = self.in_work.get(group, 0) + 1
        return found

    def done(self, job: _Job) -> None:
        self.working -= 1
        self.in_work[job.what.account if self.rates.is_fair else ""] -= 1


@dataclass
class Outcome:
    jobs: list[tuple[Submission, float]] = field(default_factory=list)
    """Those that have ended, and when."""
    pages_in: int = 0
    pages_read: int = 0
    steady_pages: int = 0
    """Of `pages_read`, those after `steady_from`."""
    end: float = 0.0
    most_working: int = 0
    most_waiting: int = 0
    cold: int = 0
    refused: int = 0
    """Submissions that were answered 429 and came again a second later."""
    started_late: int = 0
    """By the reconciler."""

    def latencies(self, pages: int, account: str = "") -> list[float]:
        return sorted(end - what.at for what, end in self.jobs if what.pages == pages and account in ("", what.account))


def simulate(
    submissions: Iterable[Submission],
    rates: Rates,
    seconds: Callable[[], float],
    until: float = float("inf"),
    steady_from: float = 0.0,
) -> Outcome:
    """`seconds` gives the time of the next page. Stops at `until`, with whatever still waits."""
    outcome = Outcome()
    queues = {lane: _Queue(rates) for lane in (Lane if rates.has_lanes else [Lane.PRIORITY])}
    events: list[tuple[float, int, Callable[[float], None]]] = []
    order = itertools.count()
    requests, executions = Bucket(*rates.requests), Bucket(*rates.executions)
    environments = Bucket(*rates.new_environments)
    idle: list[float] = []  # when each warm worker became idle, the latest last
    held = 0  # functions that wait for small jobs

    def at(time: float, what: Callable[[float], None]) -> None:
        heapq.heappush(events, (time, next(order), what))

    def working() -> int:
        return held + sum(queue.working for queue in queues.values())

    def submit(what: Submission, now: float) -> None:
        nonlocal held
        if requests.wait(now, rates.requests_a_job) or working() >= rates.concurrency:
            outcome.refused += 1
            at(now + 1.0, partial(submit, what))
            return
        requests.take(rates.requests_a_job)
        outcome.pages_in += what.pages
        sizes = [min(CHUNK_PAGES, what.pages - start) for start in range(0, what.pages, CHUNK_PAGES)]
        job = _Job(what, sizes, what.pages)
        if what.pages <= INLINE_PAGES and held < rates.waiters:
            job.holds_function = True
            held += 1
        wait = executions.wait(now)
        if wait <= rates.start_patience:
            executions.take()
        else:
            outcome.started_late += 1
            due = now + REPAIR_AFTER.total_seconds()
            wait = due + rates.reconciled_every - due % rates.reconciled_every - now
        begin = now + wait + rates.before
        for chunk in range(min(CHUNKS_IN_FLIGHT, len(sizes))):
            at(begin, partial(send, job, chunk))

    def queue_of(job: _Job) -> _Queue:
        return queues[job.what.lane if rates.has_lanes else Lane.PRIORITY]

    def send(job: _Job, chunk: int, now: float) -> None:
        queue_of(job).put(job, chunk, now)
        outcome.most_waiting = max(outcome.most_waiting, sum(queue.size for queue in queues.values()))
        go_on(queue_of(job), now)

    def go_on(queue: _Queue, now: float) -> None:
        allowed = queue.workers(now)
        while queue.size and queue.working < allowed and working() < rates.concurrency:
            start = 0.0
            if idle and now - idle[-1] <= rates.warm_seconds:
                idle.pop()
            else:
                idle.clear()
                if environments.wait(now):
                    break
                environments.take()
                outcome.cold += 1
                start = rates.cold
            job, chunk = queue.take()
            at(now + start + seconds(), partial(read, job, chunk))
        outcome.most_working = max(outcome.most_working, working())
        if queue.size and not queue.has_tick:
            queue.has_tick = True
            at(now + 1 / rates.more_a_second, partial(tick, queue))

    def tick(queue: _Queue, now: float) -> None:
        queue.has_tick = False
        go_on(queue, now)

    def read(job: _Job, chunk: int, now: float) -> None:
        nonlocal held
        queue = queue_of(job)
        queue.done(job)
        idle.append(now)
        outcome.pages_read += 1
        outcome.steady_pages += now >= steady_from
        job.left -= 1
        job.chunks[chunk] -= 1
        if not job.chunks[chunk] and chunk + CHUNKS_IN_FLIGHT < len(job.chunks):
            send(job, chunk + CHUNKS_IN_FLIGHT, now)
        if not job.left:
            outcome.jobs.append((job.what, now + rates.after))
            held -= job.holds_function
        go_on(queue, now)

    for what in submissions:
        at(what.at, partial(submit, what))
    while events and events[0][0] <= until:
        outcome.end, _, happen = heapq.heappop(events)
        happen(outcome.end)
    return outcome
