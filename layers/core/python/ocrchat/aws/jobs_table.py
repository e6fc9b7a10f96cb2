"""Job items: moved forward, listed, erased. They are created and ended in one transaction with their credits: see `books`.

pk = JOB#<id>   sk = JOB      the job; `open_lane` is there while something is left to do for it, which is what an index holds
pk = JOB#<id>   sk = INTAKE   from before its file is stored until the job is: by it `repair` finds files that no job has
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from ocrchat import codec
from ocrchat.aws import cursor
from ocrchat.aws.dynamo import TTL, from_attributes, numbers, to_attributes
from ocrchat.aws.failures import code, translated
from ocrchat.media import MediaType
from ocrchat.model import Drop, Ending, Funding, Job, JobOptions, JobStatus, Lane, Tier

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

OPEN_JOBS_INDEX = "open-jobs"
ACCOUNT_JOBS_INDEX = "account-jobs"

INTAKE = "intake"
"""The lane, in the index, of jobs that are not there yet."""

_INTAKE_LIFETIME = timedelta(days=1)

_LIST_POSITION = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z [0-9a-f]{32}")

_MOST_QUERIES = 5
"""For one page of a filtered list: a rare status among many jobs gives a short page and a cursor, not a long wait."""


@dataclass(frozen=True, slots=True)
class Announced:
    """`upload` is the key of what the job was made of, once it is there: that is to be erased. Else empty."""

    job_id: str
    retention_days: int
    upload: str


class JobsTable:
    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self._client = client
        self._table = table

    def get(self, job_id: str) -> Job | None:
        with translated():
            answer = self._client.get_item(TableName=self._table, Key=_key(job_id), ConsistentRead=True)
        return _from_item(answer["Item"]) if "Item" in answer else None

    def announce(self, job: Job, upload: str = "") -> None:
        """Says that a job will be created, before anything of it is stored. Its creation takes that back.

        Not if it is made of an `upload`, a key that is to be erased when the job is there: then `withdraw` does.
        """
        item = {
            **_intake_key(job.id),
            **to_attributes(
                {
                    "open_lane": INTAKE,
                    "created_at": codec.time_to_json(job.created_at),
                    "retention_days": job.retention_days,
                    "upload": upload or None,
                    TTL: int((job.created_at + _INTAKE_LIFETIME).timestamp()),
                }
            ),
        }
        with translated():
            self._client.put_item(TableName=self._table, Item=item)

    def announced(self, before: datetime) -> Iterator[Announced]:
        """Jobs announced before then that were not created, or are just being created, or whose upload is still there."""
        for job_id in list(self.open_jobs(INTAKE)):
            with translated():
                answer = self._client.get_item(TableName=self._table, Key=_intake_key(job_id), ConsistentRead=True)
            item = from_attributes(answer.get("Item", {}))
            if item and codec.time_from_json(item["created_at"]) < before:
                upload = item.get("upload", "") if item.get("is_created") else ""
                yield Announced(job_id, int(item["retention_days"]), upload)

    def revoke(self, job_id: str) -> None:
        """From now on an announced job cannot be created, however slow whoever was to create it. Nothing, if it was meanwhile."""
        self._update_intake(job_id, "SET is_revoked = :yes", {":yes": True})

    def forget(self, job_id: str) -> None:
        """Nothing is left to do for a job that was announced; its item stays until it expires."""
        self._update_intake(job_id, "REMOVE open_lane", {})

    def withdraw(self, job_id: str) -> None:
        """There will be no such job and nothing is stored of it, or it is there and its upload is not."""
        with translated():
            self._client.delete_item(TableName=self._table, Key=_intake_key(job_id))

    def begin(self, job_id: str) -> bool:
        """pending -> processing. False if it was not pending."""
        return self._update(job_id, "SET #status = :processing", "#status = :pending")

    def close(self, job_id: str) -> None:
        """Nothing is left to do for an ended job."""
        self._update(job_id, "REMOVE open_lane", "#status IN (:done, :failed)")

    def erase(self, job_id: str) -> None:
        with translated():
            self._client.delete_item(TableName=self._table, Key=_key(job_id))

    def of_account(
        self, account_id: str, status: JobStatus | None, limit: int, after: str = ""
    ) -> tuple[list[Job], str | None]:
        """The account's jobs, newest first, and the cursor of what follows. Raises InvalidField for a cursor not of ours."""
        query: dict[str, Any] = {
            "TableName": self._table,
            "IndexName": ACCOUNT_JOBS_INDEX,
            "KeyConditionExpression": "account_id = :account",
            "ExpressionAttributeValues": to_attributes({":account": account_id, ":status": status}),
            "ScanIndexForward": False,
        }
        if status:
            query |= {"FilterExpression": "#status = :status", "ExpressionAttributeNames": {"#status": "status"}}
        if after:
            query["ExclusiveStartKey"] = _list_position(account_id, after)
        found: list[Job] = []
        for _ in range(_MOST_QUERIES):
            with translated():
                answer = self._client.query(**query, Limit=limit - len(found))
            found += [_from_item(item) for item in answer["Items"]]
            last = answer.get("LastEvaluatedKey")
            if last is None:
                return found, None
            query["ExclusiveStartKey"] = last
            if len(found) >= limit:
                break
        return found, _list_cursor(query["ExclusiveStartKey"])

    def open_jobs(self, lane: Lane | str) -> Iterator[str]:
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

    def count_open(self, lane: Lane | str, limit: int) -> int:
        """How many jobs have not ended, counted up to `limit`."""
        with translated():
            return self._client.query(**self._open(lane), Select="COUNT", Limit=limit)["Count"]

    def _update_intake(self, job_id: str, update: str, values: dict[str, Any]) -> None:
        """Nothing where there is no announcement any more: one made here would never expire."""
        with translated():
            try:
                self._client.update_item(
                    TableName=self._table,
                    Key=_intake_key(job_id),
                    UpdateExpression=update,
                    ConditionExpression="attribute_exists(pk)",
                    **({"ExpressionAttributeValues": to_attributes(values)} if values else {}),  # type: ignore[arg-type]  # boto3 refuses an empty map
                )
            except ClientError as error:
                if code(error) != "ConditionalCheckFailedException":
                    raise

    def _open(self, lane: Lane | str) -> dict[str, Any]:
        return {
            "TableName": self._table,
            "IndexName": OPEN_JOBS_INDEX,
            "KeyConditionExpression": "open_lane = :lane",
            "ExpressionAttributeValues": to_attributes({":lane": lane}),
        }

    def _update(self, job_id: str, update: str, condition: str) -> bool:
        """False, and nothing changed, where the condition on the status does not hold."""
        used = {f":{status}": status for status in JobStatus if f":{status}" in update + condition}
        with translated():
            try:
                self._client.update_item(
                    TableName=self._table,
                    Key=_key(job_id),
                    UpdateExpression=update,
                    ConditionExpression=condition,
                    ExpressionAttributeNames={"#status": "status"},
                    ExpressionAttributeValues=to_attributes(used),
                )
            except ClientError as error:
                if code(error) == "ConditionalCheckFailedException":
                    return False
                raise
        return True


