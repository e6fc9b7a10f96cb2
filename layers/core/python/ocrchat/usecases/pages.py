"""The pages: fanned out, read, and gathered again.

The page that empties its chunk closes it, the chunk that empties the job resumes its workflow.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from ocrchat import codec, keys
from ocrchat.aws.blobs import BlobMissing
from ocrchat.cloud import Cloud
from ocrchat.errors import DamagedFile, PageUnreadable
from ocrchat.model import CHUNKS_IN_FLIGHT, Chunk, Job, PageTask
from ocrchat.scratch import Scratch

if TYPE_CHECKING:
    from ocrchat.engines import Models


def split(cloud: Cloud, job_id: str, task_token: str, scratch: Scratch) -> None:
    """Fans the pages out. Run again, it makes the same chunk files and sets, takes the new token, and sends what is pending."""
    job = cloud.jobs.get(job_id)
    if job is None or job.status.ended:
        cloud.workflow.give_up(task_token, "JobEnded", "the job had ended before its pages were sent")
        return
    if job.is_cut:
        _cut(cloud, job, scratch)
    fan_in = cloud.page_sets.open(job, task_token, datetime.now(UTC))
    if not cloud.jobs.begin(job.id) and _has_ended(cloud, job):
        cloud.workflow.give_up(task_token, "JobEnded", "the job had ended before its pages were sent")
        return
    if not fan_in.open_chunks:
        cloud.workflow.resume(task_token)  # an earlier run's pages are all read, but its token died
        return
    for chunk in cloud.page_sets.chunks(job.id, fan_in.dispatched):
        move_on(cloud, job, chunk)


def read_page(cloud: Cloud, task: PageTask, models: Models, scratch: Scratch) -> None:
    """Reads one page. Delivered twice, the second finds the page out of its set and only checks the ending.

    Raises what another try may mend (Unavailable, a crash of a model); a page that never will be readable is recorded.
    """
    from ocrchat import reader

    job = cloud.jobs.get(task.job_id)
    chunk = cloud.page_sets.chunk(task.job_id, task.chunk)
    if job is None or job.status.ended or chunk is None:
        return  # late: the job has had its end
    if task.page in chunk.pending:
        path, index = _fetch_page(cloud, job, task, scratch)
        try:
            result = reader.read_page(path, job.media_type, index, models, job.options.language)
        except PageUnreadable as error:
            fail_page(cloud, task, error.code)
            return
        key = keys.page_result(job, task.page)
        cloud.blobs.put_json(key, codec.page_to_json(replace(result, index=task.page)))
        chunk = cloud.page_sets.page_read(job.id, task.chunk, task.page, datetime.now(UTC))
        if chunk is None:
            cloud.blobs.delete(key)  # the job was erased while the page was read
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
        move_on(cloud, job, successor)


def move_on(cloud: Cloud, job: Job, chunk: Chunk) -> None:
    """Sends the pages of a chunk that are pending, or closes it when none is."""
    if chunk.pending:
        cloud.page_sets.touch(job.id, chunk.number, datetime.now(UTC))
        cloud.queue.send(
            job.lane, job.account_id, (PageTask(job.id, chunk.number, page) for page in sorted(chunk.pending))
        )
    else:
        _check_end(cloud, job, chunk)


def _has_ended(cloud: Cloud, job: Job) -> bool:
    """Whether the job was cancelled, or erased, while it was split. What the split has made of an erased one goes too."""
    now = cloud.jobs.get(job.id)
    if now is None:
        cloud.blobs.erase(keys.job_prefix(job))
        cloud.page_sets.erase(job)
    return now is None or now.status.ended


def _cut(cloud: Cloud, job: Job, scratch: Scratch) -> None:
    """Makes a file of each chunk. A chunk with a page too damaged to be copied gets none: see `_fetch_page`."""
    from ocrchat import pdf

    with pdf.open_file(scratch.fetch(cloud.blobs, keys.source(job))) as document:
        for number, pages in enumerate(job.chunks):
            try:
                content = document.cut(pages)
            except DamagedFile:
                continue
            cloud.blobs.put(keys.chunk_source(job, number), content, job.media_type.value)


def _fetch_page(cloud: Cloud, job: Job, task: PageTask, scratch: Scratch) -> tuple[Path, int]:
    """The file that the page is in, and its index there: its chunk's file, or the whole source where there is none."""
    if job.is_cut:
        try:
            path = scratch.fetch(cloud.blobs, keys.chunk_source(job, task.chunk))
            return path, job.chunks[task.chunk].index(task.page)
        except BlobMissing:
            pass  # it could not be cut; from the source only the damaged page itself fails
    return scratch.fetch(cloud.blobs, keys.source(job)), task.page
