"""What is told of an exception: what happened and where, and never its message.

Libraries quote in it what they were given. A time-out of S3 has the address, which ends with a file's name; AWS has the value
that it refuses; `int` has the text that is no number.
"""

from __future__ import annotations

import traceback
from collections.abc import Iterator


def kind(error: BaseException) -> str:
    """What an exception is, without its message, unless that was written for the log (`is_for_log`). Of AWS what it calls the
    error, and what was asked of it."""
    answer = getattr(error, "response", None)
    code = answer.get("Error", {}).get("Code") if isinstance(answer, dict) else None
    operation = getattr(error, "operation_name", None)
    if code and operation:
        return f"{type(error).__name__}: {code} of {operation}"
    return f"{type(error).__name__}: {error}" if getattr(error, "is_for_log", False) else type(error).__name__


def lines(error: BaseException) -> Iterator[str]:
    """As Python writes a traceback: what came first, first."""
    before = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if before:
        yield from lines(before)
        yield "\nThen:\n"
    yield from traceback.format_tb(error.__traceback__)
    yield kind(error) + "\n"
