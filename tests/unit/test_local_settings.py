"""`make serve` with settings that can never answer: it says so, and does not start."""

from __future__ import annotations

import pytest

from local import runtime
from local.emulator import EmulatorFailed

NOWHERE = "http://127.0.0.1:9"


@pytest.mark.parametrize(
    ("settings", "complaint"),
    [
        ({"PROVIDER": "gpt"}, "'gpt' is not one of extractive, bedrock, openai"),
        ({"PROVIDER": "openai", "MODEL": "m"}, "needs chat_url"),
        ({"PROVIDER": "openai", "URL": "http://localhost:11434/v1"}, "and chat_model"),
        ({"PROVIDER": "bedrock", "MODEL": "eu.anthropic.claude-x"}, "answers on AWS alone"),
        ({"CONTEXT": "many"}, "a number of tokens"),
        ({"CONTEXT": "100"}, "8000 tokens at least"),
    ],
)
def test_chat_that_would_never_answer_is_refused(
    monkeypatch: pytest.MonkeyPatch, settings: dict[str, str], complaint: str
) -> None:
    for name, value in settings.items():
        monkeypatch.setenv(f"OCRCHAT_CHAT_{name}", value)

    with pytest.raises(EmulatorFailed, match=complaint):
        runtime.chat(NOWHERE)


def test_without_settings_questions_are_answered_by_quotations() -> None:
    assert runtime.chat(NOWHERE)["chat_provider"] == "extractive"


@pytest.mark.parametrize(
    ("settings", "complaint"),
    [
        ({"PROVIDER": "google"}, "'google' is not one of none, aws, libretranslate"),
        ({"PROVIDER": "libretranslate"}, "needs translate_url"),
        ({"PROVIDER": "libretranslate", "URL": "localhost:5000"}, "needs translate_url"),
        ({"PROVIDER": "aws"}, "translates on AWS alone"),
        ({"MODEL": "eu.anthropic.claude-x"}, "translate_provider 'aws' alone"),
    ],
)
def test_a_translator_that_would_never_translate_is_refused(
    monkeypatch: pytest.MonkeyPatch, settings: dict[str, str], complaint: str
) -> None:
    for name, value in settings.items():
        monkeypatch.setenv(f"OCRCHAT_TRANSLATE_{name}", value)

    with pytest.raises(EmulatorFailed, match=complaint):
        runtime.translate(NOWHERE)


def test_without_settings_nobody_translates() -> None:
    assert runtime.translate(NOWHERE)["translate_provider"] == "none"
