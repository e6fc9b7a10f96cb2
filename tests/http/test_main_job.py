"""The main job over HTTP: post a file, get its text back through the whole system."""

from __future__ import annotations

import json

import httpx
import pymupdf
import pytest

from tests.documents import digital_pdf, scanned_pdf
from tests.http.conftest import ROOT, Server, poll, post

KEYS = {
    "uuid", "status", "tier", "language", "tool", "filename", "page_count", "source_pages", "pages_done", "failed_pages",
    "mean_confidence", "credits_reserved", "credits_charged", "created_at", "ended_at", "expires_at", "error", "next",
    "text", "markdown", "tool_result", "translate_to", "translation", "pages",
}  # fmt: skip


def test_a_digital_pdf_comes_back_in_the_answer_with_its_exact_text(api: httpx.Client) -> None:
    job = post(api, "three.pdf", digital_pdf(3)).raise_for_status().json()

    assert job["status"] == "done"
    assert set(job) == KEYS
    assert (job["page_count"], job["pages_done"], job["filename"]) == (3, 3, "three.pdf")
    assert [page["index"] for page in job["pages"]] == [0, 1, 2]
    assert [page["text"] for page in job["pages"]] == [
        f"Page number {index}\n\nThe quick brown fox jumps over the lazy dog." for index in range(3)
    ]
    assert "Page number 1" in job["markdown"]
    assert job["mean_confidence"] == 1.0


def test_a_block_lies_where_it_stands_on_the_page(api: httpx.Client) -> None:
    page = post(api, "one.pdf", digital_pdf(1)).raise_for_status().json()["pages"][0]

    x0, y0, x1, y1 = page["blocks"][0]["bbox"]
    inch = page["dpi"]
    assert page["width"] == pytest.approx(595 / 72 * inch, abs=2)
    assert page["height"] == pytest.approx(842 / 72 * inch, abs=2)
    assert x0 == pytest.approx(
        1.0 * inch, abs=4
    )  # the text starts one inch from the left, its base line one inch from the top
    assert y0 < 1.0 * inch < y1 + 2
    assert x1 > x0


@pytest.mark.parametrize(("name", "words"), [("scan.jpg", 0.9), ("photo.jpg", 0.9)])
def test_an_image_is_recognised(api: httpx.Client, name: str, words: float) -> None:
    expected = (ROOT / "tests" / "http" / "expected" / f"{name}.txt").read_text().split()

    job = post(api, name, (ROOT / "examples" / name).read_bytes()).raise_for_status().json()
    (job,) = list(poll(api, job))[-1:]

    assert sum(word in job["text"] for word in expected) / len(expected) >= words
    assert 0.5 < job["mean_confidence"] < 1
    assert all(0 <= block["confidence"] <= 1 for block in job["pages"][0]["blocks"])


@pytest.mark.timeout(300)
def test_a_twenty_page_scan_is_polled_and_comes_back_complete_and_in_order(api: httpx.Client) -> None:
    answer = post(api, "twenty.pdf", scanned_pdf(20)).raise_for_status().json()
    assert answer["status"] in ("pending", "processing")
    assert set(answer) == KEYS
    assert (answer["text"], answer["pages"], answer["page_count"]) == ("", [], 20)

    seen = list(poll(api, answer, seconds=250))

    progress = [job["pages_done"] for job in seen]
    assert progress == sorted(progress)
    assert any(0 < done < 20 for done in progress)
    assert seen[-1]["status"] == "done"
    assert [page["text"].splitlines()[0] for page in seen[-1]["pages"]] == [f"Page number {i}" for i in range(20)]


@pytest.mark.parametrize("slash", ["", "/"])
def test_every_route_answers_with_and_without_a_trailing_slash(api: httpx.Client, slash: str) -> None:
    posted = api.post(f"/api/v1/ocr{slash}", files={"file": ("a.pdf", digital_pdf(1))}).raise_for_status().json()
    shown = api.get(f"/api/v1/ocr/{posted['uuid']}{slash}").raise_for_status().json()
    text = api.get(f"/api/v1/ocr/{posted['uuid']}/download{slash}", params={"format": "txt"}).raise_for_status()

    assert shown == posted
    assert "Page number 0" in text.text


def test_the_token_may_stand_in_the_query(server: Server, api: httpx.Client) -> None:
    token = api.headers["Authorization"].removeprefix("Bearer ")
    answer = httpx.post(
        f"{server.url}/api/v1/ocr/", params={"api_token": token}, files={"file": ("a.pdf", digital_pdf(1))}, timeout=60
    )

    assert answer.raise_for_status().json()["status"] == "done"


@pytest.mark.parametrize(
    ("format_name", "content_type"),
    [
        ("txt", "text/plain; charset=utf-8"),
        ("md", "text/markdown; charset=utf-8"),
        ("csv", "text/csv; charset=utf-8"),
        ("json", "application/json"),
    ],
)
def test_a_finished_job_downloads(api: httpx.Client, format_name: str, content_type: str) -> None:
    job = post(api, "Bericht für März.pdf", digital_pdf(2)).raise_for_status().json()

    answer = api.get(f"/api/v1/ocr/{job['uuid']}/download/", params={"format": format_name}).raise_for_status()

    assert answer.headers["content-type"] == content_type
    assert f"Bericht%20f%C3%BCr%20M%C3%A4rz.{format_name}" in answer.headers["content-disposition"]
    assert "Page number 1" in answer.text
    if format_name == "json":
        shown = api.get(f"/api/v1/ocr/{job['uuid']}/", params={"words": "true"}).raise_for_status().json()
        assert answer.json() == shown
    if format_name == "txt":
        assert answer.text.count("\f") == 1


def test_a_pdf_with_only_an_owner_password_is_read(api: httpx.Client) -> None:
    with pymupdf.open("pdf", digital_pdf(1)) as document:
        locked = document.tobytes(encryption=pymupdf.PDF_ENCRYPT_AES_256, owner_pw="owner", user_pw="")

    job = post(api, "locked.pdf", locked).raise_for_status().json()

    assert "The quick brown fox" in job["text"]


@pytest.mark.timeout(200)
def test_a_job_larger_than_lambda_can_return_comes_gzipped_or_in_parts(api: httpx.Client) -> None:
    with pymupdf.open() as document:
        for index in range(220):
            page = document.new_page()
            for line in range(70):
                page.insert_text(
                    (40, 40 + 11 * line), f"Page {index} line {line} " + "of a dense report " * 3, fontsize=8
                )
        content = document.tobytes(garbage=3, deflate=True)
    posted = post(api, "dense.pdf", content).raise_for_status().json()
    (*_, gzipped) = poll(api, posted, seconds=150)
    url = f"/api/v1/ocr/{posted['uuid']}/"

    plain = {"Accept-Encoding": "identity"}
    parts = [api.get(url, headers=plain).raise_for_status().json()]
    while parts[-1]["next"]:
        parts.append(api.get(url + parts[-1]["next"], headers=plain).raise_for_status().json())

    assert len(json.dumps(gzipped)) > 6_000_000
    assert (gzipped["status"], gzipped["next"]) == ("done", None)
    assert len(parts) > 1
    assert [page for part in parts for page in part["pages"]] == gzipped["pages"]
    assert parts[0]["text"] == gzipped["text"]
