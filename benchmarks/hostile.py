"""Hostile and odd files through HTTP: each of folder F of an evaluation pack ends as the pack expects, within its limits.

    python -m benchmarks.hostile --eval PACK [--only ID]

The files are sent one after the other. What holds for each: no answer of 5xx; refused with 4xx, or done, as expected; its end
within the seconds of its limits, from the POST to the job's end, whatever else runs on this machine; no worker, with what it has
started, above the memory of its limits; and of a job that is done every download is answered with 200. Where there is
a truth, the text scores at least `MATCHES`. Meanwhile another account sends a digital page and a scanned one, in turn, and all of
these must be done, with their text.

Writes benchmarks/results/hostile.json (not with --only); ends with 1 where something failed.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
from rich.console import Console

from benchmarks import machine, product, scores
from benchmarks.peaks import Peaks
from local import runtime
from local.deploy import ROOT
from ocrchat import export

RESULTS = Path(__file__).parent / "results" / "hostile.json"
FOLDER = "F"
PORT = 8767
MATCHES = 0.7
"""The pack's score from which on a text is that of the file. How well it is read is measured by `accuracy`."""

BYSTANDERS = (("report.pdf", "Lake Almere"), ("scan.jpg", "the"))
"""Examples, and a word that their text has."""

console = Console(highlight=False)


def main() -> int:
    parser = argparse.ArgumentParser(description="Sends hostile files to the running system.")
    parser.add_argument("--eval", type=Path, required=True, help="the evaluation pack")
    parser.add_argument("--only", help="the id of one item, or how it begins")
    options = parser.parse_args()
    items = json.loads((options.eval / FOLDER / "manifest.json").read_text())["items"]
    if options.only:
        items = [item for item in items if item["id"].startswith(options.only)]
    with tempfile.TemporaryDirectory() as texts, product.running(PORT) as stack, Peaks().watching() as peaks:
        with product.client(PORT) as client:
            for _ in range(2):
                product.read(
                    client, ROOT / "examples" / "scan.jpg"
                )  # so that no networks are loaded on the time of an item
        with product.client(PORT) as client, bystander(runtime.open_account(stack.cloud, "bystander")) as others:
            rows = []
            for item in items:
                rows.append(sent(client, peaks, options.eval, item, Path(texts)))
                console.print(
                    item["id"], {name: it for name, it in rows[-1].items() if name != "peak_mb"}, soft_wrap=True
                )
        matches = {name: row["primary"] for name, row in scores.of_documents(options.eval, FOLDER, Path(texts)).items()}
    failures: dict[str, list[str]] = {}
    for item, row in zip(items, rows, strict=True):
        if item["expect"] == "ok-text" and row["outcome"] == "done":
            row["match"] = round(matches.get(item["id"], 0), 3)
        if problems := wrong(item, row):
            failures[item["id"]] = problems
    report = machine.facts() | {
        "items": len(rows),
        "outcomes": {
            expected: dict(
                Counter(row["outcome"] for item, row in zip(items, rows, strict=True) if item["expect"] == expected)
            )
            for expected in sorted({item["expect"] for item in items})
        },
        "failures": failures,
        "bystanders": others,
        "slowest_s": max(row["seconds"] for row in rows),
        "peak_mb": {
            name: max(row["peak_mb"].get(name, 0) for row in rows)
            for name in sorted({name for row in rows for name in row["peak_mb"]})
        },
        "by_item": {item["id"]: row for item, row in zip(items, rows, strict=True)},
    }
    console.print({name: value for name, value in report.items() if name != "by_item"})
    if options.only:
        console.print(report["by_item"])
    else:
        RESULTS.write_text(json.dumps(report, indent=1) + "\n")
    return 1 if failures or others["wrong"] else 0


