"""The engines that are measured: an environment each, and a process in it that answers requests."""

from __future__ import annotations

import hashlib
import json
import os
import select
import subprocess
import sys
import time
import venv
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).parent
ENVIRONMENTS = ROOT / ".build" / "peers"
TESSDATA = (ROOT / ".build" / "tessdata", Path("/usr/share/tesseract-ocr/5/tessdata"))

START_SECONDS = 300
"""How long a process may take until its models are loaded; OnnxTR downloads them."""

PAGE_SECONDS = 120
"""How long a page may take. pymupdf4llm is known to need minutes for some."""


class NotAvailable(Exception):
    """A peer cannot be measured here; says why."""


@dataclass(frozen=True, slots=True)
class Peer:
    """A package that reads documents. `adapter` is a file in this folder; `environment` the requirements it runs with.

    Without an environment it runs in ours.
    """

    name: str
    adapter: str
    environment: str | None


OCRCHAT = Peer("ocrchat", "ocrchat", None)
RAPIDOCR = Peer("rapidocr", "rapidocr", "rapidocr")
RAPIDOCR_ONNXRUNTIME = Peer("rapidocr-onnxruntime", "rapidocr_onnxruntime", "rapidocr-onnxruntime")
TESSERACT = Peer("tesseract", "tesseract", "tesseract")
ONNXTR = Peer("onnxtr", "onnxtr", "onnxtr")
PYMUPDF4LLM = Peer("pymupdf4llm", "pymupdf4llm", "pymupdf4llm")
TEXT_LAYER = Peer("text layer", "text_layer", "pymupdf4llm")
PEERS = (OCRCHAT, RAPIDOCR, RAPIDOCR_ONNXRUNTIME, TESSERACT, ONNXTR, PYMUPDF4LLM, TEXT_LAYER)

NOT_RUN = {
    "docling": "no adapter: version 2.143.0 has its models only on a model hub, and needs PyTorch with CUDA, some 4 GB"
}
"""Peers that there is no adapter for, and why."""


class Process:
    """A peer that has started and loaded its models; answers one request after another. Raises NotAvailable.

    What it prints is added to .build/peers/<adapter>.log.
    `spawned` is when the process was started, on the clock of `time.perf_counter`.
    """

    def __init__(self, peer: Peer) -> None:
        python = _python(peer)
        ENVIRONMENTS.mkdir(parents=True, exist_ok=True)
        self.peer = peer
        with (ENVIRONMENTS / f"{peer.adapter}.log").open("ab") as log:
            self.spawned = time.perf_counter()
            self._process = subprocess.Popen(
                [str(python), "-P", str(HERE / "worker.py"), peer.adapter],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                env=_environment(peer),
            )
        started = self._receive(START_SECONDS)
        if "versions" not in started:
            self.stop()
            raise NotAvailable(started["error"])
        self.versions: dict[str, str] = started["versions"]

    def ask(self, request: dict[str, Any], pages: int = 1) -> dict[str, Any]:
        """The answer of worker.py; where it dies or takes too long, an `error`, and the process has ended."""
        assert self._process.stdin
        if self._process.poll() is None:
            self._process.stdin.write(json.dumps(request).encode() + b"\n")
            self._process.stdin.flush()
            return self._receive(PAGE_SECONDS * pages)
        return {"error": f"the process ended with status {self._process.returncode}", "ended": True}

    def stop(self) -> None:
        self._process.kill()
        self._process.communicate()

    def _receive(self, seconds: float) -> dict[str, Any]:
        assert self._process.stdout
        readable, _, _ = select.select([self._process.stdout], [], [], seconds)
        if not readable:
            self.stop()
            return {"error": f"took more than {seconds:g} s", "ended": True, "cpu_s": seconds, "wall_s": seconds}
        line = self._process.stdout.readline()
        if not line:
            self._process.wait()
            self.stop()
            return {"error": f"the process ended with status {self._process.returncode}", "ended": True}
        answer: dict[str, Any] = json.loads(line)
        return answer


def _environment(peer: Peer) -> dict[str, str]:
    """One thread for all that asks the environment, and for Tesseract its data."""
    names = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    names |= {"OMP_NUM_THREADS": "1", "OMP_THREAD_LIMIT": "1", "OPENBLAS_NUM_THREADS": "1"}
    if peer is OCRCHAT:
        return names | {"PYTHONPATH": str(ROOT / "layers" / "core" / "python")}
    if peer is TESSERACT:
        return names | {"TESSDATA_PREFIX": str(_tessdata())}
    return names


def _tessdata() -> Path:
    given = os.environ.get("TESSDATA_PREFIX")
    for folder in [Path(given)] if given else TESSDATA:
        if any(folder.glob("*.traineddata")):
            return folder
    raise NotAvailable("no traineddata: run `make languages`, or set TESSDATA_PREFIX")


def _python(peer: Peer) -> Path:
    """The interpreter that the peer runs in. Makes its environment when there is none for these requirements."""
    if peer.environment is None:
        return Path(sys.executable)
    requirements = HERE / f"{peer.environment}.txt"
    wanted = hashlib.sha256(requirements.read_bytes()).hexdigest()
    folder = ENVIRONMENTS / peer.environment
    python, stamp = folder / "bin" / "python", folder / "requirements.sha256"
    if not stamp.exists() or stamp.read_text() != wanted:
        print(f"Making the environment of {peer.name} ...", file=sys.stderr)
        venv.create(folder, clear=True, with_pip=True)
        # --no-deps: the file is the whole list. It holds the headless OpenCV where a package asks for the other one.
        command = [str(python), "-m", "pip", "install", "--disable-pip-version-check", "--quiet", "--no-deps"]
        installed = subprocess.run(
            [*command, "--require-hashes", "-r", str(requirements)], capture_output=True, text=True
        )
        if installed.returncode:
            print(installed.stderr, file=sys.stderr)
            raise NotAvailable("pip could not install its packages")
        stamp.write_text(wanted)
    return python
