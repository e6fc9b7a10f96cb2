"""The route of uploads: files too large for a request go to S3 directly."""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import Any

from aws_lambda_powertools.event_handler import Response

from ocrchat import codec, rest, usecases
from ocrchat.errors import FileTooLarge, InvalidField, TooManyRequests
from ocrchat.filenames import base_name
from ocrchat.openapi import Answer
from ocrchat.rest import Call

LONGEST_BODY = 4096

routes = rest.Routes()


@routes.add(
    "POST",
    "/api/v1/uploads/",
    body={
        "application/json": {
            "type": "object",
            "required": ["filename", "size"],
            "properties": {
                "filename": {"type": "string", "minLength": 1, "maxLength": 255, "examples": ["contract.pdf"]},
                "size": {"type": "integer", "minimum": 1, "description": "Bytes of the file.", "examples": [25000000]},
            },
        }
    },
    answers={201: Answer("Where to send the file.", "Upload", headers=rest.RATE_HEADERS)},
    errors=(InvalidField, FileTooLarge, TooManyRequests),
)
def create(call: Call) -> Response[Any]:
    """Prepare an upload.

    For files over about 4.5 MB, which a request through API Gateway cannot carry. POST the file as a form to `url`, with all
    `fields` before it and the file last, under the name `file`; then submit with the form field `upload=<id>` in place of
    `file`. The address is good for an hour, for one file of at most `size` bytes.
    """
    account = call.admit()
    filename, size = _parse(call.body())
    upload = usecases.create_upload(call.cloud, account, filename, size, call.now)
    return rest.answer(codec.upload_to_json(upload), HTTPStatus.CREATED)


def _parse(body: bytes) -> tuple[str, int]:
    try:
        value = json.loads(body if len(body) <= LONGEST_BODY else b"")
        filename, size = value["filename"], value["size"]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise InvalidField(
            'Send JSON with the file\'s name and size: {"filename": "a.pdf", "size": 25000000}.'
        ) from error
    if not isinstance(filename, str) or not 0 < len(filename) <= 255:
        raise InvalidField("filename is the name of the file, up to 255 characters.")
    if not isinstance(size, int) or isinstance(size, bool) or size < 1:
        raise InvalidField("size is the number of bytes of the file, a whole number from 1.")
    return base_name(filename) or "file", size
