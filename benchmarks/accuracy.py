"""How well pages are read: the reader in this process over folders of an evaluation pack, scored by the pack's own script.

    python benchmarks/accuracy.py --eval PACK [--folder A --folder B] [--threads 1] [--weights DIR] [--out FILE]

A pack holds `score.py` and, in each folder, `manifest.json`. The package has to be importable (PYTHONPATH) and the weights
fetched (layers/weights/fetch.py). Prints mean scores and CPU seconds a page by group, and writes both to
benchmarks/results/accuracy.json.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

from ocrchat import engines, reader
from ocrchat.errors import OcrChatError, PageUnreadable
from ocrchat.export import text
from ocrchat.model import Document, PageResult

ROOT = Path(__file__).resolve().parents[1]
MAX_PAGES = 3000
SHOWN = ("n", "primary", "cer", "word_f1", "passed")
"""Scores that are kept: items, the pack's main score (higher is better), character error rate, F1 of words, tests passed."""


def main() -> None:
    parser = argparse.ArgumentParser(description="Reads an evaluation pack and scores it.")
    parser.add_argument("--eval", type=Path, required=True, help="the evaluation pack")
    parser.add_argument("--folder", action="append", help="a folder of it; may be given again (default: A and B)")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--weights", type=Path, default=ROOT / ".build" / "weights")
    parser.add_argument("--out", type=Path, default=ROOT / "benchmarks" / "results" / "accuracy.json")
    parser.add_argument("--predictions", type=Path, help="keep what was read here, one text file an item")
    options = parser.parse_args()
    engine = lru_cache(maxsize=1)(lambda: engines.load(options.weights, options.threads))
    with tempfile.TemporaryDirectory() as scratch:
        predictions = options.predictions or Path(scratch)
        predictions.mkdir(parents=True, exist_ok=True)
        result = {}
        for folder in options.folder or ["A", "B"]:
            timing = _read_folder(options.eval / folder, predictions, engine)
            scores = _score(options.eval, folder, predictions)
            result[folder] = {name: {**scores.get(name, {}), **timing[name]} for name in sorted(timing)}
    _print(result)
    report = {"date": date.today().isoformat(), "engine": engine().name, "threads": options.threads, "folders": result}
    options.out.write_text(json.dumps(report, indent=2) + "\n")


def _read_folder(folder: Path, predictions: Path, engine: Any) -> dict[str, dict[str, float]]:
    """Writes `predictions`; pages read and CPU seconds a page, by group."""
    engine()  # loading is not reading
    pages: dict[str, int] = defaultdict(int)
    seconds: dict[str, float] = defaultdict(float)
    for item in json.loads((folder / "manifest.json").read_text())["items"]:
        started = time.process_time()
        document = _read(folder / item["file"], engine)
        seconds[item["group"]] += time.process_time() - started
        pages[item["group"]] += len(document.pages)
        (predictions / f"{item['id']}.txt").write_bytes(text.write(document))
    return {
        name: {"pages": pages[name], "cpu_s_a_page": round(seconds[name] / max(pages[name], 1), 3)} for name in pages
    }


def _read(path: Path, engine: Any) -> Document:
    """A file that is refused counts as empty."""
    try:
        source = reader.inspect(path.read_bytes(), MAX_PAGES)
    except OcrChatError as error:
        print(f"{path.name}: {error.code}", file=sys.stderr)
        return Document(())
    return Document(tuple(_read_page(path, source, index, engine) for index in range(source.page_count)))


def _read_page(path: Path, source: reader.SourceInfo, index: int, engine: Any) -> PageResult:
    try:
        return reader.read_page(path, source.media_type, index, engine)
    except PageUnreadable as error:
        print(f"{path.name}, page {index + 1}: {error}", file=sys.stderr)
        return PageResult.failed(index, error.code)


def _score(pack: Path, folder: str, predictions: Path) -> dict[str, dict[str, float]]:
    """Items and mean scores, by group."""
    with tempfile.TemporaryDirectory() as scratch:
        out = Path(scratch) / "scores.json"
        command = [sys.executable, str(pack / "score.py"), "--manifest", str(pack / folder / "manifest.json")]
        subprocess.run(
            [*command, "--pred", str(predictions), "--out", str(out), "-q"], check=True, stdout=subprocess.DEVNULL
        )
        means = json.loads(out.read_text())["means"]["group"]
    return {name: {kind: value for kind, value in scores.items() if kind in SHOWN} for name, scores in means.items()}


def _print(result: dict[str, dict[str, dict[str, float]]]) -> None:
    columns = (*SHOWN, "pages", "cpu_s_a_page")
    print(" ".join([f"{'group':<20}", *(f"{column:>12}" for column in columns)]))
    for folder, groups in result.items():
        for name, row in groups.items():
            cells = (f"{row[column]:>12.3f}" if column in row else f"{'-':>12}" for column in columns)
            print(" ".join([f"{folder + ' ' + name:<20.20}", *cells]))


if __name__ == "__main__":
    main()
