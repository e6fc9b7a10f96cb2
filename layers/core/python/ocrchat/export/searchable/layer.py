"""Lines -> the operators of a page's content that write them invisibly (text rendering mode 3, ISO 32000-1, 9.3.6).

Each word is stretched to its box, and a space to the white behind it, so that what a reader marks is what is seen. The words of
a line are written from left to right, one font size for all: pdf.js puts no other line together again. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import hypot

from ocrchat.bidi import has_right_to_left, runs_leftwards
from ocrchat.export import direction
from ocrchat.export.searchable import font
from ocrchat.export.searchable.font import Codes
from ocrchat.model import Box, Line, Word

Matrix = tuple[float, float, float, float, float, float]
"""a b c d e f of ISO 32000-1, 8.3.3: x' = a x + c y + e, y' = b x + d y + f."""

_UPENDED = 1.5
"""A line of several characters that is so much higher than wide is written from top to bottom."""

_SPACE = 0.18
"""Sizes of the font. Poppler overlooks a space that is narrower than 0.15."""

_NARROWEST, _WIDEST = 0.11, 0.55
"""Sizes of the font. What pdf.js takes for a space is between 0.102 and 0.6."""

_LEEWAY = 0.08
"""Line heights by which the end of a word may be moved to make room for a space, or to close a gap that would look like one."""

_FURTHEST = 0.95
"""Units of the page by which it may be moved at most, in large print: 2.6 pixels at 200 dpi."""

_LEAST = 0.1
"""Pixels, of boxes and gaps without a width: nothing can be stretched to none."""

_STEP = 0.1
"""Pixels by which the font sizes of two lines in a row differ at least: pdf.js would put a mark that a line begins with at the
end of the line before."""

_LONGEST = 8000
"""Characters of one string: PDF/A allows 32,767 bytes, in hexadecimal."""

_TURNS = {"rightwards": (1, 0), "downwards": (0, 1), "upwards": (0, -1)}
"""Where a line runs to: x and y, which grows downwards, of a step along it."""


@dataclass(slots=True)
class _Piece:
    """A word as it is drawn: from `start` to `stop` along its line, whether a space follows, and in which box."""

    text: str
    start: float
    stop: float
    spaced: bool
    box: Box


def content(lines: Iterable[Line], to_page: Matrix, codes: Codes) -> bytes:
    """The operators, which leave the graphics state as they found it. `to_page` leads from the lines' pixels (y downwards) to
    the page's units (y upwards)."""
    written: list[str] = []
    size = 0.0
    furthest = _FURTHEST / hypot(*to_page[:2])
    for line in lines:
        pieces = list(_pieces(line))
        if not pieces:
            continue
        height = _height(pieces[0].box, _turn(line))
        natural = 1000 * height / (font.ASCENT - font.DESCENT)
        _set_apart(pieces, _SPACE * natural, min(_LEEWAY * height, furthest))
        size = _size(pieces, natural, size)
        written += [f"/{font.FONT_NAME} {_number(size)} Tf", *_shown(pieces, _turn(line), size, codes)]
    if not written:
        return b""
    return "\n".join([f"q {_numbers(to_page, 5)} cm BT 3 Tr", *written, "ET Q\n"]).encode()


def _turn(line: Line) -> tuple[int, int]:
    if len(line.text) < 2 or line.box.height < _UPENDED * line.box.width:
        return _TURNS["rightwards"]
    rises = line.words and line.words[0].box.y0 > line.words[-1].box.y1
    return _TURNS["upwards" if rises else "downwards"]


def _pieces(line: Line) -> Iterator[_Piece]:
    """The words in the order in which they are drawn."""
    words = [word for word in line.words if word.text] or [Word(line.text, line.box)] * bool(line.text)
    spaced = _spaced(line.text, words)
    turn = _turn(line)
    leftwards = runs_leftwards(line.text)
    order = list(range(len(words)))
    if has_right_to_left(line.text) and turn == _TURNS["rightwards"]:
        order.sort(key=lambda i: words[i].box.x0)
    for position, following in pairwise([*order, None]):
        assert position is not None
        # Neighbours as they are seen need not be neighbours as they are read.
        is_near = following is not None and abs(following - position) == 1
        has_space = following is not None and (not is_near or spaced[max(position, following)])
        word = words[position]
        yield _Piece(direction.as_seen(word.text, leftwards), *_extent(word.box, turn), has_space, word.box)


