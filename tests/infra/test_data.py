"""What people send is kept private, and not for ever; no page is lost between two queues."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from moto import mock_aws

from ocrchat.aws.jobs_table import JobsTable
from ocrchat.media import MediaType
from ocrchat.model import Job, JobOptions, Lane
from tests.infra.synthesised import Synthesised, flat

PAGE_QUEUES = {"QueuesInteractive", "QueuesBulk"}


def test_the_bucket_is_private_and_encrypted(stack: Synthesised) -> None:
    bucket = stack.only("S3::Bucket")
    assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
    assert "AccessControl" not in bucket
    (rule,) = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert rule["ServerSideEncryptionByDefault"]["SSEAlgorithm"] == "AES256"


def test_files_of_jobs_expire_and_abandoned_uploads_go(stack: Synthesised) -> None:
    rules = stack.only("S3::Bucket")["LifecycleConfiguration"]["Rules"]
    assert {"Prefix": "jobs/", "ExpirationInDays": 30, "Status": "Enabled"} in rules
    assert {"AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 1}, "Status": "Enabled"} in rules


def test_bucket_and_queues_refuse_plain_http_and_grant_nothing(stack: Synthesised) -> None:
    policies = stack.properties("S3::BucketPolicy") | stack.properties("SQS::QueuePolicy")
    for policy in policies.values():
        (statement,) = policy["PolicyDocument"]["Statement"]
        assert statement["Effect"] == "Deny"
        assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    covered = {flat(queue) for policy in stack.properties("SQS::QueuePolicy").values() for queue in policy["Queues"]}
    assert covered == {flat({"Ref": name}) for name in stack.resources("SQS::Queue")}


def test_documents_and_jobs_survive_the_stack(stack: Synthesised) -> None:
    for type_ in ("S3::Bucket", "DynamoDB::Table"):
        (resource,) = stack.resources(type_).values()
        assert resource["DeletionPolicy"] == "RetainExceptOnCreate"  # of a first deployment that fails nothing stays
        assert resource["UpdateReplacePolicy"] == "Retain"


def test_the_table_is_encrypted_recoverable_and_forgets(stack: Synthesised) -> None:
    table = stack.only("DynamoDB::Table")
    assert table["BillingMode"] == "PAY_PER_REQUEST"
    assert table["SSESpecification"] == {"SSEEnabled": True}
    assert table["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
    assert table["TimeToLiveSpecification"] == {"AttributeName": "expires_at", "Enabled": True}


def test_the_table_is_one_that_the_adapter_works_on(stack: Synthesised, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    properties = stack.only("DynamoDB::Table")
    shape: Any = {
        name: properties[name]
        for name in ("KeySchema", "AttributeDefinitions", "BillingMode", "GlobalSecondaryIndexes")
    }
    job = Job(
        id="0" * 32,
        account_id="a",
        filename="f.pdf",
        media_type=MediaType.PDF,
        page_count=1,
        options=JobOptions(),
        created_at=datetime.now(UTC),
    )
    with mock_aws():
        client = boto3.client("dynamodb", region_name="us-east-1")
        client.create_table(TableName="jobs", **shape)
        jobs = JobsTable(client, "jobs")
        jobs.create(job)

        assert list(jobs.open_jobs(Lane.INTERACTIVE)) == [job.id]


def test_every_queue_but_the_last_has_a_dead_letter_queue(stack: Synthesised) -> None:
    then = {
        flat({"Ref": name}): flat(queue["RedrivePolicy"]["deadLetterTargetArn"])
        for name, queue in stack.properties("SQS::Queue").items()
        if "RedrivePolicy" in queue
    }
    assert then == {
        "QueuesInteractive": "QueuesDeadLetters",
        "QueuesBulk": "QueuesDeadLetters",
        "QueuesDeadLetters": "QueuesParking",
    }
    assert len(stack.resources("SQS::Queue")) == 4


def test_queues_are_encrypted_and_a_dead_letter_outlives_the_queue_it_came_from(stack: Synthesised) -> None:
    """A message keeps its age when it moves, so the dead-letter queue must keep messages for longer."""
    for queue in stack.properties("SQS::Queue").values():
        assert queue["SqsManagedSseEnabled"] is True
        if "RedrivePolicy" in queue:
            target = stack.queue(queue["RedrivePolicy"]["deadLetterTargetArn"])
            assert target["MessageRetentionPeriod"] == 14 * 24 * 3600


def test_a_message_stays_hidden_six_times_as_long_as_its_consumer_may_run(stack: Synthesised) -> None:
    for mapping in stack.properties("Lambda::EventSourceMapping").values():
        consumer = stack.functions()[stack.function_of(mapping["FunctionName"])]["Properties"]
        assert stack.queue(mapping["EventSourceArn"])["VisibilityTimeout"] >= 6 * consumer["Timeout"]


def test_pages_come_one_by_one_to_a_bounded_number_of_workers(stack: Synthesised) -> None:
    mappings = {flat(m["EventSourceArn"]): m for m in stack.properties("Lambda::EventSourceMapping").values()}
    assert set(mappings) == PAGE_QUEUES | {"QueuesDeadLetters"}
    for queue, mapping in mappings.items():
        assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
        if queue in PAGE_QUEUES:
            assert stack.function_of(mapping["FunctionName"]) == "ocr_page.handler"
            assert mapping["BatchSize"] == 1
            assert mapping["ScalingConfig"]["MaximumConcurrency"] >= 2
    assert stack.function_of(mappings["QueuesDeadLetters"]["FunctionName"]) == "ocr_page.dead_letter"


def test_resources_are_named_by_cloudformation(stack: Synthesised) -> None:
    """So that the stack can be deployed twice, and a resource replaced."""
    named = {
        f"{name}.{key}"
        for name, resource in stack.template["Resources"].items()
        for key, value in resource.get("Properties", {}).items()
        if key.endswith("Name") and isinstance(value, str)
    }
    # The names of inline policies and of the stage live inside their role and API.
    assert {name for name in named if not name.endswith((".PolicyName", ".StageName"))} == set()
