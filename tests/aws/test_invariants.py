"""Each invariant is seen to be broken: a job that has ended well, and one thing wrong with it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from chaos import invariants
from chaos.invariants import Check, Snapshot
from chaos.journeys import JOURNEYS, Servers, Trial, servers
from chaos.world import ACCOUNT
from ocrchat.billing import MovementKind
from ocrchat.model import JobStatus

Harm = Callable[[Snapshot, str], Snapshot]


@pytest.fixture(scope="module")
def made() -> Iterator[Servers]:
    with servers() as found:
        yield found


@pytest.fixture(scope="module")
def good(made: Servers) -> Snapshot:
    trial = Trial(made, JOURNEYS[0])
    assert trial.run() == []
    return Snapshot.of(trial.world.cloud)


def _job(**changes: object) -> Harm:
    return lambda it, id: replace(it, jobs={id: replace(it.jobs[id], **changes)})  # type: ignore[arg-type]


def _account(**changes: object) -> Harm:
    return lambda it, id: replace(it, accounts={ACCOUNT: replace(it.accounts[ACCOUNT], **changes)})  # type: ignore[arg-type]


def _gone(it: Snapshot, id: str) -> Snapshot:
    return replace(it, jobs={}, chunks={}, results={})


def _paid_back(it: Snapshot, id: str) -> Snapshot:
    (paid,) = (movement for movement in it.movements[ACCOUNT] if movement.kind is MovementKind.RESERVE)
    back = replace(paid, kind=MovementKind.REFUND, credits=-paid.credits)
    return replace(it, movements={ACCOUNT: [*it.movements[ACCOUNT], back]})


def _reserved_again(it: Snapshot, id: str) -> Snapshot:
    return replace(it, movements={ACCOUNT: [*it.movements[ACCOUNT], it.movements[ACCOUNT][-1]]})


def _pending(it: Snapshot, id: str) -> Snapshot:
    (chunk,) = it.chunks[id]
    return replace(it, chunks={id: [replace(chunk, pending=frozenset({0}))]})


def _has(**parts: object) -> Harm:
    return lambda it, id: replace(it, **parts)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("check", "harm"),
    [
        (invariants.balance_is_the_ledger, _account(balance=7)),
        (invariants.usage_is_the_ledger, _account(day_used=7)),
        (invariants.usage_is_the_ledger, _account(month_used=0)),
        (invariants.reserved_once_refunded_once, _reserved_again),
        (invariants.reservations_have_jobs, _gone),
        (invariants.charged_is_what_was_paid, _paid_back),
        (invariants.charged_is_what_was_paid, _job(charged=2)),
        (invariants.charged_is_what_was_paid, _job(status=JobStatus.FAILED, failure="Stalled")),
        (invariants.erased_is_gone, lambda it, id: replace(it, erased={id})),
        (invariants.every_job_has_ended, _job(status=JobStatus.PROCESSING)),
        (invariants.every_job_has_ended, _job(is_open=True)),
        (invariants.ended_as_its_pages_say, _pending),
        (invariants.ended_as_its_pages_say, _has(results={})),
        (invariants.ended_as_its_pages_say, _job(failed_pages=(0,))),
        (invariants.parts_have_jobs, _gone),
        (invariants.objects_have_jobs, _gone),
        (invariants.objects_have_jobs, _has(objects=["uploads/account/1"])),
        (invariants.executions_have_jobs, lambda it, id: replace(it, running={id})),
        (invariants.keys_have_jobs, _gone),
        (invariants.keys_have_jobs, lambda it, id: replace(it, key_uses=[id, id])),
    ],
)
def test_what_is_wrong_is_found(good: Snapshot, check: Check, harm: Harm) -> None:
    (job_id,) = good.jobs
    assert check(good) == []

    assert check(harm(good, job_id))


def test_nothing_of_an_erased_job_is_missed(good: Snapshot) -> None:
    (job_id,) = good.jobs
    gone = replace(_gone(good, job_id), parts=[], objects=[])

    assert invariants.check(gone.with_erased({job_id})) == []


def test_every_invariant_is_in_the_document(pytestconfig: pytest.Config) -> None:
    text = (pytestconfig.rootpath / "docs" / "invariants.md").read_text()

    assert [check.__name__ for check in invariants.CHECKS if f"`{check.__name__}`" not in text] == []


def test_time_passes_as_it_is_told(made: Servers) -> None:
    trial = Trial(made, JOURNEYS[0])
    before = trial.world.clock.now

    trial.world.after(timedelta(hours=3), bool)
    trial.world.run()

    assert trial.world.clock.now - before >= timedelta(hours=3)
