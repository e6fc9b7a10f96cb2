"""What people send is kept private, and not for ever; no page is lost between two queues."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from moto import mock_aws

from functions.export.webhook import RETRY_SECONDS
from ocrchat import keys, plans, usecases
from ocrchat.aws import jobs_table
from ocrchat.cloud import Cloud
from ocrchat.media import MediaType
from ocrchat.model import Job, JobOptions, Lane
from ocrchat.settings import Settings
from tests.infra.synthesised import Synthesised, flat
from tests.plans import PLANS

PAGE_QUEUES = {"QueuesInteractive", "QueuesPriority", "QueuesBulk"}
EVENTS = "EventsQueue"


def test_the_bucket_is_private_and_encrypted(stack: Synthesised) -> None:
    bucket = stack.named("S3::Bucket", "StorageDocuments")
    assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
    assert "AccessControl" not in bucket
    (rule,) = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert rule["ServerSideEncryptionByDefault"]["SSEAlgorithm"] == "AES256"


def test_files_of_jobs_expire_and_abandoned_uploads_go(stack: Synthesised) -> None:
    rules = stack.named("S3::Bucket", "StorageDocuments")["LifecycleConfiguration"]["Rules"]
    expiring = {rule["Prefix"]: rule["ExpirationInDays"] for rule in rules if "Prefix" in rule}
    assert expiring == {"uploads/": 1, **{f"jobs/{days}/": days for days in plans.RETENTIONS}}
    assert {"AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 1}, "Status": "Enabled"} in rules
    assert {rule["Status"] for rule in rules} == {"Enabled"}


def test_a_job_of_every_plan_stands_under_the_rule_of_its_retention(stack: Synthesised) -> None:
    rules = stack.named("S3::Bucket", "StorageDocuments")["LifecycleConfiguration"]["Rules"]
    for plan in PLANS.values():
        key = keys.source(new_job(retention_days=plan.retention_days))
        matching = [rule["ExpirationInDays"] for rule in rules if "Prefix" in rule and key.startswith(rule["Prefix"])]
        assert matching == [plan.retention_days]


def test_pages_in_a_browser_may_use_presigned_addresses(stack: Synthesised) -> None:
    assert stack.named("S3::Bucket", "StorageDocuments")["CorsConfiguration"]["CorsRules"] == [
        {
            "AllowedHeaders": ["*"],
            "AllowedMethods": ["GET", "POST"],
            "AllowedOrigins": ["*"],
            "ExposedHeaders": ["ETag"],
        }
    ]


def test_buckets_and_queues_refuse_plain_http_and_grant_nothing(stack: Synthesised) -> None:
    """But for the queue that S3 speaks to: tests/infra/test_drop.py."""
    policies = stack.properties("S3::BucketPolicy") | stack.properties("SQS::QueuePolicy")
    for policy in policies.values():
        statement, *more = policy["PolicyDocument"]["Statement"]
        assert [flat(queue) for queue in policy.get("Queues", [])] == ["DropDrops"] if more else True
        assert statement["Effect"] == "Deny"
        assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    covered = {flat(queue) for policy in stack.properties("SQS::QueuePolicy").values() for queue in policy["Queues"]}
    assert covered == {flat({"Ref": name}) for name in stack.resources("SQS::Queue")}


def test_documents_and_jobs_survive_the_stack(stack: Synthesised) -> None:
    kept = stack.resources("S3::Bucket") | stack.resources("DynamoDB::Table")
    assert len(kept) == 3
    for resource in kept.values():
        assert resource["DeletionPolicy"] == "RetainExceptOnCreate"  # of a first deployment that fails nothing stays
        assert resource["UpdateReplacePolicy"] == "Retain"


def test_the_table_is_encrypted_recoverable_and_forgets(stack: Synthesised) -> None:
    table = stack.only("DynamoDB::Table")
    assert table["BillingMode"] == "PAY_PER_REQUEST"
    assert table["SSESpecification"] == {"SSEEnabled": True}
    assert table["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
    assert table["TimeToLiveSpecification"] == {"AttributeName": "expires_at", "Enabled": True}


def test_the_table_is_one_that_the_adapter_works_on(stack: Synthesised, monkeypatch: pytest.MonkeyPatch) -> None:
    from infra import storage

    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    properties = stack.only("DynamoDB::Table")
    shape: Any = {
        name: properties[name]
        for name in ("KeySchema", "AttributeDefinitions", "BillingMode", "GlobalSecondaryIndexes")
    }
    assert {index["IndexName"] for index in shape["GlobalSecondaryIndexes"]} == {
        storage.OPEN_JOBS_INDEX,
        storage.ACCOUNT_JOBS_INDEX,
    }
    with mock_aws():
        session = boto3.Session(region_name="us-east-1")
        session.client("dynamodb").create_table(TableName="jobs", **shape)
        cloud = Cloud.connect(Settings("jobs", "b", "i", "p", "b", "v", "e", plans.write(PLANS)), session)
        usecases.open_account(cloud, "a", PLANS["free"])
        job = cloud.books.open(new_job(), None)

        assert list(cloud.jobs.open_jobs(Lane.INTERACTIVE)) == [job.id]
        assert cloud.jobs.of_account("a", None, limit=1) == ([job], None)


def test_the_indexes_bear_the_names_that_the_adapter_asks_for() -> None:
    from infra import storage

    assert (jobs_table.OPEN_JOBS_INDEX, jobs_table.ACCOUNT_JOBS_INDEX) == (
        storage.OPEN_JOBS_INDEX,
        storage.ACCOUNT_JOBS_INDEX,
    )


def test_every_queue_but_the_last_has_a_dead_letter_queue(stack: Synthesised) -> None:
    then = {
        flat({"Ref": name}): flat(queue["RedrivePolicy"]["deadLetterTargetArn"])
        for name, queue in stack.properties("SQS::Queue").items()
        if "RedrivePolicy" in queue
    }
    assert then == {
        "QueuesInteractive": "QueuesDeadLetters",
        "QueuesPriority": "QueuesDeadLetters",
        "QueuesBulk": "QueuesDeadLetters",
        "QueuesVlm": "QueuesDeadLetters",
        "QueuesDeadLetters": "QueuesParking",
        EVENTS: "EventsParking",
        "DropDrops": "DropDropsParking",
        "DropResults": "DropResultsParking",
    }
    assert len(stack.resources("SQS::Queue")) == 12


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


def test_pages_and_events_come_one_by_one_to_a_bounded_number_of_workers(stack: Synthesised) -> None:
    mappings = {flat(m["EventSourceArn"]): m for m in stack.properties("Lambda::EventSourceMapping").values()}
    consumers = {queue: stack.function_of(mapping["FunctionName"]) for queue, mapping in mappings.items()}
    assert consumers == {
        **dict.fromkeys(PAGE_QUEUES, "ocr_page.handler"),
        "QueuesVlm": "ocr_page.vlm",
        "QueuesDeadLetters": "ocr_page.dead_letter",
        EVENTS: "export.webhook",
        "DropDrops": "submit.drop",
        "DropResults": "export.publish",
    }
    for queue, mapping in mappings.items():
        assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
        if queue != "QueuesDeadLetters":
            assert mapping["BatchSize"] == 1
            assert mapping["ScalingConfig"]["MaximumConcurrency"] >= 2


def test_an_event_is_tried_once_more_than_its_schedule_is_long_and_shorter_than_it_is_kept(stack: Synthesised) -> None:
    (queue,) = [it for name, it in stack.properties("SQS::Queue").items() if flat({"Ref": name}) == EVENTS]
    assert queue["RedrivePolicy"]["maxReceiveCount"] == len(RETRY_SECONDS) + 1
    kept = queue.get("MessageRetentionPeriod", 4 * 24 * 3600)
    assert sum(RETRY_SECONDS) + len(RETRY_SECONDS) * queue["VisibilityTimeout"] < kept
    assert max(RETRY_SECONDS) < 12 * 3600  # what SQS can hide


def test_resources_are_named_by_cloudformation(stack: Synthesised) -> None:
    """So that the stack can be deployed twice, and a resource replaced."""
    named = {
        f"{name}.{key}"
        for name, resource in stack.template["Resources"].items()
        for key, value in resource.get("Properties", {}).items()
        if key.endswith("Name") and key != "MetricName" and isinstance(value, str)
    }
    # The names of inline policies, of the stage and of the authorizer live inside their role and API.
    (authorizer,) = stack.resources("ApiGateway::Authorizer")
    inside = (".PolicyName", ".StageName", f"{authorizer}.Name")
    assert {name for name in named if not name.endswith(inside)} == set()


def new_job(**values: Any) -> Job:
    return Job("0" * 32, "a", "f.pdf", MediaType.PDF, 1, JobOptions(), created_at=datetime.now(UTC), **values)
