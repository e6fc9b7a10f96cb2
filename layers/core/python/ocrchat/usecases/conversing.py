"""Questions about a finished document: asked, answered, kept with the job until it goes."""

from __future__ import annotations

import hashlib
import json
import re
import uuid
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from ocrchat import codec, keys
from ocrchat.aws import cursor
from ocrchat.billing import Account
from ocrchat.chat import grounded
from ocrchat.chat.codec import exchange_from_json, exchange_to_json
from ocrchat.chat.model import ChatModel, Exchange, Question, Said
from ocrchat.cloud import Cloud
from ocrchat.errors import (
    ConversationNotFound,
    IdempotencyKeyReused,
    JobFailed,
    JobNotFinished,
    JobNotFound,
    OcrChatError,
    QuestionLimitReached,
)
from ocrchat.model import Document, Job, JobStatus
from ocrchat.usecases import documents

REMEMBERED = 6
"""Exchanges of a conversation that a model is told of."""

_CONVERSATION = re.compile(r"[0-9a-f]{32}")

_POSITION = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z-[0-9a-f]{1,32}")


@dataclass(frozen=True, slots=True)
class Message:
    """What is asked, and in which conversation: in a new one, without a name."""

    text: str
    conversation: str = ""
    idempotency_key: str = ""


@dataclass(frozen=True, slots=True)
class Turn:
    """A question that was let in, and counted."""

    account: Account
    job: Job
    conversation: str
    question: Question
    asked_at: datetime
    key: str
    """Of the object that the exchange will be."""


@dataclass(frozen=True, slots=True)
class Kept:
    """An exchange of the record, with the conversation that it belongs to."""

    conversation: str
    exchange: Exchange
    size: int
    """Bytes of its JSON."""


class Library:
    """Documents that were asked about last, by their jobs: those of jobs that are done never change."""

    def __init__(self, pages: int) -> None:
        """`pages` are kept, and a larger document alone."""
        self._pages = pages
        self._kept: dict[str, Document] = {}

    def document(self, cloud: Cloud, job: Job) -> Document:
        """Raises JobNotFound where it is gone."""
        document = self._kept.pop(job.id, None) or codec.document_from_json(documents.finished(cloud, job))
        self._kept[job.id] = document
        while len(self._kept) > 1 and sum(len(one.pages) for one in self._kept.values()) > self._pages:
            del self._kept[next(iter(self._kept))]
        return document


def asked_before(cloud: Cloud, job: Job, message: Message) -> Kept | None:
    """What an earlier request with the same Idempotency-Key was answered. Raises IdempotencyKeyReused or JobNotFound.

    Of two that come at once neither finds the other: both are answered, and counted.
    """
    if not message.idempotency_key:
        return None
    end = f"-{_mark(message)}.json"
    found = next((key for key in cloud.blobs.keys(keys.chat(job)) if key.endswith(end)), None)
    if found is None:
        return None
    (kept,) = _kept(cloud, [found])
    if kept.exchange.question != message.text or message.conversation not in ("", kept.conversation):
        raise IdempotencyKeyReused(
            "This Idempotency-Key was sent with another question about this job. Use a new key for each question, and the same "
            "one only to repeat a request."
        )
    return kept


def ask(cloud: Cloud, account: Account, job: Job, message: Message, now: datetime) -> Turn:
    """Begins a conversation, or goes on with the one that is named.

    Raises JobFailed, JobNotFinished, ConversationNotFound or QuestionLimitReached.
    """
    if job.status is JobStatus.FAILED:
        raise JobFailed("The job failed, so there is nothing to ask about. GET the job to see why.")
    if job.status is not JobStatus.DONE:
        raise JobNotFinished("The job is still running. Poll it until its status is done, then ask.")
    history = _recent(cloud, job, message.conversation) if message.conversation else ()
    cap = account.plan.questions_a_day
    if not cloud.accounts.count_question(account.id, cap, now):
        raise QuestionLimitReached(
            f"The plan '{account.plan.name}' answers {cap} questions a day. Ask again after midnight UTC, or take a larger plan.",
            cap,
            cap,
            account.plan.upgrade,
        )
    conversation = message.conversation or uuid.uuid4().hex
    key = keys.exchange(job, conversation, f"{codec.time_to_json(now)}-{_mark(message)}")
    return Turn(account, job, conversation, Question(message.text, history), now, key)


def answer(
    cloud: Cloud, turn: Turn, library: Library, model: ChatModel, deadline: float
) -> Generator[Said, None, Exchange]:
    """Yields the sentences of the answer and returns the exchange, which is kept by then. `deadline` is on time.monotonic.

    Raises Unavailable where no model answers, or JobNotFound; then the question does not count.
    """
    job = turn.job
    try:
        answer = yield from grounded.converse(model, library.document(cloud, job), turn.question, deadline)
        exchange = Exchange(turn.question.text, answer, turn.asked_at)
        cloud.blobs.put_json(turn.key, exchange_to_json(exchange))
        if cloud.jobs.get(job.id) is None:
            cloud.blobs.delete(turn.key)
            raise JobNotFound("The job was deleted.")
    except OcrChatError:
        cloud.accounts.give_question_back(turn.account.id, turn.asked_at)
        raise
    return exchange


def record(cloud: Cloud, job: Job, limit: int, max_bytes: int, after: str) -> tuple[list[Kept], str | None]:
    """Exchanges of all conversations in the order of time, behind the cursor `after`, and where to go on: at most `limit`,
    and, but for the first, no more than have `max_bytes` as JSON.

    Raises JobNotFound, or InvalidField for a cursor not of ours."""
    position = cursor.decode(after, _POSITION) if after else ""
    found = sorted(cloud.blobs.keys(keys.chat(job)), key=_asked_at)
    rest = [key for key in found if _asked_at(key) > position]
    kept: list[Kept] = []
    for one in _kept(cloud, rest[:limit]):
        max_bytes -= one.size
        if kept and max_bytes < 0:
            break
        kept.append(one)
    return kept, cursor.encode(_asked_at(rest[len(kept) - 1])) if len(kept) < len(rest) else None


def _recent(cloud: Cloud, job: Job, conversation: str) -> tuple[Exchange, ...]:
    found = cloud.blobs.keys(keys.chat(job, conversation)) if _CONVERSATION.fullmatch(conversation) else []
    if not found:
        raise ConversationNotFound(
            "This job has no such conversation. Leave 'conversation' out to begin one; the answer says what it is called."
        )
    return tuple(kept.exchange for kept in _kept(cloud, found[-REMEMBERED:]))


def _kept(cloud: Cloud, found: Sequence[str]) -> Iterator[Kept]:
    """Raises JobNotFound where one of them was erased since it was found."""
    with documents.gone():
        for key, data in zip(found, cloud.blobs.get_many(found), strict=True):
            yield Kept(key.split("/")[-2], exchange_from_json(json.loads(data)), len(data))


def _mark(message: Message) -> str:
    """Ends the name of an exchange, so that two which are asked at once do not get in each other's way; and so that a question
    which comes again is known."""
    key = message.idempotency_key
    return hashlib.sha256(key.encode()).hexdigest()[:32] if key else uuid.uuid4().hex[:8]


def _asked_at(key: str) -> str:
    return key.rpartition("/")[2].removesuffix(".json")
