"""Invoices as they are sent, in the layouts and languages that are common, with what they say. All names are invented."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import pymupdf

Align = Literal["left", "right"]
Item = tuple[str, str | None, str | None, str]
"""Description, quantity, price of one, amount."""

_LEFT, _RIGHT, _MIDDLE = 56, 539, 330
_LEADING = 1.35


class Sheet:
    """A page of A4 to write on, in points."""

    def __init__(self) -> None:
        self._document = pymupdf.open()
        self._page = self._document.new_page()
        self._fonts = {False: pymupdf.Font("helv"), True: pymupdf.Font("hebo")}

    def write(
        self, x: float, y: float, *lines: str, size: float = 10, bold: bool = False, align: Align = "left"
    ) -> float:
        """Lines below each other from the base line `y` on; where the next one would stand."""
        font, writer = self._fonts[bold], pymupdf.TextWriter(self._page.rect)
        for line in lines:
            start = x - font.text_length(line, size) if align == "right" else x
            writer.append((start, y), line, font, size)
            y += _LEADING * size
        writer.write_text(self._page)
        return y

    def pairs(self, x: float, value_x: float, y: float, *pairs: tuple[str, str], align: Align = "left") -> float:
        """A label a row, with its value at the same height."""
        for label, value in pairs:
            self.write(x, y, label)
            y = self.write(value_x, y, value, align=align) + 3
        return y

    def table(self, y: float, columns: Sequence[float], rows: Sequence[Sequence[str]], ruled: bool = True) -> float:
        """`columns`: the left edge of the first, then the right edges of all others. The first row is the head."""
        bottom = y + 18 * len(rows)
        edges = [columns[0], columns[1] - 62, *columns[1:]]
        for number, row in enumerate(rows):
            base = y + 18 * number + 13
            self.write(edges[0] + 4, base, row[0], size=9, bold=number == 0)
            for edge, text in zip(edges[2:], row[1:], strict=True):
                self.write(edge - 4, base, text, size=9, bold=number == 0, align="right")
        if ruled:
            for number in range(len(rows) + 1):
                self._page.draw_line((edges[0], y + 18 * number), (edges[-1], y + 18 * number), width=0.6)
            for edge in edges:
                self._page.draw_line((edge, y), (edge, bottom), width=0.6)
        return bottom + 20

    def pdf(self) -> bytes:
        self._document.subset_fonts()
        return bytes(self._document.tobytes(garbage=4, deflate=True))


@dataclass(frozen=True)
class Invoice:
    """`fields` are the values that have to be found, `items` those of its lines, `warnings` what its sums are said to be."""

    pdf: bytes
    fields: dict[str, str | None]
    items: tuple[Item, ...]
    warnings: tuple[str, ...] = ()

    def picture(self, dpi: int = 150) -> bytes:
        with pymupdf.open("pdf", self.pdf) as document:
            return bytes(document[0].get_pixmap(dpi=dpi, colorspace=pymupdf.csGRAY).tobytes("png"))


def two_columns() -> Invoice:
    """Who sells at the left edge and what it is at the right one, in one row; parties left, numbers right; a ruled table."""
    sheet = Sheet()
    sheet.write(_LEFT, 70, "Almere Instruments Ltd", size=15, bold=True)
    sheet.write(_RIGHT, 70, "INVOICE", size=18, bold=True, align="right")
    sheet.write(_LEFT, 90, "14 Quay Street", "Harbourton HB2 7QX", "United Kingdom", "VAT no.: GB 482 1193 07", size=9)
    sheet.pairs(
        _MIDDLE, 430, 100,
        ("Invoice no.:", "AI-2026-0417"), ("Invoice date:", "3 March 2026"), ("Due date:", "2 April 2026"),
        ("Customer no.:", "20881"), ("Your order:", "PO-77120"),
    )  # fmt: skip
    sheet.write(_LEFT, 175, "Bill to", bold=True)
    sheet.write(_LEFT, 190, "Contoso Laboratories", "7 Mill Lane", "Westbrook WB1 4AA", "United Kingdom")
    y = sheet.table(
        270, (_LEFT, 340, 440, _RIGHT),
        (
            ("Description", "Quantity", "Unit price", "Amount"),
            ("Flow meter FM-20", "2", "310.00", "620.00"),
            ("Calibration of two sensors", "1", "180.00", "180.00"),
            ("Cable, 5 m", "4", "12.50", "50.00"),
        ),
    )  # fmt: skip
    y = sheet.pairs(
        400, _RIGHT - 4, y, ("Subtotal", "850.00"), ("VAT 20%", "170.00"), ("Total due", "GBP 1,020.00"), align="right"
    )
    sheet.write(_LEFT, y + 30, "Please pay to IBAN GB33 BUKB 2020 1555 5555 55 within 30 days.", size=9)
    return Invoice(
        sheet.pdf(),
        {
            "invoice_number": "AI-2026-0417", "date": "2026-03-03", "due_date": "2026-04-02",
            "seller": "Almere Instruments Ltd", "seller_address": "14 Quay Street, Harbourton HB2 7QX, United Kingdom",
            "buyer": "Contoso Laboratories", "buyer_address": "7 Mill Lane, Westbrook WB1 4AA, United Kingdom",
            "subtotal": "850.00", "tax": "170.00", "total": "1020.00", "currency": "GBP",
        },
        (
            ("Flow meter FM-20", "2", "310.00", "620.00"),
            ("Calibration of two sensors", "1", "180.00", "180.00"),
            ("Cable, 5 m", "4", "12.50", "50.00"),
        ),
    )  # fmt: skip


def side_by_side() -> Invoice:
    """From and to beside each other; a row of labels with the values below them; a table without rulings."""
    sheet = Sheet()
    sheet.write(_LEFT, 70, "Invoice", size=22, bold=True)
    sheet.write(_LEFT, 110, "From", bold=True)
    sheet.write(_MIDDLE, 110, "Bill to", bold=True)
    sheet.write(_LEFT, 125, "Juniper & Wells LLC", "PO Box 1180", "Portland, OR 97207")
    sheet.write(_MIDDLE, 125, "Ada Okafor", "Okafor Design Studio", "221 Pine Street", "Seattle, WA 98101")
    for x, label, value in (
        (_LEFT, "Invoice #", "10482"),
        (180, "Issue date", "04/17/2026"),
        (300, "Due date", "05/17/2026"),
        (420, "Customer ID", "C-3301"),
    ):
        sheet.write(x, 205, label, size=9, bold=True)
        sheet.write(x, 219, value)
    y = sheet.table(
        245, (_LEFT, 340, 440, _RIGHT),
        (
            ("Item", "Qty", "Rate", "Total"),
            ("Logo design", "1", "$450.00", "$450.00"),
            ("Brand guidelines", "1", "$1,200.00", "$1,200.00"),
            ("Social media kit", "3", "$95.00", "$285.00"),
            ("Revision hours", "2.5", "$80.00", "$200.00"),
        ),
        ruled=False,
    )  # fmt: skip
    sheet.pairs(
        400, _RIGHT - 4, y,
        ("Subtotal", "$2,135.00"), ("Sales tax (8.5%)", "$181.48"), ("Balance due", "$2,316.48"), align="right",
    )  # fmt: skip
    return Invoice(
        sheet.pdf(),
        {
            "invoice_number": "10482", "date": "2026-04-17", "due_date": "2026-05-17", "seller": "Juniper & Wells LLC",
            "seller_address": "PO Box 1180, Portland, OR 97207", "buyer": "Ada Okafor",
            "buyer_address": "221 Pine Street, Seattle, WA 98101",
            "subtotal": "2135.00", "tax": "181.48", "total": "2316.48", "currency": "USD",
        },
        (
            ("Logo design", "1", "450.00", "450.00"),
            ("Brand guidelines", "1", "1200.00", "1200.00"),
            ("Social media kit", "3", "95.00", "285.00"),
            ("Revision hours", "2.5", "80.00", "200.00"),
        ),
    )  # fmt: skip


def german() -> Invoice:
    """After DIN 5008: the sender in one small line above the window with the buyer's address, the numbers in a block beside."""
    sheet = Sheet()
    sheet.write(_RIGHT, 60, "Nordlicht Optik GmbH", size=15, bold=True, align="right")
    sheet.write(_LEFT, 130, "Nordlicht Optik GmbH · Hafenstraße 12 · 24103 Kiel", size=7)
    sheet.write(_LEFT, 148, "Bäckerei Sonnenschein e.K.", "Lindenweg 4", "50667 Köln")
    sheet.pairs(
        _MIDDLE, 440, 148,
        ("Rechnungsnummer:", "RE-2026-118"), ("Rechnungsdatum:", "12.05.2026"), ("Kundennummer:", "40117"),
        ("Lieferdatum:", "08.05.2026"), ("Fällig am:", "26.05.2026"),
    )  # fmt: skip
    sheet.write(_LEFT, 270, "Rechnung", size=14, bold=True)
    sheet.write(_LEFT, 292, "Sehr geehrte Damen und Herren,", "wir berechnen Ihnen:")
    y = sheet.table(
        330, (_LEFT, 340, 440, _RIGHT),
        (
            ("Bezeichnung", "Menge", "Einzelpreis", "Gesamt"),
            ("Schaufensterleuchte LED 40 W", "6", "89,90", "539,40"),
            ("Montage", "3,5", "62,00", "217,00"),
        ),
    )  # fmt: skip
    y = sheet.pairs(
        380, _RIGHT - 4, y,
        ("Nettobetrag", "756,40 €"), ("zzgl. 19 % MwSt.", "143,72 €"), ("Rechnungsbetrag", "900,12 €"), align="right",
    )  # fmt: skip
    sheet.write(_LEFT, 780, "Nordlicht Optik GmbH · Amtsgericht Kiel HRB 20417 · USt-IdNr. DE811204711", size=7)
    return Invoice(
        sheet.pdf(),
        {
            "invoice_number": "RE-2026-118", "date": "2026-05-12", "due_date": "2026-05-26",
            "seller": "Nordlicht Optik GmbH", "seller_address": "Hafenstraße 12, 24103 Kiel",
            "buyer": "Bäckerei Sonnenschein e.K.", "buyer_address": "Lindenweg 4, 50667 Köln",
            "subtotal": "756.40", "tax": "143.72", "total": "900.12", "currency": "EUR",
        },
        (
            ("Schaufensterleuchte LED 40 W", "6", "89.90", "539.40"),
            ("Montage", "3.5", "62.00", "217.00"),
        ),
    )  # fmt: skip


