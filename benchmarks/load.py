"""Load: many clients on `make serve`, at saturation.

    python -m benchmarks.load [--minutes 10]

In one run, on one machine:

1. the bare engine reads the same scanned and digital pages, one process a core, one thread each, as workers have it;
2. one-page jobs alone, and a document of digital pages alone: what the pipeline costs a page;
3. scanned documents from more clients than there are workers: pages a second, beside what the bare engine reads on the cores
   that the emulator, the front and the clients leave;
4. all kinds of jobs at once, of one account each: what each waits, and whether a thousand pages of one keep a page of another
   waiting; memory by kind of process.

Cores that others use meanwhile are not left out: run it on a quiet machine. Writes benchmarks/results/load.json.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import boto3
import httpx
import pymupdf
from rich.console import Console

from benchmarks import documents, machine
from benchmarks.watching import Watch
from local import runtime
from local.deploy import ROOT
from local.emulator import free_port
from ocrchat import engines, reader
from ocrchat.cloud import Cloud
from ocrchat.media import MediaType
from ocrchat.model import Tier
from ocrchat.settings import Settings

RESULTS = Path(__file__).parent / "results" / "load.json"
USERS = Path(__file__).with_name("load_users.py")

BARE_SECONDS = 15.0
ALONE_JOBS = 15
DIGITAL_PAGES = 100
"""Of the document that the pipeline's cost is measured with."""

POLL_SECONDS = 1.0
"""As the users."""

WARM_UP_SECONDS = 10.0
DRAIN_SECONDS = 600.0

SCANNING = {"Scans": 8}
"""Users by kind: more pages at a time than there are workers, in every lane that they use."""

MIXED = {"Long": 1, "Scans": 3, "Medium": 2, "Small": 2, "SmallScan": 1}

NOT_OURS = ("emulator", "front", "client")
"""Kinds of processes that AWS, or the callers, would run elsewhere."""

console = Console(highlight=False)


# -- documents ---------------------------------------------------------------------------------------------------------


def write_documents(folder: Path) -> None:
    for count in (1, 8):
        (folder / f"scan-{count}.pdf").write_bytes(documents.scanned(count))
    for count in (1, 8, DIGITAL_PAGES, 1000):
        (folder / f"digital-{count}.pdf").write_bytes(documents.digital(count))


# -- the bare engine ---------------------------------------------------------------------------------------------------


def bare(path: Path, seconds: float) -> tuple[int, float]:
    """Pages that one process reads in so long, once it is warm, and the seconds of a core that they took."""
    os.environ["OMP_NUM_THREADS"] = "1"
    models = engines.CpuModels(runtime.WEIGHTS, None, threads=1)
    read = reader.Reader({Tier.CPU: models}).read_page
    with pymupdf.open(path) as document:
        count = len(document)
    read(path, MediaType.PDF, 0, Tier.CPU)
    pages, begun, used = 0, time.monotonic(), time.process_time()
    while time.monotonic() - begun < seconds:
        read(path, MediaType.PDF, pages % count, Tier.CPU)
        pages += 1
    return pages, time.process_time() - used


def bare_on_all_cores(path: Path) -> dict[str, float]:
    cores = os.cpu_count() or 1
    with ProcessPoolExecutor(cores, get_context("spawn")) as pool:
        done = list(pool.map(bare, [path] * cores, [BARE_SECONDS] * cores))
    pages, used = sum(count for count, _ in done), sum(seconds for _, seconds in done)
    return {
        "pages_per_s": round(pages / BARE_SECONDS, 3),
        "cpu_s_per_page": round(used / pages, 4),
        "cores_used": round(used / BARE_SECONDS, 2),
    }


# -- the server and its clients ----------------------------------------------------------------------------------------


