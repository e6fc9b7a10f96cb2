"""Step Functions task: put the pages of a job together and end it."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from ocrchat import usecases
from ocrchat.cloud import cloud
from ocrchat.telemetry import count, logger, told_by_the_log


@logger.inject_lambda_context(clear_state=True)
@told_by_the_log
def handler(event: dict[str, str], context: LambdaContext) -> dict[str, Any]:
    logger.append_keys(job_id=event["job_id"])
    status = usecases.assemble(cloud(), event["job_id"])
    logger.info("job assembled", status=status)
    count("JobsAssembled")
    return {"status": status}
