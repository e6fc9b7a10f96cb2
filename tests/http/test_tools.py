"""Every tool does what its name says: over HTTP, with a document of examples/, looking into the file that comes back."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import httpx
import pymupdf
import pytest

from ocrchat.tools import TOOLS, Kind
from tests.documents import scanned_pdf
from tests.downloaded import plain, rows, sheets, word
from tests.http.conftest import poll, post
from tests.http.test_bad_input import problem

EXAMPLES = Path(__file__).parents[2] / "examples"


def table(content: bytes) -> str:
    found = rows(content)
    assert max(map(len, found)) > 1
    return "\n".join(cell for row in found for cell in row)


def pdf(content: bytes) -> str:
    with pymupdf.open("pdf", content) as document:
        assert all(page.get_images() for page in document), "the pages are as they were"
        return "\n".join(page.get_text() for page in document)


def fields(content: bytes) -> str:
    result = json.loads(content)["tool_result"]
    found = [f"{name}={field['value']}" for name, field in result["fields"].items() if field]
    goods = [f"{item['quantity']} x {item['description']}={item['amount']}" for item in result["items"]]
    return "; ".join([*found, *goods])


LETTER, REPORT = "Branner", "lake"

DOES: dict[str, tuple[str, Callable[[bytes], str], str]] = {
    "image-to-text": ("scan.jpg", plain, LETTER),
    "pdf-to-text": ("report.pdf", plain, REPORT),
    "pdf-to-markdown": ("report.pdf", plain, "# "),
    "pdf-to-word": ("report.pdf", word, REPORT),
    "image-to-word": ("scan.jpg", word, LETTER),
    "pdf-to-excel": ("report.pdf", sheets, "Intake pipe"),
    "image-to-excel": ("table.jpg", sheets, "Reed belt\n03.03.2026\n7.1\n5.9\n8.4"),
    "extract-tables": ("report.pdf", table, "Intake pipe"),
    "receipt-fields": (
        "receipt.jpg",
        fields,
        "company=TIDEWATER HARDWARE; address=3 Harbour Lane, Westbrook WB1 2TD; date=2026-06-14; subtotal=22.40; tax=4.48; "
        "total=26.88; currency=GBP; 2 x Wood screws 4x40=6.90; None x Paint brush 50 mm=4.75; 3 x Masking tape=4.80; "
        "None x Wood glue 250 ml=5.95",
    ),
    "invoice-fields": (
        "invoice.pdf",
        fields,
        "invoice_number=AI-2026-0417; date=2026-03-03; due_date=2026-04-02; seller=Almere Instruments Ltd; "
        "seller_address=14 Quay Street, Harbourton HB2 7QX, United Kingdom; buyer=Contoso Laboratories; "
        "buyer_address=7 Mill Lane, Westbrook WB1 4AA, United Kingdom; subtotal=850.00; tax=170.00; total=1020.00; "
        "currency=GBP; 2 x Flow meter FM-20=620.00; 1 x Calibration of two sensors=180.00; 4 x Cable, 5 m=50.00",
    ),
    "searchable-pdf": ("scan.jpg", pdf, LETTER),
    "handwriting-to-text": ("handwriting.jpg", plain, "the first person he comes to"),
}
"""Slug -> its example, how to look into what comes back, and what is in it. The others need a model, test_vlm_tier.py, or a
service that translates, test_translation.py."""

OTHERS = {"math-to-latex": "formula.png", "translate": "report.pdf"}

WARNINGS = {"handwriting-to-text": ["read_without_model"]}


def test_every_tool_is_tried_here_or_with_a_model() -> None:
    assert set(DOES) == {
        tool.slug for tool in TOOLS.values() if not (tool.needs_model or tool.kind is Kind.TRANSLATION)
    }


@pytest.mark.parametrize("slug", TOOLS)
def test_every_tool_is_described_with_its_example(slug: str) -> None:
    name = DOES[slug][0] if slug in DOES else OTHERS[slug]

    assert f"-F file=@examples/{name} -F tool={slug} " in (EXAMPLES.parent / "docs" / "tools.md").read_text()


@pytest.mark.parametrize("slug", DOES)
def test_a_tool_returns_what_it_promises(api: httpx.Client, slug: str) -> None:
    name, look, expected = DOES[slug]
    tool = TOOLS[slug]

    job = post(api, name, (EXAMPLES / name).read_bytes(), tool=slug).raise_for_status().json()

    assert (job["status"], job["tool"], job["tier"]) == ("done", slug, tool.tier.value)
    result = job["tool_result"]
    assert (result["slug"], result["kind"], result["warnings"]) == (slug, tool.kind.value, WARNINGS.get(slug, []))
    answer = api.get(result["download"], follow_redirects=True).raise_for_status()
    assert f".{tool.format}" in answer.headers["content-disposition"]
    assert expected in look(answer.content)
    by_itself = api.get(f"/api/v1/ocr/{job['uuid']}/download/", follow_redirects=True)
    assert by_itself.headers["content-disposition"] == answer.headers["content-disposition"]


def test_what_is_asked_for_counts_more_than_the_tool(api: httpx.Client) -> None:
    report = (EXAMPLES / "report.pdf").read_bytes()
    job = post(api, "report.pdf", report, tool="handwriting-to-text", tier="cpu").json()

    assert (job["tier"], job["tool"]) == ("cpu", "handwriting-to-text")
    assert job["tool_result"]["warnings"] == ["read_without_model"]
    as_word = api.get(f"/api/v1/ocr/{job['uuid']}/download/", params={"format": "docx"})
    assert ".docx" in as_word.headers["content-disposition"]


def test_fields_and_goods_say_where_they_stand(api: httpx.Client) -> None:
    job = post(api, "receipt.jpg", (EXAMPLES / "receipt.jpg").read_bytes(), tool="receipt-fields").json()

    result, page = job["tool_result"], job["pages"][0]
    for found, said in ((result["fields"]["total"], "26.88"), (result["items"][1], "4.75")):
        (block,) = [block for block in page["blocks"] if said in block["text"]]
        assert found["page"] == 1
        assert block["bbox"][0] - 1 <= found["bbox"][0] < found["bbox"][2] <= block["bbox"][2] + 1
        assert block["bbox"][1] - 1 <= found["bbox"][1] < found["bbox"][3] <= block["bbox"][3] + 1


def test_tables_are_named_by_where_their_cells_are(api: httpx.Client) -> None:
    job = post(api, "report.pdf", (EXAMPLES / "report.pdf").read_bytes(), tool="extract-tables").json()

    tables = job["tool_result"]["tables"]
    pages = {page["index"] + 1: page for page in job["pages"]}
    assert [table["page"] for table in tables] == sorted(table["page"] for table in tables)
    assert len(tables) == sum(block["table"] is not None for page in job["pages"] for block in page["blocks"]) > 1
    for table in tables:
        block = pages[table["page"]]["blocks"][table["block"]]
        assert table["bbox"] == block["bbox"]
        assert (table["rows"], table["columns"]) == (block["table"]["rows"], block["table"]["columns"])


def test_a_document_without_what_the_tool_looks_for_says_so(api: httpx.Client) -> None:
    job = post(api, "photo.jpg", (EXAMPLES / "photo.jpg").read_bytes(), tool="extract-tables").json()

    assert (job["tool_result"]["tables"], job["tool_result"]["warnings"]) == ([], ["no_tables"])


def test_a_result_is_there_once_the_job_is_done_and_only_with_a_tool(api: httpx.Client) -> None:
    running = post(api, "twenty.pdf", scanned_pdf(20), tool="pdf-to-text").raise_for_status().json()
    (*_, done) = poll(api, running)
    plain = post(api, "report.pdf", (EXAMPLES / "report.pdf").read_bytes()).json()

    assert (running["tool"], running["tool_result"]) == ("pdf-to-text", None)
    assert done["tool_result"]["kind"] == "text"
    assert (plain["tool"], plain["tool_result"]) == (None, None)
    assert ".txt" in api.get(f"/api/v1/ocr/{plain['uuid']}/download/").headers["content-disposition"]


def test_the_list_says_what_each_sets_returns_and_whether_it_can_be_had(api: httpx.Client) -> None:
    listed = {tool["slug"]: tool for tool in httpx.get(f"{api.base_url}/api/v1/tools/").json()["tools"]}

    assert list(listed) == list(TOOLS)
    assert listed["handwriting-to-text"]["sets"] == {"tier": "vlm", "format": "txt"}
    assert listed["pdf-to-word"]["sets"] == {"tier": "cpu", "format": "docx"}
    assert listed["extract-tables"]["returns"] == "tables"
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
