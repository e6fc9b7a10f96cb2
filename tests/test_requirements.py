"""What is installed is what was meant: each package at one version, by its hash, under a licence that goes with ours.

Known holes are another matter: the databases of them are on the network, and `pip-audit` asks there (docs/deploy.md).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from importlib import metadata
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
FILES = sorted([*(ROOT / "requirements").glob("*.txt"), *(ROOT / "benchmarks" / "peers").glob("*.txt")])
SHIPPED = ("core", "documents", "exports", "chat", "ocr-page")
"""Into Lambda; and `local` onto a laptop."""

COMPATIBLE = frozenset(
    {
        *("0BSD", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "CC0-1.0", "ISC", "MIT", "MIT-0", "MIT-CMU"),
        *("MPL-2.0", "PSF-2.0", "Zlib", "AGPL-3.0"),
    }
)
"""Licences, by SPDX, of what may be a part of a work under the AGPL."""

OTHER_NAMES = {
    "3-Clause BSD License": "BSD-3-Clause",
    "Apache License 2.0": "Apache-2.0",
    "Apache Software License": "Apache-2.0",
    "BSD License": "BSD-3-Clause",
    "Dual Licensed - GNU AFFERO GPL 3.0 or Artifex Commercial License": "AGPL-3.0",
    "ISC License (ISCL)": "ISC",
    "MIT License": "MIT",
    "MIT No Attribution License (MIT-0)": "MIT-0",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "Python Software Foundation License": "PSF-2.0",
}
"""As packages wrote it before there was a field for SPDX -> SPDX."""


@dataclass(frozen=True)
class Pin:
    """`marker` is where it is installed, everywhere if empty."""

    name: str
    version: str
    marker: str
    hashes: int


@cache
def pins(path: Path) -> list[Pin]:
    """Raises ValueError for a line that is neither a pin, a hash of it, nor a comment."""
    text = path.read_text().replace("\\\n", " ")
    found = []
    for line in text.splitlines():
        stated = line.partition("#")[0].strip()
        if not stated:
            continue
        pin = re.fullmatch(r"([a-z0-9][a-z0-9-]*)==([\w.+!]+)( ; [^#]*?)?((?:\s+--hash=sha256:[0-9a-f]{64})+)", stated)
        if pin is None:
            raise ValueError(f"{path.name}: {stated[:120]}")
        found.append(Pin(pin[1], pin[2], (pin[3] or "").removeprefix(" ; "), pin[4].count("--hash=")))
    return found


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_package_has_one_version_and_its_hashes_and_no_address(path: Path) -> None:
    found = pins(path)

    assert found
    assert "://" not in path.read_text()
    everywhere = [pin.name for pin in found if not pin.marker]
    assert len(everywhere) == len(set(everywhere))


def licences(name: str) -> set[str]:
    """Of an installed package, all of which it names."""
    found = metadata.metadata(name)
    expressions = [found.get("License-Expression"), found.get("License")]
    classified = [it.rpartition(" :: ")[2] for it in found.get_all("Classifier") or [] if it.startswith("License ::")]
    named = [it for it in classified if it != "OSI Approved"]
    stated = named if named and not expressions[0] else [str(next(filter(None, expressions), "")).strip()]
    return {part for it in stated for part in re.split(r" AND | OR ", OTHER_NAMES.get(it, it))}


@pytest.mark.parametrize("file", [*SHIPPED, "local"])
def test_every_package_that_is_shipped_is_under_a_licence_that_goes_with_ours(file: str) -> None:
    found = pins(ROOT / "requirements" / f"{file}.txt")
    here = [pin for pin in found if _is_installed(pin.name)]

    assert [pin.name for pin in found if pin not in here and not pin.marker] == []
    assert {pin.name: licences(pin.name) for pin in here if not licences(pin.name) <= COMPATIBLE} == {}


def _is_installed(name: str) -> bool:
    try:
        metadata.distribution(name)
    except metadata.PackageNotFoundError:
        return False
    return True
