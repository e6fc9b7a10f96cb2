"""Lines of a page -> its blocks, tables with their cells: layout and tables put together, for digital and for scanned pages."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import partial
from statistics import mean

from ocrchat import tables
from ocrchat.engines import Models
from ocrchat.layout import Region, Sight, arrange
from ocrchat.model import Block, BlockType, Box, Line, PageImage, Table
from ocrchat.pdf import PdfPage

MOST_TABLES = 20
"""Of one page, from its top. More are left as text: a hostile page ends as well."""

SIGHT_DPI = 72.0
"""What the layout model looks at has a few hundred pixels."""

FEWEST_RULINGS = 4
"""A digital page with fewer printed lines has no ruled table."""

SAME_AREA = 0.6
"""Share of one area in another from which on both are the same table."""

FEWEST_ROWS = 3
"""Of a table without printed lines: two rows that are level are more often a head and its line, or two prices."""

SMALL = 12
FULL = 0.75
"""Of a table without printed lines, with so few places, so many must hold text, and no line go through two columns."""

THROUGH = 3
PROSE = 0.5
"""Columns that a line of a table hardly ever goes through, and the share of text in such lines from which on it is prose."""

COVER = 0.8
SHORT_LINE = 8.0
COLUMNS = 4
ABREAST = 2.25
FILLED = 0.7
"""A picture is one table, cropped or photographed, where lines cover so much of it, are on average no more times wider than
high, and stand in so many columns and rows; so many of the places hold text, and so many rows more than one. A receipt has
fewer columns. So many lines are level on average: columns times the share of places that are filled, less what was taken for
one line across two."""

Recognise = Callable[[Box, Sequence[Line]], Table | None]


def of_image(image: PageImage, lines: Sequence[Line], models: Models) -> tuple[Block, ...]:
    """Of a page that was recognised on `image`."""
    if not lines:
        return ()
    page = Box(0, 0, image.width, image.height)
    recognise = _recognising(models, partial(tables.crop, image), partial(models.ocr.read_line, image))
    if whole := _as_one_table(page, lines, recognise):
        return whole
    sight = models.layout.look(image, lines, page) if models.layout else Sight()
    return _with_tables(lines, page, sight, tables.find(image), recognise)


def of_digital(page: PdfPage, lines: Sequence[Line], models: Models) -> tuple[Block, ...]:
    """Of a page whose text was in the file."""
    if not lines:
        return ()
    area = Box(0, 0, page.width, page.height)
    sight = models.layout.look(page.render(dpi=SIGHT_DPI), lines, area) if models.layout else Sight()
    ruled = tables.find(page.render()) if len(page.rulings()) >= FEWEST_RULINGS else []
    return _with_tables(lines, area, sight, ruled, _recognising(models, page.render, None))


def _recognising(
    models: Models, render: Callable[[Box], PageImage], read: Callable[[Box], Line | None] | None
) -> Recognise:
    """With the table model, which is loaded at the first table. What it is asked for again, it remembers."""
    known: dict[tuple[Box, int], Table | None] = {}

    def recognise(area: Box, lines: Sequence[Line]) -> Table | None:
        key = area, len(lines)
        if key not in known:
            known[key] = tables.recognise(area, lines, render, models.tables, read) if models.tables else None
        return known[key]

    return recognise


def _as_one_table(page: Box, lines: Sequence[Line], recognise: Recognise) -> tuple[Block, ...] | None:
    """The page, if it is a picture of a table and of nothing else. A layout model, which is used to pages, sees parts of it."""
    area = Box.around(line.box for line in lines)
    length = mean(line.box.width / max(line.box.height, 1.0) for line in lines)
    if page.share_in(area) < COVER or length > SHORT_LINE or mean(_row_sizes(lines)) < ABREAST:
        return None
    table = recognise(area, lines)
    if table is None or table.columns < COLUMNS or table.rows < COLUMNS or _is_prose(table, lines):
        return None
    filled = Counter(cell.row for cell in table.cells if cell.text)
    full_rows = sum(count > 1 for count in filled.values())
    if filled.total() < FILLED * len(table.cells) or full_rows < FILLED * table.rows:
        return None
    blocks = arrange(lines, page, Sight(regions=(Region(BlockType.TABLE, area),)))
    return tuple(_finished(block, table) for block in blocks)


def _with_tables(
    lines: Sequence[Line], page: Box, sight: Sight, ruled: Sequence[Box], recognise: Recognise
) -> tuple[Block, ...]:
    """Ruled areas that are tables come first: their edges are sharper than what a layout model sees."""
    sharp = {area: table for area in ruled[:MOST_TABLES] if (table := _in_area(area, lines, recognise))}
    seen = [region for region in sight.regions if not _is_table(region) or not _is_among(region.box, sharp)]
    regions = (*(Region(BlockType.TABLE, area) for area in sharp), *seen)
    blocks, found = _arranged(lines, page, replace(sight, regions=regions), sharp, recognise)
    if len(found) < sum(block.type is BlockType.TABLE for block in blocks):
        # What is no table must not stand in the way of what is.
        known = {blocks[place].box: table for place, table in found.items()}
        kept = [region for region in regions if not _is_table(region) or _is_among(region.box, known)]
        blocks, found = _arranged(lines, page, replace(sight, regions=tuple(kept)), known, recognise)
    return tuple(_finished(block, found.get(place)) for place, block in enumerate(blocks))


def _arranged(
    lines: Sequence[Line], page: Box, sight: Sight, known: dict[Box, Table], recognise: Recognise
) -> tuple[tuple[Block, ...], dict[int, Table]]:
    """The blocks, and the tables among them by their place."""
    blocks = arrange(lines, page, sight)
    places = [place for place, block in enumerate(blocks) if block.type is BlockType.TABLE][:MOST_TABLES]
    tables_at = {place: _table(blocks[place], lines, known, recognise) for place in places}
    return blocks, {place: table for place, table in tables_at.items() if table}


def _table(block: Block, lines: Sequence[Line], known: dict[Box, Table], recognise: Recognise) -> Table | None:
    same = next((table for area, table in known.items() if area.share_in(block.box) > SAME_AREA), None)
    if same:
        return same
    if len(_row_sizes(_inside(block.box, lines))) < FEWEST_ROWS:
        return None
    table = _in_area(block.box, lines, recognise)
    return table if table and table.rows >= FEWEST_ROWS else None


def _inside(area: Box, lines: Sequence[Line]) -> list[Line]:
    """`lines` are those of the page as they were found: a block's own are whole rows."""
    return [line for line in lines if line.box.share_in(area) > SAME_AREA]


