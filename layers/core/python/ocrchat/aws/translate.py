"""Amazon Translate.

What it knows is asked with ListLanguages. The language of the text is our own finding: its `auto` would call Amazon Comprehend.
A request carries 10,000 bytes of UTF-8, so texts of one line go together, a line each; where not as many lines come back, they
are sent one by one. https://docs.aws.amazon.com/translate/latest/APIReference/API_TranslateText.html
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from ocrchat import languages
from ocrchat.aws.failures import code, translated
from ocrchat.errors import Unavailable
from ocrchat.translation import cutting
from ocrchat.translation.model import NotTranslated, Pairs

if TYPE_CHECKING:
    from mypy_boto3_translate import TranslateClient

_REQUEST_BYTES = 10_000
_MOST_AT_ONCE = 100
"""Texts of a request: what is lost with a line too few is not much."""

_KNOWN_FOR = 3600.0
"""Seconds after which ListLanguages is asked anew: languages are added once a year."""


class AmazonTranslate:
    name = "amazon-translate"
    most_bytes = _REQUEST_BYTES

    def __init__(self, client: TranslateClient) -> None:
        self._client = client
        self._codes: dict[str, str] = {}
        """Our code -> theirs."""
        self._asked_at = 0.0

    @classmethod
    def connect(cls) -> AmazonTranslate:
        config = Config(retries={"mode": "standard", "total_max_attempts": 4}, connect_timeout=3, read_timeout=15)
        return cls(boto3.client("translate", config=config))

    def pairs(self) -> Pairs:
        known = frozenset(self._known())
        return {code: known - {code} for code in known}

    def translate(self, texts: Sequence[str], source: str, target: str, deadline: float) -> list[str | None]:
        said: list[str | None] = [None] * len(texts)
        lines = [place for place, text in enumerate(texts) if "\n" not in text]
        groups = cutting.batches([texts[place] for place in lines], _REQUEST_BYTES, _MOST_AT_ONCE)
        alone = [place for place, text in enumerate(texts) if "\n" in text]
        for group in groups:
            places = [lines[place] for place in group]
            answer = self._one("\n".join(texts[place] for place in places), source, target, deadline).split("\n")
            if len(answer) != len(places):
                alone += places
                continue
            for place, text in zip(places, answer, strict=True):
                said[place] = text.strip()
        for place in alone:
            said[place] = self._one(texts[place], source, target, deadline).strip()
        return said

    def _one(self, text: str, source: str, target: str, deadline: float) -> str:
        if time.monotonic() > deadline:
            raise Unavailable("There is no time left to translate.")
        known = self._known()
        with named():
            return self._client.translate_text(
                Text=text, SourceLanguageCode=known[source], TargetLanguageCode=known[target]
            )["TranslatedText"]

    def _known(self) -> dict[str, str]:
        if not self._codes or time.monotonic() - self._asked_at > _KNOWN_FOR:
            self._codes = self._listed()
            self._asked_at = time.monotonic()
        return self._codes

    def _listed(self) -> dict[str, str]:
        """Of a language in several countries the code without one comes first, and counts."""
        theirs: list[str] = []
        start: Any = {}
        while True:
            with named():
                answer = self._client.list_languages(MaxResults=500, **start)
            theirs += [language["LanguageCode"] for language in answer["Languages"]]
            if not answer.get("NextToken"):
                break
            start = {"NextToken": answer["NextToken"]}
        found: dict[str, str] = {}
        for each in sorted(theirs, key=lambda code: (len(code), code)):
            if known := languages.find(each):
                found.setdefault(known.code, each)
        return found


@contextmanager
def named() -> Iterator[None]:
    """Raises Unavailable for what passes with time, and NotTranslated for what does not: of both services of AWS alike."""
    try:
        with translated():
            yield
    except ClientError as error:
        raise NotTranslated(f"{code(error)} of {error.operation_name}") from error  # its message may quote the text
    except BotoCoreError as error:  # no credentials, no such region
        raise NotTranslated(type(error).__name__) from error