def _spaced(text: str, words: Sequence[Word]) -> list[bool]:
    """Whether white stands before each word in the text."""
    found = []
    end = 0
    for word in words:
        start = text.find(word.text, end)
        found.append(start < 0 or any(map(str.isspace, text[end:start])))
        end = start + len(word.text) if start >= 0 else end
    return found


def _extent(box: Box, turn: tuple[int, int]) -> tuple[float, float]:
    """Along the line."""
    if turn == _TURNS["rightwards"]:
        return box.x0, box.x1
    return (box.y0, box.y1) if turn == _TURNS["downwards"] else (-box.y1, -box.y0)


def _height(box: Box, turn: tuple[int, int]) -> float:
    """Across the line."""
    return max(box.width if turn[1] else box.height, _LEAST)


def _size(pieces: Sequence[_Piece], natural: float, last: float) -> float:
    """Of the font. Words are as high as they are whatever it is, but pdf.js tells by it where a line ends: it has to go on over
    the widest space of a right-to-left one, or its parts would be put in the wrong order."""
    size = natural
    spaces = [following.start - piece.stop for piece, following in pairwise(pieces) if piece.spaced]
    if spaces and any(has_right_to_left(piece.text) for piece in pieces):
        size = min(max(natural, max(spaces) / _WIDEST), max(natural, min(spaces) / _NARROWEST))
    size = max(round(size, 1), _LEAST)
    return size if abs(size - last) > _STEP / 2 else size + _STEP


def _set_apart(pieces: Sequence[_Piece], space: float, leeway: float) -> None:
    """Moves the ends of words, by `leeway` at most, so that there is a gap of `space` where one is, and no gap where none is."""
    for piece, following in pairwise(pieces):
        piece.stop = min(piece.stop, max(following.start, (piece.start + piece.stop) / 2))  # they do not overlap
        gap = following.start - piece.stop
        wanted = max(space - gap, 0.0) if piece.spaced else min(-gap, 0.0)
        narrowest = min(piece.stop - piece.start, following.stop - following.start)
        step = min(max(wanted / 2, -leeway), leeway, narrowest / 4)
        piece.stop -= step
        following.start += step


def _shown(pieces: Sequence[_Piece], turn: tuple[int, int], size: float, codes: Codes) -> Iterator[str]:
    for piece, following in pairwise([*pieces, None]):
        assert piece is not None
        yield f"{_matrix(piece, turn, size)} Tm {_stretched(piece.text, piece.stop - piece.start, size, codes)}"
        if following and piece.spaced:
            yield _stretched(" ", following.start - piece.stop, size, codes)


def _matrix(piece: _Piece, turn: tuple[int, int], size: float) -> str:
    """The text matrix, to pixels with y downwards, that puts the word in its box and makes it as high as that."""
    _, y = turn
    height = _height(piece.box, turn)
    scale = 1000 * height / (font.ASCENT - font.DESCENT) / size
    below = -font.DESCENT / (font.ASCENT - font.DESCENT) * height  # of the base line
    if y == 0:
        return _numbers((1, 0, 0, -scale, piece.start, piece.box.y1 - below))
    across = piece.box.x0 + below if y > 0 else piece.box.x1 - below
    return _numbers((0, y, y * scale, 0, across, y * piece.start))


def _stretched(text: str, length: float, size: float, codes: Codes) -> str:
    """Shows `text` over so many pixels."""
    room = sum(map(font.advance, text)) * size / 1000
    scale = 100 * max(length, _LEAST) / room if room else 100.0
    code = "".join(f"{codes.code(character):04x}" for character in text)
    strings = (code[start : start + 4 * _LONGEST] for start in range(0, len(code), 4 * _LONGEST))
    return " ".join([f"{_number(scale)} Tz", *(f"<{string}> Tj" for string in strings)])


def _numbers(values: Iterable[float], digits: int = 2) -> str:
    return " ".join(_number(value, digits) for value in values)


def _number(value: float, digits: int = 2) -> str:
    text = f"{value:.{digits}f}".rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text
