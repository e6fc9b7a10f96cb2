"""The processes in which the emulator runs handlers, and how to kill them."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator

import psutil

LOOK_SECONDS = 0.05


def workers(module: str = "") -> Iterator[psutil.Process]:
    """Those that run a handler of ours, or only those of one entry file such as "ocr_page.handler", and what they started."""
    for process in psutil.Process().children(recursive=True):
        try:
            service = process.environ().get("POWERTOOLS_SERVICE_NAME", "")
        except (psutil.NoSuchProcess, psutil.AccessDenied, psutil.ZombieProcess):
            continue
        if service and module in ("", service):
            yield process


def at_work(module: str) -> list[psutil.Process]:
    """The workers that compute right now."""
    before = [(process, _cpu(process)) for process in workers(module)]
    time.sleep(LOOK_SECONDS)
    return [process for process, used in before if _cpu(process) - used > LOOK_SECONDS / 4]


def kill_one(module: str, chance: random.Random) -> bool:
    """Kills a worker in the middle of its work, as the machine under it would: without a word. False if none was at work."""
    found = at_work(module)
    if found:
        _kill(chance.choice(found))
    return bool(found)


def kill_all() -> int:
    """All at once; how many there were."""
    found = list(workers())
    for process in found:
        _kill(process)
    return len(found)


def _kill(process: psutil.Process) -> None:
    try:
        process.kill()
    except psutil.NoSuchProcess:
        pass


def _cpu(process: psutil.Process) -> float:
    try:
        times = process.cpu_times()
    except (psutil.NoSuchProcess, psutil.ZombieProcess):
        return 0.0
    return float(times.user + times.system)
