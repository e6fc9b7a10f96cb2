"""Servers of a model over real HTTP: boto3 and httpx against a loopback server that speaks their formats, and misbehaves."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

import boto3
import pytest
from botocore.config import Config

from ocrchat.aws.endpoint import SageMakerEndpoint
from ocrchat.vlm import chat
from ocrchat.vlm.backend import Asleep, Backend, Broken, Busy, NoAnswer, Refused, TooLarge
from ocrchat.vlm.chat import Completion, Picture, Sampling, StreamBroken
from ocrchat.vlm.dialects import DIALECTS
from ocrchat.vlm.openai import OpenAiServer
from tests.model_server import ASLEEP, BreaksOff, Fails, Hangs, Loops, ModelServer, Outcome, Says, serving

if TYPE_CHECKING:
    from mypy_boto3_sagemaker_runtime import SageMakerRuntimeClient

GROUNDING = DIALECTS["lighton-grounding"]
PICTURE = Picture(b"\x89PNG", "image/png", 100, 200)
TEXT = " ".join(f"![text]({n},2,3,4) Straße {n * n} – naïve 日本語 \U0001f600" for n in range(8))


@pytest.fixture
def server() -> Iterator[ModelServer]:
    with serving(Says(TEXT)) as running:
        yield running


@pytest.fixture(params=["sagemaker", "openai"])
def backend(request: pytest.FixtureRequest, server: ModelServer) -> Backend:
    return sagemaker(server) if request.param == "sagemaker" else OpenAiServer(f"{server.url}/v1/", "lighton/m", "key")


def client(server: ModelServer) -> SageMakerRuntimeClient:
    return boto3.client(
        "sagemaker-runtime",
        region_name="us-east-1",
        endpoint_url=server.url,
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=Config(retries={"total_max_attempts": 1}, read_timeout=1),
    )


def sagemaker(server: ModelServer) -> SageMakerEndpoint:
    return SageMakerEndpoint(client(server), "ocrchat-vlm", "lighton/m")


def ask(backend: Backend, seconds: float = 20.0) -> Completion:
    body = chat.request(backend.model, GROUNDING, PICTURE, Sampling(1024, 0.1, 1.0))
    return chat.read(backend.stream(body, time.monotonic() + seconds))


def test_the_answer_comes_whole_however_the_stream_is_cut_into_parts(backend: Backend) -> None:
    completion = ask(backend)

    assert completion.text == TEXT
    assert "".join(token for token, _ in completion.tokens) == TEXT
    assert {logprob for _, logprob in completion.tokens} == {-0.05}
    assert [completion.is_cut, completion.is_looping, completion.is_short] == [False] * 3


def test_what_is_sent_is_what_servers_of_models_share(backend: Backend, server: ModelServer) -> None:
    ask(backend)

    (body,) = server.requests
    picture, prompt = body["messages"][0]["content"]
    assert picture == {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw=="}}
    assert prompt == {"type": "text", "text": "grounding"}
    assert (body["temperature"], body["top_p"], body["max_tokens"], body["stream"]) == (0.1, 1.0, 1024, True)


def test_sagemaker_is_asked_for_its_component(server: ModelServer) -> None:
    ask(sagemaker(server))

    assert server.paths == ["/endpoints/ocrchat-vlm/invocations-response-stream"]
    assert server.headers[0]["X-Amzn-SageMaker-Inference-Component"] == "ocrchat-vlm"
    assert server.requests[0]["model"] == "ocr"


def test_any_other_server_gets_the_name_of_its_model_and_the_key(server: ModelServer) -> None:
    ask(OpenAiServer(f"{server.url}/v1/", "lighton/m", "key\n"))

    assert server.paths == ["/v1/chat/completions"]
    assert server.headers[0]["Authorization"] == "Bearer key"
    assert server.requests[0]["model"] == "lighton/m"
    assert server.headers[0]["Accept-Encoding"] == "identity"


@pytest.mark.parametrize(
    ("outcome", "error"),
    [
        (ASLEEP, Asleep),
        (Fails("ValidationError", 400, "Endpoint ocrchat-vlm of account 1 not found."), Asleep),
        (Fails("ValidationError", 400, "1 validation error detected: Value at 'body' failed to satisfy"), TooLarge),
        (Fails("ServiceUnavailable", 503), Busy),
        (Fails("InternalFailure", 500), Busy),
        (Fails("InternalDependencyException", 530), Busy),
        (Fails("ModelNotReadyException", 429), Busy),
        (Fails("ThrottlingException", 400), Busy),
        (Fails("ModelError", 424, "too long", {"OriginalStatusCode": 400, "OriginalMessage": "context"}), TooLarge),
        (Fails("ModelError", 424, "oops", {"OriginalStatusCode": 500, "OriginalMessage": "CUDA"}), Broken),
        (Fails("ModelError", 424, "silent"), Broken),
        (Fails("ModelError", 424, "slow down", {"OriginalStatusCode": 429}), Busy),
        (Fails("", 429), Busy),
        (Fails("", 504), Busy),
        (Fails("InternalServerException", 500), Busy),
        (Fails("AccessDeniedException", 403), Refused),
        (Hangs(2.0), Busy),
    ],
    ids=lambda value: str(value)[:60],
)
def test_each_error_of_sagemaker_says_what_to_do(server: ModelServer, outcome: Outcome, error: type[NoAnswer]) -> None:
    server.outcomes = [outcome]

    with pytest.raises(error):
        ask(sagemaker(server))
    assert len(server.requests) == 1  # the queue repeats, not the client


@pytest.mark.parametrize(
    ("outcome", "error"),
    [
        (Fails(status=503, message="Loading model"), Busy),
        (Fails(status=429), Busy),
        (Fails(status=413), TooLarge),
        (Fails(status=400, message="the request exceeds the available context size"), TooLarge),
        (Fails(status=400, message="unknown field"), Refused),
        (Fails(status=401), Refused),
        (Fails(status=404, message='model "x" not found'), Refused),
        (Fails(status=500), Broken),
    ],
    ids=lambda value: str(value)[:60],
)
def test_each_error_of_any_other_server_says_what_to_do(
    server: ModelServer, outcome: Outcome, error: type[NoAnswer]
) -> None:
    server.outcomes = [outcome]

    with pytest.raises(error):
        ask(OpenAiServer(server.url, "m"))


@pytest.mark.parametrize(
    ("url", "error"), [("http://127.0.0.1:9/v1", Busy), ("localhost/v1", Refused), ("ftp://x", Refused)]
)
def test_a_server_that_is_not_there_may_come_and_an_address_that_is_none_will_not(
    url: str, error: type[NoAnswer]
) -> None:
    with pytest.raises(error):
        ask(OpenAiServer(url, "m"))


def test_a_key_that_none_can_be_is_refused(server: ModelServer) -> None:
    with pytest.raises(Refused, match="API key"):
        ask(OpenAiServer(server.url, "m", "schlüssel"))


@pytest.mark.parametrize(
    "outcome",
    [
        Fails("ModelError", 424, "quoted", {"OriginalStatusCode": 400, "OriginalMessage": "quoted"}),
        Fails("ValidationError", 400, "1 validation error detected: Value quoted at 'body'"),
        Fails("AccessDeniedException", 403, "quoted"),
        Fails(status=400, message="quoted", more={"error": {"message": "quoted", "type": "quoted text", "code": 7}}),
        Fails(status=500, message="quoted"),
        BreaksOff("quoted", code="ModelStreamError"),
    ],
)
def test_what_a_server_quotes_in_an_error_is_in_no_error_of_ours(
    backend: Backend, server: ModelServer, outcome: Outcome
) -> None:
    """They are written into the log, and servers quote what they were sent: a page, or a question."""
    server.outcomes = [outcome]

    with pytest.raises((NoAnswer, StreamBroken)) as raised:
        list(backend.stream(b"{}", time.monotonic() + 5))

    assert "quoted" not in str(raised.value)


def test_what_a_server_calls_an_error_is(server: ModelServer) -> None:
    server.outcomes = [Fails(status=404, more={"error": {"type": "invalid_request_error", "code": "model_not_found"}})]

    with pytest.raises(Refused, match="404 invalid_request_error model_not_found"):
        ask(OpenAiServer(server.url, "m"))


def test_a_key_that_cannot_be_sent_is_not_told(server: ModelServer) -> None:
    with pytest.raises(Refused) as raised:
        ask(OpenAiServer(server.url, "m", "secret\nkey"))

    assert "secret" not in str(raised.value)


def test_a_stream_that_breaks_off_keeps_what_has_come(backend: Backend, server: ModelServer) -> None:
    server.outcomes = [BreaksOff(TEXT)]

    completion = ask(backend)

    assert completion.is_cut
    assert TEXT.startswith(completion.text)
    assert len(completion.text) > len(TEXT) // 2


def test_an_error_within_the_stream_is_a_stream_that_breaks_off(server: ModelServer) -> None:
    server.outcomes = [BreaksOff(TEXT, code="ModelStreamError")]

    assert ask(sagemaker(server)).is_cut


def test_a_stream_that_breaks_off_before_the_first_word_is_no_answer(backend: Backend, server: ModelServer) -> None:
    server.outcomes = [BreaksOff("")]

    with pytest.raises(StreamBroken):
        ask(backend)


def test_a_model_that_repeats_itself_is_stopped_while_it_writes(backend: Backend, server: ModelServer) -> None:
    server.outcomes = [Loops("the same line again. ", opening="![text](1,2,3,4) It began well. ")]

    completion = ask(backend)

    assert completion.is_looping
    assert completion.text == "![text](1,2,3,4) It began well. the same line again"
    give_up = time.monotonic() + 5
    while not server.hung_up and time.monotonic() < give_up:
        time.sleep(0.01)
    assert server.hung_up == 1  # and its server has been told


def test_a_model_that_does_not_end_in_time_is_cut_off(backend: Backend, server: ModelServer) -> None:
    server.outcomes = [Says(TEXT, token=len(TEXT) // 20, pause=0.05)]

    completion = ask(backend, seconds=0.5)

    assert completion.is_cut
    assert TEXT.startswith(completion.text)


def test_the_stand_in_answers_synchronous_calls_too(server: ModelServer) -> None:
    answer = client(server).invoke_endpoint(EndpointName="e", ContentType="application/json", Body=b"{}")

    assert json.load(answer["Body"])["choices"][0]["message"]["content"] == TEXT
