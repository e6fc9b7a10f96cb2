"""What is answered, held against what is published: the contract word for word, and the schemas of openapi.json."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import jsonschema
import pymupdf
import pytest

from tests.documents import digital_pdf, scanned_pdf
from tests.http.conftest import ROOT, OpenAccount, Server, poll, post

STATUSES = {"pending", "processing", "done", "failed"}

Check = Callable[[str, Any], None]


@pytest.fixture(scope="module")
def document(server: Server) -> dict[str, Any]:
    """As a program finds it, without a token."""
    found: dict[str, Any] = httpx.get(f"{server.url}/api/v1/openapi.json").raise_for_status().json()
    return found


@pytest.fixture(scope="module")
def check(document: dict[str, Any]) -> Check:
    """Raises jsonschema.ValidationError for what is not as the schema of this name says."""

    def check(name: str, value: Any) -> None:
        schema = {"$ref": f"#/components/schemas/{name}", "components": document["components"]}
        jsonschema.Draft202012Validator(schema).validate(value)

    return check


def is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def check_published(job: dict[str, Any]) -> None:
    """In the words of the published documentation, not in those of our schemas."""
    assert job["status"] in STATUSES
    assert all(isinstance(job[key], str) for key in ("uuid", "tier", "language", "text", "markdown"))
    assert isinstance(job["page_count"], int)
    confidence = job["mean_confidence"]
    assert confidence is None or (is_number(confidence) and 0 <= confidence <= 1)
    assert [page["index"] for page in job["pages"]] == list(range(job["page_count"] if job["status"] == "done" else 0))
    for page in job["pages"]:
        assert isinstance(page["text"], str)
        for block in page["blocks"]:
            x0, y0, x1, y1 = block["bbox"]
            assert all(is_number(edge) for edge in block["bbox"])
            assert 0 <= x0 < x1 <= page["width"]
            assert 0 <= y0 < y1 <= page["height"]
            assert isinstance(block["text"], str)
            assert 0 <= block["confidence"] <= 1
            assert block["text"] in page["text"]


def test_a_job_is_as_published_in_each_of_the_four_statuses(api: httpx.Client, check: Check) -> None:
    seen = []
    for job in poll(api, post(api, "scan.pdf", scanned_pdf(30)).raise_for_status().json()):
        seen.append(job)
        if job["status"] == "processing":
            seen.append(api.post(f"/api/v1/ocr/{job['uuid']}/cancel/").raise_for_status().json())
    seen.append(post(api, "a.pdf", digital_pdf(3)).raise_for_status().json())
    seen.append(post(api, "scan.jpg", (ROOT / "examples" / "scan.jpg").read_bytes()).raise_for_status().json())

    assert {job["status"] for job in seen} == STATUSES
    for job in seen:
        check("Job", job)
        check_published(job)
        assert (
            (job["ended_at"] is None)
            == (job["credits_charged"] is None)
            == (job["status"] in {"pending", "processing"})
        )
        assert (job["error"] is not None) == (job["status"] == "failed")
        assert bool(job["text"]) == bool(job["markdown"]) == bool(job["pages"]) == (job["status"] == "done")


def test_there_are_no_other_statuses(api: httpx.Client, document: dict[str, Any]) -> None:
    described = document["components"]["schemas"]["Job"]["properties"]["status"]["enum"]

    assert sorted(described) == sorted(STATUSES)
    assert all(api.get("/api/v1/ocr/", params={"status": status}).status_code == 200 for status in STATUSES)
    assert api.get("/api/v1/ocr/", params={"status": "cancelled"}).status_code == 400


def test_an_empty_page_is_done_without_text_and_without_a_confidence(api: httpx.Client, check: Check) -> None:
    with pymupdf.open() as empty:
        empty.new_page()
        content = bytes(empty.tobytes())

    (*_, job) = poll(api, post(api, "empty.pdf", content).raise_for_status().json())

    check("Job", job)
    check_published(job)
    assert (job["status"], job["mean_confidence"], job["text"], job["failed_pages"]) == ("done", None, "", [])
    assert job["credits_charged"] == 1


def test_everything_else_is_as_its_schema_says(open_account: OpenAccount, check: Check) -> None:
    api = open_account()
    job = post(api, "a.pdf", digital_pdf(2)).raise_for_status().json()
    running = post(api, "scan.pdf", scanned_pdf(8)).raise_for_status().json()
    api.post(f"/api/v1/ocr/{running['uuid']}/cancel/").raise_for_status()

    for name, answer in {
        "JobList": api.get("/api/v1/ocr/"),
        "Account": api.get("/api/v1/account/"),
        "Ledger": api.get("/api/v1/account/ledger/"),
        "WebhookSecret": api.get("/api/v1/account/webhook-secret/"),
        "Upload": api.post("/api/v1/uploads/", json={"filename": "a.pdf", "size": 1}),
        "Quote": post(api, "a.pdf", digital_pdf(2), dry_run="true"),
        "Erased": api.delete(f"/api/v1/ocr/{job['uuid']}/"),
    }.items():
        assert answer.headers["content-type"] == "application/json", name
        check(name, answer.raise_for_status().json())
    free = open_account("free")
    check("Account", free.get("/api/v1/account/").json())
    check("Problem", free.get(f"/api/v1/ocr/{job['uuid']}/").json())
    check("Problem", post(free, "a.pdf", digital_pdf(51)).json())
    check("Problem", post(open_account(credits=1), "a.pdf", digital_pdf(2)).json())
    check("Problem", post(free, "a.pdf", b"%PDF-1.7" + bytes(5_000_000)).json())


def test_a_listed_job_is_the_job_without_what_was_read(open_account: OpenAccount) -> None:
    api = open_account()
    job = post(api, "a.pdf", digital_pdf(2)).raise_for_status().json()

    (listed,) = api.get("/api/v1/ocr/").raise_for_status().json()["jobs"]

    assert listed == {
        key: job[key]
        for key in job.keys() - {"text", "markdown", "tool_result", "translation", "pages", "next", "pages_done"}
    }


def test_polling_needs_no_redirects(api: httpx.Client) -> None:
    job = post(api, "a.pdf", digital_pdf(1)).raise_for_status().json()

    for path in (f"/api/v1/ocr/{job['uuid']}/", f"/api/v1/ocr/{job['uuid']}"):
        answer = api.get(path, follow_redirects=False)
        assert answer.status_code == 200
        assert answer.json() == job
