"""What a model calls a region, and what it is on the page."""

from __future__ import annotations

import pytest

from ocrchat.model import BlockType
from ocrchat.vlm.answer import Region
from ocrchat.vlm.blocks import LABELS, Part, parts


def of(label: str, text: str) -> list[tuple[str, str, int]]:
    return [(part.type.value, part.text, part.level) for part in parts(Region(label, text))]


@pytest.mark.parametrize(
    ("label", "text", "meant"),
    [
        ("text", "**a** b", [("text", "a b", 0)]),
        ("stamp", "a", [("text", "a", 0)]),
        ("text", "  ", []),
        ("code", "a = b", [("text", "a = b", 0)]),
        ("title", "## Methods", [("heading", "Methods", 2)]),
        ("title", "Methods", [("heading", "Methods", 1)]),
        ("section_header", "Methods", [("heading", "Methods", 2)]),
        ("title", "#5 is no heading", [("heading", "#5 is no heading", 1)]),
        ("text", "# 5 rooms", [("text", "# 5 rooms", 0)]),
        ("formula", "$$E = mc^2$$", [("formula", "E = mc^2", 0)]),
        ("formula", "", []),
        ("image", "A dog in a park", [("figure", "", 0)]),
        ("picture", "", [("figure", "", 0)]),
        ("page_number", "3", [("footer", "3", 0)]),
        ("page_header", "a", [("header", "a", 0)]),
        ("page_footnote", "1 a", [("footnote", "1 a", 0)]),
        ("caption", "Figure 1", [("caption", "Figure 1", 0)]),
        ("list", "- a\n- b\n  goes on\n  - deeper", [
            ("list_item", "- a", 1), ("list_item", "- b\ngoes on", 1), ("list_item", "- deeper", 2),
        ]),
        ("list_item", "1. a", [("list_item", "1. a", 1)]),
        ("list", "  - a\n- b", [("list_item", "- a", 2), ("list_item", "- b", 1)]),
        ("list", "", []),
        ("table", "a | b", [("text", "a | b", 0)]),
        ("table", "<table></table>", []),
        ("table", "<table><tr><td></td></tr></table>", []),
        ("table", "<table><tr><td>a</td><td></td><td>b</td></tr><tr><td>c<br>d</td></tr></table>", [("table", "a b\nc d", 0)]),
        ("text", "<table><tr><td>a</td></tr></table>", [("table", "a", 0)]),
        ("image", "<table><tr><td>a</td></tr></table>", [("table", "a", 0)]),
        ("chart", "<table><tr><td>a</td></tr></table>", [("table", "a", 0)]),
    ],
)  # fmt: skip
def test_regions_are_blocks(label: str, text: str, meant: list[tuple[str, str, int]]) -> None:
    assert of(label, text) == meant


def test_cells_say_where_they_stand_in_the_text() -> None:
    table = "<table><tr><td>a b</td><td></td><td>c</td></tr><tr></tr><tr><td>d<br>e</td></tr></table>"
    (part,) = parts(Region("table", table))
    assert part.table is not None
    cells = [cell for row in part.table.by_row for cell in row]
    assert [part.text[start:end] for start, end in part.places] == [" ".join(cell.text.split()) for cell in cells]


def test_the_labels_of_the_way_back_mean_what_they_say() -> None:
    for type_ in BlockType:
        text = "<table><tr><td>a</td></tr></table>" if type_ is BlockType.TABLE else "a"
        assert [part.type for part in parts(Region(LABELS[type_], text))] == [type_]


def test_a_list_may_be_long() -> None:
    assert parts(Region("list", "- 7\n" * 5000))[-1] == Part(BlockType.LIST_ITEM, "- 7", 1)
