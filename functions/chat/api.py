"""HTTP: ask about a finished document, and see what was asked."""

from __future__ import annotations

import json
from collections.abc import Generator
from functools import lru_cache
from typing import Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.chat import stream
from ocrchat import rest, usecases
from ocrchat.chat.cleaning import visible
from ocrchat.chat.codec import exchange_to_json
from ocrchat.chat.model import ChatModel, Exchange, Said
from ocrchat.cloud import cloud, connect_chat
from ocrchat.errors import (
    ConversationNotFound,
    IdempotencyKeyReused,
    InvalidField,
    JobFailed,
    JobNotFinished,
    JobNotFound,
    QuestionLimitReached,
    TooManyRequests,
)
from ocrchat.openapi import Answer
from ocrchat.rest import Call
from ocrchat.settings import Settings
from ocrchat.telemetry import count, logger

ANSWER_MARGIN_SECONDS = 4.0
"""Kept of this function's 28 s for what follows the answer, and for a cold start, which counts for API Gateway's 29 s alone."""

LONGEST_MESSAGE = 4000
LONGEST_BODY = 64_000
REMEMBERED_PAGES = 500
"""Of documents that were asked about, some 10 KB each."""

_IDEMPOTENCY_KEY = rest.idempotency_key_of(
    "A word of your choice, new for each question about the job. A request that is repeated with it gets the answer of the "
    "first one, once there is one, and is not counted again; an event stream has only its `done` then."
)

routes = rest.Routes()
library = usecases.Library(REMEMBERED_PAGES)


@routes.add(
    "POST",
    "/api/v1/chat/{uuid}/",
    parameters=(rest.UUID, _IDEMPOTENCY_KEY),
    body={
        "application/json": {
            "type": "object",
            "required": ["message"],
            "properties": {
                "message": {
                    "type": "string",
                    "minLength": 1,
                    "maxLength": LONGEST_MESSAGE,
                    "examples": ["What is the total, and when is it due?"],
                },
                "conversation": {
                    "type": ["string", "null"],
                    "pattern": "^[0-9a-f]{32}$",
                    "description": "To go on with a conversation: the `conversation` of an answer before.",
                },
            },
        }
    },
    answers={
        200: Answer(
            "The answer. With `Accept: text/event-stream` as events: a `sentence` for each that was checked, with its "
            "citations, then `done` with the whole, or `error` with a problem document.",
            "Reply",
            content_types=("application/json", stream.CONTENT_TYPE),
            headers={
                **rest.RATE_HEADERS,
                stream.BUFFERED: "`true` on an event stream whose events come all at once, at its end.",
                "Idempotency-Replayed": "`true` if the answer is that of an earlier request.",
            },
        )
    },
    errors=(
        InvalidField, JobNotFound, ConversationNotFound, JobNotFinished, JobFailed, QuestionLimitReached, IdempotencyKeyReused,
        TooManyRequests,
    ),
)  # fmt: skip
def ask(call: Call, uuid: str) -> Response[Any]:
    """Ask about a document.

    Answered from the text of the finished job alone. Every sentence rests on quotations that were found on the page they are
    cited from; what has none is left out. `engine` says who answered: `extractive` only quotes. Questions cost no credits;
    a plan has so many a day.
    """
    account = call.admit()
    job = usecases.find_job(call.cloud, account.id, uuid)
    message = _parse(call.body(), call.idempotency_key())
    before = usecases.asked_before(call.cloud, job, message)
    if before:
        call.answer_headers["Idempotency-Replayed"] = "true"
        return _answered(call, before.conversation, _again(before.exchange))
    model = _model()  # before the question is counted
    turn = usecases.ask(call.cloud, account, job, message, call.now)
    count("QuestionsAsked")
    deadline = call.ends_at - ANSWER_MARGIN_SECONDS
    return _answered(call, turn.conversation, _logged(usecases.answer(call.cloud, turn, library, model, deadline)))


@routes.add(
    "GET",
    "/api/v1/chat/{uuid}/history/",
    parameters=(rest.UUID, rest.LIMIT, rest.CURSOR),
    answers={200: Answer("What was asked about the document, and answered, oldest first.", "ChatHistory")},
    errors=(InvalidField, JobNotFound),
)
def history(call: Call, uuid: str) -> Response[Any]:
    """See what was asked.

    All conversations about the document, in the order of time. They are kept with the job, and erased with it. There are more
    where `next_cursor` is not null, even if these are fewer than `limit`: an answer has about 3 MB at most.
    """
    job = usecases.find_job(call.cloud, call.account_id, uuid)
    kept, following = usecases.record(
        call.cloud, job, call.number(rest.LIMIT), rest.PLAIN_BYTES, call.word(rest.CURSOR)
    )
    exchanges = [{"conversation": one.conversation, **exchange_to_json(one.exchange)} for one in kept]
    return rest.answer({"uuid": job.id, "exchanges": exchanges, "next_cursor": following})


def _parse(body: bytes, idempotency_key: str) -> usecases.Message:
    try:
        value = json.loads(body if len(body) <= LONGEST_BODY else b"")
        text, conversation = value["message"], value.get("conversation")
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise InvalidField('Send JSON with your question: {"message": "What is the total?"}.') from error
    text = visible(text).strip() if isinstance(text, str) else ""
    if not 0 < len(text) <= LONGEST_MESSAGE:
        raise InvalidField(f"message is your question, a text of up to {LONGEST_MESSAGE} characters.")
    if not isinstance(conversation, str | None):
        raise InvalidField("conversation is the text that an answer before had under this name.")
    return usecases.Message(text, conversation or "", idempotency_key)


def _answered(call: Call, conversation: str, sentences: Generator[Said, None, Exchange]) -> Response[str]:
    if stream.is_wanted(call.header("Accept")):
        body = stream.write(sentences, conversation, call.request_id)
        return Response(200, stream.CONTENT_TYPE, body, headers={stream.BUFFERED: "true"})
    return rest.answer(stream.reply(conversation, _whole(sentences)))


def _again(exchange: Exchange) -> Generator[Said, None, Exchange]:
    yield from ()
    return exchange


def _logged(sentences: Generator[Said, None, Exchange]) -> Generator[Said, None, Exchange]:
    exchange = yield from sentences
    answer = exchange.answer
    logger.info("question answered", engine=answer.engine, citations=len(answer.citations), warnings=answer.warnings)
    return exchange


def _whole(sentences: Generator[Said, None, Exchange]) -> Exchange:
    while True:
        try:
            next(sentences)
        except StopIteration as end:
            exchange: Exchange = end.value
            return exchange


@lru_cache(maxsize=1)
def _model() -> ChatModel:
    return connect_chat(Settings.from_env())


api = rest.Api(cloud, routes)


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    return api.handle(event, context)
