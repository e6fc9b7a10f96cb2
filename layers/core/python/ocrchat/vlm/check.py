"""How far a model is to be believed: its answer beside what OCR has read on the same page.

The confidence of a text is earned: the share of it that OCR has read too, times OCR's own confidence there. Where OCR is weak
(handwriting, formulas) or has seen nothing although there is ink, the model's own probabilities take its place. What only the
model has seen is flagged (`support`), what only OCR has seen is added. Thresholds are those of the design (docs/adr/0018).
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, islice

from ocrchat.model import (
    Block,
    BlockType,
    Box,
    ConfidenceSource,
    Line,
    PageResult,
    Source,
    Table,
    mean_confidence,
)
from ocrchat.vlm import blocks, merging, place
from ocrchat.vlm.answer import MOST_REGIONS, WHOLE, Answer
from ocrchat.vlm.claims import Claim, Places, match
from ocrchat.vlm.pool import Pool

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
MISSED_CONFIDENCE = 0.85
"""Of a line that OCR has seen, and the model has not, from which on it is added."""
FEWEST_LETTERS = 4
"""Of a text or a line that only one of both has read: fewer are soon misread."""
OWN_WORD = 0.9
"""What a model's own probability is worth."""
PAD = 10.0
"""Thousandths of the page around a region: models place their boxes roughly."""
INK = 0.002
"""Share of pixels that are not paper from which on something stands in a place."""
FEW_LETTERS = 20
"""A page on which OCR has read no more than that proves nothing against an answer."""

MISSED_TEXT = "vlm_missed_text"
UNSUPPORTED_TEXT = "vlm_unsupported_text"
UNVERIFIED_TEXT = "vlm_unverified_text"
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
        return cls(list(accumulate(len(text) for text, _ in tokens)), [value for _, value in tokens])

    def probability(self, start: int, end: int) -> float | None:
        """Geometric mean over the tokens between two places."""
        some = self.values[bisect_left(self.ends, start + 1) : bisect_left(self.ends, end) + 1]
        return math.exp(sum(some) / len(some)) if some else None


def check(answer: Answer, log: Log, seen: PageResult, ink: Callable[[Box], float], engine: str) -> Checked:
    """`seen` is the page as the cpu tier has read it, `ink` the share of pixels in a place (pixels of the page) that are not
    paper; `engine` becomes the page's."""
    pool = Pool(seen.lines)
    claims = list(islice(_claims(answer, log, seen), MOST_REGIONS))
    match(claims, pool)
    made = [_block(claim, seen, pool, ink) for claim in claims]
    owners = {line: number for number, claim in enumerate(claims) for line in claim.held(pool)}
    unsaid = _unsaid(claims, pool)
    formulas = _leftover(BlockType.FORMULA, claims, pool, owners)
    flaws = _flaws(claims, made, pool, unsaid.difference(*formulas.values()), formulas)
    labels = _leftover(BlockType.FIGURE, claims, pool, owners)
    for number, lines in labels.items():
        made[number] = replace(made[number], lines=tuple(pool.lines[line] for line in lines))
    missed = {line for line in unsaid.difference(*formulas.values(), *labels.values()) if _is_worth_adding(line, pool)}
    pairs = list(zip(claims, made, strict=True))
    warnings = {
        MISSED_TEXT: bool(missed),
        UNSUPPORTED_TEXT: any(_is_unsupported(*pair, pool) for pair in pairs),
        UNVERIFIED_TEXT: any(block.support is None and len(claim.said) >= FEWEST_LETTERS for claim, block in pairs),
        CHART_VALUES: any(region.label == blocks.CHART for region in answer.regions),
    }
    page = replace(
        seen,
        engine=engine,
        blocks=merging.merged(made, owners, missed, seen),
        warnings=tuple(name for name, holds in warnings.items() if holds),
    )
    return Checked(page, flaws)


def pixels(box: Box, page: PageResult, pad: float = 0.0) -> Box:
    """A box in thousandths of the page, and so many of them around it, as pixels."""
    x, y = page.width / WHOLE, page.height / WHOLE
    return Box((box.x0 - pad) * x, (box.y0 - pad) * y, (box.x1 + pad) * x, (box.y1 + pad) * y)


def _claims(answer: Answer, log: Log, seen: PageResult) -> Iterator[Claim]:
    places = Places(seen.lines)
    everywhere = range(len(seen.lines))
    for region, span in zip(answer.regions, answer.spans, strict=True):
        box = pixels(region.box, seen) if region.box else None
        inside = places.inside(box) if box else everywhere
        near = places.inside(pixels(region.box, seen, PAD)) if region.box else everywhere
        own_word = log.probability(*span)
        for part in blocks.parts(region):
            yield Claim(part, box, own_word, inside, near)


