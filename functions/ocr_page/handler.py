"""SQS: read one page."""

from __future__ import annotations

import os
import time
from functools import lru_cache
from typing import Any

from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.ocr_page.messages import hold, show_again_in
from ocrchat import usecases
from ocrchat.aws.queue import from_message
from ocrchat.cloud import cloud
from ocrchat.errors import PageCrashes, PageTooCostly
from ocrchat.scratch import Scratch
from ocrchat.supervised import PageProcess
from ocrchat.telemetry import count, logger, measure

FIRST_RETRY_SECONDS = 5
"""Then four times as long at each further try: 5 s, 20 s, 80 s, 320 s."""

CPU_SECONDS = 75
"""For one page, on all threads together, so that one which loops is ended before the time of the invocation is."""

OUR_MB = 190
"""Of our memory what this process takes, with the picture of a page of 40 million pixels that a model is to see. It opens no
file. The rest is the other's, that reads pages."""

ENDING_SECONDS = 10
"""What is left of our time to record what became of a page."""

processor = BatchProcessor(event_type=EventType.SQS, raise_on_entire_batch_failure=False)
scratch = Scratch()


@lru_cache(maxsize=1)
def pages() -> PageProcess:
    return PageProcess(
        "functions.ocr_page.models:reader",
        memory_mb=int(os.environ["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"]) - OUR_MB,
        cpu_seconds=CPU_SECONDS,
    )


if "AWS_LAMBDA_INITIALIZATION_TYPE" in os.environ:
    pages().start()


def read(record: SQSRecord) -> None:
    task = from_message(record.body)
    logger.append_keys(job_id=task.job_id, page=task.page)
    started = time.monotonic()
    try:
        failure = usecases.read_page(cloud(), task, pages(), scratch)
    except Exception:
        # Whatever it was, the queue tries again, and after its last try the page is recorded as failed.
        logger.exception("page not read")
        count("PageErrors")
        show_again_in(
            cloud().queue,
            record,
            min(320, FIRST_RETRY_SECONDS * 4 ** (int(record.attributes.approximate_receive_count) - 1)),
        )
        raise
    seconds = time.monotonic() - started
    if isinstance(failure, PageTooCostly | PageCrashes):
        logger.error("page given up", code=failure.code, cause=failure.detail)
        count("PagesFailed")
        return
    logger.info("page read", seconds=round(seconds, 3))
    count("PagesRead")
    measure("PageSeconds", seconds)


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: LambdaContext) -> Any:
    seconds = context.get_remaining_time_in_millis() // 1000
    hold(cloud().queue, event, seconds)
    pages().allow(seconds - ENDING_SECONDS)
    return process_partial_response(event=event, record_handler=read, processor=processor, context=context)
