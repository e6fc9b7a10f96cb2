"""SQS: a dropped file's job has ended. Its results are put beside the file, and the event bus is told."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

from ocrchat import usecases
from ocrchat.aws.bus import EventBus
from ocrchat.aws.events import job_of
from ocrchat.cloud import cloud
from ocrchat.scratch import Scratch
from ocrchat.telemetry import count, logger

RETRY_SECONDS = (10, 60, 10 * 60, 60 * 60)
"""As in functions/submit/drop.py: the receive behind the last try only tells the dropper."""

processor = BatchProcessor(event_type=EventType.SQS, raise_on_entire_batch_failure=False)
scratch = Scratch()
bus = lru_cache(maxsize=1)(EventBus.connect)


def publish(record: SQSRecord, lambda_context: LambdaContext) -> None:
    job_id, attempt = job_of(record.body), int(record.attributes.approximate_receive_count)
    request_id = lambda_context.aws_request_id
    logger.append_keys(job_id=job_id, attempt=attempt)
    if attempt > len(RETRY_SECONDS):
        usecases.give_up_results(cloud(), job_id, request_id)
        count("ResultsGivenUp")
        raise RuntimeError("the results of a dropped file were given up")  # for the queue, which parks it
    try:
        usecases.publish(cloud(), bus(), job_id, scratch, request_id)
    except Exception:
        logger.exception("results not published")
        cloud().results.show_again_in(record.receipt_handle, RETRY_SECONDS[attempt - 1])
        raise
    logger.info("results published")
    count("ResultsPublished")


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: LambdaContext) -> Any:
    return process_partial_response(event=event, record_handler=publish, processor=processor, context=context)
