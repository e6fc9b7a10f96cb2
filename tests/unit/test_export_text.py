from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from ocrchat.export import markdown, text
from ocrchat.model import Block, Box, Document, Line, PageResult

BOX = Box(0, 0, 10, 10)


def page(index: int, *blocks: list[str]) -> PageResult:
    content = tuple(Block(tuple(Line(each, BOX) for each in block)) for block in blocks)
    return PageResult(index, 100, 100, 96.0, "test", content)


THREE_PAGES = Document((page(0, ["One", "and a half"], ["Two"]), page(1), page(2, ["Three"])))


def rendered(source: str) -> list[str]:
    """The paragraphs that a reader of Markdown sees, if there is nothing but paragraphs of plain text; else fails."""
    tokens = MarkdownIt("gfm-like", {"linkify": False}).parse(source)
    plain = {"paragraph_open", "paragraph_close", "inline"}
    assert {token.type for token in tokens} <= plain, source
    paragraphs = []
    for token in tokens:
        if token.type == "inline":
            children = token.children or []
            assert {child.type for child in children} <= {"text", "text_special", "softbreak"}, source
            paragraphs.append("".join("\n" if child.type == "softbreak" else child.content for child in children))
    return paragraphs


def test_text_has_a_form_feed_between_pages_and_a_blank_line_between_blocks() -> None:
    assert text.write(THREE_PAGES).decode() == "One\nand a half\n\nTwo\f\fThree"


def test_markdown_can_be_split_into_its_pages() -> None:
    pages = markdown.document(THREE_PAGES).split(markdown.PAGE_SEPARATOR)

    assert pages == ["One\nand a half\n\nTwo", "", "Three"]
    assert pages[2] == markdown.page(THREE_PAGES.pages[2])
    assert markdown.write(THREE_PAGES).decode() == markdown.document(THREE_PAGES)


@pytest.mark.parametrize(
    "content",
    [
        "# no heading",
        "> no quote",
        "- no list",
        "+ 4 points",
        "12. March 1905",
        "7) seven",
        "---",
        "- - -",
        "===",
        "***",
        "_snake_ and *star* and __both__",
        "a `code` and ```fence",
        "~~struck~~ ~~~",
        "[link](http://x.example) ![image](y)",
        "<b>bold</b> <script> <!-- comment -->",
        "<https://auto.example>",
        "a | b | c",
        "&amp; &#42; &copy",
        "C:\\new\\table \\",
        "    four spaces",
    ],
)
def test_text_is_never_turned_into_markup(content: str) -> None:
    source = markdown.page(page(0, ["first", content], [content, "last"]))

    shown = " ".join(content.split())
    assert rendered(source) == [f"first\n{shown}", f"{shown}\nlast"]


def test_what_means_nothing_is_left_alone() -> None:
    plain = "file_name_2.txt, AT&T, 3 < 4 > 2, 5-3=2, a+b, No. 7 #3 100% (sic!) “quoted” 12.50 €"

    assert markdown.page(page(0, [plain])) == plain


@given(st.lists(st.text("ab1 #>-+=*_`~[]()!<>&;|\\.:/\"'x", min_size=1, max_size=30), min_size=1, max_size=4))
def test_whatever_the_text_is_markdown_shows_it(lines: list[str]) -> None:
    shown = [" ".join(line.split()) for line in lines]
    if all(shown):
        assert rendered(markdown.page(page(0, lines))) == ["\n".join(shown)]
