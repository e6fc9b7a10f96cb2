"""The languages that can be asked for, and who reads each: PP-OCRv6 or Tesseract.

Codes are ISO 639-1 (639-3 where there is none), but for PaddleOCR's three that the published API uses: `ch`, `chinese_cht`,
`rs_latin`. A language in two alphabets has a code for each (`uz`, `uz-Cyrl`); the bare one is that of most print today. Pure
data: what is claimed here is checked against the models by tests/unit/test_languages.py.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from ocrchat.languages.table import TABLE

AUTO = "auto"
"""Not a language: it is found out, page by page."""

PP_OCRV6, TESSERACT = "pp-ocrv6", "tesseract"
BOTH = f"{PP_OCRV6}+{TESSERACT}"


@dataclass(frozen=True, slots=True)
class Language:
    """`script` is ISO 15924. `tessdata` names Tesseract's data for it, empty where PP-OCRv6 reads it as well.

    Without `needs_tessdata` it can be read without, with more errors in the marks on its letters.
    """

    code: str
    name: str
    aliases: tuple[str, ...]
    script: str
    tessdata: str
    needs_tessdata: bool

    @property
    def engine(self) -> str:
        if self.needs_tessdata:
            return TESSERACT
        return BOTH if self.tessdata else PP_OCRV6


def find(word: str) -> Language | None:
    """The language of a code, an alias or an English name, in any case, `_` as good as `-`; a region (`pt-BR`) is ignored."""
    key = _key(word)
    return _BY_KEY.get(key) or _BY_KEY.get(re.sub(r"-([a-z]{2}|\d{3})$", "", key))


def _key(word: str) -> str:
    return re.sub(r"[-_\s]+", "-", word.strip().casefold())


def _parsed(row: str) -> Language:
    code, script, data, others, names = (cell.strip() for cell in row.split("|"))
    name, *more = names.split(" / ")
    return Language(code, name, (*others.split(), *more), script, data.lstrip("-+"), data[0] not in "-+")


LANGUAGES = tuple(sorted((_parsed(row) for row in TABLE.strip().splitlines()), key=lambda language: language.name))

_BY_KEY = {_key(word): language for language in LANGUAGES for word in (language.code, language.name, *language.aliases)}