class Server:
    """`make serve` as a process of its own; accounts are opened behind it, as an operator does."""

    def __init__(self, process: subprocess.Popen[bytes], port: int) -> None:
        self.pid = process.pid
        self.url = f"http://127.0.0.1:{port}"
        served = json.loads((ROOT / ".build" / f"serve-{port}.json").read_text())
        session = boto3.Session(aws_access_key_id="test", aws_secret_access_key="test", region_name="us-east-1")
        self._cloud = Cloud.connect(Settings.from_outputs(served["outputs"]), session, served["endpoint"])

    def open_account(self, name: str) -> str:
        """Its token."""
        return runtime.open_account(self._cloud, name.lower())


@contextmanager
def served(folder: Path) -> Iterator[Server]:
    port = free_port()
    log = folder / "serve.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "local", "serve"],
            cwd=ROOT,
            env={**os.environ, "PORT": str(port)},
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        while "Ready" not in log.read_text():
            if process.poll() is not None:
                raise SystemExit(log.read_text())
            time.sleep(0.1)
        yield Server(process, port)
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(30)


class Crowd:
    """Users of some kinds, each kind with an account of its own."""

    def __init__(self, server: Server, folder: Path, watch: Watch) -> None:
        self._server, self._folder, self._watch = server, folder, watch
        self.tokens = {kind: server.open_account(kind) for kind in {*SCANNING, *MIXED}}
        self._runs = 0

    def run(self, users: dict[str, int], seconds: float) -> tuple[float, float, list[dict[str, Any]]]:
        """When it began and ended, once it was warm, and what the users have written down."""
        self._runs += 1
        log = self._folder / f"jobs-{self._runs}.jsonl"
        log.touch()
        settings = {"folder": str(self._folder), "log": str(log), "tokens": self.tokens, "users": users}
        total = str(sum(users.values()))
        command = [sys.executable, "-m", "locust", "-f", str(USERS), *users, "--headless", "--host", self._server.url]
        command += ["--users", total, "--spawn-rate", total, "--run-time", f"{seconds + WARM_UP_SECONDS:.0f}s"]
        command += ["--stop-timeout", "0", "--only-summary", "--loglevel", "ERROR"]
        with (self._folder / f"locust-{self._runs}.log").open("wb") as output:
            process = subprocess.Popen(
                command,
                env={**os.environ, "OCRCHAT_LOAD": json.dumps(settings)},
                stdout=output,
                stderr=subprocess.STDOUT,
            )
            self._watch.clients.append(process.pid)
            begun = time.time() + WARM_UP_SECONDS
            process.wait(seconds + WARM_UP_SECONDS + 60)
        ended = min(time.time(), begun + seconds)
        self._watch.clients.remove(process.pid)
        lines = [json.loads(line) for line in log.read_text().splitlines()]
        if not any("ended" in line for line in lines):
            raise SystemExit(f"no job ended: {lines[:5]}\n{(self._folder / f'locust-{self._runs}.log').read_text()}")
        return begun, ended, lines

    def drain(self, lines: list[dict[str, Any]]) -> dict[str, int]:
        """Waits for the jobs whose users have gone, and cancels those of a thousand pages; what became of all."""
        outcome = {line["ended"]: outcome_of(line["status"], line["failed_pages"]) for line in lines if "ended" in line}
        submitted = {line["submitted"]: line["kind"] for line in lines if "submitted" in line}
        give_up = time.monotonic() + DRAIN_SECONDS
        with httpx.Client(base_url=self._server.url, timeout=60, trust_env=False) as client:
            while (waiting := submitted.keys() - outcome.keys()) and time.monotonic() < give_up:
                for job_id in waiting:
                    kind = submitted[job_id]
                    path, headers = f"/api/v1/ocr/{job_id}/", {"Authorization": f"Bearer {self.tokens[kind]}"}
                    if kind == "Long":
                        client.post(f"{path}cancel/", headers=headers)
                    answer = client.get(path, headers=headers)
                    job: dict[str, Any] = answer.json() if answer.status_code == 200 else {"status": "unknown"}
                    if job["status"] in ("done", "failed"):
                        was_cancelled = kind == "Long" and (job["error"] or {}).get("code") == "cancelled"
                        failed = len(job["failed_pages"])
                        outcome[job_id] = "cancelled" if was_cancelled else outcome_of(job["status"], failed)
                time.sleep(1)
        counts = Counter(outcome.values())
        return {
            "submitted": len(submitted),
            "done": counts["done"],
            "cancelled": counts["cancelled"],
            "lost": len(submitted) - counts["done"] - counts["cancelled"],
            "refused": sum(1 for line in lines if "refused" in line),
        }


