"""What a receipt or an invoice says of itself: found by labels and places, and never invented."""

from __future__ import annotations

import pytest

from ocrchat.fields.finding import INVOICE, RECEIPT, Field, find
from ocrchat.fields.rows import rows
from ocrchat.fields.values import AMOUNT, CURRENCY, DATE, currency, decimal, iso_date
from ocrchat.model import Block, Box, Document, Line, PageResult


def document(*texts: str | tuple[str, str]) -> Document:
    """A row a text; of two, the second stands at the right edge, a little lower."""
    lines = []
    for number, text in enumerate(texts):
        left, right = (text, "") if isinstance(text, str) else text
        top = 30.0 * number
        lines.append(Line(left, Box(10, top, 10 + 8 * len(left), top + 20), 0.9))
        if right:
            lines.append(Line(right, Box(300, top + 6, 380, top + 26), 0.9))
    return Document((PageResult(0, 400, 1000, 96.0, "test", tuple(Block((line,)) for line in lines)),))


SHOP = document(
    "HARBOUR HARDWARE SDN BHD (519537-X)",
    "12, Jalan Kapar,",
    "42100 Klang, Selangor",
    "Tel: 03-3341 2255",
    "Date: 27/06/2018 14:02",
    ("Nails 2 x 3.10", "6.20"),
    ("Sub-Total", "6.20"),
    ("Total GST 6%", "0.37"),
    ("Total (inclusive of GST)", "RM 6.57"),
    ("Cash", "10.00"),
    ("Change", "3.43"),
)


def values(found: dict[str, Field | None]) -> dict[str, str | None]:
    return {name: field.value if field else None for name, field in found.items()}


def test_of_a_receipt() -> None:
    assert values(find(SHOP, RECEIPT)) == {
        "company": "HARBOUR HARDWARE SDN BHD",
        "address": "12, Jalan Kapar, 42100 Klang, Selangor",
        "date": "2018-06-27",
        "subtotal": "6.20",
        "tax": "0.37",
        "total": "6.57",
        "currency": "MYR",
    }


def test_of_an_invoice() -> None:
    invoice = document(
        "Northwind Traders GmbH",
        "Rechnung",
        ("Invoice No. NW-2026/0417", "Date: March 3, 2026"),
        "Bill to: Contoso Ltd",
        "Due date: 2 April 2026",
        ("Net amount", "1.000,00"),
        ("VAT 19 %", "190,00"),
        ("Amount due", "1.190,00 €"),
    )

    assert values(find(invoice, INVOICE)) == {
        "invoice_number": "NW-2026/0417",
        "date": "2026-03-03",
        "due_date": "2026-04-02",
        "seller": "Northwind Traders GmbH",
        "buyer": "Contoso Ltd",
        "subtotal": "1000.00",
        "tax": "190.00",
        "total": "1190.00",
        "currency": "EUR",
    }


def test_every_value_stands_on_its_page_where_it_says() -> None:
    for name, field in find(SHOP, RECEIPT).items():
        assert field is not None, name
        assert (field.page, field.confidence) == (1, 0.9)
        within = " ".join(row.text for row in rows(SHOP) if row.box.share_in(field.box) > 0.9)
        assert field.text in " ".join(within.split()), name


@pytest.mark.parametrize(
    "nothing",
    [Document(()), document("Dear Ada,", "thank you for your letter."), Document((PageResult.failed(0, "x"),))],
)
def test_what_is_not_there_is_not_found(nothing: Document) -> None:
    found = find(nothing, ("date", "total", "tax", "subtotal", "invoice_number", "buyer", "currency", "due_date"))

    assert set(found.values()) == {None}


def test_the_total_may_stand_below_its_label() -> None:
    assert values(find(document("Shop Ltd", "TOTAL", "12.50"), ("total",))) == {"total": "12.50"}


def test_a_rounded_total_is_what_is_paid() -> None:
    some = document("Shop Ltd", ("Total", "60.31"), ("Rounding", "-0.01"), ("Rounded total", "60.30"))

    assert values(find(some, ("total",))) == {"total": "60.30"}


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("2026-03-04", "2026-03-04"),
        ("27/06/18", "2018-06-27"),
        ("06/27/2018", "2018-06-27"),
        ("3.4.2026", "2026-04-03"),
        ("3 March 2026", "2026-03-03"),
        ("Sept. 9, 2026", "2026-09-09"),
        ("3. März 2026", "2026-03-03"),
        ("3 de marzo de 2026", "2026-03-03"),
        ("2026年3月4日", "2026-03-04"),
        ("03/04/2026", None),  # March or April
        ("31/02/2026", None),
        ("05/05/2026", "2026-05-05"),
    ],
)
def test_dates(written: str, expected: str | None) -> None:
    found = DATE.search(f"Date {written} 12:00")

    assert found is not None
    assert iso_date(found) == expected


@pytest.mark.parametrize(
    ("written", "expected"),
    [("1,234.50", "1234.50"), ("1.234,50", "1234.50"), ("1 234,50", "1234.50"), ("0.05", "0.05"), ("-3.00", "-3.00")],
)
def test_amounts(written: str, expected: str) -> None:
    found = AMOUNT.search(f"x {written} y")

    assert found is not None
    assert decimal(found[0]) == expected


@pytest.mark.parametrize("other", ["12", "27.06.2018", "1.2345", "10.50%", "192.168.0.1"])
def test_what_is_no_amount(other: str) -> None:
    assert AMOUNT.search(other) is None


@pytest.mark.parametrize(
    ("text", "code"), [("RM 5.00", "MYR"), ("€ 5", "EUR"), ("5 chf", "CHF"), ("S$ 3", "SGD"), ("farm 5.00", None)]
)
def test_currencies(text: str, code: str | None) -> None:
    found = CURRENCY.search(text)

    assert (currency(found) if found else None) == code
