"""Pages of the vlm tier: read by the cpu worker first, then put to a model and checked, or answered without one.

    hand_over    the embedded parser's answer is kept, and the page's picture; the page goes on to the queue of the model
    ask_model    the model is asked once; its answer is used, asked for again, or replaced by the embedded parser's
    give_up      the last resort, for a page that the queue has given up

Until it is done a page stays in its set like any other, so it cannot be lost: the reconciler sends it again.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from ocrchat import codec, keys
from ocrchat.aws.blobs import BlobMissing
from ocrchat.cloud import Cloud
from ocrchat.model import Box, Chunk, Job, PageImage, PageResult, PageTask, Tries
from ocrchat.usecases import asking, fan_in
from ocrchat.usecases.asking import Model
from ocrchat.vlm import ladder
from ocrchat.vlm.dialects import DIALECTS
from ocrchat.vlm.ladder import Again


@dataclass(frozen=True, slots=True)
class Asked:
    """What came of a page, for the log: `why` it is asked about again, or answered by the embedded parser. `again_in` so many
    seconds; None where nothing is left to do."""

    why: str = ""
    again_in: int | None = None
    is_fallback: bool = False


def is_waiting(cloud: Cloud, job: Job, task: PageTask) -> bool:
    """Whether the page has been handed over before."""
    if not cloud.vlm_backend.is_remote:
        return False
    try:
        cloud.blobs.get(keys.page_fallback(job, task.page))  # it is kept last, and is the smaller one
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
    cloud.blobs.put(keys.page_picture(job, task.page), picture.content, picture.media_type)
    cloud.blobs.put_json(keys.page_fallback(job, task.page), codec.page_to_json(answer))
    if _waiting(cloud, task) is None:
        _forget(cloud, job, task)  # the job was erased meanwhile, or the page answered by another delivery
        return
    send(cloud, job, task)


def ask_model(cloud: Cloud, task: PageTask, model: Model, deadline: float) -> Asked:
    """Asks the model about a page, once, until `deadline` (on time.monotonic).

    Delivered twice, it asks twice, and the page counts once.
    """
    waiting = _waiting(cloud, task)
    if waiting is None:
        return Asked("nothing waits")
    job, chunk = waiting
    try:
        fallback = _fallback(cloud, job, task)
        content = cloud.blobs.get(keys.page_picture(job, task.page))
    except BlobMissing:
        return Asked("nothing waits")  # it was answered by another delivery, a moment ago
    now = datetime.now(UTC)
    tries = chunk.tries.get(task.page, Tries(since=now))
    if ladder.is_hopeless(tries):
        outcome: asking.Answered | Again = asking.instead(fallback, "workers died of it")
    else:
        cloud.page_sets.keep_tries(job.id, task.chunk, task.page, ladder.begun(tries), now)
        outcome = asking.ask(model, tries, fallback, content, deadline, now)
    if isinstance(outcome, Again):
        cloud.page_sets.keep_tries(job.id, task.chunk, task.page, outcome.tries, now)
        return Asked(outcome.why, again_in=outcome.seconds)
    _finish(cloud, job, task, outcome.page, outcome.is_fallback)
    return Asked(outcome.why, is_fallback=outcome.is_fallback)


def give_up(cloud: Cloud, task: PageTask) -> bool:
    """Ends a page that the queue has given up: with the embedded parser's answer if it waited for a model, else as failed.

    Whether it has failed.
    """
    waiting = _waiting(cloud, task)
    if waiting is None:
        return False
    job, _ = waiting
    try:
        fallback = _fallback(cloud, job, task)
    except BlobMissing:
        fan_in.fail_page(cloud, task, "page_failed")
        return True
    _finish(cloud, job, task, asking.instead(fallback, "").page, is_fallback=True)
    return False


def _waiting(cloud: Cloud, task: PageTask) -> tuple[Job, Chunk] | None:
    """The job of a page and its chunk; None if the page does not wait any more: then what is left of that is tidied up."""
    job = cloud.jobs.get(task.job_id)
    chunk = cloud.page_sets.chunk(task.job_id, task.chunk)
    if job is None or chunk is None:
        return None
    if not job.status.ended and task.page in chunk.pending:
        return job, chunk
    _forget(cloud, job, task)
    if not job.status.ended:
        fan_in.check_end(cloud, job, chunk)
    return None


def _fallback(cloud: Cloud, job: Job, task: PageTask) -> PageResult:
    """Raises BlobMissing."""
    return codec.page_from_json(cloud.blobs.get_json(keys.page_fallback(job, task.page)))


def _finish(cloud: Cloud, job: Job, task: PageTask, page: PageResult, is_fallback: bool) -> None:
    fan_in.keep(cloud, job, task, page, is_fallback)
    _forget(cloud, job, task)


def _forget(cloud: Cloud, job: Job, task: PageTask) -> None:
    cloud.blobs.delete(keys.page_picture(job, task.page))
    cloud.blobs.delete(keys.page_fallback(job, task.page))