def _block(claim: Claim, seen: PageResult, pool: Pool, ink: Callable[[Box], float]) -> Block:
    """The text where OCR has seen it, with the confidence that it has earned."""
    part = claim.part
    area = claim.box or Box(0, 0, seen.width, seen.height)
    cover = claim.box if part.type in (BlockType.TABLE, BlockType.FIGURE) else None
    block = Block((), part.type, part.level, _with_boxes(claim, pool), cover)
    if part.type is BlockType.FIGURE:
        return block
    own_word = None if claim.own_word is None else round(OWN_WORD * claim.own_word, 4)
    witness = claim.witness(pool)
    lines = _lines(claim, area, witness, pool)
    if witness is None and ink(area) < INK:
        return replace(block, lines=lines, source=Source.VLM, support=0.0, confidence_source=ConfidenceSource.AGREEMENT)
    is_alone = claim.support is None or witness is None
    if is_alone or (witness is not None and witness < LEGIBLE and own_word is not None):
        return replace(
            block,
            lines=place.with_confidence(lines, own_word or 0.0),
            source=Source.VLM,
            support=None if is_alone else claim.support,
            confidence_source=ConfidenceSource.LOGPROB,
        )
    return replace(
        block, lines=lines, source=Source.VLM, support=claim.support, confidence_source=ConfidenceSource.AGREEMENT
    )


def _lines(claim: Claim, area: Box, witness: float | None, pool: Pool) -> tuple[Line, ...]:
    if claim.exact is not None:
        return tuple(pool.lines[line] for line in claim.exact)
    text, support = claim.part.text, claim.support or 0.0
    if claim.part.type is BlockType.FORMULA:
        return (Line(text, area, 0.0),)
    if support >= SUPPORTED:
        return place.lines_of(text, claim.at, pool, claim.matches)
    boxes = [pool.lines[line].box for line in sorted(claim.inside)]
    return place.with_confidence(place.spread(text, boxes, area), round(support * (witness or 0.0), 4))


def _with_boxes(claim: Claim, pool: Pool) -> Table | None:
    """The table, its cells where OCR has seen their words."""
    table = claim.part.table
    if table is None:
        return None
    boxes = [place.box_of(start, end, claim.at, pool, claim.matches) for start, end in claim.part.places]
    by_row = [cell for row in table.by_row for cell in row]
    return replace(table, cells=tuple(replace(cell, box=box) for cell, box in zip(by_row, boxes, strict=True)))


def _unsaid(claims: Sequence[Claim], pool: Pool) -> set[int]:
    """The lines that are in no text of the answer. One that was not matched may still be: in another order, or too short. But
    what was said once cannot be two lines."""
    everything = "\n".join(claim.said for claim in claims)
    lines = range(len(pool.lines))
    unmatched = {line for line in lines if pool.matched(line) < SUPPORTED}
    found = Counter(pool.letters_of(line) for line in lines if line not in unmatched)
    return {
        line
        for line in unmatched
        if everything.count(letters := pool.letters_of(line)) <= found[letters] or not letters
    }


def _leftover(type_: BlockType, claims: Sequence[Claim], pool: Pool, owners: dict[int, int]) -> dict[int, list[int]]:
    """What no text of the answer holds and stands in a formula (OCR has read it wrongly) or a figure (its labels): the lines,
    by the number of the claim, which becomes their owner. What is longer than a formula is none."""
    found = {}
    for number, claim in enumerate(claims):
        if claim.part.type is not type_ or claim.box is None:
            continue
        lines = [line for line in sorted(claim.inside) if pool.matched(line) < SUPPORTED]
        if type_ is BlockType.FORMULA and sum(map(pool.size, lines)) > len(claim.part.text):
            continue
        found[number] = lines
        owners |= dict.fromkeys(lines, number)
        for line in lines:
            pool.take(line)
    return found


def _flaws(
    claims: Sequence[Claim], made: Sequence[Block], pool: Pool, unsaid: set[int], formulas: dict[int, list[int]]
) -> tuple[str, ...]:
    """Labels of figures count as left out: of a page that is one figure, a model has said nothing."""
    read = len(pool.letters) - sum(pool.size(line) for lines in formulas.values() for line in lines)
    left_out = sum(map(pool.size, unsaid))
    said = sum(len(claim.said) for claim in claims)
    unsupported = sum(
        len(claim.said) * (1 - (block.support or 0.0))
        for claim, block in zip(claims, made, strict=True)
        if block.confidence_source is ConfidenceSource.AGREEMENT
    )
    confidence = mean_confidence(pool.lines) or 0.0
    found = {
        "unplaced": bool(claims) and not any(claim.box for claim in claims),
        "incomplete": read > FEW_LETTERS and confidence >= LEGIBLE and read - left_out < LEAST_RECALL * read,
        "unsupported": (confidence >= PRINTED or not pool.letters) and unsupported > MOST_UNSUPPORTED * said,
    }
    return tuple(name for name, holds in found.items() if holds)


def _is_worth_adding(line: int, pool: Pool) -> bool:
    return pool.lines[line].confidence >= MISSED_CONFIDENCE and pool.size(line) >= FEWEST_LETTERS


def _is_unsupported(claim: Claim, block: Block, pool: Pool) -> bool:
    """Where OCR is weak it is no witness against a text either."""
    witness = claim.witness(pool)
    return (
        block.confidence_source is ConfidenceSource.AGREEMENT
        and (block.support or 0.0) < SUPPORTED
        and len(claim.said or claim.part.text) >= FEWEST_LETTERS
        and (witness is None or witness >= LEGIBLE)
    )
