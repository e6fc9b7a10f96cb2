"""Waiting for a model until a deadline, and no longer."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from queue import Empty, SimpleQueue
from typing import TypeVar

from ocrchat.errors import Unavailable

T = TypeVar("T")


def until(deadline: float, items: Iterator[T]) -> Iterator[T]:
    """Yields `items` and raises what they raise; at the deadline, on time.monotonic, raises Unavailable.

    A socket's time-out begins anew with every byte and cannot keep a deadline. So `items` run in a thread of their own, which
    is left behind with whatever it waits for.
    """
    came: SimpleQueue[tuple[T] | BaseException | None] = SimpleQueue()
    given_up = threading.Event()

    def run() -> None:
        try:
            for item in items:
                came.put((item,))
                if given_up.is_set():
                    return
            came.put(None)
        except BaseException as error:  # it is raised where it is waited for
            came.put(error)

    threading.Thread(target=run, daemon=True).start()
    try:
        while one := _next(came, deadline):
            if isinstance(one, BaseException):
                raise one
            yield one[0]
    finally:
        given_up.set()


def _next(came: SimpleQueue[tuple[T] | BaseException | None], deadline: float) -> tuple[T] | BaseException | None:
    left = deadline - time.monotonic()
    try:
        if left > 0:
            return came.get(timeout=left)
    except Empty:
        pass
    raise Unavailable("The chat model took too long to answer. Ask again, or ask for less at once.")
