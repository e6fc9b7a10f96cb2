"""What runs in the environment of each peer: reads requests as JSON lines from stdin, answers each with a line on stdout.

    python -P benchmarks/peers/worker.py <adapter>

An adapter is a file beside this one with `PACKAGES` (distributions whose versions are reported) and a class `Reader`, whose
construction loads the models. `-P` keeps this folder off the import path, where `tesseract.py` and the like would be found
in place of a package of that name. Only the standard library is imported here: an environment holds nothing for our sake.

Request:  {"file": path, "images": [paths of its pages], "language": ISO 639 code, "script": ISO 15924 code, "tier": name}
Answer:   {"text", "markdown", "unsupported", "cpu_s", "wall_s", "process_cpu_s", "peak_rss_mb", "rss_mb"}, or {"error"}

Language and script are missing where the engine has to find them, the tier where it has but one, `text` or `markdown` where it
makes none. Seconds are of the reading, `process_cpu_s` since the process started. The first line, sent when the models are
loaded, holds `versions`.
"""

from __future__ import annotations

import importlib.util
import json
import os
import resource
import sys
import time
from importlib.metadata import version
from pathlib import Path
from typing import Any

PAGE_BYTES = resource.getpagesize()


class Unsupported(Exception):
    """The engine does not know the language that it was asked for."""


def main() -> None:
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what packages print must not stand between the answers
    try:
        adapter = _adapter(sys.argv[1])
        reader = adapter.Reader()
    except Exception as error:  # whatever a package raises when its weights are not there
        _send(answers, {"error": _words(error)})
        return
    _send(answers, {"versions": {package: version(package) for package in adapter.PACKAGES}})
    for line in sys.stdin:
        _send(answers, _answer(reader, json.loads(line)))


def _adapter(name: str) -> Any:
    spec = importlib.util.spec_from_file_location(f"adapter_{name}", Path(__file__).with_name(f"{name}.py"))
    assert spec
    assert spec.loader
    sys.modules["worker"] = sys.modules["__main__"]  # adapters raise its Unsupported
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _answer(reader: Any, request: dict[str, Any]) -> dict[str, Any]:
    try:
        reader.prepare(request)
        cpu, wall = time.process_time(), time.perf_counter()
        found = reader.read(request)
        found |= {"cpu_s": time.process_time() - cpu, "wall_s": time.perf_counter() - wall}
    except Unsupported:
        found = {"text": "", "unsupported": True, "cpu_s": 0.0, "wall_s": 0.0}
    except Exception as error:  # one bad page must not end the run
        return {"error": _words(error)}
    return found | {"process_cpu_s": time.process_time(), "peak_rss_mb": _peak_rss(), "rss_mb": _rss()}


def _words(error: Exception) -> str:
    return f"{type(error).__name__}: {error}".splitlines()[0][:300]


def _peak_rss() -> float:
    """MB. Of this process alone: on Linux, ru_maxrss begins with what the parent had."""
    status = Path("/proc/self/status")
    if status.exists():
        peak = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM:"))
        return round(int(peak.split()[1]) / 1024, 1)
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20, 1)  # macOS counts bytes


def _rss() -> float | None:
    """MB now; None where there is no /proc."""
    statm = Path("/proc/self/statm")
    return round(int(statm.read_text().split()[1]) * PAGE_BYTES / 2**20, 1) if statm.exists() else None


def _send(answers: Any, answer: dict[str, Any]) -> None:
    answers.write(json.dumps(answer) + "\n")
    answers.flush()


if __name__ == "__main__":
    main()
