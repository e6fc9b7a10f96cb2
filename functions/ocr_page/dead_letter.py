"""SQS dead-letter queue: a page that could not be read however often it was tried. Recorded, so that its job ends; one that
waited for a model in vain is answered without."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

from ocrchat import usecases
from ocrchat.aws import queue
from ocrchat.cloud import cloud
from ocrchat.telemetry import count, logger

processor = BatchProcessor(event_type=EventType.SQS, raise_on_entire_batch_failure=False)


def record_failure(record: SQSRecord) -> None:
    task = queue.from_message(record.body)
    logger.append_keys(job_id=task.job_id, page=task.page)
    if usecases.give_up(cloud(), task):
        logger.error("page given up")
        count("PagesFailed")
    else:
        logger.warning("page given up by its queue, and answered without")


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: LambdaContext) -> Any:
    return process_partial_response(event=event, record_handler=record_failure, processor=processor, context=context)
