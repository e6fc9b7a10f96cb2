"""Downloads as their users open them: each in a reader of its format, over HTTP."""

from __future__ import annotations

import io
import time
from typing import Any

import docx
import httpx
import jsonschema
import openpyxl
import pymupdf
import pytest

from ocrchat import keys
from ocrchat.aws.blobs import BlobMissing
from ocrchat.usecases.downloads import PREPARED_PAGES, formats_to_prepare
from tests.documents import digital_pdf
from tests.http.conftest import ROOT, OpenAccount, Stack, post

EXAMPLES = ROOT / "examples"


@pytest.fixture(scope="module")
def report(api: httpx.Client) -> dict[str, Any]:
    """A digital report of three pages with headings, columns and a table."""
    job: dict[str, Any] = post(api, "report.pdf", (EXAMPLES / "report.pdf").read_bytes()).raise_for_status().json()
    return job


@pytest.fixture(scope="module")
def scan(api: httpx.Client) -> dict[str, Any]:
    job: dict[str, Any] = post(api, "scan.jpg", (EXAMPLES / "scan.jpg").read_bytes()).raise_for_status().json()
    return job


def downloaded(api: httpx.Client, job: dict[str, Any], **params: str) -> httpx.Response:
    return api.get(f"/api/v1/ocr/{job['uuid']}/download/", params=params, follow_redirects=True).raise_for_status()


def is_there(stack: Stack, key: str) -> bool:
    try:
        return stack.cloud.blobs.get(key) != b""
    except BlobMissing:
        return False


def squeezed(text: str) -> str:
    return "".join(text.replace("\xad", "").split())


def test_a_docx_has_headings_and_tables(api: httpx.Client, report: dict[str, Any]) -> None:
    answer = downloaded(api, report, format="docx")

    assert answer.headers["content-type"] == "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
    assert 'filename="report.docx"' in answer.headers["content-disposition"]
    document = docx.Document(io.BytesIO(answer.content))
    headings = [p.text for p in document.paragraphs if p.style is not None and str(p.style.name).startswith("Heading")]
    assert headings[0] == "Lake Almere Water Quality"
    rows = [[cell.text for cell in row.cells] for table in document.tables for row in table.rows]
    assert ["Deep basin", "118", "52", "5.6", "7.9", "6.8"] in rows


def test_an_xlsx_has_a_sheet_for_each_table(api: httpx.Client, report: dict[str, Any]) -> None:
    answer = downloaded(api, report, format="xlsx")

    book = openpyxl.load_workbook(io.BytesIO(answer.content))
    tables = [block for page in report["pages"] for block in page["blocks"] if block["table"]]
    assert len(book.sheetnames) == len(tables)
    assert ("Deep basin", 118, 52, 5.6, 7.9, 6.8) in [
        row for sheet in book for row in sheet.iter_rows(values_only=True)
    ]


def test_a_scan_becomes_a_pdf_that_can_be_searched_with_the_words_in_their_places(
    api: httpx.Client, scan: dict[str, Any]
) -> None:
    (page,) = api.get(f"/api/v1/ocr/{scan['uuid']}/", params={"words": "true"}).json()["pages"]
    source = (EXAMPLES / "scan.jpg").read_bytes()

    answer = downloaded(api, scan, format="pdf")

    assert answer.headers["content-type"] == "application/pdf"
    assert len(answer.content) < 1.1 * len(source) + 15_000
    with pymupdf.open("pdf", answer.content) as document:
        (shown,) = document
        scale = page["width"] / shown.rect.width
        assert squeezed(shown.get_text()) == squeezed(page["text"])
        found = {(word[4], round(word[0] * scale / 8), round(word[1] * scale / 30)) for word in shown.get_text("words")}
        assert len(found) > 50
        words = [word for block in page["blocks"] for line in block["lines"] for word in line["words"]]
        first = next(word for word in words if len(word["text"]) > 6)
        (place,) = [word for word in shown.get_text("words") if word[4] == first["text"]][:1]
        assert place[0] * scale == pytest.approx(first["bbox"][0], abs=3)
        assert place[2] * scale == pytest.approx(first["bbox"][2], abs=3)


def test_a_digital_pdf_stays_what_it_is(api: httpx.Client, report: dict[str, Any]) -> None:
    assert downloaded(api, report, format="pdf").content == (EXAMPLES / "report.pdf").read_bytes()


def test_json_is_what_its_published_schema_says(api: httpx.Client, report: dict[str, Any]) -> None:
    schema = api.get("/api/v1/job.schema.json").raise_for_status().json()
    whole = downloaded(api, report, format="json").json()

    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(whole, schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**whole, "pages": [{**whole["pages"][0], "width": "wide"}]}, schema)
    assert whole["pages"][0]["blocks"][0]["lines"][0]["words"]
    assert whole["markdown"] == report["markdown"]


def test_an_unknown_manner_of_pdf_is_refused_with_the_list(api: httpx.Client, report: dict[str, Any]) -> None:
    answer = api.get(f"/api/v1/ocr/{report['uuid']}/download/", params={"format": "pdf", "pdf_mode": "image"})

    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_field")
    assert "searchable, text" in answer.json()["detail"]


def test_a_manner_of_pdf_is_refused_for_what_is_no_pdf(api: httpx.Client, report: dict[str, Any]) -> None:
    answer = api.get(f"/api/v1/ocr/{report['uuid']}/download/", params={"format": "docx", "pdf_mode": "text"})

    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_field")


def test_a_pdf_set_anew_has_the_text(api: httpx.Client, scan: dict[str, Any]) -> None:
    with pymupdf.open("pdf", downloaded(api, scan, format="pdf", pdf_mode="text").content) as document:
        shown = "".join(page.get_text() for page in document)

    whole = scan["text"].replace("-\n", "")  # words that were divided are put together again
    assert sorted(squeezed(shown)) == sorted(squeezed(whole))


def test_of_a_large_job_all_downloads_are_made_without_being_asked_for(open_account: OpenAccount, stack: Stack) -> None:
    api = open_account(credits=200)
    job = post(api, "book.pdf", digital_pdf(PREPARED_PAGES + 1)).raise_for_status().json()
    give_up = time.monotonic() + 90
    while job["status"] in ("pending", "processing"):
        assert time.monotonic() < give_up
        time.sleep(0.2)
        job = api.get(f"/api/v1/ocr/{job['uuid']}/").raise_for_status().json()
    assert job["status"] == "done"

    kept = stack.cloud.jobs.get(job["uuid"])
    assert kept is not None
    missing = set(formats_to_prepare(kept))
    assert "docx" in missing
    while missing:
        assert time.monotonic() < give_up, missing
        missing -= {name for name in missing if is_there(stack, keys.download(kept, name))}
        time.sleep(0.2)
    document = docx.Document(io.BytesIO(downloaded(api, job, format="docx").content))
    assert f"Page number {PREPARED_PAGES}" in [paragraph.text for paragraph in document.paragraphs]
