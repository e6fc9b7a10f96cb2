"""API Gateway's authorizer of POST /api/v1/ocr: whoever sends more than Lambda can carry is told where to send it instead.

Nobody is authenticated here, the functions do that. A body over Lambda's payload never reaches them, and what API Gateway
says of it is fixed text; an authorizer sees the headers before that, and what it denies with is its own. It runs before
every submission, so what only a denial needs is imported there.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from ocrchat.limits import REQUEST_BYTES

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext


def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    size = _content_length(event)
    return _allow(event) if size <= REQUEST_BYTES else _redirect(event, context, size)


def _redirect(event: dict[str, Any], context: LambdaContext, size: int) -> dict[str, Any]:
    """Deny, with a problem document that holds an upload or says why there is none."""
    from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEvent

    from ocrchat import codec, problem, rest, usecases
    from ocrchat.cloud import cloud
    from ocrchat.errors import FileTooLarge, TooManyRequests, Unauthenticated, Unavailable
    from ocrchat.telemetry import logger

    call = rest.Call(APIGatewayProxyEvent(event), context, cloud)  # the event is a function's, less the body
    try:
        account = call.admit()
        upload = usecases.create_upload(call.cloud, account, "file", size, call.now)
        refusal = problem.upload_instead(codec.upload_to_json(upload))
    except FileTooLarge as error:
        refusal = error
    except TooManyRequests as error:
        # One status for all that is denied: this cannot be a 429.
        refusal = FileTooLarge(f"A request can carry about 4.5 MB, and no upload could be prepared. {error.detail}")
    except (Unauthenticated, Unavailable):
        # Nor a 401. Once allowed, the request is too large, which API Gateway answers itself, with its fixed text.
        return _allow(event)
    logger.info("request too large", size=size, upload=refusal.upload is not None)
    document = json.dumps(problem.document(refusal, call.request_id))
    return _policy(event, "Deny", call.account_id, {"problem": document})


def _content_length(event: dict[str, Any]) -> int:
    """0 where none is said, or nothing that can be read: then API Gateway's own limits decide."""
    for name, value in (event["headers"] or {}).items():
        if name.lower() == "content-length":
            return int(value) if re.fullmatch("[0-9]{1,18}", value) else 0
    return 0


def _allow(event: dict[str, Any]) -> dict[str, Any]:
    return _policy(event, "Allow", "anyone", {})


def _policy(event: dict[str, Any], effect: str, principal: str, context: dict[str, str]) -> dict[str, Any]:
    statement = {"Action": "execute-api:Invoke", "Effect": effect, "Resource": event["methodArn"]}
    return {
        "principalId": principal,
        "policyDocument": {"Version": "2012-10-17", "Statement": [statement]},
        "context": context,
    }
