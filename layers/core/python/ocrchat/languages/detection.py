"""Which language a text is in: Compact Language Detector 2 (pycld2), from the letters alone."""

from __future__ import annotations

import unicodedata

import pycld2

_SHORTEST = 20
"""Letters. Of less text every language could be the one."""

_LONGEST = 20_000
"""Characters looked at: a page has 5,000."""

_REFUSED = ("Cc", "Cn", "Cs")
"""Categories of characters that CLD2 raises on: controls, what is no character, and halves of one."""

_OWN_CODES = {"iw": "he", "jw": "jv", "mo": "ro", "zh-Hant": "zh", "sr-ME": "sr", "un": None}
"""What it calls by withdrawn or private codes."""


def detect_language(text: str) -> str | None:
    """The ISO 639 code (639-1 where there is one) of the language that most of `text` is in.

    None where that cannot be told: too little text, or too odd. CLD2 takes Serbian, Croatian and Bosnian for one another.
    """
    cleaned = "".join(c if unicodedata.category(c) not in _REFUSED else " " for c in text[:_LONGEST])
    if sum(c.isalpha() for c in cleaned) < _SHORTEST:
        return None
    reliable, _, found = pycld2.detect(cleaned, bestEffort=True)
    code: str = found[0][1]
    return _OWN_CODES.get(code, code) if reliable else None
