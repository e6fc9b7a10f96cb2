"""Where the words of a model stand: its text aligned with the lines that OCR has seen in the same place.

Compared are letters and digits only, in their simplest form: how a model writes dashes, accents composed or not, Markdown or
LaTeX commands says nothing about whether it has read what is there.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from rapidfuzz.distance import Levenshtein

from ocrchat.model import Box, Line, Word
from ocrchat.writing import is_ideograph

LEAST_RUN = 3
"""Letters in a row that must be the same: less is chance. Of ideographs one is enough of a word."""

_COMMAND = re.compile(r"\\[A-Za-z]+")
"""Of LaTeX."""

_PASSES = 2
"""What is left over of both is aligned once more: cells and columns need not come in the same order."""


def letters(text: str) -> tuple[str, list[int]]:
    """What of `text` is compared, and the index in `text` that each letter comes from."""
    bare = _COMMAND.sub(lambda found: " " * len(found[0]), text)
    some = [
        (letter, index)
        for index, character in enumerate(bare)
        for letter in unicodedata.normalize("NFKC", character).casefold()
        if letter.isalnum()
    ]
    return "".join(letter for letter, _ in some), [index for _, index in some]


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """A line of OCR with its letters. `free` are those that no text of the model has been matched with yet."""

    line: Line
    letters: str
    at: list[int]
    free: list[bool]

    @classmethod
    def of(cls, line: Line) -> Seen:
        found, at = letters(line.text)
        return cls(line, found, at, [True] * len(found))

    @property
    def matched(self) -> float:
        """Share of its letters that have been matched."""
        return 1 - sum(self.free) / len(self.free) if self.free else 1.0


@dataclass(frozen=True, slots=True)
class Match:
    """A letter of the model's text, and which letter of which line it is."""

    line: int
    letter: int


def align(text: str, lines: Sequence[Seen]) -> dict[int, Match]:
    """Index in the letters of `text` -> what it was matched with; takes from `lines` what it matches."""
    mine, _ = letters(text)
    matches: dict[int, Match] = {}
    for _ in range(_PASSES):
        left = [index for index in range(len(mine)) if index not in matches]
        theirs = [Match(n, m) for n, seen in enumerate(lines) for m in range(len(seen.letters)) if seen.free[m]]
        if not left or not theirs:
            break
        found = _equal_runs(
            "".join(mine[index] for index in left), "".join(lines[m.line].letters[m.letter] for m in theirs)
        )
        for a, b in found:
            matches[left[a]] = theirs[b]
            lines[theirs[b].line].free[theirs[b].letter] = False
        if not found:
            break
    return matches


def _equal_runs(one: str, other: str) -> list[tuple[int, int]]:
    pairs: list[tuple[int, int]] = []
    for step in Levenshtein.opcodes(one, other):
        length = step.src_end - step.src_start
        if step.tag == "equal" and (length >= min(LEAST_RUN, len(one)) or is_ideograph(one[step.src_start])):
            pairs += zip(range(step.src_start, step.src_end), range(step.dest_start, step.dest_end), strict=True)
    return pairs


@dataclass(frozen=True, slots=True)
class Token:
    """A word of the model's text, in a script without spaces a character; `start` is its index in the text."""

    text: str
    start: int
    has_space: bool
    """Whether there is white in front of it."""

    @property
    def end(self) -> int:
        return self.start + len(self.text)


def tokens(text: str) -> Iterator[Token]:
    for word in re.finditer(r"\S+", text):
        start = word.start()
        part = ""
        for index, character in enumerate(word[0]):
            if is_ideograph(character):
                if part:
                    yield Token(part, start, start == word.start())
                yield Token(character, word.start() + index, index == 0)
                part, start = "", word.start() + index + 1
            else:
                part += character
        if part:
            yield Token(part, start, start == word.start())


def lines_of(text: str, lines: Sequence[Seen], matches: dict[int, Match], area: Box) -> tuple[Line, ...]:
    """`text` as lines: where OCR has seen lines, those with the model's words; else its own, spread over `area`.

    The confidence of a line is that of OCR times the share of its letters on which both agree.
    """
    words = list(tokens(text))
    if not words:
        return ()
    _, at = letters(text)
    owners = [_owner(token, at, matches) for token in words]
    if all(owner is None for owner in owners):
        return _spread(text, [seen.line.box for seen in lines], area)
    filled = _filled(owners)
    return tuple(
        _line(
            [token for token, owner in zip(words, filled, strict=True) if owner == number], at, lines, number, matches
        )
        for number in dict.fromkeys(filled)
    )


