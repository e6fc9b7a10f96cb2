"""Pages gathered again: each leaves its set once it is read, or cannot be.

The page that empties its chunk closes it, the chunk that empties the job resumes its workflow.
"""

from __future__ import annotations

from datetime import UTC, datetime

from ocrchat import codec, keys
from ocrchat.cloud import Cloud
from ocrchat.model import CHUNKS_IN_FLIGHT, Chunk, Job, PageResult, PageTask


def keep(cloud: Cloud, job: Job, task: PageTask, page: PageResult, is_fallback: bool = False) -> None:
    """Keeps what was read, and takes the page out of its set; of a job that was erased meanwhile, nothing.

    `is_fallback`: the cpu tier has read it in place of the tier that was asked for, which costs less.
    """
    key = keys.page_result(job, task.page)
    cloud.blobs.put_json(key, codec.page_to_json(page))
    chunk = cloud.page_sets.page_read(job.id, task.chunk, task.page, datetime.now(UTC), is_fallback)
    if chunk is None:
        cloud.blobs.delete(key)
        return
    check_end(cloud, job, chunk)


def fail_page(cloud: Cloud, task: PageTask, failure: str) -> None:
    """Records a page that cannot be read, so that its job goes on without it."""
    job = cloud.jobs.get(task.job_id)
    if job is None or job.status.ended:
        return
    chunk = cloud.page_sets.page_failed(task.job_id, task.chunk, task.page, failure, datetime.now(UTC))
    if chunk is not None:
        check_end(cloud, job, chunk)


def check_end(cloud: Cloud, job: Job, chunk: Chunk) -> None:
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
        check_end(cloud, job, chunk)
