"""Documents of any length, of pages of the examples."""

from __future__ import annotations

import pymupdf

from local.deploy import ROOT


def digital(pages: int) -> bytes:
    """A PDF of the example report's first page, over and over: no time goes into recognition."""
    with pymupdf.open(ROOT / "examples" / "report.pdf") as report, pymupdf.open() as made:
        for _ in range(pages):
            made.insert_pdf(report, to_page=0)
        return bytes(made.tobytes(garbage=4, deflate=True))  # its fonts and pictures once


def scanned(pages: int) -> bytes:
    """A PDF of the example scan, of which each page has a copy of its own."""
    content = (ROOT / "examples" / "scan.jpg").read_bytes()
    with pymupdf.open() as made:
        for number in range(pages):
            page = made.new_page()
            page.insert_image(page.rect, stream=content + b"%d" % number)
        return bytes(made.tobytes())
