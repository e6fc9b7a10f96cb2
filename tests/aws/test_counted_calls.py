"""What the model of the bill multiplies with: the calls of a job, counted again."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

from benchmarks import calls, deployed, documents


def counted(functions: dict[str, dict[str, Any]]) -> dict[str, Counter[str]]:
    """Without logs, whose lines have times and sizes in them."""
    return {
        name: Counter({what: amount for what, amount in counts.items() if what != "log_bytes"})
        for name, counts in functions.items()
    }


def test_a_job_asks_for_what_the_bill_says(weights: Path) -> None:
    (known,) = (job for job in deployed.results("calls")["jobs"] if (job["pages"], job["tier"]) == (1, "cpu"))

    with calls.system() as running:
        job = running.job(documents.digital(1))
        idle = running.idle()

    advice = "run python -m benchmarks.calls, .cost and .scale"
    assert counted(job["functions"]) == counted(known["functions"]), advice
    assert job["states"] == known["states"], advice
    assert counted(idle) == counted(deployed.results("calls")["idle"]), advice