def french() -> Invoice:
    """The number behind the title; the buyer in a block at the right."""
    sheet = Sheet()
    sheet.write(_LEFT, 70, "Atelier Perrault SARL", size=14, bold=True)
    sheet.write(_LEFT, 88, "8 rue des Tanneurs", "69003 Lyon", "SIRET 812 044 117 00023", size=9)
    sheet.write(_MIDDLE, 140, "Facturé à :", bold=True)
    sheet.write(_MIDDLE, 155, "Librairie du Marché", "22 place Bellecour", "69002 Lyon")
    sheet.write(_LEFT, 215, "FACTURE N° F-2026-0093", size=13, bold=True)
    sheet.pairs(_LEFT, 170, 235, ("Date :", "21/04/2026"), ("Échéance :", "21/05/2026"))
    y = sheet.table(
        290, (_LEFT, 340, 440, _RIGHT),
        (
            ("Désignation", "Qté", "P.U. HT", "Montant HT"),
            ("Reliure demi-cuir", "12", "48,00", "576,00"),
            ("Dorure à chaud", "12", "9,50", "114,00"),
            ("Livraison", "1", "25,00", "25,00"),
        ),
    )  # fmt: skip
    sheet.pairs(
        400, _RIGHT - 4, y, ("Total HT", "715,00 €"), ("TVA 20 %", "143,00 €"), ("Total TTC", "858,00 €"), align="right"
    )
    return Invoice(
        sheet.pdf(),
        {
            "invoice_number": "F-2026-0093", "date": "2026-04-21", "due_date": "2026-05-21",
            "seller": "Atelier Perrault SARL", "seller_address": "8 rue des Tanneurs, 69003 Lyon",
            "buyer": "Librairie du Marché", "buyer_address": "22 place Bellecour, 69002 Lyon",
            "subtotal": "715.00", "tax": "143.00", "total": "858.00", "currency": "EUR",
        },
        (
            ("Reliure demi-cuir", "12", "48.00", "576.00"),
            ("Dorure à chaud", "12", "9.50", "114.00"),
            ("Livraison", "1", "25.00", "25.00"),
        ),
    )  # fmt: skip


