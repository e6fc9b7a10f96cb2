"""What to do with a page when no answer comes, or none that can be used: wait, ask again in another way, or give up.

Every wait ends: a page is at latest answered by the cpu tier's own reading (docs/vlm.md has the table). The tries are kept in
the table, not counted by the queue: waiting for a model to start is no failure.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from ocrchat.model import Tries
from ocrchat.vlm.chat import Sampling

ASLEEP_SECONDS = 60, 120
"""Between these, chance decides: the pages of a document need not all come back at once."""

BUSY_SECONDS = 15
MOST_BUSY = 5
MOST_BROKEN = 2
MOST_CUT = 1
SMALL_EDGE = 1540
"""Pixels of the longer side of a picture that was too large: LightOnOCR-2 was trained on no more."""

RUNGS = ((0.1, None), (0.3, 0.95), (0.6, 0.95))
"""Temperature and top_p of each try that ended in an answer; the last one on a small picture."""


@dataclass(frozen=True, slots=True)
class Again:
    """Ask again in so many seconds, with `tries` known then; `why` is for the log."""

    tries: Tries
    seconds: int
    why: str = ""


def asleep(tries: Tries, now: datetime, patience: timedelta) -> Again | None:
    """None: it has been long enough."""
    if now - tries.since >= patience:
        return None
    return Again(tries, random.randint(*ASLEEP_SECONDS))


def busy(tries: Tries) -> Again | None:
    if tries.busy >= MOST_BUSY:
        return None
    return Again(replace(tries, busy=tries.busy + 1), int(BUSY_SECONDS * 2**tries.busy * random.uniform(0.5, 1.0)))


def broken(tries: Tries) -> Again | None:
    if tries.broken >= MOST_BROKEN:
        return None
    return Again(replace(tries, broken=tries.broken + 1), BUSY_SECONDS)


def too_large(tries: Tries) -> Again | None:
    return None if tries.is_small else Again(replace(tries, is_small=True), 0)


def cut(tries: Tries) -> Again | None:
    return None if tries.cut >= MOST_CUT else Again(replace(tries, cut=tries.cut + 1), 0)


def bad(tries: Tries) -> Again | None:
    if tries.bad + 1 >= len(RUNGS):
        return None
    is_last = tries.bad + 2 == len(RUNGS)
    return Again(replace(tries, bad=tries.bad + 1, is_small=tries.is_small or is_last), 0)


def sampling(tries: Tries, top_p: float, max_tokens: int) -> Sampling:
    temperature, wider = RUNGS[min(tries.bad, len(RUNGS) - 1)]
    return Sampling(max_tokens, temperature, wider or top_p)


FEWEST_TOKENS, MOST_TOKENS = 1024, 8192


def max_tokens(tries: Tries, characters: int, is_legible: bool) -> int:
    """For a page on which OCR has read so many characters: what a loop may cost at most.

    A digit is a token, and so is a letter of many scripts. Handwriting OCR reads in part only, and a second time the limit may
    have been too low.
    """
    if not is_legible or tries.bad:
        return MOST_TOKENS
    return min(max(int(1.2 * characters) + 600, FEWEST_TOKENS), MOST_TOKENS)


def is_hopeless(tries: Tries) -> bool:
    """Whether workers have died of this page as often as its server may fail."""
    return tries.broken > MOST_BROKEN


def begun(tries: Tries) -> Tries:
    """What is kept before the model is asked: should the worker die meanwhile, the server counts as failed."""
    return replace(tries, broken=tries.broken + 1)
