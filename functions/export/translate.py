"""Step Functions task: translate pages of a job, as many as there is time for."""

from __future__ import annotations

import time
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from ocrchat import usecases
from ocrchat.cloud import cloud, connect_translators
from ocrchat.settings import Settings
from ocrchat.telemetry import count, logger, told_by_the_log

ANSWER_MARGIN_SECONDS = 90.0
"""Kept of this function's time for a request that has begun, which may take a minute, and for what is written then."""


@logger.inject_lambda_context(clear_state=True)
@told_by_the_log
def handler(event: dict[str, str], context: LambdaContext) -> dict[str, Any]:
    logger.append_keys(job_id=event["job_id"])
    deadline = time.monotonic() + context.get_remaining_time_in_millis() / 1000 - ANSWER_MARGIN_SECONDS
    progress = usecases.translate(cloud(), connect_translators(Settings.from_env()), event["job_id"], deadline)
    logger.info("pages translated", pages=progress.translated, is_more_left=progress.is_more_left, why=progress.why)
    count("TranslationRuns")
    return {"is_more_left": progress.is_more_left}
