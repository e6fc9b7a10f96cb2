"""How an error is told: RFC 9457 problem documents. Pure data, for the functions, the infrastructure and the local front."""

from __future__ import annotations

from ocrchat.codec import Json
from ocrchat.errors import (
    BadRequest,
    FileTooLarge,
    GatewayTimeout,
    OcrChatError,
    RouteNotFound,
    TooManyRequests,
)

CONTENT_TYPE = "application/problem+json"


def document(error: OcrChatError, request_id: str) -> Json:
    return {
        "type": "about:blank",
        "title": error.title,
        "status": error.status,
        "code": error.code,
        "detail": error.detail,
        "request_id": request_id,
        **error.members,
    }


# What is answered before or instead of our code: by API Gateway on AWS, by the front on a laptop, in the same words.

BUG = OcrChatError("Something broke on our side. Try again; if it persists, report the request_id.")
NOT_UNDERSTOOD = BadRequest("The request could not be understood. Compare it with the examples in the documentation.")
NO_ANSWER = GatewayTimeout(
    "The answer took too long. If this was a submission, its job may run all the same; else try again."
)
TOO_LARGE = FileTooLarge(
    'A request can carry about 4.5 MB. POST /api/v1/uploads/ with {"filename", "size"}, send the file there, then submit the '
    "upload."
)
TOO_OFTEN = TooManyRequests("There are too many requests at the moment. Wait a few seconds and try again.")
UNKNOWN_ROUTE = RouteNotFound(
    "There is nothing here. The routes start with /api/v1/ and are listed in the documentation."
)


def upload_instead(upload: Json) -> FileTooLarge:
    """TOO_LARGE, with an upload that is ready to be used."""
    return FileTooLarge(
        "A request can carry about 4.5 MB. Use this upload instead: POST a form to its url with all of its fields, and the "
        "file last, under the name file. Then submit its id (the member upload) as the field upload, in place of file.",
        upload,
    )
