"""The numbers of a text, in a form in which equal ones are equal: 1,234.50 is 1 234,5, and ٣ is 3."""

from __future__ import annotations

import re
import unicodedata

_NUMBER = re.compile(r"(?<!\d)\d(?:[\d.,'’\u00a0\u202f٫٬]*\d)?")
_THOUSANDS = re.compile(r"\d{1,3}(?:[.,'’\u00a0\u202f٬]\d{3})+")


def numbers(text: str) -> frozenset[str]:
    """Parts that stand apart count apart: of 2026-03-14 these are 2026, 3 and 14, of INV-0042 it is 42.

    A separator with three digits behind it is one of thousands, so 1.234 and 1,234 are the same.
    """
    return frozenset(in_order(text))


def in_order(text: str) -> list[str]:
    """All that stand there, each as often as it does."""
    return [canonical(found[0]) for found in _NUMBER.finditer(text)]


def canonical(written: str) -> str:
    """Of one number, as it is written."""
    digits = "".join(str(unicodedata.digit(c)) if c.isdigit() else c for c in written).replace("٫", ".")
    whole, separator, rest = digits, "", ""
    if not _THOUSANDS.fullmatch(digits):
        place = max(digits.rfind("."), digits.rfind(","))
        if place > 0:
            whole, separator, rest = digits[:place], ".", digits[place + 1 :].rstrip("0")
            if not whole.isdigit() and not _THOUSANDS.fullmatch(whole):
                return digits  # 10.2.3, a version or a date: as it is written
    whole = "".join(c for c in whole if c.isdigit()).lstrip("0") or "0"
    return f"{whole}{separator}{rest}" if rest else whole
