"""Finished documents as files, made once and kept: when they are asked for; those of a large job by its workflow, beforehand."""

from __future__ import annotations

from dataclasses import dataclass

from ocrchat import export, filenames, keys
from ocrchat.aws.blobs import BlobMissing
from ocrchat.cloud import Cloud
from ocrchat.errors import JobFailed, JobNotFinished, JobNotFound, NoTranslation
from ocrchat.model import Job, JobStatus
from ocrchat.scratch import Scratch
from ocrchat.tools import translates
from ocrchat.usecases.documents import Finished, Translated

OF_TRANSLATION = "translation/"
"""What stands before the name of a format in that of a download of the translation."""

PREPARED_PAGES = 50
"""Of a job of more pages the workflow makes all downloads at its end, so that who asks for one need not wait."""


@dataclass(frozen=True, slots=True)
class Download:
    """A document in a format: its bytes, or the address of a short time where they are, if they are too many to carry."""

    filename: str
    content_type: str
    content: bytes = b""
    url: str = ""


def in_language(job: Job, format_name: str) -> str:
    """The download that one of `export.FORMATS` is by itself: with the tool `translate` it is the translation.

    Not of a searchable PDF, which shows the original pages, nor of the whole job in JSON, which has both.
    """
    translated = translates(job.options.tool) and format_name not in ("pdf", "json")
    return OF_TRANSLATION + format_name if translated else format_name


def formats_to_prepare(job: Job) -> list[str]:
    """Names of downloads: of `export.FORMATS`, and those of the translation."""
    if job.page_count <= PREPARED_PAGES:
        return []
    translated = [OF_TRANSLATION + name for name in export.FORMATS if name != "pdf"] if job.options.translate_to else []
    return [*export.FORMATS, *translated]


def prepare(cloud: Cloud, job_id: str, format_name: str, scratch: Scratch) -> None:
    """Makes one download of a job that is done. Run again, or beside a caller's request, it makes the same file."""
    job = cloud.jobs.get(job_id)
    if job is None or job.status is not JobStatus.DONE:
        return
    try:
        _make(cloud, job, format_name, scratch)
    except JobNotFound:
        pass  # erased meanwhile
    except NoTranslation:
        pass  # the job says why


def download(cloud: Cloud, job: Job, format_name: str, max_bytes: int, scratch: Scratch) -> Download:
    """The document in one of `export.FORMATS`, or its translation, if OF_TRANSLATION stands before that.

    Raises JobFailed, JobNotFinished, JobNotFound, NoTranslation or DamagedFile.
    """
    if job.status is JobStatus.FAILED:
        raise JobFailed("The job failed, so there is nothing to download. GET the job to see why.")
    if job.status is not JobStatus.DONE:
        raise JobNotFinished("The job is still running. Poll it until its status is done, then download.")
    form = _form(format_name)
    extension = form.extension
    if format_name.startswith(OF_TRANSLATION):
        if not job.options.translate_to:
            raise NoTranslation("The job was submitted without 'translate_to'. Submit the file again with it.")
        extension = f"{job.options.translate_to}.{extension}"
    filename = filenames.with_extension(job.filename, extension)
    key = keys.download(job, format_name)
    try:
        content = cloud.blobs.get_up_to(key, max_bytes)
    except BlobMissing:
        made = _make(cloud, job, format_name, scratch)
        content = made if len(made) <= max_bytes else None
    if content is None:
        return Download(filename, form.content_type, url=cloud.blobs.presign_download(key, filename, form.content_type))
    return Download(filename, form.content_type, content)


def keep(cloud: Cloud, job: Job, format_name: str, scratch: Scratch) -> str:
    """Makes one download of a job that is done, unless it is there; its key. Raises JobNotFound or DamagedFile."""
    key = keys.download(job, format_name)
    try:
        cloud.blobs.get_up_to(key, 0)
    except BlobMissing:
        _make(cloud, job, format_name, scratch)
    return key


def _make(cloud: Cloud, job: Job, format_name: str, scratch: Scratch) -> bytes:
    """Keeps it, too. Raises JobNotFound where the job was erased meanwhile: nothing of it may stay."""
    form, key = _form(format_name), keys.download(job, format_name)
    made_of = Translated if format_name.startswith(OF_TRANSLATION) else Finished
    content = form.write(made_of(cloud, job, scratch))
    cloud.blobs.put(key, content, form.content_type)
    if cloud.jobs.get(job.id) is None:
        cloud.blobs.delete(key)
        raise JobNotFound("The job was deleted.")
    return content


def _form(format_name: str) -> export.Format:
    return export.FORMATS[format_name.removeprefix(OF_TRANSLATION)]
