"""Amazon Translate, and a model of Bedrock for what it lacks: the real boto3 against a loopback server that checks requests."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import boto3
import pytest

from functions.export.translate import ANSWER_MARGIN_SECONDS
from ocrchat.aws.bedrock_translate import BedrockTranslator
from ocrchat.aws.translate import AmazonTranslate
from ocrchat.cloud import connect_translators
from ocrchat.errors import Unavailable
from ocrchat.settings import Settings, TranslateProvider
from ocrchat.translation import pages, pairs
from ocrchat.translation.model import NotTranslated, Status
from tests.translation_servers import MODEL, Fails, aws, changes_numbers, drops, echo, pseudo
from tests.unit.test_translation import PAGE

SOON = 20.0


def soon() -> float:
    return time.monotonic() + SOON


def test_amazon_translates_what_it_lists_from_any_to_any_in_our_codes() -> None:
    with aws() as server:
        known = server.amazon.pairs()

    assert set(known) == {"en", "es", "ch", "chinese_cht"}
    assert known["es"] == {"en", "ch", "chinese_cht"}


def test_amazon_is_told_the_source_and_a_language_without_its_country() -> None:
    with aws() as server:
        assert server.amazon.translate(["Hello there"], "en", "es", soon()) == ["Helloo thereo"]
        (_, listing), (operation, body) = server.requests

    assert listing == {}
    assert operation == "TranslateText"
    assert (body["SourceLanguageCode"], body["TargetLanguageCode"]) == ("en", "es")


def test_texts_of_a_line_go_together_and_those_of_several_alone() -> None:
    texts = ["Annual report", "12 Harbour Road\nKlang", "Intake pipe"]
    with aws() as server:
        said = server.amazon.translate(texts, "en", "es", soon())
        sent = [body["Text"] for operation, body in server.requests if operation == "TranslateText"]

    assert sent == ["Annual report\nIntake pipe", "12 Harbour Road\nKlang"]
    assert said == [pseudo(text) for text in texts]


@pytest.mark.parametrize("joins_lines", [True, False])
def test_where_lines_get_lost_each_text_is_sent_by_itself(joins_lines: bool) -> None:
    texts = ["Annual report", "Intake pipe", "Total"]
    with aws() as server:
        server.joins_lines = joins_lines
        said = server.amazon.translate(texts, "en", "es", soon())
        sent = sum(operation == "TranslateText" for operation, _ in server.requests)

    assert said == [pseudo(text) for text in texts]
    assert sent == (4 if joins_lines else 1)


def test_a_request_has_10_000_bytes_whatever_the_script() -> None:
    texts = ["水質" * 1500, "湖" * 3000, "短い文"]
    with aws() as server:
        server.amazon.translate(texts, "ch", "en", soon())
        sizes = [len(body["Text"].encode()) for operation, body in server.requests if operation == "TranslateText"]

    assert sum(sizes) > 18_000
    assert max(sizes) <= 10_000


@pytest.mark.parametrize(
    ("outcome", "error"),
    [
        (Fails(400, "ThrottlingException"), Unavailable),
        (Fails(400, "TooManyRequestsException"), Unavailable),
        (Fails(500, "InternalServerException"), Unavailable),
        (Fails(400, "ServiceUnavailableException"), Unavailable),
        (Fails(400, "UnsupportedLanguagePairException"), NotTranslated),
        (Fails(400, "AccessDeniedException"), NotTranslated),
    ],
)
def test_what_may_help_later_and_what_never_will(outcome: Fails, error: type[Exception]) -> None:
    with aws(outcome) as server:
        for translator in (server.amazon, server.bedrock):
            with pytest.raises(error):
                translator.translate(["Hello there"], "en", "es", soon())


def test_a_model_is_given_numbered_texts_and_answers_with_their_numbers() -> None:
    with aws() as server:
        said = server.bedrock.translate(["Annual report", "Intake pipe"], "en", "ug", soon())
        (_, body) = server.requests[0]

    assert said == ["Annualo reporto", "Intakeo pipeo"]
    assert body["texts"] == ["Annual report", "Intake pipe"]
    assert "from English to Uyghur" in body["system"][0]["text"]


@pytest.mark.parametrize(
    ("wrapped", "said"),
    [
        (lambda answer: f"Here you are:\n```json\n{answer}\n```", ["Annualo reporto", "Intakeo pipeo"]),
        (lambda answer: answer[:-3], [None, None]),
        (lambda answer: "I cannot do that.", [None, None]),
        (lambda answer: '{"1": 7, "3": "x"}', [None, None]),
        (lambda answer: "[1]", [None, None]),
    ],
    ids=["in a fence", "broken off", "refused", "other numbers", "another shape"],
)
def test_an_answer_is_its_json_and_what_is_not_there_was_not_translated(
    wrapped: object, said: list[str | None]
) -> None:
    with aws() as server:
        server.wraps = wrapped  # type: ignore[assignment]
        assert server.bedrock.translate(["Annual report", "Intake pipe"], "en", "ug", soon()) == said


def test_a_model_is_asked_for_few_texts_at_once() -> None:
    with aws() as server:
        server.bedrock.translate([f"word {number}" for number in range(100)], "en", "ug", soon())
        assert [len(body["texts"]) for _, body in server.requests] == [40, 40, 20]


def test_amazon_comes_first_and_a_model_does_what_it_lacks() -> None:
    with aws() as server:
        both = (server.amazon, server.bedrock)
        chosen = [pairs.choose(both, source, target) for source, target in (("en", "es"), ("ug", "en"), ("en", "ug"))]
        names = [one.name if one else None for one in chosen]
        alone = pairs.choose(both[:1], "en", "ug")

    assert names == ["amazon-translate", f"bedrock:{MODEL}", f"bedrock:{MODEL}"]
    assert alone is None


@pytest.mark.parametrize("lie", [changes_numbers, echo, drops])
@pytest.mark.parametrize("service", ["amazon", "bedrock"])
def test_a_lie_is_shown_by_none_of_them(service: str, lie: object) -> None:
    with aws(lie) as server:  # type: ignore[arg-type]
        made = pages.translated(PAGE, "en", "es", getattr(server, service), soon())

    paragraph, address = made.blocks[1], made.blocks[3]
    assert {paragraph.status, address.status} == {Status.WITHHELD}
    assert paragraph.text == address.text == ""


def test_who_translates_is_what_the_settings_say(settings: Settings, session: boto3.Session) -> None:
    def names(**given: Any) -> list[str]:
        return [one.name for one in connect_translators(replace(settings, **given))]

    session.client("secretsmanager").create_secret(Name="ocrchat/translate", SecretString="key")

    assert names() == []
    assert names(translate_provider=TranslateProvider.AWS) == ["amazon-translate"]
    assert names(translate_provider=TranslateProvider.AWS, translate_model=MODEL) == [
        "amazon-translate",
        f"bedrock:{MODEL}",
    ]
    assert names(
        translate_provider=TranslateProvider.LIBRETRANSLATE,
        translate_url="http://localhost:5000",
        translate_secret="ocrchat/translate",
    ) == ["libretranslate"]


@pytest.mark.parametrize("service", [AmazonTranslate.connect, lambda: BedrockTranslator.connect("eu.some-model")])
def test_a_request_that_begins_at_the_deadline_ends_in_the_time_that_is_kept_for_it(
    service: Callable[[], AmazonTranslate | BedrockTranslator], session: boto3.Session
) -> None:
    config = service()._client.meta.config

    assert config.retries["total_max_attempts"] * config.read_timeout < ANSWER_MARGIN_SECONDS
