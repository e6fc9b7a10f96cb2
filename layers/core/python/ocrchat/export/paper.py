"""How large pages are where their own size cannot be meant."""

from __future__ import annotations

A4 = (8.27, 11.69)
"""Inches."""

LARGEST = 17.0
"""Inches: a longer page is a photo whose resolution nobody has set."""


def reduced(longest: float) -> float:
    """Inches that the longest side of a page is to have, that seems to have `longest`."""
    return A4[1] if longest > LARGEST else longest
