"""The processes in which the emulator runs handlers, and how to kill them."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator

import psutil

LOOK_SECONDS = 0.05

SPARED = "submit.split"
"""Whose death the emulator does not notice: it waits for a token that died with it. On AWS the state machine tries again."""

_GONE = (psutil.NoSuchProcess, psutil.AccessDenied)


def workers(module: str = "") -> Iterator[psutil.Process]:
    """Those that run a handler of ours, or only those of one entry file, such as "ocr_page.handler"."""
    for emulator in psutil.Process().children():
        for process in emulator.children():
            try:
                service = process.environ().get("POWERTOOLS_SERVICE_NAME", "")
            except _GONE:
                continue
            if service and module in ("", service) and service != SPARED:
                yield process


def at_work(module: str) -> list[psutil.Process]:
    """The workers that compute right now, or what they have started does."""
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
    """How many there were."""
    found = list(workers())
    for process in found:
        _kill(process)
    return len(found)


def _kill(process: psutil.Process) -> None:
    """With what it has started, which dies after it, so that nobody is left to say that it did."""
    family = (process, *_descendants(process))
    for each in family:
        try:
            each.kill()
        except _GONE:
            pass


def _descendants(process: psutil.Process) -> list[psutil.Process]:
    try:
        return list(process.children(recursive=True))
    except _GONE:
        return []


def _cpu(process: psutil.Process) -> float:
    used = 0.0
    for each in (process, *_descendants(process)):
        try:
            times = each.cpu_times()
        except _GONE:
            continue
        used += times.user + times.system
    return used
