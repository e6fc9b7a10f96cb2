"""The account's event bus, where programs hear that jobs of dropped files have ended."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import boto3
from botocore.config import Config

from ocrchat.aws.failures import translated
from ocrchat.codec import Json
from ocrchat.errors import Unavailable

if TYPE_CHECKING:
    from mypy_boto3_events import EventBridgeClient

SOURCE = "ocrchat"
JOB_ENDED = "OCR job ended"


class EventBus:
    """The default bus of EventBridge."""

    def __init__(self, client: EventBridgeClient) -> None:
        self._client = client

    @classmethod
    def connect(cls) -> EventBus:
        config = Config(retries={"mode": "standard", "max_attempts": 3}, connect_timeout=3, read_timeout=10)
        return cls(boto3.client("events", config=config))

    def tell(self, detail: Json) -> None:
        """That a job has ended. Raises Unavailable."""
        entry = {"Source": SOURCE, "DetailType": JOB_ENDED, "Detail": json.dumps(detail)}
        with translated():
            answer = self._client.put_events(Entries=[entry])  # type: ignore[list-item]  # a plain dict is the typed dict
        if answer["FailedEntryCount"]:
            raise Unavailable("The event bus is busy. Try again in a few seconds.")
