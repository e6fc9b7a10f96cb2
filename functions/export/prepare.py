"""Step Functions task: make one download of a large job before anybody asks for it."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from ocrchat import usecases
from ocrchat.cloud import cloud
from ocrchat.scratch import Scratch
from ocrchat.telemetry import count, logger, told_by_the_log

scratch = Scratch()


@logger.inject_lambda_context(clear_state=True)
@told_by_the_log
def handler(event: dict[str, str], context: LambdaContext) -> dict[str, Any]:
    logger.append_keys(job_id=event["job_id"], format=event["format"])
    usecases.prepare(cloud(), event["job_id"], event["format"], scratch)
    logger.info("download prepared")
    count("DownloadsPrepared")
    return {}
