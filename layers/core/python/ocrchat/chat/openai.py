"""A model behind any server that speaks OpenAI's chat completions: Ollama, llama.cpp, vLLM, LM Studio."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from ocrchat.chat import prompt
from ocrchat.chat.model import Claim, Nearness, Question, Statement
from ocrchat.chat.sentences import Sentences
from ocrchat.errors import Unavailable
from ocrchat.model import Document
from ocrchat.vlm import chat
from ocrchat.vlm.backend import Busy, NoAnswer
from ocrchat.vlm.openai import OpenAiServer

_SILENCE = 25.0
"""Seconds without a word. The deadline of an answer comes first; this ends what waits behind it."""

_HOW = """After each sentence write the quotations that it rests on, word for word: <q page="3">the exact words</q>
Example: The total is $42. <q page="1">Total due: $42</q>"""

_QUOTATION = re.compile(r'<q(?:\s+page\s*=\s*["\']?\s*(\d{1,6})\s*["\']?)?\s*>(.*?)</q\s*>', re.DOTALL | re.IGNORECASE)
_LONGEST = 4000
"""Characters of a quotation with its marks. What is longer without an end is none."""

_MARKS = re.compile(r"<(?=[\s/]*(?:document|q)\b)", re.IGNORECASE)
"""What a document may not hold: it could end itself, and go on as its user. They get another bracket, and stay otherwise:
without one, what is on its two sides could make the next."""

_THINKS, _HAS_THOUGHT = "<think>", "</think>"


class OpenAiModel:
    """`context`: tokens that the model takes. By `nearness` the pages of a longer document are chosen."""

    def __init__(self, url: str, model: str, key: str, context: int, nearness: Nearness | None = None) -> None:
        self._server = OpenAiServer(url, model, key, silence=_SILENCE)
        self._context = context
        self._nearness = nearness
        self.name = self._server.name

    def answer(self, document: Document, question: Question, deadline: float) -> Iterator[Statement]:
        items = prompt.items(document, question, self._context, self._nearness)
        try:
            yield from _statements(_aloud(chat.texts(self._server.stream(self._request(items, question), deadline))))
        except Busy as error:
            raise Unavailable("The chat model could not be reached, or is busy. Ask again in a few seconds.") from error
        except (NoAnswer, chat.StreamBroken) as error:
            raise Unavailable(
                "The chat model gave no answer. Ask again; if it happens again, the operator's log says why."
            ) from error

    def _request(self, items: list[prompt.Item], question: Question) -> bytes:
        pages: dict[int, list[str]] = {}
        for item in items:
            pages.setdefault(item.page, []).append(item.text)
        text = "\n\n".join(f"[page {number}]\n" + "\n".join(parts) for number, parts in pages.items())
        text = _MARKS.sub("(", text)
        messages = [
            {"role": "system", "content": f"{prompt.RULES}\n{_HOW}"},
            {"role": "user", "content": f"<document>\n{text}\n</document>\n\n{prompt.history(question)}"},
        ]
        body = {
            "model": self._server.model,
            "messages": messages,
            "temperature": 0,
            "max_tokens": prompt.MOST_TOKENS,
            "stream": True,
        }
        return json.dumps(body).encode()


def _statements(pieces: Iterator[str]) -> Iterator[Statement]:
    sentences, waiting = Sentences(), ""
    for piece in pieces:
        waiting += piece
        while found := _QUOTATION.search(waiting):
            yield from sentences.write(waiting[: found.start()])
            sentences.cite(Claim(found[2], int(found[1]) if found[1] else None))
            waiting = waiting[found.end() :]
        mark = waiting.find("<")
        if mark < 0 or len(waiting) - mark > _LONGEST:
            mark = len(waiting)
        yield from sentences.write(waiting[:mark])
        waiting = waiting[mark:]
    yield from sentences.write(waiting)
    yield from sentences.end()


def _aloud(pieces: Iterator[str]) -> Iterator[str]:
    """Without what a model thinks before it answers, which some servers send as if it were said."""
    waiting = ""
    for piece in pieces:
        waiting += piece
        start = waiting.lstrip()[: len(_THINKS)]
        if start != _THINKS[: len(start)]:
            break
        if start == _THINKS and _HAS_THOUGHT in waiting:
            waiting = waiting.partition(_HAS_THOUGHT)[2]
            break
    else:
        return
    yield waiting
    yield from pieces
