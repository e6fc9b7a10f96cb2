"""Which font a text is given: one that Windows has, with its letters. Where it is not installed, as under LibreOffice on Linux,
another one with these letters takes its place.

Word keeps up to four fonts for a run (`w:rFonts`, ECMA-376 Part 1, 17.3.2.26): one for ideographs, one for the letters of Arabic,
Hebrew, Thai and the like, two for the rest. Which letters are of which kind is not written down for all scripts: so a run is
given one font for ideographs, and one for all else.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter

from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from lxml.etree import _Element

DEFAULT = "Arial"
"""Every word processor has it or Liberation Sans, whose letters are as wide. Of Latin, Greek, Cyrillic, Hebrew and Arabic."""

_HAN, _TRADITIONAL, _KANA, _HANGUL = "Microsoft YaHei", "Microsoft JhengHei", "Yu Gothic", "Malgun Gothic"

_RANGES = (
    (0x0530, 0x058F, "Sylfaen"),  # Armenian
    (0x0700, 0x074F, "Segoe UI Historic"),  # Syriac
    (0x0780, 0x07BF, "MV Boli"),  # Thaana
    (0x07C0, 0x07FF, "Ebrima"),  # N'Ko
    (0x0900, 0x0DFF, "Nirmala UI"),  # Devanagari to Sinhala
    (0x0E00, 0x0EFF, "Leelawadee UI"),  # Thai, Lao
    (0x0F00, 0x0FFF, "Microsoft Himalaya"),  # Tibetan
    (0x1000, 0x109F, "Myanmar Text"),
    (0x10A0, 0x10FF, "Sylfaen"),  # Georgian
    (0x1100, 0x11FF, _HANGUL),
    (0x1200, 0x139F, "Ebrima"),  # Ethiopic
    (0x13A0, 0x167F, "Gadugi"),  # Cherokee, Canadian syllabics
    (0x1780, 0x17FF, "Leelawadee UI"),  # Khmer
    (0x1800, 0x18AF, "Mongolian Baiti"),
    (0x1C50, 0x1C7F, "Nirmala UI"),  # Ol Chiki
    (0x2D30, 0x2DDF, "Ebrima"),  # Tifinagh, Ethiopic
    (0x2E80, 0x303F, _HAN),
    (0x3040, 0x30FF, _KANA),
    (0x3100, 0x312F, _HAN),
    (0x3130, 0x318F, _HANGUL),
    (0x31F0, 0x31FF, _KANA),
    (0x3400, 0x9FFF, _HAN),
    (0xA000, 0xA4CF, "Microsoft Yi Baiti"),
    (0xAA60, 0xAA7F, "Myanmar Text"),
    (0xAC00, 0xD7AF, _HANGUL),
    (0xF900, 0xFAFF, _HAN),
    (0xFF00, 0xFFEF, _HAN),  # full-width forms
    (0x20000, 0x3FFFF, _HAN),
)
"""First and last code point of what a font is taken for, ascending."""

_STARTS = [first for first, _, _ in _RANGES]

_OF_IDEOGRAPHS = (_HAN, _KANA, _HANGUL)
_OF_LANGUAGE = {"ja": _KANA, "ko": _HANGUL, "chinese_cht": _TRADITIONAL}
"""Who writes ideographs after their own manner."""


def east_asian(language: str | None) -> str:
    """The font for ideographs of a document in this language."""
    return _OF_LANGUAGE.get(language or "", _HAN)


def for_text(text: str, language: str | None) -> list[_Element]:
    """`w:rFonts` for what is not Latin, Greek, Cyrillic, Hebrew or Arabic in `text`, if there is such: for most of it."""
    if text.isascii():
        return []
    found = Counter(font for character in text if (font := _of(character)))
    ideographs = [font for font in _OF_IDEOGRAPHS if found.pop(font, 0)]
    other = found.most_common(1)[0][0] if found else None
    if not ideographs and not other:
        return []
    return [element(other, _east_asian(ideographs, language) if ideographs else None)]


def element(other: str | None, ideographs: str | None) -> _Element:
    made: _Element = OxmlElement("w:rFonts")
    if ideographs:
        made.set(qn("w:hint"), "eastAsia")  # decides for quotation marks and dashes, which Latin has too
    if other:
        made.set(qn("w:ascii"), other)
        made.set(qn("w:hAnsi"), other)
    if ideographs:
        made.set(qn("w:eastAsia"), ideographs)
    if other:
        made.set(qn("w:cs"), other)
    return made


def _east_asian(found: list[str], language: str | None) -> str:
    if language in _OF_LANGUAGE:
        return _OF_LANGUAGE[language or ""]
    return next((font for font in (_KANA, _HANGUL) if font in found), _HAN)


def _of(character: str) -> str | None:
    code = ord(character)
    if code < _STARTS[0]:
        return None
    _, last, font = _RANGES[bisect_right(_STARTS, code) - 1]
    return font if code <= last else None
