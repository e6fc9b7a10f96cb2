"""What a receipt or an invoice says of itself: found by labels and places, and never invented."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from rapidfuzz import fuzz

from ocrchat import engines, reader
from ocrchat.engines.null import NullModels
from ocrchat.fields import finding, items, sums
from ocrchat.fields.field import INVOICE, RECEIPT, Field
from ocrchat.fields.rows import PAGES, rows
from ocrchat.fields.values import AMOUNT, CURRENCY, DATE, currency, decimal, iso_date, number
from ocrchat.media import MediaType
from ocrchat.model import Block, Box, Document, Line, PageResult, Word
from tests.invoices import INVOICES, Invoice


def find(document: Document, names: Sequence[str]) -> dict[str, Field | None]:
    return finding.find(rows(document), names)


def document(*texts: str | tuple[str, str]) -> Document:
    """A row a text; of two, the second stands at the right edge, a little lower."""
    lines = []
    for place, text in enumerate(texts):
        left, right = (text, "") if isinstance(text, str) else text
        top = 30.0 * place
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
        "seller_address": None,
        "buyer": "Contoso Ltd",
        "buyer_address": None,
        "subtotal": "1000.00",
        "tax": "190.00",
        "total": "1190.00",
        "currency": "EUR",
    }


def test_every_value_stands_on_its_page_where_it_says() -> None:
    for name, field in find(SHOP, RECEIPT).items():
        assert field is not None, name
        assert (field.page, field.confidence) == (1, 0.9)
        within = [piece.text for row in rows(SHOP) for piece in row.pieces if piece.box.share_in(field.box) > 0.9]
        assert all(part in " ".join(within) for part in field.text.split(", ")), name


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
    [
        ("1,234.50", "1234.50"),
        ("1.234,50", "1234.50"),
        ("1 234,50", "1234.50"),
        ("0.05", "0.05"),
        ("-3.00", "-3.00"),
        ("1\u00a0234,50", "1234.50"),
        ("1\u202f234,50", "1234.50"),
        ("−3.00", "-3.00"),
        ("-$3.00", "-3.00"),
        ("3.00-", "-3.00"),
    ],
)
def test_amounts(written: str, expected: str) -> None:
    found = AMOUNT.search(f"x {written} y")

    assert found is not None
    assert decimal(found[0]) == expected


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("2", "2"),
        ("2,5 Std.", "2.5"),
        ("$1,200.00", "1200.00"),
        ("0,065", None),  # could be sixty-five, to some
        ("1,234", None),
        ("each", None),
        ("-3", "-3"),
    ],
)
def test_numbers_of_any_decimals(written: str, expected: str | None) -> None:
    assert number(written) == expected


@pytest.mark.parametrize("other", ["12", "27.06.2018", "1.2345", "10.50%", "192.168.0.1"])
def test_what_is_no_amount(other: str) -> None:
    assert AMOUNT.search(other) is None


@pytest.mark.parametrize(
    ("text", "code"), [("RM 5.00", "MYR"), ("€ 5", "EUR"), ("5 chf", "CHF"), ("S$ 3", "SGD"), ("farm 5.00", None)]
)
def test_currencies(text: str, code: str | None) -> None:
    found = CURRENCY.search(text)

    assert (currency(found) if found else None) == code


def line(*words: tuple[str, float], top: float = 0.0) -> Line:
    """Words with where they begin; 8 pixels a letter, 20 high."""
    placed = tuple(Word(text, Box(x, top, x + 8 * len(text), top + 20)) for text, x in words)
    return Line(" ".join(text for text, _ in words), Box.around(word.box for word in placed), 1.0, placed)


def page(*lines: Line, index: int = 0) -> PageResult:
    return PageResult(index, 800, 1000, 96.0, "test", tuple(Block((one,)) for one in lines))


def test_a_line_that_goes_across_two_columns_is_two_pieces() -> None:
    across = line(("Almere", 0), ("Ltd", 56), ("INVOICE", 600))

    [row] = rows(Document((page(across),)))

    assert [piece.text for piece in row.pieces] == ["Almere Ltd", "INVOICE"]
    assert [piece.box.x0 for piece in row.pieces] == [0, 600]


def test_a_line_whose_words_are_not_its_text_is_one_piece() -> None:
    odd = Line("three words here", Box(0, 0, 700, 20), 1.0, line(("other", 0), ("words", 600)).words)

    [row] = rows(Document((page(odd),)))

    assert [piece.text for piece in row.pieces] == ["three words here"]


def test_pages_beyond_those_of_an_invoice_are_not_looked_at() -> None:
    pages = [page(line(("nothing", 0)), index=index) for index in range(PAGES)]

    assert values(find(Document((*pages, page(line(("Total", 0), ("5.00", 300)), index=PAGES))), ("total",))) == {
        "total": None
    }


@pytest.mark.parametrize(
    "said",
    [
        "Customer no.: 20881",
        "Customer satisfaction is our goal",
        "Client ID 77",
        "Kundennummer: 4",
        "N.º de cliente: 1",
    ],
)
def test_a_number_of_a_customer_and_a_sentence_about_one_are_no_buyer(said: str) -> None:
    assert values(find(document("Shop Ltd", said), ("buyer",))) == {"buyer": None}


def test_a_label_without_a_colon_has_its_value_below_before_beside() -> None:
    row = line(("Bill", 0), ("to", 40), ("Thank", 500), ("you", 548))
    below = line(("Contoso", 0), top=26)

    assert values(find(Document((page(row, below),)), ("buyer",))) == {"buyer": "Contoso"}


def test_a_date_of_delivery_is_not_the_date_of_the_invoice() -> None:
    some = document(("Delivery date:", "1.2.2026"), ("Invoice date:", "3.2.2026"), ("Due date:", "5.2.2026"))

    assert values(find(some, ("date", "due_date"))) == {"date": "2026-02-03", "due_date": "2026-02-05"}


@pytest.mark.parametrize("said", ["Total incl. VAT 119.00", "Subtotal incl. VAT 119.00", "Total excl. VAT 100.00"])
def test_a_sum_with_or_without_tax_is_not_the_tax(said: str) -> None:
    assert values(find(document(said), ("tax",))) == {"tax": None}


def test_of_a_tax_and_what_it_is_taken_of_the_last_is_the_tax() -> None:
    assert values(find(document("VAT 19 % of 1,000.00: 190.00"), ("tax",))) == {"tax": "190.00"}


Read = Callable[[Invoice, Path], Document]


def digital(invoice: Invoice, folder: Path) -> Document:
    path = folder / "invoice.pdf"
    path.write_bytes(invoice.pdf)
    return Document((reader.read_page(path, MediaType.PDF, 0, NullModels()),))


@pytest.mark.parametrize("make", INVOICES.values(), ids=INVOICES)
def test_a_digital_invoice(make: Callable[[], Invoice], tmp_path: Path) -> None:
    invoice = make()
    read = digital(invoice, tmp_path)
    some = rows(read)

    found, goods = finding.find(some, INVOICE), items.find(read, some)

    assert values(found) == invoice.fields
    assert tuple((item.description, item.quantity, item.unit_price, item.amount) for item in goods) == invoice.items
    assert tuple(sums.wrong(found, goods)) == invoice.warnings


@pytest.fixture(scope="module")
def cpu(weights: Path) -> engines.CpuModels:
    return engines.CpuModels(weights, None, threads=1)


@pytest.mark.parametrize("make", INVOICES.values(), ids=INVOICES)
def test_a_picture_of_an_invoice(make: Callable[[], Invoice], cpu: engines.CpuModels, tmp_path: Path) -> None:
    invoice = make()
    path = tmp_path / "invoice.png"
    path.write_bytes(invoice.picture())
    read = Document((reader.read_page(path, MediaType.PNG, 0, cpu),))
    some = rows(read)

    found, goods = values(finding.find(some, INVOICE)), items.find(read, some)

    names = {"seller", "seller_address", "buyer", "buyer_address"}  # OCR may err in a letter
    assert {name: found[name] for name in found.keys() - names} == {
        name: value for name, value in invoice.fields.items() if name not in names
    }
    assert all(fuzz.ratio(found[name] or "", invoice.fields[name] or "") >= 90 for name in names)
    assert [item.amount for item in goods] == [amount for *_, amount in invoice.items]


def test_no_more_is_looked_at_than_an_invoice_has() -> None:
    wide = [line(("1.00", 60 * place)) for place in range(30)]
    long, endless = line(("word " * 50, 0), top=100), [line(("text " * 30, 0), top=30 * n) for n in range(1000)]

    assert [len(row.pieces) for row in rows(Document((page(*wide, long),)))] == [20, 10]
    assert rows(Document((page(*endless),))) == []


def test_a_line_of_services_is_no_line_of_a_sender() -> None:
    some = document("Krause GmbH", "Painting · Plaster · 24 hours a day", "We thank you for your trust.")

    assert values(find(some, ("seller", "buyer"))) == {"seller": "Krause GmbH", "buyer": None}


@pytest.mark.parametrize(
    ("written", "expected"),
    [("-£200.00", "-200.00"), ("−2", "-2"), ("-$2.5", "-2.5"), ("1\u00a0250,00", "1250.00"), ("2 pcs", "2")],
)
def test_numbers_of_cells_keep_their_sign_and_their_thousands(written: str, expected: str) -> None:
    assert number(written) == expected


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (("Total A$ 5.00",), "AUD"),
        (("Total R$ 5,00",), "BRL"),
        (("Total $5.00 CAD",), "CAD"),
        (("All amounts in CAD", "Total $5.00"), "CAD"),
        (("Total $5.00",), "USD"),
    ],
)
def test_dollars_are_those_that_are_named(texts: tuple[str, ...], expected: str) -> None:
    assert values(find(document(*texts), ("currency",))) == {"currency": expected}


def test_of_a_credit_note_the_total_is_the_sum_that_includes_the_others() -> None:
    some = document(("Total", "-200.00"), ("Total", "-240.00"))

    assert values(find(some, ("total",))) == {"total": "-240.00"}


def test_the_title_of_a_credit_note_is_no_part_of_an_address() -> None:
    some = document("Brook Ltd", "1 Mill Lane", "York YO1 1AA", "Credit Note")

    assert values(find(some, ("seller_address",))) == {"seller_address": "1 Mill Lane, York YO1 1AA"}


def test_a_line_of_an_address_beside_a_date_with_its_label_is_of_the_address() -> None:
    some = document(
        ("Invoice no. 5521", "Bill to:"), ("Date: 5 May 2026", "Acme Ltd"), ("Due date: 4 June 2026", "2 High St"),
        ("Net 30", "Leeds LS1 1AA"),
    )  # fmt: skip

    assert values(find(some, ("buyer_address",))) == {"buyer_address": "2 High St, Leeds LS1 1AA"}
