"""The whole flow, from top to bottom: submit -> split -> read_page / fail_page -> assemble, and what repairs it.

Every step may run twice, late, or beside itself; each says below why that does no harm. Nothing here knows of Lambda events.
"""

# `reader` and `pdf` bring PyMuPDF and are imported where they are used: the functions that only keep the books
# (dead letters, reconciler, assembly) run without the documents layer, and start faster.

from __future__ import annotations

import re
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from ocrchat import codec, export, keys
from ocrchat.aws.blobs import BlobMissing
from ocrchat.cloud import Cloud
from ocrchat.errors import DamagedFile, JobFailed, JobNotFinished, JobNotFound, PageUnreadable, Unavailable
from ocrchat.model import (
    CHUNKS_IN_FLIGHT,
    INLINE_PAGES,
    RETENTION_DAYS,
    Chunk,
    Document,
    Job,
    JobOptions,
    JobStatus,
    Lane,
    PageResult,
    PageTask,
)
from ocrchat.scratch import Scratch

if TYPE_CHECKING:
    from ocrchat.engines import OcrEngine

MAX_PAGES = 3000
"""Pages of one file."""

REPAIR_AFTER = timedelta(minutes=15)
"""How long a chunk may stand still before its pages are sent again: longer than a message stays hidden (12 min at most)."""

REPAIR_BACKLOG_AFTER = 4 * REPAIR_AFTER
"""The same while the queue is not empty, when standing still may just be waiting in line."""

_JOB_ID = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True, slots=True)
class Upload:
    """A file as it was sent."""

    filename: str
    content: bytes


@dataclass(frozen=True, slots=True)
class JobView:
    """A job with what there is of its result."""

    job: Job
    pages_done: int
    document: codec.Json

    def to_json(self) -> codec.Json:
        return codec.job_to_json(self.job, self.pages_done, self.document)


# -- what callers ask for ----------------------------------------------------------------------------------------------


def submit(cloud: Cloud, account_id: str, upload: Upload, options: JobOptions) -> Job:
    """Checks the file, keeps it, and starts the job. Nothing is stored of a file that is refused (any BadRequest).

    From the moment the job item is written the job will end, whatever happens here: an execution that could not be started
    is started by the reconciler. So the caller gets the job, not an error that would make it send the file again.
    """
    from ocrchat import reader

    source = reader.inspect(upload.content, max_pages=MAX_PAGES)
    job = Job(
        id=uuid.uuid4().hex,
        account_id=account_id,
        filename=upload.filename,
        media_type=source.media_type,
        page_count=source.page_count,
        options=options,
        created_at=datetime.now(UTC),
    )
    cloud.blobs.put(keys.source(job.id), upload.content, source.media_type.value)
    cloud.jobs.create(job)
    try:
        cloud.workflow.start(job)
    except Unavailable:
        pass  # the reconciler starts it
    return job


def await_end(cloud: Cloud, job: Job, deadline: float, max_waiters: int) -> Job:
    """Waits for the end of a small job until `deadline` (on time.monotonic), and returns the job as it is then.

    Not when `max_waiters` small jobs are open already. They are counted in the table, not by a counter that could drift.
    """
    if job.page_count > INLINE_PAGES or cloud.jobs.count_open(Lane.INTERACTIVE, max_waiters + 1) > max_waiters:
        return job
    pause = 0.05
    while not job.status.ended and time.monotonic() + pause < deadline:
        time.sleep(pause)
        pause = min(pause * 1.3, 1.0)
        job = cloud.jobs.get(job.id) or job
    return job


def find_job(cloud: Cloud, account_id: str, job_id: str) -> Job:
    """Raises JobNotFound; another account's job is not found either."""
    job = cloud.jobs.get(job_id) if _JOB_ID.fullmatch(job_id) else None
    if job is None or job.account_id != account_id:
        raise JobNotFound(
            "There is no job with this uuid in your account. Check the uuid that POST /api/v1/ocr/ gave you."
        )
    return job


def view(cloud: Cloud, job: Job) -> JobView:
    """The job with its document, or with how far it has come."""
    if job.status is JobStatus.DONE:
        return JobView(job, job.page_count, _result(cloud, job))
    if job.status is JobStatus.PROCESSING:
        return JobView(job, _pages_done(cloud, job), codec.NO_DOCUMENT)
    return JobView(job, 0, codec.NO_DOCUMENT)


