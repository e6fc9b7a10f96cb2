"""What was read of a job, from where it is kept: page by page as the workers wrote it, or whole as it was put together."""

from __future__ import annotations

from collections.abc import Iterable

from ocrchat import codec, keys
from ocrchat.aws.blobs import BlobMissing
from ocrchat.cloud import Cloud
from ocrchat.errors import JobNotFound
from ocrchat.model import Document, Job, PageResult


def of_pages(cloud: Cloud, job: Job, with_words: bool = False) -> Document:
    """All pages, once each has been read or has failed."""
    failures = {
        page: failure
        for chunk in cloud.page_sets.chunks(job.id, range(len(job.chunks)))
        for page, failure in chunk.failures.items()
    }
    read = [page for page in job.pages if page not in failures]
    stored = cloud.blobs.get_jsons([keys.page_result(job, page) for page in read])
    results = {page: codec.page_from_json(data, with_words) for page, data in zip(read, stored, strict=True)}
    return Document(tuple(results.get(page) or PageResult.failed(page, failures[page]) for page in job.pages))


def finished(cloud: Cloud, job: Job, word_places: Iterable[int] = ()) -> codec.Json:
    """The document of a job that is done, with words on the pages at `word_places`. Raises JobNotFound where it is gone."""
    try:
        document = cloud.blobs.get_json(keys.result(job))
        pages = document["pages"]
        wanted = [place for place in word_places if place < len(pages) and not pages[place]["error"]]
        stored = cloud.blobs.get_jsons([keys.page_result(job, pages[place]["index"]) for place in wanted])
        for place, page in zip(wanted, stored, strict=True):
            pages[place] = page
    except BlobMissing as error:
        raise JobNotFound(
            "The result of this job is gone: it was deleted, or has expired. Send the file again."
        ) from error
    return document