def spanish() -> Invoice:
    """Labels at the left edge and their values behind them, a row each, the parties too; lines of goods without a quantity."""
    sheet = Sheet()
    sheet.write(_LEFT, 70, "FACTURA", size=18, bold=True)
    sheet.pairs(
        _LEFT, 190, 100,
        ("Número de factura:", "2026/00215"), ("Fecha:", "9 de junio de 2026"), ("Vencimiento:", "9 de julio de 2026"),
        ("Proveedor:", "Talleres Mondragón S.L."), ("NIF:", "B-20481193"), ("Cliente:", "Hotel Mirador S.A."),
        ("N.º de cliente:", "7714"),
    )  # fmt: skip
    y = sheet.table(
        270, (_LEFT, _RIGHT),
        (("Concepto", "Importe"), ("Revisión de la caldera", "185,00"), ("Cambio de quemador", "1.240,00")),
    )  # fmt: skip
    sheet.pairs(
        360, _RIGHT - 4, y,
        ("Base imponible", "1.425,00 €"), ("IVA 21 %", "299,25 €"), ("Total factura", "1.724,25 €"), align="right",
    )  # fmt: skip
    return Invoice(
        sheet.pdf(),
        {
            "invoice_number": "2026/00215", "date": "2026-06-09", "due_date": "2026-07-09",
            "seller": "Talleres Mondragón S.L.", "seller_address": None, "buyer": "Hotel Mirador S.A.",
            "buyer_address": None, "subtotal": "1425.00", "tax": "299.25", "total": "1724.25", "currency": "EUR",
        },
        (
            ("Revisión de la caldera", None, None, "185.00"),
            ("Cambio de quemador", None, None, "1240.00"),
        ),
    )  # fmt: skip


