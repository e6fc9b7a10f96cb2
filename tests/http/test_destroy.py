"""`make destroy`: of a dev stack the documents go too, and only of one. In the emulator, beside the stack that is served."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Iterator
from typing import Any

import boto3
import pytest

from infra import deployment
from tests.http.conftest import ROOT, Server


@pytest.fixture
def buckets(server: Server, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Of a stack OcrChatDev, with a document in each."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    served = json.loads((ROOT / ".build" / f"serve-{server.port}.json").read_text())
    monkeypatch.setenv("AWS_ENDPOINT_URL", served["endpoint"])
    boto3.setup_default_session()
    cloudformation = boto3.client("cloudformation")
    name, drops = (f"{kind}-{uuid.uuid4().hex}" for kind in ("documents", "drops"))
    template = {
        "Resources": {
            "Documents": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": name}},
            "Drops": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": drops}},
        },
        "Outputs": {"BucketName": {"Value": {"Ref": "Documents"}}, "DropBucketName": {"Value": {"Ref": "Drops"}}},
    }
    cloudformation.create_stack(StackName="OcrChatDev", TemplateBody=json.dumps(template))
    give_up = time.monotonic() + 20
    while cloudformation.describe_stacks(StackName="OcrChatDev")["Stacks"][0]["StackStatus"] != "CREATE_COMPLETE":
        assert time.monotonic() < give_up
        time.sleep(0.05)
    buckets = [boto3.resource("s3").Bucket(bucket) for bucket in (name, drops)]
    buckets[0].put_object(Key="jobs/7/1/source", Body=b"x")
    buckets[1].put_object(Key="drop/acme/invoice.pdf", Body=b"x")
    yield buckets
    cloudformation.delete_stack(StackName="OcrChatDev")


def documents(buckets: Any) -> list[int]:
    return [len(list(bucket.objects.all())) for bucket in buckets]


def test_a_dev_stack_is_emptied_once_its_name_is_typed(buckets: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("builtins.input", lambda _: "OcrChat")
    assert deployment.main("empty", "-c", "stage=dev") == 1
    assert documents(buckets) == [1, 1]

    monkeypatch.setattr("builtins.input", lambda _: "OcrChatDev")
    assert deployment.main("empty", "-c", "stage=dev") == 0
    assert documents(buckets) == [0, 0]


@pytest.mark.parametrize("arguments", [(), ("-c", "stage=prod")])
def test_of_prod_nothing_is_deleted(
    buckets: Any, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...]
) -> None:
    assert deployment.main("empty", *arguments) == 0
    assert "are kept" in capsys.readouterr().out
    assert documents(buckets) == [1, 1]


def test_a_stage_that_there_is_not_is_a_line(buckets: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert deployment.main("empty", "-c", "stage=test") == 1
    assert capsys.readouterr().err == "cdk.json, or -c: stage: 'test' is not one of dev, prod.\n"
    assert documents(buckets) == [1, 1]
