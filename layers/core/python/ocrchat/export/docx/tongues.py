"""Languages as Word wants to know them, for spelling, for breaking lines and for the shape of ideographs: in three kinds."""

from __future__ import annotations

from collections import Counter

from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from lxml.etree import _Element

from ocrchat import languages
from ocrchat.model import Document

_TAGS = {"ch": "zh-CN", "chinese_cht": "zh-TW", "en": "en-US", "ja": "ja-JP", "ko": "ko-KR", "rs_latin": "sr-Latn"}
"""BCP 47 of the codes that are none, and of those whose region decides how they look."""

_EAST_ASIAN = ("Hang", "Hans", "Hant", "Jpan")
_SIMPLE = ("Armn", "Cans", "Cher", "Cyrl", "Ethi", "Geor", "Grek", "Latn")
"""Scripts, ISO 15924: those of the East, and those of the languages that Word calls neither Asian nor complex."""


def main(document: Document) -> str | None:
    """The language of most pages."""
    told = Counter(page.language for page in document.pages if page.language)
    return told.most_common(1)[0][0] if told else None


def element(language: str) -> _Element:
    """`w:lang` of a run."""
    made: _Element = OxmlElement("w:lang")
    kind, tag = _told(language)
    made.set(qn(f"w:{kind}"), tag)
    return made


def defaults(document: Document) -> _Element:
    """`w:lang` of a document: of each kind the language that most pages have."""
    told = Counter(page.language for page in document.pages if page.language)
    made: _Element = OxmlElement("w:lang")
    for language, _ in reversed(told.most_common()):
        kind, tag = _told(language)
        made.set(qn(f"w:{kind}"), tag)
    return made


def _told(code: str) -> tuple[str, str]:
    """The attribute of `w:lang` that a language stands in, and what stands there."""
    known = languages.find(code)
    if known is None:
        return "val", code
    tag = _TAGS.get(known.code, known.code)
    return "eastAsia" if known.script in _EAST_ASIAN else "val" if known.script in _SIMPLE else "bidi", tag
