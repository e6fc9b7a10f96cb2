"""Text without what nobody sees: what a model is shown of a document, and what is shown of a model's words."""

from __future__ import annotations

import re
import unicodedata

_SHOWN = frozenset("\n\t\u200c\u200d")
"""Of controls and formats: the joiners decide how Persian and Indic words look, and are harmless inside of them."""

_BLANK = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2065\u2800\u3164\ufe00-\ufe0f\uffa0\ufff0-\ufff8\U000e0000-\U000e0fff]"
)
"""Letters and marks that have no ink: Unicode's Default_Ignorable_Code_Point, where that is no control, and Braille's blank.
Variation selectors are among them: a long row of them behind one letter can spell anything."""

_IMAGE = re.compile(r"!\[([^\]\n]{0,300})\]\([^)\n]{0,2000}\)?")
_LINK = re.compile(r"\[([^\]\n]{0,300})\]\([^)\n]{0,2000}\)?")
_ADDRESS = re.compile(r"\b(?:(?:https?|ftp|javascript|data|file|mailto):|www\.)[^\s<>‹›\"')\]]+", re.IGNORECASE)
_TAG = re.compile(r"</?[a-zA-Z!][^<>]{0,2000}>?")

_ROUNDS = 8
"""What is taken out may leave another one: of <<b>img> it leaves <img>. A sentence that has more of them is emptied."""


def is_hidden(letter: str) -> bool:
    """Whether it has no ink, and is no white space either: controls, direction marks, tag characters, half surrogates."""
    return unicodedata.category(letter) in ("Cc", "Cf", "Co", "Cs") or bool(_BLANK.match(letter))


def visible(text: str) -> str:
    """Without what is hidden, which can hold words that a model reads and its user does not see."""
    return text if text.isascii() and text.isprintable() else "".join(filter(_is_shown, text))


def in_one_line(text: str) -> str:
    """The same without ends of lines and runs of white space."""
    return " ".join(visible(text).split())


def plain(text: str, known: str) -> str:
    """A model's sentence without markup that a reader of it would load or follow: images, HTML, links.

    An address stays where `known`, the text of the document, has it: then it is an answer. What looks like HTML there is kept
    in brackets of another kind.
    """
    text = visible(text)
    for _ in range(_ROUNDS):
        less = _TAG.sub(lambda found: f"‹{found[0].strip('<>')}›" if found[0] in known else "", text)
        less = _LINK.sub(r"\1", _IMAGE.sub("", less))
        less = _ADDRESS.sub(lambda found: found[0] if found[0].rstrip(".,;:!?") in known else "", less)
        if less == text:
            return " ".join(text.split())
        text = less
    return ""


def _is_shown(letter: str) -> bool:
    return letter in _SHOWN or not is_hidden(letter)
