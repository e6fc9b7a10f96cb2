"""One request to a model about one page, and what its answer is worth."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from ocrchat.model import PageResult, Tries, mean_confidence
from ocrchat.vlm import ladder
from ocrchat.vlm.dialects import Dialect
from ocrchat.vlm.ladder import Again

if TYPE_CHECKING:
    from ocrchat.vlm.backend import Backend
    from ocrchat.vlm.chat import Completion, Picture, Sampling

UNAVAILABLE = "vlm_unavailable"
UNUSABLE = "vlm_unusable"
TRUNCATED = "vlm_truncated"

_MOST_REASON = 300
"""Characters of what a server says that come into the log."""


@dataclass(frozen=True, slots=True)
class Model:
    """A model, how it is spoken to, and how long a page waits for it while it does not run."""

    backend: Backend
    dialect: Dialect
    patience: timedelta


@dataclass(frozen=True, slots=True)
class Answered:
    """The page. `is_fallback`: the cpu tier has read most of it, and `why`, for the log."""

    page: PageResult
    is_fallback: bool = False
    why: str = ""


def ask(
    model: Model, tries: Tries, fallback: PageResult, content: bytes, deadline: float, now: datetime
) -> Answered | Again:
    """Shows the model the picture `content`. `fallback` is the page as the embedded parser answers it."""
    from ocrchat.vlm import backend, chat

    picture = _picture(content, tries, model.dialect)
    body = chat.request(model.backend.model, model.dialect, picture, _sampling(tries, fallback, model.dialect))
    try:
        completion = chat.read(model.backend.stream(body, deadline))
    except (chat.StreamBroken, backend.NoAnswer) as error:
        why = f"{type(error).__name__}: {error}"[:_MOST_REASON]
        again = _after(error, tries, now, model.patience)
        return replace(again, why=why) if again else instead(fallback, why)
    return _judged(model, tries, fallback, content, picture, completion)


def instead(fallback: PageResult, why: str, warning: str = UNAVAILABLE) -> Answered:
    """The embedded parser's answer, in place of the model's."""
    return Answered(_with(warning, fallback), is_fallback=True, why=why)


def _picture(content: bytes, tries: Tries, dialect: Dialect) -> Picture:
    """As this dialect and this try want it; as it was kept, if that is right."""
    from ocrchat import pictures

    picture = pictures.opened(content)
    longest = ladder.SMALL_EDGE if tries.is_small else dialect.longest_edge
    sides = (picture.width, picture.height)
    if max(sides) <= longest and not any(side % dialect.multiple for side in sides):
        return picture
    return pictures.shrunk(picture, longest, dialect.multiple)


def _sampling(tries: Tries, fallback: PageResult, dialect: Dialect) -> Sampling:
    from ocrchat.vlm import check

    is_legible = (mean_confidence(fallback.lines) or 0.0) >= check.LEGIBLE
    characters = sum(len(line.text) for line in fallback.lines)
    return ladder.sampling(tries, dialect.top_p, ladder.max_tokens(tries, characters, is_legible))


def _after(error: Exception, tries: Tries, now: datetime, patience: timedelta) -> Again | None:
    from ocrchat.vlm import backend, chat

    match error:
        case chat.StreamBroken():
            return ladder.cut(tries)
        case backend.Asleep():
            return ladder.asleep(tries, now, patience)
        case backend.Busy():
            return ladder.busy(tries)
        case backend.Broken():
            return ladder.broken(tries)
        case backend.TooLarge():
            return ladder.too_large(tries)
        case _:
            return None


def _judged(
    model: Model, tries: Tries, fallback: PageResult, content: bytes, picture: Picture, completion: Completion
) -> Answered | Again:
    """The answer as a page if it can be believed; else what to do."""
    from ocrchat import pictures
    from ocrchat.vlm import answer, check

    said = model.dialect.parse(completion.text, (picture.width, picture.height))
    if completion.is_cut:
        if again := ladder.cut(tries):
            return replace(again, why="the answer broke off")
        said = said.without_last() if model.dialect.has_open_end else said
    elif not said.regions:
        said = answer.paragraphs(completion.text)
    checked = check.check(
        said,
        check.Log.of(completion.tokens),
        fallback,
        pictures.ink(content, fallback.width, fallback.height),
        f"vlm:{model.backend.name}",
    )
    flaws = set(checked.flaws)
    if completion.is_looping or completion.is_short:
        flaws.add("endless")
    if not said.regions and fallback.blocks:
        flaws.add("empty")
    # Of an answer that broke off what is missing comes from the cpu tier; where that is most of it, it costs what that costs.
    is_mostly_missing = completion.is_cut and "incomplete" in flaws
    if completion.is_cut:
        flaws.discard("incomplete")
    why = ", ".join(sorted(flaws))
    if flaws:
        if again := ladder.bad(tries):
            return replace(again, why=why)
        if flaws != {"unplaced"} or not fallback.blocks:
            return instead(fallback, why, UNUSABLE)
    if completion.is_cut:
        return Answered(_with(TRUNCATED, checked.page), is_mostly_missing, "the answer broke off twice")
    return Answered(checked.page, why=why)


def _with(warning: str, page: PageResult) -> PageResult:
    return replace(page, warnings=(warning, *page.warnings))