def sent(client: httpx.Client, peaks: Peaks, pack: Path, item: dict[str, Any], texts: Path) -> dict[str, Any]:
    """What became of the file. `outcome` is a status of HTTP, or how the job ended: done, partial, failed, unended."""
    file = pack / FOLDER / item["file"]
    peaks.begin()
    started = time.perf_counter()
    answer = client.post("/api/v1/ocr/", files={"file": (file.name, file.read_bytes())})
    row: dict[str, Any] = {"outcome": str(answer.status_code)}
    if answer.status_code == 200:
        job = product.ended(client, answer.json(), 2 * item["limits"]["seconds"])
        row["outcome"] = "partial" if job["status"] == "done" and job["failed_pages"] else job["status"]
        row["pages"] = job["page_count"]
        if job["status"] == "unended":  # it would be in the way of the next
            client.post(f"/api/v1/ocr/{job['uuid']}/cancel/")
    elif answer.headers["content-type"] == "application/problem+json":
        row["code"] = answer.json()["code"]
    row["seconds"] = round(time.perf_counter() - started, 2)
    if answer.status_code == 200:
        if job["error"]:
            row["code"] = job["error"]["code"]
        if job["status"] == "done":
            row["downloads"] = dict(downloads(client, job, texts / f"{item['id']}.txt"))
    row["peak_mb"] = peaks.peaks()
    return row


def downloads(client: httpx.Client, job: dict[str, Any], text: Path) -> Iterator[tuple[str, int]]:
    """Status by format, of those that are not answered as they should; the text is kept."""
    for name in export.FORMATS:
        form, _, mode = name.partition("-")
        asked = {"format": form} | ({"pdf_mode": mode} if mode else {})
        answer = client.get(f"/api/v1/ocr/{job['uuid']}/download/", params=asked, follow_redirects=True)
        if answer.status_code != 200:
            yield name, answer.status_code
        elif name == "txt":
            text.write_bytes(answer.content)


def wrong(item: dict[str, Any], row: dict[str, Any]) -> list[str]:
    """What is not as the pack expects."""
    problems = []
    outcome, limits = row["outcome"], item["limits"]
    refused = outcome.startswith("4") and "code" in row
    allowed = {
        "reject": refused,
        "ok": outcome == "done",
        "ok-text": outcome == "done" and row.get("match", 0) >= MATCHES,
        "any-safe": refused or outcome in ("done", "partial", "failed"),
    }
    if not allowed[item["expect"]]:
        problems.append(f"{item['expect']}, but {outcome} {row.get('code', '')} {row.get('match', '')}".rstrip())
    if row["seconds"] > limits["seconds"]:
        problems.append(f"{row['seconds']} s")
    problems += [f"{name}: {peak} MB" for name, peak in row["peak_mb"].items() if peak > limits["mem_mb"]]
    problems += [f"download as {name}: {status}" for name, status in row.get("downloads", {}).items()]
    return problems


@contextmanager
def bystander(token: str) -> Iterator[dict[str, Any]]:
    """Another account, whose jobs go on meanwhile: how many of them there were, and which went wrong."""
    found: dict[str, Any] = {"jobs": 0, "wrong": [], "slowest_s": 0.0}
    over = threading.Event()

    def send() -> None:
        with product.client(PORT, token) as client:
            while not over.wait(1):
                name, word = BYSTANDERS[found["jobs"] % len(BYSTANDERS)]
                started = time.perf_counter()
                answer = client.post("/api/v1/ocr/", files={"file": (name, (ROOT / "examples" / name).read_bytes())})
                job = (
                    product.ended(client, answer.json(), 120) if answer.status_code == 200 else {"status": answer.text}
                )
                found["jobs"] += 1
                found["slowest_s"] = max(found["slowest_s"], round(time.perf_counter() - started, 2))
                if job["status"] != "done" or job["failed_pages"] or word not in job["text"]:
                    found["wrong"].append(f"{name}: {job['status']} {job.get('error')}")

    thread = threading.Thread(target=send, name="bystander")
    thread.start()
    try:
        yield found
    finally:
        over.set()
        thread.join()


if __name__ == "__main__":
    sys.exit(main())
