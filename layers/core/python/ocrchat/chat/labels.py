"""Labels that stand over their values, as forms and invoices have them: "Amount due", and "$1,234.50" in the line below."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from ocrchat.chat.vocabulary import CONCEPTS, STOP_WORDS
from ocrchat.model import Block, BlockType, Line

_LONGEST = 60
"""Letters of a label, or of several side by side, and of what stands below."""

_NEAR = 1.5
"""A value begins no further below its label than this, in heights of the label."""

_ALIGNED = 2.0
"""So far, in heights of the label, their left or their right ends may be apart."""

_VALUES = 1 / 3
"""Of the words of a value, those with digits: "2 April 2026" has two of three. Prose has few."""

_LABEL = re.compile(r"[^\W\d][^:：]{0,40}?\s*[:：](?:\s|$)|[^\W\d].{0,40}?\s{3,}\S")
_KNOWN = STOP_WORDS.union(*CONCEPTS)


def is_labelled(line: str) -> bool:
    """Whether it is a label with its value, or the label alone."""
    return _LABEL.match(line) is not None


def with_values(blocks: Iterable[Block]) -> Iterator[Block]:
    """A block that is a label alone and the block with its value are made one."""
    label: Block | None = None
    for block in blocks:
        if label is not None:
            if _is_text(block) and stands_over(label.lines[0], block.lines[0]):
                block = replace(block, lines=(*label.lines, *block.lines))
            else:
                yield label
            label = None
        if _is_text(block) and len(block.lines) == 1 and _is_bare(block.lines[0].text):
            label = block
        else:
            yield block
    if label is not None:
        yield label


def stands_over(label: Line, value: Line) -> bool:
    """Whether the one is a label, and the other its value in the line below.

    A label that is no word of ours needs a number there.
    """
    height = max(label.box.height, 1.0)
    is_below = label.box.y0 < value.box.y0 and value.box.y0 - label.box.y1 <= _NEAR * height
    apart = min(abs(label.box.x0 - value.box.x0), abs(label.box.x1 - value.box.x1))
    if not is_below or apart > _ALIGNED * height or not _is_bare(label.text):
        return False
    if len(value.text) > _LONGEST or is_labelled(value.text):
        return False
    words = value.text.split()
    numbers = sum(any(letter.isdigit() for letter in word) for word in words)
    return (_is_known(label.text) and not _is_known(value.text)) or (numbers > 0 and numbers >= _VALUES * len(words))


def _is_text(block: Block) -> bool:
    return block.type is BlockType.TEXT and block.table is None and len(block.lines) > 0


def _is_bare(text: str) -> bool:
    """Whether it can be a label, without a value."""
    text = text.strip()
    if not 0 < len(text) <= _LONGEST or any(colon in text[:-1] for colon in ":："):
        return False
    return text[0].isalpha() and text[-1] not in ".,;!?。！？،" and not any(c.isdigit() for c in text)


def _is_known(text: str) -> bool:
    """Whether it consists of words that forms call their values."""
    words = [word.strip(":：.()").casefold() for word in text.split()]
    return all(word in _KNOWN for word in words) and not all(word in STOP_WORDS for word in words)
