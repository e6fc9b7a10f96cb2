"""The pages of the PDF, filled from top to bottom. Points, origin bottom left, y upwards."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby

from ocrchat.export.typeset.fonts import Fonts
from ocrchat.export.typeset.pdf import Entry, Writer
from ocrchat.export.typeset.structure import Element, Structure
from ocrchat.export.typeset.wrapping import SetLine

A4 = (595.0, 842.0)
MARGIN = 60.0
_LEADING = 1.4
"""Sizes from one line to the next, at least; scripts that stack their letters need more."""
ASCENT = 0.75
"""Share of it that is above the baseline."""
_STROKE = 0.035
"""Sizes by which bold letters are thickened: there is one weight of each font."""
_STEP = 0.01
"""Points by which the sizes of two lines in a row differ: else pdf.js puts a letter with a mark that a line begins with at the
end of the line before."""
_HIDING, _HIDDEN = "/Artifact<</Type/Pagination>>BDC /Span<</ActualText( )>>BDC", "EMC EMC"
"""What is drawn between them is not read out (14.8.2.2), and copied as a space (14.9.4)."""


@dataclass(frozen=True, slots=True)
class Look:
    """`size` in points, `grey` from 0, black, to 1."""

    size: float
    bold: bool = False
    grey: float = 0.0


class Sheets:
    def __init__(self, fonts: Fonts) -> None:
        self._fonts = fonts
        self._writer = Writer()
        self.structure = Structure()
        self._tagged: Element | None = None
        self._is_hidden = False
        self._content: list[str] = []
        self._outline: list[Entry] = []
        self._count = 0
        self._step = 0.0
        self._size = A4
        self.y = 0.0
        self._is_open = False

    @property
    def left(self) -> float:
        return MARGIN

    @property
    def width(self) -> float:
        """Between the margins."""
        return self._size[0] - 2 * MARGIN

    @property
    def height(self) -> float:
        return self._size[1] - 2 * MARGIN

    @property
    def room(self) -> float:
        """What is left of the height."""
        return self.y - MARGIN

    @property
    def is_fresh(self) -> bool:
        return self.y == self._size[1] - MARGIN

    def turn(self, landscape: bool | None = None) -> None:
        """A new page, as the one before if not said otherwise."""
        self._close()
        if landscape is not None:
            self._size = (A4[1], A4[0]) if landscape else A4
        self.y = self._size[1] - MARGIN
        self._is_open = True

    def skip(self, height: float) -> None:
        """White, but none at the top of a page."""
        if not self.is_fresh:
            self.y -= height

    def line_height(self, line: SetLine, size: float) -> float:
        return size * max(_LEADING, max((run.height for run in line.runs), default=0.0))

    def need(self, height: float) -> None:
        """A new page where there is no room for that."""
        if height > self.room and not self.is_fresh:
            self.turn()

    def line(self, line: SetLine, look: Look, x: float) -> None:
        """The next line of text; `x` is its left end."""
        height = self.line_height(line, look.size)
        self.need(height)
        self.put(line, look, x, self.y - height * ASCENT)
        self.y -= height

    def put(self, line: SetLine, look: Look, x: float, y: float) -> None:
        """A line of text with its baseline at `y`, wherever that is."""
        self._step = _STEP - self._step
        parts = [f"BT {look.grey:g} g {2 if look.bold else 0} Tr"]
        if look.bold:
            parts.append(f"{look.grey:g} G {look.size * _STROKE:.3f} w")
        parts.append(f"{x:.2f} {y:.2f} Td")
        for font, runs in groupby(line.runs, key=lambda run: run.font):
            parts.append(f"/{font.name} {look.size + self._step:g} Tf [{''.join(run.string for run in runs)}]TJ")
        self._tag(self.structure.current)
        self._content.append(" ".join([*parts, "ET"]))

    def box(self, x: float, y: float, width: float, height: float, grey: float) -> None:
        """Filled."""
        self._ornament(f"{grey:g} g {x:.2f} {y:.2f} {width:.2f} {height:.2f} re f")

    def frame(self, x: float, y: float, width: float, height: float) -> None:
        self._ornament(f"0.6 G 0.5 w {x:.2f} {y:.2f} {width:.2f} {height:.2f} re S")

    def rule(self, width: float) -> None:
        self._ornament(f"0.6 G 0.5 w {self.left:.2f} {self.y:.2f} m {self.left + width:.2f} {self.y:.2f} l S")

    def hide(self) -> None:
        """From here on, until `show`, what is drawn is not copied."""
        self._tag(None)
        self._is_hidden = True
        self.structure.set_aside()
        self._content.append(_HIDING)

    def show(self) -> None:
        self._content.append(_HIDDEN)
        self.structure.resume()
        self._is_hidden = False

    def mark(self, title: str, level: int) -> None:
        """An entry of the outline, for what comes next."""
        self._outline.append(Entry(title, level, self._count, self.y))

    def finished(self, title: str, language: str) -> bytes:
        if not self._is_open:
            self.turn()  # readers refuse a file without pages
        self._close()
        return self._writer.finished(self._fonts.written, self._outline, self.structure, title, language)

    def _ornament(self, operators: str) -> None:
        """What is no content."""
        self._tag(None)
        self._content.append(operators if self._is_hidden else f"/Artifact BMC {operators} EMC")

    def _tag(self, element: Element | None) -> None:
        """From here on content belongs to `element`."""
        if element is self._tagged or self._is_hidden:
            return
        if self._tagged:
            self._content.append("EMC")
        if element:
            self._content.append(f"/{element.kind}<</MCID {self.structure.place(self._count)}>>BDC")
        self._tagged = element

    def _close(self) -> None:
        if self._is_open:
            self._tag(None)
            self._writer.page("\n".join(self._content).encode("ascii"), *self._size)
            self._content.clear()
            self._count += 1
