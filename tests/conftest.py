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
    """Folder with the weights of OCR and of chat, fetched if they are not there yet."""
    folder, layers = ROOT / ".build" / "weights", ROOT / "layers"
    for source in ("weights", "embedder"):
        subprocess.run([sys.executable, layers / "weights" / "fetch.py", folder, layers / source], check=True)
    return folder
