"""How models are asked about a page, and how they answer: one file a dialect."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from ocrchat.vlm.answer import Answer, Region
from ocrchat.vlm.dialects.dots import Dots
from ocrchat.vlm.dialects.grounding import Grounding


class Dialect(Protocol):
    """`longest_edge` is how many pixels the model sees of a picture at most; its sides are multiples of `multiple`.

    `has_open_end`: nothing tells that the last region is whole, where an answer breaks off.
    """

    @property
    def name(self) -> str: ...

    @property
    def longest_edge(self) -> int: ...

    @property
    def multiple(self) -> int: ...

    @property
    def top_p(self) -> float: ...

    @property
    def has_open_end(self) -> bool: ...

    def content(self, picture_url: str) -> list[dict[str, Any]]:
        """The one message of the user: the picture, and what is asked."""
        ...

    def parse(self, text: str, size: tuple[int, int]) -> Answer:
        """What the model wrote about a picture of `size` (width, height), as far as it can be understood; never raises.

        An answer that breaks off yields the regions up to there. Without regions it yields none: see `answer.paragraphs`.
        """
        ...

    def render(self, regions: Sequence[Region], size: tuple[int, int]) -> str:
        """What a model would have written: the way back, but for what rounds away of a box."""
        ...


DIALECTS: dict[str, Dialect] = {dialect.name: dialect for dialect in (Grounding(), Dots())}
