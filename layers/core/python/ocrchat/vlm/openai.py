"""Any server that speaks OpenAI's chat completions: vLLM, llama.cpp, Ollama, LM Studio."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Generator, Iterator

import httpx

from ocrchat.vlm.backend import Broken, Busy, Refused, TooLarge
from ocrchat.vlm.chat import StreamBroken

_CONNECT_SECONDS = 5.0
_TOO_LARGE = (b"context", b"too large", b"too long", b"maximum", b"max_model_len")
"""What the message of a 400 says that is about size; there is no code for it that servers agree on."""

_LOOKED_AT = 500
"""Bytes of it."""

_NAME = re.compile(r"[A-Za-z][\w.-]{0,63}")


class OpenAiServer:
    """The server whose chat completions are at `<url>/chat/completions`."""

    def __init__(self, url: str, model: str, key: str = "", silence: float = 120.0) -> None:
        """`silence`: seconds that it may say nothing. A laptop may take two minutes before its first word of a page."""
        self.silence = silence
        self._url = f"{url.rstrip('/')}/chat/completions"
        # Parts of a compressed stream come late, or cannot be read by themselves.
        self._headers = {"Content-Type": "application/json", "Accept-Encoding": "identity"}
        if key := key.strip():
            self._headers["Authorization"] = f"Bearer {key}"
        self.model = model

    @property
    def name(self) -> str:
        return self.model.rpartition("/")[2]

    def stream(self, body: bytes, deadline: float) -> Generator[bytes]:
        if not self._headers.get("Authorization", "").isascii():
            raise Refused("the API key has characters that none can have")
        timeout = httpx.Timeout(self.silence, connect=_CONNECT_SECONDS)
        begun = False
        try:
            with (
                httpx.Client(timeout=timeout) as client,
                client.stream("POST", self._url, content=body, headers=self._headers) as answer,
            ):
                _check(answer)
                begun = True
                for part in answer.iter_raw():
                    yield part
                    if time.monotonic() > deadline:
                        raise StreamBroken("out of time")
        except (httpx.InvalidURL, httpx.UnsupportedProtocol, httpx.LocalProtocolError) as error:
            raise Refused(f"the address of the server, or its key: {type(error).__name__}") from error  # says the key
        except httpx.TransportError as error:
            if begun:
                raise StreamBroken(type(error).__name__) from error
            raise Busy(f"{type(error).__name__}: {error}") from error


def _check(answer: httpx.Response) -> None:
    """Raises a NoAnswer for an answer that is an error."""
    if answer.status_code == 200:
        return
    said = answer.read()
    message = " ".join((str(answer.status_code), *_names(said)))
    match answer.status_code:
        case 408 | 425 | 429 | 502 | 503 | 504:
            raise Busy(message)
        case 413:
            raise TooLarge(message)
        case 400 | 422 if any(word in said[:_LOOKED_AT].lower() for word in _TOO_LARGE):
            raise TooLarge(message)
        case status if status >= 500:
            raise Broken(message)
        case _:
            raise Refused(message)


def _names(said: bytes) -> Iterator[str]:
    """What the server calls an error. Not its message, which goes into a log: servers quote in it what they were sent."""
    try:
        value = json.loads(said)
    except (ValueError, RecursionError):
        return
    error = value.get("error", value) if isinstance(value, dict) else None
    if isinstance(error, dict):
        for name in (error.get("type"), error.get("code")):
            if isinstance(name, str) and _NAME.fullmatch(name):
                yield name
