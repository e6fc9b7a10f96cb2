"""How far a model is to be believed: its answer beside what OCR has read on the same page.

The confidence of a text is earned: the share of it that OCR has read too, times OCR's own confidence there. Where OCR is weak
(handwriting, formulas) or has seen nothing although there is ink, the model's own probabilities take its place. What only the
model has seen is flagged (`support`), what only OCR has seen is added. Thresholds are those of the design (docs/adr/0018).
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from itertools import accumulate, groupby

from rapidfuzz import fuzz

from ocrchat.model import (
    Block,
    BlockType,
    Box,
    Cell,
    ConfidenceSource,
    Line,
    PageResult,
    Source,
    Table,
    mean_confidence,
)
from ocrchat.vlm import blocks, place
from ocrchat.vlm.answer import WHOLE, Answer, Region
from ocrchat.vlm.blocks import Part
from ocrchat.vlm.place import Match, Seen

LEGIBLE = 0.75
"""Mean confidence of OCR from which on it can bear witness."""
PRINTED = 0.9
"""The same, of a page on which it would have seen what is there."""
SUPPORTED = 0.5
"""Less support than that, and the text may be invented."""
MOST_UNSUPPORTED = 0.3
"""Share of a page's letters without support from which on the answer is not used."""
LEAST_RECALL = 0.5
"""Share of what OCR has read that must be in the answer."""
MISSED_CONFIDENCE, MISSED_LETTERS = 0.85, 4
"""Of a line that OCR has seen, and the model has not, from which on it is added."""
SAME_SCORE = 85
"""Of 100, for how alike two texts are, from which on a line stands somewhere in the answer."""
OWN_WORD = 0.9
"""What a model's own probability is worth."""
PAD = 10.0
"""Thousandths of the page around a region: models place their boxes roughly."""
INK = 0.002
"""Share of pixels that are not paper from which on something stands in a place."""
FEW_LETTERS = 20

MISSED_TEXT = "vlm_missed_text"
UNSUPPORTED_TEXT = "vlm_unsupported_text"
CHART_VALUES = "chart_values_estimated"


@dataclass(frozen=True, slots=True)
class Checked:
    """The page as the model has read it, and what speaks against using it: `unplaced`, `incomplete`, `unsupported`."""

    page: PageResult
    flaws: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Log:
    """The model's log probabilities: `ends` says where in its text each token ends. Empty where a server does not say them."""

    ends: Sequence[int] = ()
    values: Sequence[float] = ()

    @classmethod
    def of(cls, tokens: Sequence[tuple[str, float]]) -> Log:
        return cls(list(accumulate(len(text) for text, _ in tokens)), [min(value, 0.0) for _, value in tokens])

    def probability(self, start: int, end: int) -> float | None:
        """Geometric mean over the tokens between two places."""
        some = self.values[bisect_left(self.ends, start + 1) : bisect_left(self.ends, end) + 1]
        return math.exp(sum(some) / len(some)) if some else None


def check(answer: Answer, log: Log, seen: PageResult, ink: Callable[[Box], float], engine: str) -> Checked:
    """`seen` is the page as the cpu tier has read it, `ink` the share of pixels in a place (pixels of the page) that are not
    paper; `engine` becomes the page's."""
    work = _Work(seen, ink)
    for region, span in zip(answer.regions, answer.spans, strict=True):
        own_word = log.probability(*span)
        for part in blocks.parts(region):
            work.add(part, region, own_word)
    work.fill_figures()
    flaws = work.flaws(has_places=any(region.box for region in answer.regions))
    warnings = work.warnings(has_chart=any(region.label == blocks.CHART for region in answer.regions))
    page = replace(seen, engine=engine, blocks=tuple(work.with_missed()), warnings=warnings)
    return Checked(page, flaws)


def restored(answer: Answer, seen: PageResult) -> PageResult:
    """`seen` as it is after its way through a dialect and back: nobody's word against its own."""
    work = _Work(seen, lambda _: 1.0, Source.OCR)
    for region in answer.regions:
        for part in blocks.parts(region):
            work.add(part, region, None)
    work.fill_figures()
    return replace(seen, blocks=tuple(work.with_missed()))