def job_put(table: str, job: Job) -> Any:
    """The write of a transaction that creates a job, once."""
    return {"Put": {"TableName": table, "Item": _to_item(job), "ConditionExpression": "attribute_not_exists(pk)"}}


def intake_end(table: str, job: Job, has_upload: bool) -> Any:
    """The write of the same transaction that takes the announcement back, if nobody has revoked it. Of a job that is made of an
    upload it only says that the job is there."""
    write = {"TableName": table, "Key": _intake_key(job.id), "ConditionExpression": "attribute_not_exists(is_revoked)"}
    if not has_upload:
        return {"Delete": write}
    created = {
        "UpdateExpression": "SET is_created = :yes",
        "ExpressionAttributeValues": to_attributes({":yes": True}),
    }
    return {"Update": write | created}


def ending_update(table: str, job: Job, ending: Ending | None, charged: int) -> Any:
    """The write of a transaction that ends and settles a job, once; without an ending, that settles one that has failed."""
    values: dict[str, Any] = {"charged": charged}
    open_states = [JobStatus.FAILED]
    if ending:
        open_states = [JobStatus.PENDING, JobStatus.PROCESSING]
        values |= {
            "status": ending.status,
            "ended_at": codec.time_to_json(ending.at),
            "mean_confidence": ending.mean_confidence,
            "failed_pages": list(ending.failed_pages),
            "failure": ending.failure,
        }
    given = {name: value for name, value in values.items() if value is not None}
    old = {f":old{number}": status for number, status in enumerate(open_states)}
    return {
        "Update": {
            "TableName": table,
            "Key": _key(job.id),
            "UpdateExpression": "SET "
            + ", ".join(f"#{name} = :{name}" for name in given)
            # A job that somebody is told of stays open until its event is on the way.
            + ("" if job.is_told else " REMOVE open_lane"),
            "ConditionExpression": f"attribute_not_exists(#charged) AND #status IN ({', '.join(old)})",
            "ExpressionAttributeNames": {"#status": "status", **{f"#{name}": name for name in given}},
            "ExpressionAttributeValues": to_attributes({**old, **{f":{n}": v for n, v in given.items()}}),
        }
    }


