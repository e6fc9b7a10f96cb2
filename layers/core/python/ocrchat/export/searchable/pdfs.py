"""A submitted PDF with the text of its pages. Nothing is rendered and no picture touched."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pymupdf
from pymupdf import mupdf

from ocrchat.errors import DamagedFile
from ocrchat.export.searchable import layer, placement
from ocrchat.export.searchable.objects import TextWriter
from ocrchat.export.searchable.own import Places, without
from ocrchat.model import TEXT_LAYER, Document, Line, PageResult

_INVISIBLE = "ignore-text"
_TEXTS = (_INVISIBLE, "fill-text", "stroke-text", "clip-text", "clip-stroke-text")
"""As MuPDF names what a page draws."""

_BROKEN = (mupdf.FzErrorBase, RuntimeError, ValueError)


def write(document: Document, source: Path) -> bytes:
    """Raises DamagedFile."""
    try:
        with pymupdf.open(source, filetype="pdf") as pdf:
            return _written(document, source, pdf)
    except _BROKEN as error:
        raise DamagedFile(
            "The PDF is damaged so that its pages cannot be copied. Save it anew, and send it again."
        ) from error
    finally:
        pymupdf.TOOLS.store_shrink(100)  # else MuPDF keeps what it decoded


def _written(document: Document, source: Path, pdf: pymupdf.Document) -> bytes:
    indexes = [page.index for page in document.pages]
    is_whole = indexes == list(range(pdf.page_count))
    if is_whole and not any(map(_lacks_text, document.pages)):
        return source.read_bytes()  # with its signatures
    # Smaller; in a PDF/A-1 there are none, and must not be.
    has_object_streams = pdf.xref_get_key(-1, "Type")[1] == "/XRef"
    if not is_whole:
        pdf.select(indexes)
    writer = TextWriter(pdf)
    for number, result in enumerate(document.pages):
        if _lacks_text(result):
            _add(writer, pdf, number, result)
    writer.finish()
    return bytes(
        pdf.tobytes(garbage=2, use_objstms=int(has_object_streams), no_new_id=True, encryption=mupdf.PDF_ENCRYPT_NONE)
    )


def _lacks_text(result: PageResult) -> bool:
    """Whether something was read on the page that is not text in the file."""
    return result.engine != TEXT_LAYER and bool(result.lines)


def _add(writer: TextWriter, pdf: pymupdf.Document, number: int, result: PageResult) -> None:
    try:
        page = pdf[number]
        texts = {kind for kind, _ in page.get_bboxlog()}.intersection(_TEXTS)
        lines: Iterable[Line] = result.lines
        is_read = result.engine.startswith(TEXT_LAYER)
        if is_read and texts:
            lines = without(lines, Places(placement.own_text(page, result)))
        elif _INVISIBLE in texts:
            _remove_invisible(page)
            page = pdf[number]
        content = layer.content(lines, placement.to_page(page, result), writer.codes)
    except _BROKEN:
        return  # a page that was read, and cannot be any more, stays as it is
    if content:
        writer.put(number, content, hiding=not is_read and bool(texts - {_INVISIBLE}))


def _remove_invisible(page: pymupdf.Page) -> None:
    """The text that somebody else has recognised before: it would be copied along with ours."""
    _, links = page.parent.xref_get_key(page.xref, "Annots")
    try:
        page.add_redact_annot(page.rect, fill=(), cross_out=False)
        page.apply_redactions(
            images=mupdf.PDF_REDACT_IMAGE_NONE,
            graphics=mupdf.PDF_REDACT_LINE_ART_NONE,
            text=mupdf.PDF_REDACT_TEXT_REMOVE_INVISIBLE,
        )
    finally:
        page.parent.xref_set_key(page.xref, "Annots", links)  # MuPDF removes links as well
    for number in page.get_contents():
        page.parent.update_stream(number, page.parent.xref_stream(number))  # compressed, which MuPDF leaves undone
