"""Translation in the stack: what its functions may reach, by who translates."""

from __future__ import annotations

import pytest

from infra.config import InvalidContext
from tests.infra.conftest import synthesise
from tests.infra.synthesised import Synthesised

SUBMITS, DROPS, TRANSLATES = "submit.api", "submit.drop", "export.translate"
MODEL = "eu.anthropic.claude-haiku-5-5-v1:0"


def grants(stack: Synthesised, entry: str) -> set[str]:
    return {
        grant
        for grant in stack.grants(stack.functions()[entry]["Properties"]["Role"])
        if grant.startswith(("translate", "bedrock", "secretsmanager"))
    }


def environment(stack: Synthesised, entry: str) -> dict[str, str]:
    variables = stack.functions()[entry]["Properties"]["Environment"]["Variables"]
    return {name: value for name, value in variables.items() if name.startswith("OCRCHAT_TRANSLATE")}


def test_by_itself_nothing_translates_and_nobody_may(stack: Synthesised) -> None:
    for entry in stack.functions():
        assert grants(stack, entry) == set()
    assert environment(stack, TRANSLATES) == {"OCRCHAT_TRANSLATE_PROVIDER": "none"}


def test_with_amazon_translate_one_function_translates_and_those_that_submit_ask_for_its_languages(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    stack = synthesise(tmp_path_factory, translate_provider="aws")

    assert grants(stack, TRANSLATES) == {"translate:ListLanguages *", "translate:TranslateText *"}
    for entry in (SUBMITS, DROPS):
        assert grants(stack, entry) == {"translate:ListLanguages *"}
    for entry in stack.functions().keys() - {TRANSLATES, SUBMITS, DROPS}:
        assert grants(stack, entry) == set(), entry


def test_a_model_for_other_languages_may_be_invoked_and_no_other(tmp_path_factory: pytest.TempPathFactory) -> None:
    stack = synthesise(tmp_path_factory, translate_provider="aws", translate_model=MODEL)

    assert grants(stack, TRANSLATES) - {"translate:ListLanguages *", "translate:TranslateText *"} == {
        f"bedrock:InvokeModel arn:AWS::Partition:bedrock:AWS::Region:AWS::AccountId:inference-profile/{MODEL}",
        "bedrock:InvokeModel arn:AWS::Partition:bedrock:*::foundation-model/anthropic.claude-haiku-5-5-v1:0",
    }
    assert grants(stack, SUBMITS) == {"translate:ListLanguages *"}
    assert environment(stack, SUBMITS)["OCRCHAT_TRANSLATE_MODEL"] == MODEL, "it says what can be had"


def test_with_a_server_its_key_is_read_by_who_translates(tmp_path_factory: pytest.TempPathFactory) -> None:
    stack = synthesise(
        tmp_path_factory,
        translate_provider="libretranslate",
        translate_url="https://translate.example",
        translate_secret="ocrchat/key",
    )

    assert grants(stack, TRANSLATES) == {
        "secretsmanager:GetSecretValue "
        "arn:AWS::Partition:secretsmanager:AWS::Region:AWS::AccountId:secret:ocrchat/key-??????"
    }
    assert grants(stack, SUBMITS) == set()
    assert environment(stack, SUBMITS) == {
        "OCRCHAT_TRANSLATE_PROVIDER": "libretranslate",
        "OCRCHAT_TRANSLATE_URL": "https://translate.example",
    }


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ({"translate_provider": "google"}, r"translate_provider: 'google' is not one of none, aws, libretranslate"),
        ({"translate_provider": "libretranslate"}, r"'libretranslate' needs translate_url"),
        ({"translate_model": MODEL}, r"translate_model: a model of Bedrock"),
        (
            {"translate_provider": "aws", "translate_model": "anthropic.claude-x"},
            r"translate_model: .* is no inference profile",
        ),
        ({"translate_secret": "arn:aws:secretsmanager:x"}, r"translate_secret: the name"),
    ],
)
def test_what_cannot_be_deployed_is_said_in_a_line(
    tmp_path_factory: pytest.TempPathFactory, said: dict[str, str], message: str
) -> None:
    with pytest.raises(InvalidContext, match=message):
        synthesise(tmp_path_factory, **said)
