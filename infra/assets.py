"""What is packed into each deployable: function zips, the layers, the build context of the OCR image.

Layers are built by pip for Lambda's platform, on any machine, without Docker. Synthesis alone builds nothing, and gives
the same template as a deployment: a layer's hash is taken over its requirements and sources, not over what pip makes.
"""

from __future__ import annotations

import compileall
import hashlib
import py_compile
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import jsii
from aws_cdk import aws_lambda as lambda_

ROOT = Path(__file__).resolve().parent.parent
CORE = ROOT / "layers" / "core" / "python"
CORE_REQUIREMENTS = ROOT / "requirements" / "core.txt"
DOCUMENTS_REQUIREMENTS = ROOT / "requirements" / "documents.txt"
EXPORTS_REQUIREMENTS = ROOT / "requirements" / "exports.txt"
CHAT_REQUIREMENTS = ROOT / "requirements" / "chat.txt"
EMBEDDER = ROOT / "layers" / "embedder"
FETCH = ROOT / "layers" / "weights" / "fetch.py"

LAMBDA_PYTHON = (3, 12)

# Wheels that run on the python3.12 runtime (Amazon Linux 2023, glibc 2.34). pip wants each tag that it may take.
_LAMBDA_WHEELS = (
    *("--platform", "manylinux_2_28_x86_64", "--platform", "manylinux2014_x86_64"),
    *("--implementation", "cp", "--python-version", "3.12", "--only-binary", ":all:"),
)


def function_zip(folder: str) -> lambda_.Code:
    """`functions/<folder>` as the package it is here: handlers are called `functions.<folder>.<module>.handler`."""
    return lambda_.Code.from_asset(str(ROOT), **_only("functions/__init__.py", f"functions/{folder}/**/*.py"))


def ocr_page_image() -> lambda_.Code:
    """Built by Docker, at deployment. Only what the Dockerfile copies is in the context, and so in the hash."""
    return lambda_.Code.from_asset_image(
        str(ROOT),
        file="functions/ocr_page/Dockerfile",
        platform=cdk.aws_ecr_assets.Platform.LINUX_AMD64,
        **_only(
            "functions/__init__.py",
            "functions/ocr_page",
            "layers/core/python",
            "layers/tessdata",
            "layers/weights",
            "requirements/ocr-page.txt",
        ),
    )


def core_layer() -> lambda_.Code:
    """The product and what every function needs. boto3 is among it: the runtime's own changes under our feet."""
    return _layer(CORE_REQUIREMENTS.read_text(), sources=CORE)


def documents_layer() -> lambda_.Code:
    """What documents.txt adds to core.txt: the two layers are always used together."""
    return _layer(added(CORE_REQUIREMENTS.read_text(), DOCUMENTS_REQUIREMENTS.read_text()))


def exports_layer() -> lambda_.Code:
    """What exports.txt adds to documents.txt, likewise."""
    return _layer(added(DOCUMENTS_REQUIREMENTS.read_text(), EXPORTS_REQUIREMENTS.read_text()))


def chat_layer() -> lambda_.Code:
    """What chat.txt adds to core.txt, likewise; and the weights of the embedder, in a folder of their own."""
    return _layer(added(CORE_REQUIREMENTS.read_text(), CHAT_REQUIREMENTS.read_text()), weights=EMBEDDER)


def added(base: str, more: str) -> str:
    """The entries of the requirements file `more` whose packages `base` does not have."""
    present = _entries(base)
    return "".join(entry for name, entry in _entries(more).items() if name not in present)


def build_layer(requirements: str, sources: Path | None, layer: Path, weights: Path | None = None) -> None:
    """Fills the folder `layer` as Lambda wants it: packages, and the folders under `sources`, under `python/`; the
    networks that the folder `weights` lists under `weights/`."""
    if weights:
        subprocess.run([sys.executable, FETCH, layer / "weights", weights], check=True)
    target = layer / "python"
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "requirements.txt"
        file.write_text(requirements)
        pip = (sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-compile")
        only_this_list = ("--no-deps", "--require-hashes", "-r", str(file), "--target", str(target))
        subprocess.run([*pip, *_LAMBDA_WHEELS, *only_this_list], check=True)
    if sources:
        shutil.copytree(sources, target, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
    _compile(target)


def _compile(target: Path) -> None:
    """Bytecode, since a function cannot write its own: an import of submit.api takes 0.4 s with it and 1.5 s without.

    Unchecked, since the zip's times are not the files'. Only by the Python that will run it: another's is of no use.
    """
    if sys.version_info[:2] == LAMBDA_PYTHON:
        compileall.compile_dir(target, quiet=2, invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH)


def make_readable(folder: Path) -> None:
    """Lets every user read what is staged there: assets keep modes, and Lambda's user is not ours, whatever our umask."""
    for path in (folder, *folder.rglob("*")):
        path.chmod(path.stat().st_mode | (0o555 if path.is_dir() else 0o444))


@jsii.implements(cdk.ILocalBundling)
class _Pip:
    def __init__(self, requirements: str, sources: Path | None, weights: Path | None) -> None:
        self._requirements = requirements
        self._sources = sources
        self._weights = weights

    def try_bundle(self, output_dir: str, *_: Any, **__: Any) -> bool:
        build_layer(self._requirements, self._sources, Path(output_dir), self._weights)
        return True


def _layer(requirements: str, sources: Path | None = None, weights: Path | None = None) -> lambda_.Code:
    return lambda_.Code.from_asset(
        str(sources or DOCUMENTS_REQUIREMENTS.parent),
        asset_hash_type=cdk.AssetHashType.CUSTOM,
        asset_hash=_hash(requirements, sources, weights),
        bundling=cdk.BundlingOptions(
            image=cdk.DockerImage.from_registry("unused"),  # never run: try_bundle does it or raises
            local=_Pip(requirements, sources, weights),
        ),
    )


def _hash(requirements: str, sources: Path | None, weights: Path | None) -> str:
    digest = hashlib.sha256("\0".join((requirements, *_LAMBDA_WHEELS)).encode())
    if weights:
        digest.update((weights / "weights.txt").read_bytes())
    for path in sorted(sources.rglob("*")) if sources else ():
        if path.is_file() and "__pycache__" not in path.parts:
            digest.update(f"\0{path.relative_to(ROOT)}\0".encode() + path.read_bytes())
    return digest.hexdigest()


def _entries(requirements: str) -> dict[str, str]:
    """name -> its lines, of a file that `pip compile` wrote: an entry starts at the margin, its hashes are indented."""
    entries = re.findall(r"^[\w.-]+==.*\n(?:[ \t].*\n)*", requirements, re.MULTILINE)
    return {entry.partition("==")[0]: entry for entry in entries}


def _only(*patterns: str) -> dict[str, Any]:
    """Everything in the repository is left out but these."""
    return {
        "exclude": ["**", *(f"!{pattern}" for pattern in patterns), "**/__pycache__", "**/*.pyc"],
        "ignore_mode": cdk.IgnoreMode.DOCKER,
    }
