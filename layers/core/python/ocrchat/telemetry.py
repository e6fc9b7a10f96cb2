"""Logs and metrics of all functions. Log events with ids and numbers; never a body, document text, a token or a URL.

Nor the message of an exception: libraries quote in it what they were given. A time-out of S3 has the address, which ends with a
file's name; AWS has the value that it refuses; `int` has the text that is no number. What happened, and where, is logged.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterator
from functools import wraps
from types import TracebackType
from typing import ParamSpec, TypeVar

from aws_lambda_powertools import Logger, single_metric
from aws_lambda_powertools.logging.formatter import LambdaPowertoolsFormatter
from aws_lambda_powertools.metrics import MetricUnit


def kind(error: BaseException) -> str:
    """What an exception is, without its message, unless that was written for the log (`is_for_log`). Of AWS what it calls the
    error, and what was asked of it."""
    answer = getattr(error, "response", None)
    code = answer.get("Error", {}).get("Code") if isinstance(answer, dict) else None
    operation = getattr(error, "operation_name", None)
    if code and operation:
        return f"{type(error).__name__}: {code} of {operation}"
    return f"{type(error).__name__}: {error}" if getattr(error, "is_for_log", False) else type(error).__name__


class Formatter(LambdaPowertoolsFormatter):
    """Powertools' lines of JSON, with tracebacks that have no messages."""

    def __init__(self) -> None:
        super().__init__(serialize_stacktrace=False)  # the same once more, with the message

    def formatException(
        self,
        ei: tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None],
    ) -> str:
        return "".join(_lines(ei[1])) if ei[1] else ""


logger = Logger(logger_formatter=Formatter())

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")


class Failed(Exception):
    """A function has failed, and its log says how."""


def told_by_the_log(handler: Callable[Arguments, Result]) -> Callable[Arguments, Result]:
    """For a function whose caller needs to know no more than that it has failed.

    What a handler raises, Lambda writes into the log and hands to its caller, with the message.
    """

    @wraps(handler)
    def run(*args: Arguments.args, **kwargs: Arguments.kwargs) -> Result:
        try:
            return handler(*args, **kwargs)
        except Exception as error:
            logger.exception("failed")
            raise Failed(kind(error)) from None

    return run


def count(name: str) -> None:
    """Adds one to a metric (a log line in CloudWatch's embedded format; no call)."""
    with single_metric(name=name, unit=MetricUnit.Count, value=1):
        pass


def measure(name: str, seconds: float) -> None:
    """Likewise, a duration."""
    with single_metric(name=name, unit=MetricUnit.Seconds, value=seconds):
        pass


def _lines(error: BaseException) -> Iterator[str]:
    """As Python writes a traceback: what came first, first."""
    before = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if before:
        yield from _lines(before)
        yield "\nThen:\n"
    yield from traceback.format_tb(error.__traceback__)
    yield kind(error) + "\n"
