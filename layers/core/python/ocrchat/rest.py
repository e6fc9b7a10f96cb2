"""The HTTP edge that the API functions share: who is calling, and how an error is told (RFC 9457)."""

from __future__ import annotations

import json
from http import HTTPStatus

from aws_lambda_powertools.event_handler import APIGatewayRestResolver, Response
from aws_lambda_powertools.event_handler.exceptions import NotFoundError

from ocrchat import codec, problem
from ocrchat.cloud import Cloud
from ocrchat.errors import InvalidField, OcrChatError, Unauthenticated
from ocrchat.telemetry import logger


def resolver() -> APIGatewayRestResolver:
    """A router whose every error is a problem document. Routes answer with and without a trailing slash."""
    app = APIGatewayRestResolver()

    @app.exception_handler(OcrChatError)
    def on_known_error(error: OcrChatError) -> Response[str]:
        logger.info("request refused", code=error.code, status=error.status)
        return refusal(app, error)

    @app.not_found
    def on_unknown_route(_: NotFoundError) -> Response[str]:
        return refusal(app, problem.UNKNOWN_ROUTE)

    @app.exception_handler(Exception)
    def on_bug(_: Exception) -> Response[str]:
        # The edge of the system: what reaches this line is a bug, and its caller gets a problem document all the same.
        logger.exception("request failed")
        return refusal(app, problem.BUG)

    return app


def refusal(app: APIGatewayRestResolver, error: OcrChatError) -> Response[str]:
    headers = {"WWW-Authenticate": 'Bearer realm="ocrchat"'} if error.status == HTTPStatus.UNAUTHORIZED else {}
    if error.retryable:
        headers["Retry-After"] = "5"
    body = problem.document(error, app.current_event.request_context.request_id)
    return Response(error.status, problem.CONTENT_TYPE, json.dumps(body), headers=headers)


PLAIN_BYTES = 3_000_000
"""JSON that fits into the 6 MB that Lambda can return when its quotes, or its letters beyond ASCII, are escaped once more."""

GZIPPED_BYTES = 10_000_000
"""The same for a client that accepts gzip: JSON of random text still shrinks to 40 %, and grows by a third as base64."""


def job_response(app: APIGatewayRestResolver, job: codec.Json) -> Response[str]:
    """The job, or the part of it that begins at `?first_page=` and that one answer can carry. Raises InvalidField.

    The route has `compress=True`, so that the answer is gzipped where the client accepts it.
    """
    event = app.current_event
    first_page = event.query_string_parameters.get("first_page", "0")
    if not first_page.isdecimal():
        raise InvalidField("first_page is the index of a page, counted from 0. Take it from 'next' as it is.")
    limit = GZIPPED_BYTES if "gzip" in (event.headers.get("Accept-Encoding") or "") else PLAIN_BYTES
    shown = codec.part(job, int(first_page[:9]), limit)
    return Response(HTTPStatus.OK, "application/json", codec.dumps(shown).decode())


def authenticate(app: APIGatewayRestResolver, cloud: Cloud) -> str:
    """The id of the calling account, by `Authorization: Bearer <token>` or `?api_token=<token>`. Raises Unauthenticated."""
    event = app.current_event
    scheme, _, token = (event.headers.get("Authorization") or "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        token = event.query_string_parameters.get("api_token", "")
    account_id = cloud.accounts.by_token(token.strip()) if token.strip() else None
    if account_id is None:
        raise Unauthenticated(
            "Send your API token as the header 'Authorization: Bearer <token>' (or as ?api_token=<token>)."
        )
    logger.append_keys(account_id=account_id)
    return account_id
