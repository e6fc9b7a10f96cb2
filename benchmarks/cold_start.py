"""Cold start: a fresh process of each engine, until it has read a first page (examples/scan.jpg), on one thread.

    python -m benchmarks.cold_start [--peer NAME ...]

CPU seconds are those of the process from its start; the file cache of the machine is warm. Medians of some runs, the engines by
turns. Writes benchmarks/results/cold_start.json.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from pathlib import Path

from benchmarks import machine, peers
from benchmarks.accuracy import WARM_UP
from benchmarks.peers import NotAvailable, Peer, Process

RESULTS = Path(__file__).parent / "results" / "cold_start.json"
RUNS = 3


def main() -> None:
    parser = argparse.ArgumentParser(description="Measures the first page after the start of a process.")
    parser.add_argument("--peer", nargs="+", default=[peer.name for peer in peers.PEERS], help="names of peers")
    options = parser.parse_args()
    figures = measure([peer for peer in peers.PEERS if peer.name in options.peer and peer is not peers.TEXT_LAYER])
    RESULTS.write_text(json.dumps(machine.facts() | {"runs": RUNS, "peers": figures}, indent=1) + "\n")
    for name, row in figures.items():
        print(f"{name:<24}", row)


def measure(some: list[Peer]) -> dict[str, dict[str, float]]:
    """Medians by name of those that can be started here."""
    runs: dict[Peer, list[dict[str, float]]] = {peer: [] for peer in some}
    for _ in range(1 + RUNS):  # the first fills the file cache
        for peer in list(runs):
            try:
                runs[peer].append(first_page(peer))
            except NotAvailable as error:
                print(f"{peer.name}: not available: {error}", file=sys.stderr)
                del runs[peer]
    return {peer.name: medians(found[1:]) for peer, found in runs.items()}


def first_page(peer: Peer) -> dict[str, float]:
    process = Process(peer)
    try:
        answer = process.ask(WARM_UP)
        wall = time.perf_counter() - process.spawned
    finally:
        process.stop()
    if "error" in answer:
        raise NotAvailable(answer["error"])
    return {"cpu_s": answer["process_cpu_s"], "wall_s": wall, "peak_rss_mb": answer["peak_rss_mb"]}


def medians(runs: list[dict[str, float]]) -> dict[str, float]:
    return {name: round(statistics.median(run[name] for run in runs), 2) for name in runs[0]}


if __name__ == "__main__":
    main()
