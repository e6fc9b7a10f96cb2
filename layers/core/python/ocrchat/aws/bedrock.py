"""A model of Amazon Bedrock, by its ConverseStream with citations.

The document is one block whose parts can be cited: https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_DocumentBlock.html
A citation names parts by their places from 0, the end exclusive, as Anthropic documents it for its own API; that Bedrock means
the same is not confirmed by a call of ours. It matters little: quotations are looked for on the other pages too.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config
from botocore.eventstream import ParserError
from botocore.exceptions import BotoCoreError, ClientError, EventStreamError
from urllib3.exceptions import HTTPError

from ocrchat.aws.failures import code
from ocrchat.chat import prompt
from ocrchat.chat.model import Claim, Question, Statement
from ocrchat.chat.sentences import Sentences
from ocrchat.errors import Unavailable
from ocrchat.model import Document

if TYPE_CHECKING:
    from mypy_boto3_bedrock_runtime import BedrockRuntimeClient

SILENCE = 12
"""Seconds without a word, after which nobody is waited for any more."""

_REFUSED = frozenset({"guardrail_intervened", "content_filtered"})
_FAILED = frozenset({"malformed_model_output", "malformed_tool_use", "model_context_window_exceeded"})
_OPERATOR = frozenset({"AccessDeniedException", "ValidationException", "ResourceNotFoundException"})


class BedrockModel:
    """`context`: tokens that the model takes. `name` is the model's id without the prefix of its inference profile."""

    def __init__(self, client: BedrockRuntimeClient, model: str, context: int) -> None:
        self._client = client
        self._model = model
        self._context = context
        self.name = f"bedrock:{model.rpartition('/')[2]}"

    @classmethod
    def connect(cls, model: str, context: int) -> BedrockModel:
        config = Config(retries={"total_max_attempts": 2}, read_timeout=SILENCE, connect_timeout=3)
        return cls(boto3.client("bedrock-runtime", config=config), model, context)

    def answer(self, document: Document, question: Question, deadline: float) -> Iterator[Statement]:
        room = self._context - prompt.MOST_TOKENS - len(prompt.history(question))  # at most a token a character
        items = prompt.items(document, question, max(room, 0))
        if not items:
            return
        try:
            events: Any = self._client.converse_stream(**self._request(items, question))["stream"]
        except ClientError as error:
            raise _named(error) from error
        except BotoCoreError as error:
            raise _later() from error
        try:
            yield from _statements(_before(events, deadline), items)
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


def _before(events: Any, deadline: float) -> Iterator[Any]:
    for event in events:
        yield event
        if time.monotonic() > deadline:
            raise _later()


def _statements(events: Iterator[Any], items: list[prompt.Item]) -> Iterator[Statement]:
    sentences = Sentences()
    for event in events:
        if "contentBlockDelta" in event:
            delta = event["contentBlockDelta"]["delta"]
            if "text" in delta:
                yield from sentences.write(delta["text"])
            for claim in _claims(delta.get("citation"), items):
                sentences.cite(claim)
        elif "messageStop" in event:
            reason = event["messageStop"]["stopReason"]
            if reason in _REFUSED:
                return  # what a guardrail stops ends here: nothing more is said
            if reason in _FAILED:
                raise _later()
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
