"""What is deployed, read from the synthesised template: what `cost` and `scale` say of it cannot go out of date."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
DATA = Path(__file__).parent / "aws"
RESULTS = Path(__file__).parent / "results"


@lru_cache
def memory_mb() -> dict[str, int]:
    """Of each function, by its module."""
    found = {}
    for properties in _resources("AWS::Lambda::Function"):
        variables = properties.get("Environment", {}).get("Variables", {})
        if module := variables.get("POWERTOOLS_SERVICE_NAME"):  # what CDK makes for itself has none
            found[module] = int(properties["MemorySize"])
    return found


@lru_cache
def timeout_seconds() -> dict[str, int]:
    """Of each function, likewise."""
    return {
        properties["Environment"]["Variables"]["POWERTOOLS_SERVICE_NAME"]: int(properties["Timeout"])
        for properties in _resources("AWS::Lambda::Function")
        if "POWERTOOLS_SERVICE_NAME" in properties.get("Environment", {}).get("Variables", {})
    }


def page_tries() -> int:
    """How often a page's message is delivered before it is given up: the fewest of any queue, those of the lanes."""
    return min(
        int(properties["RedrivePolicy"]["maxReceiveCount"])
        for properties in _resources("AWS::SQS::Queue")
        if "RedrivePolicy" in properties
    )


def event_sources() -> int:
    """Queues that Lambda polls, day and night."""
    return sum(1 for _ in _resources("AWS::Lambda::EventSourceMapping"))


def scheduled_minutes() -> int:
    """Between two runs of the reconciler."""
    (rule,) = (rule for rule in _resources("AWS::Events::Rule") if "Reconcile" in json.dumps(rule.get("Targets")))
    found = re.fullmatch(r"rate\((\d+) minutes\)", rule["ScheduleExpression"])
    assert found, rule["ScheduleExpression"]
    return int(found[1])


def stage_rate() -> tuple[float, float]:
    """Requests a second that the stage lets through, and at once."""
    (stage,) = _resources("AWS::ApiGateway::Stage")
    (method,) = stage["MethodSettings"]
    return float(method["ThrottlingRateLimit"]), float(method["ThrottlingBurstLimit"])


@lru_cache
def context() -> dict[str, Any]:
    """cdk.json's."""
    found: dict[str, Any] = json.loads((ROOT / "cdk.json").read_text())["context"]
    return found


@lru_cache
def data(name: str) -> dict[str, Any]:
    """One of benchmarks/aws/*.toml."""
    return tomllib.loads((DATA / f"{name}.toml").read_text())


@lru_cache
def results(name: str) -> dict[str, Any]:
    """One of benchmarks/results/*.json."""
    found: dict[str, Any] = json.loads((RESULTS / f"{name}.json").read_text())
    return found


@lru_cache
def _template() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((ROOT / "local" / "template.json").read_text())
    return found


def _resources(kind: str) -> Iterator[dict[str, Any]]:
    return (resource["Properties"] for resource in _template()["Resources"].values() if resource["Type"] == kind)