def _list_position(account_id: str, after: str) -> Any:
    created_at, _, job_id = cursor.decode(after, _LIST_POSITION).partition(" ")
    return to_attributes({"pk": f"JOB#{job_id}", "sk": "JOB", "account_id": account_id, "created_at": created_at})


def _list_cursor(key: dict[str, Any]) -> str:
    position = from_attributes(key)
    return cursor.encode(f"{position['created_at']} {position['pk'].removeprefix('JOB#')}")


def _key(job_id: str) -> Any:
    return to_attributes({"pk": f"JOB#{job_id}", "sk": "JOB"})


def _intake_key(job_id: str) -> Any:
    return to_attributes({"pk": f"JOB#{job_id}", "sk": "INTAKE"})


def _to_item(job: Job) -> dict[str, Any]:
    return to_attributes(
        {
            "pk": f"JOB#{job.id}",
            "sk": "JOB",
            "account_id": job.account_id,
            "filename": job.filename,
            "media_type": job.media_type.value,
            "source_pages": job.source_pages,
            "tier": job.options.tier,
            "language": job.options.language,
            "pages": job.options.pages,
            "callback_url": job.options.callback_url,
            "tool": job.options.tool,
            "translate_to": job.options.translate_to,
            "retention_days": job.retention_days,
            "priority": job.priority,
            "credits": job.credits,
            "funded_by": job.funded_by,
            "created_at": codec.time_to_json(job.created_at),
            "status": job.status,
            "open_lane": job.lane,
            TTL: int(job.expires_at.timestamp()),
            "drop": _drop_to_item(job.drop) if job.drop else None,
        }
    )


def _drop_to_item(drop: Drop) -> dict[str, Any]:
    put_at = codec.time_to_json(drop.put_at)
    return {"key": drop.key, "etag": drop.etag, "put_at": put_at, "formats": list(drop.formats)}


def _drop_from_item(value: dict[str, Any]) -> Drop:
    return Drop(value["key"], value["etag"], codec.time_from_json(value["put_at"]), tuple(value["formats"]))


def _from_item(item: dict[str, Any]) -> Job:
    value = from_attributes(item)
    confidence = value.get("mean_confidence")
    return Job(
        id=value["pk"].removeprefix("JOB#"),
        account_id=value["account_id"],
        filename=value["filename"],
        media_type=MediaType(value["media_type"]),
        source_pages=int(value["source_pages"]),
        options=JobOptions(
            tier=Tier(value["tier"]),
            language=value["language"],
            pages=value["pages"],
            callback_url=value["callback_url"],
            tool=value.get("tool", ""),
            translate_to=value.get("translate_to", ""),
        ),
        created_at=codec.time_from_json(value["created_at"]),
        retention_days=int(value["retention_days"]),
        priority=value["priority"],
        credits=int(value["credits"]),
        funded_by=Funding(value["funded_by"]),
        charged=int(value["charged"]) if "charged" in value else None,
        status=JobStatus(value["status"]),
        ended_at=codec.time_from_json(value["ended_at"]) if "ended_at" in value else None,
        mean_confidence=None if confidence is None else float(confidence),
        failed_pages=tuple(sorted(numbers(value.get("failed_pages")))),
        failure=value.get("failure"),
        is_open="open_lane" in value,
        drop=_drop_from_item(value["drop"]) if "drop" in value else None,
    )
