"""The words that say what a value is. Patterns match at the beginning of a piece unless they are said to be searched for.

In English, German, French, Spanish, Italian and Portuguese, and the commonest in Chinese.
"""

from __future__ import annotations

import re


def _any(*patterns: str) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{pattern})" for pattern in patterns), re.IGNORECASE)


_DOCUMENT = r"(?:invoice|inv|bill|rechnungs?|facture|factura|fattura|fatura)"

NUMBER = _any(
    rf"\W*(?:(?:tax|vat|sales)\s+)?{_DOCUMENT}[\s.-]*(?:number|numéro|numero|nummer|num\b|no\b|nr\b|id\b|ref(?:erence)?\b|n\s?[°º.]|#|№)",
    r"\W*(?:n[uú]mero|numéro|n\.?\s?[°º]|nr\.?)\s*(?:de |d[aeo] |della )?(?:la )?(?:facture|factura|fattura|fatura)",
    r"\W*发票号码?",
)
NUMBERED = re.compile(
    rf"{_DOCUMENT}\s*-?(?:no|nr|number|nummer|num|#|n°|№)?\.?\s*[:#]?\s*(?P<value>(?=[\w/-]*\d)[A-Z0-9][\w/-]{{2,}})",
    re.IGNORECASE,
)
"""Searched for: with the number behind it, whether or not it is said to be one."""

DATED = re.compile(r"\bdated?\b|datum|fecha|\bdata\b|日期", re.IGNORECASE)
DUE = re.compile(
    r"\bdue\b|payable by|pay by|fällig|zahlbar bis|zahlungsziel|échéance|vencimiento|vencimento|scadenza|到期",
    re.IGNORECASE,
)
_BEFORE = r"\W*(?:[\w'’.]+[\s-]){0,2}[\w'’]*"
"""What may stand before the word of a label: invoice date, payment due date, Rechnungsdatum."""
DATE = _any(f"{_BEFORE}(?:{DATED.pattern})")
DUE_DATE = _any(f"{_BEFORE}(?:{DUE.pattern})")

_OTHER_EVENT = (
    r"deliver|shipp?(?:ing|ed)?\b|order|liefer|leistung|bestell|livraison|commande|entrega|pedido|consegna|ordine"
)
OTHER_DATE = _any(DUE.pattern, _OTHER_EVENT)
"""Searched for, as are the two before: a date that is not that of the document."""

_BEHIND = r"\s*(?:[:：]\s*|$)"
"""What tells a label from a sentence that begins with its word."""
SELLER = _any(
    r"\W*(?:seller|supplier|vendor|from|issued by|verkäufer|lieferant|rechnungssteller|vendedor|proveedor|emisor|"
    rf"fournisseur|vendeur|émetteur|fornitore|venditore|cedente|卖方|销售方){_BEHIND}"
)
BUYER = _any(
    r"\W*(?:bill(?:ed)?|sold|invoiced?) to\b\s*[:：]?\s*",
    r"\W*(?:to|buyer|customer|client|rechnung an|rechnungsempfänger|kunde|käufer|facturé à|destinataire|acheteur|cliente|"
    rf"facturar a|comprador|destinatario|intestatario|spett\.?\s?(?:le|\.)|买方|购买方){_BEHIND}",
)
_OTHER_PARTY = (
    r"\W*(?:ship(?:ped)? to|deliver(?:y)? (?:to|address)|lieferadresse|adresse de livraison|remit to|attn|contact)\b"
)
TITLE = re.compile(
    r"\W*(?:(?:tax|sales|vat|simplified|pro ?forma)\s+)*(?:invoice|receipt|bill|credit note|rechnung|gutschrift|"
    r"quittung|kassenbon|facture|avoir|reçu|factura|recibo|fattura|ricevuta|fatura|发票)\W*$",
    re.IGNORECASE,
)
"""Of the document, alone."""

COMPANY = re.compile(
    r"\b(?:sdn\.?\s?bhd|bhd|ltd|limited|inc|llc|llp|corp|gmbh|e\.\s?k|kg|ohg|ug|ag|sarl|sas|eurl|s\.\s?l|s\.?a\.?r?\.?l?|"
    r"s\.?r\.?l|s\.?p\.?a|lda|b\.?v|n\.?v|plc|co\.|pte|enterprise|trading|restaurant|restoran|store|market|hardware)\b|"
    r"公司",
    re.IGNORECASE,
)
"""Searched for: what names of companies end with, or shops are called."""

