"""Chat in the stack: what its function may reach, by who answers."""

from __future__ import annotations

import pytest

from infra.config import InvalidContext
from tests.infra.conftest import synthesise
from tests.infra.synthesised import Synthesised

CHAT = "chat.api"


def grants(stack: Synthesised) -> set[str]:
    return {
        grant
        for grant in stack.grants(stack.functions()[CHAT]["Properties"]["Role"])
        if grant.startswith(("bedrock", "secretsmanager"))
    }


def test_by_itself_it_reaches_no_model(stack: Synthesised) -> None:
    assert grants(stack) == set()


def test_with_bedrock_it_may_invoke_that_model_and_no_other(tmp_path_factory: pytest.TempPathFactory) -> None:
    model = "eu.anthropic.claude-haiku-5-5-v1:0"
    stack = synthesise(tmp_path_factory, chat_provider="bedrock", chat_model=model)

    assert grants(stack) == {
        "bedrock:InvokeModelWithResponseStream "
        f"arn:AWS::Partition:bedrock:AWS::Region:AWS::AccountId:inference-profile/{model}",
        "bedrock:InvokeModelWithResponseStream "
        "arn:AWS::Partition:bedrock:*::foundation-model/anthropic.claude-haiku-5-5-v1:0",
    }
    environment = stack.functions()[CHAT]["Properties"]["Environment"]["Variables"]
    assert (environment["OCRCHAT_CHAT_PROVIDER"], environment["OCRCHAT_CHAT_MODEL"]) == ("bedrock", model)


def test_with_a_server_it_may_read_that_servers_key_alone(tmp_path_factory: pytest.TempPathFactory) -> None:
    stack = synthesise(
        tmp_path_factory,
        chat_provider="openai",
        chat_model="m",
        chat_url="https://llm.example/v1",
        chat_secret="ocrchat/key",
    )

    assert grants(stack) == {
        "secretsmanager:GetSecretValue "
        "arn:AWS::Partition:secretsmanager:AWS::Region:AWS::AccountId:secret:ocrchat/key-??????"
    }


def test_a_model_of_bedrock_is_named_by_its_inference_profile(tmp_path_factory: pytest.TempPathFactory) -> None:
    with pytest.raises(InvalidContext, match=r"'anthropic.claude-x' is no inference profile"):
        synthesise(tmp_path_factory, chat_provider="bedrock", chat_model="anthropic.claude-x")
