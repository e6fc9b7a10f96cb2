"""What holds of the stores whenever nothing is going on any more, whatever has failed before. In words: docs/invariants.md.

Each check takes a `Snapshot` and gives what it found, in sentences; none is good. "Nothing is going on" means: every message was
delivered as often as its queue does that, every execution has ended or has been repaired by the reconciler. Some checks hold at
any moment; those are in `ALWAYS`.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Set
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from ocrchat import codec, keys
from ocrchat.aws.blobs import BlobMissing
from ocrchat.aws.dynamo import from_attributes
from ocrchat.billing import Account, Movement, MovementKind, charge
from ocrchat.cloud import Cloud
from ocrchat.model import Chunk, Funding, Job, JobStatus

_JOB_OBJECT = re.compile(r"jobs/\d+/([0-9a-f]{32})/")


class Breach(StrEnum):
    """What a violation means to whoever has sent the document, or pays for the servers."""

    LOST = "lost"
    WRONG = "wrong"
    CHARGED_TWICE = "charged_twice"
    ORPHAN = "orphan"


@dataclass(frozen=True, slots=True)
class Violation:
    breach: Breach
    words: str


@dataclass(frozen=True)
class Snapshot:
    """Everything that is kept, at one moment."""

    jobs: dict[str, Job]
    chunks: dict[str, list[Chunk]]
    """Of the jobs that are there, by their id."""
    parts: list[tuple[str, str]]
    """Job id and kind (FANIN, CHUNK, INTAKE) of every item that is a part of a job, there or not. Not of an INTAKE that nothing
    is left to do for, and expires."""
    open: set[str]
    """Ids in the index of jobs that something is left to do for."""
    key_uses: list[str]
    """Job ids that an Idempotency-Key leads to."""
    accounts: dict[str, Account]
    movements: dict[str, list[Movement]]
    """By account, oldest first."""
    objects: list[str]
    """Keys in the bucket of documents."""
    results: dict[str, codec.Json]
    """Documents of the jobs that are done, by job id."""
    running: set[str]
    """Names of executions."""
    erased: Set[str] = field(default_factory=frozenset)
    """Ids of jobs that their callers have deleted: nobody else knows."""

    @classmethod
    def of(cls, cloud: Cloud, erased: Set[str] = frozenset()) -> Snapshot:
        items = list(_items(cloud))
        ids = [item["pk"].removeprefix("JOB#") for item in items if item["sk"] == "JOB"]
        jobs = {job_id: job for job_id in ids if (job := cloud.jobs.get(job_id))}
        owners = [item["pk"].removeprefix("ACCOUNT#") for item in items if item["sk"] == "ACCOUNT"]
        return cls(
            jobs=jobs,
            chunks={job.id: cloud.page_sets.chunks(job.id, range(len(job.chunks))) for job in jobs.values()},
            parts=[
                (item["pk"].split("#")[1], item["sk"])
                for item in items
                if item["sk"] in ("FANIN", "CHUNK") or (item["sk"] == "INTAKE" and "open_lane" in item)
            ],
            open={item["pk"].removeprefix("JOB#") for item in items if "open_lane" in item},
            key_uses=[item["job_id"] for item in items if item["sk"] == "KEY"],
            accounts={owner: account for owner in owners if (account := cloud.accounts.get(owner))},
            movements={owner: list(_movements(cloud, owner)) for owner in owners},
            objects=list(_objects(cloud)),
            results=dict(_results(cloud, jobs.values())),
            running=set(_running(cloud)),
            erased=erased,
        )

    def with_erased(self, erased: Set[str]) -> Snapshot:
        return replace(self, erased=erased)


Check = Callable[[Snapshot], list[Violation]]


def check(snapshot: Snapshot) -> list[Violation]:
    """All of them."""
    return [violation for each in CHECKS for violation in each(snapshot)]


# -- at any moment -----------------------------------------------------------------------------------------------------


def balance_is_the_ledger(snapshot: Snapshot) -> list[Violation]:
    """The first of the two sums of `ocrchat.billing`."""
    found = []
    for owner, account in snapshot.accounts.items():
        movements = snapshot.movements[owner]
        balance = sum(each.credits for each in movements if each.funded_by is Funding.BALANCE)
        granted = sum(each.credits for each in movements if each.kind is MovementKind.GRANT)
        if account.balance != balance:
            found.append(_twice(f"account {owner}: its balance is {account.balance}, its ledger says {balance}"))
        if account.granted != granted:
            found.append(_twice(f"account {owner}: granted {account.granted}, its ledger says {granted}"))
        if account.plan.prepaid and account.balance < 0:
            found.append(_twice(f"account {owner}: its balance is {account.balance}"))
    return found


def usage_is_the_ledger(snapshot: Snapshot) -> list[Violation]:
    """The second: what was used in a day or a month is what the jobs that were submitted then have cost."""
    found = []
    for owner, account in snapshot.accounts.items():
        submitted = {m.job_id: m.at for m in snapshot.movements[owner] if m.kind is MovementKind.RESERVE}
        for name, period, used, form in (
            ("day", account.day, account.day_used, "%Y-%m-%d"),
            ("month", account.month, account.month_used, "%Y-%m"),
        ):
            cost = -sum(
                movement.credits
                for movement in snapshot.movements[owner]
                if movement.job_id in submitted and _in(submitted[movement.job_id], form, period)
            )
            if used != cost:
                found.append(_twice(f"account {owner}: {used} used in its {name}, its ledger says {cost}"))
    return found


def reserved_once_refunded_once(snapshot: Snapshot) -> list[Violation]:
    found = []
    for owner, movements in snapshot.movements.items():
        for kind in (MovementKind.RESERVE, MovementKind.REFUND):
            times = Counter(movement.job_id for movement in movements if movement.kind is kind)
            found += [_twice(f"job {job_id}: {kind} {n} times, by {owner}") for job_id, n in times.items() if n > 1]
    return found


def reservations_have_jobs(snapshot: Snapshot) -> list[Violation]:
    """No credits are held for a job that is not there; every job has its reservation."""
    reserved = {
        movement.job_id
        for movements in snapshot.movements.values()
        for movement in movements
        if movement.kind is MovementKind.RESERVE
    }
    found = [_lost(f"job {id}: reserved, and not there") for id in reserved - snapshot.jobs.keys() - snapshot.erased]
    return found + [_wrong(f"job {id}: there, and not reserved") for id in snapshot.jobs.keys() - reserved]


def charged_is_what_was_paid(snapshot: Snapshot) -> list[Violation]:
    """Of a job that is settled: refund = reserved - charged, and charged = the price of the pages that were read."""
    found = []
    paid: Counter[str | None] = Counter()
    for movements in snapshot.movements.values():
        for movement in movements:
            paid[movement.job_id] -= movement.credits
    for job in snapshot.jobs.values():
        if job.charged is None:
            if paid[job.id] != job.credits:
                found.append(_twice(f"job {job.id}: not settled, {job.credits} reserved, {paid[job.id]} paid"))
            continue
        if paid[job.id] != job.charged:
            found.append(_twice(f"job {job.id}: charged {job.charged}, paid {paid[job.id]}"))
        if job.failure == "cancelled":
            most = _price(job, snapshot.chunks[job.id])
            if job.charged > most:  # a page that was read after the cancellation is not charged
                found.append(_twice(f"job {job.id}: cancelled, charged {job.charged} for pages that cost {most}"))
        elif job.charged != (due := 0 if job.status is JobStatus.FAILED else _price(job, snapshot.chunks[job.id])):
            found.append(_twice(f"job {job.id}: {job.status}, charged {job.charged} and not {due}"))
    return found


def erased_is_gone(snapshot: Snapshot) -> list[Violation]:
    return [_wrong(f"job {job_id}: deleted, and there") for job_id in snapshot.erased & snapshot.jobs.keys()]


# -- when nothing is going on ------------------------------------------------------------------------------------------


def every_job_has_ended(snapshot: Snapshot) -> list[Violation]:
    """Ended, settled, and nothing left to do for it."""
    found = []
    for job in snapshot.jobs.values():
        if not job.status.ended:
            found.append(_lost(f"job {job.id}: still {job.status}"))
        elif job.ended_at is None or job.charged is None:
            found.append(_wrong(f"job {job.id}: {job.status}, ended at {job.ended_at}, charged {job.charged}"))
        elif job.is_open:
            found.append(_orphan(f"job {job.id}: has ended, and is among the open ones"))
    return found


def ended_as_its_pages_say(snapshot: Snapshot) -> list[Violation]:
    """Done: no page is pending, each is in the document or among those that failed. Failed: it says why."""
    found = []
    for job in snapshot.jobs.values():
        chunks = snapshot.chunks[job.id]
        if job.status is JobStatus.FAILED and not job.failure:
            found.append(_wrong(f"job {job.id}: failed, and does not say why"))
        if job.status is not JobStatus.DONE:
            continue
        pending = sorted(page for chunk in chunks for page in chunk.pending)
        failed = tuple(sorted(page for chunk in chunks for page in chunk.failures))
        if len(chunks) != len(job.chunks) or pending:
            found.append(_wrong(f"job {job.id}: done, and pages {pending} are pending in {len(chunks)} chunks"))
        if job.failed_pages != failed:
            found.append(_wrong(f"job {job.id}: says that pages {job.failed_pages} failed, and {failed} did"))
        document = snapshot.results.get(job.id)
        if document is None:
            found.append(_lost(f"job {job.id}: done, and its document is not there"))
        elif [page["index"] for page in document["pages"]] != list(job.pages):
            found.append(_wrong(f"job {job.id}: its document has other pages than it"))
        elif [page["index"] for page in document["pages"] if page["error"]] != list(job.failed_pages):
            found.append(_wrong(f"job {job.id}: its document says of other pages that they failed"))
    return found


def parts_have_jobs(snapshot: Snapshot) -> list[Violation]:
    """No page set, chunk or announcement is there without its job."""
    found = [_orphan(f"{kind} of job {id}: no such job") for id, kind in snapshot.parts if id not in snapshot.jobs]
    return found + [_orphan(f"job {id}: there, and announced") for id, kind in snapshot.parts if kind == "INTAKE"]


def objects_have_jobs(snapshot: Snapshot) -> list[Violation]:
    """No object of a job that is not there, or was erased. What waits for a model is gone once the job has ended well."""
    found = []
    for key in snapshot.objects:
        owner = _JOB_OBJECT.match(key)
        if owner is None:
            found += [_orphan(f"{key}: submitted, and there")] if key.startswith(keys.UPLOADS) else []
        elif owner[1] not in snapshot.jobs:
            found.append(_orphan(f"{key}: an object of no job"))
        elif "/vlm/" in key and snapshot.jobs[owner[1]].status is JobStatus.DONE:
            found.append(_orphan(f"{key}: waits for a model, and its job is done"))
    return found


def executions_have_jobs(snapshot: Snapshot) -> list[Violation]:
    """No execution runs of a job that has ended or is not there."""
    return [
        _orphan(f"execution {name}: still runs")
        for name in snapshot.running
        if name not in snapshot.jobs or snapshot.jobs[name].status.ended
    ]


def keys_have_jobs(snapshot: Snapshot) -> list[Violation]:
    """An Idempotency-Key leads to a job, or to one that was deleted, and no two keys to the same."""
    found = [
        _lost(f"job {job_id}: a key leads to it, and it is not there")
        for job_id in set(snapshot.key_uses) - snapshot.jobs.keys() - snapshot.erased
    ]
    return found + [
        _wrong(f"job {job_id}: {times} keys lead to it")
        for job_id, times in Counter(snapshot.key_uses).items()
        if times > 1
    ]


ALWAYS: tuple[Check, ...] = (
    balance_is_the_ledger,
    usage_is_the_ledger,
    reserved_once_refunded_once,
    reservations_have_jobs,
    charged_is_what_was_paid,
    erased_is_gone,
)
"""Hold at any moment between two transactions."""

CHECKS: tuple[Check, ...] = (
    *ALWAYS,
    every_job_has_ended,
    ended_as_its_pages_say,
    parts_have_jobs,
    objects_have_jobs,
    executions_have_jobs,
    keys_have_jobs,
)


# -- reading -----------------------------------------------------------------------------------------------------------


def _items(cloud: Cloud) -> Iterator[dict[str, Any]]:
    pages = cloud.jobs._client.get_paginator("scan").paginate(TableName=cloud.jobs._table, ConsistentRead=True)
    for page in pages:
        yield from map(from_attributes, page["Items"])


def _movements(cloud: Cloud, account_id: str) -> Iterator[Movement]:
    movements: list[Movement] = []
    after: str | None = ""
    while after is not None:
        some, after = cloud.books.movements(account_id, 100, after)
        movements += some
    return reversed(movements)


def _objects(cloud: Cloud) -> Iterator[str]:
    for page in cloud.blobs._client.get_paginator("list_objects_v2").paginate(Bucket=cloud.blobs._bucket):
        for item in page.get("Contents", []):
            yield item["Key"]


def _results(cloud: Cloud, jobs: Any) -> Iterator[tuple[str, codec.Json]]:
    for job in jobs:
        if job.status is JobStatus.DONE:
            try:
                yield job.id, cloud.blobs.get_json(keys.result(job))
            except BlobMissing:
                pass


def _running(cloud: Cloud) -> Iterator[str]:
    pages = cloud.workflow._client.get_paginator("list_executions").paginate(
        stateMachineArn=cloud.workflow._state_machine, statusFilter="RUNNING"
    )
    for page in pages:
        for execution in page["executions"]:
            yield execution["name"]


def _price(job: Job, chunks: list[Chunk]) -> int:
    of = defaultdict(int, {number: len(pages) for number, pages in enumerate(job.chunks)})
    read = sum(of[chunk.number] - len(chunk.pending) - len(chunk.failures) for chunk in chunks)
    return charge(job, read, sum(len(chunk.fallbacks) for chunk in chunks))


def _in(at: datetime, form: str, period: str) -> bool:
    return at.strftime(form) == period


def _lost(words: str) -> Violation:
    return Violation(Breach.LOST, words)


def _wrong(words: str) -> Violation:
    return Violation(Breach.WRONG, words)


def _twice(words: str) -> Violation:
    return Violation(Breach.CHARGED_TWICE, words)


def _orphan(words: str) -> Violation:
    return Violation(Breach.ORPHAN, words)
