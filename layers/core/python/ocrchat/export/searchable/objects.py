"""What is added to a PDF: objects, and pages' invisible text with its font. Through PyMuPDF."""

from __future__ import annotations

import zlib
from collections.abc import Mapping

import pymupdf
from pymupdf import mupdf

from ocrchat.export.searchable import font
from ocrchat.export.searchable.font import Codes

_HIDING = b"/Span <</ActualText ( )>> BDC\n"
"""What is drawn until `_HIDDEN` is copied as a space (ISO 32000-1, 14.9.4). Not as nothing: pdfium would copy what it was."""
_HIDDEN = b"\nEMC\n"


def add_object(pdf: pymupdf.Document, text: str) -> int:
    """Its number."""
    number: int = pdf.get_new_xref()
    pdf.update_object(number, text)
    return number


def add_stream(
    pdf: pymupdf.Document, data: bytes, entries: Mapping[str, str] | None = None, compressed: bool = True
) -> int:
    """A stream with these entries in its dictionary; its number. Without `compressed`, `data` is stored as it is."""
    number = add_object(pdf, "<<>>")
    pdf.update_stream(number, zlib.compress(data, 9) if compressed else data, compress=False)
    # Behind the data: with it, PyMuPDF removes what says how it is encoded.
    for key, value in {**({"Filter": "/FlateDecode"} if compressed else {}), **(entries or {})}.items():
        pdf.xref_set_key(number, key, value)
    return number


class TextWriter:
    """Puts text on pages of `pdf`; `finish` it when all have theirs."""

    def __init__(self, pdf: pymupdf.Document) -> None:
        self.codes = Codes()
        self._pdf = pdf
        self._low = pymupdf._as_pdf_document(pdf)
        self._font = 0

    def put(self, page: int, content: bytes, hiding: bool = False) -> None:
        """Writes `content` on the page with this index, before all that it draws: there the coordinates are still the page's.

        With `hiding`, the text that it has itself can be seen as before, but not be copied any more.
        """
        self._font = self._font or add_object(self._pdf, "<<>>")
        low_page = mupdf.pdf_lookup_page_obj(self._low, page)
        self._know_font(low_page)
        parts = [content + _HIDING] if hiding else [content]
        contents = mupdf.pdf_new_array(self._low, 3)
        for part in parts:
            mupdf.pdf_array_push(contents, self._reference(add_stream(self._pdf, part)))
        own = mupdf.pdf_dict_gets(low_page, "Contents")
        if mupdf.pdf_is_array(own):
            for position in range(mupdf.pdf_array_len(own)):
                mupdf.pdf_array_push(contents, mupdf.pdf_array_get(own, position))
        elif mupdf.pdf_is_stream(own):
            mupdf.pdf_array_push(contents, own)
        if hiding:
            mupdf.pdf_array_push(contents, self._reference(add_stream(self._pdf, _HIDDEN)))
        mupdf.pdf_dict_puts(low_page, "Contents", contents)

    def finish(self) -> None:
        if not self._font:
            return
        program = font.program()
        descriptor = add_object(
            self._pdf,
            f"<</Type/FontDescriptor/FontName/{font.FONT_NAME}/Flags 4/ItalicAngle 0/StemV 80/CapHeight {font.ASCENT}"
            f"/Ascent {font.ASCENT}/Descent {font.DESCENT}"
            f"/FontBBox[0 {font.DESCENT} {font.default_width()} {font.ASCENT}]"
            f"/FontFile2 {add_stream(self._pdf, program, {'Length1': str(len(program))})} 0 R>>",
        )
        glyphs = add_stream(self._pdf, font.glyphs_of_codes())
        descendant = add_object(
            self._pdf,
            f"<</Type/Font/Subtype/CIDFontType2/BaseFont/{font.FONT_NAME}"
            "/CIDSystemInfo<</Registry(Adobe)/Ordering(Identity)/Supplement 0>>"
            f"/FontDescriptor {descriptor} 0 R/DW {font.default_width()}/W{font.widths()}/CIDToGIDMap {glyphs} 0 R>>",
        )
        self._pdf.update_object(
            self._font,
            f"<</Type/Font/Subtype/Type0/BaseFont/{font.FONT_NAME}/Encoding/Identity-H/DescendantFonts[{descendant} 0 R]"
            f"/ToUnicode {add_stream(self._pdf, self.codes.to_unicode())} 0 R>>",
        )

    def _know_font(self, page: mupdf.PdfObj) -> None:
        """In the page's resources, which may be those of other pages too: a font more does them no harm."""
        resources = mupdf.pdf_dict_gets_inheritable(page, "Resources")
        if not mupdf.pdf_is_dict(resources):
            resources = mupdf.pdf_dict_puts_dict(page, "Resources", 1)
        fonts = mupdf.pdf_dict_gets(resources, "Font")
        if not mupdf.pdf_is_dict(fonts):
            fonts = mupdf.pdf_dict_puts_dict(resources, "Font", 1)
        mupdf.pdf_dict_puts(fonts, font.FONT_NAME, self._reference(self._font))

    def _reference(self, number: int) -> mupdf.PdfObj:
        return mupdf.pdf_new_indirect(self._low, number, 0)
