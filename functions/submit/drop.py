"""SQS: S3 says that a file was put into the drop bucket. It becomes a job, or what is wrong with it is written beside it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote_plus

from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.data_classes import S3Event
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.submit import drop_options, form
from ocrchat import usecases
from ocrchat.aws.drops import Put
from ocrchat.cloud import cloud, connect_translators
from ocrchat.settings import Settings
from ocrchat.telemetry import count, logger

RETRY_SECONDS = (10, 60, 10 * 60, 60 * 60)
"""After the first try, the second, ... The receive behind the last only tells the dropper, so that a file on which this function
dies is heard of too. Then the queue parks the message."""

processor = BatchProcessor(event_type=EventType.SQS, raise_on_entire_batch_failure=False)


def take(record: SQSRecord, lambda_context: LambdaContext) -> None:
    attempt = int(record.attributes.approximate_receive_count)
    for put in _puts(record):
        if attempt > len(RETRY_SECONDS):
            if not usecases.give_up_drop(cloud(), put, lambda_context.aws_request_id, datetime.now(UTC)):
                continue  # parked, it could be sent back when nobody remembers any more that it was taken
            count("DropsGivenUp")
            raise RuntimeError("a dropped file was given up")  # for the queue, which parks it
        try:
            taken = usecases.take_drop(
                cloud(),
                put,
                _options,
                lambda_context.aws_request_id,
                datetime.now(UTC),
                connect_translators(Settings.from_env()),
            )
        except Exception:
            logger.exception("drop not taken", attempt=attempt)
            cloud().drop_events.show_again_in(record.receipt_handle, RETRY_SECONDS[attempt - 1])
            raise
        logger.info(f"drop {taken.fate.value}", job_id=taken.job and taken.job.id, code=taken.code)
        count(f"Drops{taken.fate.value.capitalize()}")


def _puts(record: SQSRecord) -> Iterator[Put]:
    """None in the message by which S3 tries the queue. Raises ValueError for one of another bucket."""
    if "Records" not in record.json_body:
        return
    for event in S3Event(record.json_body).records:
        if event.s3.bucket.name != cloud().drops.name:
            raise ValueError("S3 speaks of a bucket that is not ours")
        found = event.s3.get_object
        at = datetime.fromisoformat(event.event_time)
        yield Put(unquote_plus(found.key), found.etag, found.sequencer, at)


def _options(key: str, metadata: Mapping[str, str]) -> usecases.DropOptions:
    settings = Settings.from_env()
    has = form.Abilities(bool(settings.tessdata), settings.vlm_backend, settings.translate_provider)
    return drop_options.read(key, metadata, has)


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: LambdaContext) -> Any:
    return process_partial_response(event=event, record_handler=take, processor=processor, context=context)
