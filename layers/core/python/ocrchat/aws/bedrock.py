"""A model of Amazon Bedrock, by its ConverseStream with citations.

The document is one block whose parts can be cited: https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_DocumentBlock.html
A citation names parts by their places from 0, the end exclusive, as Anthropic documents it for its own API; that Bedrock means
the same is not confirmed by a call of ours. It matters little: quotations are looked for on the other pages too.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config
from botocore.eventstream import ParserError
from botocore.exceptions import BotoCoreError, ClientError, EventStreamError
from urllib3.exceptions import HTTPError

from ocrchat.aws.failures import code
from ocrchat.chat import prompt
from ocrchat.chat.model import Claim, Nearness, Question, Statement
from ocrchat.chat.sentences import Sentences
from ocrchat.errors import Unavailable
from ocrchat.model import Document

if TYPE_CHECKING:
    from mypy_boto3_bedrock_runtime import BedrockRuntimeClient

_SILENCE = 25
"""Seconds without a word. The deadline of an answer comes first; this ends what waits behind it."""

_REFUSED = frozenset({"guardrail_intervened", "content_filtered"})
_BROKEN_OFF = frozenset(
    {"max_tokens", "malformed_model_output", "malformed_tool_use", "tool_use", "model_context_window_exceeded"}
)
_OPERATOR = frozenset({"AccessDeniedException", "ValidationException", "ResourceNotFoundException"})


class BedrockModel:
    """`context`: tokens that the model takes. By `nearness` the pages of a longer document are chosen. `name` is the model's id
    without the prefix of its inference profile."""

    def __init__(
        self, client: BedrockRuntimeClient, model: str, context: int, nearness: Nearness | None = None
    ) -> None:
        self._client = client
        self._model = model
        self._context = context
        self._nearness = nearness
        self.name = f"bedrock:{model.rpartition('/')[2]}"

    @classmethod
    def connect(cls, model: str, context: int, nearness: Nearness | None = None) -> BedrockModel:
        config = Config(retries={"total_max_attempts": 1}, read_timeout=_SILENCE, connect_timeout=3)
        return cls(boto3.client("bedrock-runtime", config=config), model, context, nearness)

    def answer(self, document: Document, question: Question, deadline: float) -> Iterator[Statement]:
        items = prompt.items(document, question, self._context, self._nearness)
        if not items:
            return
        try:
            events: Any = self._client.converse_stream(**self._request(items, question))["stream"]
        except ClientError as error:
            raise _named(error) from error
        except BotoCoreError as error:
            raise _later() from error
        try:
            yield from _statements(events, items)
        except (EventStreamError, ParserError, HTTPError, BotoCoreError) as error:
            raise _later() from error
        finally:
            events.close()

    def _request(self, items: list[prompt.Item], question: Question) -> Any:
        return {
            "modelId": self._model,
            "system": [{"text": prompt.RULES}],
            "messages": [
                {
                    "role": "user",
                    "content": [
                        {
                            "document": {
                                "name": "document",  # a file's name could hold instructions
                                "format": "txt",
                                "source": {"content": [{"text": item.text} for item in items]},
                                "citations": {"enabled": True},
                            }
                        },
                        {"cachePoint": {"type": "default"}},  # the next question pays a tenth for the document
                        {"text": prompt.history(question)},
                    ],
                }
            ],
            "inferenceConfig": {"maxTokens": prompt.MOST_TOKENS, "temperature": 0.0},
        }


def _statements(events: Iterable[Any], items: list[prompt.Item]) -> Iterator[Statement]:
    """A content block may be part of a sentence or several, and its citations are of all of it, wherever they come in it."""
    sentences, text, claims = Sentences(), "", list[Claim]()
    for event in events:
        if "contentBlockDelta" in event:
            delta = event["contentBlockDelta"]["delta"]
            text += delta.get("text", "")
            claims += _claims(delta.get("citation"), items)
        elif "contentBlockStop" in event:
            yield from sentences.write(text, claims)
            text, claims = "", []
        elif "messageStop" in event:
            reason = event["messageStop"]["stopReason"]
            if reason in _REFUSED:
                raise Unavailable("The chat model declined to answer this. Ask in other words.")
            if reason in _BROKEN_OFF:
                raise _later()  # half a sentence may say the opposite of the whole
    yield from sentences.end()


def _claims(citation: Any, items: list[prompt.Item]) -> Iterator[Claim]:
    """One for each part that is cited: by what is quoted of it, or else by the part itself."""
    if not citation:
        return
    quoted = [some["text"] for some in citation.get("sourceContent", []) if some.get("text")]
    location = citation.get("location", {}).get("documentChunk", {})
    start = location.get("start", -1)
    if not 0 <= start < len(items):
        yield from (Claim(text) for text in quoted)
        return
    cited = items[start : max(location.get("end", 0), start + 1)]
    if len(quoted) == len(cited):
        yield from (Claim(text, item.page) for text, item in zip(quoted, cited, strict=True))
    else:
        yield from (Claim(text, cited[0].page) for text in quoted or [item.text for item in cited])


def _named(error: ClientError) -> Unavailable:
    if code(error) in _OPERATOR:
        return Unavailable(
            "The chat model of this server is not set up. Tell its operator; the log says what Bedrock answered."
        )
    return _later()


def _later() -> Unavailable:
    return Unavailable("The chat model is busy, or broke off. Ask again in a few seconds.")
