"""What callers see of their jobs."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime

from ocrchat import codec
from ocrchat.cloud import Cloud
from ocrchat.errors import JobNotFound
from ocrchat.model import Job, JobStatus
from ocrchat.usecases import documents

_JOB_ID = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True, slots=True)
class JobView:
    """A job with what there is of its result."""

    job: Job
    pages_done: int
    document: codec.Json

    def to_json(self) -> codec.Json:
        return codec.job_to_json(self.job, self.pages_done, self.document)


def find_job(cloud: Cloud, account_id: str, job_id: str) -> Job:
    """Raises JobNotFound; another account's job is not found either, nor is one that has expired."""
    job = cloud.jobs.get(job_id) if _JOB_ID.fullmatch(job_id) else None
    if job is None or job.account_id != account_id or job.expires_at <= datetime.now(UTC):
        raise JobNotFound(
            "There is no job with this uuid in your account. Check the uuid that POST /api/v1/ocr/ gave you; a job is gone "
            "after its expires_at, or once it is deleted."
        )
    return job


def list_jobs(
    cloud: Cloud, account_id: str, status: JobStatus | None, limit: int, after: str
) -> tuple[list[Job], str | None]:
    """Newest first, and the cursor of what follows. Raises InvalidField."""
    jobs, following = cloud.jobs.of_account(account_id, status, limit, after)
    now = datetime.now(UTC)
    return [job for job in jobs if job.expires_at > now], following


def view(cloud: Cloud, job: Job, first_page: int = 0, with_words: bool = False) -> JobView:
    """The job with its document, or with how far it has come. Words only on `codec.WORDS_PAGES` pages from `first_page` on."""
    if job.status is JobStatus.DONE:
        places = range(first_page, first_page + codec.WORDS_PAGES) if with_words else ()
        return JobView(job, job.page_count, documents.finished(cloud, job, places))
    if job.status is JobStatus.PROCESSING:
        return JobView(job, _pages_done(cloud, job), codec.NO_DOCUMENT)
    was_cancelled = job.failure == "cancelled"
    return JobView(job, _pages_done(cloud, job) if was_cancelled else 0, codec.NO_DOCUMENT)


def _pages_done(cloud: Cloud, job: Job) -> int:
    fan_in = cloud.page_sets.fan_in(job.id)
    if fan_in is None:
        return 0
    chunks = job.chunks
    sent = cloud.page_sets.chunks(job.id, fan_in.dispatched)
    waiting = sum(len(chunks[number]) for number in fan_in.open_chunks - fan_in.dispatched)
    return job.page_count - waiting - sum(len(chunk.pending) for chunk in sent)
