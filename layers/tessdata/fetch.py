"""Puts Tesseract's data into a folder: `python fetch.py DEST`. Standard library, and the machine's package manager or Docker.

What counts is the sha256 of each file, so it does not matter who packed it: see README.md beside it.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]

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
    for way in (_installed, _apt, _dnf, _brew, _docker):
        if lacking := missing(dest):
            with tempfile.TemporaryDirectory() as folder:
                _take(way([Path(name).stem for name in lacking], Path(folder)), dest, lacking)
    if lacking := missing(dest):
        raise SystemExit(
            f"tessdata: {len(lacking)} files could not be had: {', '.join(lacking)}.\n"
            "Do one of these, and run this again:\n"
            "- Debian and its kin: `apt-get update` as root\n"
            "- Fedora and its kin: `dnf install cpio 'dnf-command(download)'` as root\n"
            "- macOS: install Homebrew\n"
            "- anywhere: start Docker\n"
            f"- or copy the files of tessdata_fast 4.1.0 to {dest} by hand"
        )
    print(f"tessdata: {dest} is complete")


def _take(folders: list[Path], dest: Path, lacking: dict[str, str]) -> None:
    """Copies what is right. Some distributions have a subfolder `script`."""
    taken = 0
    for name, digest in lacking.items():
        paths = (path for folder in folders for path in (folder / name, folder / "script" / name))
        if found := next((path for path in paths if _is_right(path, digest)), None):
            # Under its real name only when whole: a killed copy must not look like a finished one.
            part = dest / f"{name}.{os.getpid()}.part"
            shutil.copyfile(found, part)
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
    if not shutil.which("brew"):
        return []
    # Whether it succeeded does not matter: with files of the same names in brew's share/tessdata it installs, but cannot link.
    _run(["brew", "install", "tesseract-lang"], folder)
    prefix = subprocess.run(
        ["brew", "--prefix", "tesseract-lang"], capture_output=True, text=True, check=False
    ).stdout.strip()
    return [Path(prefix) / "share" / "tessdata"]


def _docker(names: list[str], folder: Path) -> list[Path]:
    """Debian's packages again, in the stage of the OCR worker's image that is made of them."""
    image = folder / "image"
    dockerfile = ROOT / "functions" / "ocr_page" / "Dockerfile"
    stage = ["docker", "build", "--target", "tessdata", "--iidfile", str(image), "--file", str(dockerfile), str(ROOT)]
    if shutil.which("docker") and _run(stage, folder):
        _run(
            [
                "sh",
                "-c",
                'docker run --rm "$1" tar -cf - -C /opt/tessdata . | tar -xf -',
                "sh",
                image.read_text().strip(),
            ],
            folder,
        )
    return [folder]


def _run(command: list[str], folder: Path) -> bool:
    """Whether it succeeded. Its output is the user's to see: downloads take a while."""
    return subprocess.run(command, cwd=folder, check=False).returncode == 0


def _is_right(path: Path, digest: str) -> bool:
    return path.is_file() and hashlib.sha256(path.read_bytes()).hexdigest() == digest


if __name__ == "__main__":
    if len(sys.argv) != 2:
        raise SystemExit("usage: python fetch.py DEST")
    fetch(Path(sys.argv[1]))
