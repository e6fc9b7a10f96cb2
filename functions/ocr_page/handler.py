"""SQS: read one page."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

from ocrchat import engines, usecases
from ocrchat.aws import queue
from ocrchat.cloud import cloud
from ocrchat.scratch import Scratch
from ocrchat.settings import Settings, vcpus
from ocrchat.telemetry import count, logger

RETRY_SECONDS = 5

processor = BatchProcessor(event_type=EventType.SQS, raise_on_entire_batch_failure=False)
scratch = Scratch()


@lru_cache(maxsize=1)
def engine() -> engines.OcrEngine:
    """Loaded at the first page that has to be recognised: a worker that sees only digital pages never pays for it."""
    return engines.load(Path(Settings.from_env().weights), threads=vcpus())


def read(record: SQSRecord) -> None:
    task = queue.from_message(record.body)
    logger.append_keys(job_id=task.job_id, page=task.page)
    try:
        usecases.read_page(cloud(), task, engine, scratch)
    except Exception:
        # Whatever it was, the queue tries again soon, and after three tries the page is recorded as failed.
        cloud().queue.retry_in(cloud().queue.lane_of(record.event_source_arn), record.receipt_handle, RETRY_SECONDS)
        logger.exception("page not read")
        count("PageErrors")
        raise
    logger.info("page read")
    count("PagesRead")


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: LambdaContext) -> Any:
    return process_partial_response(event=event, record_handler=read, processor=processor, context=context)
