"""Dates and amounts: as they are written, and as programs want them."""

from __future__ import annotations

import re
from datetime import date

_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "jan januar january janvier enero gennaio janeiro",
            "feb februar february février febrero febbraio fevereiro",
            "mar mär märz march mars marzo março",
            "apr april avril abril aprile",
            "may mai mayo maggio maio",
            "jun juni june juin junio giugno junho",
            "jul juli july juillet julio luglio julho",
            "aug august août agosto",
            "sep sept september septembre septiembre settembre setembro",
            "oct okt oktober october octobre octubre ottobre outubro",
            "nov november novembre noviembre novembro",
            "dec dez dezember december décembre diciembre dicembre dezembro",
        ),
        start=1,
    )
    for name in names.split()
}
MONTH = "|".join(sorted(_MONTHS, key=len, reverse=True))
"""A pattern of their names, longer ones first."""

DATE = re.compile(
    rf"(?<![\d.,/-])(?:(?P<y1>\d{{4}})[-./年]\s?(?P<m1>\d{{1,2}})[-./月]\s?(?P<d1>\d{{1,2}})日?"
    rf"|(?P<a>\d{{1,2}})\s?(?P<s>[-./])\s?(?P<b>\d{{1,2}})\s?(?P=s)\s?(?P<y2>\d{{4}}|\d{{2}})"
    rf"|(?P<d3>\d{{1,2}})(?:st|nd|rd|th|\.)?[\s-]?(?:de |of )?(?P<m3>{MONTH})\.?,?[\s-]?(?:de )?(?P<y3>\d{{4}}|\d{{2}})"
    rf"|(?P<m4>{MONTH})\.?\s?(?P<d4>\d{{1,2}})(?:st|nd|rd|th)?,?\s(?P<y4>\d{{4}}))(?!\d)",
    re.IGNORECASE,
)

_SIGN = r"(?:[-−](?:[$€£¥₹]\s?)?)?"
_SIGN_BEHIND = r"(?:[-−](?=\s|$))?"
"""As 5.00- is printed by some book-keeping."""
_THOUSANDS = r".,'’ \u00a0\u202f"

AMOUNT = re.compile(
    rf"(?<![\d.,/−-]){_SIGN}\d{{1,3}}(?:(?:[{_THOUSANDS}]\d{{3}})+|\d*)[.,]\d{{2}}(?![\d/%]|[.,]\d)"
    rf"{_SIGN_BEHIND}"
)
"""With its two decimals: what has none may be a number of anything."""

WORD = re.compile(r"[^\W\d_]{3,}")
"""What is no number, no unit and no code."""

_DOLLARS = "usd|cad|aud|sgd|hkd|nzd"
_CURRENCIES = {
    **{
        "$": "USD",
        "€": "EUR",
        "£": "GBP",
        "¥": "JPY",
        "₹": "INR",
        "rm": "MYR",
        "us$": "USD",
        "a$": "AUD",
        "au$": "AUD",
        "c$": "CAD",
        "ca$": "CAD",
        "hk$": "HKD",
        "nz$": "NZD",
        "r$": "BRL",
        "s$": "SGD",
        "chf": "CHF",
        "fr.": "CHF",
    },
    **{code.lower(): code for code in ("EUR", "GBP", "JPY", "INR", "MYR", "CHF", "CNY", "BRL")},
    **{code: code.upper() for code in _DOLLARS.split("|")},
}
CURRENCY = re.compile(
    rf"(?<!\w)(?:(?:us|au?|ca?|hk|nz|r|s)\$|rm|fr\.|eur|gbp|jpy|inr|myr|chf|cny|brl|{_DOLLARS})(?![a-z])|[$€£¥₹]",
    re.IGNORECASE,
)
DOLLARS = re.compile(rf"\b(?:{_DOLLARS})\b", re.IGNORECASE)
"""Which dollars $ is, where that is said."""


def iso_date(found: re.Match[str]) -> str | None:
    """YYYY-MM-DD; None where it can be two days, as 03/04/2026, or none."""
    part = found.groupdict()
    if part["y1"]:
        return _iso(part["y1"], int(part["m1"]), int(part["d1"]))
    if part["m3"]:
        return _iso(part["y3"], _MONTHS[part["m3"].lower()], int(part["d3"]))
    if part["m4"]:
        return _iso(part["y4"], _MONTHS[part["m4"].lower()], int(part["d4"]))
    first, second = int(part["a"]), int(part["b"])
    if part["s"] == "." or first > 12 or first == second:  # with dots the day is first
        return _iso(part["y2"], second, first)
    return _iso(part["y2"], first, second) if second > 12 else None


def decimal(written: str) -> str:
    """1.234,50 as 1234.50."""
    digits = re.sub(r"\D", "", written)
    return f"{_sign(written)}{digits[:-2].lstrip('0') or '0'}.{digits[-2:]}"


_NUMBER = re.compile(rf"{_SIGN}\d+(?:[{_THOUSANDS}]\d+)*{_SIGN_BEHIND}")


def number(written: str) -> str | None:
    """The first number, whatever its decimals: 2,5 as 2.5. None where it can be two, as 1,234, or there is none."""
    found = _NUMBER.search(written)
    if found is None:
        return None
    if AMOUNT.fullmatch(found[0]):
        return decimal(found[0])
    parted = re.fullmatch(r"\D*(\d+)(?:[.,](\d|\d{4,}))?\D*", found[0])
    if parted is None:
        return None
    return f"{_sign(found[0])}{parted[1]}{f'.{parted[2]}' if parted[2] else ''}"


def _sign(written: str) -> str:
    return "-" if re.search("[-−]", written) else ""


def currency(found: re.Match[str]) -> str:
    """ISO 4217; $ alone is taken for that of the United States, and ¥ for that of Japan."""
    return _CURRENCIES[found[0].lower()]


def _iso(year: str, month: int, day: int) -> str | None:
    try:
        return date(int(year) + (2000 if len(year) == 2 else 0), month, day).isoformat()
    except ValueError:
        return None
