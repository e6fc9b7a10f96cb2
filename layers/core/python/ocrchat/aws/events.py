"""Queues of events: a job has ended, and its `callback_url` or its dropper is to be told; a file was dropped, says S3."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from ocrchat.aws.failures import translated
from ocrchat.model import Job

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient


class EventQueue:
    def __init__(self, client: SQSClient, url: str) -> None:
        self._client = client
        self._url = url

    def send(self, job: Job) -> None:
        """One event a job; the message says which, everything else is looked up."""
        with translated():
            self._client.send_message(
                QueueUrl=self._url, MessageBody=json.dumps({"job_id": job.id}), MessageGroupId=job.account_id
            )

    def show_again_in(self, receipt_handle: str, seconds: int) -> None:
        """Shows a message again after `seconds` (12 hours at most) unless it is deleted by then."""
        with translated():
            self._client.change_message_visibility(
                QueueUrl=self._url, ReceiptHandle=receipt_handle, VisibilityTimeout=seconds
            )


def job_of(body: str) -> str:
    """The job id of a message. Raises ValueError or KeyError for one that we have not written."""
    return str(json.loads(body)["job_id"])
