"""Languages in Latin letters with marks: PP-OCRv6 knows the letters, but loses many marks where print is not clean.

Tesseract, which knows the words of a language, reads them with a third of the errors (docs/adr/0010). It takes the place of the
small model then, at the same cost.
"""

from __future__ import annotations

from collections.abc import Sequence

from ocrchat import languages
from ocrchat.engines.reading import Reading
from ocrchat.engines.scripts import Line
from ocrchat.languages.detection import detect_language

_LEGIBLE = 0.8
"""Confidence of lines that tell a language."""

_MOST = 0.5
"""Share of the page's lines, by their length."""

_CLEAR = 0.6
"""Tesseract's confidence from which on it is followed. It makes less of what is no words of the language: names, handwriting."""


def data_for(lines: Sequence[Line], language: str) -> str:
    """Tesseract's data for the language that was asked for, or is read; empty where PP-OCRv6 reads that as well itself."""
    known = languages.find(language) or languages.find(_told(lines) or "")
    return known.tessdata if known and known.script == "Latn" else ""


def _told(lines: Sequence[Line]) -> str | None:
    """The language of a page most of which is legible: in nonsense that other scripts are read as, any may be found."""
    legible = [line for line in lines if line.trust >= _LEGIBLE]
    if sum(line.width for line in legible) < _MOST * sum(line.width for line in lines):
        return None
    return detect_language("\n".join(line.text for line in legible))


def has_words(reading: Reading) -> bool:
    """Whether a language is of use: amounts and dates are the same in all."""
    return any(character.isalpha() for character in reading.text)


def is_clear(reading: Reading) -> bool:
    """Whether Tesseract's reading is to be taken instead of PP-OCRv6's."""
    return reading.confidence >= _CLEAR
