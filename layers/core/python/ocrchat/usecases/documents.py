"""What was read of a job, from where it is kept: page by page as the workers wrote it, or whole as it was put together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from ocrchat import codec, keys
from ocrchat.aws.blobs import BlobMissing
from ocrchat.cloud import Cloud
from ocrchat.errors import JobNotFound, NoTranslation
from ocrchat.model import Chunk, Document, Job, PageResult
from ocrchat.scratch import Scratch
from ocrchat.translation import codec as translation
from ocrchat.translation import rebuilding


def of_pages(cloud: Cloud, job: Job, chunks: Sequence[Chunk], worded: int = 0) -> Document:
    """All pages, once each has been read or has failed; with words on the first ones, so many as `worded`."""
    failures = {page: failure for chunk in chunks for page, failure in chunk.failures.items()}
    read = [page for page in job.pages if page not in failures]
    stored = cloud.blobs.get_jsons([keys.page_result(job, page) for page in read])
    numbered = enumerate(zip(read, stored, strict=True))
    results = {page: codec.page_from_json(data, with_words=number < worded) for number, (page, data) in numbered}
    return Document(tuple(results.get(page) or PageResult.failed(page, failures[page]) for page in job.pages))


def finished(cloud: Cloud, job: Job, word_places: Iterable[int] = ()) -> codec.Json:
    """The document of a job that is done, with words on the pages at `word_places`. Raises JobNotFound where it is gone."""
    with gone():
        document = codec.NO_DOCUMENT | cloud.blobs.get_json(keys.result(job))  # a result is older than a new key
        pages = document["pages"]
        wanted = [place for place in word_places if place < len(pages) and not pages[place]["error"]]
        stored = cloud.blobs.get_jsons([keys.page_result(job, pages[place]["index"]) for place in wanted])
        for place, page in zip(wanted, stored, strict=True):
            pages[place] = page
        return document


class Finished:
    """The `export.Content` of a job that is done. All of it raises JobNotFound where it is gone."""

    def __init__(self, cloud: Cloud, job: Job, scratch: Scratch) -> None:
        self.job = job
        self._cloud = cloud
        self._scratch = scratch

    def document(self, with_words: bool = False) -> Document:
        places = range(self.job.page_count) if with_words else ()
        return codec.document_from_json(finished(self._cloud, self.job, places))

    def source(self) -> Path:
        with gone():
            return self._scratch.fetch(self._cloud.blobs, keys.source(self.job))

    def stored(self) -> tuple[codec.Json, Iterator[bytes]]:
        document = finished(self._cloud, self.job)
        return document, self._pages(document["pages"])

    def _pages(self, pages: list[codec.Json]) -> Iterator[bytes]:
        """As they were stored when they were read; those that could not be read are not there."""
        read = [page["index"] for page in pages if not page["error"]]
        with gone():
            stored = self._cloud.blobs.get_many([keys.page_result(self.job, index) for index in read])
            for page in pages:
                yield codec.dumps(page) if page["error"] else next(stored)


class Translated(Finished):
    """The same in the language it was translated to: the job as if it had been written in that. Raises NoTranslation, too."""

    def document(self, with_words: bool = False) -> Document:
        return self._rebuilt(finished(self._cloud, self.job))

    def stored(self) -> tuple[codec.Json, Iterator[bytes]]:
        document = finished(self._cloud, self.job)
        pages = (codec.dumps(codec.page_to_json(page)) for page in self._rebuilt(document).pages)
        said = document["translation"]
        return {**document, "text": said["text"], "markdown": said["markdown"]}, pages

    def _rebuilt(self, document: codec.Json) -> Document:
        said = document["translation"]
        made = translation.from_json(said) if said else None
        if made is None or made.is_empty:
            raise NoTranslation("There is no translation of this job: `error` of its `translation` says why.")
        return rebuilding.document(codec.document_from_json(document), made)


@contextmanager
def gone() -> Iterator[None]:
    """An object that is missing in here was erased with its job: raises JobNotFound."""
    try:
        yield
    except BlobMissing as error:
        raise JobNotFound(
            "The result of this job is gone: it was deleted, or has expired. Send the file again."
        ) from error
