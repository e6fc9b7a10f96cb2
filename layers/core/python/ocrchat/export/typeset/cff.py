"""Outlines -> a font program in the Compact Font Format, CID-keyed, in which the glyph, its CID and its code are one number.

Adobe Technical Notes 5176 (the format) and 5177 (charstrings). Glyphs have 1000 units to the em. Pure.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence

_ADOBE, _IDENTITY = 391, 392  # numbers of our strings: those before are the standard ones
_CHARSTRINGS, _CHARSET, _PRIVATE, _BOX = (17,), (15,), (18,), (5,)
_ROS, _COUNT, _FONTS, _SELECT = (12, 30), (12, 34), (12, 36), (12, 37)
_MOVE, _LINE, _CURVE, _END = 21, 5, 8, 14
_WIDE = 29  # what an integer of four bytes begins with
_LARGEST = 32_000


class Outline:
    """The pen that draws a glyph: its charstring, in whole units."""

    def __init__(self, width: int, scale: float) -> None:
        self._scale = scale
        self._out = bytearray(_number(width))
        self._x = self._y = 0
        self.dx = self.dy = 0.0
        self._at = (0.0, 0.0)

    def moveTo(self, point: tuple[float, float]) -> None:
        self._draw(_MOVE, point)

    def lineTo(self, point: tuple[float, float]) -> None:
        self._draw(_LINE, point)

    def curveTo(self, *points: tuple[float, float]) -> None:
        self._draw(_CURVE, *points)

    def qCurveTo(self, control: tuple[float, float], end: tuple[float, float]) -> None:
        """A quadratic curve, as TrueType has them, is a cubic one with the controls two thirds of the way to its own."""
        first, second = (
            (p[0] + (control[0] - p[0]) * 2 / 3, p[1] + (control[1] - p[1]) * 2 / 3) for p in (self._at, end)
        )
        self._draw(_CURVE, first, second, end)

    def closePath(self) -> None:
        """Charstrings close by themselves."""

    endPath = closePath

    @property
    def charstring(self) -> bytes:
        return bytes(self._out) + bytes([_END])

    def _draw(self, operator: int, *points: tuple[float, float]) -> None:
        for px, py in points:
            x, y = round((px + self.dx) * self._scale), round((py + self.dy) * self._scale)
            self._out += _number(x - self._x) + _number(y - self._y)
            self._x, self._y = x, y
        self._out.append(operator)
        self._at = points[-1]


def program(name: str, charstrings: Sequence[bytes], box: tuple[int, int, int, int]) -> bytes:
    """The file; the first charstring is that of the missing glyph."""
    head = bytes([1, 0, 4, 4]) + _index([name.encode("ascii")])
    strings = _index([b"Adobe", b"Identity"]) + _index([])
    empty = _top(box, len(charstrings), 0, 0, 0, 0)
    charset_at = len(head) + len(_index([empty])) + len(strings)
    charset = struct.pack(">BHH", 2, 1, max(len(charstrings) - 2, 0))
    select = struct.pack(">BHHBH", 3, 1, 0, 0, len(charstrings))
    glyphs = _index(charstrings)
    select_at = charset_at + len(charset)
    glyphs_at = select_at + len(select)
    fonts_at = glyphs_at + len(glyphs)
    fonts = _index([_entry(_PRIVATE, 0, fonts_at)])  # nothing private: all has its default
    top = _index([_top(box, len(charstrings), charset_at, select_at, glyphs_at, fonts_at)])
    return b"".join((head, top, strings, charset, select, glyphs, fonts))


def _top(box: Iterable[int], count: int, charset: int, select: int, glyphs: int, fonts: int) -> bytes:
    """The Top DICT; of the same length whatever the numbers."""
    return b"".join(
        (
            _entry(_ROS, _ADOBE, _IDENTITY, 0),
            _entry(_BOX, *box),
            _entry(_COUNT, count),
            _entry(_CHARSET, charset),
            _entry(_SELECT, select),
            _entry(_CHARSTRINGS, glyphs),
            _entry(_FONTS, fonts),
        )
    )


def _entry(operator: tuple[int, ...], *operands: int) -> bytes:
    return b"".join(struct.pack(">Bi", _WIDE, operand) for operand in operands) + bytes(operator)


def _index(items: Sequence[bytes]) -> bytes:
    if not items:
        return b"\0\0"
    offsets = [1]
    for item in items:
        offsets.append(offsets[-1] + len(item))
    return struct.pack(f">HB{len(offsets)}I", len(items), 4, *offsets) + b"".join(items)


def _number(value: int) -> bytes:
    if -107 <= value <= 107:
        return bytes([value + 139])
    if 108 <= value <= 1131:
        return struct.pack(">H", value - 108 + (247 << 8))
    if -1131 <= value <= -108:
        return struct.pack(">H", -value - 108 + (251 << 8))
    return struct.pack(">Bh", 28, max(-_LARGEST, min(value, _LARGEST)))
