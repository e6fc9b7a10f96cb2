"""SQS: tell the caller of a job that it has ended."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

from ocrchat import webhooks
from ocrchat.aws.events import job_of
from ocrchat.cloud import cloud
from ocrchat.telemetry import count, logger
from ocrchat.web import Undelivered

RETRY_SECONDS = (5, 5 * 60, 30 * 60, 2 * 3600, 5 * 3600, 10 * 3600, 10 * 3600)
"""After the first try, the second, ...: the schedule of the Standard Webhooks specification. Then the queue parks it."""

processor = BatchProcessor(event_type=EventType.SQS, raise_on_entire_batch_failure=False)


def tell(record: SQSRecord) -> None:
    job_id, attempt = job_of(record.body), int(record.attributes.approximate_receive_count)
    logger.append_keys(job_id=job_id, attempt=attempt)
    try:
        webhooks.deliver(cloud(), job_id)
    except Exception as error:
        if isinstance(error, Undelivered):
            logger.warning("webhook not delivered", status=error.status, reason=error.reason)
            count("WebhooksRefused")
        else:
            logger.exception("webhook not sent")
            count("WebhookErrors")
        if attempt <= len(RETRY_SECONDS):
            cloud().events.show_again_in(record.receipt_handle, RETRY_SECONDS[attempt - 1])
        raise
    logger.info("webhook done")
    count("WebhooksDone")


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: LambdaContext) -> Any:
    return process_partial_response(event=event, record_handler=tell, processor=processor, context=context)
