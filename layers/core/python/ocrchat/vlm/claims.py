"""The texts of an answer, each matched with what OCR has read on the page."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from ocrchat.model import BlockType, Box, Line, mean_confidence
from ocrchat.vlm.blocks import Part
from ocrchat.vlm.letters import letters
from ocrchat.vlm.pool import LONG_RUN, Pool


@dataclass(slots=True)
class Claim:
    """A part of the answer; `box` is where the model says that it stands (pixels), and None where it does not say.

    `inside` are the lines of OCR there, `near` those a little further around too. What it was matched with: `exact`, the lines
    that it consists of, or `matches`, from its letters (`said`, at the places `at` in its text) to those of the pool.
    """

    part: Part
    box: Box | None
    own_word: float | None
    inside: Collection[int]
    near: Collection[int]
    said: str = ""
    at: Sequence[int] = ()
    exact: tuple[int, ...] | None = None
    matches: dict[int, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.is_compared:
            self.said, self.at = letters(self.part.text)

    @property
    def is_compared(self) -> bool:
        """OCR reads formulas wrongly, and what a model says of a picture does not stand there: it is no witness to these."""
        return self.part.type not in (BlockType.FORMULA, BlockType.FIGURE)

    @property
    def support(self) -> float | None:
        """Share of its letters that OCR has read too; None where it has none."""
        if self.exact is not None:
            return 1.0
        return round(len(self.matches) / len(self.said), 4) if self.said else None

    def witness(self, pool: Pool) -> float | None:
        """How sure OCR is of what it has read there; None where it has read nothing."""
        return mean_confidence(pool.lines[line] for line in {*self.inside, *self.held(pool)})

    def held(self, pool: Pool) -> list[int]:
        """The lines of OCR that it holds some of."""
        if self.exact is not None:
            return list(self.exact)
        return sorted({pool.line_of(place) for place in self.matches.values()})


def match(claims: Sequence[Claim], pool: Pool) -> None:
    """First what stands line by line in the place that the model names, then what is like it there, then the rest anywhere:
    so a text in its right place never loses its letters to one that is misplaced, or said twice."""
    compared = [claim for claim in claims if claim.is_compared]
    for claim in compared:
        claim.exact = pool.exact(claim.part.text, claim.near) if claim.part.table is None else None
    open_ = [claim for claim in compared if claim.exact is None and claim.said]
    for claim in open_:
        pool.match(claim.said, claim.near, sum(map(pool.size, claim.near)), claim.matches)
    for claim in open_:
        for start, end in _wholes(claim):
            pool.match_whole(claim.said, start, end, claim.near, claim.matches)
    everywhere = range(len(pool.lines))
    for claim in open_:
        if not claim.matches and claim.part.table is None:
            claim.exact = pool.exact(claim.part.text, everywhere)
        if claim.exact is None and len(claim.said) - len(claim.matches) >= LONG_RUN // 2:
            pool.match(claim.said, everywhere, len(pool.letters), claim.matches)


def _wholes(claim: Claim) -> list[tuple[int, int]]:
    """What is short, and still found if it stands there as a word: the whole text, the cells of a table. In letters."""
    places = claim.part.places or ((0, len(claim.part.text)),)
    return [(bisect_left(claim.at, start), bisect_left(claim.at, end)) for start, end in places]


class Places:
    """Which lines lie in a place: those whose middle does."""

    def __init__(self, lines: Sequence[Line]) -> None:
        middles = (
            ((n, (line.box.x0 + line.box.x1) / 2, (line.box.y0 + line.box.y1) / 2)) for n, line in enumerate(lines)
        )
        self._by_height = sorted(middles, key=lambda middle: middle[2])
        self._heights = [y for _, _, y in self._by_height]

    def inside(self, area: Box) -> frozenset[int]:
        first, end = bisect_left(self._heights, area.y0), bisect_right(self._heights, area.y1)
        return frozenset(line for line, x, _ in self._by_height[first:end] if area.x0 <= x <= area.x1)
