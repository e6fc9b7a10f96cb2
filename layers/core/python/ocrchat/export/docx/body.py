"""Pages and blocks of a document -> paragraphs, tables and sections of Word."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from docx.document import Document as WordDocument
from docx.oxml.ns import qn
from lxml.etree import _Element

from ocrchat.bidi import runs_leftwards
from ocrchat.export import paper, prose
from ocrchat.export.docx import pages
from ocrchat.export.docx.elements import element
from ocrchat.export.docx.lists import Lists
from ocrchat.export.docx.pages import Size
from ocrchat.export.docx.paragraphs import Around, paragraph
from ocrchat.export.docx.tables import table
from ocrchat.export.plain import unread
from ocrchat.export.prose import Manner
from ocrchat.model import Block, BlockType, Document, PageResult, Table
from ocrchat.tables.join import continued

_STYLES = {
    BlockType.CAPTION: "Caption",
    BlockType.HEADER: "PageHead",
    BlockType.FOOTER: "PageFoot",
    BlockType.FOOTNOTE: "PageNote",
}

_GAP = "TableText"
"""Style of an empty paragraph where Word needs one."""


def fill(word: WordDocument, document: Document, sizes: Sequence[Size], letter_size: float) -> None:
    """`sizes` are those of the pages; letters of `letter_size` points."""
    last = word.element.body.sectPr
    lists = Lists(word)
    made: list[_Element] = []
    for number, (page, whole) in enumerate(zip(document.pages, continued(document.pages), strict=True)):
        size = sizes[number]
        begins_section = number > 0 and size != sizes[number - 1]
        if begins_section:
            _end_section(made[-1], sizes[number - 1])
        width = round(pages.text_size(size)[0] * pages.INCH)
        made = list(_Page(page, dict(whole), lists, width, letter_size).written())
        if not made or not _is_paragraph(made[-1]):
            made.append(paragraph([], _GAP))  # can end a section, which a table cannot
        if number and not begins_section:
            _begin_page(made)
        for each in made:
            last.addprevious(each)
    last.getparent().replace(last, pages.section(sizes[-1] if sizes else paper.A4))


class _Page:
    """A page, written as paragraphs and tables.

    `whole` has the tables that begin on the page, by index of their block; `width` is that of the text, in twentieths of a point.
    """

    def __init__(self, page: PageResult, whole: Mapping[int, Table], lists: Lists, width: int, size: float) -> None:
        self._page = page
        self._around = Around(page.language, runs_leftwards(page.text))
        self._whole = whole
        self._lists = lists
        self._width = width
        self._size = size

    def written(self) -> Iterator[_Element]:
        page = self._page
        if page.error:
            yield paragraph([unread(page)], "PageNote")
        manner = prose.manner(page.lines)
        shallowest = 1
        previous = None
        for index, block in _notes_last(page.blocks):
            if block.type is not BlockType.LIST_ITEM:
                self._lists.interrupt()
            elif previous is not BlockType.LIST_ITEM:
                shallowest = block.level
            previous = block.type
            if block.table is None:
                yield from self._block(block, manner, block.level - shallowest)
            elif index in self._whole:
                yield table(self._whole[index], self._width, self._size, page.language)
                yield paragraph([], _GAP)  # or Word would make one of two tables
        self._lists.interrupt()

    def _block(self, block: Block, manner: Manner, depth: int) -> Iterator[_Element]:
        if not block.lines:
            return
        around = self._around
        whole = prose.joined(block.lines, manner)
        match block.type:
            case BlockType.HEADING:
                yield paragraph([whole], f"Heading{min(max(block.level, 1), 6)}", around=around)
            case BlockType.LIST_ITEM:
                item = self._lists.item(whole, depth)
                yield paragraph([item.text], "ListParagraph", item.place, around)
            case BlockType.CAPTION:
                yield paragraph([whole], "Caption", around=around)
            case BlockType.FIGURE | BlockType.TABLE:
                yield paragraph([line.text for line in block.lines], around=around)
            case _:
                yield paragraph(prose.lines(block.lines, manner), _STYLES.get(block.type, ""), around=around)


def _notes_last(blocks: Sequence[Block]) -> list[tuple[int, Block]]:
    """Blocks and their indexes: footnotes, which end each column of a page, behind all of its text, and before its feet."""
    body = [each for each in enumerate(blocks) if each[1].type is not BlockType.FOOTNOTE]
    notes = [each for each in enumerate(blocks) if each[1].type is BlockType.FOOTNOTE]
    end = len(body)
    while end and body[end - 1][1].type is BlockType.FOOTER:
        end -= 1
    return [*body[:end], *notes, *body[end:]]


def _end_section(last: _Element, size: Size) -> None:
    """With its `last` paragraph; an empty one that ends a section is dropped by LibreOffice, and with it a blank page."""
    if last.find(qn("w:r")) is None:
        last.addnext(paragraph([], _GAP))
        last = last.getnext()
    last.get_or_add_pPr().append(pages.section(size))


def _begin_page(made: list[_Element]) -> None:
    if not _is_paragraph(made[0]):
        made.insert(0, paragraph([], _GAP))
    place = made[0].get_or_add_pPr()
    place.insert(1 if place.pStyle is not None else 0, element("pageBreakBefore"))


def _is_paragraph(made: _Element) -> bool:
    return bool(made.tag == qn("w:p"))
