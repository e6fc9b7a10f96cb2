"""What a tool says of its result: where things stand, and what it could not do."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from ocrchat import codec, tool_results
from ocrchat.fields.rows import PAGES
from ocrchat.media import MediaType
from ocrchat.model import Block, BlockType, Box, Cell, Document, Job, JobOptions, Line, PageResult, Source, Table
from ocrchat.tools import TOOLS, Kind
from tests.unit.test_schemas import check

BOX = Box(10, 10, 110, 30)


def text(said: str, **more: object) -> Block:
    return replace(Block((Line(said, BOX),)), **more)  # type: ignore[arg-type]  # fields of a block


def table(*texts: tuple[str, ...]) -> Block:
    cells = tuple(Cell(r, c, said) for r, row in enumerate(texts) for c, said in enumerate(row))
    return Block((), BlockType.TABLE, table=Table(len(texts), len(texts[0]), cells), area=BOX)


def page(*blocks: Block, index: int = 0) -> PageResult:
    return PageResult(index, 500, 800, 96.0, "test", blocks)


def result(slug: str, *pages: PageResult) -> codec.Json:
    job = Job("0" * 32, "account", "a.pdf", MediaType.PDF, 1, JobOptions(tool=slug), created_at=datetime.now(UTC))
    made = codec.tool_result_to_json(job, tool_results.of(TOOLS[slug], Document(pages)))
    check("ToolResult", made)
    return made


@pytest.mark.parametrize("tool", TOOLS.values(), ids=lambda tool: tool.slug)
def test_every_tool_says_what_it_makes_and_where_it_is(tool: tool_results.Tool) -> None:
    made = result(tool.slug, page(text("Total 5.00")))

    assert (made["slug"], made["kind"]) == (tool.slug, tool.kind)
    of_translation = "&text=translation" if tool.slug == "translate" else ""
    assert made["download"] == f"/api/v1/ocr/{'0' * 32}/download/?format={tool.format}{of_translation}"
    assert (made["tables"] is not None) == (tool.kind is Kind.TABLES)
    assert (made["fields"] is not None) == (made["items"] is not None) == (tool.kind is Kind.FIELDS)
    assert bool(tool.fields) == (tool.kind is Kind.FIELDS)


@pytest.mark.parametrize("tool", TOOLS.values(), ids=lambda tool: tool.slug)
def test_of_nothing_every_tool_says_that_there_is_none(tool: tool_results.Tool) -> None:
    for nothing in ((), (page(),), (PageResult.failed(0, "page_unreadable"),)):
        [warning] = result(tool.slug, *nothing)["warnings"]
        assert warning in {"no_text", "no_tables", "no_fields", "no_formulas"}


def test_a_table_is_where_it_stands_with_the_parts_on_later_pages() -> None:
    begins, goes_on = table(("a", "b"), ("1", "2")), table(("3", "4"))
    other = table(("x",))

    made = result("extract-tables", page(text("Prices"), begins, index=4), page(goes_on, text("and"), other, index=5))

    assert made["tables"] == [
        {
            "page": 5, "block": 1, "bbox": [10, 10, 110, 30], "rows": 3, "columns": 2,
            "continues": [{"page": 6, "block": 0, "bbox": [10, 10, 110, 30]}],
        },
        {"page": 6, "block": 2, "bbox": [10, 10, 110, 30], "rows": 1, "columns": 1, "continues": []},
    ]  # fmt: skip
    assert made["warnings"] == []


def test_the_result_of_a_long_document_stays_small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tool_results, "MOST_TABLES", 3)
    pages = [page(text("Prices"), table(("a",)), text("end"), index=index) for index in range(5)]

    made = result("extract-tables", *pages)

    assert (len(made["tables"]), made["warnings"]) == (3, ["more_tables"])


def test_a_tool_for_a_model_says_where_there_was_none() -> None:
    seen, written = text("Dear Ada"), text("Dear Ada", source=Source.VLM)

    assert result("handwriting-to-text", page(seen))["warnings"] == ["read_without_model"]
    assert result("handwriting-to-text", page(written), page(seen, index=1))["warnings"] == ["read_without_model"]
    assert result("handwriting-to-text", page(written), page(index=1))["warnings"] == []
    assert result("image-to-text", page(seen))["warnings"] == []


def test_only_what_a_model_has_written_is_a_formula() -> None:
    formula = text("x = 1", type=BlockType.FORMULA)

    assert result("math-to-latex", page(formula))["warnings"] == ["read_without_model", "no_formulas"]
    assert result("math-to-latex", page(replace(formula, source=Source.VLM)))["warnings"] == []
    assert result("math-to-latex", page(text("where $x^2$ is", source=Source.VLM)))["warnings"] == []
    assert result("math-to-latex", page(text("costs $5 or $6", source=Source.VLM)))["warnings"] == ["no_formulas"]


def test_fields_and_goods_with_their_places_and_whether_they_add_up() -> None:
    made = result("receipt-fields", page(*(
        Block((Line(said, Box(0, 30 * n, 200, 30 * n + 20)),))
        for n, said in enumerate(("Shop Ltd", "Nails 2 x 3.00  6.00", "Total  9.00"))
    )))  # fmt: skip

    assert made["fields"]["total"] == {
        "value": "9.00", "text": "9.00", "page": 1, "bbox": [0, 60, 200, 80], "confidence": 1.0,
    }  # fmt: skip
    assert made["fields"]["date"] is None
    assert made["items"] == [
        {
            "description": "Nails", "quantity": "2", "unit_price": "3.00", "amount": "6.00",
            "page": 1, "bbox": [0, 30, 200, 50],
        }
    ]  # fmt: skip
    assert made["warnings"] == ["items_do_not_add_up"]


def test_a_document_longer_than_an_invoice_is_said_to_be_read_in_part() -> None:
    pages = [page(text("Total 5.00"), index=index) for index in range(PAGES + 1)]

    assert result("invoice-fields", *pages)["warnings"] == ["first_pages_only"]
