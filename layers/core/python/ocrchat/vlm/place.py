"""Where the words of a model stand: in the lines of OCR that they were matched with, else spread over their region."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import groupby

from ocrchat.model import Box, Line, Word
from ocrchat.vlm.letters import Token, tokens
from ocrchat.vlm.pool import Pool


def lines_of(text: str, at: Sequence[int], pool: Pool, matches: dict[int, int]) -> tuple[Line, ...]:
    """`text` as lines, in its own order: a new one wherever its words go on in another line of OCR.

    `at` are the places in it of its letters, `matches` which of these stand where in the pool: at least one does. The
    confidence of a line, and of a word, is that of OCR times the share of its letters on which both agree.
    """
    words = list(tokens(text))
    owners = _filled([_owner(word, at, pool, matches) for word in words])
    runs = groupby(zip(words, owners, strict=True), lambda pair: pair[1])
    return tuple(_line([word for word, _ in run], at, pool, line, matches) for line, run in runs)


def box_of(start: int, end: int, at: Sequence[int], pool: Pool, matches: dict[int, int]) -> Box | None:
    """Where OCR has seen the part of a text between two places; None where it has not."""
    boxes = [pool.box(matches[index]) for index in _within(start, end, at) if index in matches]
    known = [box for box in boxes if box]
    return Box.around(known) if known else None


def spread(text: str, places: Sequence[Box], area: Box) -> tuple[Line, ...]:
    """Nothing to go by: its own rows from top to bottom, in these places if there are as many, else evenly; confidence 0."""
    rows = [row.strip() for row in text.splitlines() if row.strip()]
    if len(places) != len(rows):
        height = area.height / max(len(rows), 1)
        places = [Box(area.x0, area.y0 + n * height, area.x1, area.y0 + (n + 1) * height) for n in range(len(rows))]
    return tuple(Line(row, place, 0.0, _words(row, place)) for row, place in zip(rows, places, strict=True))


def with_confidence(lines: Iterable[Line], confidence: float) -> tuple[Line, ...]:
    return tuple(
        replace(
            line,
            confidence=confidence,
            words=tuple(replace(word, confidence=confidence) for word in line.words),
        )
        for line in lines
    )


def _owner(word: Token, at: Sequence[int], pool: Pool, matches: dict[int, int]) -> int | None:
    """The line that most letters of a word were matched with."""
    votes = Counter(pool.line_of(matches[n]) for n in _within(word.start, word.end, at) if n in matches)
    return votes.most_common(1)[0][0] if votes else None


def _within(start: int, end: int, at: Sequence[int]) -> range:
    """Indexes of the letters between two places of the text."""
    return range(bisect_left(at, start), bisect_left(at, end))


def _filled(owners: Sequence[int | None]) -> list[int]:
    """A word that was not matched stands where the one before it does, or the first that follows."""
    known = next(owner for owner in owners if owner is not None)
    filled = []
    for owner in owners:
        known = known if owner is None else owner
        filled.append(known)
    return filled


def _line(some: Sequence[Token], at: Sequence[int], pool: Pool, number: int, matches: dict[int, int]) -> Line:
    """Of words that stand next to each other in the line `number` of OCR. Where others have the rest of it, its box is theirs
    alone: OCR may read two columns as one line."""
    seen = pool.lines[number]
    text = "".join((" " if word.has_space else "") + word.text for word in some).strip()
    if text.split() == seen.text.split():
        return replace(seen, text=text)
    agreed, size = _agreed(some, at, matches)
    confidence = round(seen.confidence * agreed / max(size, 1), 4)
    known = [box_of(word.start, word.end, at, pool, matches) for word in some]
    found = [box for box in known if box]
    box = Box.around(found) if found and agreed < pool.taken(number) else seen.box
    words, position = [], 0
    for word, word_box in zip(some, known, strict=True):
        position += word.has_space and position > 0
        end = position + len(word.text)
        its_agreed, its_size = _agreed([word], at, matches)
        its_confidence = round(seen.confidence * its_agreed / its_size, 4) if its_size else confidence
        words.append(Word(word.text, word_box or _share(box, position, end, len(text)), its_confidence))
        position = end
    return Line(text, box, confidence, tuple(words))


def _agreed(some: Sequence[Token], at: Sequence[int], matches: dict[int, int]) -> tuple[int, int]:
    """How many of their letters were matched, and how many they have."""
    indexes = [index for word in some for index in _within(word.start, word.end, at)]
    return sum(index in matches for index in indexes), len(indexes)


def _share(box: Box, start: int, end: int, length: int) -> Box:
    width = box.width / max(length, 1)
    return Box(box.x0 + start * width, box.y0, box.x0 + end * width, box.y1)


def _words(row: str, place: Box) -> tuple[Word, ...]:
    return tuple(Word(word.text, _share(place, word.start, word.end, len(row)), 0.0) for word in tokens(row))
