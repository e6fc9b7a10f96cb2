"""A font whose letters cannot be seen: each character of a document has a code, and all codes share a few glyphs without ink.

TrueType in a CIDFont (ISO 32000-1, 9.7.4; tables as in the OpenType specification), made here, so that there is no licence to
mind. Pure.
"""

from __future__ import annotations

import struct
import unicodedata
from dataclasses import dataclass

from ocrchat.export import tounicode

FONT_NAME = "OcrchatInvisible"

ASCENT, DESCENT = 1000, -300
"""Thousandths of the size of the font. Boxes of lines have white above and below, so they are higher than the font is large;
readers tell spaces by its size. Poppler allows an ascent of 1050."""

_EM = 1000


@dataclass(frozen=True, slots=True)
class _Kind:
    """Characters of one width (thousandths of the size), and their codes: from `first` on, before `end`."""

    advance: int
    first: int
    end: int


_LETTER = _Kind(500, 1, 0xC000)
_MARK = _Kind(200, 0xC000, 0xE000)
"""Marks on letters. Poppler would take a letter behind one without a width for a second copy of it."""
_NOTHING = _Kind(0, 0xE000, 0x10000)
"""Characters that only control others; marks of right-to-left scripts, as pdf.js takes all marks to have no width and would split
these lines; and those that MuPDF joins with their letter."""
_KINDS = (_LETTER, _MARK, _NOTHING)

_NO_CHARACTER = ("Cc", "Cs")
_REPLACEMENT = "\ufffd"
_FORBIDDEN = "\ufeff\ufffe\uffff"
"""What a PDF/A-2u must not say that a code stands for."""


_WIDTHLESS = (("\u0300", "\u036f"), ("\u0590", "\u08ff"), ("\U00010800", "\U00010fff"), ("\U0001e800", "\U0001efff"))
"""Where Unicode has marks of all scripts, and the scripts that are written to the left."""


class Codes:
    """Codes of characters (2 bytes each), given in the order in which they are asked for: small documents have small tables."""

    def __init__(self) -> None:
        self._of: dict[str, int] = {}
        self._next = {kind: kind.first for kind in _KINDS}

    def code(self, character: str) -> int:
        if character in self._of:
            return self._of[character]
        if unicodedata.category(character) in _NO_CHARACTER or character in _FORBIDDEN:
            return self.code(_REPLACEMENT)
        kind = _kind(character)
        code = self._next[kind]
        if code == kind.end:  # more different characters than any document has
            return self.code(_REPLACEMENT)
        self._next[kind] += 1
        self._of[character] = code
        return code

    def to_unicode(self) -> bytes:
        """The ToUnicode CMap."""
        return tounicode.cmap((code, character) for character, code in self._of.items())


def advance(character: str) -> int:
    """Thousandths of the size of the font."""
    return _kind(character).advance


def _kind(character: str) -> _Kind:
    category = unicodedata.category(character)
    if category == "Cf":
        return _NOTHING
    if category not in ("Mn", "Me"):
        return _LETTER
    return _NOTHING if any(first <= character <= last for first, last in _WIDTHLESS) else _MARK


def glyphs_of_codes() -> bytes:
    """CIDToGIDMap: each kind has its glyph, from 1 on. None is glyph 0, which PDF/A forbids."""
    of_codes = b"".join(number.to_bytes(2) * (kind.end - kind.first) for number, kind in enumerate(_KINDS, 1))
    return b"\0\1" + of_codes  # no character has code 0


def default_width() -> int:
    """DW of the CIDFont."""
    return _LETTER.advance


def widths() -> str:
    """W of the CIDFont: those that are not the default."""
    return f"[{' '.join(f'{kind.first} {kind.end - 1} {kind.advance}' for kind in _KINDS[1:])}]"


def program() -> bytes:
    """The TrueType file: glyph 0 is empty, the others are those of the kinds.

    Their outlines have no area but an extent: pdfium takes it for the place of a character, and drops text without one.
    """
    outlines = [b"", *(_outline(kind.advance) for kind in _KINDS)]
    places = [sum(map(len, outlines[:number])) // 2 for number in range(len(outlines) + 1)]
    count, widest = len(outlines), _LETTER.advance
    tables = {
        b"glyf": b"".join(outlines),
        b"head": struct.pack(
            ">IIIIHHQQhhhhHHhhh",
            0x10000, 0x10000, 0, 0x5F0F3CF5, 0b11, _EM, 0, 0, 0, DESCENT, widest, ASCENT, 0, 8, 2, 0, 0,
        ),
        b"hhea": struct.pack(
            ">IhhhHhhhhhhhhhhhH", 0x10000, ASCENT, DESCENT, 0, widest, 0, 0, widest, 1, 0, 0, 0, 0, 0, 0, 0, count
        ),
        b"hmtx": b"".join(struct.pack(">Hh", width, 0) for width in (widest, *(kind.advance for kind in _KINDS))),
        b"loca": struct.pack(f">{len(places)}H", *places),
        b"maxp": struct.pack(">I14H", 0x10000, count, 2, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0),
    }  # fmt: skip
    return _with_directory(tables)


def _outline(width: int) -> bytes:
    """One contour of two points, from the lower left to the upper right."""
    right = max(width, 1)
    header = struct.pack(">5h", 1, 0, DESCENT, right, ASCENT)
    points = struct.pack(">HH2B4h", 1, 0, 1, 1, 0, right, DESCENT, ASCENT - DESCENT)
    return _padded(header + points)


def _with_directory(tables: dict[bytes, bytes]) -> bytes:
    power = len(tables).bit_length() - 1
    directory = struct.pack(">IHHHH", 0x10000, len(tables), 16 << power, power, 16 * (len(tables) - (1 << power)))
    offset = len(directory) + 16 * len(tables)
    body = b""
    for tag, table in sorted(tables.items()):
        padded = _padded(table)
        checksum = sum(struct.unpack(f">{len(padded) // 4}I", padded)) & 0xFFFFFFFF
        directory += tag + struct.pack(">III", checksum, offset + len(body), len(table))
        body += padded
    return directory + body


def _padded(data: bytes) -> bytes:
    return data + bytes(-len(data) % 4)
