"""The translation of a page: its texts put to a translator, checked, and those that fail asked for once more."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from ocrchat.export.plain import legal
from ocrchat.model import Block, PageResult, Table
from ocrchat.translation import checks, cutting, units
from ocrchat.translation.model import BlockTranslation, PageTranslation, Problem, Status, Translator

_TRIES = 2

_ECHO = 5
"""Texts of a page, of which one at least must have changed: they are not all names."""

Judged = Mapping[str, tuple[Status, str]]


def translated(page: PageResult, source: str, target: str, translator: Translator, deadline: float) -> PageTranslation:
    """Raises what the translator does."""
    texts = units.of_page(page)
    wanted = list(dict.fromkeys(text for some in texts for text in some if checks.has_words(text)))
    found = _found(wanted, source, target, translator, deadline)
    if len(wanted) >= _ECHO and not any(status is Status.TRANSLATED for status, _ in found.values()):
        found = {}
    judged = {text: (Status.KEPT, text) for some in texts for text in some}
    judged |= {text: found.get(text, (Status.WITHHELD, "")) for text in wanted}
    blocks = tuple(_block(block, some, judged) for block, some in zip(page.blocks, texts, strict=True))
    return PageTranslation(page.index, source, blocks, translator.name if wanted else None)


def kept(page: PageResult, source: str) -> PageTranslation:
    """Of a page that is in the language already."""
    return PageTranslation(page.index, source, tuple(map(_kept, page.blocks)))


def without(page: PageResult, source: str | None, problem: Problem) -> PageTranslation:
    return PageTranslation(page.index, source, problem=problem)


def _found(
    wanted: Sequence[str], source: str, target: str, translator: Translator, deadline: float
) -> dict[str, tuple[Status, str]]:
    found: dict[str, tuple[Status, str]] = {}
    for _ in range(_TRIES):
        left = [text for text in wanted if text not in found]
        if not left:
            break
        for text, said in zip(left, _said(left, source, target, translator, deadline), strict=True):
            if said is not None and (status := checks.judge(text, said)):
                found[text] = (status, said)
    return found


def _said(texts: Sequence[str], source: str, target: str, translator: Translator, deadline: float) -> list[str | None]:
    """What comes back of each text, which is cut where it is too long."""
    parts = [cutting.cut(text, translator.most_bytes) for text in texts]
    answers = iter(translator.translate([part for some in parts for part in some], source, target, deadline))
    return [_whole(some, [next(answers) for _ in some]) for some in parts]


def _whole(parts: Sequence[str], answers: Sequence[str | None]) -> str | None:
    said = [legal(answer) for answer in answers if answer is not None]
    return cutting.joined(parts, said) if len(said) == len(parts) else None


def _block(block: Block, texts: Sequence[str], judged: Judged) -> BlockTranslation:
    statuses = {judged[text][0] for text in texts}
    if statuses <= {Status.KEPT}:
        return _kept(block)
    status = Status.WITHHELD if Status.WITHHELD in statuses else Status.TRANSLATED
    said = [judged[text][1] for text in texts]
    if block.table is None:
        return BlockTranslation(status, said[0])
    cells = tuple(replace(cell, text=text) for cell, text in zip(block.table.cells, said, strict=True))
    table = replace(block.table, cells=cells)
    return BlockTranslation(status, in_rows(table), table)


def _kept(block: Block) -> BlockTranslation:
    return BlockTranslation(Status.KEPT, block.text, block.table)


def in_rows(table: Table) -> str:
    """A line for each row, with a gap between two cells."""
    return "\n".join("  ".join(cell.text for cell in row if cell.text) for row in table.by_row)