def italian() -> Invoice:
    """The buyer beside the seller, labelled; the numbers in a row of their own."""
    sheet = Sheet()
    sheet.write(_LEFT, 70, "Officina Bellini S.r.l.", size=14, bold=True)
    sheet.write(_LEFT, 88, "Via Garibaldi 31", "40126 Bologna", "P. IVA 02841190376", size=9)
    sheet.write(_MIDDLE, 70, "Spett.le", size=9)
    sheet.write(_MIDDLE, 84, "Cantina Rossi S.p.A.", "Strada del Vino 5", "53100 Siena")
    sheet.write(_LEFT, 160, "Fattura n. 2026-77", size=13, bold=True)
    sheet.write(_MIDDLE, 160, "Data: 11/02/2026")
    sheet.write(_RIGHT, 160, "Scadenza: 13/03/2026", align="right")
    y = sheet.table(
        190, (_LEFT, 340, 440, _RIGHT),
        (
            ("Descrizione", "Quantità", "Prezzo", "Importo"),
            ("Etichette autoadesive", "5000", "0,06", "300,00"),
            ("Stampa in rilievo", "1", "140,00", "140,00"),
        ),
    )  # fmt: skip
    sheet.pairs(
        380, _RIGHT - 4, y, ("Imponibile", "440,00 €"), ("IVA 22%", "96,80 €"), ("Totale", "536,80 €"), align="right"
    )
    return Invoice(
        sheet.pdf(),
        {
            "invoice_number": "2026-77", "date": None, "due_date": "2026-03-13",
            "seller": "Officina Bellini S.r.l.", "seller_address": "Via Garibaldi 31, 40126 Bologna",
            "buyer": "Cantina Rossi S.p.A.", "buyer_address": "Strada del Vino 5, 53100 Siena",
            "subtotal": "440.00", "tax": "96.80", "total": "536.80", "currency": "EUR",
        },
        (
            ("Etichette autoadesive", "5000", "0.06", "300.00"),
            ("Stampa in rilievo", "1", "140.00", "140.00"),
        ),
    )  # fmt: skip


