"""Credits on the running system: many at once, cancelled, erased, failed by the workflow; never overspent, never lost."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from ocrchat import keys, usecases
from ocrchat.errors import JobEnded, OutOfCredits, Unavailable
from ocrchat.model import Job, JobOptions, JobStatus
from ocrchat.scratch import Scratch
from ocrchat.usecases import Request, SentFile
from tests.documents import digital_pdf
from tests.flow.conftest import Flow


def balance(flow: Flow) -> int:
    """The account's balance, which is the sum of its ledger."""
    movements, rest = flow.cloud.books.movements(flow.account_id, 1000)
    assert rest is None
    assert flow.account().balance == sum(movement.credits for movement in movements)
    return flow.account().balance


def at_once(*actions: Any) -> list[Any]:
    """What each returns or raises, all let go together."""
    barrier = threading.Barrier(len(actions))
    outcomes: list[Any] = []

    def run(action: Any) -> None:
        barrier.wait()
        try:
            outcomes.append(action())
        except Exception as error:
            outcomes.append(error)

    threads = [threading.Thread(target=run, args=(action,)) for action in actions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes


def test_sixteen_submissions_at_once_never_overspend_ten_credits(flow: Flow) -> None:
    flow.cloud.books.grant(flow.account_id, 10 - balance(flow), "ten are left", datetime.now(UTC))
    request = Request(SentFile("a.pdf", digital_pdf(1)), JobOptions())
    account = flow.account()

    outcomes = at_once(*[lambda: usecases.submit(flow.cloud, account, request, datetime.now(UTC))] * 16)

    refused = [outcome for outcome in outcomes if isinstance(outcome, Exception)]
    assert [type(error) for error in refused] == [OutOfCredits] * 6
    assert balance(flow) == 0


def test_eight_requests_with_one_key_at_once_are_one_job(flow: Flow) -> None:
    request = Request(SentFile("a.pdf", digital_pdf(1)), JobOptions(), "the-key")
    account = flow.account()

    outcomes = at_once(*[lambda: usecases.submit(flow.cloud, account, request, datetime.now(UTC))] * 8)

    assert len({outcome.job.id for outcome in outcomes}) == 1
    assert sum(not outcome.replayed for outcome in outcomes) == 1
    assert balance(flow) == 9_999


def test_a_cancelled_job_pays_for_what_was_read_and_its_execution_ends(flow: Flow) -> None:
    job = flow.submit(4)
    tasks = flow.take(job, 4)
    flow.read(tasks[0], tasks[0], tasks[2])
    usecases.fail_page(flow.cloud, tasks[3], "page_failed")

    cancelled = usecases.cancel(flow.cloud, job, datetime.now(UTC))
    flow.read(*tasks)

    assert (cancelled.status, cancelled.failure, cancelled.charged) == (JobStatus.FAILED, "cancelled", 2)
    assert flow.job(job) == cancelled
    assert balance(flow) == 9_998
    assert flow.execution(job) == "SUCCEEDED"


def test_a_job_cancelled_before_its_pages_were_sent_pays_nothing(flow: Flow, scratch: Scratch) -> None:
    job = flow.submit(2)

    cancelled = usecases.cancel(flow.cloud, job, datetime.now(UTC))

    assert cancelled.charged == 0
    assert balance(flow) == 10_000
    assert flow.execution(job) == "SUCCEEDED"


def test_cancel_and_the_last_page_at_once_settle_once(flow: Flow) -> None:
    job = flow.submit(1)
    (task,) = flow.take(job, 1)

    outcomes = at_once(lambda: flow.read(task), *[lambda: usecases.cancel(flow.cloud, job, datetime.now(UTC))] * 4)

    ended = flow.ended(job)
    assert sum(isinstance(outcome, JobEnded) for outcome in outcomes) >= 3
    assert balance(flow) == 10_000 - (ended.charged or 0)
    assert ended.charged is not None


def test_a_job_that_the_workflow_fails_is_refunded(flow: Flow) -> None:
    job = flow.submit(1)
    (task,) = flow.take(job, 1)
    flow.read_without_ending(task)
    flow.cloud.blobs.put(keys.page_result(job, 0), b"not json", "application/json")

    flow.read(task)

    flow.wait_for(lambda: flow.job(job).charged is not None)
    assert (flow.job(job).status, flow.job(job).charged) == (JobStatus.FAILED, 0)
    assert balance(flow) == 10_000


def test_pages_that_could_not_be_read_are_refunded(flow: Flow) -> None:
    job = flow.submit(3)
    tasks = flow.take(job, 3)
    usecases.fail_page(flow.cloud, tasks[1], "page_failed")
    flow.read(tasks[0], tasks[2])

    assert flow.ended(job).charged == 2
    assert balance(flow) == 9_998


def test_only_the_chosen_pages_are_read_and_charged(flow: Flow) -> None:
    job = flow.submit(30, pages="2,28-30")

    tasks = flow.take(job, 4)
    flow.read(*tasks)

    ended = flow.ended(job)
    assert [task.page for task in tasks] == [1, 27, 28, 29]
    assert flow.texts(job) == [f"Page number {index}" for index in (1, 27, 28, 29)]
    assert [page["index"] for page in usecases.view(flow.cloud, ended).document["pages"]] == [1, 27, 28, 29]
    assert (ended.charged, balance(flow)) == (4, 9_996)


@pytest.mark.parametrize("read", [0, 1, 2])
def test_an_erased_job_leaves_nothing_even_of_pages_that_come_late(flow: Flow, read: int) -> None:
    job = flow.submit(2)
    tasks = flow.take(job, 2)
    flow.read(*tasks[:read])
    if read == 2:
        flow.ended(job)

    erased = usecases.erase(flow.cloud, flow.job(job), datetime.now(UTC))
    flow.read(*tasks)

    assert erased == {"source": 1, "pages": read, "results": read // 2, "chat": 0, "records": 3}
    assert flow.cloud.blobs.erase(keys.job_prefix(job)) == []
    assert flow.cloud.jobs.get(job.id) is None
    assert flow.cloud.page_sets.fan_in(job.id) is None
    assert balance(flow) == 10_000 - read


def test_a_split_that_comes_after_the_erasure_leaves_nothing(flow: Flow, scratch: Scratch) -> None:
    job = flow.submit(1)
    flow.take(job, 1)
    fan_in = flow.cloud.page_sets.fan_in(job.id)
    assert fan_in is not None
    usecases.erase(flow.cloud, job, datetime.now(UTC))

    usecases.split(flow.cloud, job.id, fan_in.task_token, scratch)

    assert flow.cloud.page_sets.fan_in(job.id) is None


def test_a_document_assembled_while_its_job_is_erased_is_taken_back(flow: Flow) -> None:
    job = flow.submit(1)
    (task,) = flow.take(job, 1)
    flow.read_without_ending(task)

    class Late:
        """Books that end the job only after it was erased."""

        def end(self, *_: Any) -> bool:
            usecases.erase(flow.cloud, job, datetime.now(UTC))
            return False

    usecases.assemble(replace(flow.cloud, books=Late()), job.id)  # type: ignore[arg-type]  # as much as is used of them

    assert flow.cloud.blobs.erase(keys.job_prefix(job)) == []


def test_a_job_with_a_callback_stays_open_until_its_event_is_on_the_way(flow: Flow) -> None:
    class Broken:
        """A queue that takes no event."""

        def send(self, job: Job) -> None:
            raise Unavailable("not now")

    told = replace(flow.cloud, allow_private_addresses=True)
    request = Request(SentFile("a.pdf", digital_pdf(1)), JobOptions(callback_url="http://127.0.0.1:9/hook"))
    job = usecases.submit(told, flow.account(), request, datetime.now(UTC)).job
    usecases.cancel(replace(flow.cloud, events=Broken()), job, datetime.now(UTC))  # type: ignore[arg-type]  # no queue at all
    assert flow.job(job).is_open

    usecases.reconcile(flow.cloud, datetime.now(UTC))

    assert not flow.job(job).is_open
    assert balance(flow) == 10_000
