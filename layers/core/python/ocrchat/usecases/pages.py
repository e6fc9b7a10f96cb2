"""The pages: fanned out and read. How they are gathered again: `fan_in`; what becomes of those for a model: `vlm_pages`."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from ocrchat import keys
from ocrchat.aws.blobs import BlobMissing
from ocrchat.aws.failures import patiently
from ocrchat.cloud import Cloud
from ocrchat.errors import DamagedFile, PageUnreadable
from ocrchat.model import Job, PageTask, Tier
from ocrchat.scratch import Scratch
from ocrchat.usecases import fan_in, vlm_pages

if TYPE_CHECKING:
    from ocrchat.reader import PageReader


def split(cloud: Cloud, job_id: str, task_token: str, scratch: Scratch, patience: float = 0) -> None:
    """Fans the pages out. Run again, it makes the same chunk files and sets, takes the new token, and sends what is pending.

    So it tries again, for `patience` seconds, while a service is down: its workflow does that a few times, and the emulator's
    never, which waits for a token that nobody has.
    """
    for attempt in patiently(patience):
        with attempt:
            _split(cloud, job_id, task_token, scratch)


def _split(cloud: Cloud, job_id: str, task_token: str, scratch: Scratch) -> None:
    job = cloud.jobs.get(job_id)
    if job is None or job.status.ended:
        cloud.workflow.give_up(task_token, "JobEnded", "the job had ended before its pages were sent")
        return
    if job.is_cut:
        _cut(cloud, job, scratch)
    opened = cloud.page_sets.open(job, task_token, datetime.now(UTC))
    if not cloud.jobs.begin(job.id) and _has_ended(cloud, job):
        cloud.workflow.give_up(task_token, "JobEnded", "the job had ended before its pages were sent")
        return
    if not opened.open_chunks:
        cloud.workflow.resume(task_token)  # an earlier run's pages are all read, but its token died
        return
    for chunk in cloud.page_sets.chunks(job.id, opened.dispatched):
        fan_in.move_on(cloud, job, chunk)


def read_page(cloud: Cloud, task: PageTask, reader: PageReader, scratch: Scratch) -> PageUnreadable | None:
    """Reads one page. Delivered twice, the second finds the page out of its set and only checks the ending.

    Raises what another try may mend (Unavailable, PageLost); a page that never will be readable is recorded, and why returned.
    """
    job = cloud.jobs.get(task.job_id)
    chunk = cloud.page_sets.chunk(task.job_id, task.chunk)
    if job is None or job.status.ended or chunk is None:
        return None  # late: the job has had its end
    if task.page not in chunk.pending:
        fan_in.check_end(cloud, job, chunk)
        return None
    tier = job.options.tier
    if tier is Tier.VLM and vlm_pages.is_waiting(cloud, job, task):
        vlm_pages.send(cloud, job, task)  # it was read before, and perhaps its message was lost
        return None
    path, index = _fetch_page(cloud, job, task, scratch)
    try:
        if tier is Tier.VLM:
            page, image = reader.read_and_show(path, job.media_type, index, tier, job.options.language)
            vlm_pages.hand_over(cloud, job, task, replace(page, index=task.page), image)
        else:
            page = reader.read_page(path, job.media_type, index, tier, job.options.language)
            fan_in.keep(cloud, job, task, replace(page, index=task.page))
    except PageUnreadable as error:
        fan_in.fail_page(cloud, task, error.code)
        return error
    return None


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
