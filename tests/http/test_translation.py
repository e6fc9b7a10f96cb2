"""Translation through the whole product: a loopback LibreTranslate says what it likes, and its lies reach nobody."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import jsonschema
import pymupdf
import pytest

from ocrchat import export, schemas
from tests import translation_servers
from tests.documents import digital_pdf
from tests.downloaded import plain, rows, sheets, word
from tests.http.conftest import ROOT, client_of, poll, post, started
from tests.http.test_bad_input import problem
from tests.translation_servers import MODEL, Fails, Server, changes_numbers, echo, pseudo

REPORT = (ROOT / "examples" / "report.pdf").read_bytes()
COST = "Intake pipe"
MARK = "[Not translated]"


@pytest.fixture(scope="module")
def translator() -> Iterator[Server]:
    with translation_servers.libretranslate(languages=["en", "es", "de", "fr"]) as running:
        running.targets = {"en": ["es", "de"], "es": ["en"], "de": ["en"], "fr": []}
        yield running


@pytest.fixture(scope="module")
def api(translator: Server, weights: Path) -> Iterator[httpx.Client]:
    """A server whose translations `translator` makes."""
    with (
        started(
            OCRCHAT_TRANSLATE_PROVIDER="libretranslate",
            OCRCHAT_TRANSLATE_URL=translator.url,
            OCRCHAT_TRANSLATE_API_KEY="the-key",
        ) as server,
        client_of(server) as client,
    ):
        yield client


def submitted(api: httpx.Client, content: bytes, **fields: str) -> dict[str, Any]:
    """The job once it has ended."""
    job = post(api, "report.pdf", content, **fields).raise_for_status().json()
    (*_, job) = poll(api, job)
    return dict(job)


@pytest.fixture(scope="module")
def job(api: httpx.Client, translator: Server) -> dict[str, Any]:
    translator.says(pseudo)
    return submitted(api, REPORT, tool="translate", translate_to="Spanish")


def download(api: httpx.Client, job: dict[str, Any], **wanted: str) -> httpx.Response:
    return api.get(f"/api/v1/ocr/{job['uuid']}/download/", params=wanted, follow_redirects=True)


def test_a_report_comes_back_in_both_languages_block_by_block(job: dict[str, Any]) -> None:
    translation = job["translation"]

    jsonschema.validate(job, schemas.standalone("Job"))
    assert (job["status"], job["tool"], job["translate_to"]) == ("done", "translate", "es")
    assert (translation["language"], translation["source_language"], translation["provider"]) == (
        "es",
        "en",
        "libretranslate",
    )
    assert (translation["error"], translation["skipped"]) == (None, None)
    assert COST in job["text"]
    assert pseudo(COST) in translation["text"]
    assert pseudo(COST) in translation["markdown"]
    assert job["credits_charged"] == job["page_count"]
    assert len(translation["pages"]) == len(job["pages"])
    for page, made in zip(job["pages"], translation["pages"], strict=True):
        assert made["index"] == page["index"]
        for block, said in zip(page["blocks"], made["blocks"], strict=True):
            assert (said["type"], said["bbox"]) == (block["type"], block["bbox"])
            assert (said["table"] is None) == (block["table"] is None)
            if said["status"] == "translated":
                assert said["text"] != block["text"]
    statuses = [block["status"] for page in translation["pages"] for block in page["blocks"]]
    assert statuses.count("translated") > 0.8 * len(statuses)
    assert statuses.count("withheld") == translation["withheld"] == 0


def test_the_servers_key_and_its_codes_are_used(job: dict[str, Any], translator: Server) -> None:
    bodies = [body for operation, body in translator.requests if operation == "translate"]

    assert bodies
    assert {(body["source"], body["target"], body["api_key"]) for body in bodies} == {("en", "es", "the-key")}


def cells(content: bytes) -> str:
    return "\n".join(cell for row in rows(content) for cell in row)


def pdf(content: bytes) -> str:
    with pymupdf.open("pdf", content) as document:
        return " ".join(" ".join(page.get_text() for page in document).split())


def job_text(content: bytes) -> str:
    found = json.loads(content)
    jsonschema.validate(found, schemas.standalone("Job"))
    assert found["text"]
    return "\n".join(page["text"] for page in found["pages"])


LOOK = {"txt": plain, "md": plain, "docx": word, "xlsx": sheets, "csv": cells, "json": job_text, "pdf-text": pdf}


def test_every_format_that_can_is_looked_into() -> None:
    assert set(LOOK) == set(export.FORMATS) - {"pdf"}


@pytest.mark.parametrize("name", LOOK)
def test_an_export_comes_in_either_language_and_by_itself_in_that_of_the_tool(
    api: httpx.Client, job: dict[str, Any], name: str
) -> None:
    wanted = {"format": "pdf", "pdf_mode": "text"} if name == "pdf-text" else {"format": name}
    original = download(api, job, **wanted, text="original").raise_for_status()
    translated = download(api, job, **wanted).raise_for_status()

    assert COST in LOOK[name](original.content)
    assert pseudo(COST) not in LOOK[name](original.content)
    assert pseudo(COST) in LOOK[name](translated.content)
    extension = export.FORMATS[name].extension
    assert f'"report.{extension}"' in original.headers["content-disposition"]
    assert f'"report.es.{extension}"' in translated.headers["content-disposition"]


def test_the_download_that_the_tool_names_is_the_translation(api: httpx.Client, job: dict[str, Any]) -> None:
    named = api.get(job["tool_result"]["download"], follow_redirects=True).raise_for_status()

    assert job["tool_result"]["kind"] == "translation"
    assert pseudo(COST) in named.text
    assert download(api, job).text == named.text


def test_without_the_tool_the_original_comes_by_itself(api: httpx.Client, translator: Server) -> None:
    translator.says(pseudo)
    job = submitted(api, REPORT, translate_to="es")

    assert COST in download(api, job).text
    assert pseudo(COST) in download(api, job, text="translation").text


def test_a_searchable_pdf_of_the_translation_is_refused_with_what_to_do(api: httpx.Client, job: dict[str, Any]) -> None:
    body = problem(download(api, job, format="pdf", text="translation"), 400, "invalid_field")

    assert "pdf_mode=text" in body["detail"]


@pytest.mark.parametrize("lie", [changes_numbers, echo])
def test_a_lie_is_withheld_and_marked_and_the_source_stands_nowhere_in_its_place(
    api: httpx.Client, translator: Server, lie: translation_servers.Says
) -> None:
    translator.says(lie)
    job = submitted(api, digital_pdf(2), translate_to="es", language="en")

    translation = job["translation"]
    assert job["status"] == "done"
    withheld = [block for page in translation["pages"] for block in page["blocks"] if block["status"] == "withheld"]
    assert len(withheld) == translation["withheld"] > 0
    assert all(block["text"] == "" for block in withheld)
    assert MARK in translation["text"]
    assert MARK in translation["markdown"].replace("\\", "")
    told = download(api, job, format="txt", text="translation").text
    assert MARK in told
    assert "brown fox" not in told
    assert "brown fox" in job["text"]


@pytest.mark.parametrize(
    ("fields", "hints"),
    [
        ({"translate_to": "ja"}, ["to Japanese (ja)", "de, en, es", "docs/translate.md"]),
        ({"translate_to": "es", "language": "de"}, ["from German (de) to Spanish (es)", "to: en"]),
        ({"translate_to": "en", "language": "fr", "tool": "translate"}, ["from French (fr)", "nothing"]),
    ],
)
@pytest.mark.parametrize("dry_run", ["true", "false"])
def test_a_pair_that_cannot_be_had_is_refused_before_anything_is_charged(
    api: httpx.Client, fields: dict[str, str], hints: list[str], dry_run: str
) -> None:
    before = api.get("/api/v1/account/").json()["used"]

    body = problem(post(api, "a.pdf", digital_pdf(1), **fields, dry_run=dry_run), 400, "translation_unavailable")

    for hint in hints:
        assert hint in body["detail"]
    assert isinstance(body["available"], list)
    assert api.get("/api/v1/account/").json()["used"] == before


def test_the_tool_wants_to_know_the_language(api: httpx.Client) -> None:
    body = problem(post(api, "a.pdf", digital_pdf(1), tool="translate"), 400, "invalid_field")

    assert "translate_to" in body["detail"]
    listed = {tool["slug"]: tool for tool in api.get("/api/v1/tools/").json()["tools"]}
    assert listed["translate"]["available"] is True


def test_a_document_in_the_language_already_is_skipped(api: httpx.Client, translator: Server) -> None:
    translator.says(pseudo)
    job = submitted(api, REPORT, translate_to="en")

    assert job["translation"]["skipped"] == "same_language"
    assert job["translation"]["text"] == job["text"]
    assert [operation for operation, _ in translator.requests if operation == "translate"] == []


def test_a_service_that_fails_then_leaves_the_text_and_says_so(api: httpx.Client, translator: Server) -> None:
    translator.says(Fails(403, "wrong key"))
    job = post(api, "a.pdf", digital_pdf(1), translate_to="es", language="en").raise_for_status().json()
    (*_, job) = poll(api, job)

    assert (job["status"], job["error"]) == ("done", None)
    assert "brown fox" in job["text"]
    assert job["translation"]["error"]["code"] == "translation_failed"
    assert (job["translation"]["text"], job["translation"]["markdown"]) == ("", "")
    problem(download(api, job, format="txt", text="translation"), 409, "no_translation")
    assert "brown fox" in download(api, job, format="txt").text


@pytest.fixture(scope="module")
def amazon() -> Iterator[Server]:
    with translation_servers.aws(languages=["en", "es"]) as running:
        yield running


@pytest.fixture(scope="module")
def on_aws(amazon: Server, weights: Path) -> Iterator[httpx.Client]:
    """A server with a loopback Amazon Translate and Bedrock."""
    with (
        started(
            OCRCHAT_TRANSLATE_PROVIDER="aws", OCRCHAT_TRANSLATE_MODEL=MODEL, OCRCHAT_TRANSLATE_ENDPOINT_URL=amazon.url
        ) as server,
        client_of(server) as client,
    ):
        yield client


@pytest.mark.parametrize(("target", "provider"), [("es", "amazon-translate"), ("ug", f"bedrock:{MODEL}")])
def test_amazon_translates_what_it_has_and_bedrock_the_rest(
    on_aws: httpx.Client, amazon: Server, target: str, provider: str
) -> None:
    amazon.says(pseudo)
    job = submitted(on_aws, REPORT, tool="translate", translate_to=target)

    translation = job["translation"]
    assert (translation["provider"], translation["error"], translation["withheld"]) == (provider, None, 0)
    assert pseudo(COST) in translation["markdown"]
