"""The wire format that all servers share: OpenAI's chat completions, streamed as server-sent events."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from ocrchat.vlm.dialects import Dialect
from ocrchat.vlm.loops import loop_start

_SURROGATE = re.compile("[\ud800-\udfff]")

_CHECK_EVERY = 512
"""Characters between two looks for a loop."""

_MOST_TEXT = 200_000
"""Characters: no server that keeps to `max_tokens` writes so much."""

_MOST_LINE_BYTES = 1_000_000
_MOST_BYTES = 100_000_000
"""Of a stream: one that goes on forever need not say anything."""

_UNENDED = {"", "abort", "content_filter", "error"}
"""Reasons for an end that is not the model's."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A page as it is sent: an encoded image and its size in pixels."""

    content: bytes = field(repr=False)
    media_type: str
    width: int
    height: int

    @property
    def url(self) -> str:
        return f"data:{self.media_type};base64,{base64.b64encode(self.content).decode()}"


@dataclass(frozen=True, slots=True)
class Sampling:
    """How the model is to write: at most `max_tokens`."""

    max_tokens: int
    temperature: float
    top_p: float


@dataclass(frozen=True, slots=True)
class Completion:
    """What a model wrote. `tokens` are (text, log probability) of all of it, or empty where the server does not say.

    `is_looping`: it was stopped since it repeated itself, and `text` ends before the second copy. `is_cut`: the stream ended
    before the model did. `is_short`: it ran into `max_tokens`.
    """

    text: str
    tokens: tuple[tuple[str, float], ...] = ()
    is_looping: bool = False
    is_cut: bool = False
    is_short: bool = False


def request(model: str, dialect: Dialect, picture: Picture, sampling: Sampling) -> bytes:
    """The body of the request. What a server does not know of it (llama.cpp, Ollama and LM Studio of `chat_template_kwargs`), it
    ignores; LightOnOCR on vLLM needs it."""
    body: dict[str, Any] = {
        "model": model,
        "messages": [{"role": "user", "content": dialect.content(picture.url)}],
        "temperature": sampling.temperature,
        "top_p": sampling.top_p,
        "max_tokens": sampling.max_tokens,
        "stream": True,
        "logprobs": True,
        "chat_template_kwargs": {"enable_thinking": False},
    }
    return json.dumps(body).encode()


def read(parts: Generator[bytes]) -> Completion:
    """Reads a stream to its end, or until the model repeats itself: then the stream is closed, which makes a server stop.

    `parts` may cut lines and characters anywhere. Its own errors pass through, unless text has come before: then that is the
    answer, cut off.
    """
    text, tokens, finish, checked = "", list[tuple[str, float]](), "", 0
    is_whole_log = True
    is_broken = False
    try:
        for event in _events(parts):
            piece, some, reason = _delta(event)
            text += piece
            tokens += _spanning(piece, some)
            is_whole_log = is_whole_log and (bool(some) or not piece)
            finish = reason or finish
            if len(text) - checked >= _CHECK_EVERY:
                checked = len(text)
                if loop_start(text) is not None or len(text) > _MOST_TEXT:
                    break
    except StreamBroken:
        if not text:
            raise
        is_broken = True
    finally:
        parts.close()
    log = tokens if is_whole_log else []
    if (start := loop_start(text)) is not None:
        return Completion(text[:start], _up_to(log, start), is_looping=True)
    if len(text) > _MOST_TEXT:
        return Completion(text, tuple(log), is_short=True)
    return Completion(text, tuple(log), is_cut=is_broken or finish in _UNENDED, is_short=finish == "length")


def texts(parts: Generator[bytes]) -> Iterator[str]:
    """What a model writes, as it comes. Raises what `parts` raises; an end that is not the model's is a StreamBroken."""
    length, finish = 0, ""
    try:
        for event in _events(parts):
            piece, _, reason = _delta(event)
            finish = reason or finish
            length += len(piece)
            if piece:
                yield piece
            if length > _MOST_TEXT:
                return
    finally:
        parts.close()
    if finish in _UNENDED:
        raise StreamBroken("it ended without an end of the answer")


class StreamBroken(Exception):
    """The connection ended before the model did, or what came is no stream of chat completions. The message is for the log."""

    is_for_log = True


def _spanning(piece: str, tokens: list[tuple[str, float]]) -> list[tuple[str, float]]:
    """The tokens with the text that they have in the answer: that of special ones, and of parts of characters, is another."""
    if "".join(text for text, _ in tokens) == piece:
        return tokens
    return [*(("", logprob) for _, logprob in tokens[:-1]), *((piece, logprob) for _, logprob in tokens[-1:])]


def _up_to(tokens: list[tuple[str, float]], end: int) -> tuple[tuple[str, float], ...]:
    kept, length = [], 0
    for text, logprob in tokens:
        if length >= end:
            break
        kept.append((text, logprob))
        length += len(text)
    return tuple(kept)


def _events(parts: Iterable[bytes]) -> Iterator[Any]:
    """The JSON of each `data:` line up to `[DONE]`; a stream without one ends where it ends."""
    for line in _lines(parts):
        name, _, value = line.partition(":")
        if name != "data":
            continue  # comments, `event:` and `id:` say nothing here
        value = value.strip()
        if value == "[DONE]":
            return
        try:
            event = json.loads(value)
        except (ValueError, RecursionError) as error:
            raise StreamBroken("a line that is no JSON") from error
        if isinstance(event, dict) and event.get("error"):
            raise StreamBroken("the server reports an error within the stream")
        yield event


def _lines(parts: Iterable[bytes]) -> Iterator[str]:
    waiting: list[bytes] = []
    length = total = 0
    for part in parts:
        first, *others = part.split(b"\n")
        waiting.append(first)
        length += len(first)
        total += len(part)
        for other in others:
            yield _text(waiting)
            waiting, length = [other], len(other)
        if length > _MOST_LINE_BYTES or total > _MOST_BYTES:
            raise StreamBroken("a line or a stream without end")
    if length:
        yield _text(waiting)


def _text(line: Sequence[bytes]) -> str:
    return b"".join(line).decode(errors="replace").rstrip("\r")


_MOST_LOGPROB = 20.0
"""Servers say -9999 for a token that they cannot say it of: one such would outweigh all others."""


def _delta(event: Any) -> tuple[str, list[tuple[str, float]], str]:
    """Of one event: its text, its tokens, and why the model has ended, if it has."""
    try:
        choice = event["choices"][0]
    except (KeyError, IndexError, TypeError):
        return "", [], ""  # the last event of some servers only counts tokens
    if not isinstance(choice, dict):
        return "", [], ""
    delta, log = choice.get("delta") or {}, choice.get("logprobs") or {}
    content = delta.get("content") if isinstance(delta, dict) else None
    entries = log.get("content") if isinstance(log, dict) else None
    tokens = [_token(entry) for entry in entries] if isinstance(entries, list) else []
    return (
        _writable(content) if isinstance(content, str) else "",
        [token for token in tokens if token],
        str(choice.get("finish_reason") or ""),
    )


def _token(entry: Any) -> tuple[str, float] | None:
    if not isinstance(entry, dict):
        return None
    text, logprob = entry.get("token"), entry.get("logprob")
    if not isinstance(text, str) or not isinstance(logprob, int | float) or logprob != logprob:
        return None
    return _writable(text), float(max(min(logprob, 0.0), -_MOST_LOGPROB))


def _writable(text: str) -> str:
    """JSON may hold halves of characters, UTF-8 may not."""
    return _SURROGATE.sub("\ufffd", text)
