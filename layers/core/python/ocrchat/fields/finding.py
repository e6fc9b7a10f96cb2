"""Which row says what. A label counts where a row begins with it or has it to itself; its value is behind it, or below."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from ocrchat.fields.rows import Row, rows
from ocrchat.fields.values import AMOUNT, CURRENCY, DATE, currency, decimal, iso_date
from ocrchat.model import Box, Document, mean_confidence

RECEIPT = ("company", "address", "date", "subtotal", "tax", "total", "currency")
INVOICE = ("invoice_number", "date", "due_date", "seller", "buyer", "subtotal", "tax", "total", "currency")
"""The names of what is looked for."""


@dataclass(frozen=True, slots=True)
class Field:
    """`text` stands on `page` (from 1) within `box`; `value` is what a program wants of it, None where that cannot be told.

    `confidence` is OCR's of the rows it stands in.
    """

    value: str | None
    text: str
    page: int
    box: Box
    confidence: float


def find(document: Document, names: Sequence[str]) -> dict[str, Field | None]:
    some = rows(document)
    return {name: _FINDERS[name](some) for name in names}


Finder = Callable[[Sequence[Row]], Field | None]

_TOTALS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"round(?:ed|ing)? total|total round",
        r"grand total|\btotal\b.{0,16}(?:incl|payable|due)|(?:amount|balance) (?:due|payable)|nett? total|"
        r"gesamtbetrag|rechnungsbetrag|zu zahlen|total à payer|importe total|totale",
        r"^\W*total\b|\btotal\s*[:(]|^\W*summe|^\W*montant|^\W*importe|合计|总计|合計",
    )
)
"""The surest first. Of several totals that are labelled alike the largest is the one that includes the others."""

_NO_TOTAL = re.compile(
    r"sub\s?-?total|qty|quantity|items?\b|saving|discount|excl|change|tender|zwischensumme|"
    r"total\W*(?:tax|gst|vat|mwst|iva)\b|^\W*(?:tax|gst|vat|mwst|iva)\b",
    re.IGNORECASE,
)
_SUBTOTAL = re.compile(
    r"sub\s?-?total|total excl|net amount|zwischensumme|nettobetrag|sous-total|imponibile|小计", re.IGNORECASE
)
_TAX = re.compile(
    r"\b(?:tax|vat|gst|sst|mwst|ust|tva|iva)\b(?!.*(?:\bno\b|\bid\b|reg|invoice|incl|excl|code))|税额", re.IGNORECASE
)
_NUMBER = re.compile(
    r"(?:invoice|bill|rechnungs?|facture|factura|fattura|inv)\s*-?(?:no|nr|number|nummer|num|#|n°|№)?\.?\s*[:#]?\s*"
    r"(?P<value>(?=[\w/-]*\d)[A-Z0-9][\w/-]{2,})|发票号码?\s*[:：]\s*(?P<value2>\w+)",
    re.IGNORECASE,
)
_DUE = re.compile(r"due|payable by|fällig|zahlbar bis|échéance|vencimiento|scadenza|到期", re.IGNORECASE)
_DATED = re.compile(r"\bdated?\b|datum|fecha|\bdata\b|日期", re.IGNORECASE)
_SELLER = re.compile(
    r"^\W*(?:seller|supplier|vendor|from|verkäufer|lieferant|vendedor|fournisseur|卖方)\b\s*[:：]?\s*", re.IGNORECASE
)
_BUYER = re.compile(
    r"^\W*(?:bill(?:ed)? to|sold to|buyer|customer|client|kunde|cliente|käufer|买方)\b\s*[:：]?\s*", re.IGNORECASE
)
_COMPANY = re.compile(
    r"\b(?:sdn\.?\s?bhd|bhd|ltd|limited|inc|llc|corp|gmbh|ag|s\.?a\.?r?\.?l?|s\.?p\.?a|b\.?v|plc|co\.|pte|enterprise|trading|"
    r"restaurant|restoran|store|market|hardware)\b",
    re.IGNORECASE,
)
_NOT_ADDRESS = re.compile(
    r"\b(?:tel|telephone|phone|fax|mobile|h/?p|gst ?id|gst|vat|tax|reg|co\.? ?no|invoice|receipt|bill|date|cashier|www)\b|"
    r"\b(?:roc|e-?mail)\b|\b[tf]\s*[:：]|@|\(\d{5,}",
    re.IGNORECASE,
)
_REGISTRATION = re.compile(r"\s*\(?\b[A-Z]{0,2}\d{4,}[\w -]*\)?\W*$")
"""The number of a company in a register, behind its name."""

_COMPANY_ROWS, _ADDRESS_ROWS = 6, 6
"""From the top."""


def _total(some: Sequence[Row]) -> Field | None:
    for pattern in _TOTALS:
        found = [
            field
            for number, row in enumerate(some)
            if pattern.search(row.text) and not _NO_TOTAL.search(row.text)
            for field in [_amount_at(some, number)]
            if field
        ]
        if found:
            return max(found, key=lambda field: float(field.value or 0))
    return None


def _labelled_amount(label: re.Pattern[str]) -> Finder:
    def find(some: Sequence[Row]) -> Field | None:
        numbers = (number for number, row in enumerate(some) if label.search(row.text))
        return next((field for number in numbers if (field := _amount_at(some, number))), None)

    return find


def _amount_at(some: Sequence[Row], number: int) -> Field | None:
    """The largest amount of a row; of the next one where it has none, and that has no word."""
    for row in some[number : number + 2]:
        amounts = list(AMOUNT.finditer(row.text))
        if amounts and (row is some[number] or not re.search(r"[^\W\d_]{3,}", row.text)):
            largest = max((one[0] for one in amounts), key=lambda one: float(decimal(one)))
            return _field(row, decimal(largest), largest)
    return None


def _date(some: Sequence[Row]) -> Field | None:
    dated = [row for row in some if _DATED.search(row.text) and not _DUE.search(row.text)]
    return next(_dates([*dated, *(row for row in some if not _DUE.search(row.text))]), None)


def _due_date(some: Sequence[Row]) -> Field | None:
    return next(_dates([row for row in some if _DUE.search(row.text)]), None)


def _dates(some: Sequence[Row]) -> Iterator[Field]:
    return (_field(row, iso_date(found), found[0]) for row in some if (found := DATE.search(row.text)))


def _number(some: Sequence[Row]) -> Field | None:
    for row in some:
        if found := _NUMBER.search(row.text):
            text = found["value"] or found["value2"]
            return _field(row, text, text)
    return None


def _party(label: re.Pattern[str]) -> Finder:
    def find(some: Sequence[Row]) -> Field | None:
        for number, row in enumerate(some):
            if found := label.match(row.text):
                text = row.text[found.end() :].strip()
                if text:
                    return _field(row, text, text)
                below = some[number + 1 : number + 2]
                return _field(below[0], below[0].lines[0].text, below[0].lines[0].text) if below else None
        return None

    return find


def _seller(some: Sequence[Row]) -> Field | None:
    return _party(_SELLER)(some) or _company(some)


def _company(some: Sequence[Row]) -> Field | None:
    number = _company_row(some)
    if number is None:
        return None
    name = _REGISTRATION.sub("", some[number].text).strip()
    return _field(some[number], name, name)


def _company_row(some: Sequence[Row]) -> int | None:
    """Near the top: the first row that ends as names of companies do, or else the first with a word."""
    top = [number for number, row in enumerate(some[:_COMPANY_ROWS]) if re.search(r"[^\W\d_]{3,}", row.text)]
    named = (number for number in top if _COMPANY.search(some[number].text))
    return next(named, next(iter(top), None))


def _address(some: Sequence[Row]) -> Field | None:
    """The rows below the company's up to the first that is something else; a number stands in one of them."""
    number = _company_row(some)
    if number is None:
        return None
    taken: list[Row] = []
    for row in some[number + 1 : number + 1 + _ADDRESS_ROWS + 2]:
        if _NOT_ADDRESS.search(row.text) or DATE.search(row.text) or AMOUNT.search(row.text):
            if taken:
                break
            continue
        if not taken and not re.search(r"\d", row.text):
            continue
        taken.append(row)
    text = " ".join(row.text for row in taken[:_ADDRESS_ROWS])
    if not taken or not re.search(r"\d", text):
        return None
    confidence = mean_confidence(line for row in taken for line in row.lines) or 0.0
    return Field(text, text, taken[0].page, Box.around(row.box for row in taken), confidence)


def _currency(some: Sequence[Row]) -> Field | None:
    """Beside an amount, or else anywhere."""
    for row in [*(row for row in some if AMOUNT.search(row.text)), *some]:
        if found := CURRENCY.search(row.text):
            return _field(row, currency(found), found[0])
    return None


def _field(row: Row, value: str | None, text: str) -> Field:
    return Field(value, text, row.page, row.box, mean_confidence(row.lines) or 0.0)


_FINDERS: dict[str, Finder] = {
    "company": _company,
    "seller": _seller,
    "buyer": _party(_BUYER),
    "address": _address,
    "invoice_number": _number,
    "date": _date,
    "due_date": _due_date,
    "subtotal": _labelled_amount(_SUBTOTAL),
    "tax": _labelled_amount(_TAX),
    "total": _total,
    "currency": _currency,
}
