"""What must hold after faults: of each job, of the ledger, and of what is left lying about."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from chaos.caller import Caller, Submission
from chaos.system import System
from local import deploy
from ocrchat import keys
from ocrchat.aws.dynamo import from_attributes
from ocrchat.billing import MovementKind
from ocrchat.model import Lane

_JOB_OBJECT = re.compile(r"jobs/\d+/([0-9a-f]{32})/")


@dataclass(slots=True)
class Findings:
    """Sentences, by what they are about. None is good."""

    lost: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    charged_twice: list[str] = field(default_factory=list)
    orphans: list[str] = field(default_factory=list)

    def __add__(self, other: Findings) -> Findings:
        return Findings(
            self.lost + other.lost,
            self.wrong + other.wrong,
            self.charged_twice + other.charged_twice,
            self.orphans + other.orphans,
        )

    @property
    def all(self) -> list[str]:
        return [*self.lost, *self.wrong, *self.charged_twice, *self.orphans]


def of_jobs(caller: Caller, submissions: list[Submission], texts: dict[str, str], bugs: list[str]) -> Findings:
    """What became of what a caller has sent. `texts` is what is read of each document without faults."""
    found = Findings(wrong=[f"a bug was answered: {bug}" for bug in bugs])
    for submission in submissions:
        name = f"{submission.document.name}, job {submission.uuid or '(none)'}"
        if not submission.uuid:
            if submission.is_awaited:
                found.lost.append(f"{name}: never taken")
            continue
        job = caller.job(submission)
        if job is None:
            if not submission.is_deleted:
                found.lost.append(f"{name}: is gone")
        elif submission.is_deleted:
            found.wrong.append(f"{name}: was deleted, and is there")
        elif job["status"] not in ("done", "failed"):
            found.lost.append(f"{name}: {job['status']}, {job['pages_done']} of {job['page_count']} pages")
        elif job["status"] == "failed":
            if not (submission.is_cancelled and job["error"]["code"] == "cancelled"):
                found.lost.append(f"{name}: failed, {job['error']}")
        elif job["failed_pages"]:
            found.lost.append(f"{name}: pages {job['failed_pages']} were given up")
        else:
            if job["text"] != texts[submission.document.name]:
                found.wrong.append(f"{name}: its text is another one")
            if job["credits_charged"] != submission.document.pages:
                found.wrong.append(f"{name}: {job['credits_charged']} credits for {submission.document.pages} pages")
    return found


def of_ledger(system: System, caller: Caller, submissions: list[Submission]) -> Findings:
    """Each submission has reserved once, has been refunded once at most, and what is left is what the jobs say."""
    found = Findings()
    movements, cursor = [], ""
    while True:
        some, following = system.cloud.books.movements(caller.account_id, 100, cursor)
        movements += some
        if following is None:
            break
        cursor = following
    account = system.cloud.accounts.get(caller.account_id)
    assert account is not None
    if account.balance != sum(movement.credits for movement in movements):
        found.charged_twice.append(f"the balance is {account.balance}, and not the sum of the ledger")
    reserved = Counter(movement.job_id for movement in movements if movement.kind is MovementKind.RESERVE)
    refunded = Counter(movement.job_id for movement in movements if movement.kind is MovementKind.REFUND)
    found.charged_twice += [
        f"job {job_id}: {what} {times} times"
        for what, counter in (("reserved", reserved), ("refunded", refunded))
        for job_id, times in counter.items()
        if times > 1
    ]
    known = {submission.uuid for submission in submissions}
    unheard = sum(1 for submission in submissions if not submission.uuid)
    found.charged_twice += [f"job {job_id}: nobody's" for job_id in list(reserved.keys() - known)[unheard:]]
    for job_id in reserved:
        job = system.cloud.jobs.get(job_id or "")
        paid = -sum(movement.credits for movement in movements if movement.job_id == job_id)
        if job and job.status.ended and job.charged != paid:
            found.charged_twice.append(f"job {job_id}: charged {job.charged}, paid {paid}")
    return found


def of_what_is_left(system: System) -> Findings:
    """Whatever belongs to no job, or is still open of one that has ended; of all accounts."""
    found = Findings()
    items = list(_items(system))
    jobs = {item["pk"].removeprefix("JOB#"): item for item in items if item["sk"] == "JOB"}
    for item in items:
        if item["sk"] not in ("FANIN", "CHUNK"):
            continue
        job = jobs.get(item["pk"].split("#")[1])
        if job is None:
            found.orphans.append(f"{item['pk']} {item['sk']}: an item of no job")
        elif item["sk"] == "CHUNK" and job["status"] == "done" and item.get("pending"):
            found.wrong.append(f"{item['pk']}: done, and pages are pending")
    for lane in Lane:
        found.orphans += [f"job {job_id}: still open" for job_id in system.cloud.jobs.open_jobs(lane)]
    for key in _objects(system):
        owner = _JOB_OBJECT.match(key)
        if (owner and owner[1] not in jobs) or (owner is None and key.startswith(keys.UPLOADS)):
            found.orphans.append(f"{key}: an object of no job")
    found.orphans += [f"execution {name}: still runs" for name in _running_executions(system)]
    return found


def _items(system: System) -> Iterator[dict[str, Any]]:
    table = system.running.outputs["TableName"]
    client = deploy.session().client("dynamodb", endpoint_url=system.running.endpoint)
    for page in client.get_paginator("scan").paginate(TableName=table, ConsistentRead=True):
        for item in page["Items"]:
            value = from_attributes(item)
            if value["pk"].startswith("JOB#"):
                yield value


def _objects(system: System) -> Iterator[str]:
    client = deploy.session().client("s3", endpoint_url=system.running.endpoint)
    for page in client.get_paginator("list_objects_v2").paginate(Bucket=system.running.outputs["BucketName"]):
        for item in page.get("Contents", []):
            yield item["Key"]


def _running_executions(system: System) -> Iterator[str]:
    client = deploy.session().client("stepfunctions", endpoint_url=system.running.endpoint)
    pages = client.get_paginator("list_executions").paginate(
        stateMachineArn=system.running.outputs["StateMachineArn"], statusFilter="RUNNING"
    )
    for page in pages:
        for execution in page["executions"]:
            yield execution["name"]
