"""Logs and metrics of all functions. Log events with ids and numbers; never a body, document text, a token or a URL.

Nor the message of an exception: see `tracebacks`.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from types import TracebackType
from typing import ParamSpec, TypeVar

from aws_lambda_powertools import Logger, single_metric
from aws_lambda_powertools.logging.formatter import LambdaPowertoolsFormatter
from aws_lambda_powertools.metrics import MetricUnit

from ocrchat.tracebacks import kind, lines


class Formatter(LambdaPowertoolsFormatter):
    """Powertools' lines of JSON, with tracebacks that have no messages."""

    def __init__(self) -> None:
        super().__init__(serialize_stacktrace=False)  # the same once more, with the message

    def formatException(
        self,
        ei: tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None],
    ) -> str:
        return "".join(lines(ei[1])) if ei[1] else ""


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
