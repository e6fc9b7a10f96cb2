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


def workers(server: psutil.Process) -> Iterator[tuple[psutil.Process, str]]:
    """Those of the emulators that a process has started, each with the entry file that it runs, such as "ocr_page.handler"."""
    for emulator in server.children():
        for process in emulator.children():
            try:
                entry = process.environ().get("POWERTOOLS_SERVICE_NAME", "")
            except _GONE:
                continue
            if entry:
                yield process, entry


def family(process: psutil.Process) -> tuple[psutil.Process, ...]:
    """With what it has started."""
    try:
        return process, *process.children(recursive=True)
    except _GONE:
        return (process,)


def at_work(module: str) -> list[psutil.Process]:
    """The workers of an entry file that compute right now, or what they have started does."""
    ours = [process for process, entry in workers(psutil.Process()) if entry == module]
    before = [(process, _cpu(process)) for process in ours]
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
    found = [process for process, entry in workers(psutil.Process()) if entry != SPARED]
    for process in found:
        _kill(process)
    return len(found)


def _kill(process: psutil.Process) -> None:
    """With what it has started, which dies after it, so that nobody is left to say that it did."""
    for each in family(process):
        try:
            each.kill()
        except _GONE:
            pass


def _cpu(process: psutil.Process) -> float:
    used = 0.0
    for each in family(process):
        try:
            times = each.cpu_times()
        except _GONE:
            continue
        used += times.user + times.system
    return used
