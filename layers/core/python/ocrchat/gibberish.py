"""Whether characters can be the text of any language, or are the letters of a font that says wrong ones.

A font's table of characters may be missing or wrong: then a document that looks well holds "Uif rvjdl" or "7KH TXLFN" where it
shows "The quick". Which letters follow each other in words tells that from text, whatever the language: a pair that is rare
in all languages of a script is rare in all texts. No dictionary; of scripts other than the Latin only what is odd in each of
them. Names, part numbers and code look odd too: this finds what has to be looked at, and condemns nothing. Pure, no state.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from itertools import pairwise

MIN_PAIRS = 40
"""Fewer pairs of letters say nothing: their mean strays too far by chance."""

ODD_PAIRS = 5.6
"""Mean oddness of the pairs of a text that is none. That of 40 languages is 3.9 to 4.6, of English with each letter replaced by
another 6.3 to 7.5."""

ODD_WORDS = 0.1
"""Share of words that are odd in any script, from which a text is none."""

MIN_WORDS = 10

_WORD = re.compile(r"[^\W\d_]{4,}")
_TRIPLE = re.compile(r"([^\W\d_])\1\1")
_SCRIPTS = ("LATIN", "GREEK", "CYRILLIC", "ARABIC", "HEBREW")
_HAN, _HANGUL = ("\u4e00", "\u9fff"), ("\uac00", "\ud7a3")
_COMMON_HAN = {"gb2312": (0xB0, 0xD7), "big5": (0xA4, 0xC6), "euc_jp": (0xB0, 0xCF)}
"""First bytes of the characters that these sets list as the common ones: with them most text of newspapers is written."""


def is_gibberish(text: str) -> bool:
    """Whether `text` is odd for any language; False where it is too short to say."""
    words = _WORD.findall(unicodedata.normalize("NFKC", text))
    return _odd_pairs(words) or _odd_words(words) or _odd_ideographs(text)


def _odd_pairs(words: list[str]) -> bool:
    total = count = 0
    for word in words:
        folded = [_fold(character) for character in word]
        for before, after in pairwise(folded):
            if before and after:
                total += _oddness(before, after)
                count += 1
    return count >= MIN_PAIRS and total > ODD_PAIRS * count


def _odd_words(words: list[str]) -> bool:
    """A letter three times in a row, or letters of two scripts in one word."""
    odd = sum(1 for word in words if _TRIPLE.search(word.casefold()) or len(set(map(_script, word)) - {""}) > 1)
    return len(words) >= MIN_WORDS and odd > ODD_WORDS * len(words)


def _odd_ideographs(text: str) -> bool:
    """Half of all ideographs and four fifths of all Hangul are rare, so that a random choice of them shows."""
    han = [c for c in text if _HAN[0] <= c <= _HAN[1]]
    hangul = [c for c in text if _HANGUL[0] <= c <= _HANGUL[1]]
    rare = sum(not _is_common(c) for c in han) + sum(not _is_common_hangul(c) for c in hangul)
    return len(han) + len(hangul) >= MIN_PAIRS and rare > 0.4 * (len(han) + len(hangul))


@lru_cache(maxsize=4096)
def _fold(character: str) -> str:
    """The plain Latin letter, "?" for a Latin one without; empty for those of other scripts."""
    base = unicodedata.normalize("NFKD", character.lower())[0]
    base = _PLAIN.get(base, base)
    if "a" <= base <= "z":
        return base
    return "?" if _script(character) == "LATIN" else ""


@lru_cache(maxsize=4096)
def _script(character: str) -> str:
    name = unicodedata.name(character, "").partition(" ")[0]
    return name if name in _SCRIPTS else ""


@lru_cache(maxsize=4096)
def _is_common(character: str) -> bool:
    return any(first <= _encoded(character, name) <= last for name, (first, last) in _COMMON_HAN.items())


@lru_cache(maxsize=4096)
def _is_common_hangul(character: str) -> bool:
    return _encoded(character, "euc_kr") > 0


def _encoded(character: str, encoding: str) -> int:
    """The first byte, 0 where the encoding lacks it."""
    encoded = character.encode(encoding, "ignore")
    return encoded[0] if len(encoded) == 2 else 0


def _oddness(before: str, after: str) -> int:
    if "?" in (before, after):
        return _UNKNOWN
    return int(_PAIRS[ord(before) - ord("a")][ord(after) - ord("a")], 16)


_UNKNOWN = 8  # letters of African languages, of phonetics and of nothing: some of them are no harm
_PLAIN = {"ß": "s", "ø": "o", "ł": "l", "đ": "d", "ı": "i", "æ": "a", "œ": "o", "ð": "d", "þ": "t", "ə": "e", "ŋ": "n"}

# How odd it is that the letter of a column follows the one of a row, as a hexadecimal digit: -ln of the share of that pair
# among all pairs, in the language of 36 that has it most often. From the profiles of langdetect 1.0.9 (Apache-2.0), which
# count them in Wikipedia; accents are left out, and what none of them knows counts 15.
_PAIRS = (
    "35534544454453556334455445",  # a
    "46785a9a57869759f687587f69",  # b
    "4a685ff44656864b9656598f55",  # c
    "4784377446667548b566576f55",  # d
    "55444545455453667334556755",  # e
    "5af855896786f65ff6766f7f6f",  # f
    "4787486655666657f666585f48",  # g
    "49b63998576676576674476f5f",  # h
    "45453655444453456444466645",  # i
    "498738f94f687659f966589f89",  # j
    "37875b9547666749f655585f59",  # k
    "4776476645545658b855576f58",  # l
    "4587485745566756f6675a5f78",  # m
    "37544734455675488754576855",  # n
    "55545456555444467445544865",  # o
    "4a79578557868846f576687888",  # p
    "5ff75fff69ffff6fff9f5fff7f",  # q
    "46654665466666478655566965",  # r
    "37484864464666568754567f64",  # s
    "4789388447767648f455566956",  # t
    "56654666555444567545566666",  # u
    "4b885f995787a659f66868ff57",  # v
    "387759864f867558f6696faf48",  # w
    "48876bf76fff8f78fff86f8f8f",  # x
    "4654556657665357f556675b77",  # y
    "5777597758777557f775677f56",  # z
)
