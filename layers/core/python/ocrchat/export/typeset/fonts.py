"""The fonts: those that PyMuPDF carries, Noto (OFL) for most scripts and Droid Sans Fallback (Apache-2.0) for Chinese, Japanese
and Korean. Nothing has to be fetched, and none is looked for on the machine.

In the PDF they are one font, made here. A code of it (2 bytes) stands for what HarfBuzz makes of a cluster of characters, drawn
as one glyph, and for the text that this is copied as. What is drawn for a syllable of an Indic script, a letter with its vowel
marks or a ligature has a meaning only as a whole, and readers cannot mistake the order of parts that are not there. And where
the font changes within a line, pdf.js loses the order of right-to-left text.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, field
from functools import cache, cached_property

import pymupdf
import uharfbuzz as hb
from pymupdf import mupdf

from ocrchat.export.typeset.cff import Outline

_LATIN = "LATIN"
_HAN = "HAN"
_SYMBOLS = ("symbol1", "symbol2", "math", "music", "emoji")
"""Names of MuPDF's fonts for what is of no script, in the order in which they are asked."""

_SCRIPTS = {
    **dict.fromkeys(
        ("CJK", "HIRAGANA", "KATAKANA", "HANGUL", "IDEOGRAPHIC", "FULLWIDTH", "HALFWIDTH", "BOPOMOFO"), _HAN
    ),
    "CANADIAN": "CANADIAN_ABORIGINAL",
    **dict.fromkeys(("ARABIC-INDIC", "EXTENDED"), "ARABIC"),  # digits
}
"""What the Unicode name of a character begins with -> the script in MuPDF's constants, where these differ."""

CODES = 0xFFFF
"""A font of the PDF has no more."""

Shape = tuple[tuple[int, int, int], ...]
"""Glyphs and where they are drawn, x and y in units of their face."""


@dataclass(frozen=True, eq=False)
class Face:
    """One of those that PyMuPDF carries."""

    name: str
    data: bytes = field(repr=False)

    @cached_property
    def shaper(self) -> hb.Font:
        return hb.Font(hb.Face(self.data))

    @cached_property
    def to_thousandths(self) -> float:
        return 1000 / float(self.shaper.face.upem)

    @cached_property
    def height(self) -> float:
        """Of a line, in sizes."""
        extents = self.shaper.get_font_extents("ltr")
        return float(extents.ascender - extents.descender) * self.to_thousandths / 1000

    @cached_property
    def characters(self) -> frozenset[int]:
        return frozenset(self.shaper.face.unicodes)

    def has(self, character: str) -> bool:
        return ord(character) in self.characters


@dataclass(eq=False)
class Font:
    """A font of the PDF: what its codes, from 1 on, are copied as, their widths in thousandths of the size, and what is drawn."""

    name: str
    texts: list[str] = field(default_factory=lambda: [""])
    widths: list[int] = field(default_factory=lambda: [0])
    charstrings: list[bytes] = field(default_factory=lambda: [Outline(0, 1).charstring])
    _codes: dict[tuple[str, Shape, str], int] = field(default_factory=dict)

    @property
    def room(self) -> int:
        """How many codes are left."""
        return CODES - len(self._codes)

    def code(self, face: Face, shape: Shape, text: str, width: int) -> int:
        """`width` becomes that of the code if it is new."""
        key = (face.name, shape, text)
        if key not in self._codes:
            self._codes[key] = len(self.texts)
            self.texts.append(text)
            self.widths.append(width)
            pen = Outline(width, face.to_thousandths)
            for glyph, pen.dx, pen.dy in shape:
                face.shaper.draw_glyph_with_pen(glyph, pen)
            if not shape:
                # Nothing to be seen, but a place: pdfium drops text without one.
                pen.moveTo((0, 0))
                pen.lineTo((1 / face.to_thousandths, 700 / face.to_thousandths))
            self.charstrings.append(pen.charstring)
        return self._codes[key]


class Fonts:
    """The faces that a document needs, each loaded when its first character comes."""

    def __init__(self) -> None:
        self._by_script: dict[str, Face | None] = {}
        self._by_name: dict[str, Face] = {}
        self._by_character: dict[str, Face] = {}
        self.written: list[Font] = []

    def font(self, codes: int) -> Font:
        """The font of the PDF to write with, which has room for so many codes: the same one but for forged documents."""
        if not self.written or self.written[-1].room < codes:
            self.written.append(Font(f"F{len(self.written)}"))
        return self.written[-1]

    def face(self, character: str) -> Face:
        """The one that has the character; if none does, one that draws a box for it."""
        found = self._by_character.get(character)
        if found is None:
            found = self._by_character[character] = self._find(character)
        return found

    def _find(self, character: str) -> Face:
        word = unicodedata.name(character, _LATIN).split()[0]
        names = (_SCRIPTS.get(word, word), _LATIN, *_SYMBOLS, _HAN)
        faces = (face for name in names if (face := self._script(name)))
        return next((face for face in faces if face.has(character)), self._latin)

    @property
    def _latin(self) -> Face:
        face = self._script(_LATIN)
        assert face is not None
        return face

    def _script(self, script: str) -> Face | None:
        if script not in self._by_script:
            found = _carried(script)
            self._by_script[script] = self._by_name.setdefault(found[0], Face(*found)) if found else None
        return self._by_script[script]


@cache
def _carried(script: str) -> tuple[str, bytes] | None:
    """Name and file of the font that MuPDF carries for a script. All of them have 12 MB."""
    if script in _SYMBOLS:
        data = mupdf.ll_fz_new_buffer_from_shared_data(*getattr(mupdf, f"fz_lookup_noto_{script}_font")())
        return f"Noto {script}", bytes(mupdf.FzBuffer(data).fz_buffer_extract_copy())
    number = getattr(mupdf, f"UCDN_SCRIPT_{script}", None)
    if number is None:
        return None
    try:
        font = pymupdf.Font(script=number)
    except AttributeError:  # how PyMuPDF says that there is no font for the script
        return None
    return font.name, bytes(font.buffer)
