"""The DOCX package around the text: its parts, what it says of itself, and its bytes."""

from __future__ import annotations

import io
import zipfile

import docx
from docx.document import Document as WordDocument
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.oxml.ns import qn

from ocrchat.export.docx import styles
from ocrchat.model import Document

_TIME = (1980, 1, 1, 0, 0, 0)
"""Of every file in the package: the first that a zip can tell, so that the same document gives the same bytes."""

_NOT_OURS = (
    RELATIONSHIP_TYPE.CUSTOM_XML,
    RELATIONSHIP_TYPE.EXTENDED_PROPERTIES,
    RELATIONSHIP_TYPE.THUMBNAIL,
    "http://schemas.microsoft.com/office/2007/relationships/stylesWithEffects",
)
"""What python-docx's template has besides: a bibliography, whose word processor wrote it, a picture of an empty page, and its
styles a second time, which must not differ from ours."""

_WORD_2013 = "15"
"""The compatibility mode of Word since 2013: with an older one it says so in the title of the window."""


def new(document: Document, size: float) -> WordDocument:
    """Without text, with the styles that `body` uses. `size` is that of the text, in points."""
    word = docx.Document()
    for relations in (word.part.package.rels, word.part.rels):
        for key in [key for key, each in relations.items() if each.reltype in _NOT_OURS]:
            del relations[key]
    _empty(word.core_properties._element)  # an author, a title and a date
    _empty(word.part.numbering_part.element)
    styles.define(word.styles.element, document, size)
    _modernise(word)
    return word


def packed(word: WordDocument) -> bytes:
    written, out = io.BytesIO(), io.BytesIO()
    word.save(written)
    with zipfile.ZipFile(written) as made, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as fixed:
        for name in made.namelist():
            fixed.writestr(zipfile.ZipInfo(name, _TIME), made.read(name), zipfile.ZIP_DEFLATED)
    return out.getvalue()


def _empty(element: object) -> None:
    for child in list(element):  # type: ignore[call-overload]
        element.remove(child)  # type: ignore[attr-defined]


def _modernise(word: WordDocument) -> None:
    settings = word.settings.element
    settings.find(qn("w:zoom")).set(qn("w:percent"), "100")  # the schema wants one
    for setting in settings.iter(qn("w:compatSetting")):
        if setting.get(qn("w:name")) == "compatibilityMode":
            setting.set(qn("w:val"), _WORD_2013)
