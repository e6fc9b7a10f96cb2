"""What an item of a list begins with, and a footnote."""

from __future__ import annotations

import re

BULLETS = "•‣⁃●○◦◉▪▫■□◆◇❖►▸▶➢➤✓✔✗★☆·"
"""Nothing but a list begins a line with one of these."""
DASHES = "-–—*+"
_BULLET = re.compile(rf"(?:[{re.escape(BULLETS)}\ue000-\uf8ff]\s*|[{re.escape(DASHES)}]\s+)(?=\S|$)")
_NUMBER = re.compile(
    r"(?:\(?(\d{1,3}|[A-Za-z]|[ivxIVX]{2,5})[.)]|\((\d{1,3}|[a-z])\)|（\d{1,3}）|\d{1,2}、|[①-⑳])\s*(?=\D|$)"
)
_ORDINAL = re.compile(r"(\d{1,3})[.)]\s+(?=\D)")
_BARE = re.compile(r"\d{1,2}\s+(?=[^\W\d_])")
_NOTE = re.compile(r"(?:[*†‡§¶]{1,3}|[¹²³⁰⁴-⁹]{1,3}|\d{1,3}(?![\d.,%)]))\s*(?=\D)")


def bullet(text: str) -> str | None:
    """The bullet that `text` begins with, and the white behind it."""
    found = _BULLET.match(text)
    return found[0] if found else None


def shown(bullet: str) -> str:
    """The sign of a bullet. Those from fonts for signs have no character of their own."""
    sign = bullet.strip()
    return "•" if "\ue000" <= sign <= "\uf8ff" else sign


def number(text: str) -> str | None:
    """As `bullet`, for "1.", "a)", "(iv)" and the like, and for a bare "1"; not for "1.5" or "1984"."""
    found = _NUMBER.match(text) or _BARE.match(text)
    return found[0] if found else None


def ordinal(text: str) -> int | None:
    """The number that `text` begins with, of "2." and "2)"."""
    found = _ORDINAL.match(text)
    return int(found[1]) if found else None


def is_bullet(text: str) -> bool:
    """Whether it is a sign that only lists begin with; a dash may be a minus, or the words of a speaker."""
    found = bullet(text)
    return found is not None and found.strip() not in DASHES


def is_mark(text: str) -> bool:
    """Whether `text` is a mark and nothing else: PDFs often place it by itself, left of the item. "(1)" is that of a formula."""
    return (len(text) == 1 and text in BULLETS + DASHES) or (text[:1] != "(" and _NUMBER.fullmatch(text) is not None)


def note_mark(text: str) -> str | None:
    """The number or sign that a footnote begins with."""
    found = _NOTE.match(text)
    return found[0] if found else None
