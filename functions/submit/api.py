"""HTTP: submit a file, see a job."""

from __future__ import annotations

import base64
import time
from typing import Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.submit import form
from ocrchat import rest, usecases
from ocrchat.cloud import cloud
from ocrchat.settings import Settings
from ocrchat.telemetry import count, logger

ANSWER_MARGIN_SECONDS = 6.0
"""Kept of this function's 28 s for the answer, and for a cold start, which counts for API Gateway's 29 s alone."""

app = rest.resolver()


@app.post("/api/v1/ocr", compress=True)
def submit() -> Response[str]:
    account_id = rest.authenticate(app, cloud())
    deadline = time.monotonic() + app.lambda_context.get_remaining_time_in_millis() / 1000 - ANSWER_MARGIN_SECONDS
    upload, options = form.parse(app.current_event.headers.get("Content-Type") or "", _body())
    job = usecases.submit(cloud(), account_id, upload, options)
    logger.info("job submitted", job_id=job.id, pages=job.page_count, media_type=job.media_type.value)
    count("JobsSubmitted")
    job = usecases.await_end(cloud(), job, deadline, Settings.from_env().inline_waiters)
    return rest.job_response(app, usecases.view(cloud(), job).to_json())


@app.get("/api/v1/ocr/<job_id>", compress=True)
def show(job_id: str) -> Response[str]:
    account_id = rest.authenticate(app, cloud())
    job = usecases.find_job(cloud(), account_id, job_id)
    return rest.job_response(app, usecases.view(cloud(), job).to_json())


def _body() -> bytes:
    event = app.current_event
    body = event.body or ""
    return base64.b64decode(body) if event.is_base64_encoded else body.encode()


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    return app.resolve(event, context)
