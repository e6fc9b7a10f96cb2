"""HTTP: download a finished job."""

from __future__ import annotations

from pathlib import PurePath
from typing import Any
from urllib.parse import quote

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.utilities.typing import LambdaContext

from ocrchat import export, rest, usecases
from ocrchat.cloud import cloud
from ocrchat.errors import InvalidField
from ocrchat.telemetry import logger

app = rest.resolver()


@app.get("/api/v1/ocr/<job_id>/download", compress=True)
def download(job_id: str) -> Response[str | bytes]:
    account_id = rest.authenticate(app, cloud())
    name = app.current_event.query_string_parameters.get("format", "").lower() or "txt"
    if name not in export.FORMATS:
        raise InvalidField(f"'{name[:80]}' is not a download format. The formats are: {', '.join(export.FORMATS)}.")
    job = usecases.find_job(cloud(), account_id, job_id)
    body = usecases.download(cloud(), job, name)
    form = export.FORMATS[name]
    headers = {"Content-Disposition": _attachment(f"{PurePath(job.filename).stem}.{form.extension}")}
    # Bytes leave as base64; of JSON, Powertools would serialise them once more, so that is handed over as text.
    content = body.decode() if form.content_type == "application/json" else body
    return Response(200, form.content_type, content, headers=headers)


def _attachment(filename: str) -> str:
    """RFC 6266: the real name in UTF-8, and an ASCII one for what cannot read it."""
    plain = "".join(c if (c.isascii() and c.isalnum()) or c in "-_. " else "_" for c in filename)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(filename, safe='')}"


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    return app.resolve(event, context)
