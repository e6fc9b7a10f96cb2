"""Questions about a finished document: asked, answered, kept with the job until it goes."""

from __future__ import annotations

import re
import uuid
from collections.abc import Generator
from dataclasses import dataclass
from datetime import datetime

from ocrchat import codec, keys
from ocrchat.billing import Account, upgrade_from
from ocrchat.chat import grounded
from ocrchat.chat.codec import exchange_from_json, exchange_to_json
from ocrchat.chat.model import ChatModel, Exchange, Question, Said
from ocrchat.cloud import Cloud
from ocrchat.errors import (
    ConversationNotFound,
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


@dataclass(frozen=True, slots=True)
class Turn:
    """A question that was let in, and counted."""

    account: Account
    job: Job
    conversation: str
    question: Question
    asked_at: datetime


@dataclass(frozen=True, slots=True)
class Kept:
    """An exchange of the record, with the conversation that it belongs to."""

    conversation: str
    exchange: Exchange


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


def ask(cloud: Cloud, account: Account, job: Job, message: str, conversation: str, now: datetime) -> Turn:
    """Begins a conversation, or goes on with the one that is named.

    Raises JobFailed, JobNotFinished, ConversationNotFound or QuestionLimitReached.
    """
    if job.status is JobStatus.FAILED:
        raise JobFailed("The job failed, so there is nothing to ask about. GET the job to see why.")
    if job.status is not JobStatus.DONE:
        raise JobNotFinished("The job is still running. Poll it until its status is done, then ask.")
    history = _recent(cloud, job, conversation) if conversation else ()
    cap = account.plan.questions_a_day
    if not cloud.accounts.count_question(account.id, cap, now):
        raise QuestionLimitReached(
            f"The plan '{account.plan.name}' answers {cap} questions a day. Ask again after midnight UTC, or take a larger plan.",
            cap,
            cap,
            upgrade_from(account.plan),
        )
    return Turn(account, job, conversation or uuid.uuid4().hex, Question(message, history), now)


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
        # Each under a name of its own: two that are asked at once do not get in each other's way.
        name = f"{codec.time_to_json(turn.asked_at)}-{uuid.uuid4().hex[:8]}"
        key = keys.exchange(job, turn.conversation, name)
        cloud.blobs.put_json(key, exchange_to_json(exchange))
        if cloud.jobs.get(job.id) is None:
            cloud.blobs.delete(key)
            raise JobNotFound("The job was deleted.")
    except OcrChatError:
        cloud.accounts.give_question_back(turn.account.id, turn.asked_at)
        raise
    return exchange


def record(cloud: Cloud, job: Job, limit: int, after: str) -> tuple[list[Kept], str | None]:
    """Exchanges of all conversations in the order of time, at most `limit` behind the position `after`; and where to go on."""
    found = sorted(cloud.blobs.keys(keys.chat(job)), key=_asked_at)
    rest = [key for key in found if _asked_at(key) > after]
    chosen = rest[:limit]
    exchanges = [exchange_from_json(data) for data in cloud.blobs.get_jsons(chosen)]
    following = _asked_at(chosen[-1]) if len(rest) > limit else None
    return [Kept(key.split("/")[-2], one) for key, one in zip(chosen, exchanges, strict=True)], following


def _recent(cloud: Cloud, job: Job, conversation: str) -> tuple[Exchange, ...]:
    found = cloud.blobs.keys(keys.chat(job, conversation)) if _CONVERSATION.fullmatch(conversation) else []
    if not found:
        raise ConversationNotFound(
            "This job has no such conversation. Leave 'conversation' out to begin one; the answer says what it is called."
        )
    return tuple(exchange_from_json(data) for data in cloud.blobs.get_jsons(found[-REMEMBERED:]))


def _asked_at(key: str) -> str:
    return key.rpartition("/")[2].removesuffix(".json")
