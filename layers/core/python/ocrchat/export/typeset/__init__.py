"""Document -> PDF in which its content is set anew, to read and to copy from.

Headings are the PDF's outline. A paragraph is one if it was set as one (`export.prose`), else its lines are kept. Each page of
the source begins on a new page, A4 upright or lying as it was, and takes as many as it needs. Same document, same bytes.

Headings, lists, tables with their spans and header rows are tagged as what they are (ISO 32000-1, 14.8), to be listened to.

Modules: `book` (what a block looks like), `tables` and their `columns`, `sheets` (pages filled from top to bottom), `wrapping`
(lines), `direction` (right-to-left), `shaping` (glyphs), `fonts` and `cff` (the fonts), `structure` (tags), `pdf` and `objects`
(the file). Why none of the ready ones: docs/adr/0014-typeset-pdf.md.
"""

from __future__ import annotations

from ocrchat.model import Document


def write(document: Document) -> bytes:
    from ocrchat.export.typeset.book import typeset  # HarfBuzz and PyMuPDF

    return typeset(document)
