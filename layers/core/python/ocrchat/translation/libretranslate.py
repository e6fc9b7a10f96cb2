"""Any server that speaks LibreTranslate's API: `GET /languages`, and `POST /translate` with several texts at once.

https://docs.libretranslate.com/api/operations/translate/
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import httpx

from ocrchat import languages
from ocrchat.errors import Unavailable
from ocrchat.translation import cutting
from ocrchat.translation.model import NotTranslated, Pairs

_REQUEST_BYTES = 2000
"""Servers set limits of their own, of characters and of texts; the public one has 2,000."""
_MOST_AT_ONCE = 25

_TIMES = httpx.Timeout(60.0, connect=5.0)
_KNOWN_FOR = 300.0


class LibreTranslate:
    """`url` is what stands before `/translate`."""

    name = "libretranslate"
    most_bytes = _REQUEST_BYTES

    def __init__(self, url: str, key: str = "") -> None:
        self._url = url.rstrip("/")
        self._key = key.strip()
        self._known: dict[str, tuple[str, list[str]]] = {}
        """Our code -> theirs, and what it can be translated to in theirs."""
        self._asked_at = 0.0

    def pairs(self) -> Pairs:
        known = self._languages()
        ours = {theirs: code for code, (theirs, _) in known.items()}
        return {
            code: frozenset(ours[each] for each in reachable if each in ours) - {code}
            for code, (_, reachable) in known.items()
        }

    def translate(self, texts: Sequence[str], source: str, target: str, deadline: float) -> list[str | None]:
        known = self._languages()
        said: list[str | None] = [None] * len(texts)
        for group in cutting.batches(texts, _REQUEST_BYTES, _MOST_AT_ONCE):
            if time.monotonic() > deadline:
                raise Unavailable("There is no time left to translate.")
            body = {
                "q": [texts[place] for place in group],
                "source": known[source][0],
                "target": known[target][0],
                "format": "text",
                **({"api_key": self._key} if self._key else {}),
            }
            answer = self._call("POST", "/translate", body)
            translated = answer.get("translatedText") if isinstance(answer, dict) else None
            if not isinstance(translated, list) or len(translated) != len(group):
                continue  # what belongs to what cannot be told
            for place, text in zip(group, translated, strict=True):
                said[place] = text.strip() if isinstance(text, str) else None
        return said

    def _languages(self) -> dict[str, tuple[str, list[str]]]:
        if not self._known or time.monotonic() - self._asked_at > _KNOWN_FOR:
            self._known = _listed(self._call("GET", "/languages"))
            self._asked_at = time.monotonic()
        return self._known

    def _call(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        try:
            with httpx.Client(timeout=_TIMES) as client:
                answer = client.request(method, f"{self._url}{path}", json=body)
        except (httpx.InvalidURL, httpx.UnsupportedProtocol, httpx.LocalProtocolError) as error:
            raise NotTranslated(f"translate_url: {type(error).__name__}") from error
        except httpx.DecodingError as error:
            raise NotTranslated(f"{path} answered what is not encoded as it says") from error
        except httpx.TransportError as error:
            raise Unavailable("The translation server could not be reached. Try again in a few seconds.") from error
        if answer.status_code in (408, 425, 429) or answer.status_code >= 500:
            raise Unavailable("The translation server is busy. Try again in a few seconds.")
        if answer.status_code != 200:
            raise NotTranslated(f"{path} answered {answer.status_code}")  # and what more, may quote what it was sent
        try:
            return answer.json()
        except ValueError as error:
            raise NotTranslated(f"{path} answered no JSON: translate_url is not LibreTranslate's") from error


def _listed(answer: Any) -> dict[str, tuple[str, list[str]]]:
    """Older servers do not say what each can be translated to: then it is all of them."""
    if not isinstance(answer, list) or not all(isinstance(one, dict) and "code" in one for one in answer):
        raise NotTranslated("/languages answered no list of languages: translate_url is not LibreTranslate's")
    everything = [str(one["code"]) for one in answer]
    found: dict[str, tuple[str, list[str]]] = {}
    for one in sorted(answer, key=lambda one: (len(str(one["code"])), str(one["code"]))):
        if known := languages.find(str(one["code"])):
            targets = one.get("targets")
            reachable = list(map(str, targets)) if isinstance(targets, list) else everything
            found.setdefault(known.code, (str(one["code"]), reachable))
    return found
