"""Which pages of a job are still to be read: the fan-in.

    pk = JOB#<id>#CHUNK#<n>   sk = CHUNK    the pending pages of one chunk, and those that failed
    pk = JOB#<id>             sk = FANIN    the open chunks, and the token that resumes the workflow

Pages are *deleted from a set*, never counted: doing it twice changes nothing, which is all that at-least-once delivery
asks for. The sets are one item a chunk, each with a partition key of its own: one item takes about 1,000 write units a
second, and a set of 3,000 numbers would cost 15 units an update.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from ocrchat import codec
from ocrchat.aws.dynamo import TTL, from_attributes, numbers, to_attributes
from ocrchat.aws.failures import code, translated
from ocrchat.model import Chunk, FanIn, Job, Tries

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


_TRIES = "tries#"


class PageSets:
    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self._client = client
        self._table = table

    def open(self, job: Job, task_token: str, now: datetime) -> FanIn:
        """Makes the sets, once; run again it only replaces the token (the old one is dead by then)."""
        expires_at = int(job.expires_at.timestamp())
        for number, pages in enumerate(job.chunks):
            self._create_chunk(job.id, number, pages, now, expires_at)
        item = self._update(
            _fan_in_key(job.id),
            f"SET task_token = :token, open_chunks = :chunks, chunk_count = :count, {TTL} = :expires_at",
            "attribute_not_exists(chunk_count)",
            {
                ":token": task_token,
                ":chunks": set(range(len(job.chunks))),
                ":count": len(job.chunks),
                ":expires_at": expires_at,
            },
        )
        if item is None:
            item = self._update(
                _fan_in_key(job.id), "SET task_token = :token", "attribute_exists(chunk_count)", {":token": task_token}
            )
        if item is None:
            raise RuntimeError(f"the fan-in of job {job.id} was erased while it was opened")
        return _to_fan_in(item)

    def fan_in(self, job_id: str) -> FanIn | None:
        item = self._get(_fan_in_key(job_id))
        return _to_fan_in(item) if item else None

    def chunk(self, job_id: str, number: int) -> Chunk | None:
        item = self._get(_chunk_key(job_id, number))
        return _to_chunk(item) if item else None

    def chunks(self, job_id: str, numbers_: Iterable[int]) -> list[Chunk]:
        """Those of the named chunks that exist, in order."""
        keys = [_chunk_key(job_id, number) for number in sorted(numbers_)]
        items: list[dict[str, Any]] = []
        for start in range(0, len(keys), 100):
            wanted: Any = {self._table: {"Keys": keys[start : start + 100], "ConsistentRead": True}}
            while wanted:
                with translated():
                    answer = self._client.batch_get_item(RequestItems=wanted)
                items += answer["Responses"].get(self._table, [])
                wanted = answer.get("UnprocessedKeys")
        return sorted((_to_chunk(from_attributes(item)) for item in items), key=lambda chunk: chunk.number)

    def page_read(self, job_id: str, chunk: int, page: int, now: datetime, is_fallback: bool = False) -> Chunk | None:
        """Takes a page that was read out of its set; a failure recorded earlier goes. None if the job is gone.

        `is_fallback`: the cpu tier has read it in place of the tier that was asked for. Said once, that stands.
        """
        item = self._update(
            _chunk_key(job_id, chunk),
            "DELETE pending :page SET progressed_at = :now REMOVE failures.#page, #tries"
            + (" ADD fallbacks :page" if is_fallback else ""),
            "attribute_exists(pk)",
            {":page": {page}, ":now": codec.time_to_json(now)},
            names={"#page": str(page), "#tries": _tries(page)},
        )
        return _to_chunk(item) if item else None

    def page_failed(self, job_id: str, chunk: int, page: int, failure: str, now: datetime) -> Chunk | None:
        """Takes a page that cannot be read out of its set and says why. A page that was read meanwhile stays read."""
        item = self._update(
            _chunk_key(job_id, chunk),
            "DELETE pending :page SET progressed_at = :now, failures.#page = :failure",
            "contains(pending, :number)",
            {":page": {page}, ":number": page, ":failure": failure, ":now": codec.time_to_json(now)},
            names={"#page": str(page)},
        )
        return _to_chunk(item) if item else self.chunk(job_id, chunk)

    def keep_tries(self, job_id: str, chunk: int, page: int, tries: Tries, now: datetime) -> None:
        """Remembers what has been tried with a page, while it waits; dates the chunk's progress: waiting is no standstill."""
        self._update(
            _chunk_key(job_id, chunk),
            "SET progressed_at = :now, #tries = :tries",
            "contains(pending, :number)",
            {":number": page, ":tries": codec.tries_to_json(tries), ":now": codec.time_to_json(now)},
            names={"#tries": _tries(page)},
        )

    def touch(self, job_id: str, chunk: int, now: datetime) -> None:
        """Dates the chunk's progress: its pages are being sent."""
        values = {":now": codec.time_to_json(now)}
        self._update(_chunk_key(job_id, chunk), "SET progressed_at = :now", "attribute_exists(pk)", values)

    def close(self, job_id: str, chunk: int) -> FanIn | None:
        """Takes a chunk with nothing pending out of the job's open ones. None if the job is gone."""
        item = self._update(
            _fan_in_key(job_id), "DELETE open_chunks :chunk", "attribute_exists(chunk_count)", {":chunk": {chunk}}
        )
        return _to_fan_in(item) if item else None

    def erase(self, job: Job) -> int:
        """Erases the sets of a job; how many items there were."""
        count = 0
        for key in (_fan_in_key(job.id), *(_chunk_key(job.id, number) for number in range(len(job.chunks)))):
            with translated():
                answer = self._client.delete_item(TableName=self._table, Key=key, ReturnValues="ALL_OLD")
            count += bool(answer.get("Attributes"))
        return count

    def _create_chunk(self, job_id: str, number: int, pages: Iterable[int], now: datetime, expires_at: int) -> None:
        item = {
            "number": number,
            "pending": set(pages),
            "failures": {},
            "progressed_at": codec.time_to_json(now),
            TTL: expires_at,
        }
        with translated():
            try:
                self._client.put_item(
                    TableName=self._table,
                    Item={**_chunk_key(job_id, number), **to_attributes(item)},
                    ConditionExpression="attribute_not_exists(pk)",
                )
            except ClientError as error:
                if code(error) != "ConditionalCheckFailedException":
                    raise

    def _get(self, key: Any) -> dict[str, Any] | None:
        with translated():
            answer = self._client.get_item(TableName=self._table, Key=key, ConsistentRead=True)
        return from_attributes(answer["Item"]) if "Item" in answer else None

    def _update(
        self, key: Any, update: str, condition: str, values: dict[str, Any], names: dict[str, str] | None = None
    ) -> dict[str, Any] | None:
        """The item as it is after the update; None, and nothing changed, where the condition does not hold."""
        with translated():
            try:
                answer = self._client.update_item(
                    TableName=self._table,
                    Key=key,
                    UpdateExpression=update,
                    ConditionExpression=condition,
                    ExpressionAttributeValues=to_attributes(values),
                    ReturnValues="ALL_NEW",
                    **({"ExpressionAttributeNames": names} if names else {}),  # type: ignore[arg-type]  # boto3 refuses an empty map
                )
            except ClientError as error:
                if code(error) == "ConditionalCheckFailedException":
                    return None
                raise
        return from_attributes(answer["Attributes"])


def _tries(page: int) -> str:
    """The attribute of a chunk that holds what has been tried with a page: none that has to be there before it is written."""
    return f"{_TRIES}{page}"


def _fan_in_key(job_id: str) -> Any:
    return to_attributes({"pk": f"JOB#{job_id}", "sk": "FANIN"})


def _chunk_key(job_id: str, number: int) -> Any:
    return to_attributes({"pk": f"JOB#{job_id}#CHUNK#{number}", "sk": "CHUNK"})


def _to_fan_in(item: dict[str, Any]) -> FanIn:
    return FanIn(open_chunks=numbers(item.get("open_chunks")), task_token=item["task_token"])


def _to_chunk(item: dict[str, Any]) -> Chunk:
    return Chunk(
        number=int(item["number"]),
        pending=numbers(item.get("pending")),
        failures={int(page): str(failure) for page, failure in item["failures"].items()},
        progressed_at=codec.time_from_json(item["progressed_at"]),
        fallbacks=numbers(item.get("fallbacks")),
        tries={
            int(name.removeprefix(_TRIES)): codec.tries_from_json(value)
            for name, value in item.items()
            if name.startswith(_TRIES)
        },
    )
