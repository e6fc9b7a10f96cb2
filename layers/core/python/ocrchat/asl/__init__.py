"""The state machine, shared by CDK and the tests: plain data, no AWS import."""

from __future__ import annotations

import re
from importlib import resources


def definition() -> str:
    """The Amazon States Language text, with `${Name}` placeholders for `definition_substitutions`."""
    return resources.files(__name__).joinpath("job.asl.json").read_text("utf-8")


def placeholders() -> frozenset[str]:
    return frozenset(re.findall(r"\$\{(\w+)\}", definition()))
