"""A document as what can be quoted of it: units (a sentence, a line, a row of a table), and chunks of them to look in.

Units are sentences where text runs on from line to line, and single lines where it does not. They are verbatim, but for line
breaks, hyphens at the ends of lines, and characters that nobody sees. What stands in the margin of every page comes once.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from ocrchat.chat.cleaning import in_one_line
from ocrchat.chat.labels import is_labelled, stands_over, with_values
from ocrchat.model import Block, BlockType, Document, Line, PageResult, Table
from ocrchat.writing import is_divided

CHUNK = 700
"""Characters of a chunk, and the most of a unit."""

_RUNS_ON = 0.75
"""A line that fills so much of its block's width goes on in the next one."""

_SENTENCE_END = re.compile(
    r"(?<=[.!?…])(?<!\b\w\.)(?<!\b[A-Z]\w\.)(?<!\b[A-Z]\w\w\.)(?<!\bvs\.)[\"'”’»)\]]*\s+(?=[\"'“‘„«(\[]*[^\Wa-z_])|(?<=[。！？।؟۔])\s*"
)
_KEY = re.compile(r"([^\W\d][^:：]{0,40}?)\s*[:：]\s*\S")


@dataclass(frozen=True, slots=True)
class Unit:
    """Something to quote. Of a row of a table, `cells` are its texts, each with the head of its column, `heads` the rows of these
    heads; a table whose heads are not marked as such has none. `heading` is the one it stands under.
    """

    text: str
    page: int
    heading: str = ""
    heads: tuple[str, ...] = ()
    cells: tuple[tuple[str, str], ...] = ()

    @property
    def label(self) -> str:
        """What a value is called that follows it: "Total" of "Total: $42", and the first cell of a row. Else nothing."""
        if len(self.cells) > 1:
            return self.cells[0][1]
        found = _KEY.match(self.text)
        return found[1] if found else ""

    @property
    def context(self) -> str:
        """With the words around it that say what it is about."""
        return " ".join([self.heading, *self.heads, self.text])


@dataclass(frozen=True, slots=True)
class Chunk:
    """Units `first` to `last` - 1, all on one page, at most `CHUNK` characters."""

    page: int
    first: int
    last: int


def units(document: Document) -> tuple[Unit, ...]:
    """In reading order. Pages that failed or are blank have none."""
    seen: set[str] = set()
    heading = ""
    found: list[Unit] = []
    for page in document.pages:
        for block in with_values(page.blocks):
            if block.type in (BlockType.HEADER, BlockType.FOOTER):
                if block.text in seen:
                    continue
                seen.add(block.text)
            if block.type is BlockType.HEADING:
                heading = in_one_line(block.text)[:CHUNK]
                found += [Unit(text, page.index + 1) for text in _cut(heading)]
            else:
                found += _of_block(block, page, heading)
    return tuple(unit for unit in found if any(letter.isalnum() for letter in unit.text))


def chunks(units: Sequence[Unit]) -> tuple[Chunk, ...]:
    found: list[Chunk] = []
    first, length = 0, 0
    for index, unit in enumerate(units):
        if index > first and (unit.page != units[first].page or length + len(unit.text) > CHUNK):
            found.append(Chunk(units[first].page, first, index))
            first, length = index, 0
        length += len(unit.text) + 1
    if units:
        found.append(Chunk(units[first].page, first, len(units)))
    return tuple(found)


def _of_block(block: Block, page: PageResult, heading: str) -> Iterator[Unit]:
    if block.table is not None:
        yield from _rows(block.table, page.index + 1, heading)
        return
    for run in _runs(block.lines):
        for sentence in _SENTENCE_END.split(run):
            for text in _cut(sentence):
                yield Unit(text, page.index + 1, heading)


def _runs(lines: Sequence[Line]) -> Iterator[str]:
    """The lines, joined where the text goes on from one to the next."""
    right = max((line.box.x1 for line in lines), default=0.0)
    left = min((line.box.x0 for line in lines), default=0.0)
    joined = ""
    for line, following in pairwise([*lines, None]):
        assert line is not None
        text = in_one_line(line.text)
        joined = f"{joined[:-1]}{text}" if is_divided(joined, text) else f"{joined} {text}"
        if following is None or not _runs_on(line, following, left, right) or len(joined) > 20 * CHUNK:
            yield joined.strip()
            joined = ""


def _runs_on(line: Line, following: Line, left: float, right: float) -> bool:
    """Whether the text goes on in the next line: within a word, to the value of a label, or since the line is full."""
    text, next_text = in_one_line(line.text), in_one_line(following.text)
    if is_divided(text, next_text):
        return True
    if text.endswith((":", "：")):
        return not is_labelled(next_text)
    if stands_over(line, following):
        return True
    is_full = line.box.x1 - left >= _RUNS_ON * (right - left)
    return is_full and not is_labelled(text) and not is_labelled(next_text)


def _rows(table: Table, page: int, heading: str) -> Iterator[Unit]:
    rows = table.by_row
    heads = 0
    while heads < len(rows) and rows[heads] and all(cell.is_header for cell in rows[heads]):
        heads += 1
    columns = [""] * table.columns
    for row in rows[:heads]:
        for cell in row:
            for column in range(cell.column, min(cell.column + cell.column_span, table.columns)):
                columns[column] = f"{columns[column]} {in_one_line(cell.text)}".strip()
    texts = [[(columns[cell.column], text) for cell in row if (text := in_one_line(cell.text))] for row in rows]
    lines = [" ".join(text for _, text in row) for row in texts]
    head_lines = tuple(line for line in lines[:heads] if 0 < len(line) <= CHUNK)
    for number, (cells, line) in enumerate(zip(texts, lines, strict=True)):
        if number >= heads and 0 < len(line) <= CHUNK:
            yield Unit(line, page, heading, head_lines, tuple(cells))
        else:
            yield from (Unit(part, page, heading) for part in _cut(line))


def _cut(text: str) -> Iterable[str]:
    """Into pieces of at most `CHUNK` characters, at spaces where there are some."""
    text = text.strip()
    while len(text) > CHUNK:
        end = text.rfind(" ", CHUNK // 2, CHUNK)
        end = end if end > 0 else CHUNK
        yield text[:end].strip()
        text = text[end:].strip()
    if text:
        yield text