def outcome_of(status: str, failed_pages: int) -> str:
    return "done" if status == "done" and not failed_pages else "failed"


# -- figures -----------------------------------------------------------------------------------------------------------


def waits(lines: list[dict[str, Any]]) -> dict[str, dict[str, float]]:
    """Seconds from a POST to the end of its job, by kind."""
    by_kind: dict[str, list[float]] = defaultdict(list)
    for line in lines:
        if "ended" in line:
            by_kind[line["kind"]].append(line["seconds"])
    return {kind: summary(seconds) for kind, seconds in by_kind.items()}


def summary(seconds: list[float]) -> dict[str, float]:
    seconds = sorted(seconds)
    p95 = seconds[min(len(seconds) - 1, int(0.95 * len(seconds)))]
    return {"jobs": len(seconds), "p50_s": round(statistics.median(seconds), 2), "p95_s": round(p95, 2)}


def alone(server: Server, token: str, path: Path, jobs: int) -> dict[str, float]:
    """The same wait, of one client on a server that does nothing else."""
    seconds = []
    with httpx.Client(
        base_url=server.url, headers={"Authorization": f"Bearer {token}"}, timeout=60, trust_env=False
    ) as client:
        for _ in range(jobs + 1):  # the first warms up
            begun = time.time()
            job = client.post("/api/v1/ocr/", files={"file": (path.name, path.read_bytes())}).raise_for_status().json()
            while job["status"] in ("pending", "processing"):
                time.sleep(POLL_SECONDS)
                job = client.get(f"/api/v1/ocr/{job['uuid']}/").raise_for_status().json()
            assert job["status"] == "done", job["error"]
            seconds.append(time.time() - begun)
    return summary(seconds[1:])


def throughput(lines: list[dict[str, Any]], begun: float, ended: float) -> float:
    """Pages a second between two times, by what users have seen of `pages_done`."""
    before: dict[str, int] = defaultdict(int)
    after: dict[str, int] = defaultdict(int)
    for line in lines:
        if "pages_done" in line and line["at"] <= ended:
            after[line["of"]] = line["pages_done"]
            if line["at"] <= begun:
                before[line["of"]] = line["pages_done"]
    return (sum(after.values()) - sum(before.values())) / (ended - begun)


def shares(cores: dict[str, float]) -> dict[str, float]:
    """Cores of the emulator, the front, the clients, the readers, and of our other functions."""
    grouped: dict[str, float] = defaultdict(float)
    for kind, used in cores.items():
        grouped[kind if kind in (*NOT_OURS, "ocr_page.handler") else "other functions"] += used
    return {kind: round(used, 2) for kind, used in sorted(grouped.items())}


def memory(watch: Watch, begun: float, ended: float) -> dict[str, dict[str, float]]:
    """MB by kind: the highest of the first and of the second half, and how many processes at most."""
    inside = [sample for sample in watch.samples if begun <= sample.at <= ended]
    middle = (begun + ended) / 2
    kinds = sorted({kind for sample in inside for kind in sample.rss_mb})
    return {
        kind: {
            "first_half_mb": round(max((s.rss_mb.get(kind, 0) for s in inside if s.at < middle), default=0)),
            "second_half_mb": round(max((s.rss_mb.get(kind, 0) for s in inside if s.at >= middle), default=0)),
            "processes": max(s.processes.get(kind, 0) for s in inside),
        }
        for kind in kinds
    }