NO_ADDRESS = re.compile(
    r"\b(?:tel|telephone|phone|fax|mobile|h/?p|gst ?id|gst|vat|tax|reg|co\.? ?no|invoice|receipt|bill|date|cashier|www)\b|"
    r"\b(?:roc|e-?mail)\b|\b[tf]\s*[:：]|@|\(\d{5,}|\b(?:siren|siret|tva|nif|cif|iva|iban|bic|hrb|steuer-?n|ust-?id)|"
    r"^\W*\+?\d[\d\s()/.-]{7,}$",
    re.IGNORECASE,
)
"""Searched for: what stands near an address and is none."""

TOTALS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"round(?:ed|ing)? total|total round",
        r"grand total|\btotal\b.{0,16}(?:incl|payable|due|ttc)|(?:amount|balance) (?:due|payable)|nett? total|gesamtbetrag|"
        r"rechnungsbetrag|endbetrag|bruttobetrag|zu zahlen|total à payer|net à payer|importe total|total a pagar|"
        r"total factura|totale",
        r"^\W*total\b|\btotal\s*[:(]|^\W*(?:gesamt)?summe|^\W*gesamt\b|^\W*montant|^\W*importe|合计|总计|合計",
    )
)
"""Searched for, the surest first. Of several totals that are labelled alike the largest is the one that includes the others."""

NO_TOTAL = re.compile(
    r"sub\s?-?total|sous-total|qty|quantity|items?\b|saving|discount|excl|change|tender|zwischensumme|netto|\bht\b|"
    r"imponible?|total\W*(?:tax|gst|vat|mwst|iva|tva)\b|^\W*(?:tax|gst|vat|mwst|iva|tva)\b",
    re.IGNORECASE,
)
SUBTOTAL = re.compile(
    r"sub\s?-?total|total\b.{0,16}excl|net amount|zwischensumme|nettobetrag|summe netto|netto(?:summe)?\b|sous-total|total ht\b|"
    r"montant ht\b|imponibile|base imponible|小计",
    re.IGNORECASE,
)
TAX = re.compile(
    r"\b(?:tax|vat|gst|sst|mwst|ust|umsatzsteuer|mehrwertsteuer|tva|iva)\b(?!.*(?:\bno\b|\bid\b|reg|invoice|code))|税额",
    re.IGNORECASE,
)
WITHOUT_TAX = re.compile(r"excl|exkl|ohne|\bhors\b|before", re.IGNORECASE)
"""Searched for, as are the three before."""

PAYMENT = re.compile(
    r"^\W*(?:cash|change|(?:credit|debit) card|visa|mastercard|tender|paid|payment|rückgeld|gegeben|rundung|rounding)\b",
    re.IGNORECASE,
)
"""Of what stands below the goods of a receipt."""

_NO_CODE = r"(?!\W*(?:no|nr|id|code|number|nummer)\b|\s*#)"
DESCRIPTION = _any(
    r"\W*(?:description|item|product|article|service|details|particulars|bezeichnung|beschreibung|artikel|leistung|"
    r"désignation|libellé|prestation|concepto|descripción|artículo|descrizione|articolo|descrição|品名|项目|名称)s?\b"
    + _NO_CODE
)
QUANTITY = _any(
    r"\W*(?:quantity|qty|qté|units?(?! price)|hours|menge|anzahl|quantité|cantidad|cant|quantità|q\.tà|quantidade|数量)\b"
)
UNIT_PRICE = _any(
    r"\W*(?:unit (?:price|cost)|price|rate|u/?price|einzelpreis|e-?preis|stückpreis|preis|prix|p\.?\s?u\b|precio|prezzo|preço|"
    r"单价)(?!\w)"
)
AMOUNT = _any(
    r"\W*(?:amount|line total|total|amt|gesamt(?:preis|betrag)?|betrag|summe|montant|importe|importo|totale|valor|金额)\b"
)
"""Columns of the lines of goods."""


def is_one(text: str) -> bool:
    """Whether a piece says what another one is, and is no value itself."""
    return text.rstrip().endswith((":", "：")) or any(label.match(text) for label in _LABELS)


_LABELS = (
    NUMBER, SELLER, BUYER, TITLE, _any(_OTHER_PARTY),
    DATE, DUE_DATE, _any(r"\W*(?:customer|client|order|kunden|your|ihre)\b"),
    _any(r"\W*(?:page|seite|terms|notes?|iban|bank)\b"),
)  # fmt: skip
