"""The page queues."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING

from ocrchat.aws.failures import translated
from ocrchat.errors import Unavailable
from ocrchat.model import Lane, PageTask

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

_BATCH = 10  # SQS takes no more in one call


class PageQueue:
    def __init__(self, client: SQSClient, urls: dict[Lane, str]) -> None:
        self._client = client
        self._urls = urls

    def send(self, lane: Lane, account_id: str, tasks: Iterable[PageTask]) -> None:
        """Sends pages of one account: SQS serves accounts in turn, so that none waits behind another's thousand pages.

        Raises Unavailable if any message was refused: the caller runs again and sends all, which does no harm.
        """
        waiting = list(tasks)
        for start in range(0, len(waiting), _BATCH):
            entries = [
                {"Id": str(number), "MessageBody": to_message(task), "MessageGroupId": account_id}
                for number, task in enumerate(waiting[start : start + _BATCH])
            ]
            with translated():
                answer = self._client.send_message_batch(QueueUrl=self._urls[lane], Entries=entries)  # type: ignore[arg-type]  # a plain dict is the typed dict
            if answer.get("Failed"):
                raise Unavailable("The page queue is busy. Try again in a few seconds.")

    def is_drained(self, lane: Lane) -> bool:
        """Whether no page waits in the queue. Approximate, as SQS is."""
        with translated():
            answer = self._client.get_queue_attributes(
                QueueUrl=self._urls[lane],
                AttributeNames=["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesDelayed"],
            )
        return all(int(count) == 0 for count in answer["Attributes"].values())

    def show_again_in(self, lane: Lane, receipt_handle: str, seconds: int) -> None:
        """Shows a message again after `seconds` unless it is deleted by then, instead of after the visibility timeout."""
        with translated():
            self._client.change_message_visibility(
                QueueUrl=self._urls[lane], ReceiptHandle=receipt_handle, VisibilityTimeout=seconds
            )

    def lane_of(self, queue_arn: str) -> Lane:
        """Which lane a message came in by, from the ARN in its event."""
        name = queue_arn.rsplit(":", 1)[-1]
        return next(lane for lane, url in self._urls.items() if url.rsplit("/", 1)[-1] == name)


def to_message(task: PageTask) -> str:
    return json.dumps({"job_id": task.job_id, "chunk": task.chunk, "page": task.page})


def from_message(body: str) -> PageTask:
    """Raises ValueError or KeyError for a message that we have not written."""
    value = json.loads(body)
    return PageTask(job_id=str(value["job_id"]), chunk=int(value["chunk"]), page=int(value["page"]))
