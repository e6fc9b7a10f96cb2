"""Memory of a worker that goes on and on: the reader over mixed pages (A and B of an evaluation pack, round and round).

    python -m benchmarks.memory --eval PACK [--pages 1000]

Resident memory after the first page, the highest of samples every 50 pages, and after the last (Linux only). Writes
benchmarks/results/memory.json.
"""

from __future__ import annotations

import argparse
import itertools
import json
from pathlib import Path

from rich.console import Console
from rich.progress import Progress

from benchmarks import machine, pack, peers
from benchmarks.accuracy import WARM_UP
from benchmarks.peers import Process

RESULTS = Path(__file__).parent / "results" / "memory.json"
SAMPLE_PAGES = 50


def main() -> None:
    parser = argparse.ArgumentParser(description="Measures the memory of a worker over many pages.")
    parser.add_argument("--eval", type=Path, required=True, help="the evaluation pack")
    parser.add_argument("--pages", type=int, default=1000)
    options = parser.parse_args()
    process = Process(peers.OCRCHAT)
    try:
        figures = measure(process, pack.items(options.eval, ["A", "B"]), options.pages)
    finally:
        process.stop()
    RESULTS.write_text(json.dumps(machine.facts() | figures, indent=1) + "\n")
    print(figures)


def measure(process: Process, items: list[pack.Item], pages: int) -> dict[str, object]:
    start = process.ask(WARM_UP)
    peak, read = 0.0, 0
    samples: list[float] = []
    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("pages", total=pages)
        for item in itertools.cycle(items):
            answer = process.ask({"file": str(item.file), "images": []}, item.pages)
            if answer.get("ended"):
                raise SystemExit(f"{item.id}: {answer['error']}")
            read += item.pages
            progress.update(task, completed=read)
            if "rss_mb" in answer:  # a page that was refused has none
                peak = answer["peak_rss_mb"]
                if read >= SAMPLE_PAGES * (len(samples) + 1):
                    samples.append(answer["rss_mb"])
            if read >= pages:
                break
    return {
        "pages": read,
        "start_mb": start["rss_mb"],
        "max_mb": max(samples, default=start["rss_mb"]),
        "end_mb": answer.get("rss_mb"),
        "peak_mb": peak,
        "samples_mb": samples,
    }


if __name__ == "__main__":
    main()
