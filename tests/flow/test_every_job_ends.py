"""Every message may come twice, late, or never. Every job ends, in the right state, exactly once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from ocrchat import keys, usecases
from ocrchat.codec import page_from_json, page_to_json
from ocrchat.errors import DamagedFile
from ocrchat.media import MediaType
from ocrchat.model import CHUNK_PAGES, CHUNKS_IN_FLIGHT, Job, JobOptions, JobStatus, PageResult
from ocrchat.scratch import Scratch
from ocrchat.usecases import REPAIR_AFTER
from ocrchat.usecases.ending import fail
from tests.documents import digital_pdf
from tests.flow.conftest import Flow


def later(delay: timedelta = REPAIR_AFTER) -> datetime:
    return datetime.now(UTC) + delay + timedelta(minutes=1)


def test_pages_come_back_complete_and_in_order(flow: Flow) -> None:
    job = flow.submit(4)

    flow.read(*reversed(flow.take(job, 4)))

    assert flow.ended(job).status is JobStatus.DONE
    assert flow.texts(job) == [f"Page number {index}" for index in range(4)]
    assert flow.execution(job) == "SUCCEEDED"


def test_a_page_delivered_twice_counts_once(flow: Flow) -> None:
    job = flow.submit(2)
    first, second = flow.take(job, 2)

    flow.read(first, first, first)
    assert not flow.job(job).status.ended
    flow.read(second, second)

    assert flow.ended(job).status is JobStatus.DONE
    assert flow.texts(job) == ["Page number 0", "Page number 1"]


def test_a_poisoned_page_goes_through_the_dead_letter_queue_and_the_job_ends_without_it(flow: Flow) -> None:
    job = flow.submit(3)

    flow.read(*flow.take_all_but(job, poisoned=1, count=3))

    ended = flow.ended(job)
    assert (ended.status, ended.failed_pages) == (JobStatus.DONE, (1,))
    pages = usecases.view(flow.cloud, ended).document["pages"]
    assert [page["error"] for page in pages] == [None, "page_failed", None]


def test_a_job_with_no_readable_page_fails_and_says_so(flow: Flow) -> None:
    job = flow.submit(2)

    for task in flow.take(job, 2):
        usecases.fail_page(flow.cloud, task, "page_unreadable")

    ended = flow.ended(job)
    assert (ended.status, ended.failure) == (JobStatus.FAILED, "no_page_readable")
    assert usecases.view(flow.cloud, ended).to_json()["error"]["code"] == "no_page_readable"


def test_a_lost_page_is_sent_again_by_the_reconciler(flow: Flow) -> None:
    job = flow.submit(3)
    tasks = flow.take(job, 3)
    flow.read(tasks[0], tasks[2])

    usecases.reconcile(flow.cloud, later())
    resent = flow.take(job, 1)
    flow.read(*resent)

    assert [task.page for task in resent] == [1]
    assert flow.ended(job).status is JobStatus.DONE


def test_the_reconciler_leaves_a_backlog_alone(flow: Flow) -> None:
    job = flow.submit(2)
    flow.wait_for(lambda: not flow.cloud.queue.is_drained(job.lane))

    usecases.reconcile(flow.cloud, later())

    assert len(flow.take(job, 2)) == 2
    assert flow.receive(job.lane) == []


@pytest.mark.parametrize("pages", [2, 3, 4, 5])
def test_last_pages_at_once_end_the_job_once(flow: Flow, pages: int) -> None:
    job = flow.submit(pages)

    flow.read_at_once(*flow.take(job, pages))

    assert flow.ended(job).status is JobStatus.DONE
    assert flow.execution(job) == "SUCCEEDED"
    assert flow.texts(job) == [f"Page number {index}" for index in range(pages)]


def test_the_same_last_page_in_eight_workers_at_once_ends_the_job_once(flow: Flow) -> None:
    job = flow.submit(1)

    flow.read_at_once(*flow.take(job, 1) * 8)

    assert flow.ended(job).status is JobStatus.DONE
    assert flow.execution(job) == "SUCCEEDED"


def test_a_page_that_arrives_after_the_end_changes_nothing(flow: Flow) -> None:
    job = flow.submit(2)
    tasks = flow.take(job, 2)
    flow.read(*tasks)
    before = flow.ended(job)
    result = flow.cloud.blobs.get(keys.result(job))

    flow.read(*tasks)
    usecases.fail_page(flow.cloud, tasks[0], "page_failed")

    assert flow.job(job) == before
    assert flow.cloud.blobs.get(keys.result(job)) == result


def test_a_page_that_arrives_after_the_job_failed_is_not_read(flow: Flow) -> None:
    job = flow.submit(2)
    tasks = flow.take(job, 2)
    fail(flow.cloud, job, "Stalled", datetime.now(UTC))

    flow.read(*tasks)

    assert flow.job(job).status is JobStatus.FAILED
    chunk = flow.cloud.page_sets.chunk(job.id, 0)
    assert chunk is not None
    assert chunk.pending == {0, 1}


def test_split_run_twice_sends_duplicates_and_the_job_ends_once(flow: Flow, scratch: Scratch) -> None:
    job = flow.submit(3)
    flow.take(job, 3)
    fan_in = flow.cloud.page_sets.fan_in(job.id)
    assert fan_in is not None

    usecases.split(flow.cloud, job.id, fan_in.task_token, scratch)
    usecases.split(flow.cloud, job.id, fan_in.task_token, scratch)
    flow.read(*flow.take(job, 6))

    assert flow.ended(job).status is JobStatus.DONE
    assert len(flow.texts(job)) == 3


def test_split_run_again_after_the_last_page_resumes_at_once(flow: Flow, scratch: Scratch) -> None:
    job = flow.submit(1)
    (task,) = flow.take(job, 1)
    flow.cloud.blobs.put_json(
        keys.page_result(job, 0),
        page_to_json(PageResult(0, 1, 1, 72, "null")),
    )
    flow.cloud.page_sets.page_read(job.id, task.chunk, task.page, datetime.now(UTC))
    fan_in = flow.cloud.page_sets.close(job.id, task.chunk)  # and the worker dies before it resumes the workflow
    assert fan_in is not None

    usecases.split(flow.cloud, job.id, fan_in.task_token, scratch)

    assert flow.ended(job).status is JobStatus.DONE


def test_an_execution_started_twice_is_one_execution(flow: Flow) -> None:
    job = flow.submit(1)
    flow.cloud.workflow.start(job, [])
    flow.cloud.workflow.start(job, [])

    (task,) = flow.take(job, 1)
    flow.read(task)

    assert flow.ended(job).status is JobStatus.DONE
    assert flow.receive(job.lane) == []


def test_a_job_whose_execution_never_started_is_started_by_the_reconciler(flow: Flow) -> None:
    job = Job("f" * 32, flow.account_id, "test.pdf", MediaType.PDF, 1, JobOptions(), created_at=datetime.now(UTC))
    flow.cloud.blobs.put(keys.source(job), digital_pdf(1), job.media_type.value)
    flow.cloud.books.open(job, None)

    usecases.reconcile(flow.cloud, later())
    flow.read(*flow.take(job, 1))

    assert flow.ended(job).status is JobStatus.DONE


def test_a_worker_that_died_before_it_closed_the_chunk_is_made_good_by_the_next_delivery(flow: Flow) -> None:
    job = flow.submit(1)
    (task,) = flow.take(job, 1)
    flow.read_without_ending(task)

    flow.read(task)

    assert flow.ended(job).status is JobStatus.DONE


def test_a_worker_that_died_before_it_closed_the_chunk_is_made_good_by_the_reconciler(flow: Flow) -> None:
    job = flow.submit(1)
    (task,) = flow.take(job, 1)
    flow.read_without_ending(task)

    usecases.reconcile(flow.cloud, later())

    assert flow.ended(job).status is JobStatus.DONE


def test_a_job_that_runs_out_of_time_fails_and_says_so(flow: Flow) -> None:
    job = flow.submit(1)
    flow.take(job, 1)

    usecases.reconcile(flow.cloud, later(timedelta(seconds=job.time_limit)))

    ended = flow.ended(job)
    assert (ended.status, ended.failure) == (JobStatus.FAILED, "Stalled")
    assert usecases.view(flow.cloud, ended).to_json()["error"]["code"] == "timed_out"
    assert flow.execution(job) == "FAILED"


def test_assemble_that_fails_once_is_tried_again(flow: Flow) -> None:
    job = flow.submit(2)
    first, last = flow.take(job, 2)
    flow.read(first)
    good = flow.cloud.blobs.get_json(keys.page_result(job, 0))
    flow.cloud.blobs.put(keys.page_result(job, 0), b"not json", "application/json")
    flow.read(last)
    flow.wait_for(lambda: flow.failures(job) >= 1)

    flow.cloud.blobs.put_json(keys.page_result(job, 0), good)

    assert flow.ended(job).status is JobStatus.DONE
    assert page_from_json(good, with_words=False) == page_from_json(
        usecases.view(flow.cloud, flow.job(job)).document["pages"][0]
    )


def test_a_job_that_is_being_assembled_when_its_time_runs_out_still_ends_well(flow: Flow) -> None:
    job = flow.submit(1)
    (task,) = flow.take(job, 1)
    flow.read_without_ending(task)
    good = flow.cloud.blobs.get_json(keys.page_result(job, 0))
    flow.cloud.blobs.put(keys.page_result(job, 0), b"not json", "application/json")
    flow.read(task)
    flow.wait_for(lambda: flow.failures(job) >= 1)

    usecases.reconcile(flow.cloud, later(timedelta(seconds=job.time_limit)))
    assert not flow.job(job).status.ended
    flow.cloud.blobs.put_json(keys.page_result(job, 0), good)

    assert flow.ended(job).status is JobStatus.DONE


def test_assemble_that_always_fails_ends_the_job_as_failed(flow: Flow) -> None:
    job = flow.submit(1)
    (task,) = flow.take(job, 1)
    flow.read_without_ending(task)
    flow.cloud.blobs.put(keys.page_result(job, 0), b"not json", "application/json")

    flow.read(task)

    ended = flow.ended(job)
    assert ended.status is JobStatus.FAILED
    assert ended.ended_at is not None
    assert usecases.view(flow.cloud, ended).to_json()["error"]["code"] == "internal"
    assert flow.execution(job) == "FAILED"
    assert job.id not in set(flow.cloud.jobs.open_jobs(job.lane))


def test_a_long_document_is_cut_and_keeps_a_bounded_number_of_chunks_in_the_queue(flow: Flow) -> None:
    pages = CHUNK_PAGES * (CHUNKS_IN_FLIGHT + 1) + 3
    job = flow.submit(pages)
    first_wave = flow.take(job, CHUNK_PAGES * CHUNKS_IN_FLIGHT)
    assert flow.receive(job.lane) == []
    assert {task.chunk for task in first_wave} == set(range(CHUNKS_IN_FLIGHT))

    flow.read(*first_wave[:CHUNK_PAGES])
    assert usecases.view(flow.cloud, flow.job(job)).pages_done == CHUNK_PAGES
    second_wave = flow.take(job, CHUNK_PAGES)
    assert {task.chunk for task in second_wave} == {CHUNKS_IN_FLIGHT}
    flow.read(*first_wave[CHUNK_PAGES:], *second_wave)
    flow.read(*flow.take(job, 3))

    assert flow.ended(job).status is JobStatus.DONE
    assert flow.texts(job) == [f"Page number {index}" for index in range(pages)]


def test_a_page_that_is_not_there_fails_alone_even_in_a_long_document(flow: Flow) -> None:
    content = digital_pdf(30).replace(b"/Count 30", b"/Count 31")  # the page tree promises one more than it has
    job = flow.submit_file(content)

    flow.read(*flow.take(job, 31))

    ended = flow.ended(job)
    assert (ended.status, ended.page_count, ended.failed_pages) == (JobStatus.DONE, 31, (30,))
    pages = usecases.view(flow.cloud, ended).document["pages"]
    assert [page["text"].splitlines()[0] for page in pages[:30]] == [f"Page number {index}" for index in range(30)]
    assert pages[30]["error"] == "page_unreadable"


def test_a_dispatch_that_was_lost_is_made_good_by_the_reconciler(flow: Flow) -> None:
    job = flow.submit(CHUNK_PAGES + 1)
    tasks = flow.take(job, CHUNK_PAGES + 1)
    flow.read(*tasks[:CHUNK_PAGES])  # the other chunk's message is lost

    usecases.reconcile(flow.cloud, later())
    flow.read(*flow.take(job, 1))

    assert flow.ended(job).status is JobStatus.DONE


def test_the_reconciler_runs_as_a_function(flow: Flow) -> None:
    answer = flow.invoke_reconciler()

    assert "FunctionError" not in answer, answer


def test_a_file_that_is_refused_leaves_nothing_behind(flow: Flow) -> None:
    before = flow.stored_objects()

    with pytest.raises(DamagedFile):
        flow.submit_file(digital_pdf(3)[:-400])

    assert flow.stored_objects() == before
