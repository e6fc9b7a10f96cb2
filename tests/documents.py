"""Real documents, made on the spot."""

from __future__ import annotations

import pymupdf


def digital_pdf(pages: int) -> bytes:
    """A born-digital PDF; page i (from 0) says "Page number i" and a sentence."""
    with pymupdf.open() as document:
        for index in range(pages):
            page = document.new_page()
            page.insert_text((72, 72), f"Page number {index}", fontsize=14)
            page.insert_text((72, 110), "The quick brown fox jumps over the lazy dog.", fontsize=11)
        return bytes(document.tobytes())


def scanned_pdf(pages: int, dpi: int = 110) -> bytes:
    """The same as images without a text layer."""
    with pymupdf.open("pdf", digital_pdf(pages)) as digital, pymupdf.open() as scanned:
        for page in digital:
            image = page.get_pixmap(dpi=dpi, colorspace=pymupdf.csGRAY).tobytes("png")
            scanned.new_page(width=page.rect.width, height=page.rect.height).insert_image(page.rect, stream=image)
        return bytes(scanned.tobytes(deflate=True))
