"""Whether what came back may stand for a text: what no translation changes must have survived, and it must be one.

Numbers are compared by value (`chat.numbers`), so 1,234.50 may become 1.234,50; codes, e-mail and web addresses letter by
letter. What cannot be seen here is whether the words are right.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from itertools import pairwise

from ocrchat.chat.numbers import in_order
from ocrchat.export.plain import extent
from ocrchat.translation.model import Status
from ocrchat.writing import is_unspaced

# Each begins where nothing of it stands before, or a long word would be looked through once for each of its letters.
_ADDRESS = re.compile(r"(?<![\w.+-])[\w.+-]+@[\w-]+(?:\.[\w-]+)+|(?:https?://|www\.)[^\s<>\"'“”«»()]+", re.IGNORECASE)
_BEHIND_ADDRESS = ".,;:!?。、"

_CODE = re.compile(r"(?<![\w-])[A-Za-z0-9]+(?:[-_/.#][A-Za-z0-9]+)*")
_LEAST_CODE = 4
"""Letters: Q3 and A4 may be called otherwise."""
_MEASURE = re.compile(r"\d+[A-Za-z]+")
"""1ST, 10AM, 5KG."""
_WORDS_AND_NUMBERS = re.compile(r"(?:\d+|[A-Z]?[a-z]{2,})(?:-(?:\d+|[A-Z]?[a-z]{2,}))*")
"""5-Year, Covid-19: no code, although it has a capital."""
_PADDED = re.compile(r"(?<![\w.,])0[0-9]{3,}(?![0-9])")
"""Digits of a number that is no quantity: without its zeros it is another one."""
_MINUS = re.compile(r"(?<!\S)[-−](?=[$€£¥₹]?\s?\d)")
_DASHES = re.compile(r"[-−–]")
_TURNS = 3
"""How often letters and digits take turns in what is a code although it has no capitals, as 9f2c1b does."""

_SPACED_THOUSANDS = re.compile(r"(?<=\d) (?=\d{3}(?!\d))")
_WRITTEN_OUT = frozenset("〇零一二三四五六七八九十百千万萬億亿")
"""Numbers that are no digits, and may become some."""
_SMALL = 2
"""Digits of a number that may be new: the months and ordinals of one language are the words of another."""

_NAME = 3
"""Words that may come back unchanged: names, and words that two languages share."""

_COPIED = 0.5
"""Share of a text that may not stand in its translation as it was, counted by runs of more words than a name has."""

_LONG = 60
_RATIO = 5.0
"""How many times longer or shorter a long text may become. Chinese in English is about 1.5 times as wide."""


def has_words(text: str) -> bool:
    """Whether there is something to translate: amounts, dates in digits, codes and addresses are the same everywhere."""
    return any(letter.isalpha() for letter in _without_codes(text))


def judge(text: str, translated: str) -> Status | None:
    """TRANSLATED, or KEPT if it is still the same; None if it may not stand for `text`."""
    if _words(text) == _words(translated):
        return Status.KEPT if _count(text) <= _NAME and _survives(text, translated) else None
    if _is_copied(text, translated):
        return None
    return Status.TRANSLATED if _survives(text, translated) and _is_as_long(text, translated) else None


def _survives(text: str, translated: str) -> bool:
    if _MINUS.subn("", text)[1] > len(_DASHES.findall(translated)) or _padded(text) - _padded(translated):
        return False
    return _has_numbers(text, translated) and all(code in _plain(translated) for code in _codes(text))


def _is_copied(text: str, translated: str) -> bool:
    unspaced = sum(map(is_unspaced, text))
    run = 2 * (_NAME + 1) if 2 * unspaced > len(text) else _NAME + 1
    ours, theirs = _runs(text, run), set(_runs(translated, run))
    return bool(ours) and sum(some in theirs for some in ours) >= _COPIED * len(ours)


def _runs(text: str, length: int) -> list[tuple[str, ...]]:
    """All so many words in a row, without numbers and codes, which are the same in every language."""
    words = _words(_without_codes(text))
    parts = [part for word in words for part in (word if is_unspaced(word[0]) else [word]) if part[0].isalpha()]
    return list(zip(*(parts[start:] for start in range(length)), strict=False))


def _padded(text: str) -> Counter[str]:
    digits = "".join(str(unicodedata.digit(c)) if c.isdecimal() else c for c in text)
    return Counter(_PADDED.findall(digits))


def _without_codes(text: str) -> str:
    rest = _ADDRESS.sub(" ", text)
    return _CODE.sub(lambda found: " " if _is_code(found[0]) else found[0], rest)


def _codes(text: str) -> list[str]:
    plain = _plain(text)
    addresses = [found[0].rstrip(_BEHIND_ADDRESS) for found in _ADDRESS.finditer(plain)]
    rest = _ADDRESS.sub(" ", plain)
    return [*addresses, *(found[0] for found in _CODE.finditer(rest) if _is_code(found[0]))]


def _is_code(word: str) -> bool:
    if (
        len(word) < _LEAST_CODE
        or not any(c.isdigit() for c in word)
        or _MEASURE.fullmatch(word)
        or _WORDS_AND_NUMBERS.fullmatch(word)
    ):
        return False
    kinds = [c.isdigit() for c in word if c.isalnum()]
    turns = sum(before != after for before, after in pairwise(kinds))
    return any(c.isupper() for c in word) or (any(c.isalpha() for c in word) and turns >= _TURNS)


def _has_numbers(text: str, translated: str) -> bool:
    """As they stand, or with the spaces taken for those between thousands."""
    return any(
        _are_kept(read(text), read(translated), text)
        for read in (in_order, lambda some: in_order(_without_spaces(some)))
    )


def _are_kept(ours: list[str], theirs: list[str], text: str) -> bool:
    lost, added = Counter(ours) - Counter(theirs), Counter(theirs) - Counter(ours)
    if lost:
        return False
    return not _WRITTEN_OUT.isdisjoint(text) or all(len(number) <= _SMALL for number in added)


def _without_spaces(text: str) -> str:
    return _SPACED_THOUSANDS.sub("", text)


def _is_as_long(text: str, translated: str) -> bool:
    ours, theirs = extent(text), extent(translated)
    if not translated.strip():
        return False
    return max(ours, theirs) < _LONG or max(ours, theirs) <= _RATIO * min(ours, theirs)


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", _plain(text).casefold())


def _count(text: str) -> float:
    """Words; of a script that has no spaces between them, about two letters each."""
    unspaced = sum(is_unspaced(letter) for letter in text)
    return len([word for word in _words(text) if not is_unspaced(word[0])]) + unspaced / 2


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text)
