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

AMOUNT = re.compile(r"(?<![\d.,/-])-?\d{1,3}(?:(?:[.,'’ ]\d{3})+|\d*)[.,]\d{2}(?![\d/%]|[.,]\d)")
"""With its two decimals: what has none may be a number of anything."""

WORD = re.compile(r"[^\W\d_]{3,}")
"""What is no number, no unit and no code."""

_CURRENCIES = {
    **{
        "$": "USD",
        "€": "EUR",
        "£": "GBP",
        "¥": "JPY",
        "₹": "INR",
        "rm": "MYR",
        "s$": "SGD",
        "chf": "CHF",
        "fr.": "CHF",
    },
    **{code.lower(): code for code in ("USD", "EUR", "GBP", "JPY", "INR", "MYR", "SGD", "CHF", "CAD", "AUD", "CNY")},
}
CURRENCY = re.compile(
    r"(?<!\w)(s\$|rm|fr\.|usd|eur|gbp|jpy|inr|myr|sgd|chf|cad|aud|cny)(?![a-z])|[$€£¥₹]", re.IGNORECASE
)


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
    sign = "-" if written.startswith("-") else ""
    digits = re.sub(r"\D", "", written)
    return f"{sign}{digits[:-2].lstrip('0') or '0'}.{digits[-2:]}"


_NUMBER = re.compile(r"-?\d+(?:[.,'’ ]\d+)*")


def number(written: str) -> str | None:
    """The first number, whatever its decimals: 2,5 as 2.5. None where it can be two, as 1,234, or there is none."""
    found = _NUMBER.search(written)
    if found is None:
        return None
    if AMOUNT.fullmatch(found[0]):
        return decimal(found[0])
    if re.fullmatch(r"-?\d+", found[0]):
        return found[0]
    parted = re.fullmatch(r"(-?\d+)[.,](\d|\d{4,})", found[0])
    return f"{parted[1]}.{parted[2]}" if parted else None


def currency(found: re.Match[str]) -> str:
    """ISO 4217; $ is taken for that of the United States, and ¥ for that of Japan."""
    return _CURRENCIES[found[0].lower()]


def _iso(year: str, month: int, day: int) -> str | None:
    try:
        return date(int(year) + (2000 if len(year) == 2 else 0), month, day).isoformat()
    except ValueError:
        return None
