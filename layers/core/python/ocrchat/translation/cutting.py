"""Texts that are too long for one request, cut between sentences, and their translations put together again."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ocrchat.writing import is_unspaced

_SENTENCE = re.compile(r".+?(?:\n+|(?<=[.!?…])\s+|(?<=[。！？।؟۔])\s*|$)", re.DOTALL)
_WORD = re.compile(r"\S+\s*|\s+")


def cut(text: str, most_bytes: int) -> list[str]:
    """Parts of at most so many bytes of UTF-8, together the text: sentences, or else words, or else letters."""
    if size(text) <= most_bytes:
        return [text]
    parts = [text]
    for pattern in (_SENTENCE, _WORD):
        parts = [
            smaller for part in parts for smaller in ([part] if size(part) <= most_bytes else pattern.findall(part))
        ]
    letters = [smaller for part in parts for smaller in ([part] if size(part) <= most_bytes else part)]
    return _packed(letters, most_bytes)


def joined(parts: Sequence[str], translated: Sequence[str]) -> str:
    """The translations of `parts`: on lines of their own if those were, else with a space where their script has any."""
    whole = translated[0].strip() if translated else ""
    for before, text in zip(parts, translated[1:], strict=False):
        following = text.strip()
        if before.endswith("\n"):
            between = "\n"
        else:
            between = "" if is_unspaced(whole[-1:] or " ") and is_unspaced(following[:1] or " ") else " "
        whole += between + following
    return whole


def size(text: str) -> int:
    return len(text.encode())


def batches(texts: Sequence[str], most_bytes: int, most: int) -> list[list[int]]:
    """The places of `texts`, in order, in groups of so many texts and bytes at most; a text above that stands alone."""
    groups: list[list[int]] = []
    room = 0
    for place, text in enumerate(texts):
        need = size(text) + 1
        if not groups or need > room or len(groups[-1]) >= most:
            groups.append([])
            room = most_bytes
        groups[-1].append(place)
        room -= need
    return groups


def _packed(parts: Sequence[str], most_bytes: int) -> list[str]:
    packed = [""]
    for part in parts:
        if size(packed[-1]) + size(part) > most_bytes and packed[-1]:
            packed.append("")
        packed[-1] += part
    return packed
