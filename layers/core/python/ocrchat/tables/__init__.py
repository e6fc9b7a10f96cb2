"""Tables: where a page has ruled ones, which cells a region has, and what stands in them.

Two small networks look at the pixels of a region, `slanet` first: it knows spans. Where the words do not fit its cells,
`gridnet` is asked too, and the better fit wins (docs/adr/0012). Words come from the page's lines, exact or recognised;
`join` puts together what goes on over several pages.

What is heavy is imported where it is used: documents are written, with `join`, by functions that have no OpenCV.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

from ocrchat.model import Box, Line, PageImage, Table

MARGIN = 4
"""Pixels that the networks see around a table."""


class TableModel(Protocol):
    """Finds the cells of one table. Loaded once, used for many: from one thread, one table at a time."""

    def read(
        self, image: PageImage, origin: Box, lines: Sequence[Line], recognise: Callable[[Box], Line | None] | None
    ) -> Table | None:
        """As `recognise`; `image` shows the part of the page that begins at the top left corner of `origin`."""
        ...


def load(weights: Path, threads: int) -> TableModel:
    """The table model, on `threads` threads. `weights` is the folder that layers/weights/fetch.py filled."""
    from ocrchat.tables.model import TableNets

    return TableNets(weights, threads)


def find(image: PageImage) -> list[Box]:
    """Where `image` has ruled tables: grids of printed lines, two cells or more. Boxes in its pixels, from top to bottom.

    At most 0.03 CPU-s a page. Tables without rulings are left to a layout model.
    """
    from ocrchat.tables.ruled import areas

    return areas(image)


def recognise(
    area: Box,
    lines: Sequence[Line],
    render: Callable[[Box], PageImage],
    model: TableModel,
    read: Callable[[Box], Line | None] | None = None,
) -> Table | None:
    """The table in `area`, with the words of `lines` whose middle is in it; None where there are not two rows and columns.

    All boxes are in pixels of the page, those of the answer too. `render` gives the pixels of a part of the page (for an
    image: `crop`). `read`, on recognised pages, reads the line of text in a box: cells that have ink but no word are shown
    to it, up to `unread.MOST` of them.
    """
    part = Box(max(0.0, area.x0 - MARGIN), max(0.0, area.y0 - MARGIN), area.x1 + MARGIN, area.y1 + MARGIN)
    return model.read(render(part), part, lines, read)


def crop(image: PageImage, part: Box) -> PageImage:
    """The pixels of `image` in `part`, as far as it has them (at least one)."""
    x0, y0 = min(max(0, int(part.x0)), image.width - 1), min(max(0, int(part.y0)), image.height - 1)
    x1, y1 = min(max(x0 + 1, int(part.x1)), image.width), min(max(y0 + 1, int(part.y1)), image.height)
    rows = (image.pixels[(y * image.width + x0) * 3 : (y * image.width + x1) * 3] for y in range(y0, y1))
    return PageImage(b"".join(rows), x1 - x0, y1 - y0, image.dpi)
