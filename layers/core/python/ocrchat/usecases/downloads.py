"""Finished documents as files, made once and kept: of a small job when it is asked for, of a large one by its workflow."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePath

from ocrchat import codec, export, keys
from ocrchat.aws.blobs import BlobMissing
from ocrchat.cloud import Cloud
from ocrchat.errors import ExportFailed, JobFailed, JobNotFinished, JobNotFound
from ocrchat.export import Format
from ocrchat.model import Document, Job, JobStatus
from ocrchat.scratch import Scratch
from ocrchat.usecases import documents

PREPARED_PAGES = 50
"""A job of more pages has its downloads made before it is done: they take longer than a caller is kept waiting."""


@dataclass(frozen=True, slots=True)
class Download:
    """A document in a format: its bytes, or the address of a short time where they are, if they are too many to carry."""

    filename: str
    content_type: str
    content: bytes = b""
    url: str = ""


def prepared_formats(job: Job) -> list[str]:
    """What the workflow of a job makes before it ends: names of `export.FORMATS`."""
    if job.page_count <= PREPARED_PAGES:
        return []
    return [name for name, form in export.FORMATS.items() if form.write]


def prepare(cloud: Cloud, job_id: str, format_name: str, scratch: Scratch) -> None:
    """Makes one download of a job whose pages have all been read. Run again, it makes the same file."""
    job = cloud.jobs.get(job_id)
    if job is None or job.status.ended:
        return
    form = export.FORMATS[format_name]
    document = documents.of_pages(cloud, job, form.needs_words)
    if len(document.failed_pages) < job.page_count:
        _keep(cloud, job, format_name, _written(cloud, job, form, document, scratch))


def download(cloud: Cloud, job: Job, format_name: str, max_bytes: int, scratch: Scratch) -> Download:
    """The document in one of `export.FORMATS`. Raises JobFailed, JobNotFinished, JobNotFound or ExportFailed."""
    if job.status is JobStatus.FAILED:
        raise JobFailed("The job failed, so there is nothing to download. GET the job to see why.")
    if job.status is not JobStatus.DONE:
        raise JobNotFinished("The job is still running. Poll it until its status is done, then download.")
    form = export.FORMATS[format_name]
    filename = f"{PurePath(job.filename).stem}.{form.extension}"
    key = keys.download(job, format_name)
    try:
        content = cloud.blobs.get_up_to(key, max_bytes)
    except BlobMissing as error:
        if format_name in prepared_formats(job):
            raise ExportFailed(
                f"This document could not be written as {format_name} when the job ended. Choose another format."
            ) from error
        written = _made(cloud, job, form, scratch)
        _keep(cloud, job, format_name, written)
        content = written if len(written) <= max_bytes else None
    if content is None:
        return Download(filename, form.content_type, url=cloud.blobs.presign_download(key, filename, form.content_type))
    return Download(filename, form.content_type, content)


def _made(cloud: Cloud, job: Job, form: Format, scratch: Scratch) -> bytes:
    places = range(job.page_count) if form.needs_words else range(0)
    finished = documents.finished(cloud, job, places)
    if form.write is None:
        return codec.dumps(codec.job_to_json(job, job.page_count, finished))
    return _written(cloud, job, form, codec.document_from_json(finished), scratch)


def _written(cloud: Cloud, job: Job, form: Format, document: Document, scratch: Scratch) -> bytes:
    assert form.write is not None
    source = scratch.fetch(cloud.blobs, keys.source(job)) if form.needs_source else None
    return form.write(job, document, source)


def _keep(cloud: Cloud, job: Job, format_name: str, content: bytes) -> None:
    """Raises JobNotFound where the job was erased meanwhile: nothing of it may stay."""
    key = keys.download(job, format_name)
    cloud.blobs.put(key, content, export.FORMATS[format_name].content_type)
    if cloud.jobs.get(job.id) is None:
        cloud.blobs.delete(key)
        raise JobNotFound("The job was deleted.")
