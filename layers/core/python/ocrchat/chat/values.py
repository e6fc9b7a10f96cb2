"""What kinds of values there are, where they stand in a text, and which kind a question asks for."""

from __future__ import annotations

import re
from enum import Enum

from ocrchat.fields.values import MONTH

_MONTH = rf"(?:{MONTH})"
_NUMBER = r"\d+(?:[.,'\u00a0\u202f ]\d{3})*(?:[.,]\d+)?"
_CURRENCY = r"(?:[$€£¥₹₽₩₺₪฿]|\b(?:USD|EUR|GBP|CHF|JPY|CNY|INR|euros?|dollars?|pounds?|Franken|pesos?)\b|元|円|원)"


class Kind(Enum):
    """Of a value, each with the pattern that finds one (ignoring case)."""

    DATE = (
        rf"\b\d{{1,4}}[./-]\d{{1,2}}[./-]\d{{1,4}}\b|\b\d{{1,2}}\.?(?:st|nd|rd|th)?(?: de| of)? {_MONTH}\b"
        rf"|\b{_MONTH}\.? \d{{1,4}}\b|(?<![\w.,-])(?:1[5-9]|20)\d\d(?![\w-]|[.,]\d)|\d+ ?[年月日]|\d{{1,2}} ?월"
    )
    MONEY = (
        rf"{_CURRENCY} ?\(?{_NUMBER}|{_NUMBER}(?: (?:million|billion|Mio\.?|mill[oi]\w+))? ?{_CURRENCY}|\d[.,]\d\d\b"
    )
    PERCENT = rf"{_NUMBER} ?(?:%|٪|per ?cent\b|percent\b|prozent\b|por ciento\b|pour ?cent\b|basis points\b)"
    DURATION = (
        rf"\b(?:{_NUMBER}|a|an|one|two|three|four|five|six|seven|ten|twelve)[ -](?:business |working |calendar )?"
        r"(?:second|minute|hour|day|week|month|year|Sekunde|Minute|Stunde|Tag|Woche|Monat|Jahr|día|semana|mes|año|jour|semaine|mois|an|ans|"
        r"giorn|settiman|mes|ann|dia|ano)\w*|\d+ ?(?:天|日|週|周|个月|年|시간|일|주)"
    )
    NUMBER = r"\d|\b(?:two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|twenty|hundred|thousand)\b"

    def stands_in(self, text: str) -> bool:
        return _PATTERNS[self].search(text) is not None


_PATTERNS = {kind: re.compile(kind.value, re.IGNORECASE) for kind in Kind}

_ASKED = {
    Kind.PERCENT: r"\bpercent|\bper cent|\brate\b|\bshare of\b|prozent|porcentaje|pourcentage|percentual|百分|٪|%",
    Kind.DURATION: r"\bhow long\b|\bperiod\b|\bduration\b|wie lange|cuánto tiempo|combien de temps|多久|多长时间|كم من الوقت",
    Kind.DATE: (
        r"\bwhen\b|\bdates?\b|\b(?:what|which|in what) (?:year|month|day)\b|\bdue\b.*\bby\b|\bwann\b|\bdatum\b|"
        r"cuándo|\bfecha\b|\bquand\b|quelle année|\bquando\b|\bdata\b (?:di|da|de)|"
        r"日期|何时|什么时候|いつ|언제|تاريخ|متى|когда|дата"
    ),
    Kind.MONEY: (
        r"\bhow much\b|\btotal\b|\bamount\b|\bcosts?\b|\bprice\b|\btax\b|\brevenues?\b|\bbetrag\b|\bwie viel|\bpreis\b|"
        r"\bsumme\b|cuánto|importe|precio|combien|montant|\bprix\b|quanto|"
        r"金额|总额|多少钱|总计|合計|المبلغ|المجموع|сколько стоит|сумма"
    ),
    Kind.NUMBER: r"\bhow many\b|wie viele|cuánt[ao]s|combien d|quant[ei]\b|多少|几个|いくつ|몇|كم عدد|сколько",
}


def asked(question: str) -> frozenset[Kind]:
    """The kinds of values that would answer it; none where it does not ask for a value. An amount may stand without currency."""
    kinds = {kind for kind, pattern in _ASKED.items() if re.search(pattern, question, re.IGNORECASE)}
    if Kind.MONEY in kinds:
        kinds.add(Kind.NUMBER)
    return frozenset(kinds)
