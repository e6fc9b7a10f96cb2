"""Fixtures of all tests."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import settings

# Machines are noisy: a slow example is no failure.
settings.register_profile("ocrchat", deadline=None)
settings.load_profile("ocrchat")

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def weights() -> Path:
    """Folder with the OCR weights, fetched if they are not there yet."""
    folder = ROOT / ".build" / "weights"
    subprocess.run([sys.executable, str(ROOT / "layers" / "weights" / "fetch.py"), str(folder)], check=True)
    return folder
