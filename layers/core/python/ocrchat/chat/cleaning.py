"""Text without what nobody sees: what a model is shown of a document, and what is shown of a model's words."""

from __future__ import annotations

import re
import unicodedata

_KEPT = "\n\t\u200c\u200d"
"""Of controls and formats: the joiners decide how Persian and Indic words look, and are harmless inside of them."""

_IMAGE = re.compile(r"!\[([^\]\n]{0,300})\]\([^)\n]{0,2000}\)?")
_LINK = re.compile(r"\[([^\]\n]{0,300})\]\([^)\n]{0,2000}\)?")
_ADDRESS = re.compile(r"\b(?:https?|ftp|javascript|data|file|mailto):[^\s<>\"')\]]+", re.IGNORECASE)
_TAG = re.compile(r"</?[a-zA-Z!][^<>]{0,2000}>?")


def visible(text: str) -> str:
    """Without controls, direction marks, tag characters, private use and half surrogates, all of which can hide words."""
    return "".join(
        letter for letter in text if letter in _KEPT or unicodedata.category(letter) not in ("Cc", "Cf", "Co", "Cs")
    )


def plain(text: str, known: str) -> str:
    """A model's sentence without markup that a reader of it would load or follow: images, HTML, links.

    An address stays where `known`, the text of the document, has it: then it is an answer.
    """
    text = _LINK.sub(r"\1", _IMAGE.sub("", visible(text)))
    text = _ADDRESS.sub(lambda found: found[0] if found[0].rstrip(".,;:!?") in known else "", _TAG.sub("", text))
    return " ".join(text.split())
