"""File names that strangers send: in forms, in headers, in addresses."""

from __future__ import annotations

import re


def base_name(name: str) -> str:
    """The name without any folder, Windows' included (old browsers send them), bounded; empty where there is none in it."""
    last = "".join(filter(str.isprintable, re.split(r"[/\\]", name)[-1]))
    return last[:255] if last.strip(". ") else ""