def american() -> Invoice:
    """The numbers at the right edge, label and value in one; who buys beside where it goes; freight between subtotal and tax."""
    sheet = Sheet()
    sheet.write(_LEFT, 60, "Granite Peak Supply Co.", size=16, bold=True)
    sheet.write(_RIGHT, 60, "INVOICE", size=20, align="right")
    sheet.write(_LEFT, 78, "4410 Industrial Pkwy, Suite 12", "Boise, ID 83705", "(208) 555-0143", size=9)
    sheet.write(
        _RIGHT,
        85,
        "Invoice Number: GP-55821",
        "Date: June 12, 2026",
        "Terms: Net 30",
        "Due Date: July 12, 2026",
        align="right",
    )
    sheet.write(_LEFT, 160, "BILL TO:", bold=True)
    sheet.write(220, 160, "SHIP TO:", bold=True)
    sheet.write(_LEFT, 175, "Maple Street Diner", "18 Maple Street", "Nampa, ID 83651")
    sheet.write(220, 175, "Maple Street Diner #2", "900 Lake Ave", "Caldwell, ID 83605")
    y = sheet.table(
        250, (_LEFT, 340, 440, _RIGHT),
        (
            ("Item Description", "Qty", "Unit Price", "Line Total"),
            ("Stainless prep table 60 in", "2", "$349.00", "$698.00"),
            ("Cutting board, red", "6", "$14.25", "$85.50"),
        ),
    )  # fmt: skip
    sheet.write(_LEFT, y, "Bank: First Idaho", "Routing 124103799", size=9)
    sheet.pairs(
        380, _RIGHT - 4, y,
        ("Sub-total", "$783.50"), ("Shipping", "$45.00"), ("Tax (6%)", "$47.01"), ("TOTAL", "$875.51"), align="right",
    )  # fmt: skip
    return Invoice(
        sheet.pdf(),
        {
            "invoice_number": "GP-55821", "date": "2026-06-12", "due_date": "2026-07-12", "seller": "Granite Peak Supply Co.",
            "seller_address": "4410 Industrial Pkwy, Suite 12, Boise, ID 83705", "buyer": "Maple Street Diner",
            "buyer_address": "18 Maple Street, Nampa, ID 83651",
            "subtotal": "783.50", "tax": "47.01", "total": "875.51", "currency": "USD",
        },
        (
            ("Stainless prep table 60 in", "2", "349.00", "698.00"),
            ("Cutting board, red", "6", "14.25", "85.50"),
        ),
        ("total_does_not_add_up",),
    )  # fmt: skip


