"""The evaluation pack: which documents it has, and their pages as pictures for engines that read nothing else."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pymupdf

DPI = 200
"""At which the pages of PDFs are rendered for engines that read pictures; PyMuPDF's and docTR's users take 150 to 300."""

MACROLANGUAGES = {
    **{"als": "sqi", "cmn": "zho", "lvs": "lav", "npi": "nep", "pbu": "pus", "pes": "fas", "plt": "mlg", "uzn": "uzb"},
    **{"ydd": "yid", "zlm": "msa"},
}
"""ISO 639-3: the pack's codes of single languages -> the wider ones that OCR engines go by."""


@dataclass(frozen=True, slots=True)
class Item:
    """One document with its truth. `language` is an ISO 639-1 or 639-3 code; `script` is ISO 15924, for rendered pages.

    `is_image` tells that no page has a text layer: there is nothing to read without OCR. The truth of a formula is LaTeX.
    """

    id: str
    folder: str
    group: str
    file: Path
    pages: int
    is_image: bool
    language: str
    script: str | None
    is_formula: bool = False


def items(pack: Path, folders: list[str], limit: int | None = None) -> list[Item]:
    """The scored items, at most `limit` of each group. A group that mixes digital documents and pictures becomes two."""
    found = [item for folder in folders for item in _manifest(pack, folder)]
    return _first(_unmixed(found), limit)


def _manifest(pack: Path, folder: str) -> list[Item]:
    entries = json.loads((pack / folder / "manifest.json").read_text())["items"]
    return [_item(pack, folder, entry) for entry in entries if "truth" in entry]


def _item(pack: Path, folder: str, entry: dict[str, Any]) -> Item:
    file = pack / folder / entry["file"]
    pages, is_image = 1, True
    if file.suffix == ".pdf":
        with pymupdf.open(file) as document:
            pages, is_image = len(document), not any(page.get_text().strip() for page in document)
    language = MACROLANGUAGES.get(entry["lang"], entry["lang"])
    is_formula = entry.get("truth_kind") == "latex"
    return Item(entry["id"], folder, entry["group"], file, pages, is_image, language, entry.get("script"), is_formula)


def _unmixed(found: list[Item]) -> list[Item]:
    """Peers that only read pictures are compared on whole groups, so no group may be half readable for them."""
    kinds = defaultdict(set)
    for item in found:
        kinds[item.folder, item.group].add(item.is_image)
    return [
        replace(item, group=f"{item.group}-image")
        if item.is_image and len(kinds[item.folder, item.group]) > 1
        else item
        for item in found
    ]


def _first(found: list[Item], limit: int | None) -> list[Item]:
    if limit is None:
        return found
    taken: dict[tuple[str, str], int] = defaultdict(int)
    kept = []
    for item in found:
        taken[item.folder, item.group] += 1
        if taken[item.folder, item.group] <= limit:
            kept.append(item)
    return kept


def pictures(item: Item, folder: Path) -> list[str]:
    """Paths of its pages as pictures: the file itself, or what is rendered of a PDF into `folder`."""
    if item.file.suffix != ".pdf":
        return [str(item.file)]
    paths = []
    with pymupdf.open(item.file) as document:
        for index, page in enumerate(document):
            path = folder / f"{item.id}-{index}.png"
            page.get_pixmap(dpi=DPI).save(path)
            paths.append(str(path))
    return paths
