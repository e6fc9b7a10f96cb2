"""Job items: created once, moved forward, ended once.

pk = JOB#<id>   sk = JOB     the job; `open_lane` is there only while it is open, which is what the index holds
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from ocrchat import codec
from ocrchat.aws.dynamo import TTL, from_attributes, numbers, to_attributes
from ocrchat.aws.failures import code, translated
from ocrchat.media import MediaType
from ocrchat.model import Document, Job, JobOptions, JobStatus, Lane, Tier

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

OPEN_JOBS_INDEX = "open-jobs"


class JobsTable:
    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self._client = client
        self._table = table

    def create(self, job: Job) -> None:
        """Writes a new job. The same job written twice stays as it is."""
        with translated():
            try:
                self._client.put_item(
                    TableName=self._table, Item=_to_item(job), ConditionExpression="attribute_not_exists(pk)"
                )
            except ClientError as error:
                if code(error) != "ConditionalCheckFailedException":
                    raise

    def get(self, job_id: str) -> Job | None:
        with translated():
            answer = self._client.get_item(TableName=self._table, Key=_key(job_id), ConsistentRead=True)
        return _from_item(answer["Item"]) if "Item" in answer else None

    def begin(self, job_id: str) -> bool:
        """pending -> processing. False if it was not pending."""
        return self._move(job_id, (JobStatus.PENDING,), {"status": JobStatus.PROCESSING.value})

    def finish(self, job_id: str, document: Document, now: datetime) -> bool:
        """Ends the job as done. False if it had ended already."""
        return self._end(
            job_id,
            {
                "status": JobStatus.DONE.value,
                "ended_at": codec.time_to_json(now),
                "mean_confidence": document.mean_confidence,
                "failed_pages": list(document.failed_pages),
            },
        )

    def fail(self, job_id: str, failure: str, now: datetime, failed_pages: tuple[int, ...] = ()) -> bool:
        """Ends the job as failed. False if it had ended already."""
        return self._end(
            job_id,
            {
                "status": JobStatus.FAILED.value,
                "ended_at": codec.time_to_json(now),
                "failure": failure,
                "failed_pages": list(failed_pages),
            },
        )

    def open_jobs(self, lane: Lane) -> Iterator[str]:
        """Ids of the jobs that have not ended, oldest first. From an index: a moment behind."""
        start: dict[str, Any] = {}
        while True:
            with translated():
                answer = self._client.query(**self._open(lane), **start)
            for item in answer["Items"]:
                yield from_attributes(item)["pk"].removeprefix("JOB#")
            if "LastEvaluatedKey" not in answer:
                return
            start = {"ExclusiveStartKey": answer["LastEvaluatedKey"]}

    def count_open(self, lane: Lane, limit: int) -> int:
        """How many jobs have not ended, counted up to `limit`."""
        with translated():
            return self._client.query(**self._open(lane), Select="COUNT", Limit=limit)["Count"]

    def _open(self, lane: Lane) -> dict[str, Any]:
        return {
            "TableName": self._table,
            "IndexName": OPEN_JOBS_INDEX,
            "KeyConditionExpression": "open_lane = :lane",
            "ExpressionAttributeValues": to_attributes({":lane": lane.value}),
        }

    def _end(self, job_id: str, values: dict[str, Any]) -> bool:
        return self._move(job_id, (JobStatus.PENDING, JobStatus.PROCESSING), values, remove="open_lane")

    def _move(self, job_id: str, allowed: tuple[JobStatus, ...], values: dict[str, Any], remove: str = "") -> bool:
        given = {name: value for name, value in values.items() if value is not None}
        old = {f":old{i}": status.value for i, status in enumerate(allowed)}
        with translated():
            try:
                self._client.update_item(
                    TableName=self._table,
                    Key=_key(job_id),
                    UpdateExpression="SET "
                    + ", ".join(f"#{name} = :{name}" for name in given)
                    + (f" REMOVE {remove}" if remove else ""),
                    ConditionExpression=f"#status IN ({', '.join(old)})",
                    ExpressionAttributeNames={f"#{name}": name for name in given},
                    ExpressionAttributeValues=to_attributes({**old, **{f":{n}": v for n, v in given.items()}}),
                )
            except ClientError as error:
                if code(error) == "ConditionalCheckFailedException":
                    return False
                raise
        return True


def _key(job_id: str) -> Any:
    return to_attributes({"pk": f"JOB#{job_id}", "sk": "JOB"})


def _to_item(job: Job) -> dict[str, Any]:
    return to_attributes(
        {
            "pk": f"JOB#{job.id}",
            "sk": "JOB",
            "account_id": job.account_id,
            "filename": job.filename,
            "media_type": job.media_type.value,
            "page_count": job.page_count,
            "tier": job.options.tier.value,
            "language": job.options.language,
            "created_at": codec.time_to_json(job.created_at),
            "status": job.status.value,
            "open_lane": None if job.status.ended else job.lane.value,
            TTL: int(job.expires_at.timestamp()),
        }
    )


def _from_item(item: dict[str, Any]) -> Job:
    value = from_attributes(item)
    confidence = value.get("mean_confidence")
    return Job(
        id=value["pk"].removeprefix("JOB#"),
        account_id=value["account_id"],
        filename=value["filename"],
        media_type=MediaType(value["media_type"]),
        page_count=int(value["page_count"]),
        options=JobOptions(tier=Tier(value["tier"]), language=value["language"]),
        created_at=codec.time_from_json(value["created_at"]),
        status=JobStatus(value["status"]),
        ended_at=codec.time_from_json(value["ended_at"]) if "ended_at" in value else None,
        mean_confidence=None if confidence is None else float(confidence),
        failed_pages=tuple(sorted(numbers(value.get("failed_pages")))),
        failure=value.get("failure"),
    )
