"""Some of `make chaos`: faults on the running system. All of them take minutes, see chaos/scenarios.py."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.http.conftest import ROOT


@pytest.mark.timeout(600)
def test_what_fails_for_a_while_loses_nothing_and_charges_nothing_twice(weights: Path) -> None:
    scenarios = ("answers of DynamoDB get lost", "callers insist")

    run = subprocess.run([sys.executable, "-m", "chaos", *scenarios], cwd=ROOT, capture_output=True, text=True)

    assert run.returncode == 0, run.stdout + run.stderr
    assert all(f"{scenario}: " in run.stdout for scenario in scenarios)
