"""An answer as server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html).

Lambda's Python runtime hands over an answer whole, so the events come all at once at its end, and a header says so. Their
form is that of a stream, and clients of one work unchanged.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator

from ocrchat import problem, rest
from ocrchat.chat.codec import message_to_json, said_to_json
from ocrchat.chat.model import Exchange, Said
from ocrchat.codec import Json, dumps
from ocrchat.errors import OcrChatError

CONTENT_TYPE = "text/event-stream"
BUFFERED = "X-Stream-Buffered"


def is_wanted(accept: str) -> bool:
    return CONTENT_TYPE in accept.lower()


def reply(conversation: str, exchange: Exchange) -> Json:
    return {"conversation": conversation, "message": message_to_json(exchange.answer)}


def write(sentences: Generator[Said, None, Exchange], conversation: str, request_id: str) -> str:
    return "".join(_events(sentences, conversation, request_id))


def _events(sentences: Generator[Said, None, Exchange], conversation: str, request_id: str) -> Iterator[str]:
    try:
        while True:
            yield _event("sentence", said_to_json(next(sentences)))
    except StopIteration as end:
        yield _event("done", reply(conversation, end.value))
    except OcrChatError as error:
        rest.log_refusal(error)
        yield _event("error", problem.document(error, request_id))


def _event(name: str, data: Json) -> str:
    return f"event: {name}\ndata: {dumps(data).decode()}\n\n"
