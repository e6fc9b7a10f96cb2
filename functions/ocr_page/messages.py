"""How long a page's message stays hidden from other workers."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSEvent, SQSRecord

from ocrchat.aws.queue import PageQueue
from ocrchat.errors import Unavailable
from ocrchat.telemetry import logger

HOLD_MARGIN_SECONDS = 30


def hold(queue: PageQueue, event: dict[str, Any], seconds: int) -> None:
    """The queue hides a message for six times our time limit. Once we have it, the time that we have left is enough: should
    this worker die, another one has the page minutes earlier. Should the queue not hear of it, no more than that is lost."""
    for record in SQSEvent(event).records:
        try:
            show_again_in(queue, record, seconds + HOLD_MARGIN_SECONDS)
        except Unavailable:
            logger.warning("message not held")


def show_again_in(queue: PageQueue, record: SQSRecord, seconds: int) -> None:
    queue.show_again_in(queue.lane_of(record.event_source_arn), record.receipt_handle, seconds)
