"""The text that is in a page, and whether it can be trusted. Of PyMuPDF only its numbers are needed here.

Trustworthy is text that (a) is made of characters and not of unmapped glyphs, (b) can be seen, unlike the old OCR under a
scan, and (c) is text of some language; what fails only (c) is `doubtful`, and has to be compared with what is seen.
"""

from __future__ import annotations

import unicodedata
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise, product
from typing import Any

import pymupdf

from ocrchat.bidi import Extent, is_right_to_left, logical_order
from ocrchat.gibberish import is_gibberish
from ocrchat.model import Box, Line, Style, Word
from ocrchat.writing import is_ideograph

FLAGS = pymupdf.TEXT_CLIP | pymupdf.TEXT_COLLECT_STYLES
"""Ligatures are spelt out, glyphs without a character become U+FFFD, what is clipped away is left out."""

MAX_JUNK = 0.1
"""Share of characters that are none; a list with a private-use bullet on each line stays below it."""

SMALLEST = 2.0
"""Pixels. Smaller letters cannot be seen."""

PALE = 0xF0
"""Ink whose red, green and blue are all at least so light is only seen on a darker ground."""

FAINT = 0.1
"""Opacity below which nothing is seen."""

REPEAT = 0.2
"""The same word again, so few sizes of its font away, is the same: bold type is imitated so, and shadows are made."""

GAP = 0.25
"""White between words, in sizes of the font, of lines that are put in order here."""

CHECKED_LINES = 3
CHECKED_LENGTH = 8
"""How many doubtful lines are compared with what is seen, and how many letters and digits they have at least."""

SURE = 0.8
"""Confidence of an engine that is believed more than the file."""

AGREEMENT = 0.4
"""Share of pairs of letters that a line and what is seen of it have in common: near 1 where it is right, near 0 where not."""

_PAINTED = pymupdf.mupdf.FZ_STEXT_FILLED | pymupdf.mupdf.FZ_STEXT_STROKED
_SHOWN = _PAINTED | pymupdf.mupdf.FZ_STEXT_CLIPPED  # what is painted through a letter shows it
_BULLET = "•"
_PICTOGRAMS = {
    "Wingdings": dict(
        zip("\uf06c\uf06e\uf06f\uf078\uf0a7\uf0a8\uf0d8\uf0fb\uf0fc\uf0fd\uf0fe", "●■☐☒▪☐➢✗✓☒☑", strict=True)
    ),
    "Symbol": dict(
        zip("\uf0ab\uf0ac\uf0ad\uf0ae\uf0af\uf0b0\uf0b1\uf0b3\uf0b7\uf0be\uf0d7", "↔←↑→↓°±≥•—·", strict=True)
    ),
}
"""What the private characters of two fonts, in which forms and lists are set, stand for."""

Matrix = tuple[float, float, float, float, float, float]
Rect = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Placement:
    """From points of a page as it is stored to pixels of the page as it is shown, of this width and height."""

    matrix: Matrix
    width: int
    height: int

    @property
    def scale(self) -> float:
        """Pixels of a point."""
        a, b, *_ = self.matrix
        return abs(a) + abs(b)  # one of them is zero: pages are turned by quarters

    def box(self, rect: Rect) -> Box:
        """Cut off at the edges of the page: without an area where none of it is on the page."""
        a, b, c, d, e, f = self.matrix
        x0, y0, x1, y1 = rect
        left, right = sorted((a * x0 + c * y0 + e, a * x1 + c * y1 + e))
        top, bottom = sorted((b * x0 + d * y0 + f, b * x1 + d * y1 + f))
        width, height = float(self.width), float(self.height)
        return Box(
            min(max(left, 0.0), width),
            min(max(top, 0.0), height),
            min(max(right, 0.0), width),
            min(max(bottom, 0.0), height),
        )


@dataclass(frozen=True, slots=True)
class TextLayer:
    """What stands on a page as its file says; `doubtful` are some of its `lines`."""

    lines: tuple[Line, ...]
    doubtful: tuple[Line, ...] = ()


