"""The real network with the real weights, on a page that is drawn here."""

from __future__ import annotations

from pathlib import Path

import pymupdf
import pytest

from ocrchat import pdf
from ocrchat.engines.segmenter import Segmenter
from ocrchat.layout import Sight, arrange
from ocrchat.model import BlockType, Box, Line, PageImage

PROSE = (
    "It was a bright cold day in April, and the clocks were striking thirteen; nobody who had been there would forget it. "
    * 9
)


def drawn() -> bytes:
    """A page of A4: a heading, a paragraph, a ruled table of three columns and another paragraph."""
    with pymupdf.open() as document:
        page = document.new_page(width=595, height=842)
        page.insert_text((60, 80), "1 An introduction", fontsize=18, fontname="hebo")
        page.insert_textbox((60, 100, 535, 330), PROSE, fontsize=10.5)
        for row in range(9):
            page.draw_line((90, 350 + 20 * row), (505, 350 + 20 * row))
            for column in range(3 if row < 8 else 0):
                page.insert_text((100 + 140 * column, 364 + 20 * row), f"{row * 7919 % 1000}.{column}5", fontsize=10)
        page.insert_textbox((60, 550, 535, 780), PROSE, fontsize=10.5)
        return bytes(document.tobytes())


@pytest.fixture(scope="module")
def segmenter(weights: Path) -> Segmenter:
    return Segmenter(weights, threads=1)


@pytest.fixture(scope="module")
def image() -> PageImage:
    with pdf.open_bytes(drawn()) as document:
        return document.page(0).render()


@pytest.fixture(scope="module")
def lines() -> list[Line]:
    """In pixels of the page at 200 dpi."""
    scale = 200 / 72
    with pymupdf.open(stream=drawn(), filetype="pdf") as document:
        content = document[0].get_text("dict")
    return [
        Line("".join(span["text"] for span in line["spans"]), Box(*(scale * side for side in line["bbox"])))
        for block in content["blocks"]
        for line in block["lines"]
    ]


def page_of(image: PageImage) -> Box:
    return Box(0, 0, image.width, image.height)


def test_tables_headings_and_text_are_told_apart(segmenter: Segmenter, image: PageImage, lines: list[Line]) -> None:
    sight = segmenter.look(image, lines, page_of(image))

    (table,) = sight.regions
    assert table.type is BlockType.TABLE
    assert 900 < table.box.y0 < 1050
    assert 1350 < table.box.y1 < 1500
    blocks = arrange(lines, page_of(image), sight)
    assert [block.type.value for block in blocks] == ["heading", "text", "table", "text"]
    assert len(blocks[2].lines) == 8


def test_a_blank_page_and_one_without_lines_have_nothing_to_see(segmenter: Segmenter) -> None:
    blank = PageImage(b"\xff" * (400 * 500 * 3), 400, 500, 72.0)

    assert segmenter.look(blank, [], page_of(blank)) == Sight()


def test_lines_off_the_page_do_no_harm(segmenter: Segmenter, image: PageImage) -> None:
    off = [Line("x", Box(-50, -20, -10, -5)), Line("y", Box(9000, 9000, 9100, 9050)), Line("z", Box(5, 5, 5, 5))]

    assert len(segmenter.look(image, off, page_of(image)).kinds) == 3
