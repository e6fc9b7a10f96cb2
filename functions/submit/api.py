"""HTTP: all of the API but downloads and chat."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.submit import account, jobs, site, uploads
from ocrchat import rest
from ocrchat.cloud import cloud
from ocrchat.telemetry import logger

api = rest.Api(cloud, jobs.routes, uploads.routes, account.routes, site.routes)


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    return api.handle(event, context)
