"""The reconciler, where a job is in a state that the running stack does not easily get into."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import boto3
import pytest

from ocrchat import usecases
from ocrchat.cloud import Cloud
from ocrchat.media import MediaType
from ocrchat.model import CHUNK_PAGES, Job, JobOptions, JobStatus, Lane
from ocrchat.usecases import REPAIR_AFTER, REPAIR_BACKLOG_AFTER
from tests.aws.conftest import Handler

NOW = datetime.now(UTC)


def job(number: int, pages: int = 1) -> Job:
    return Job(f"{number:032x}", "account", "a.pdf", MediaType.PDF, pages, JobOptions(), created_at=NOW)


def test_a_job_that_cannot_be_repaired_stands_in_no_others_way(
    cloud: Cloud, session: boto3.Session, functions: dict[str, Handler]
) -> None:
    functions["split"] = lambda event: None
    for number in (1, 2):
        cloud.jobs.create(job(number))
    session.client("dynamodb").update_item(
        TableName="jobs",
        Key={"pk": {"S": f"JOB#{job(1).id}"}, "sk": {"S": "JOB"}},
        UpdateExpression="SET tier = :t",
        ExpressionAttributeValues={":t": {"S": "nonsense"}},
    )

    with pytest.raises(ExceptionGroup, match="1 jobs were not repaired") as caught:
        usecases.reconcile(cloud, NOW + 2 * REPAIR_AFTER)

    assert caught.value.exceptions[0].__notes__ == [f"job {job(1).id}"]
    assert cloud.workflow.status(job(2).id) == "RUNNING"


def test_a_job_whose_split_never_ran_ends_when_its_time_is_over(cloud: Cloud, functions: dict[str, Handler]) -> None:
    functions["split"] = lambda event: None
    cloud.jobs.create(job(1))
    cloud.workflow.start(job(1))

    usecases.reconcile(cloud, NOW + timedelta(seconds=job(1).time_limit + 60))

    ended = cloud.jobs.get(job(1).id)
    assert ended is not None
    assert (ended.status, ended.failure) == (JobStatus.FAILED, "Stalled")


def test_a_page_lost_in_a_busy_lane_is_sent_again_later(cloud: Cloud, functions: dict[str, Handler]) -> None:
    functions["split"] = lambda event: None
    long = job(1, pages=CHUNK_PAGES)
    cloud.jobs.create(long)
    cloud.workflow.start(long)
    cloud.page_sets.open(long, "token", NOW)
    for page in range(CHUNK_PAGES - 1):
        cloud.page_sets.page_read(long.id, 0, page, NOW)
    waiting = job(2, pages=CHUNK_PAGES)
    cloud.queue.send(Lane.BULK, "account", [usecases.PageTask(waiting.id, 0, 0)])

    usecases.reconcile(cloud, NOW + 2 * REPAIR_AFTER)
    assert _in_queue() == 1
    usecases.reconcile(cloud, NOW + REPAIR_BACKLOG_AFTER + timedelta(minutes=1))

    assert _in_queue() == 2


def test_pages_that_are_sent_late_are_not_taken_for_lost(cloud: Cloud, functions: dict[str, Handler]) -> None:
    functions["split"] = lambda event: None
    long = job(1, pages=CHUNK_PAGES)
    cloud.jobs.create(long)
    cloud.workflow.start(long)
    cloud.page_sets.open(long, "token", NOW - 2 * REPAIR_AFTER)
    cloud.page_sets.touch(long.id, 0, NOW + REPAIR_AFTER)  # as it is when they are sent

    usecases.reconcile(cloud, NOW + REPAIR_AFTER + timedelta(minutes=1))

    assert _in_queue() == 0


def _in_queue() -> int:
    """Messages that wait in the bulk lane."""
    attributes = boto3.client("sqs").get_queue_attributes(
        QueueUrl=boto3.client("sqs").get_queue_url(QueueName="bulk")["QueueUrl"],
        AttributeNames=["ApproximateNumberOfMessages"],
    )["Attributes"]
    return int(attributes["ApproximateNumberOfMessages"])
