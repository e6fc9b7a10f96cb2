"""Which quotations are let through: true, mended and invented ones, by how badly OCR has read the page, and how long it takes.

    python -m benchmarks.citations

No model: quotations are made up of sentences of Python's own documentation, on pages of ten of its paragraphs (benchmarks.check).
Letters replaced at random stand for errors of OCR. Seeded: the same figures on every run, but for the times.

Writes benchmarks/results/citations.json; read in docs/adr/0021.
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from time import process_time

from benchmarks import machine
from benchmarks.check import PAGES, PARAGRAPHS, altered, paragraphs, read_page
from ocrchat.chat.model import Claim
from ocrchat.chat.verify import Pages
from ocrchat.model import Document

RESULTS = Path(__file__).parent / "results" / "citations.json"
ERRORS = (0.0, 0.02, 0.05, 0.1)
LONG = 3000
"""Pages of the document that takes long."""


def main() -> None:
    chance = random.Random(7)
    texts = paragraphs(chance)
    here, elsewhere = texts[: PAGES * PARAGRAPHS], texts[PAGES * PARAGRAPHS :]
    true = [
        Claim(sentence, number // PARAGRAPHS + 1) for number, text in enumerate(here) for sentence in _sentences([text])
    ]
    with_numbers = [claim for claim in true if re.search(r"\d", claim.snippet)]
    quotations = {
        "true": true,
        "true, page wrong": [replace(claim, page=1 + claim.page % PAGES) for claim in true if claim.page],
        "a digit changed": [replace(claim, snippet=_other_digit(claim.snippet, chance)) for claim in with_numbers],
        "three words altered": [replace(claim, snippet=altered(claim.snippet, texts, chance)) for claim in true],
        "not in the document": [Claim(sentence, 1) for sentence in _sentences(elsewhere)],
    }
    let_through = {
        f"{share:.0%}": {name: _found(_document(here, share, chance), claims) for name, claims in quotations.items()}
        for share in ERRORS
    }
    report = machine.facts() | {
        "quotations": {name: len(claims) for name, claims in quotations.items()},
        "let_through_by_errors_of_ocr": let_through,
        "cpu_ms": _times(here, quotations["not in the document"]),
    }
    RESULTS.write_text(json.dumps(report, indent=1) + "\n")
    print(json.dumps(report, indent=1))


def _sentences(texts: Iterable[str]) -> list[str]:
    parts = (part for text in texts for part in re.split(r"(?<=[.!?]) +", text))
    return [part for part in parts if 40 <= len(part) <= 300 and len(part.split()) > 5]


def _document(texts: Sequence[str], share: float, chance: random.Random) -> Document:
    pages = (read_page(texts[n * PARAGRAPHS :][:PARAGRAPHS], share, chance) for n in range(PAGES))
    return Document(tuple(replace(page, index=n) for n, page in enumerate(pages)))


def _other_digit(text: str, chance: random.Random) -> str:
    place = chance.choice([found.start() for found in re.finditer(r"\d", text)])
    return f"{text[:place]}{(int(text[place]) + chance.randint(1, 9)) % 10}{text[place + 1 :]}"


def _found(document: Document, claims: Sequence[Claim]) -> float:
    pages = Pages(document)
    return round(sum(pages.find(claim) is not None for claim in claims) / len(claims), 4)


def _times(texts: Sequence[str], invented: Sequence[Claim]) -> dict[str, float]:
    """On a long document: the first quotation that does not stand there, for which every page is folded, and later ones."""
    some = _document(texts, 0.0, random.Random(7)).pages
    pages = Pages(Document(tuple(replace(some[n % PAGES], index=n) for n in range(LONG))))
    times = []
    for claim in invented[:50]:
        start = process_time()
        pages.find(claim)
        times.append(1000 * (process_time() - start))
    # Words of one page in another order: alike enough to be searched for everywhere, and nowhere to be found.
    words = " ".join(texts[:PARAGRAPHS]).split()
    random.Random(7).shuffle(words)
    start = process_time()
    pages.find(Claim(" ".join(words)[:2000]))
    return {
        "first": round(times[0]),
        "mean of later": round(sum(times[1:]) / len(times[1:])),
        "most of later": round(max(times[1:])),
        "2,000 letters of shuffled words": round(1000 * (process_time() - start)),
    }


if __name__ == "__main__":
    main()
