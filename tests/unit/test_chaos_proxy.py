"""The proxy of `make chaos`: what it does to calls is what AWS does to them, as the SDK sees it."""

from __future__ import annotations

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, ConnectionClosedError

from chaos.proxy import Fault, Kind, Proxy
from chaos.refusals import Service
from tests.loopback import listening

CALLS: dict[Service, tuple[str, str, dict[str, Any]]] = {
    "dynamodb": ("dynamodb", "get_item", {"TableName": "jobs", "Key": {"pk": {"S": "a"}}}),
    "s3": ("s3", "get_object", {"Bucket": "documents", "Key": "a"}),
    "sqs": ("sqs", "send_message", {"QueueUrl": "http://127.0.0.1/1/q", "MessageBody": "{}"}),
    "states": ("stepfunctions", "send_task_success", {"taskToken": "t", "output": "{}"}),
}

THROTTLED = {
    "dynamodb": "ProvisionedThroughputExceededException",
    "s3": "SlowDown",
    "sqs": "RequestThrottled",
    "states": "ThrottlingException",
}


class Upstream(BaseHTTPRequestHandler):
    """Takes every call, and keeps what came."""

    came: list[tuple[str, bytes]]

    def do_POST(self) -> None:
        self.came.append((self.path, self.rfile.read(int(self.headers.get("Content-Length", 0)))))
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def do_GET(self) -> None:
        self.do_POST()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def came() -> list[tuple[str, bytes]]:
    Upstream.came = []
    return Upstream.came


@pytest.fixture
def proxy(came: list[tuple[str, bytes]]) -> Iterator[Proxy]:
    with listening(Upstream) as port, Proxy(seed=1).serving() as proxy:
        proxy.target = f"http://127.0.0.1:{port}"
        yield proxy


def call(proxy: Proxy, service: Service) -> Any:
    name, operation, arguments = CALLS[service]
    session = boto3.Session(aws_access_key_id="test", aws_secret_access_key="test", region_name="us-east-1")
    config = Config(retries={"mode": "standard", "total_max_attempts": 1}, s3={"addressing_style": "path"})
    return getattr(session.client(name, endpoint_url=proxy.url, config=config), operation)(**arguments)


@pytest.mark.parametrize("service", list(CALLS))
def test_a_call_goes_through(proxy: Proxy, came: list[tuple[str, bytes]], service: Service) -> None:
    call(proxy, service)

    assert len(came) == proxy.calls == 1
    assert not proxy.injected


@pytest.mark.parametrize("service", list(CALLS))
def test_a_throttled_call_is_refused_by_the_services_own_code(
    proxy: Proxy, came: list[tuple[str, bytes]], service: Service
) -> None:
    with proxy.failing(Fault(Kind.THROTTLED, service, 1.0)), pytest.raises(ClientError) as refused:
        call(proxy, service)

    assert refused.value.response["Error"]["Code"] == THROTTLED[service]
    assert not came
    assert proxy.injected[f"{service} throttled"] == 1


@pytest.mark.parametrize("service", list(CALLS))
def test_a_broken_service_answers_5xx(proxy: Proxy, came: list[tuple[str, bytes]], service: Service) -> None:
    with proxy.failing(Fault(Kind.BROKEN, service, 1.0)), pytest.raises(ClientError) as refused:
        call(proxy, service)

    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] >= 500
    assert not came


@pytest.mark.parametrize("service", list(CALLS))
def test_an_answer_gets_lost_after_the_effect(proxy: Proxy, came: list[tuple[str, bytes]], service: Service) -> None:
    with proxy.failing(Fault(Kind.UNHEARD, service, 1.0)), pytest.raises(ConnectionClosedError):
        call(proxy, service)

    assert len(came) == 1


def test_a_call_is_made_twice_and_answered_once(proxy: Proxy, came: list[tuple[str, bytes]]) -> None:
    with proxy.failing(Fault(Kind.TWICE, "dynamodb", 1.0)):
        call(proxy, "dynamodb")

    assert len(came) == 2
    assert came[0] == came[1]


def test_a_message_comes_late(proxy: Proxy, came: list[tuple[str, bytes]]) -> None:
    with proxy.failing(Fault(Kind.LATE, "sqs", 1.0)):
        for _ in range(5):
            call(proxy, "sqs")

    assert any(b'"DelaySeconds": ' in body for _, body in came)


def test_other_services_and_operations_are_spared(proxy: Proxy) -> None:
    with proxy.failing(Fault(Kind.BROKEN, "s3", 1.0), Fault(Kind.BROKEN, "dynamodb", 1.0, "PutItem")):
        call(proxy, "dynamodb")
        call(proxy, "sqs")

    assert not proxy.injected
