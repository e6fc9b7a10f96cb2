"""Real documents, made on the spot."""

from __future__ import annotations

import pymupdf

from ocrchat.model import Block, BlockType, Box, Cell, Table


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


def table_of(*cells: Cell) -> Block:
    rows = max(cell.row + cell.row_span for cell in cells)
    columns = max(cell.column + cell.column_span for cell in cells)
    return Block((), BlockType.TABLE, table=Table(rows, columns, cells), area=Box(0, 0, 500, 100))


SALES = table_of(
    Cell(0, 0, "Region", row_span=2, is_header=True),
    Cell(0, 1, "Sales", column_span=2, is_header=True),
    Cell(1, 1, "2023", is_header=True),
    Cell(1, 2, "2024", is_header=True),
    Cell(2, 0, "North"),
    Cell(2, 1, "5"),
    Cell(2, 2, "7"),
)
"""Two header rows, and spans both ways."""
