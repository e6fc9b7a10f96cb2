"""What the system costs on top of the engine: HTTP round trip minus the time the bare reader takes for the same pages.

For a long document the overhead can be negative: the workers read pages side by side, the bare reader one after another.

    make bench        (or: python -m benchmarks.overhead)

The peer is our own `reader.read_page`, called in this process in the same run, on one thread as a worker has it.
`watched_ratio` is the time of the same pages in a process of their own (docs/adr/0024), through its pipe.
Machines are noisy: read the difference and the ratio, not the seconds.
"""

from __future__ import annotations

import json
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
from rich.console import Console

from benchmarks import documents, product
from local import runtime
from local.deploy import ROOT
from ocrchat import engines, reader
from ocrchat.model import Tier
from ocrchat.supervised import PageProcess

PORT = 8765
RUNS = 15
RESULTS = Path(__file__).parent / "results" / "overhead.json"
EXAMPLES = ("report.pdf", "scan.jpg", "photo.jpg")

console = Console(highlight=False)


def median_seconds(work: Callable[[], Any], runs: int) -> float:
    work()  # warm: workers, models, caches
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def bare(path: Path, pages: reader.PageReader) -> None:
    source = reader.inspect(path.read_bytes(), max_pages=100)
    for index in range(source.page_count):
        pages.read_page(path, source.media_type, index, Tier.CPU)


def cpu_reader() -> reader.Reader:
    """On one thread as a worker has it; in this process, and in the one that is watched."""
    return reader.Reader({Tier.CPU: engines.CpuModels(runtime.WEIGHTS, None, threads=1)})


def measure(
    client: httpx.Client, here: reader.PageReader, watched: reader.PageReader, path: Path, runs: int = RUNS
) -> dict[str, Any]:
    round_trip = median_seconds(lambda: product.read(client, path), runs)
    engine_time = median_seconds(lambda: bare(path, here), runs)
    watched_time = median_seconds(lambda: bare(path, watched), runs)
    return {
        "document": path.name,
        "pages": reader.inspect(path.read_bytes(), max_pages=100).page_count,
        "round_trip_s": round(round_trip, 3),
        "engine_s": round(engine_time, 3),
        "watched_ratio": round(watched_time / engine_time, 3),
        "overhead_s": round(round_trip - engine_time, 3),
    }


def main() -> None:
    here = cpu_reader()
    started = time.perf_counter()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        client = stack.enter_context(product.served(PORT))
        ready = time.perf_counter() - started
        watched = PageProcess("benchmarks.overhead:cpu_reader", memory_mb=1579, cpu_seconds=75)
        stack.callback(watched.stop)
        rows = []
        (first_page := folder / "one-page.pdf").write_bytes(documents.digital(1))
        for path in (first_page, *(ROOT / "examples" / name for name in EXAMPLES)):
            rows.append(measure(client, here, watched, path))
            console.print(rows[-1])
        # More than is answered inline, so the page workers share them.
        (long_scan := folder / "scan-20-pages.pdf").write_bytes(documents.scanned(20))
        rows.append(measure(client, here, watched, long_scan, runs=1))
        console.print(rows[-1])
    results = {"cores": os.cpu_count(), "runs": RUNS, "start_s": round(ready, 2), "documents": rows}
    RESULTS.write_text(json.dumps(results, indent=1) + "\n")
    console.print(f"Start to first request possible: {ready:.1f} s. Written to {RESULTS.relative_to(ROOT)}.")


if __name__ == "__main__":
    main()
