"""SQS: ask the model about one page that the cpu worker has read."""

from __future__ import annotations

import time
from datetime import timedelta
from functools import lru_cache
from typing import Any

from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.ocr_page.messages import hold, show_again_in
from ocrchat import usecases
from ocrchat.aws.queue import from_message
from ocrchat.cloud import cloud, connect_model
from ocrchat.settings import Settings
from ocrchat.telemetry import count, logger
from ocrchat.vlm.dialects import DIALECTS

ERROR_RETRY_SECONDS = 30

ANSWER_MARGIN_SECONDS = 20
"""Kept of our time for what follows the model's answer."""

processor = BatchProcessor(event_type=EventType.SQS, raise_on_entire_batch_failure=False)


class AskAgain(Exception):
    """Not a failure: the message is left in the queue, and shown again when it is time."""


@lru_cache(maxsize=1)
def model() -> usecases.Model:
    settings = Settings.from_env()
    return usecases.Model(
        connect_model(settings), DIALECTS[settings.vlm_dialect], timedelta(seconds=settings.vlm_max_wait)
    )


def ask(record: SQSRecord, deadline: float) -> None:
    task = from_message(record.body)
    logger.append_keys(job_id=task.job_id, page=task.page)
    if not is_remote():
        usecases.give_up(cloud(), task)  # the model was switched off while the page waited for it
        return
    try:
        asked = usecases.ask_model(cloud(), task, model(), deadline)
    except Exception:
        # Whatever it was, the queue tries again, and after its last try the embedded parser's answer is taken.
        logger.exception("model not asked")
        count("VlmErrors")
        show_again_in(cloud().vlm_queue, record, ERROR_RETRY_SECONDS)
        raise
    if asked.again_in is not None:
        logger.info("page asked about again", why=asked.why, seconds=asked.again_in)
        count("VlmWaits")
        show_again_in(cloud().vlm_queue, record, asked.again_in)
        raise AskAgain(f"in {asked.again_in} s")
    if asked.is_fallback:
        logger.warning("page answered by the embedded parser", why=asked.why)
        count("VlmFallbacks")
    else:
        logger.info("page answered", why=asked.why)
        count("VlmPages")


def is_remote() -> bool:
    return cloud().vlm_backend.is_remote


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: LambdaContext) -> Any:
    left = context.get_remaining_time_in_millis() // 1000
    hold(cloud().vlm_queue, event, left)
    # A read that has begun may take as long as the server may say nothing.
    deadline = time.monotonic() + left - ANSWER_MARGIN_SECONDS - (model().backend.silence if is_remote() else 0)
    return process_partial_response(
        event=event, record_handler=lambda record: ask(record, deadline), processor=processor, context=context
    )
