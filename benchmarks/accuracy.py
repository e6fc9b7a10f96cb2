"""How well pages are read, and at what cost: ocrchat and its peers over an evaluation pack, scored by the pack's own script.

    python -m benchmarks.accuracy --eval PACK [--folder A B C D E] [--peer NAME ...] [--limit ITEMS]

A pack holds `score.py` and, in each folder, `manifest.json`. Each peer runs in an environment of its own (made on demand in
.build/peers), in a process of its own, on one thread; models are loaded before the first page that counts. One document is
read by all of them, one after the other, before the next one: what else the machine does hits all alike. Engines that only read
pictures are given PDFs rendered at 200 dpi, free of charge; the others render themselves, and that counts.

Writes benchmarks/results/accuracy.json.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from benchmarks import machine, pack, peers, scores
from benchmarks.contenders import CONTENDERS, Contender
from benchmarks.pack import Item
from benchmarks.peers import NotAvailable, Peer, Process
from benchmarks.scores import Reading

RESULTS = Path(__file__).parent / "results" / "accuracy.json"
SCAN = str(peers.ROOT / "examples" / "scan.jpg")
WARM_UP = {"file": SCAN, "images": [SCAN], "language": "en"}


def main() -> None:
    parser = argparse.ArgumentParser(description="Reads an evaluation pack with ocrchat and its peers, and scores it.")
    parser.add_argument("--eval", type=Path, required=True, help="the evaluation pack")
    parser.add_argument("--folder", nargs="+", default=["A", "B", "C", "D", "E"])
    parser.add_argument("--peer", nargs="+", default=[peer.name for peer in peers.PEERS], help="names of peers")
    parser.add_argument("--limit", type=int, help="items of each group, for a quick look")
    parser.add_argument("--predictions", type=Path, help="keep what was read here, a folder a contender")
    parser.add_argument("--out", type=Path, default=RESULTS)
    options = parser.parse_args()
    if unknown := set(options.peer) - {peer.name for peer in peers.PEERS}:
        parser.error(f"no such peer: {', '.join(sorted(unknown))}")
    contenders = [contender for contender in CONTENDERS if contender.peer.name in options.peer]
    items = pack.items(options.eval, options.folder, options.limit)
    with tempfile.TemporaryDirectory() as scratch:
        predictions = options.predictions or Path(scratch) / "predictions"
        bench = Bench(contenders, predictions)
        try:
            readings = bench.read_all(items)
        finally:
            bench.stop()
        scored = _scored(options.eval, options.folder, bench.present, predictions)
    report = machine.facts() | {
        "threads": 1,
        "limit": options.limit,
        "peers": bench.versions,
        "peak_rss_mb": bench.peaks,
        "not_available": peers.NOT_RUN | bench.absent,
        "folders": scores.summary(readings, scored),
        "languages": scores.by_language([r for r in readings if r.item.folder == "E"], scored),
    }
    options.out.write_text(json.dumps(report, indent=1, ensure_ascii=False) + "\n")
    _print(report["folders"])


class Bench:
    """The contenders whose peers can be started here, and what they have read. `absent` says why a peer is missing."""

    def __init__(self, contenders: list[Contender], predictions: Path) -> None:
        self._predictions = predictions
        self._processes: dict[Peer, Process] = {}
        self.absent: dict[str, str] = {}
        self.versions: dict[str, dict[str, str]] = {}
        self.peaks: dict[str, float] = {}
        for peer in dict.fromkeys(contender.peer for contender in contenders):
            self._start(peer)
        if peers.OCRCHAT.name in self.absent:  # then there is nothing to compare
            self.stop()
            raise SystemExit("ocrchat itself cannot be started.")
        self.present = [contender for contender in contenders if contender.peer in self._processes]
        for contender in self.present:
            (predictions / contender.name).mkdir(parents=True, exist_ok=True)

    def read_all(self, items: list[Item]) -> list[Reading]:
        readings = []
        turns = sum(contender.reads(item) for item in items for contender in self.present)
        columns = (TextColumn("{task.description:<60.60}"), BarColumn(), MofNCompleteColumn())
        with Progress(
            *columns, TimeElapsedColumn(), TimeRemainingColumn(elapsed_when_finished=True), console=Console(stderr=True)
        ) as progress:
            task = progress.add_task("", total=turns)
            for item in items:
                with tempfile.TemporaryDirectory() as folder:
                    images = pack.pictures(item, Path(folder)) if item.is_image else []
                    for contender in self.present:
                        if contender.reads(item):
                            progress.update(task, description=f"{item.id} {contender.name}")
                            readings.append(self._read(contender, item, images))
                            progress.advance(task)
        return readings

    def stop(self) -> None:
        for process in self._processes.values():
            process.stop()

    def _start(self, peer: Peer) -> None:
        try:
            process = Process(peer)
            answer = process.ask(WARM_UP)
            if "error" in answer:
                process.stop()
                raise NotAvailable(answer["error"])
        except NotAvailable as error:
            print(f"{peer.name}: not available: {error}", file=sys.stderr)
            self.absent[peer.name] = str(error)
            return
        self._processes[peer] = process
        self.versions[peer.name] = process.versions

    def _read(self, contender: Contender, item: Item, images: list[str]) -> Reading:
        told = {"language": item.language, "script": item.script} if contender.language else {}
        told |= {"tier": contender.tier} if contender.tier else {}
        process = self._processes[contender.peer]
        answer = process.ask({"file": str(item.file), "images": images, **told}, item.pages)
        if "error" in answer:
            print(f"{contender.name}: {item.id}: {answer['error']}", file=sys.stderr)
        if answer.get("ended"):
            self._start(contender.peer)
        else:
            peak = answer.get("peak_rss_mb", 0.0)
            self.peaks[contender.peer.name] = max(self.peaks.get(contender.peer.name, 0.0), peak)
        text = self._keep(contender, item, answer)
        return Reading(
            contender.name,
            item,
            answer.get("cpu_s", 0.0),
            answer.get("wall_s", 0.0),
            scores.script_of(text),
            answer.get("unsupported", False),
            answer.get("error"),
        )

    def _keep(self, contender: Contender, item: Item, answer: dict[str, Any]) -> str:
        """A document that could not be read counts as empty."""
        folder = self._predictions / contender.name
        markdown, text = answer.get("markdown"), answer.get("text")
        if markdown is not None:
            (folder / f"{item.id}.md").write_text(markdown)
        if text is not None or markdown is None:
            (folder / f"{item.id}.txt").write_text(text or "")
        if item.is_formula:  # as it stands: Markdown has escapes
            (folder / f"{item.id}.tex").write_text(text or "")
        return text or markdown or ""


def _scored(
    evaluation: Path, folders: list[str], contenders: list[Contender], predictions: Path
) -> dict[tuple[str, str], dict[str, float]]:
    return {
        (contender.name, item): found
        for contender in contenders
        for folder in folders
        if folder in contender.folders
        for item, found in scores.of_documents(evaluation, folder, predictions / contender.name).items()
    }


def _print(folders: dict[str, Any]) -> None:
    console = Console()
    for folder, groups in folders.items():
        for group, contenders in groups.items():
            console.print(f"[bold]{folder} {group}[/bold]")
            for name, figures in contenders.items():
                shown = (f"{key}={value:g}" for key, value in figures.items() if isinstance(value, int | float))
                console.print(f"  {name:<26}", *shown, soft_wrap=True, highlight=False)


if __name__ == "__main__":
    main()
