"""File names that strangers send: in forms, in headers, in addresses."""

from __future__ import annotations

import re

_LONGEST = 255
_LONGEST_STEM = 200
"""Characters of a name, and bytes in UTF-8 of what stands before the extension of a download: file systems take 255 bytes."""

_EXTENSION = re.compile(r"\.(?:avif|bmp|gif|hei[cf]|j[2p][2ckfx]|jfif|jpe?g|jpe|pdf|png|tiff?|webp)", re.IGNORECASE)
"""Of the files that are read."""


def base_name(name: str) -> str:
    """The name without any folder, Windows' included (old browsers send them), bounded; empty where there is none in it."""
    last = "".join(filter(str.isprintable, re.split(r"[/\\]", name)[-1]))
    stem, suffix = _parted(last)
    return stem[: _LONGEST - len(suffix)] + suffix if last.strip(". ") else ""


def with_extension(name: str, extension: str) -> str:
    """The name of a download: in place of the extension of the file that was sent ("v1.2 final" has none), its own. Bounded."""
    stem = _parted(name)[0].encode()[:_LONGEST_STEM].decode(errors="ignore")
    return f"{stem}.{extension}"


def _parted(name: str) -> tuple[str, str]:
    stem, suffix = name[: name.rfind(".")], name[name.rfind(".") :]
    return (stem, suffix) if stem.strip(". ") and _EXTENSION.fullmatch(suffix) else (name, "")
