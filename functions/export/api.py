"""HTTP: download a finished job."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.utilities.typing import LambdaContext

from ocrchat import export, rest, usecases
from ocrchat.aws.blobs import attachment
from ocrchat.cloud import cloud
from ocrchat.errors import DamagedFile, InvalidField, JobFailed, JobNotFinished, JobNotFound, NoTranslation
from ocrchat.openapi import Answer, Parameter
from ocrchat.rest import Call
from ocrchat.scratch import Scratch
from ocrchat.telemetry import logger
from ocrchat.tools import TOOLS, translates
from ocrchat.usecases.downloads import OF_TRANSLATION

CARRIED_BYTES = 3_000_000
"""What a function surely can hand over of the 6 MB that Lambda carries: base64 adds a third, the escapes of JSON can double."""

PDF_MODES = {"searchable": "pdf", "text": "pdf-text"}
"""-> the name of the format. The second is no `format`: it is asked for by the mode."""

FORMAT = Parameter(
    "format",
    "query",
    "The format of the file: without it that of the job's `tool`, or txt.",
    {"type": "string", "enum": [name for name in export.FORMATS if name != "pdf-text"]},
)
PDF_MODE = Parameter(
    "pdf_mode",
    "query",
    "What a PDF shows: `searchable`, the original pages with invisible text over them, or `text`, the text set anew.",
    {"type": "string", "enum": list(PDF_MODES), "default": "searchable"},
)
TEXT = Parameter(
    "text",
    "query",
    "In which language: as it was read, or `translation`, of a job with `translate_to`. `original`, if it is not said; of jobs "
    "with `tool=translate`, `translation`.",
    {"type": "string", "enum": ["original", "translation"]},
)

routes = rest.Routes()
scratch = Scratch()


@routes.add(
    "GET",
    "/api/v1/ocr/{uuid}/download/",
    parameters=(rest.UUID, FORMAT, PDF_MODE, TEXT),
    answers={
        200: Answer(
            "The document.",
            content_types=tuple(sorted({form.content_type.partition(";")[0] for form in export.FORMATS.values()})),
            headers={
                "Content-Disposition": "The file's name: that of the submitted file, with the format's extension."
            },
        ),
        302: Answer(
            "A document too large to be answered directly: where it is, for 5 minutes. Follow it without your token.",
            content_types=(),
            headers={"Location": "The address."},
        ),
    },
    errors=(InvalidField, JobNotFound, JobNotFinished, JobFailed, NoTranslation, DamagedFile),
)
def download(call: Call, uuid: str) -> Response[Any]:
    """Download the document.

    In one of the formats, as a file. Follow redirects (`curl -L`): large documents come from S3.
    """
    account_id = call.account_id
    asked, mode = call.word(FORMAT), call.word(PDF_MODE)
    job = usecases.find_job(call.cloud, account_id, uuid)
    tool = TOOLS.get(job.options.tool)  # a job outlives a tool that goes
    name = asked or (tool.format if tool else "txt")
    if name == "pdf":
        name = PDF_MODES[mode]
    elif mode != PDF_MODE.schema["default"]:
        raise InvalidField(f"pdf_mode={mode} is for format=pdf, and format is {name}.")
    if (call.word(TEXT) or ("translation" if translates(job.options.tool) else "original")) == "translation":
        if name == "pdf":
            raise InvalidField(
                "A searchable PDF shows the original pages. Add pdf_mode=text for a PDF of the translation, or text=original."
            )
        name = OF_TRANSLATION + name
    document = usecases.download(call.cloud, job, name, CARRIED_BYTES, scratch)
    if document.url:
        # An empty body, since the emulator breaks on none; uncompressed, since it would not be empty then.
        return Response(302, body="", headers={"Location": document.url}, compress=False)
    headers = {"Content-Disposition": attachment(document.filename)}
    # Bytes leave as base64; of JSON, Powertools would serialise them once more, so that is handed over as text.
    is_json = document.content_type == "application/json"
    content = document.content.decode() if is_json else document.content
    return Response(200, document.content_type, content, headers=headers)


api = rest.Api(cloud, routes)


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    return api.handle(event, context)
