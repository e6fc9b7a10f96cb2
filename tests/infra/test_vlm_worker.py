"""The worker that asks the model: it may reach what its backend needs, and there are as many as the endpoint takes."""

from __future__ import annotations

import pytest

from benchmarks import deployed
from infra.config import REQUESTS_PER_COPY
from tests.infra.conftest import synthesise
from tests.infra.synthesised import Synthesised, flat

ASKS = "ocr_page.vlm"


@pytest.fixture(scope="session")
def with_endpoint(tmp_path_factory: pytest.TempPathFactory) -> Synthesised:
    return synthesise(tmp_path_factory, vlm_backend="sagemaker", vlm_endpoint="my-model", vlm_max_copies="3")


@pytest.fixture(scope="session")
def with_server(tmp_path_factory: pytest.TempPathFactory) -> Synthesised:
    return synthesise(
        tmp_path_factory, vlm_backend="openai", vlm_url="https://ocr.example/v1", vlm_model="m", vlm_secret="ocr/key"
    )


def granted(stack: Synthesised, service: str) -> set[str]:
    return {grant for grant in stack.grants(stack.functions()[ASKS]["Properties"]["Role"]) if grant.startswith(service)}


def test_the_bill_reckons_with_as_many_requests_as_a_copy_gets() -> None:
    assert deployed.data("assumptions")["vlm"]["requests_per_copy"] == REQUESTS_PER_COPY


def test_by_default_it_reaches_no_model(stack: Synthesised) -> None:
    assert granted(stack, "sagemaker:") | granted(stack, "secretsmanager:") == set()


def test_it_invokes_the_one_endpoint_and_its_component(with_endpoint: Synthesised) -> None:
    prefix = "arn:AWS::Partition:sagemaker:AWS::Region:AWS::AccountId"
    assert granted(with_endpoint, "sagemaker:") == {
        f"sagemaker:{action} {prefix}:{kind}/my-model"
        for action in ("InvokeEndpoint", "InvokeEndpointWithResponseStream")
        for kind in ("endpoint", "inference-component")
    }


def test_as_many_ask_at_once_as_the_endpoint_reads(with_endpoint: Synthesised) -> None:
    (mapping,) = [
        mapping
        for mapping in with_endpoint.properties("Lambda::EventSourceMapping").values()
        if flat(mapping["EventSourceArn"]) == "QueuesVlm"
    ]
    assert mapping["ScalingConfig"]["MaximumConcurrency"] == 3 * REQUESTS_PER_COPY


def test_any_other_server_is_reached_with_the_one_secret_that_the_context_names(with_server: Synthesised) -> None:
    prefix = "arn:AWS::Partition:secretsmanager:AWS::Region:AWS::AccountId:secret"
    assert granted(with_server, "secretsmanager:") == {f"secretsmanager:GetSecretValue {prefix}:ocr/key-??????"}
    assert granted(with_server, "sagemaker:") == set()
    variables = with_server.functions()[ASKS]["Properties"]["Environment"]["Variables"]
    assert variables["OCRCHAT_VLM_URL"] == "https://ocr.example/v1"
    assert "OCRCHAT_VLM_URL" not in with_server.functions()["submit.api"]["Properties"]["Environment"]["Variables"]


def test_a_queue_that_waits_half_an_hour_has_the_patience(stack: Synthesised) -> None:
    """Each wait for a sleeping model is a delivery, of a minute at least."""
    queue = next(q for name, q in stack.properties("SQS::Queue").items() if flat({"Ref": name}) == "QueuesVlm")
    waits = int(stack.functions()[ASKS]["Properties"]["Environment"]["Variables"]["OCRCHAT_VLM_MAX_WAIT"]) / 60
    assert queue["RedrivePolicy"]["maxReceiveCount"] > waits + 10
