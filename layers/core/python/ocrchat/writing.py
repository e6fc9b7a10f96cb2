"""How scripts are written, as far as several parts of the product have to agree on it."""

from __future__ import annotations

import unicodedata

SOFT_HYPHEN = "\xad"
HYPHENS = "-‐" + SOFT_HYPHEN

_UNSPACED = (
    *("CJK", "HIRAGANA", "KATAKANA", "THAI", "LAO", "KHMER", "MYANMAR", "IDEOGRAPHIC", "FULLWIDTH", "BOPOMOFO"),
    "TIBETAN",
)
"""How Unicode's names of their letters begin."""

_HANGUL = ("\u1100", "\u11ff"), ("\u3130", "\u318f"), ("\ua960", "\ua97f"), ("\uac00", "\ud7ff")


def is_ideograph(character: str) -> bool:
    """Whether it is a word by itself: an ideograph, a kana, their punctuation. Hangul is as wide, but has spaces."""
    is_wide = unicodedata.east_asian_width(character) in ("W", "F")
    return is_wide and not any(first <= character <= last for first, last in _HANGUL)


def is_unspaced(character: str) -> bool:
    """Whether it is of a script that has no spaces between words. Hangul has."""
    return character > "\u0e00" and unicodedata.name(character, "").startswith(_UNSPACED)


def is_divided(text: str, following: str) -> bool:
    """Whether the last word of a line goes on in the one after it."""
    return text[-1:] in HYPHENS and text[-2:-1].isalpha() and following.lstrip()[:1].islower()
