"""What OCR has read on a page, as one row of letters that texts of the model are matched with: each letter once.

A text is looked for by its rows (those that are lines of OCR); then it is aligned with the lines that it can consist of; what is
left of it by long runs of letters (`_Search`), since OCR may have read columns and cells in another order; and then by whole
words.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from functools import cached_property

from rapidfuzz.distance import Levenshtein, Opcode

from ocrchat.model import Box, Line
from ocrchat.vlm.letters import letters
from ocrchat.writing import is_ideograph

RUN, LONG_RUN = 6, 12
"""Letters in a row that both have, from which on it is the same text: in order, and in any. An ideograph counts for two."""
SHORT = 40
"""A text of fewer letters may have no long run: in a place that is not wide it need not."""
WIDE = 2
"""A place with more letters than so many times those of the text: it is not aligned with all of them."""
ALIKE = 0.25
"""Share of a line's runs, or of the text's, that the other has too, from which on the text may consist of the line."""
LEAST_RUN = 3
"""The same close to a run."""
SLACK = 8
"""Letters that are close."""
_FOUND = "\0"
"""In place of a letter that has been found before: no letter of OCR is this."""
_MOST_PLACES = 200
_MOST_LOOKS = 16
"""What stands on a page a thousand times need not be looked at a thousand times."""


class Pool:
    """The lines of OCR; which of their letters are `free`, since no text has been matched with them, it keeps itself."""

    def __init__(self, lines: Sequence[Line]) -> None:
        self.lines = lines
        self.starts = [0]
        """Of each line in the row of letters, and the end of the last."""
        self._at: list[int] = []
        """Index in its line of each letter."""
        parts = []
        for line in lines:
            found, at = letters(line.text)
            parts.append(found)
            self._at += at
            self.starts.append(self.starts[-1] + len(found))
        self.letters = "".join(parts)
        self.free = bytearray([1]) * len(self.letters)
        self._word_starts: dict[int, list[int]] = {}
        self._held: set[int] = set()
        """Lines that were taken whole: of those without letters there is no other sign."""

    def size(self, line: int) -> int:
        return self.starts[line + 1] - self.starts[line]

    def letters_of(self, line: int) -> str:
        return self.letters[self.starts[line] : self.starts[line + 1]]

    def line_of(self, place: int) -> int:
        return bisect_right(self.starts, place) - 1

    def matched(self, line: int) -> float:
        """Share of its letters that have been matched."""
        if not self.size(line):
            return float(line in self._held)
        return self.taken(line) / self.size(line)

    def taken(self, line: int) -> int:
        """How many of its letters have been matched."""
        return self.size(line) - sum(self.free[self.starts[line] : self.starts[line + 1]])

    def take(self, line: int) -> None:
        """All that is left of it."""
        self._held.add(line)
        self.free[self.starts[line] : self.starts[line + 1]] = bytes(self.size(line))

    def exact(self, text: str, allowed: Collection[int]) -> tuple[int, ...] | None:
        """The lines that `text` consists of, row by row, and takes them; None, and takes nothing, if it does not."""
        found: dict[int, None] = {}
        for row in text.splitlines():
            if not (words := tuple(row.split())):
                continue
            same = self._rows.get(words, [])
            while same and self._is_touched(same[0]):
                del same[0]
            free = (n for n in same if n in allowed and n not in found and not self._is_touched(n))
            line = next(free, None)
            if line is None:
                return None
            found[line] = None
        for line in found:
            self.take(line)
        return tuple(found)

    def match(self, said: str, allowed: Collection[int], room: int, known: dict[int, int]) -> None:
        """Looks for the letters `said` in the lines allowed, which have `room` letters, and takes those that it finds.

        `known` is where each letter of `said` that was found stands in the row of letters; it is added to.
        """
        is_wide = room > WIDE * len(said)
        left = "".join(_FOUND if index in known else letter for index, letter in enumerate(said))
        self._align(left, sorted(self._alike(left, allowed) if is_wide else allowed), known)
        _Search(self, said, allowed, known).run(LONG_RUN if is_wide or len(said) >= SHORT else RUN)

    def match_whole(self, said: str, start: int, end: int, allowed: Collection[int], known: dict[int, int]) -> None:
        """The same for a part of `said`, if it stands in a line as a word or as several."""
        size = end - start
        if size < 1 or any(index in known for index in range(start, end)):
            return
        places = self._words.get(said[start : start + min(size, LEAST_RUN)], [])
        while places and not self.free[places[0]]:
            del places[0]
        for place in places:
            line = self.line_of(place)
            if (
                self.letters.startswith(said[start:end], place)
                and place + size <= self.starts[line + 1]
                and line in allowed
                and all(self.free[place : place + size])
                and self._is_edge(place + size)
            ):
                self.note(start, place, size, known)
                return

    def note(self, index: int, place: int, size: int, known: dict[int, int]) -> None:
        known.update(zip(range(index, index + size), range(place, place + size), strict=True))
        self.free[place : place + size] = bytes(size)

    def box(self, place: int) -> Box | None:
        """Of the word that the letter is in."""
        line = self.line_of(place)
        starts = self._word_starts.get(line)
        if starts is None:
            starts = self._word_starts[line] = _word_starts(self.lines[line])
        number = bisect_right(starts, self._at[place]) - 1
        return self.lines[line].words[number].box if number >= 0 else None

    @cached_property
    def grams(self) -> dict[str, list[int]]:
        """Where the shortest runs begin that a search goes out from."""
        found: dict[str, list[int]] = {}
        for place in range(len(self.letters)):
            found.setdefault(gram(self.letters, place), []).append(place)
        return found

    @cached_property
    def _rows(self) -> dict[tuple[str, ...], list[int]]:
        found: dict[tuple[str, ...], list[int]] = {}
        for number, line in enumerate(self.lines):
            found.setdefault(tuple(line.text.split()), []).append(number)
        return found

    @cached_property
    def _words(self) -> dict[str, list[int]]:
        """Where words begin, by their first letters; as many as `match_whole` looks for."""
        found: dict[str, list[int]] = {}
        for place in range(len(self.letters)):
            if self._is_edge(place):
                for size in range(1, LEAST_RUN + 1):
                    found.setdefault(self.letters[place : place + size], []).append(place)
        return found

    def _alike(self, said: str, allowed: Collection[int]) -> list[int]:
        """The lines that the text may consist of, or may be a part of."""
        own = {gram(said, index) for index in range(len(said))}
        shared = Counter(self.line_of(place) for run in own for place in self.grams.get(run, ())[:_MOST_PLACES])
        return [
            line
            for line, count in shared.items()
            if line in allowed and count >= ALIKE * min(len(own), self.size(line))
        ]

    def _align(self, said: str, lines: Sequence[int], known: dict[int, int]) -> None:
        places = [
            place for line in lines for place in range(self.starts[line], self.starts[line + 1]) if self.free[place]
        ]
        for one, other, size in _common(said, "".join(self.letters[place] for place in places)):
            for n in range(size):
                self.note(one + n, places[other + n], 1, known)

    def _is_touched(self, line: int) -> bool:
        return line in self._held or not all(self.free[self.starts[line] : self.starts[line + 1]])

    def _is_edge(self, place: int) -> bool:
        """Whether a word begins or ends before this letter."""
        line = self.line_of(place)
        if place == len(self.letters) or place == self.starts[line]:
            return True
        between = self.lines[line].text[self._at[place - 1] : self._at[place] + 1]
        return any(character.isspace() or is_ideograph(character) for character in between)


class _Search:
    """One text in the lines allowed."""

    def __init__(self, pool: Pool, said: str, allowed: Collection[int], known: dict[int, int]) -> None:
        self._pool, self._said, self._allowed, self._known = pool, said, allowed, known

    def run(self, least: int) -> None:
        index, expected = 0, self._pool.starts[min(self._allowed, default=0)]
        while index < len(self._said):
            place, size = (0, 0) if index in self._known else self._longest(index, expected, least)
            if size:
                self._pool.note(index, place, size, self._known)
                expected = place + size
            index += max(size, 1)
        if self._known:
            self._fill()

    def _longest(self, index: int, expected: int, least: int) -> tuple[int, int]:
        """The longest run from `index` on, as (place, size), the next one behind `expected` if there are several."""
        places = self._pool.grams.get(gram(self._said, index), [])
        first = bisect_left(places, expected)
        found, longest = 0, 0
        for place in (*places[first : first + _MOST_LOOKS], *places[max(first - _MOST_LOOKS, 0) : first]):
            size = self._run_size(index, place)
            if size > longest:
                found, longest = place, size
        is_enough = _weight(self._said[index : index + longest]) >= least
        return (found, longest) if is_enough else (0, 0)

    def _run_size(self, index: int, place: int) -> int:
        size = 0
        while index + size < len(self._said) and self._is_open(index + size, place + size):
            size += 1
        return size

    def _is_open(self, index: int, place: int) -> bool:
        pool = self._pool
        return (
            place < len(pool.letters)
            and pool.letters[place] == self._said[index]
            and bool(pool.free[place])
            and index not in self._known
            and pool.line_of(place) in self._allowed
        )

    def _fill(self) -> None:
        """Between two runs, and beside one, shorter ones will do."""
        end = len(self._said)
        index = 0
        while index < end:
            if index in self._known:
                index += 1
                continue
            gap = index
            while index < end and index not in self._known:
                index += 1
            before, after = self._known.get(gap - 1), self._known.get(index)
            size = index - gap + SLACK
            if before is not None:
                stop = min(before + 1 + size, after if after is not None and after > before else before + 1 + size)
                self._compare(gap, index, before + 1, self._free_after(before + 1, stop))
            if after is not None:
                start = max(after - size, before + 1 if before is not None and before < after else 0)
                self._compare(gap, index, self._free_before(after, start), after)

    def _compare(self, index: int, end: int, place: int, stop: int) -> None:
        some = [n for n in range(index, end) if n not in self._known]
        one, other = "".join(self._said[n] for n in some), self._pool.letters[place:stop]
        for step in Levenshtein.opcodes(one, other):
            size = step.src_end - step.src_start
            is_run = _weight(one[step.src_start : step.src_end]) >= LEAST_RUN
            is_edge = (step.src_start == 0 and step.dest_start == 0) or (
                step.src_end == len(one) and step.dest_end == len(other)
            )
            if step.tag == "equal" and (is_run or is_edge):
                for n in range(size):
                    self._pool.note(some[step.src_start + n], place + step.dest_start + n, 1, self._known)

    def _free_after(self, place: int, stop: int) -> int:
        end = place
        while end < min(stop, len(self._pool.letters)) and self._is_free(end):
            end += 1
        return end

    def _free_before(self, place: int, start: int) -> int:
        first = place
        while first > max(start, 0) and self._is_free(first - 1):
            first -= 1
        return first

    def _is_free(self, place: int) -> bool:
        return bool(self._pool.free[place]) and self._pool.line_of(place) in self._allowed


def _common(one: str, other: str) -> Iterator[tuple[int, int, int]]:
    """The runs that both have in the same order, as (place in one, place in other, size): long ones, and others close to them."""
    steps = [step for step in Levenshtein.opcodes(one, other) if step.tag == "equal"]
    weights = [_weight(one[step.src_start : step.src_end]) for step in steps]
    for number, (step, weight) in enumerate(zip(steps, weights, strict=True)):
        beside = ((steps[n], weights[n]) for n in (number - 1, number + 1) if 0 <= n < len(steps))
        is_close = any(near >= RUN and _distance(step, other_step) <= SLACK for other_step, near in beside)
        if weight >= RUN or (weight >= LEAST_RUN and is_close):
            yield step.src_start, step.dest_start, step.src_end - step.src_start


def _distance(one: Opcode, other: Opcode) -> int:
    """Letters between two runs, on the side that has more."""
    first, second = sorted((one, other), key=lambda step: step.src_start)
    return max(second.src_start - first.src_end, second.dest_start - first.dest_end)


def gram(text: str, place: int) -> str:
    """What a run from here on begins with."""
    return text[place : place + (RUN // 2 if is_ideograph(text[place]) else RUN)]


def _weight(run: str) -> int:
    return sum(2 if is_ideograph(letter) else 1 for letter in run)


def _word_starts(line: Line) -> list[int]:
    """Index in the line's text at which each of its words begins."""
    starts, position = [], 0
    for word in line.words:
        position = max(line.text.find(word.text, position), position)
        starts.append(position)
        position += len(word.text)
    return starts