@dataclass(frozen=True, slots=True)
class _Word:
    """A word as it is set; `spaced` says whether a space stands before it, `span` is PyMuPDF's, of its first character."""

    text: str
    box: Box
    span: dict[str, Any]
    spaced: bool


def read(content: dict[str, Any], placement: Placement, is_painted: Callable[[Box], bool]) -> TextLayer | None:
    """The text layer in `content` (PyMuPDF's rawdict with `FLAGS`); None where it cannot be trusted.

    `is_painted` tells whether anything but white is in a box of the page.
    """
    lines = [list(_words(line, placement)) for block in content["blocks"] for line in block.get("lines", ())]
    lines = _without_repeats([line for line in lines if line], placement.scale)
    shown = [[word for word in line if _is_shown(word, placement.scale, is_painted)] for line in lines]
    shown = [line for line in shown if line]
    length = _length(lines)
    painted = sum(len(word.text) for line in shown for word in line if word.span["char_flags"] & _PAINTED)
    junk = sum(_junk(word.text) for line in lines for word in line)
    if not shown or junk > MAX_JUNK * length or painted < length / 2:
        return None
    read_lines = [_line(line, placement.scale) for line in shown]
    bad = _bad_fonts(shown)
    doubtful = [line for line, words in zip(read_lines, shown, strict=True) if words[0].span["font"] in bad]
    return TextLayer(tuple(read_lines), _worth_checking(doubtful))


def agrees(line: Line, seen: Sequence[Line]) -> bool:
    """Whether a doubtful line says what is `seen` there, by an engine: most pairs of letters that follow each other are the same.

    True as well where the engine is not sure, or sees too little to say otherwise.
    """
    a = _pairs(line.text)
    b = _pairs(" ".join(other.text for other in seen if other.confidence >= SURE))
    return b.total() < a.total() / 2 or 2 * (a & b).total() >= AGREEMENT * (a.total() + b.total())


def _pairs(text: str) -> Counter[tuple[str, str]]:
    return Counter(pairwise(c for c in unicodedata.normalize("NFKD", text.casefold()) if c.isalnum()))


def _words(line: dict[str, Any], placement: Placement) -> Iterator[_Word]:
    """Cut at spaces; an ideograph or a kana is a word by itself. What is outside the page is left out."""
    for characters, spaced in _cut(_characters(line)):
        rects = [rect for _, rect, _ in characters]
        x0, y0, x1, y1 = zip(*rects, strict=True)
        box = placement.box((min(x0), min(y0), max(x1), max(y1)))
        if box.width > 0 < box.height:
            yield _Word("".join(c for c, _, _ in characters), box, characters[0][2], spaced)


_Character = tuple[str, Rect, dict[str, Any]]


def _characters(line: dict[str, Any]) -> list[_Character]:
    """(character, where it is, its span) in reading order."""
    found = [(char["c"], char["bbox"], span) for span in line["spans"] for char in span["chars"]]
    if not any(is_right_to_left(c) for c, _, _ in found):
        return found
    dx, dy = line["dir"]
    along = 0 if abs(dx) >= abs(dy) else 1
    extents = [(rect[along], rect[along + 2]) for _, rect, _ in found]
    if (dx, dy)[along] < 0:
        extents = [(-end, -start) for start, end in extents]
    # MuPDF looks for gaps in the order of the file, and misses those between its pieces.
    gaps = list(_gaps(extents, GAP * line["spans"][0]["size"]))
    order = logical_order([*(c for c, _, _ in found), *" " * len(gaps)], extents + gaps)
    return [(c, *found[i][1:]) if i < len(found) else (" ", found[0][1], found[0][2]) for i, c in order]


def _gaps(extents: list[Extent], least: float) -> Iterator[Extent]:
    """What is left white along a line."""
    edge = float("inf")
    for start, end in sorted(extents):
        if start > edge + least:
            yield edge, start
        edge = max(end, edge) if edge < float("inf") else end


def _cut(characters: Iterable[_Character]) -> Iterator[tuple[list[_Character], bool]]:
    """The characters of each word, and whether a space stands before it."""
    word: list[_Character] = []
    spaced = False
    for character in characters:
        text = character[0]
        is_space, is_alone = text.isspace(), is_ideograph(text)
        if word and (is_space or is_alone or is_ideograph(word[0][0])):
            yield word, spaced
            word, spaced = [], False
        if is_space:
            spaced = True
        else:
            word.append(character)
    if word:
        yield word, spaced


