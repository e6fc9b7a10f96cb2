"""Downloads: made once and kept; of large jobs by the workflow, before they are done."""

from __future__ import annotations

import base64
import io
import json
from dataclasses import replace
from datetime import UTC, datetime

import pymupdf
import pytest

from functions.export import api as export_api
from ocrchat import codec, export, keys, rest, usecases
from ocrchat.aws.blobs import BlobMissing
from ocrchat.billing import Account
from ocrchat.cloud import Cloud
from ocrchat.errors import JobNotFound
from ocrchat.media import MediaType
from ocrchat.model import Block, Box, Job, JobOptions, JobStatus, Line, PageResult, Word
from ocrchat.scratch import Scratch
from ocrchat.usecases.downloads import PREPARED_PAGES, formats_to_prepare
from tests.aws.test_handlers import Context, event
from tests.documents import digital_pdf


def page(index: int) -> PageResult:
    box = Box(100, 100, 400, 130)
    words = tuple(Word(text, box) for text in ("Page", str(index)))
    return PageResult(index, 1700, 2200, 200.0, "text-layer", (Block((Line(f"Page {index}", box, 1.0, words),)),))


def submitted(cloud: Cloud, account: Account, pages: int, failed: tuple[int, ...] = (), tool: str = "") -> Job:
    """All of its pages are read, but for those that failed; its workflow does not run."""
    job = Job(
        "2" * 32, account.id, "Ü.pdf", MediaType.PDF, pages, JobOptions(tool=tool), datetime.now(UTC), credits=pages
    )
    job = cloud.books.open(job, None)
    cloud.blobs.put(keys.source(job), digital_pdf(pages), "application/pdf")
    cloud.page_sets.open(job, "token", datetime.now(UTC))
    cloud.jobs.begin(job.id)
    for chunk, indexes in enumerate(job.chunks):
        for index in indexes:
            if index in failed:
                cloud.page_sets.page_failed(job.id, chunk, index, "page_unreadable", datetime.now(UTC))
            else:
                cloud.blobs.put_json(keys.page_result(job, index), codec.page_to_json(page(index)))
                cloud.page_sets.page_read(job.id, chunk, index, datetime.now(UTC))
    return job


def done(cloud: Cloud, job: Job) -> Job:
    assert usecases.assemble(cloud, job.id) is JobStatus.DONE
    ended = cloud.jobs.get(job.id)
    assert ended is not None
    return ended


def download(cloud: Cloud, job: Job, name: str) -> usecases.Download:
    return usecases.download(cloud, job, name, 3_000_000, Scratch())


def test_only_large_jobs_are_prepared(account: Account) -> None:
    job = Job("2" * 32, account.id, "a.pdf", MediaType.PDF, PREPARED_PAGES, JobOptions(), datetime.now(UTC))

    assert formats_to_prepare(job) == []
    assert formats_to_prepare(replace(job, source_pages=PREPARED_PAGES + 1)) == list(export.FORMATS)


@pytest.mark.parametrize("name", export.FORMATS)
def test_a_download_is_made_once_and_kept(cloud: Cloud, account: Account, name: str) -> None:
    job = done(cloud, submitted(cloud, account, 2))

    first = download(cloud, job, name)
    cloud.blobs.delete(keys.result(job))  # nothing to make it of any more

    assert cloud.blobs.get(keys.download(job, name)) == first.content
    assert download(cloud, job, name) == first
    assert (first.filename, first.url) == (f"Ü.{export.FORMATS[name].extension}", "")


def test_the_job_itself_has_its_words_and_its_end(cloud: Cloud, account: Account) -> None:
    job = done(cloud, submitted(cloud, account, 2))

    whole = json.loads(download(cloud, job, "json").content)

    assert (whole["status"], whole["pages_done"], whole["credits_charged"]) == ("done", 2, 2)
    assert [word["text"] for word in whole["pages"][1]["blocks"][0]["lines"][0]["words"]] == ["Page", "1"]


def test_what_was_prepared_is_what_is_downloaded(cloud: Cloud, account: Account) -> None:
    job = done(cloud, submitted(cloud, account, PREPARED_PAGES + 1, failed=(7,)))
    for name in formats_to_prepare(job):
        usecases.prepare(cloud, job.id, name, Scratch())
    cloud.blobs.delete(keys.result(job))

    for name in export.FORMATS:
        assert download(cloud, job, name).content
    text = download(cloud, job, "txt").content.decode().split("\f")
    assert text[6:9] == ["Page 6", "", "Page 8"]
    with pymupdf.open("pdf", download(cloud, job, "pdf").content) as document:
        assert document.page_count == PREPARED_PAGES + 1


