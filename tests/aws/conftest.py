"""The product's adapters on moto, one thread, nothing faked by hand."""

from __future__ import annotations

import io
import json
import sys
import urllib.parse
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from botocore.awsrequest import AWSRequest, AWSResponse
from moto import mock_aws

from ocrchat import asl, plans, usecases
from ocrchat.billing import Account
from ocrchat.cloud import Cloud
from ocrchat.cloud import cloud as connected
from ocrchat.media import MediaType
from ocrchat.model import Job, JobOptions
from ocrchat.settings import Settings
from tests.plans import PLANS

Handler = Callable[[Any], Any]


@pytest.fixture
def runs_executions() -> bool:
    """Whether the state machine's executions run. A test that does the workflow's part by hand overrides this."""
    return True


@pytest.fixture
def session(monkeypatch: pytest.MonkeyPatch, runs_executions: bool) -> Iterator[boto3.Session]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    with mock_aws(config={"stepfunctions": {"execute_state_machine": runs_executions}}):
        boto3.setup_default_session(region_name="us-east-1")
        assert boto3.DEFAULT_SESSION is not None
        yield boto3.DEFAULT_SESSION


@pytest.fixture
def functions(session: boto3.Session) -> dict[str, Handler]:
    """What the state machine's Lambda tasks run, in this process, by function name."""
    handlers: dict[str, Handler] = {}

    def dispatch(request: AWSRequest, **_: Any) -> AWSResponse:
        name = urllib.parse.unquote(request.url.split("/functions/")[1].split("/")[0]).split(":")[-1]
        headers = {"content-type": "application/json"}
        try:
            body = json.dumps(handlers[name](json.loads(request.body))).encode()
        except Exception as error:  # as Lambda does: whatever the handler raises is its answer
            headers["x-amz-function-error"] = "Unhandled"
            body = json.dumps({"errorMessage": str(error), "errorType": type(error).__name__}).encode()
        return AWSResponse(request.url, 200, headers, Raw(body))

    session.events.register("before-send.lambda.Invoke", dispatch)
    return handlers


_MACHINE = {
    "SplitFunction": "split",
    "PrepareFunction": "prepare",
    "TranslateFunction": "translate",
    "AssembleFunction": "assemble",
    "Table": "jobs",
}


class Raw(io.BytesIO):
    """The body of an AWSResponse: a stream that can also be iterated in parts."""

    def stream(self) -> Iterator[bytes]:
        yield self.read()


@pytest.fixture
def settings(session: boto3.Session) -> Settings:
    return create(session)


def create(session: boto3.Session) -> Settings:
    """What the stack has: bucket, table, state machine, queues."""
    for name in ("documents", "drops"):
        session.client("s3").create_bucket(Bucket=name)
    session.client("dynamodb").create_table(
        TableName="jobs",
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
        AttributeDefinitions=[
            {"AttributeName": name, "AttributeType": "S"}
            for name in ("pk", "sk", "open_lane", "created_at", "account_id")
        ],
        GlobalSecondaryIndexes=[
            {
                "IndexName": "open-jobs",
                "KeySchema": [
                    {"AttributeName": "open_lane", "KeyType": "HASH"},
                    {"AttributeName": "created_at", "KeyType": "RANGE"},
                ],
                "Projection": {"ProjectionType": "KEYS_ONLY"},
            },
            {
                "IndexName": "account-jobs",
                "KeySchema": [
                    {"AttributeName": "account_id", "KeyType": "HASH"},
                    {"AttributeName": "created_at", "KeyType": "RANGE"},
                ],
                "Projection": {"ProjectionType": "ALL"},
            },
        ],
    )
    definition = asl.definition()
    for name, value in _MACHINE.items():
        definition = definition.replace(f"${{{name}}}", value)
    machine = session.client("stepfunctions").create_state_machine(
        name="job", definition=definition, roleArn="arn:aws:iam::123456789012:role/machine"
    )
    sqs = session.client("sqs")
    return Settings(
        table="jobs",
        bucket="documents",
        interactive_queue=sqs.create_queue(QueueName="interactive")["QueueUrl"],
        priority_queue=sqs.create_queue(QueueName="priority")["QueueUrl"],
        bulk_queue=sqs.create_queue(QueueName="bulk")["QueueUrl"],
        vlm_queue=sqs.create_queue(QueueName="vlm")["QueueUrl"],
        event_queue=sqs.create_queue(QueueName="events")["QueueUrl"],
        plans=plans.write(PLANS),
        drop_bucket="drops",
        drop_queue=sqs.create_queue(QueueName="drops")["QueueUrl"],
        result_queue=sqs.create_queue(QueueName="results")["QueueUrl"],
        state_machine=machine["stateMachineArn"],
    )


@pytest.fixture
def deployed(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Settings], None]]:
    """Gives this process the environment of a deployed function."""

    def deploy(settings: Settings) -> None:
        for name, value in settings.to_env().items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "1769")
        monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", "test")
        monkeypatch.setenv("POWERTOOLS_METRICS_NAMESPACE", "test")
        connected.cache_clear()

    yield deploy
    connected.cache_clear()
    page_worker = sys.modules.get("functions.ocr_page.handler")
    if page_worker and page_worker.pages.cache_info().currsize:
        page_worker.pages().stop()
        page_worker.pages.cache_clear()


@pytest.fixture
def cloud(settings: Settings, session: boto3.Session) -> Cloud:
    return Cloud.connect(settings, session)


@pytest.fixture
def account(cloud: Cloud) -> Account:
    """Opened with 1,000 credits."""
    usecases.open_account(cloud, "account", PLANS["business"])
    return cloud.books.grant("account", 1000, "to begin with", datetime.now(UTC))


@pytest.fixture
def job(cloud: Cloud, account: Account) -> Job:
    """A PDF of two pages, submitted; its workflow does not run."""
    job = Job("1" * 32, account.id, "a.pdf", MediaType.PDF, 2, JobOptions(), created_at=datetime.now(UTC), credits=2)
    return cloud.books.open(job, None)
