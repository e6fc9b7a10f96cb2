"""The step of the workflow that translates: run again, beside a deletion, and with a service that fails."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from functions.export import translate as step
from ocrchat import codec, keys, usecases
from ocrchat.billing import Account
from ocrchat.cloud import Cloud
from ocrchat.errors import NoTranslation, TranslationUnavailable, Unavailable
from ocrchat.media import MediaType
from ocrchat.model import Block, Job, JobOptions, PageResult
from ocrchat.scratch import Scratch
from ocrchat.settings import Settings, TranslateProvider
from ocrchat.translation.model import NotTranslated, Pairs
from ocrchat.translation.rebuilding import NOT_TRANSLATED
from ocrchat.usecases.translating import Progress, gathered
from tests.aws.test_handlers import Context
from tests.documents import digital_pdf
from tests.translation_servers import Fails, Server, changes_numbers, libretranslate, pseudo
from tests.unit.test_translation import PAGE, line

SOON = 20.0


@pytest.fixture
def runs_executions() -> bool:
    return False


def text_page(index: int, language: str | None = "en") -> PageResult:
    block = Block((line(f"The water of lake number {index + 1} is clear", 10),))
    return PageResult(index, 500, 700, 72, "test", (block,), language=language)


class Patient(Context):
    """Of a function with all of its time left."""

    def get_remaining_time_in_millis(self) -> int:
        return 300_000


MakeJob = Callable[..., Job]


@pytest.fixture
def read_job(cloud: Cloud, account: Account) -> MakeJob:
    """Makes a job whose pages have been read."""

    def make(*pages: PageResult, **options: Any) -> Job:
        asked = JobOptions(**{"translate_to": "es", **options})
        count = len(pages)
        job = Job("1" * 32, account.id, "a.pdf", MediaType.PDF, count, asked, datetime.now(UTC), credits=count)
        job = cloud.books.open(job, None)
        cloud.page_sets.open(job, "token", datetime.now(UTC))
        cloud.jobs.begin(job.id)
        for page in pages:
            cloud.blobs.put_json(keys.page_result(job, page.index), codec.page_to_json(page))
            cloud.page_sets.page_read(job.id, page.index // 25, page.index, datetime.now(UTC))
        return job

    return make


def run(cloud: Cloud, job: Job, server: Server, seconds: float = SOON) -> Progress:
    return usecases.translate(cloud, [server.libretranslate], job.id, time.monotonic() + seconds, pauses=(0.01, 0.01))


def ended(cloud: Cloud, job: Job) -> dict[str, Any]:
    """The job as it is shown once it is assembled."""
    usecases.assemble(cloud, job.id)
    done = cloud.jobs.get(job.id)
    assert done is not None
    return usecases.view(cloud, done).to_json()


def test_all_pages_are_translated_and_stand_beside_the_original(cloud: Cloud, read_job: MakeJob) -> None:
    job = read_job(PAGE, text_page(1))
    with libretranslate() as server:
        assert run(cloud, job, server) == Progress(2)

    shown = ended(cloud, job)
    translation = shown["translation"]
    assert shown["status"] == "done"
    assert (translation["language"], translation["source_language"], translation["provider"]) == (
        "es",
        "en",
        "libretranslate",
    )
    assert (translation["error"], translation["skipped"], translation["withheld"]) == (None, None, 0)
    assert "The water of lake number 2 is clear" in shown["text"]
    assert pseudo("The water of lake number 2 is clear") in translation["text"]
    assert translation["markdown"].startswith("# Annualo reporto")
    for page, made in zip(shown["pages"], translation["pages"], strict=True):
        assert (page["index"], [block["bbox"] for block in page["blocks"]]) == (
            made["index"],
            [block["bbox"] for block in made["blocks"]],
        )


def test_a_run_goes_on_where_the_one_before_has_stopped(cloud: Cloud, read_job: MakeJob) -> None:
    job = read_job(*(text_page(index) for index in range(12)))
    with libretranslate(*[pseudo] * 5, Fails(503)) as server:
        first = run(cloud, job, server)
        done = len(cloud.blobs.keys(keys.translation(job)))
        server.says(pseudo)
        second = run(cloud, job, server)
        texts = server.texts()
        third = run(cloud, job, server)

    assert first.is_more_left
    assert first.translated == done == 5
    assert second == Progress(7)
    assert third == Progress(0)
    assert len(texts) == len(set(texts)) == 7
    assert ended(cloud, job)["translation"]["error"] is None


def test_a_service_that_is_busy_is_waited_for(cloud: Cloud, read_job: MakeJob) -> None:
    job = read_job(text_page(0))
    with libretranslate(Fails(429), Fails(503), pseudo) as server:
        assert run(cloud, job, server) == Progress(1)


@pytest.mark.parametrize("outcome", [Fails(503), Fails(403, "wrong key")])
def test_a_service_that_fails_leaves_the_job_its_text_and_says_so(
    cloud: Cloud, read_job: MakeJob, outcome: Fails
) -> None:
    job = read_job(PAGE, text_page(1))
    with libretranslate(outcome) as server:
        progress = run(cloud, job, server)

    assert not progress.is_more_left, "it would be run for ever"
    shown = ended(cloud, job)
    translation = shown["translation"]
    assert (shown["status"], shown["error"]) == ("done", None)
    assert "lake number 2" in shown["text"]
    assert translation["error"]["code"] == "translation_failed"
    assert (translation["text"], translation["markdown"]) == ("", "")
    assert [(page["text"], page["blocks"]) for page in translation["pages"]] == [("", [])] * 2
    assert shown["credits_charged"] == 2


def test_pages_that_were_translated_stay_where_the_service_fails_then(cloud: Cloud, read_job: MakeJob) -> None:
    job = read_job(text_page(0), text_page(1))
    with libretranslate() as server:
        usecases.translate(cloud, [server.libretranslate], job.id, time.monotonic() + SOON)
    cloud.blobs.delete(keys.translated_page(job, 1))

    translation = ended(cloud, job)["translation"]

    assert [page["error"] and page["error"]["code"] for page in translation["pages"]] == [None, "translation_failed"]
    assert translation["error"]["code"] == "translation_failed"
    assert (
        translation["markdown"]
        == f"{pseudo('The water of lake number 1 is clear')}\n\n---\n\n\\{NOT_TRANSLATED[:-1]}\\]"
    )


def test_a_language_that_was_found_and_cannot_be_translated_is_an_error_of_the_translation_alone(
    cloud: Cloud, read_job: MakeJob
) -> None:
    job = read_job(text_page(0, "sw"))
    with libretranslate() as server:
        assert run(cloud, job, server) == Progress(1)
        assert server.texts() == []

    shown = ended(cloud, job)
    error = shown["translation"]["error"]
    assert (shown["status"], error["code"]) == ("done", "translation_unavailable")
    assert "from Swahili (sw) to Spanish (es)" in error["detail"]
    assert "docs/translate.md" in error["detail"]


def test_a_text_whose_language_nobody_knows_is_not_translated_from_a_guess(cloud: Cloud, read_job: MakeJob) -> None:
    job = read_job(text_page(0, None))
    with libretranslate() as server:
        run(cloud, job, server)
        assert server.requests == []

    error = ended(cloud, job)["translation"]["error"]
    assert error["code"] == "language_unknown"
    assert "`language`" in error["detail"]


def test_a_document_that_is_in_the_language_already_is_as_it_was(cloud: Cloud, read_job: MakeJob) -> None:
    job = read_job(PAGE, translate_to="en")
    with libretranslate() as server:
        run(cloud, job, server)
        assert server.requests == []

    shown = ended(cloud, job)
    translation = shown["translation"]
    assert (translation["skipped"], translation["error"], translation["provider"]) == ("same_language", None, None)
    assert (translation["text"], translation["markdown"]) == (shown["text"], shown["markdown"])
    assert {block["status"] for block in translation["pages"][0]["blocks"]} == {"kept"}


def test_each_page_is_translated_from_its_own_language(cloud: Cloud, read_job: MakeJob) -> None:
    job = read_job(text_page(0, "en"), text_page(1, "zh"), text_page(2, "de"), translate_to="de")
    with libretranslate() as server:
        run(cloud, job, server)
        sources = {body["source"] for operation, body in server.requests if operation == "translate"}

    pages = ended(cloud, job)["translation"]["pages"]
    assert sources == {"en", "zh"}
    assert [page["source_language"] for page in pages] == ["en", "ch", "de"]
    assert pages[2]["provider"] is None


def test_a_job_that_is_deleted_meanwhile_keeps_nothing(cloud: Cloud, read_job: MakeJob) -> None:
    job = read_job(text_page(0))

    def deletes(text: str) -> str:
        usecases.erase(cloud, job, datetime.now(UTC))
        return pseudo(text)

    with libretranslate(deletes) as server:
        assert not run(cloud, job, server).is_more_left

    assert cloud.blobs.keys(keys.job_prefix(job)) == []


def test_a_job_that_is_cancelled_meanwhile_is_not_gone_on_with(cloud: Cloud, read_job: MakeJob) -> None:
    job = read_job(*(text_page(index) for index in range(20)))

    def cancels(text: str) -> str:
        done = cloud.jobs.get(job.id)
        if done and not done.status.ended:
            usecases.cancel(cloud, job, datetime.now(UTC))
        return pseudo(text)

    with libretranslate(cancels) as server:
        progress = run(cloud, job, server)
        sent = len(server.texts())

    assert not progress.is_more_left
    assert sent < 20
    assert usecases.translate(cloud, (), job.id, time.monotonic() + 1).why == "nothing to do"


def test_what_is_erased_is_counted(cloud: Cloud, read_job: MakeJob) -> None:
    job = read_job(text_page(0))
    with libretranslate() as server:
        run(cloud, job, server)
    ended(cloud, job)

    done = cloud.jobs.get(job.id)
    assert done is not None
    assert usecases.erase(cloud, done, datetime.now(UTC))["results"] == 2


def test_the_step_translates_with_what_the_function_is_set_to(
    cloud: Cloud, read_job: MakeJob, settings: Settings, deployed: Callable[[Settings], None]
) -> None:
    job = read_job(text_page(0))
    with libretranslate(changes_numbers) as server:
        deployed(replace(settings, translate_provider=TranslateProvider.LIBRETRANSLATE, translate_url=server.url))
        assert step.handler({"job_id": job.id}, Patient()) == {"is_more_left": False}  # type: ignore[arg-type]

    document = usecases.view(cloud, replace(job)).document
    assert document == codec.NO_DOCUMENT
    translation = ended(cloud, job)["translation"]
    assert translation["withheld"] == 1
    assert translation["text"] == NOT_TRANSLATED


def test_a_download_of_the_translation_is_another_than_that_of_the_original(
    cloud: Cloud, read_job: MakeJob, tmp_path: Path
) -> None:
    job = read_job(PAGE)
    with libretranslate() as server:
        run(cloud, job, server)
    ended(cloud, job)
    done = cloud.jobs.get(job.id)
    assert done is not None

    original, translated = (
        usecases.download(cloud, done, name, 10**6, Scratch(tmp_path)) for name in ("md", "translation/md")
    )

    assert original.content.decode().startswith("# Annual report")
    assert translated.content.decode().startswith("# Annualo reporto")
    assert (original.filename, translated.filename) == ("a.md", "a.es.md")


def test_what_was_not_translated_cannot_be_downloaded_as_if_it_were(
    cloud: Cloud, read_job: MakeJob, tmp_path: Path
) -> None:
    job = read_job(PAGE)
    ended(cloud, job)
    done = cloud.jobs.get(job.id)
    assert done is not None

    with pytest.raises(NoTranslation, match="says why"):
        usecases.download(cloud, done, "translation/txt", 10**6, Scratch(tmp_path))
    usecases.prepare(cloud, job.id, "translation/txt", Scratch(tmp_path))
    with pytest.raises(NoTranslation, match="translate_to"):
        usecases.download(cloud, replace(done, options=JobOptions()), "translation/txt", 10**6, Scratch(tmp_path))


def test_of_a_large_job_downloads_of_the_translation_are_prepared_too(account: Account) -> None:
    from ocrchat.usecases.downloads import formats_to_prepare

    def prepared(pages: int, **options: str) -> list[str]:
        job = Job("1" * 32, account.id, "a.pdf", MediaType.PDF, pages, JobOptions(**options), datetime.now(UTC))
        return [name for name in formats_to_prepare(job) if name.startswith("translation/")]

    assert prepared(51, translate_to="es") == [
        f"translation/{name}" for name in ("txt", "md", "docx", "pdf-text", "csv", "xlsx", "json")
    ]
    assert prepared(51) == prepared(50, translate_to="es") == []


class Refuses:
    name, most_bytes = "test", 100

    def pairs(self) -> Pairs:
        raise NotTranslated("no key")

    def translate(self, texts: Sequence[str], source: str, target: str, deadline: float) -> list[str | None]:
        raise AssertionError("nobody asked")


def test_a_submission_is_refused_before_anything_is_kept_or_charged(cloud: Cloud, account: Account) -> None:
    def submit(translators: Sequence[Any], **options: str) -> usecases.Submitted:
        request = usecases.Request(usecases.SentFile("a.pdf", digital_pdf(1)), JobOptions(**options))
        usecases.quote(cloud, account, request, datetime.now(UTC), translators)
        return usecases.submit(cloud, account, request, datetime.now(UTC), translators)

    with libretranslate() as server:
        some = [server.libretranslate]
        with pytest.raises(TranslationUnavailable):
            submit(some, translate_to="ja")
        with pytest.raises(TranslationUnavailable):
            submit(some, language="fr", translate_to="es")
        with pytest.raises(TranslationUnavailable):
            submit((), translate_to="es")
        with pytest.raises(Unavailable):
            submit([Refuses()], translate_to="es")
        assert cloud.jobs.of_account(account.id, None, 10) == ([], None)
        assert cloud.accounts.get(account.id) == account

        job = submit(some, translate_to="es").job

    stored = cloud.jobs.get(job.id)
    assert stored is not None
    assert stored.options.translate_to == "es"


def test_a_job_that_did_not_ask_has_no_translation(cloud: Cloud, read_job: MakeJob) -> None:
    job = read_job(text_page(0), translate_to="")

    assert gathered(cloud, job, usecases.documents.of_pages(cloud, job, ())) is None
    assert ended(cloud, job)["translation"] is None


def test_a_page_that_is_read_once_more_behind_its_translation_does_not_fail_the_job(
    cloud: Cloud, read_job: MakeJob
) -> None:
    job = read_job(PAGE, text_page(1))
    with libretranslate() as server:
        run(cloud, job, server)
    late = replace(PAGE, blocks=PAGE.blocks[:1])
    cloud.blobs.put_json(keys.page_result(job, 0), codec.page_to_json(late))

    shown = ended(cloud, job)

    assert shown["status"] == "done"
    first, second = shown["translation"]["pages"]
    assert (first["error"]["code"], second["error"]) == ("translation_failed", None)
    assert "fingerprint" not in second