def _without_repeats(lines: list[list[_Word]], scale: float) -> list[list[_Word]]:
    """What is drawn twice at one place is there once."""
    kept: dict[tuple[str, int, int], Box] = {}
    return [line for words in lines if (line := [word for word in words if not _is_repeat(word, scale, kept)])]


def _is_repeat(word: _Word, scale: float, kept: dict[tuple[str, int, int], Box]) -> bool:
    """Whether `kept` has the same word there; keeps it if not. Looked up by its place, so that no page takes long."""
    x, y, near = word.box.x0, word.box.y0, max(REPEAT * word.span["size"] * scale, 1.0)
    column, row = int(x / near), int(y / near)
    for dx, dy in product((-1, 0, 1), repeat=2):
        other = kept.get((word.text, column + dx, row + dy))
        if other and abs(other.x0 - x) < near and abs(other.y0 - y) < near:
            return True
    kept[word.text, column, row] = word.box
    return False


def _is_shown(word: _Word, scale: float, is_painted: Callable[[Box], bool]) -> bool:
    span = word.span
    if not span["char_flags"] & _SHOWN or span["alpha"] < FAINT * 255 or span["size"] * scale < SMALLEST:
        return False
    return min(span["color"].to_bytes(3, "big")) < PALE or is_painted(word.box)


def _length(lines: list[list[_Word]]) -> int:
    return sum(len(word.text) for line in lines for word in line)


def _junk(text: str) -> int:
    """How many of its characters are none: unmapped, control, private use, unassigned."""
    if text.isascii() and text.isprintable():
        return 0  # most words, and soon said
    return sum(c == "\ufffd" or unicodedata.category(c) in ("Cc", "Co", "Cn", "Cs") for c in text)


def _line(words: list[_Word], scale: float) -> Line:
    parts = [Word(_spelt(word, is_first=not number), word.box) for number, word in enumerate(words)]
    text = "".join(" " * word.spaced + part.text for word, part in zip(words, parts, strict=True)).strip()
    return Line(text, Box.around(word.box for word in words), words=tuple(parts), style=_style(words, scale))


def _spelt(word: _Word, *, is_first: bool) -> str:
    """Its text with pictograms as characters; what stands unmapped at the start of a line is a bullet."""
    if not _junk(word.text):
        return word.text
    known = next((known for font, known in _PICTOGRAMS.items() if font in word.span["font"]), {})
    text = "".join(known.get(c, c) for c in word.text)
    return _BULLET if is_first and len(text) == 1 and _junk(text) else text


def _style(words: list[_Word], scale: float) -> Style:
    """That of most characters."""
    lengths: Counter[tuple[float, int, int]] = Counter()
    for word in words:
        lengths[word.span["size"], word.span["flags"], word.span["char_flags"]] += len(word.text)
    (size, flags, marks), _ = lengths.most_common(1)[0]
    is_bold = bool(flags & pymupdf.TEXT_FONT_BOLD or marks & pymupdf.mupdf.FZ_STEXT_BOLD)
    return Style(round(size * scale, 1), is_bold, bool(flags & pymupdf.TEXT_FONT_ITALIC))


def _bad_fonts(lines: list[list[_Word]]) -> set[str]:
    """The fonts whose text is none, each by itself: one of them is enough to spoil a page."""
    texts: dict[str, list[str]] = defaultdict(list)
    for line in lines:
        for word in line:
            texts[word.span["font"]].append(word.text)
    return {font for font, words in texts.items() if is_gibberish(" ".join(words))}


def _worth_checking(lines: list[Line]) -> tuple[Line, ...]:
    """Those with most to compare, in their order."""
    letters = {i: sum(c.isalnum() for c in line.text) for i, line in enumerate(lines)}
    most = sorted((i for i in letters if letters[i] >= CHECKED_LENGTH), key=lambda i: -letters[i])[:CHECKED_LINES]
    return tuple(lines[i] for i in sorted(most))