def test_what_was_not_prepared_is_made_when_it_is_asked_for(cloud: Cloud, account: Account) -> None:
    """As of a job that was done before there was this format, or whose workflow failed there."""
    job = done(cloud, submitted(cloud, account, PREPARED_PAGES + 1))

    for name in export.FORMATS:
        assert download(cloud, job, name).content


def test_a_job_that_is_not_done_is_not_prepared(cloud: Cloud, account: Account) -> None:
    job = submitted(cloud, account, 2)

    usecases.prepare(cloud, job.id, "txt", Scratch())

    with pytest.raises(BlobMissing):
        cloud.blobs.get(keys.download(job, "txt"))


def test_what_is_too_large_to_carry_comes_from_the_bucket_every_time(cloud: Cloud, account: Account) -> None:
    job = done(cloud, submitted(cloud, account, 2))

    for _ in range(2):
        found = usecases.download(cloud, job, "pdf", 100, Scratch())
        assert found.content == b""
        assert keys.download(job, "pdf") in found.url


def test_of_an_erased_job_nothing_is_made(cloud: Cloud, account: Account) -> None:
    job = done(cloud, submitted(cloud, account, 2))
    usecases.erase(cloud, job, datetime.now(UTC))

    usecases.prepare(cloud, job.id, "txt", Scratch())
    for name in export.FORMATS:
        with pytest.raises(JobNotFound):
            download(cloud, job, name)
        with pytest.raises(BlobMissing):
            cloud.blobs.get(keys.download(job, name))


def test_a_file_that_is_erased_while_its_download_is_made_is_no_error_of_ours(cloud: Cloud, account: Account) -> None:
    job = done(cloud, submitted(cloud, account, 2))
    cloud.blobs.delete(keys.source(job))

    with pytest.raises(JobNotFound):
        download(cloud, job, "pdf")
    usecases.prepare(cloud, job.id, "pdf", Scratch())


def test_a_page_that_could_not_be_read_has_its_place_in_the_job(cloud: Cloud, account: Account) -> None:
    job = done(cloud, submitted(cloud, account, 3, failed=(1,)))

    pages = json.loads(download(cloud, job, "json").content)["pages"]

    assert [page["error"] for page in pages] == [None, "page_unreadable", None]
    assert pages == usecases.view(cloud, job, with_words=True).to_json()["pages"]


def test_a_job_that_is_erased_while_its_download_is_made_keeps_nothing(
    cloud: Cloud, account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = done(cloud, submitted(cloud, account, 2))
    put = type(cloud.blobs).put

    def put_late(blobs: object, key: str, data: bytes, content_type: str) -> None:
        usecases.erase(cloud, job, datetime.now(UTC))
        put(cloud.blobs, key, data, content_type)

    monkeypatch.setattr(type(cloud.blobs), "put", put_late)

    with pytest.raises(JobNotFound):
        download(cloud, job, "txt")
    with pytest.raises(BlobMissing):
        cloud.blobs.get(keys.download(job, "txt"))


def test_only_the_pages_that_were_asked_for_are_in_the_pdf(cloud: Cloud, account: Account) -> None:
    job = submitted(cloud, account, 4)
    job = done(cloud, job)
    chosen = replace(job, options=replace(job.options, pages="2,4"))
    whole = cloud.blobs.get_json(keys.result(job))
    cloud.blobs.put_json(keys.result(job), {**whole, "pages": [whole["pages"][1], whole["pages"][3]]})

    with pymupdf.open(stream=io.BytesIO(download(cloud, chosen, "pdf").content)) as document:
        assert [page.get_text().split("\n")[0] for page in document] == ["Page number 1", "Page number 3"]


def test_a_job_whose_tool_is_no_more_is_downloaded_as_text(cloud: Cloud, account: Account) -> None:
    job = submitted(cloud, account, 1, tool="a-tool-of-yesterday")
    done(cloud, job)
    request = event("api_gateway_rest.json")
    token = cloud.accounts.issue_token(account.id, "test", datetime.now(UTC))
    request |= {"path": f"/api/v1/ocr/{job.id}/download/", "httpMethod": "GET", "queryStringParameters": None}
    request |= {"headers": {"Authorization": f"Bearer {token}"}, "multiValueHeaders": {}, "body": None}
    request["multiValueQueryStringParameters"] = None

    answer = rest.Api(lambda: cloud, export_api.routes).handle(request, Context())  # type: ignore[arg-type]  # what is used of one

    assert answer["statusCode"] == 200
    assert base64.b64decode(answer["body"]).strip() == b"Page 0"
