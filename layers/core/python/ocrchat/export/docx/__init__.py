"""Document -> DOCX (Office Open XML, ECMA-376), made with python-docx: for Word, LibreOffice and what reads their files.

Each page of the source begins on a new page of the same shape. Headings, lists, captions and tables are what they are in Word:
they make its outline, number themselves, and repeat their header rows. A paragraph is one if it was set as one (`export.prose`);
else its lines are kept. A table that goes on over pages stands whole on the first of them. Running heads and feet stay where they
are on the page, footnotes come behind its text: nothing is lost. A page that could not be read says so. Of a figure, its
labels are written.

The same document gives the same bytes.
"""

from __future__ import annotations

from ocrchat.model import Document


def write(document: Document) -> bytes:
    from ocrchat.export.docx import body, fit, package, pages

    sizes = pages.sizes(document)
    letter_size = fit.letter_size(document, sizes)
    word = package.new(document, letter_size)
    body.fill(word, document, sizes, letter_size)
    return package.packed(word)
