"""Step Functions task: fan the pages of a job out."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from ocrchat import usecases
from ocrchat.cloud import cloud
from ocrchat.scratch import Scratch
from ocrchat.telemetry import logger, told_by_the_log

scratch = Scratch()


@logger.inject_lambda_context(clear_state=True)
@told_by_the_log
def handler(event: dict[str, str], context: LambdaContext) -> dict[str, Any]:
    logger.append_keys(job_id=event["job_id"])
    usecases.split(cloud(), event["job_id"], event["task_token"], scratch)
    logger.info("job split")
    return {}
