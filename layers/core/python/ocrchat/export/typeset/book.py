"""Document -> the PDF: what each kind of block looks like. Heavy to import: `typeset.write` does it when it is needed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace

from ocrchat.export import prose
from ocrchat.export.plain import one_line, unread
from ocrchat.export.prose import Manner
from ocrchat.export.typeset import tables
from ocrchat.export.typeset.fonts import Fonts
from ocrchat.export.typeset.objects import string
from ocrchat.export.typeset.shaping import Shaper
from ocrchat.export.typeset.sheets import Look, Sheets
from ocrchat.export.typeset.structure import spoken
from ocrchat.export.typeset.wrapping import Paragraph, SetLine
from ocrchat.layout import lists
from ocrchat.model import Block, BlockType, Document, PageResult

_BODY = Look(10.5)
_HEADINGS = tuple(Look(size, bold=True) for size in (18.0, 15.0, 13.0, 12.0, 11.0, 10.5))
_RUNNING = Look(8.0, grey=0.45)
_LOOKS = {
    BlockType.HEADER: _RUNNING,
    BlockType.FOOTER: _RUNNING,
    BlockType.FOOTNOTE: Look(8.5),
    BlockType.CAPTION: Look(9.0, grey=0.25),
    BlockType.FIGURE: Look(9.0, grey=0.25),
}
_INDENT = 18.0
"""Points that each level of a list is moved in."""
_GAP = 0.6
"""Sizes between blocks."""
_RULE = 100.0
"""Points, above footnotes."""
_TITLE = 200
"""Characters of an entry of the outline."""
_DEEPEST = 6


def typeset(document: Document) -> bytes:
    book = _Book()
    for page in document.pages:
        book.add(page)
    return book.finished()


class _Book:
    def __init__(self) -> None:
        self._fonts = Fonts()
        self._shaper = Shaper(self._fonts)
        self._sheets = Sheets(self._fonts)
        self._space = self._shaper.runs(" ")[0]
        self._languages: Counter[str] = Counter()
        self._title = ""

    def add(self, page: PageResult) -> None:
        self._sheets.turn(landscape=page.width > page.height)
        self._languages.update([page.language] if page.language else [])
        with self._sheets.structure.within("Sect", f"/Lang{string(page.language)}" if page.language else ""):
            self._blocks(page)

    def _blocks(self, page: PageResult) -> None:
        if page.error:
            self._paragraphs([unread(page)], _RUNNING)
        manner = prose.manner(page.lines)
        previous = None
        for block in page.blocks:
            if block.table is None and not one_line(block.text):
                continue
            is_tight = previous is block.type and block.type in (BlockType.LIST_ITEM, BlockType.FOOTNOTE)
            self._sheets.skip(_look(block).size * _GAP * (0.4 if is_tight else 1.0))
            if block.type is BlockType.FOOTNOTE and previous is not BlockType.FOOTNOTE:
                self._sheets.rule(_RULE)
                self._sheets.y -= 3
            self._put(block, manner, is_first=previous is not block.type)
            previous = block.type

    def finished(self) -> bytes:
        language = self._languages.most_common(1)
        return self._sheets.finished(self._title, language[0][0] if language else "")

    def _put(self, block: Block, manner: Manner, is_first: bool) -> None:
        """`is_first` of its kind."""
        look = _look(block)
        if block.table:
            tables.put(block.table, self._sheets, self._shaper)
        elif block.type is BlockType.HEADING:
            self._heading(one_line(prose.joined(block.lines, manner)), look, block.level)
        elif block.type is BlockType.LIST_ITEM:
            text, level = one_line(prose.joined(block.lines, manner)), min(max(block.level, 1), _DEEPEST)
            with self._sheets.structure.item(level, is_first), self._sheets.structure.within("LBody", spoken(text)):
                self._item(text, look, level)
        elif block.type is BlockType.CAPTION:
            self._paragraphs([prose.joined(block.lines, manner)], look, "Caption")
        elif block.type in (BlockType.TABLE, BlockType.FIGURE, BlockType.FORMULA):
            self._paragraphs((line.text for line in block.lines), look)
        else:
            self._paragraphs(prose.lines(block.lines, manner), look)

    def _heading(self, text: str, look: Look, level: int) -> None:
        self._sheets.skip(look.size * 0.5)
        self._sheets.need(look.size * 5)  # not alone at the foot of a page
        self._sheets.mark(text[:_TITLE], max(level, 1))
        self._title = self._title or text[:_TITLE]
        self._paragraphs([text], look, f"H{min(max(level, 1), len(_HEADINGS))}")

    def _item(self, text: str, look: Look, level: int) -> None:
        """Its mark hangs out of the text."""
        mark = lists.bullet(text) or lists.number(text) or ""
        sign, body = Paragraph(lists.shown(mark), self._shaper), Paragraph(text[len(mark) :], self._shaper)
        unit = look.size / 1000
        indent = _INDENT * min(max(level - 1, 0), _DEEPEST)
        hanging = max(_INDENT / unit, sign.widest + 2 * self._space.width)
        lines = body.lines(self._sheets.width / unit - indent / unit - hanging) or [SetLine((), 0)]
        for number, line in enumerate(lines):
            if body.leftwards:
                x = self._sheets.width - indent - (hanging + line.width) * unit
            else:
                x = indent + (hanging * unit if number else 0)
            whole = line if number else self._with_mark(line, sign, hanging, body.leftwards)
            self._sheets.line(whole, look, self._sheets.left + x)

    def _with_mark(self, line: SetLine, sign: Paragraph, hanging: float, leftwards: bool) -> SetLine:
        """In one piece, the gap a stretched space: else readers take the mark for a line of its own."""
        marks = [run for part in sign.lines(hanging)[:1] for run in part.runs]
        gap = round(hanging) - sum(run.width for run in marks)
        space = replace(self._space, width=gap, string=f"{self._space.string}{self._space.width - gap}")
        runs = (*line.runs, space, *marks) if leftwards else (*marks, space, *line.runs)
        return SetLine(runs, line.width + hanging)

    def _paragraphs(self, texts: Iterable[str], look: Look, kind: str = "P") -> None:
        """`texts` are the lines of a block, each of which may take several."""
        lines = [f"{one_line(text)} " for text in texts]
        with self._sheets.structure.within(kind, spoken("".join(lines))):
            self._lines(lines, look)

    def _lines(self, texts: Iterable[str], look: Look) -> None:
        size = look.size / 1000
        for text in texts:
            paragraph = Paragraph(text, self._shaper)
            for line in paragraph.lines(self._sheets.width / size):
                room = self._sheets.width - line.width * size
                self._sheets.line(line, look, self._sheets.left + (room if paragraph.leftwards else 0))


def _look(block: Block) -> Look:
    if block.type is BlockType.HEADING:
        return _HEADINGS[min(max(block.level, 1), len(_HEADINGS)) - 1]
    return _LOOKS.get(block.type, _BODY)