def download(cloud: Cloud, job: Job, format_name: str) -> bytes:
    """The finished document in one of `export.FORMATS`."""
    if job.status is JobStatus.FAILED:
        raise JobFailed("The job failed, so there is nothing to download. GET the job to see why.")
    if job.status is not JobStatus.DONE:
        raise JobNotFinished("The job is still running. Poll it until its status is done, then download.")
    document = codec.document_from_json(_result(cloud, job))
    return export.FORMATS[format_name].write(job, document)


def _result(cloud: Cloud, job: Job) -> codec.Json:
    try:
        return cloud.blobs.get_json(keys.result(job.id))
    except BlobMissing as error:
        raise JobNotFound(
            f"The job has expired: results are kept for {RETENTION_DAYS} days. Send the file again."
        ) from error


def _pages_done(cloud: Cloud, job: Job) -> int:
    fan_in = cloud.page_sets.fan_in(job.id)
    if fan_in is None:
        return 0
    sent = cloud.page_sets.chunks(job.id, fan_in.dispatched)
    waiting = sum(len(job.chunks[number]) for number in fan_in.open_chunks - fan_in.dispatched)
    return job.page_count - waiting - sum(len(chunk.pending) for chunk in sent)


# -- what the workflow does --------------------------------------------------------------------------------------------


def split(cloud: Cloud, job_id: str, task_token: str, scratch: Scratch) -> None:
    """Fans the pages out. Run again, it makes the same chunk files and sets, takes the new token, and sends what is pending."""
    job = cloud.jobs.get(job_id)
    if job is None or job.status.ended:
        cloud.workflow.give_up(task_token, "JobEnded", "the job had ended before its pages were sent")
        return
    if job.is_cut:
        _cut(cloud, job, scratch)
    fan_in = cloud.page_sets.open(job, task_token, datetime.now(UTC))
    cloud.jobs.begin(job.id)
    if not fan_in.open_chunks:
        cloud.workflow.resume(task_token)  # an earlier run's pages are all read, but its token died
        return
    for chunk in cloud.page_sets.chunks(job.id, fan_in.dispatched):
        _move_on(cloud, job, chunk)


def read_page(cloud: Cloud, task: PageTask, engine: Callable[[], OcrEngine], scratch: Scratch) -> None:
    """Reads one page. Delivered twice, the second finds the page out of its set and only checks the ending.

    Raises what another try may mend (Unavailable, a crash of the engine); a page that never will be readable is recorded.
    """
    from ocrchat import reader

    job = cloud.jobs.get(task.job_id)
    chunk = cloud.page_sets.chunk(task.job_id, task.chunk)
    if job is None or job.status.ended or chunk is None:
        return  # late: the job has had its end
    if task.page in chunk.pending:
        path, index = _fetch_page(cloud, job, task, scratch)
        try:
            result = reader.read_page(path, job.media_type, index, engine)
        except PageUnreadable as error:
            fail_page(cloud, task, error.code)
            return
        cloud.blobs.put_json(keys.page_result(job.id, task.page), codec.page_to_json(replace(result, index=task.page)))
        chunk = cloud.page_sets.page_read(job.id, task.chunk, task.page, datetime.now(UTC))
        if chunk is None:
            return
    _check_end(cloud, job, chunk)


def fail_page(cloud: Cloud, task: PageTask, failure: str) -> None:
    """Records a page that cannot be read, so that its job goes on without it."""
    job = cloud.jobs.get(task.job_id)
    if job is None or job.status.ended:
        return
    chunk = cloud.page_sets.page_failed(task.job_id, task.chunk, task.page, failure, datetime.now(UTC))
    if chunk is not None:
        _check_end(cloud, job, chunk)


def assemble(cloud: Cloud, job_id: str) -> JobStatus | None:
    """Puts the pages together and ends the job. Run again, it writes the same result; only one run ends the job."""
    job = cloud.jobs.get(job_id)
    if job is None or job.status.ended:
        return job.status if job else None
    failures = {
        page: failure
        for chunk in cloud.page_sets.chunks(job.id, range(len(job.chunks)))
        for page, failure in chunk.failures.items()
    }
    document = Document(
        tuple(
            PageResult.failed(page, failures[page])
            if page in failures
            else codec.page_from_json(cloud.blobs.get_json(keys.page_result(job.id, page)))
            for page in range(job.page_count)
        )
    )
    now = datetime.now(UTC)
    if len(failures) == job.page_count:
        cloud.jobs.fail(job.id, "no_page_readable", now, failed_pages=document.failed_pages)
        return JobStatus.FAILED
    cloud.blobs.put_json(keys.result(job.id), codec.document_to_json(document, export.markdown.document(document)))
    cloud.jobs.finish(job.id, document, now)
    return JobStatus.DONE


