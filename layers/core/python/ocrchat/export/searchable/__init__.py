"""Document -> searchable PDF: the submitted pages as they are, with what was read on them as invisible text over the words.

Copying and searching then work in every reader of PDFs. How, and what was measured: docs/adr/0013.
"""

from __future__ import annotations

from pathlib import Path

from ocrchat.media import MediaType
from ocrchat.model import Document


def write(document: Document, source: Path, media_type: MediaType) -> bytes:
    """The pages of `document`, in its order, each with its text; those that could not be read stay as they are, without.

    The same input gives the same bytes. Of images it is a PDF/A-2u where they allow that; a PDF stays what it is, and is given
    back untouched where all its pages have their text already. Raises DamagedFile where `source` cannot be opened.
    """
    # Only here: PyMuPDF and Pillow are not in every function that knows the formats.
    if media_type is MediaType.PDF:
        from ocrchat.export.searchable import pdfs

        return pdfs.write(document, source)
    from ocrchat.export.searchable import pictures

    return pictures.write(document, source, media_type)