@dataclass(slots=True)
class _Work:
    """The blocks so far, and the lines of OCR with what is left of them."""

    seen: PageResult
    ink: Callable[[Box], float]
    source: Source = Source.VLM
    pool: list[Seen] = field(init=False)
    made: list[Block] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    """Letters of each text."""
    owners: dict[int, int] = field(default_factory=dict)
    """Index of a line -> index of the last block that holds some of it."""

    def __post_init__(self) -> None:
        self.pool = [Seen.of(line) for line in self.seen.lines]

    def add(self, part: Part, region: Region, own_word: float | None) -> None:
        area = self._area(region)
        inside = [index for index, seen in enumerate(self.pool) if area is None or _is_in(seen.line.box, area)]
        if part.type is BlockType.FIGURE:
            self.made.append(Block((), part.type, area=self._exactly(region)))
        elif part.type is BlockType.FORMULA and self.source is Source.VLM:
            self._add_formula(part, region, inside, own_word)
        else:
            self._add_text(part, region, inside, own_word)

    def _add_formula(self, part: Part, region: Region, inside: list[int], own_word: float | None) -> None:
        """OCR reads formulas wrongly, so it is no witness, and what it has read there is none of what was missed."""
        box = self._exactly(region) or self._page
        for index in inside:
            self.pool[index].free[:] = [False] * len(self.pool[index].free)
        confidence = round(OWN_WORD * (own_word or 0.0), 4)
        lines = place.with_confidence((Line(part.text, box),), confidence)
        self.made.append(Block(lines, part.type, source=self.source, confidence_source=ConfidenceSource.LOGPROB))

    def _add_text(self, part: Part, region: Region, inside: list[int], own_word: float | None) -> None:
        lines = [self.pool[index] for index in inside]
        witness = mean_confidence(seen.line for seen in lines)
        box = self._exactly(region) or self._page
        said, _ = place.letters(part.text)
        table = part.table
        if table is None and (found := place.exact(part.text, lines)) is not None:
            texts, support = found, 1.0
            held = [index for index in inside if any(self.pool[index].line is line for line in found)]
        else:
            matches = place.align(part.text, lines)
            texts = place.lines_of(part.text, lines, matches, box)
            support = round(len(matches) / len(said), 4) if said else 1.0
            held = sorted({inside[match.line] for match in matches.values()})
            table = _with_boxes(part, lines, matches)
        self.owners |= dict.fromkeys(held, len(self.made))
        self.said.append(said)
        block = Block(texts, part.type, part.level, table, self._cover(part, region), self.source)
        self.made.append(self._judged(block, witness, support, box, own_word))

    def _judged(self, block: Block, witness: float | None, support: float, box: Box, own_word: float | None) -> Block:
        if self.source is Source.OCR:
            return block
        own_confidence = round(OWN_WORD * own_word, 4) if own_word is not None else None
        is_alone = witness is None and self.ink(box) >= INK
        if is_alone or (witness is not None and witness < LEGIBLE and own_confidence is not None):
            return replace(
                block,
                lines=place.with_confidence(block.lines, own_confidence or 0.0),
                support=None if is_alone else support,
                confidence_source=ConfidenceSource.LOGPROB,
            )
        return replace(block, support=support, confidence_source=ConfidenceSource.AGREEMENT)

    def fill_figures(self) -> None:
        """What stands in a figure, and in no text of the answer, is its labels."""
        for number, block in enumerate(self.made):
            if block.type is not BlockType.FIGURE or block.area is None:
                continue
            labels = [
                index
                for index, seen in enumerate(self.pool)
                if index not in self.owners and seen.matched < SUPPORTED and _is_in(seen.line.box, block.area)
            ]
            self.owners |= dict.fromkeys(labels, number)
            for index in labels:
                self.pool[index].free[:] = [False] * len(self.pool[index].free)
            self.made[number] = replace(block, lines=tuple(self.pool[index].line for index in labels))

    def flaws(self, has_places: bool) -> tuple[str, ...]:
        read = sum(len(seen.letters) for seen in self.pool)
        confidence = self.confidence
        flaws = []
        if not has_places and read > FEW_LETTERS:
            flaws.append("unplaced")
        if confidence >= LEGIBLE and read > FEW_LETTERS and self._found() < LEAST_RECALL * read:
            flaws.append("incomplete")
        if (confidence >= PRINTED or not read) and self._unsupported_letters() > MOST_UNSUPPORTED * self._letters():
            flaws.append("unsupported")
        return tuple(flaws)

    def warnings(self, has_chart: bool) -> tuple[str, ...]:
        found = {
            MISSED_TEXT: bool(self._missed()),
            UNSUPPORTED_TEXT: any(map(_is_unsupported, self.made)),
            CHART_VALUES: has_chart,
        }
        return tuple(name for name, holds in found.items() if holds)

    def with_missed(self) -> list[Block]:
        """The blocks, and what OCR alone has seen behind what stands before it there."""
        missed = self._missed()
        after: dict[int, list[Block]] = {}
        first = 0
        for block in self.seen.blocks:
            indexes = range(first, first + len(block.lines))
            first += len(block.lines)
            for is_missed, run in groupby(indexes, missed.__contains__):
                if is_missed:
                    kept = list(run)
                    whole = len(kept) == len(block.lines)
                    lines = tuple(self.pool[index].line for index in kept)
                    nearest = max((i for i in self.owners if i < kept[0]), default=None)
                    position = -1 if nearest is None else self.owners[nearest]
                    added = block if whole else replace(block, lines=lines, table=None, area=None)
                    if not whole and block.type is BlockType.TABLE:
                        added = replace(added, type=BlockType.TEXT)
                    after.setdefault(position, []).append(added)
        ordered = [*after.get(-1, [])]
        for number, block in enumerate(self.made):
            if block.lines or block.area:
                ordered.append(block)
            ordered += after.get(number, [])
        return ordered

    @property
    def confidence(self) -> float:
        return mean_confidence(seen.line for seen in self.pool) or 0.0

    @property
    def _page(self) -> Box:
        return Box(0, 0, self.seen.width, self.seen.height)

    def _missed(self) -> set[int]:
        everything = "".join(self.said)
        if self.source is Source.OCR:
            return {i for i, seen in enumerate(self.pool) if i not in self.owners and seen.letters not in everything}
        return {
            index
            for index, seen in enumerate(self.pool)
            if index not in self.owners or seen.matched < SUPPORTED
            if seen.line.confidence >= MISSED_CONFIDENCE and len(seen.letters) >= MISSED_LETTERS
            if not _stands_in(seen, everything)
        }

    def _found(self) -> int:
        """Letters of OCR that are in the answer."""
        everything = "".join(self.said)
        return sum(
            len(seen.letters)
            for index, seen in enumerate(self.pool)
            if seen.matched >= SUPPORTED or _stands_in(seen, everything)
        )

    def _letters(self) -> int:
        return sum(map(len, self.said))

    def _unsupported_letters(self) -> int:
        return sum(len(place.letters(block.text)[0]) for block in self.made if _is_unsupported(block))

    def _area(self, region: Region) -> Box | None:
        if region.box is None:
            return None
        box = region.box
        return self._pixels(Box(box.x0 - PAD, box.y0 - PAD, box.x1 + PAD, box.y1 + PAD))

    def _exactly(self, region: Region) -> Box | None:
        return self._pixels(region.box) if region.box else None

    def _cover(self, part: Part, region: Region) -> Box | None:
        return self._exactly(region) if part.type in (BlockType.TABLE, BlockType.FIGURE) else None

    def _pixels(self, box: Box) -> Box:
        x, y = self.seen.width / WHOLE, self.seen.height / WHOLE
        return Box(box.x0 * x, box.y0 * y, box.x1 * x, box.y1 * y)


def _stands_in(seen: Seen, everything: str) -> bool:
    return bool(seen.letters) and fuzz.partial_ratio(seen.letters, everything, score_cutoff=SAME_SCORE) > 0


def _is_unsupported(block: Block) -> bool:
    return (
        block.source is Source.VLM
        and block.confidence_source is ConfidenceSource.AGREEMENT
        and block.support is not None
        and block.support < SUPPORTED
    )


def _is_in(box: Box, area: Box) -> bool:
    x, y = (box.x0 + box.x1) / 2, (box.y0 + box.y1) / 2
    return area.x0 <= x <= area.x1 and area.y0 <= y <= area.y1


def _with_boxes(part: Part, lines: Sequence[Seen], matches: dict[int, Match]) -> Table | None:
    """The table, its cells where OCR has seen their words."""
    if part.table is None:
        return None
    _, at = place.letters(part.text)
    boxes = [place.box_of(start, end, at, lines, matches) for start, end in part.places]
    by_row = [cell for row in part.table.by_row for cell in row]
    cells: list[Cell] = [replace(cell, box=box) for cell, box in zip(by_row, boxes, strict=True)]
    return replace(part.table, cells=tuple(cells))
