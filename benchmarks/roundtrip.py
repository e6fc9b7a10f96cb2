"""Downloads read back: how much of a job's text comes out of each format, and where the words of a searchable PDF lie.

    python -m benchmarks.roundtrip --eval PACK [--limit ITEMS]

Folders B and E of the pack (documents in some 80 languages) are read once, with Tesseract's data where `make languages` has put
it. Each format is then written, and read by python-docx, PyMuPDF and, where they are on PATH or installed, pdftotext and pdfium.
Compared are bags of characters without white space, and bags of words where words have spaces between them: 1 is all of it and
nothing else. Hyphens at the ends of lines are left out. Places are those of PyMuPDF's words. Writes
benchmarks/results/roundtrip.json.
"""

from __future__ import annotations

import argparse
import importlib.util
import io
import json
import re
import shutil
import subprocess
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from statistics import mean

import docx
import pymupdf
from markdown_it import MarkdownIt
from rich.console import Console
from rich.progress import track

from benchmarks import machine, pack
from benchmarks.exports import finished
from local import runtime
from ocrchat import engines, export
from ocrchat.model import TEXT_LAYER, Box, Document
from ocrchat.writing import is_ideograph

RESULTS = Path(__file__).parent / "results" / "roundtrip.json"
FOLDERS = ["B", "E"]
NEAR = 3.0
"""Pixels at 200 dpi."""

_WORD = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_UNSPACED = ("THAI", "LAO", "KHMER", "MYANMAR", "TIBETAN")

console = Console(highlight=False)


def main() -> None:
    parser = argparse.ArgumentParser(description="Reads downloads back.")
    parser.add_argument("--eval", type=Path, required=True, help="the evaluation pack")
    parser.add_argument("--limit", type=int, help="items of each group, for a quick look")
    options = parser.parse_args()
    items = pack.items(options.eval, FOLDERS, options.limit)
    tessdata = runtime.TESSDATA if (runtime.TESSDATA / ".ready").exists() else None
    models = engines.CpuModels(runtime.WEIGHTS, tessdata, threads=1)
    scores: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    distances: list[float] = []
    for item in track(items, "Reading", console=console):
        content = finished(item, models)
        document = content.document(with_words=True)
        if not document.text:
            continue
        written = {name: form.write(content) for name, form in export.FORMATS.items()}
        for name, text in _read_back(written):
            scores[name]["characters"].append(_f1(_characters(document.text), _characters(text)))
            if _has_spaces(document.text):
                scores[name]["words"].append(_f1(_words(document.text), _words(text)))
        distances += _distances(document, written["pdf"])
    report = machine.facts() | {
        "documents": len(items),
        "text": {name: {kind: _summary(values) for kind, values in kinds.items()} for name, kinds in scores.items()},
        "words_placed": {
            "words": len(distances),
            "near": round(mean(distance <= NEAR for distance in distances), 4),
            "median_px": round(sorted(distances)[len(distances) // 2], 2),
        },
    }
    RESULTS.write_text(json.dumps(report, indent=1) + "\n")
    console.print_json(data=report)


def _read_back(written: Mapping[str, bytes]) -> Iterable[tuple[str, str]]:
    """(format and reader, text)."""
    yield "txt", written["txt"].decode()
    yield "md", _of_markdown(written["md"].decode())
    yield "docx, python-docx", _of_docx(written["docx"])
    for name in ("pdf", "pdf-text"):
        for reader, read in PDF_READERS.items():
            yield f"{name}, {reader}", read(written[name])


def _of_markdown(text: str) -> str:
    tokens = MarkdownIt("commonmark").enable("table").parse(text)
    inline = [
        child.content for token in tokens for child in token.children or [] if child.type in ("text", "code_inline")
    ]
    html = [re.sub(r"<[^>]*>", " ", token.content) for token in tokens if token.type == "html_block"]
    return "\n".join([*inline, *html])


def _of_docx(data: bytes) -> str:
    body = docx.Document(io.BytesIO(data)).element.body
    paragraphs = (
        "".join(
            part.text or "" if part.tag == f"{_WORD}t" else " " for part in paragraph.iter(f"{_WORD}t", f"{_WORD}br")
        )
        for paragraph in body.iter(f"{_WORD}p")
    )
    return "\n".join(paragraphs)


def _by_pymupdf(data: bytes) -> str:
    with pymupdf.open("pdf", data) as document:
        return "\n".join(page.get_text() for page in document)


def _by_poppler(data: bytes) -> str:
    return subprocess.run(["pdftotext", "-", "-"], input=data, capture_output=True, check=True).stdout.decode()


def _by_pdfium(data: bytes) -> str:
    import pypdfium2

    with pypdfium2.PdfDocument(data) as document:
        return "\n".join(page.get_textpage().get_text_range() for page in document)


PDF_READERS: dict[str, Callable[[bytes], str]] = {
    "MuPDF": _by_pymupdf,
    **({"Poppler": _by_poppler} if shutil.which("pdftotext") else {}),
    **({"pdfium": _by_pdfium} if importlib.util.find_spec("pypdfium2") else {}),
}


def _distances(document: Document, data: bytes) -> Iterable[float]:
    """How far recognised words are from their boxes in the PDF, in pixels at 200 dpi: the side that is furthest off."""
    with pymupdf.open("pdf", data) as pdf:
        for page, shown in zip(document.pages, pdf, strict=True):
            if page.error or page.rotation or page.engine == TEXT_LAYER:
                continue
            scale = page.width / shown.rect.width
            places = defaultdict(list)
            for x0, y0, x1, y1, text, *_ in shown.get_text("words"):
                places[text].append(Box(x0 * scale, y0 * scale, x1 * scale, y1 * scale))
            for line in page.lines:
                for word in line.words:
                    if found := places.get(word.text):
                        yield min(_distance(word.box, place) for place in found) * 200 / page.dpi


def _distance(box: Box, place: Box) -> float:
    return max(abs(box.x0 - place.x0), abs(box.x1 - place.x1))


def _words(text: str) -> Counter[str]:
    return Counter(re.sub(r"[-\u2010\xad]\s*\n\s*", "", _normal(text)).split())


def _characters(text: str) -> Counter[str]:
    return Counter(re.sub(r"[\s\-\u2010]+", "", _normal(text)))


def _normal(text: str) -> str:
    """Without soft hyphens, direction marks, and what PDF has no characters for."""
    folded = unicodedata.normalize("NFKC", text)
    return "".join(c for c in folded if c in "\n\t" or unicodedata.category(c) not in ("Cf", "Cc", "Cs", "Co"))


def _has_spaces(text: str) -> bool:
    letters = [character for character in text if character.isalpha()]
    unspaced = sum(is_ideograph(c) or unicodedata.name(c, "").startswith(_UNSPACED) for c in letters)
    return unspaced < len(letters) / 10


def _f1(truth: Counter[str], found: Counter[str]) -> float:
    total = truth.total() + found.total()
    return 2 * (truth & found).total() / total if total else 1.0


def _summary(values: list[float]) -> dict[str, float]:
    return {"documents": len(values), "mean": round(mean(values), 4), "worst": round(min(values), 4)}


if __name__ == "__main__":
    main()
