"""A reader of pages that hurts the process it runs in, by the page: what hostile files make of parsers, on demand."""

from __future__ import annotations

import os
import signal
import threading
import time
from multiprocessing.connection import Connection
from pathlib import Path

from ocrchat.errors import PageUnreadable
from ocrchat.media import MediaType
from ocrchat.model import PageImage, PageResult, Tier

FINE, UNREADABLE, RAISES, NO_FILE, SEGFAULTS, KILLED, EATS_MEMORY = range(7)
BAD_ALLOC, LOOPS, SLEEPS, ONCE, ENVIRONMENT, HALF, PRINTS = range(7, 14)


class Misbehaving:
    """The page's index says what happens. `source` is a file that counts the tries."""

    def read_page(
        self, source: Path, media_type: MediaType, index: int, tier: Tier, language: str = "auto"
    ) -> PageResult:
        tries = len(source.read_bytes())
        source.write_bytes(b"x" * (tries + 1))
        match index:
            case _ if index == UNREADABLE:
                raise PageUnreadable("Page 2 of the PDF is damaged.")
            case _ if index == RAISES:
                raise ZeroDivisionError("of a bug")
            case _ if index == NO_FILE:
                raise FileNotFoundError("it was swept away")
            case _ if index == SEGFAULTS:
                _die(signal.SIGSEGV)
            case _ if index == KILLED or (index == ONCE and not tries):
                _die(signal.SIGKILL)
            case _ if index == EATS_MEMORY:
                bytearray(10**10)
            case _ if index == BAD_ALLOC:
                raise RuntimeError("std::bad_alloc")
            case _ if index == LOOPS:
                while True:
                    pass
            case _ if index == PRINTS:
                os.write(1, b"printed by a library")
                os.write(2, b"words of a document")
            case _ if index == HALF:
                Connection._send = _send_half  # type: ignore[attr-defined]
            case _ if index == SLEEPS:
                time.sleep(60)
        engine = " ".join(sorted(os.environ)) if index == ENVIRONMENT else str(os.getpid())
        return PageResult(index, width=2, height=1, dpi=72, engine=engine)

    def read_and_show(
        self, source: Path, media_type: MediaType, index: int, tier: Tier, language: str = "auto"
    ) -> tuple[PageResult, PageImage]:
        return self.read_page(source, media_type, index, tier), PageImage(bytes(range(6)), width=2, height=1, dpi=72)


def _die(of: signal.Signals) -> None:
    os.kill(os.getpid(), of)
    threading.Event().wait()


def _send_half(connection: Connection, message: bytes, write: object = None) -> None:
    os.write(connection.fileno(), message[: len(message) // 2])
    _die(signal.SIGSEGV)


def reader() -> Misbehaving:
    return Misbehaving()


def absent() -> Misbehaving:
    raise RuntimeError("there are no weights")