def measure(folder: Path, minutes: float) -> dict[str, Any]:
    write_documents(folder)
    cores = os.cpu_count() or 1
    console.print("The bare engine ...")
    bare_scan = bare_on_all_cores(folder / "scan-8.pdf")
    bare_digital = bare_on_all_cores(folder / "digital-8.pdf")
    with served(folder) as server:
        watch = Watch(server.pid)
        with watch.watching():
            crowd = Crowd(server, folder, watch)
            console.print("Alone ...")
            small = alone(server, crowd.tokens["Small"], folder / "digital-1.pdf", ALONE_JOBS)
            small_scan = alone(server, crowd.tokens["SmallScan"], folder / "scan-1.pdf", ALONE_JOBS)
            medium = alone(server, crowd.tokens["Medium"], folder / "digital-8.pdf", ALONE_JOBS // 3)
            before = watch.sample()
            begun = time.time()
            alone(server, crowd.tokens["Long"], folder / f"digital-{DIGITAL_PAGES}.pdf", 1)
            pages, after = 2 * DIGITAL_PAGES, watch.sample()
            digital_seconds = (time.time() - begun) / pages
            cost = {kind: (after.cpu[kind] - before.cpu.get(kind, 0.0)) / pages for kind in after.cpu}

            console.print("Scanned pages, at saturation ...")
            scan_begun, scan_ended, scan_lines = crowd.run(SCANNING, 0.4 * minutes * 60)
            scan_jobs = crowd.drain(scan_lines)
            console.print("All kinds ...")
            mixed_begun, mixed_ended, mixed_lines = crowd.run(MIXED, 0.6 * minutes * 60)
            mixed_jobs = crowd.drain(mixed_lines)
    used = shares(watch.cores(scan_begun, scan_ended))
    left = cores - sum(used.get(kind, 0.0) for kind in NOT_OURS)
    pages_per_s = throughput(scan_lines, scan_begun, scan_ended)
    possible = bare_scan["pages_per_s"] * left / cores
    mixed_waits = waits(mixed_lines)
    return {
        **machine.facts(),
        "minutes": minutes,
        "bare": {"scan": bare_scan, "digital": bare_digital},
        "alone": {"Small": small, "SmallScan": small_scan, "Medium": medium},
        "digital": {
            "pages": DIGITAL_PAGES,
            "s_per_page": round(digital_seconds, 3),
            "engine_cpu_s_per_page": bare_digital["cpu_s_per_page"],
            "cpu_s_per_page": {kind: round(seconds, 4) for kind, seconds in sorted(shares(cost).items())},
        },
        "scans": {
            "users": SCANNING,
            "jobs": scan_jobs,
            "waits": waits(scan_lines),
            "pages_per_s": round(pages_per_s, 3),
            "cores": used,
            "cores_left": round(left, 2),
            "bare_pages_per_s_on_cores_left": round(possible, 3),
            "ratio": round(pages_per_s / possible, 3),
        },
        "mixed": {
            "users": MIXED,
            "jobs": mixed_jobs,
            "waits": mixed_waits,
            "pages_per_s": round(throughput(mixed_lines, mixed_begun, mixed_ended), 3),
            "cores": shares(watch.cores(mixed_begun, mixed_ended)),
            "memory": memory(watch, mixed_begun, mixed_ended),
        },
    }


def main() -> None:
    parser = argparse.ArgumentParser(description="Many clients on the running server.")
    parser.add_argument("--minutes", type=float, default=10.0, help="of load; some more for what is measured beside it")
    minutes = parser.parse_args().minutes
    with tempfile.TemporaryDirectory(prefix="ocrchat-load-") as folder:
        results = measure(Path(folder), minutes)
    RESULTS.write_text(json.dumps(results, indent=1) + "\n")
    console.print_json(json.dumps(results))
    console.print(f"Written to {RESULTS.relative_to(ROOT)}.")


if __name__ == "__main__":
    main()
