"""The translation of a job, between its pages and its end: page by page, each kept where the next run finds it.

A run translates until its time is over, and the workflow runs it again while something is left. Run twice, beside itself or late,
it writes the same pages. One that gets nowhere is the last: the job ends without what is missing, and says so.
"""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from ocrchat import export, keys
from ocrchat.cloud import Cloud
from ocrchat.codec import Json
from ocrchat.errors import Unavailable
from ocrchat.model import Document, Job, PageResult
from ocrchat.translation import codec, pages, pairs, rebuilding
from ocrchat.translation.model import (
    FAILED,
    LANGUAGE_UNKNOWN,
    UNAVAILABLE,
    NotTranslated,
    PageTranslation,
    Problem,
    Translation,
    Translator,
)
from ocrchat.usecases import documents

_AT_ONCE = 8
"""Pages. Of S3 as many are fetched side by side."""

_PAUSES = (0.5, 1.0, 2.0, 4.0, 8.0)
"""Seconds between the tries at a page of a service that is busy."""

_UNKNOWN = Problem(
    LANGUAGE_UNKNOWN,
    "There is too little text to tell which language it is in. Submit the file again with `language`.",
)
_BROKEN_OFF = Problem(
    FAILED,
    "The service that translates gave no answer, or refused; the text of the job is not touched by that. Submit the file again "
    "later; if it happens again, the operator's log says why.",
)


@dataclass(frozen=True, slots=True)
class Progress:
    """What a run has come to: pages that it translated, and whether another run would do more. `why`, for the log, if not."""

    translated: int = 0
    is_more_left: bool = False
    why: str = ""


def translate(
    cloud: Cloud, translators: Sequence[Translator], job_id: str, deadline: float, pauses: Sequence[float] = _PAUSES
) -> Progress:
    """Translates pages of the job until `deadline`, on time.monotonic."""
    job = cloud.jobs.get(job_id)
    if job is None or job.status.ended or not job.options.translate_to:
        return Progress(why="nothing to do")
    document = documents.of_pages(cloud, job, cloud.page_sets.chunks(job.id, range(len(job.chunks))))
    kept = set(cloud.blobs.keys(keys.translation(job)))
    left = [page for page in document.pages if page.blocks and keys.translated_page(job, page.index) not in kept]
    main = pairs.main_language(document, job.options.language)
    run = _Run(cloud, job, main, translators, deadline, pauses)
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        done = sum(pool.map(run.translate, left))
    is_stuck = run.is_over or not done
    why = run.why or ("the service is busy" if left and not done else "")
    return Progress(done, is_more_left=done < len(left) and not is_stuck, why=why)


def gathered(cloud: Cloud, job: Job, document: Document) -> Json | None:
    """The translation as the job shows it, from the pages that there are of it; None of a job that asked for none."""
    target = job.options.translate_to
    if not target:
        return None
    kept = set(cloud.blobs.keys(keys.translation(job)))
    there = [page.index for page in document.pages if keys.translated_page(job, page.index) in kept]
    stored = cloud.blobs.get_jsons([keys.translated_page(job, index) for index in there])
    of = {page.index: _fingerprint(page) for page in document.pages}
    found = {
        index: codec.page_from_json(data)
        for index, data in zip(there, stored, strict=True)
        if data.get("fingerprint") == of[index]  # a page that was read once more meanwhile may have other blocks
    }
    main = pairs.main_language(document, job.options.language)
    made = Translation(target, tuple(found.get(page.index) or _missing(page, main, job) for page in document.pages))
    rebuilt = rebuilding.document(document, made)
    return codec.to_json(document, made, main, rebuilt, export.markdown.document(rebuilt))


def _fingerprint(page: PageResult) -> str:
    """Of its texts, block by block and cell by cell."""
    texts = [
        [block.text, *(cell.text for cell in block.table.cells)] if block.table else [block.text]
        for block in page.blocks
    ]
    return hashlib.sha256(repr(texts).encode("utf-8", "surrogatepass")).hexdigest()


def _missing(page: PageResult, main: str | None, job: Job) -> PageTranslation:
    source = pairs.source_of(page, main, job.options.language)
    return pages.without(page, source, _BROKEN_OFF) if page.blocks else PageTranslation(page.index, None)


class _Run:
    """What the pages of a run have in common.

    `main` is the language of most of the document; `why`, what the service said of a page that it refused, or why it is over.
    """

    def __init__(
        self,
        cloud: Cloud,
        job: Job,
        main: str | None,
        translators: Sequence[Translator],
        deadline: float,
        pauses: Sequence[float],
    ) -> None:
        self._cloud = cloud
        self._job = job
        self._main = main
        self._translators = translators
        self._deadline = deadline
        self._pauses = pauses
        self._ended = threading.Event()
        self.why = ""

    @property
    def is_over(self) -> bool:
        return self._ended.is_set()

    def translate(self, page: PageResult) -> bool:
        """Whether it is done, and kept."""
        try:
            made = self._tried(lambda: self._translated(page))
        except NotTranslated as error:
            self.why = str(error)
            made = _missing(page, self._main, self._job)
        if made is None:
            return False
        key = keys.translated_page(self._job, page.index)
        self._cloud.blobs.put_json(key, {**codec.page_to_json(page, made), "fingerprint": _fingerprint(page)})
        job = self._cloud.jobs.get(self._job.id)
        if job is None:
            self._cloud.blobs.delete(key)  # erased meanwhile: nothing of it may stay
        if job is None or job.status.ended:
            self.why = "the job has ended"
            self._ended.set()
            return False
        return True

    def _translated(self, page: PageResult) -> PageTranslation:
        target = self._job.options.translate_to
        source = pairs.source_of(page, self._main, self._job.options.language)
        if source is None:
            return pages.without(page, None, _UNKNOWN)
        if source == target:
            return pages.kept(page, source)
        translator = pairs.choose(self._translators, source, target)
        if translator is None:
            available = pairs.targets(self._translators, source)
            return pages.without(page, source, Problem(UNAVAILABLE, pairs.refusal(source, target, available)))
        return pages.translated(page, source, target, translator, self._deadline)

    def _tried(self, make: Callable[[], PageTranslation]) -> PageTranslation | None:
        """None where time is over, or the service is busy for longer than we wait."""
        for pause in (*self._pauses, 0.0):
            if self.is_over or time.monotonic() > self._deadline:
                return None
            try:
                return make()
            except Unavailable:
                self._ended.wait(pause)
        return None
