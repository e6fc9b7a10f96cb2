"""What this version writes of jobs in flight, for the versions after it to read: see test_upgrade.py.

python -m tests.aws.recording > tests/aws/written/<version>.json        at each release
"""

from __future__ import annotations

import base64
import json
import os
import sys
import tempfile
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import boto3
from moto import mock_aws

from ocrchat import usecases
from ocrchat.aws.queue import from_message
from ocrchat.cloud import Cloud
from ocrchat.engines.null import NullModels
from ocrchat.model import Job, JobOptions, Tier
from ocrchat.reader import Reader
from ocrchat.scratch import Scratch
from ocrchat.settings import Settings, VlmBackend
from ocrchat.usecases import Request, SentFile
from tests.documents import digital_pdf
from tests.plans import PLANS

ACCOUNT = "account"
CALLBACK = "https://93.184.216.34/hook"
"""An address that needs no resolving. Nothing is sent there."""
QUEUES = ("interactive_queue", "vlm_queue", "event_queue")
REGION = "us-east-1"


def record(cloud: Cloud, settings: Settings, session: boto3.Session) -> dict[str, Any]:
    """Three jobs of one account: `begun`, of three pages and one read; `handed_over`, of a page that waits for a model; `done`,
    whose caller is still to be told."""
    now = datetime.now(UTC)
    usecases.open_account(cloud, ACCOUNT, PLANS["business"])
    cloud.books.grant(ACCOUNT, 1000, "to begin with", now)
    token = cloud.accounts.issue_token(ACCOUNT, "test", now)
    with tempfile.TemporaryDirectory() as folder:
        scratch = Scratch(Path(folder))

        def submitted(pages: int, **options: Any) -> Job:
            account = cloud.accounts.get(ACCOUNT)
            assert account is not None
            request = Request(SentFile("test.pdf", digital_pdf(pages)), JobOptions(**options))
            job = usecases.submit(cloud, account, request, now).job
            usecases.split(cloud, job.id, "token", scratch)
            return job

        def read_next(cloud: Cloud) -> None:
            (message,) = receive(session, settings.interactive_queue, 1)
            usecases.read_page(cloud, from_message(message), Reader(dict.fromkeys(Tier, NullModels())), scratch)

        done = submitted(1, callback_url=CALLBACK)
        read_next(cloud)
        usecases.assemble(cloud, done.id)
        handed_over = submitted(1, tier=Tier.VLM)
        read_next(replace(cloud, vlm_backend=VlmBackend.SAGEMAKER))
        begun = submitted(3, callback_url=CALLBACK)
        read_next(cloud)
    objects = session.resource("s3").Bucket(settings.bucket).objects.all()
    return {
        "token": token,
        "jobs": {"begun": begun.id, "handed_over": handed_over.id, "done": done.id},
        "items": session.client("dynamodb").scan(TableName=settings.table)["Items"],
        "objects": {it.key: base64.b64encode(it.get()["Body"].read()).decode() for it in objects},
        "messages": {name: receive(session, getattr(settings, name), 10) for name in QUEUES},
        "executions": [
            session.client("stepfunctions").describe_execution(executionArn=it["executionArn"])["input"]
            for it in session.client("stepfunctions").list_executions(stateMachineArn=settings.state_machine)[
                "executions"
            ]
        ],
    }


def restore(written: dict[str, Any], settings: Settings, session: boto3.Session) -> None:
    """What was kept, into empty ones. The messages are the test's to deliver."""
    for item in written["items"]:
        session.client("dynamodb").put_item(TableName=settings.table, Item=item)
    bucket = session.resource("s3").Bucket(settings.bucket)
    for key, content in written["objects"].items():
        bucket.put_object(Key=key, Body=base64.b64decode(content))


def receive(session: boto3.Session, url: str, count: int) -> list[str]:
    """Takes messages off a queue: their bodies."""
    sqs = session.client("sqs")
    messages = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=count).get("Messages", [])
    for message in messages:
        sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    return [message["Body"] for message in messages]


def main(create: Callable[[boto3.Session], Settings]) -> None:
    os.environ |= {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_DEFAULT_REGION": REGION}
    with mock_aws(config={"stepfunctions": {"execute_state_machine": False}}):
        session = boto3.Session(region_name=REGION)
        settings = create(session)
        json.dump(record(Cloud.connect(settings, session), settings, session), sys.stdout, indent=1, sort_keys=True)
        print()


if __name__ == "__main__":
    from tests.aws.conftest import create

    main(create)
