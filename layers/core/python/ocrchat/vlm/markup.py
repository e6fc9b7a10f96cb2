"""What models write within a region: a little Markdown, a little HTML. Both become plain text, tables become tables."""

from __future__ import annotations

import re
from dataclasses import replace
from html import unescape
from html.parser import HTMLParser
from typing import Any

from ocrchat.model import Cell, Table

MOST_CELLS = 20_000
MOST_SPAN = 200

_TAG = re.compile(r"</?(?:sup|sub|b|i|u|em|strong|p|span|div|a|font)(?:\s[^<>]{0,200})?>", re.IGNORECASE)
_BREAK = re.compile(r"<br\s*/?>", re.IGNORECASE)
_STRONG = re.compile(r"(?<![\\*])\*\*(?=\S)([^*\n]+?)(?<=\S)\*\*(?!\*)")
_MATHS = re.compile(r"\\\$(?=[^$\n]*[\\^_={])([^$\n]+?)\\\$")
"""A formula within text whose dollars the model has escaped; a price has nothing in it that formulas are made of."""
_ESCAPED = re.compile(r"\\([\\`*_#$<>|~\[\]])")
_ENTITY = re.compile(r"&(?:#\d{1,6}|#x[0-9a-f]{1,5}|amp|lt|gt|quot|apos|nbsp);", re.IGNORECASE)
_SPECIAL = re.compile(r"[&\\*$<]")
_NO_TAG = re.compile(r"<(?!/?[A-Za-z][^<>]{0,500}>)")
"""Comments too: the reader would look for the end of each again and again."""
_TABLE_TAG = re.compile(
    r"</?(?:table|thead|tbody|tfoot|tr|td|th|caption|colgroup|col)(?:\s[^<>]{0,200})?>", re.IGNORECASE
)
FORMULA_IN_TEXT = re.compile(r"\$(?=\S)[^$\n]+(?<=\S)\$(?!\d)")
"""Of two prices one has white before its sign, or digits behind it."""


def plain(text: str) -> str:
    """Text as it stands on the page. Formulas in it stay LaTeX between dollars."""
    text = _MATHS.sub(r"$\1$", _BREAK.sub("\n", text))
    parts = FORMULA_IN_TEXT.split(text)
    formulas = FORMULA_IN_TEXT.findall(text)
    return "".join(_bare(part) + formula for part, formula in zip(parts, [*formulas, ""], strict=True)).strip()


def written(text: str) -> str:
    """The way back: text that `plain` takes for nothing but itself."""
    return _SPECIAL.sub(lambda found: f"&#{ord(found[0])};", text)


def _bare(text: str) -> str:
    unmarked = _ESCAPED.sub(r"\1", _STRONG.sub(r"\1", _TAG.sub("", text)))
    return _ENTITY.sub(lambda found: unescape(found[0]), unmarked)


def without_table(text: str) -> str:
    """The text of a table that could not be understood: what its tags held apart stands in rows."""
    return plain("\n".join(row.strip() for row in _TABLE_TAG.sub("\n", text).splitlines() if row.strip()))


def latex(text: str) -> str:
    """A formula without what marks it as one, on one line."""
    text = text.strip()
    for opening, closing in (("$$", "$$"), (r"\[", r"\]"), ("$", "$"), (r"\(", r"\)")):
        if len(text) > len(opening + closing) and text.startswith(opening) and text.endswith(closing):
            text = text[len(opening) : -len(closing)]
            break
    return " ".join(text.split())


def table(text: str) -> Table | None:
    """The first table in `text`, its cells without any markup; None where there is none, or one without an end in sight.

    A table that breaks off has the rows up to there. Of what is in cells only the text is kept.
    """
    reader = _Reader()
    reader.feed(_NO_TAG.sub("&lt;", text))
    reader.close()
    return reader.table()


class _Reader(HTMLParser):
    """Lays cells out as browsers do: https://html.spec.whatwg.org/multipage/tables.html#forming-a-table

    A table within a cell is text of that cell.
    """

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._cells: list[Cell] = []
        self._taken: set[tuple[int, int]] = set()
        self._row = -1
        self._column = 0
        """Everything to its left is taken in this row."""
        self._text: list[str] | None = None
        self._open: tuple[int, int, int, int, bool] | None = None
        self._in_head = False
        self._depth = 0
        self._is_over = False

    def set_cdata_mode(self, elem: str, **_: Any) -> None:
        """There are no scripts in tables: none can hide the rest of one."""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if self._is_over:
            return
        if tag == "table" and (self._depth == 0 or self._text is not None):
            self._depth += 1
        if self._depth > 1:
            self._add(" ")
            return
        match tag:
            case "thead":
                self._in_head = True
            case "tr":
                self._end_cell()
                self._row += 1
                self._column = 0
            case "td" | "th":
                self._end_cell()
                self._begin_cell(tag, dict(attrs))
            case "br":
                self._add("\n")

    def handle_endtag(self, tag: str) -> None:
        if self._depth > 1:
            self._depth -= tag == "table"
            return
        match tag:
            case "thead":
                self._end_cell()
                self._in_head = False
            case "td" | "th" | "tr":
                self._end_cell()
            case "table":
                self._end_cell()
                self._is_over = self._depth > 0

    def handle_data(self, data: str) -> None:
        self._add(data)

    def table(self) -> Table | None:
        self._end_cell()
        if not self._cells:
            return None
        rows = 1 + max(cell.row for cell in self._cells)
        columns = max(cell.column + cell.column_span for cell in self._cells)
        if rows * columns > MOST_CELLS:
            return None
        within = (self._within(cell, rows) for cell in self._cells)
        blanks = (
            Cell(row, column, "")
            for row in range(rows)
            for column in range(columns)
            if (row, column) not in self._taken
        )
        cells = sorted((*within, *blanks), key=lambda cell: (cell.row, cell.column))
        return Table(rows, columns, tuple(cells))

    def _begin_cell(self, tag: str, attributes: dict[str, str | None]) -> None:
        if len(self._taken) > MOST_CELLS:
            self._is_over = True
            return
        row = self._row = max(self._row, 0)
        while (row, self._column) in self._taken:
            self._column += 1
        column = self._column
        across, down = _span(attributes.get("colspan")), _span(attributes.get("rowspan"))
        taken = (n for n in range(1, across) if (row, column + n) in self._taken)
        across = next(taken, across)  # another one reaches down into its place
        self._taken |= {(row + r, column + c) for r in range(down) for c in range(across)}
        self._open = (row, column, down, across, tag == "th" or self._in_head)
        self._text = []

    def _add(self, text: str) -> None:
        if self._text is not None:
            self._text.append(text)

    def _end_cell(self) -> None:
        if self._open is None or self._text is None:
            return
        row, column, down, across, is_header = self._open
        text = "\n".join(" ".join(part.split()) for part in "".join(self._text).split("\n")).strip()
        self._cells.append(Cell(row, column, text, down, across, is_header))
        self._open = self._text = None

    @staticmethod
    def _within(cell: Cell, rows: int) -> Cell:
        """A span that reaches beyond the last row ends there."""
        return replace(cell, row_span=min(cell.row_span, rows - cell.row))


def _span(value: str | None) -> int:
    digits = (value or "").strip()
    return min(max(int(digits), 1), MOST_SPAN) if re.fullmatch(r"\d{1,6}", digits) else 1