def _row_sizes(lines: Iterable[Line]) -> list[int]:
    """How many lines stand side by side, from top to bottom: what a table has at least, seen without a model."""
    sizes: list[int] = []
    bottom = 0.0
    for line in sorted(lines, key=lambda line: line.box.y0):
        if sizes and (line.box.y0 + line.box.y1) / 2 < bottom:
            sizes[-1] += 1
        else:
            sizes.append(1)
            bottom = line.box.y1
    return sizes


def _in_area(area: Box, lines: Sequence[Line], recognise: Recognise) -> Table | None:
    inside = _inside(area, lines)
    table = recognise(area, inside)
    return table if table and not _is_scattered(table, inside) else None


def _is_scattered(table: Table, lines: Sequence[Line]) -> bool:
    """Whether it is prose, or small and full of gaps or of lines that were cut: words that stand about, as on a sign."""
    if len(table.cells) > SMALL:
        return _is_prose(table, lines)
    filled = sum(cell.text != "" for cell in table.cells)
    return filled < FULL * len(table.cells) or any(len(_columns(line, table)) > 1 for line in lines)


def _is_prose(table: Table, lines: Sequence[Line]) -> bool:
    """Whether most of the text is in lines that go through three columns and more: what is in cells is found cell by cell."""
    through = sum(len(line.text) for line in lines if len(_columns(line, table)) >= THROUGH)
    return through > PROSE * sum(len(line.text) for line in lines)


def _columns(line: Line, table: Table) -> set[int]:
    """Those that `line` has words in."""
    box = line.box
    return {
        cell.column
        for cell in table.cells
        if cell.box
        and box.x0 < (cell.box.x0 + cell.box.x1) / 2 < box.x1
        and cell.box.y0 < (box.y0 + box.y1) / 2 < cell.box.y1
    }


def _finished(block: Block, table: Table | None) -> Block:
    """What looks like a table and has no rows and columns is text."""
    if block.type is not BlockType.TABLE:
        return block
    return replace(block, table=table) if table else replace(block, type=BlockType.TEXT)


def _is_table(region: Region) -> bool:
    return region.type is BlockType.TABLE


def _is_among(box: Box, areas: Iterable[Box]) -> bool:
    return any(box.share_in(area) > 1 - SAME_AREA or area.share_in(box) > SAME_AREA for area in areas)
