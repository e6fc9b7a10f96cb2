"""Schedule: repair what was lost, end what nothing else ended."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from ocrchat import usecases
from ocrchat.cloud import cloud
from ocrchat.telemetry import logger, measure, told_by_the_log


@logger.inject_lambda_context(clear_state=True)
@told_by_the_log
def handler(event: dict[str, Any], context: LambdaContext) -> None:
    now = datetime.now(UTC)
    measure("OldestJobSeconds", usecases.longest_run(cloud(), now).total_seconds())
    usecases.reconcile(cloud(), now)