def letter() -> Invoice:
    """As a letter: nothing says who buys, so nobody does; a column for the unit."""
    sheet = Sheet()
    sheet.write(_LEFT, 60, "Maler Krause", "Inh. Jens Krause", "Am Wall 7", "28195 Bremen", "Steuernummer 60/123/45678")
    sheet.write(_LEFT, 160, "Frau", "Helga Brandt", "Rosenstr. 11", "28203 Bremen")
    sheet.write(_RIGHT, 160, "Bremen, 3. August 2026", align="right")
    sheet.write(_LEFT, 240, "Rechnung Nr. 2026-31", size=13, bold=True)
    y = sheet.table(
        270, (_LEFT, 300, 380, 460, _RIGHT),
        (
            ("Leistung", "Menge", "Einheit", "Preis", "Betrag"),
            ("Wände streichen", "42,0", "m²", "8,50", "357,00"),
            ("Decke streichen", "18,5", "m²", "9,00", "166,50"),
        ),
        ruled=False,
    )  # fmt: skip
    sheet.pairs(
        340, _RIGHT - 4, y,
        ("Summe netto", "523,50 EUR"), ("Umsatzsteuer 19 %", "99,47 EUR"), ("Gesamtsumme", "622,97 EUR"), align="right",
    )  # fmt: skip
    sheet.write(_LEFT, y + 80, "Zahlbar bis 17.08.2026 ohne Abzug.")
    return Invoice(
        sheet.pdf(),
        {
            "invoice_number": "2026-31", "date": "2026-08-03", "due_date": "2026-08-17", "seller": "Maler Krause",
            "seller_address": "Am Wall 7, 28195 Bremen", "buyer": None, "buyer_address": None,
            "subtotal": "523.50", "tax": "99.47", "total": "622.97", "currency": "EUR",
        },
        (
            ("Wände streichen", "42.0", "8.50", "357.00"),
            ("Decke streichen", "18.5", "9.00", "166.50"),
        ),
    )  # fmt: skip


def services() -> Invoice:
    """The letterhead at the right edge; other words for all labels; hours for a quantity, and no price of one."""
    sheet = Sheet()
    sheet.write(_RIGHT, 60, "Fenwick & Hart LLP", size=14, bold=True, align="right")
    sheet.write(_RIGHT, 76, "1 Temple Row", "Birmingham B2 5LG", "accounts@fenwickhart.example", size=9, align="right")
    sheet.write(_LEFT, 140, "Tax Invoice", size=18, bold=True)
    sheet.write(_LEFT, 170, "To: Orchard Foods Ltd", "Unit 9, Canal Road", "Leeds LS12 2TU")
    sheet.pairs(
        _MIDDLE, 430, 170,
        ("Invoice ref", "FH/2291"), ("Tax point", "30 September 2026"), ("Payment due", "14 October 2026"),
    )  # fmt: skip
    y = sheet.table(
        240, (_LEFT, 440, _RIGHT),
        (
            ("Services", "Hours", "Amount £"),
            ("Advice on the lease of Canal Road", "6.5", "1,625.00"),
            ("Drafting of the licence", "2", "500.00"),
        ),
    )  # fmt: skip
    sheet.pairs(
        380, _RIGHT - 4, y,
        ("Total excluding VAT", "£2,125.00"), ("VAT at 20%", "£425.00"), ("Total including VAT", "£2,550.00"), align="right",
    )  # fmt: skip
    return Invoice(
        sheet.pdf(),
        {
            "invoice_number": "FH/2291", "date": "2026-09-30", "due_date": "2026-10-14", "seller": "Fenwick & Hart LLP",
            "seller_address": "1 Temple Row, Birmingham B2 5LG", "buyer": "Orchard Foods Ltd",
            "buyer_address": "Unit 9, Canal Road, Leeds LS12 2TU",
            "subtotal": "2125.00", "tax": "425.00", "total": "2550.00", "currency": "GBP",
        },
        (
            ("Advice on the lease of Canal Road", "6.5", None, "1625.00"),
            ("Drafting of the licence", "2", None, "500.00"),
        ),
    )  # fmt: skip


INVOICES = {
    one.__name__: one
    for one in (two_columns, side_by_side, german, french, spanish, italian, american, letter, services)
}