def reconcile(cloud: Cloud, now: datetime) -> None:
    """Repairs what was lost between two steps, and ends what nothing else ends. Judges by progress, not by age.

    A job that cannot be repaired now stands in no other's way: its error is raised, in an ExceptionGroup, after the last.
    """
    errors: list[Exception] = []
    for lane in Lane:
        drained = cloud.queue.is_drained(lane)
        for job_id in list(cloud.jobs.open_jobs(lane)):
            try:
                job = cloud.jobs.get(job_id)
                if job is not None and not job.status.ended and now - job.created_at > REPAIR_AFTER:
                    _repair(cloud, job, now, drained)
            except Exception as error:
                error.add_note(f"job {job_id}")
                errors.append(error)
    if errors:
        raise ExceptionGroup(f"{len(errors)} jobs were not repaired", errors)


def _repair(cloud: Cloud, job: Job, now: datetime, drained: bool) -> None:
    status = cloud.workflow.status(job.id)
    if status is None:
        cloud.workflow.start(job)
        return
    if status != "RUNNING":
        cloud.jobs.fail(job.id, "WorkflowLost", now)
        return
    fan_in = cloud.page_sets.fan_in(job.id)
    if fan_in is not None and not fan_in.open_chunks:
        cloud.workflow.resume(fan_in.task_token)  # no more than a late word if it is assembling already
    elif now - job.created_at > timedelta(seconds=job.time_limit):
        if fan_in is None or not cloud.workflow.give_up(fan_in.task_token, "Stalled", "the job ran out of time"):
            cloud.jobs.fail(job.id, "Stalled", now)
    elif fan_in is not None:
        # A full queue is a backlog, not a loss: sending its pages once more would only make it longer.
        patience = REPAIR_AFTER if drained else REPAIR_BACKLOG_AFTER
        for chunk in cloud.page_sets.chunks(job.id, fan_in.dispatched):
            if now - chunk.progressed_at > patience or (not chunk.pending and now - chunk.progressed_at > REPAIR_AFTER):
                _move_on(cloud, job, chunk)


# -- the ending --------------------------------------------------------------------------------------------------------


def _check_end(cloud: Cloud, job: Job, chunk: Chunk) -> None:
    """What the page that empties its chunk does, and every later delivery of it again.

    Whoever dies between two of these steps leaves a message that is delivered again, or a standstill that `reconcile` finds.
    """
    if chunk.pending:
        return
    fan_in = cloud.page_sets.close(job.id, chunk.number)
    if fan_in is None:
        return
    if not fan_in.open_chunks:
        cloud.workflow.resume(fan_in.task_token)
        return
    for successor in cloud.page_sets.chunks(job.id, fan_in.open_chunks & {chunk.number + CHUNKS_IN_FLIGHT}):
        _move_on(cloud, job, successor)


def _move_on(cloud: Cloud, job: Job, chunk: Chunk) -> None:
    """Sends the pages of a chunk that are pending, or closes it when none is."""
    if chunk.pending:
        cloud.page_sets.touch(job.id, chunk.number, datetime.now(UTC))
        cloud.queue.send(
            job.lane, job.account_id, (PageTask(job.id, chunk.number, page) for page in sorted(chunk.pending))
        )
    else:
        _check_end(cloud, job, chunk)


def _cut(cloud: Cloud, job: Job, scratch: Scratch) -> None:
    """Makes a file of each chunk. A chunk with a page too damaged to be copied gets none: see `_fetch_page`."""
    from ocrchat import pdf

    with pdf.open_file(scratch.fetch(cloud.blobs, keys.source(job.id))) as document:
        for number, pages in enumerate(job.chunks):
            try:
                content = document.cut(pages.start, pages.stop)
            except DamagedFile:
                continue
            cloud.blobs.put(keys.chunk_source(job.id, number), content, job.media_type.value)


def _fetch_page(cloud: Cloud, job: Job, task: PageTask, scratch: Scratch) -> tuple[Path, int]:
    """The file that the page is in, and its index there: its chunk's file, or the whole source where there is none."""
    if job.is_cut:
        try:
            path = scratch.fetch(cloud.blobs, keys.chunk_source(job.id, task.chunk))
            return path, task.page - job.chunks[task.chunk].start
        except BlobMissing:
            pass  # it could not be cut; from the source only the damaged page itself fails
    return scratch.fetch(cloud.blobs, keys.source(job.id)), task.page
