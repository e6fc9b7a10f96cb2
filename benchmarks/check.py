"""What the check of a model's answer sees: support of right, altered and invented text, by how badly OCR has read the page.

    python -m benchmarks.check

No model: answers are made up. Pages are ten paragraphs of Python's own documentation, answered rightly, with three words of
one paragraph altered, or with another paragraph in place of one; letters replaced at random stand for errors of OCR. Shows what
the comparison does, not how models err. Seeded: the same figures on every run, but for the times.

Writes benchmarks/results/check.json; read in docs/adr/0018.
"""

from __future__ import annotations

import json
import pydoc_data.topics
import random
import re
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from statistics import fmean
from time import process_time

from benchmarks import machine
from ocrchat.model import Block, Box, Line, PageResult, Source, Word
from ocrchat.vlm.answer import Answer, Region, box_of
from ocrchat.vlm.check import Log, check

RESULTS = Path(__file__).parent / "results" / "check.json"
WIDTH, HEIGHT = 1600, 2200
PAGES, PARAGRAPHS = 30, 10
ERRORS = (0.0, 0.02, 0.05, 0.1, 0.2)
LETTERS = "abcdefghijklmnopqrstuvwxyz"
LINE = 34
ALTERED = 4
"""Which paragraph of a page is tampered with."""


def main() -> None:
    chance = random.Random(7)
    texts = paragraphs(chance)
    figures: dict[str, dict[str, dict[str, float]]] = {}
    times: list[float] = []
    for share in ERRORS:
        found: dict[str, list[float]] = {
            name: [] for name in ("right", "right, no boxes", "three words altered", "another paragraph")
        }
        for number in range(PAGES):
            some = texts[number * PARAGRAPHS : (number + 1) * PARAGRAPHS]
            page = read_page(some, share, chance)
            regions = [
                Region("text", text, _thousandths(block.box)) for text, block in zip(some, page.blocks, strict=True)
            ]
            start = process_time()
            found["right"] += _supports(page, regions)
            times.append(process_time() - start)
            found["right, no boxes"] += _supports(page, [replace(region, box=None) for region in regions])
            for name, text in (
                ("three words altered", altered(some[ALTERED], texts, chance)),
                ("another paragraph", texts[-1 - number]),
            ):
                regions_ = [*regions]
                regions_[ALTERED] = replace(regions[ALTERED], text=text)
                found[name].append(_supports(page, regions_)[ALTERED])
        figures[f"{share:.0%}"] = {name: _spread(values) for name, values in found.items()}
    report = machine.facts() | {
        "characters_a_page": round(fmean(sum(map(len, texts[n : n + PARAGRAPHS])) for n in range(0, 300, PARAGRAPHS))),
        "cpu_ms_a_page": {"mean": round(1000 * fmean(times), 1), "most": round(1000 * max(times), 1)},
        "support_by_errors_of_ocr": figures,
    }
    RESULTS.write_text(json.dumps(report, indent=1) + "\n")
    print(json.dumps(report, indent=1))


def paragraphs(chance: random.Random) -> list[str]:
    """Of Python's documentation, in any order; without its markup."""
    parts = (part for topic in pydoc_data.topics.topics.values() for part in topic.split("\n\n"))
    plain = {" ".join(re.sub(r"[^\w\s.,;:'()-]", " ", part).split()) for part in parts}
    some = sorted(text for text in plain if 200 < len(text) < 600)
    chance.shuffle(some)
    return some


def read_page(texts: Sequence[str], share: float, chance: random.Random) -> PageResult:
    """As OCR reads it when it gets so many letters wrong."""
    return PageResult(0, WIDTH, HEIGHT, 200.0, "ocr", tuple(_blocks(texts, share, chance)))


def _blocks(texts: Sequence[str], share: float, chance: random.Random) -> Iterator[Block]:
    y = 60.0
    for text in texts:
        lines = []
        for row in textwrap.wrap(text, 100):
            read = "".join(chance.choice(LETTERS) if c.isalpha() and chance.random() < share else c for c in row)
            lines.append(_line(read, y))
            y += LINE
        y += LINE
        yield Block(tuple(lines))


def _line(text: str, y: float) -> Line:
    at = [(found.start(), found[0]) for found in re.finditer(r"\S+", text)]
    words = tuple(Word(word, Box(60 + 14 * x, y, 60 + 14 * (x + len(word)), y + 26), 0.95) for x, word in at)
    return Line(text, Box(60, y, 60 + 14 * len(text), y + 26), 0.95, words)


def altered(text: str, others: Sequence[str], chance: random.Random) -> str:
    words = text.split()
    for place in chance.sample(range(len(words)), 3):
        words[place] = chance.choice(chance.choice(others).split())
    return " ".join(words)


def _supports(page: PageResult, regions: Sequence[Region]) -> list[float]:
    answer = Answer(tuple(regions), tuple((0, 0) for _ in regions))
    checked = check(answer, Log(), page, lambda _: 0.1, "made up").page
    return [block.support or 0.0 for block in checked.blocks if block.source is Source.VLM]


def _thousandths(box: Box) -> Box:
    return box_of(box.x0 * 1000 / WIDTH, box.y0 * 1000 / HEIGHT, box.x1 * 1000 / WIDTH, box.y1 * 1000 / HEIGHT)


def _spread(values: Sequence[float]) -> dict[str, float]:
    return {"mean": round(fmean(values), 3), "least": round(min(values), 3), "most": round(max(values), 3)}


if __name__ == "__main__":
    main()
