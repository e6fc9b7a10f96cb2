"""Logs and metrics of all functions. Log events with ids and numbers; never a body, document text, a token or a URL."""

from __future__ import annotations

from aws_lambda_powertools import Logger, single_metric
from aws_lambda_powertools.metrics import MetricUnit

logger = Logger()


def count(name: str) -> None:
    """Adds one to a metric (a log line in CloudWatch's embedded format; no call)."""
    with single_metric(name=name, unit=MetricUnit.Count, value=1):
        pass


def measure(name: str, seconds: float) -> None:
    """Likewise, a duration."""
    with single_metric(name=name, unit=MetricUnit.Seconds, value=seconds):
        pass
