"""Who reads what: the product and its peers, each on the documents that it is made for."""

from __future__ import annotations

from dataclasses import dataclass

from benchmarks import peers
from benchmarks.pack import Item
from benchmarks.peers import Peer


@dataclass(frozen=True, slots=True)
class Contender:
    """A peer and how it is used: in which `folders` of the pack it reads documents without a text layer (`images`), and with one.

    `language` says whether it is told the language of the document, `tier` which of its ways to read is asked for.
    """

    name: str
    peer: Peer
    folders: str
    images: bool = True
    digital: bool = False
    language: bool = False
    tier: str | None = None

    def reads(self, item: Item) -> bool:
        return item.folder in self.folders and (self.images if item.is_image else self.digital)


BASE = "rapidocr"
"""What the cost of all others is given relative to."""

SUPPORTED_BY = "ocrchat, language given"
"""Whose list of languages the means over supported languages go by."""

CONTENDERS = (
    Contender("ocrchat", peers.OCRCHAT, "ABCDE", digital=True),
    Contender("ocrchat, vlm embedded", peers.OCRCHAT, "ABCDE", digital=True, tier="vlm"),
    Contender(SUPPORTED_BY, peers.OCRCHAT, "E", language=True),
    Contender(BASE, peers.RAPIDOCR, "ABCDE"),  # no tables: in C only as the measure of cost
    Contender("rapidocr-onnxruntime", peers.RAPIDOCR_ONNXRUNTIME, "ABE"),
    Contender("tesseract", peers.TESSERACT, "ABE", language=True),
    Contender("onnxtr", peers.ONNXTR, "AB"),  # Latin script
    Contender("pymupdf4llm", peers.PYMUPDF4LLM, "BC", digital=True),
    Contender("text layer", peers.TEXT_LAYER, "B", images=False, digital=True),
)
