"""The product's adapters on moto: one thread, nothing faked by hand."""

from __future__ import annotations

from collections.abc import Iterator

import boto3
import pytest
from moto import mock_aws

from ocrchat.cloud import Cloud
from ocrchat.settings import Settings


@pytest.fixture
def cloud(monkeypatch: pytest.MonkeyPatch) -> Iterator[Cloud]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    with mock_aws():
        session = boto3.Session()
        session.client("s3").create_bucket(Bucket="documents")
        session.client("dynamodb").create_table(
            TableName="jobs",
            BillingMode="PAY_PER_REQUEST",
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
            AttributeDefinitions=[
                {"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk", "open_lane", "created_at")
            ],
            GlobalSecondaryIndexes=[
                {
                    "IndexName": "open-jobs",
                    "KeySchema": [
                        {"AttributeName": "open_lane", "KeyType": "HASH"},
                        {"AttributeName": "created_at", "KeyType": "RANGE"},
                    ],
                    "Projection": {"ProjectionType": "KEYS_ONLY"},
                }
            ],
        )
        queues = [session.client("sqs").create_queue(QueueName=name)["QueueUrl"] for name in ("interactive", "bulk")]
        yield Cloud.connect(
            Settings(table="jobs", bucket="documents", interactive_queue=queues[0], bulk_queue=queues[1]), session
        )
