"""SQS: read one page."""

from __future__ import annotations

import os
import time
from functools import lru_cache
from pathlib import Path
from typing import Any

from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.ocr_page.messages import hold, show_again_in
from ocrchat import engines, usecases
from ocrchat.aws.queue import from_message
from ocrchat.cloud import cloud
from ocrchat.model import Tier
from ocrchat.scratch import Scratch
from ocrchat.settings import Settings, vcpus
from ocrchat.telemetry import count, logger, measure

FIRST_RETRY_SECONDS = 5
"""Then four times as long at each further try: 5 s, 20 s, 80 s, 320 s."""

processor = BatchProcessor(event_type=EventType.SQS, raise_on_entire_batch_failure=False)
scratch = Scratch()


@lru_cache(maxsize=1)
def cpu_models() -> engines.CpuModels:
    settings = Settings.from_env()
    tessdata = Path(settings.tessdata) if settings.tessdata else None
    return engines.CpuModels(Path(settings.weights), tessdata, threads=vcpus())


def models() -> dict[Tier, engines.Models]:
    """A page of the vlm tier is given more time: it is the answer where no model gives one."""
    return {Tier.CPU: cpu_models(), Tier.VLM: engines.ThoroughModels(cpu_models())}


if "AWS_LAMBDA_INITIALIZATION_TYPE" in os.environ:
    cpu_models().load()  # Lambda gives a function more CPU while it starts. Elsewhere they are loaded when a page needs them.


def read(record: SQSRecord) -> None:
    task = from_message(record.body)
    logger.append_keys(job_id=task.job_id, page=task.page)
    started = time.monotonic()
    try:
        usecases.read_page(cloud(), task, models(), scratch)
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
    logger.info("page read", seconds=round(seconds, 3))
    count("PagesRead")
    measure("PageSeconds", seconds)


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: LambdaContext) -> Any:
    hold(cloud().queue, event, context.get_remaining_time_in_millis() // 1000)
    return process_partial_response(event=event, record_handler=read, processor=processor, context=context)
