"""What callers see of their jobs."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import PurePath

from ocrchat import codec, export, keys
from ocrchat.aws.blobs import BlobMissing
from ocrchat.cloud import Cloud
from ocrchat.errors import JobFailed, JobNotFinished, JobNotFound
from ocrchat.model import Job, JobStatus

_JOB_ID = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True, slots=True)
class JobView:
    """A job with what there is of its result."""

    job: Job
    pages_done: int
    document: codec.Json

    def to_json(self) -> codec.Json:
        return codec.job_to_json(self.job, self.pages_done, self.document)


@dataclass(frozen=True, slots=True)
class Download:
    """A document in a format: its bytes, or the address of a short time where they are, if they are too many to carry."""

    filename: str
    content_type: str
    content: bytes = b""
    url: str = ""


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
        document = _stored(cloud, keys.result(job))
        if with_words:
            document = _with_words(cloud, job, document, range(first_page, first_page + codec.WORDS_PAGES))
        return JobView(job, job.page_count, document)
    if job.status is JobStatus.PROCESSING:
        return JobView(job, _pages_done(cloud, job), codec.NO_DOCUMENT)
    return JobView(job, job.charged_pages, codec.NO_DOCUMENT)


def download(cloud: Cloud, job: Job, format_name: str, max_bytes: int) -> Download:
    """The finished document in one of `export.FORMATS`. Raises JobFailed, JobNotFinished or JobNotFound."""
    if job.status is JobStatus.FAILED:
        raise JobFailed("The job failed, so there is nothing to download. GET the job to see why.")
    if job.status is not JobStatus.DONE:
        raise JobNotFinished("The job is still running. Poll it until its status is done, then download.")
    form = export.FORMATS[format_name]
    filename = f"{PurePath(job.filename).stem}.{form.extension}"
    content = form.write(job, codec.document_from_json(_stored(cloud, keys.result(job))))
    if len(content) <= max_bytes:
        return Download(filename, form.content_type, content)
    key = keys.download(job, format_name)
    cloud.blobs.put(key, content, form.content_type)
    if cloud.jobs.get(job.id) is None:
        cloud.blobs.delete(key)
        raise JobNotFound("The job was deleted.")
    return Download(filename, form.content_type, url=cloud.blobs.presign_download(key, filename, form.content_type))


def _stored(cloud: Cloud, key: str) -> codec.Json:
    try:
        return cloud.blobs.get_json(key)
    except BlobMissing as error:
        raise JobNotFound(
            "The result of this job is gone: it was deleted, or has expired. Send the file again."
        ) from error


def _with_words(cloud: Cloud, job: Job, document: codec.Json, places: range) -> codec.Json:
    """The document, pages at `places` as they were stored when they were read; those that could not be read are not there."""
    pages = [
        _stored(cloud, keys.page_result(job, page["index"])) if place in places and not page["error"] else page
        for place, page in enumerate(document["pages"])
    ]
    return {**document, "pages": pages}


def _pages_done(cloud: Cloud, job: Job) -> int:
    fan_in = cloud.page_sets.fan_in(job.id)
    if fan_in is None:
        return 0
    chunks = job.chunks
    sent = cloud.page_sets.chunks(job.id, fan_in.dispatched)
    waiting = sum(len(chunks[number]) for number in fan_in.open_chunks - fan_in.dispatched)
    return job.page_count - waiting - sum(len(chunk.pending) for chunk in sent)
