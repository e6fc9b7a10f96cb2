"""Puts Tesseract's data into a folder: `python fetch.py DEST`. Standard library and the machine's package manager only.

What counts is the sha256 of each file, so it does not matter who packed it: see README.md beside it.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

HERE = Path(__file__).resolve().parent

INSTALLED = ("/usr/share/tesseract-ocr/5/tessdata", "/usr/share/tessdata", "/usr/share/tesseract/tessdata")
"""Where Debian, Arch and Fedora install it."""

SCRIPTS = {"Bengali": "beng", "Cyrillic": "cyrl", "Devanagari": "deva"}
"""Data of scripts instead of languages -> their codes in the names of Debian's packages."""


def wanted() -> dict[str, str]:
    """File name -> sha256, as `tessdata.txt` lists them."""
    lines = (HERE / "tessdata.txt").read_text(encoding="ascii").splitlines()
    return {name: digest for digest, name in (line.split() for line in lines)}


def missing(dest: Path) -> dict[str, str]:
    return {name: digest for name, digest in wanted().items() if not _is_right(dest / name, digest)}


def fetch(dest: Path) -> None:
    """Raises SystemExit where files are still missing when every way was tried."""
    dest.mkdir(parents=True, exist_ok=True)
    for way in (_installed, _apt, _dnf, _brew):
        lacking = missing(dest)
        if lacking:
            with tempfile.TemporaryDirectory() as folder:
                _take(way([Path(name).stem for name in lacking], Path(folder)), dest, lacking)
    if lacking := missing(dest):
        raise SystemExit(
            f"tessdata: {len(lacking)} files could not be had: {', '.join(lacking)}.\n"
            "Where there is apt-get, run `apt-get update` as root first. Elsewhere, install Tesseract's data of these "
            f"languages (tessdata_fast 4.1.0), or copy it to {dest}."
        )
    print(f"tessdata: {dest} is complete")


def _take(folders: Iterable[Path], dest: Path, lacking: dict[str, str]) -> None:
    """Copies what is right. Some distributions have a subfolder `script`."""
    taken = 0
    for folder in folders:
        for name, digest in lacking.items():
            for path in (folder / name, folder / "script" / name):
                if not (dest / name).exists() and _is_right(path, digest):
                    # Under its real name only when whole: a killed copy must not look like a finished one.
                    part = dest / f"{name}.{os.getpid()}.part"
                    shutil.copyfile(path, part)
                    part.replace(dest / name)
                    taken += 1
    if taken:
        print(f"tessdata: {taken} files -> {dest}", flush=True)


def _installed(names: list[str], folder: Path) -> list[Path]:
    return [Path(path) for path in INSTALLED]


def _apt(names: list[str], folder: Path) -> list[Path]:
    """Downloads packages and unpacks them, which any user may do."""
    packages = [f"tesseract-ocr-script-{SCRIPTS[n]}" if n in SCRIPTS else f"tesseract-ocr-{n}" for n in names]
    if shutil.which("apt-get") and _run(["apt-get", "download", *packages], folder):
        for package in folder.glob("*.deb"):
            _run(["dpkg-deb", "-x", str(package), str(folder)], folder)
    return [folder / INSTALLED[0].lstrip("/")]


def _dnf(names: list[str], folder: Path) -> list[Path]:
    packages = [f"tesseract-script-{n.lower()}" if n in SCRIPTS else f"tesseract-langpack-{n}" for n in names]
    if shutil.which("dnf") and _run(["dnf", "download", "--destdir", str(folder), *packages], folder):
        for package in folder.glob("*.rpm"):
            _run(["sh", "-c", 'rpm2cpio "$1" | cpio -id --quiet', "sh", str(package)], folder)
    return [folder / path.lstrip("/") for path in INSTALLED]


def _brew(names: list[str], folder: Path) -> list[Path]:
    if not shutil.which("brew") or not _run(["brew", "install", "tesseract-lang"], folder):
        return []
    prefix = subprocess.run(["brew", "--prefix"], capture_output=True, text=True, check=True).stdout.strip()
    return [Path(prefix) / "share" / "tessdata"]


def _run(command: list[str], folder: Path) -> bool:
    """Whether it succeeded. Its output is the user's to see: downloads take a while."""
    return subprocess.run(command, cwd=folder, check=False).returncode == 0


def _is_right(path: Path, digest: str) -> bool:
    return path.is_file() and hashlib.sha256(path.read_bytes()).hexdigest() == digest


if __name__ == "__main__":
    if len(sys.argv) != 2:
        raise SystemExit("usage: python fetch.py DEST")
    fetch(Path(sys.argv[1]))
