"""Cores and memory by kind of process, sampled while something runs."""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import psutil

from chaos.workers import family, workers

SAMPLE_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Sample:
    at: float
    cpu: dict[str, float]
    """Seconds used so far, by kind, with those of processes that have ended."""
    rss_mb: dict[str, float]
    processes: dict[str, int]


@dataclass
class Watch:
    """Of a server (`python -m local serve`) and the clients beside it."""

    server: int
    clients: list[int] = field(default_factory=list)
    samples: list[Sample] = field(default_factory=list)
    _used: dict[tuple[int, float], tuple[str, float]] = field(default_factory=dict)

    @contextmanager
    def watching(self) -> Iterator[Watch]:
        stop = threading.Event()

        def sample() -> None:
            while not stop.wait(SAMPLE_SECONDS):
                self.samples.append(self.sample())

        thread = threading.Thread(target=sample, name="watch")
        thread.start()
        try:
            yield self
        finally:
            stop.set()
            thread.join()

    def sample(self) -> Sample:
        rss: dict[str, float] = defaultdict(float)
        count: dict[str, int] = defaultdict(int)
        for process, kind in self._processes():
            try:
                with process.oneshot():
                    times = process.cpu_times()
                    self._used[process.pid, process.create_time()] = kind, times.user + times.system
                    rss[kind] += process.memory_info().rss / 2**20
                    count[kind] += 1
            except psutil.Error:
                continue
        cpu: dict[str, float] = defaultdict(float)
        for kind, seconds in self._used.values():
            cpu[kind] += seconds
        return Sample(time.time(), dict(cpu), dict(rss), dict(count))

    def cores(self, start: float, end: float) -> dict[str, float]:
        """How many cores each kind has used between two times."""
        inside = [sample for sample in self.samples if start <= sample.at <= end]
        first, last = inside[0], inside[-1]
        return {
            kind: round((seconds - first.cpu.get(kind, 0.0)) / (last.at - first.at), 3)
            for kind, seconds in last.cpu.items()
        }

    def _processes(self) -> Iterator[tuple[psutil.Process, str]]:
        """A worker's kind is its entry file; what it has started is of its kind."""
        try:
            front = psutil.Process(self.server)
            yield front, "front"
            for emulator in front.children():
                yield emulator, "emulator"
            for worker, entry in workers(front):
                for process in family(worker):
                    yield process, entry
            for client in self.clients:
                yield psutil.Process(client), "client"
        except psutil.Error:
            return
