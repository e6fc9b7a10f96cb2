"""What callers see after faults. What holds of the stores: `invariants`."""

from __future__ import annotations

from collections.abc import Callable

from chaos.caller import Caller, Document, Submission
from chaos.invariants import Breach, Snapshot, Violation
from ocrchat.aws.jobs_table import INTAKE
from ocrchat.billing import MovementKind
from ocrchat.cloud import Cloud
from ocrchat.model import Lane


def is_at_rest(cloud: Cloud, submissions: list[Submission]) -> bool:
    """Whether nothing is left to do for any job, and no execution of these runs."""
    lanes = [*Lane, INTAKE]
    return not any(cloud.jobs.count_open(lane, 1) for lane in lanes) and not any(
        cloud.workflow.status(submission.uuid) == "RUNNING" for submission in submissions if submission.uuid
    )


def of_callers(
    caller: Caller, submissions: list[Submission], text_of: Callable[[Document], str], bugs: list[str]
) -> list[Violation]:
    """What became of what a caller has sent. `text_of` is what is read of a document without faults."""
    found = [Violation(Breach.WRONG, f"a bug was answered: {bug}") for bug in bugs]
    for submission in submissions:
        name = f"{submission.document.name}, job {submission.uuid or '(none)'}"
        if not submission.uuid:
            if submission.is_awaited:
                found.append(Violation(Breach.LOST, f"{name}: never taken"))
            continue
        job = caller.job(submission)
        if job is None:
            if not submission.is_deleted:
                found.append(Violation(Breach.LOST, f"{name}: is gone"))
        elif job["status"] not in ("done", "failed"):
            found.append(Violation(Breach.LOST, f"{name}: {job['status']}, {job['pages_done']} pages done"))
        elif job["status"] == "failed":
            if not (submission.is_cancelled and job["error"]["code"] == "cancelled"):
                found.append(Violation(Breach.LOST, f"{name}: failed, {job['error']}"))
        elif job["failed_pages"]:
            found.append(Violation(Breach.LOST, f"{name}: pages {job['failed_pages']} were given up"))
        else:
            if job["text"] != text_of(submission.document):
                found.append(Violation(Breach.WRONG, f"{name}: its text is another one"))
            if job["credits_charged"] != submission.document.pages:
                found.append(Violation(Breach.WRONG, f"{name}: {job['credits_charged']} credits"))
    return found


def of_account(snapshot: Snapshot, account_id: str, submissions: list[Submission]) -> list[Violation]:
    """Jobs that nobody meant: of submissions that were taken twice. As many are nobody's as callers have not heard of."""
    reserved = [m.job_id for m in snapshot.movements[account_id] if m.kind is MovementKind.RESERVE]
    known = {submission.uuid for submission in submissions}
    unheard = sum(1 for submission in submissions if not submission.uuid)
    nobodys = [job_id for job_id in reserved if job_id not in known]
    return [Violation(Breach.CHARGED_TWICE, f"job {job_id}: nobody's") for job_id in nobodys[unheard:]]
