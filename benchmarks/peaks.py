"""The memory of the processes that the emulator runs handlers in: the highest of each function (Linux only)."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from chaos.workers import family, workers

LOOK_SECONDS = 0.1
"""Between two looks. The kernel keeps the peak of a process, so only one that dies between them has a higher one than is seen."""


class Peaks:
    """By function, in MB of resident memory: of a handler together with the processes that it has started."""

    def __init__(self) -> None:
        self._peaks: dict[str, float] = {}
        self._lock = threading.Lock()
        self._over = threading.Event()

    @contextmanager
    def watching(self) -> Iterator[Peaks]:
        thread = threading.Thread(target=self._watch, name="watch")
        thread.start()
        try:
            yield self
        finally:
            self._over.set()
            thread.join()

    def begin(self) -> None:
        """Peaks count from now on."""
        with self._lock:
            for worker, _ in workers(psutil.Process()):
                for process in family(worker):
                    _forget_peak(process.pid)
            self._peaks = {}

    def peaks(self) -> dict[str, int]:
        """Since `begin`, by function, such as "ocr_page.handler"; of the worker that took most."""
        with self._lock:
            self._look()
            return {name: round(peak) for name, peak in sorted(self._peaks.items())}

    def _watch(self) -> None:
        while not self._over.wait(LOOK_SECONDS):
            with self._lock:
                self._look()

    def _look(self) -> None:
        for worker, entry in workers(psutil.Process()):
            peak = sum(_peak_mb(process.pid) for process in family(worker))
            self._peaks[entry] = max(self._peaks.get(entry, 0), peak)


def _peak_mb(pid: int) -> float:
    """0 for one that is gone."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM")), 0)


def _forget_peak(pid: int) -> None:
    try:
        Path(f"/proc/{pid}/clear_refs").write_text("5")
    except (FileNotFoundError, ProcessLookupError):
        pass
