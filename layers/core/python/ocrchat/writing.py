"""How scripts are written, as far as several parts of the product have to agree on it."""

from __future__ import annotations

import unicodedata

_HANGUL = ("\u1100", "\u11ff"), ("\u3130", "\u318f"), ("\ua960", "\ua97f"), ("\uac00", "\ud7ff")


def is_ideograph(character: str) -> bool:
    """Whether it is a word by itself: an ideograph, a kana, their punctuation. Hangul is as wide, but has spaces."""
    is_wide = unicodedata.east_asian_width(character) in ("W", "F")
    return is_wide and not any(first <= character <= last for first, last in _HANGUL)