def box_of(start: int, end: int, at: Sequence[int], lines: Sequence[Seen], matches: dict[int, Match]) -> Box | None:
    """Where OCR has seen the part of a text between two places; None where it has not. `at` as from `letters`."""
    boxes = [_box(matches[index], lines) for index in _within(start, end, at) if index in matches]
    known = [box for box in boxes if box]
    return Box.around(known) if known else None


def exact(text: str, lines: Sequence[Seen]) -> tuple[Line, ...] | None:
    """The lines, if `text` is line by line what OCR has read there, and takes them; None, and takes nothing, if it is not."""
    found: list[Seen] = []
    for row in filter(None, map(str.strip, text.splitlines())):
        same = (s for s in lines if s not in found and _same(row, s.line.text) and (all(s.free) or not s.free))
        if (seen := next(same, None)) is None:
            return None
        found.append(seen)
    for seen in found:
        seen.free[:] = [False] * len(seen.free)
    return tuple(seen.line for seen in found)


def _owner(token: Token, at: Sequence[int], matches: dict[int, Match]) -> int | None:
    """The line that most letters of a word were matched with."""
    votes = Counter(matches[index].line for index in _within(token.start, token.end, at) if index in matches)
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


def _box(match: Match, lines: Sequence[Seen]) -> Box | None:
    """Of the word of OCR that the letter is in."""
    seen = lines[match.line]
    position, start = seen.at[match.letter], 0
    for word in seen.line.words:
        start = max(seen.line.text.find(word.text, start), start)
        if start <= position < start + len(word.text):
            return word.box
        start += len(word.text)
    return None


def _line(
    some: Sequence[Token], at: Sequence[int], lines: Sequence[Seen], number: int, matches: dict[int, Match]
) -> Line:
    """Of the words that stand in the line `number` of OCR."""
    seen = lines[number].line
    text = "".join((" " if token.has_space else "") + token.text for token in some).strip()
    indexes = [index for token in some for index in _within(token.start, token.end, at)]
    agreement = sum(index in matches for index in indexes) / max(len(indexes), 1)
    confidence = round(seen.confidence * agreement, 4)
    if _same(text, seen.text):
        return replace(seen, text=text, confidence=confidence)
    words, position = [], 0
    for token in some:
        position += token.has_space and position > 0
        end = position + len(token.text)
        box = box_of(token.start, token.end, at, lines, matches) or _share(seen.box, position, end, len(text))
        words.append(Word(token.text, box, confidence))
        position = end
    return Line(text, seen.box, confidence, tuple(words))


def _same(text: str, other: str) -> bool:
    return text.split() == other.split()


def _share(box: Box, start: int, end: int, length: int) -> Box:
    width = box.width / max(length, 1)
    return Box(box.x0 + start * width, box.y0, box.x0 + end * width, box.y1)


def _spread(text: str, places: Sequence[Box], area: Box) -> tuple[Line, ...]:
    """Nothing to go by: its own lines from top to bottom, in the places of lines if there are as many, else evenly."""
    rows = [row.strip() for row in text.splitlines() if row.strip()]
    if len(places) != len(rows):
        height = area.height / len(rows)
        places = [Box(area.x0, area.y0 + n * height, area.x1, area.y0 + (n + 1) * height) for n in range(len(rows))]
    return tuple(Line(row, place, 0.0, _words(row, place)) for row, place in zip(rows, places, strict=True))


def _words(row: str, place: Box) -> tuple[Word, ...]:
    return tuple(
        Word(token.text, _share(place, token.start, token.start + len(token.text), len(row)), 0.0)
        for token in tokens(row)
    )


def with_confidence(lines: Iterable[Line], confidence: float) -> tuple[Line, ...]:
    return tuple(
        replace(
            line,
            confidence=confidence,
            words=tuple(replace(word, confidence=confidence) for word in line.words),
        )
        for line in lines
    )
