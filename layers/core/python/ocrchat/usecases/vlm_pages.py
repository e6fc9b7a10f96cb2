"""Pages of the vlm tier: read by the cpu worker first, then put to a model and checked, or answered without one.

    hand_over    the embedded parser's answer is kept, and the page's picture; the page goes on to the queue of the model
    ask_model    the model is asked once; its answer is used, asked for again, or replaced by the embedded parser's
    give_up      the last resort, for a page that the queue has given up

Until it is done a page stays in its set like any other, so it cannot be lost: the reconciler sends it again.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from ocrchat import codec, keys
from ocrchat.aws.blobs import BlobMissing
from ocrchat.cloud import Cloud
from ocrchat.model import Box, Job, PageImage, PageResult, PageTask, Tries, mean_confidence
from ocrchat.usecases import fan_in
from ocrchat.vlm import ladder
from ocrchat.vlm.dialects import DIALECTS, Dialect
from ocrchat.vlm.ladder import Again

if TYPE_CHECKING:
    from ocrchat.vlm.backend import Backend
    from ocrchat.vlm.chat import Completion, Picture

UNAVAILABLE = "vlm_unavailable"
UNUSABLE = "vlm_unusable"
TRUNCATED = "vlm_truncated"


@dataclass(frozen=True, slots=True)
class Model:
    """A model, how it is spoken to, and how long a page waits for it while it does not run."""

    backend: Backend
    dialect: Dialect
    patience: timedelta


def is_waiting(cloud: Cloud, job: Job, task: PageTask) -> bool:
    """Whether the page has been handed over before."""
    if not cloud.vlm_backend.is_remote:
        return False
    try:
        cloud.blobs.get(keys.page_picture(job, task.page))
    except BlobMissing:
        return False
    return True


def send(cloud: Cloud, job: Job, task: PageTask) -> None:
    cloud.vlm_queue.send(job.lane, job.account_id, [task])


def hand_over(cloud: Cloud, job: Job, task: PageTask, page: PageResult, image: PageImage) -> None:
    """`page` as the cpu tier has read it on `image`. Without a model, and where there is nothing to read, that is the answer."""
    from ocrchat import pictures
    from ocrchat.vlm import check, embedded

    dialect = DIALECTS[cloud.vlm_dialect]
    answer = embedded.answered(page, dialect)
    if not cloud.vlm_backend.is_remote:
        fan_in.keep(cloud, job, task, answer, is_fallback=True)
        return
    picture = pictures.encode(image, dialect.longest_edge, dialect.multiple)
    whole = Box(0, 0, page.width, page.height)
    if not page.blocks and pictures.ink(picture.content, page.width, page.height)(whole) < check.INK:
        fan_in.keep(cloud, job, task, answer, is_fallback=True)  # of a blank page, models tell stories
        return
    cloud.blobs.put_json(keys.page_fallback(job, task.page), codec.page_to_json(answer))
    cloud.blobs.put(keys.page_picture(job, task.page), picture.content, picture.media_type)
    if cloud.jobs.get(job.id) is None:
        _forget(cloud, job, task)  # the job was erased meanwhile
        return
    send(cloud, job, task)


def ask_model(cloud: Cloud, task: PageTask, model: Model, deadline: float) -> int | None:
    """Asks the model about a page, once, until `deadline` (on time.monotonic).

    In how many seconds to ask again; None where nothing is left to do. Delivered twice, it asks twice, and the page counts once.
    """
    job = cloud.jobs.get(task.job_id)
    chunk = cloud.page_sets.chunk(task.job_id, task.chunk)
    if job is None or job.status.ended or chunk is None:
        return None
    if task.page not in chunk.pending:
        fan_in.check_end(cloud, job, chunk)
        return None
    try:
        fallback = codec.page_from_json(cloud.blobs.get_json(keys.page_fallback(job, task.page)))
        content = cloud.blobs.get(keys.page_picture(job, task.page))
    except BlobMissing:
        return None  # erased, or answered a moment ago
    now = datetime.now(UTC)
    tries = cloud.page_sets.tries(job.id, task.chunk, task.page, now)
    outcome = _ask(model, tries, fallback, content, deadline, now)
    if isinstance(outcome, Again):
        cloud.page_sets.keep_tries(job.id, task.chunk, task.page, outcome.tries, now)
        return outcome.seconds
    _finish(cloud, job, task, outcome, is_fallback=outcome.engine == fallback.engine)
    return None


def give_up(cloud: Cloud, task: PageTask) -> None:
    """Ends a page that the queue has given up: with the embedded parser's answer if it waited for a model, else as failed."""
    job = cloud.jobs.get(task.job_id)
    if job is None or job.status.ended:
        return
    try:
        fallback = codec.page_from_json(cloud.blobs.get_json(keys.page_fallback(job, task.page)))
    except BlobMissing:
        fan_in.fail_page(cloud, task, "page_failed")
        return
    _finish(cloud, job, task, _because(UNAVAILABLE, fallback), is_fallback=True)


def _finish(cloud: Cloud, job: Job, task: PageTask, page: PageResult, is_fallback: bool) -> None:
    fan_in.keep(cloud, job, task, page, is_fallback)
    _forget(cloud, job, task)


def _forget(cloud: Cloud, job: Job, task: PageTask) -> None:
    cloud.blobs.delete(keys.page_picture(job, task.page))
    cloud.blobs.delete(keys.page_fallback(job, task.page))


def _ask(
    model: Model, tries: Tries, fallback: PageResult, content: bytes, deadline: float, now: datetime
) -> PageResult | Again:
    from ocrchat import pictures
    from ocrchat.vlm import backend, chat, check

    picture = pictures.opened(content)
    if tries.is_small:
        picture = pictures.shrunk(picture, ladder.SMALL_EDGE, model.dialect.multiple)
    is_legible = any(fallback.lines) and (mean_confidence(fallback.lines) or 0.0) >= check.LEGIBLE
    sampling = ladder.sampling(
        tries, model.dialect.top_p, ladder.max_tokens(sum(len(line.text) for line in fallback.lines), is_legible)
    )
    body = chat.request(model.backend.model, model.dialect, picture, sampling, model.backend.features)
    again: Again | None
    try:
        completion = chat.read(model.backend.stream(body, deadline))
    except backend.Asleep:
        again = ladder.asleep(tries, now, model.patience)
    except backend.Busy:
        again = ladder.busy(tries)
    except backend.Broken:
        again = ladder.broken(tries)
    except backend.TooLarge:
        again = ladder.too_large(tries)
    except backend.Refused:
        again = None
    except chat.StreamBroken:
        again = ladder.cut(tries)
    else:
        return _judged(model, tries, fallback, content, picture, completion)
    return again or _because(UNAVAILABLE, fallback)


def _judged(
    model: Model, tries: Tries, fallback: PageResult, content: bytes, picture: Picture, completion: Completion
) -> PageResult | Again:
    """The answer as a page if it can be believed; else what to do."""
    from ocrchat import pictures
    from ocrchat.vlm import answer, check

    said = model.dialect.parse(completion.text, (picture.width, picture.height))
    if completion.is_cut:
        if again := ladder.cut(tries):
            return again
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
    if completion.is_cut:
        flaws.discard("incomplete")  # what is missing comes from the cpu tier
    if flaws:
        if again := ladder.bad(tries):
            return again
        if flaws != {"unplaced"}:
            return _because(UNUSABLE, fallback)
    return _because(TRUNCATED, checked.page) if completion.is_cut else checked.page


def _because(warning: str, page: PageResult) -> PageResult:
    return replace(page, warnings=(warning, *page.warnings))
