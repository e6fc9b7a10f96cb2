"""What callers of `make chaos` would notice."""

from __future__ import annotations

from datetime import UTC, datetime

from chaos import audit
from chaos.caller import Document, Submission
from chaos.invariants import Breach, Snapshot
from ocrchat.billing import Movement, MovementKind
from ocrchat.model import Funding

NOW = datetime.now(UTC)
ONE = Document("one.pdf", b"", 1)


def snapshot(*reserved: str) -> Snapshot:
    """Of an account that these jobs have reserved credits of."""
    movements = [Movement(NOW, MovementKind.RESERVE, -1, Funding.BALANCE, job_id) for job_id in reserved]
    return Snapshot(
        jobs={}, chunks={}, parts=[], open=set(), key_uses=[], accounts={}, movements={"a": movements}, objects=[],
        results={}, running=set(),
    )  # fmt: skip


def test_jobs_that_callers_know_are_theirs() -> None:
    assert not audit.of_account(snapshot("1", "2"), "a", [Submission(ONE, uuid="1"), Submission(ONE, uuid="2")])


def test_a_submission_that_was_taken_twice_is_found() -> None:
    (found,) = audit.of_account(snapshot("1", "2"), "a", [Submission(ONE, uuid="1")])

    assert (found.breach, found.words) == (Breach.CHARGED_TWICE, "job 2: nobody's")


def test_a_caller_who_hung_up_may_have_a_job_and_no_more_than_one() -> None:
    hung_up = Submission(ONE, is_awaited=False)

    assert not audit.of_account(snapshot("1"), "a", [hung_up])
    assert len(audit.of_account(snapshot("1", "2"), "a", [hung_up])) == 1
