"""Every tool does what its name says: over HTTP, with a document of examples/, looking into the file that comes back."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path

import docx
import httpx
import openpyxl
import pymupdf
import pytest

from ocrchat.tools import TOOLS
from tests.http.conftest import post
from tests.http.test_bad_input import problem

EXAMPLES = Path(__file__).parents[2] / "examples"


def plain(content: bytes) -> str:
    return content.decode("utf-8-sig")


def word(content: bytes) -> str:
    document = docx.Document(io.BytesIO(content))
    cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    return "\n".join([*(paragraph.text for paragraph in document.paragraphs), *cells])


def sheets(content: bytes) -> str:
    book = openpyxl.load_workbook(io.BytesIO(content))
    return "\n".join(str(cell.value) for sheet in book for row in sheet.iter_rows() for cell in row if cell.value)


def table(content: bytes) -> str:
    rows = list(csv.reader(io.StringIO(plain(content))))
    assert max(map(len, rows)) > 1
    return "\n".join(cell for row in rows for cell in row)


def pdf(content: bytes) -> str:
    with pymupdf.open("pdf", content) as document:
        assert all(page.get_images() for page in document), "the pages are as they were"
        return "\n".join(page.get_text() for page in document)


@pytest.fixture(scope="module")
def figures() -> bytes:
    """A picture of a page of the report that has a table."""
    with pymupdf.open(EXAMPLES / "report.pdf") as report:
        page = next(page for page in report if "Intake pipe" in page.get_text())
        return bytes(page.get_pixmap(dpi=150).tobytes("png"))


RECEIPT = """HARBOUR HARDWARE SDN BHD
12, Jalan Kapar, 42100 Klang
Date: 27/06/2018
Nails 2 x 3.10        6.20
Total GST 6%        0.37
Total (inclusive of GST)     RM 6.57
Cash        10.00"""

INVOICE = """Northwind Traders GmbH
Invoice No. NW-2026/0417
Date: March 3, 2026
Bill to: Contoso Ltd
Amount due: 1.190,00 EUR"""


def drawn(text: str) -> bytes:
    """As a picture, 150 dpi."""
    with pymupdf.open() as document:
        page = document.new_page(width=400, height=300)
        for number, line in enumerate(text.splitlines()):
            page.insert_text((30, 40 + 24 * number), line, fontsize=11)
        return bytes(page.get_pixmap(dpi=150).tobytes("png"))


def fields(content: bytes) -> str:
    found = json.loads(content)["fields"]
    return "; ".join(f"{name}={field['value']}" for name, field in found.items() if field)


LETTER, REPORT = "Branner", "lake"

DOES: dict[str, tuple[str, Callable[[bytes], str], str]] = {
    "image-to-text": ("scan.jpg", plain, LETTER),
    "pdf-to-text": ("report.pdf", plain, REPORT),
    "pdf-to-markdown": ("report.pdf", plain, "# "),
    "pdf-to-word": ("report.pdf", word, REPORT),
    "image-to-word": ("scan.jpg", word, LETTER),
    "pdf-to-excel": ("report.pdf", sheets, "Intake pipe"),
    "image-to-excel": ("figures.png", sheets, "Intake pipe"),
    "extract-tables": ("report.pdf", table, "Intake pipe"),
    "receipt-fields": ("receipt.png", fields, "date=2018-06-27; tax=0.37; total=6.57; currency=MYR"),
    "invoice-fields": (
        "invoice.png",
        fields,
        "invoice_number=NW-2026/0417; date=2026-03-03; seller=Northwind Traders GmbH",
    ),
    "searchable-pdf": ("scan.jpg", pdf, LETTER),
    "handwriting-to-text": ("handwriting.jpg", plain, "the first person he comes to"),
}
"""Slug -> what is sent, how to look into what comes back, and what is in it. The others need a model, test_vlm_tier.py, or a
service that translates, test_translation.py."""


def test_every_tool_is_tried_here_or_with_a_model() -> None:
    assert set(DOES) == {tool.slug for tool in TOOLS.values() if not (tool.needs_model or tool.translates)}


@pytest.mark.parametrize("slug", DOES)
def test_a_tool_returns_what_it_promises(api: httpx.Client, figures: bytes, slug: str) -> None:
    name, look, expected = DOES[slug]
    made = {
        "figures.png": lambda: figures,
        "receipt.png": lambda: drawn(RECEIPT),
        "invoice.png": lambda: drawn(INVOICE),
    }
    content = made[name]() if name in made else (EXAMPLES / name).read_bytes()

    job = post(api, name, content, tool=slug).raise_for_status().json()

    assert (job["status"], job["tool"], job["tier"]) == ("done", slug, TOOLS[slug].tier.value)
    answer = api.get(f"/api/v1/ocr/{job['uuid']}/download/", follow_redirects=True).raise_for_status()
    assert f".{TOOLS[slug].format}" in answer.headers["content-disposition"]
    assert expected in look(answer.content)


def test_what_is_asked_for_counts_more_than_the_tool(api: httpx.Client) -> None:
    report = (EXAMPLES / "report.pdf").read_bytes()
    job = post(api, "report.pdf", report, tool="handwriting-to-text", tier="cpu").json()

    assert (job["tier"], job["tool"]) == ("cpu", "handwriting-to-text")
    as_word = api.get(f"/api/v1/ocr/{job['uuid']}/download/", params={"format": "docx"})
    assert ".docx" in as_word.headers["content-disposition"]


def test_fields_say_where_they_stand(api: httpx.Client) -> None:
    job = post(api, "receipt.png", drawn(RECEIPT), tool="receipt-fields").raise_for_status().json()

    total, page = job["fields"]["total"], job["pages"][0]
    (block,) = [block for block in page["blocks"] if "6.57" in block["text"]]
    assert (total["text"], total["page"]) == ("6.57", 1)
    assert block["bbox"][0] <= total["bbox"][0] < total["bbox"][2] <= block["bbox"][2] + 1
    assert job["fields"]["subtotal"] is None


def test_without_a_tool_everything_is_as_it_was(api: httpx.Client) -> None:
    job = post(api, "report.pdf", (EXAMPLES / "report.pdf").read_bytes()).json()

    assert (job["tool"], job["fields"]) == (None, None)
    answer = api.get(f"/api/v1/ocr/{job['uuid']}/download/")
    assert ".txt" in answer.headers["content-disposition"]


def test_the_list_says_what_each_sets_returns_and_whether_it_can_be_had(api: httpx.Client) -> None:
    listed = {tool["slug"]: tool for tool in httpx.get(f"{api.base_url}/api/v1/tools/").json()["tools"]}

    assert list(listed) == list(TOOLS)
    assert listed["handwriting-to-text"]["sets"] == {"tier": "vlm"}
    assert listed["pdf-to-word"]["returns"] == "docx"
    assert [slug for slug, tool in listed.items() if not tool["available"]] == ["math-to-latex", "translate"]
    assert "vlm_backend" in listed["math-to-latex"]["unavailable"]
    assert "translate_provider" in listed["translate"]["unavailable"]


@pytest.mark.parametrize(
    ("slug", "hint"),
    [("make-coffee", "searchable-pdf"), ("math-to-latex", "vlm_backend"), ("translate", "translate_provider")],
)
def test_what_cannot_be_done_is_refused_before_anything_is_charged(api: httpx.Client, slug: str, hint: str) -> None:
    before = api.get("/api/v1/account/").json()["used"]

    body = problem(post(api, "report.pdf", (EXAMPLES / "report.pdf").read_bytes(), tool=slug), 400, "invalid_field")

    assert hint in body["detail"]
    assert api.get("/api/v1/account/").json()["used"] == before
