"""Downloads: seconds and bytes for 100 pages in each format, and beside them OCRmyPDF, which makes searchable PDFs too.

    python -m benchmarks.exports --eval PACK

The PDFs of the pack's folder B are read once, which is not counted. Then each format is written from what is stored of a job, as
the functions do it: scanned and digital documents apart. OCRmyPDF (from PATH, where there is one) gets the scanned ones, one at a
time, on one thread, with a time limit of 0 for Tesseract: so it recognises nothing, and what is counted is its own work alone.
CPU seconds of a process and its children. Writes benchmarks/results/exports.json.
"""

from __future__ import annotations

import argparse
import json
import resource
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import track

from benchmarks import machine, pack
from benchmarks.pack import Item
from local import runtime
from ocrchat import codec, engines, export, reader
from ocrchat.errors import PageUnreadable
from ocrchat.export import Format, markdown
from ocrchat.media import SNIFFED_BYTES, MediaType, sniff
from ocrchat.model import Document, Job, JobOptions, PageResult

RESULTS = Path(__file__).parent / "results" / "exports.json"
FOLDER = "B"
OCRMYPDF = (
    "--output-type",
    "pdf",
    "--optimize",
    "0",
    "--jobs",
    "1",
    "--tesseract-timeout",
    "0",
    "--force-ocr",
    "--quiet",
)

console = Console(highlight=False)


class Finished:
    """A job that is done, as the exporters see it: what is not stored of it, they do not have."""

    def __init__(self, job: Job, pages: list[PageResult], file: Path) -> None:
        self.job = job
        self._file = file
        self._pages = [codec.dumps(codec.page_to_json(page)) for page in pages]
        self._shown = codec.document_to_json(self.document(), markdown.document(self.document()), None)

    def document(self, with_words: bool = False) -> Document:
        return Document(tuple(codec.page_from_json(json.loads(page), with_words) for page in self._pages))

    def source(self) -> Path:
        return self._file

    def stored(self) -> tuple[codec.Json, Iterator[bytes]]:
        return self._shown, iter(self._pages)


def main() -> None:
    parser = argparse.ArgumentParser(description="Measures what downloads cost.")
    parser.add_argument("--eval", type=Path, required=True, help="the evaluation pack")
    items = [item for item in pack.items(parser.parse_args().eval, [FOLDER]) if item.file.suffix == ".pdf"]
    models = engines.CpuModels(runtime.WEIGHTS, None, threads=1)
    kinds: dict[str, list[Finished]] = {"scanned": [], "digital": []}
    for item in track(items, "Reading", console=console):
        kinds["scanned" if item.is_image else "digital"].append(finished(item, models))
    figures = {kind: _figures(some) for kind, some in kinds.items()}
    if shutil.which("ocrmypdf"):
        figures["scanned"]["formats"]["pdf by OCRmyPDF"] = _per_100(
            *_by_ocrmypdf(kinds["scanned"]), _pages(kinds["scanned"])
        )
    report = machine.facts() | {"ocrmypdf": _version(), "documents": figures}
    RESULTS.write_text(json.dumps(report, indent=1) + "\n")
    for kind, row in figures.items():
        console.print(f"{kind}: {row['pages']} pages, {row['source_mb']} MB for 100 pages as they came")
        for name, cost in row["formats"].items():
            console.print(f"  {name:<16} {cost['cpu_s']:6.2f} CPU-s  {cost['mb']:8.3f} MB")


def finished(item: Item, models: engines.Models) -> Finished:
    job = Job(item.id, "bench", item.file.name, _media_type(item), item.pages, JobOptions(), datetime.now(UTC))
    return Finished(job, [_read(item, index, models) for index in range(item.pages)], item.file)


def _read(item: Item, index: int, models: engines.Models) -> PageResult:
    try:
        return replace(reader.read_page(item.file, _media_type(item), index, models), index=index)
    except PageUnreadable as error:
        return PageResult.failed(index, error.code)


def _media_type(item: Item) -> MediaType:
    found = sniff(item.file.read_bytes()[:SNIFFED_BYTES])
    assert found
    return found


def _figures(some: list[Finished]) -> dict[str, Any]:
    pages = _pages(some)
    costs = {name: _per_100(*_written(form, some), pages) for name, form in export.FORMATS.items()}
    return {
        "pages": pages,
        "source_mb": round(sum(each.source().stat().st_size for each in some) / pages / 1e4, 3),
        "formats": costs,
    }


def _written(form: Format, some: Iterable[Finished]) -> tuple[float, int]:
    """CPU seconds and bytes."""
    size, start = 0, time.process_time()
    for each in some:
        size += len(form.write(each))
    return time.process_time() - start, size


def _by_ocrmypdf(some: Iterable[Finished]) -> tuple[float, int]:
    size, before = 0, resource.getrusage(resource.RUSAGE_CHILDREN)
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "out.pdf"
        for each in track(list(some), "OCRmyPDF", console=console):
            subprocess.run(["ocrmypdf", *OCRMYPDF, str(each.source()), str(out)], check=True, capture_output=True)
            size += out.stat().st_size
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, size


def _per_100(seconds: float, size: int, pages: int) -> dict[str, float]:
    return {"cpu_s": round(100 * seconds / pages, 2), "mb": round(100 * size / pages / 1e6, 3)}


def _pages(some: Iterable[Finished]) -> int:
    return sum(each.job.page_count for each in some)


def _version() -> str | None:
    if not shutil.which("ocrmypdf"):
        return None
    return subprocess.run(["ocrmypdf", "--version"], check=True, capture_output=True, text=True).stdout.strip()


if __name__ == "__main__":
    main()
