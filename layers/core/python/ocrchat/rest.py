"""The HTTP edge that the API functions share: routes, who is calling and how often, and how an error is told (RFC 9457)."""

from __future__ import annotations

import base64
import json
import re
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import cached_property
from http import HTTPStatus
from typing import Any

from aws_lambda_powertools.event_handler import APIGatewayRestResolver, CORSConfig, Response
from aws_lambda_powertools.event_handler.exceptions import NotFoundError
from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEvent
from aws_lambda_powertools.utilities.typing import LambdaContext

from ocrchat import codec, problem
from ocrchat.aws.accounts import WINDOW_SECONDS
from ocrchat.billing import Account
from ocrchat.cloud import Cloud
from ocrchat.errors import InvalidField, MethodNotAllowed, OcrChatError, TooManyRequests, Unauthenticated
from ocrchat.openapi import Answer, Operation, Parameter
from ocrchat.published import allowed_methods
from ocrchat.telemetry import logger
from ocrchat.tracebacks import kind

Handler = Callable[..., Response[Any]]
"""Takes a `Call`, and the variable parts of the path by name."""

_REFUSES_GZIP = re.compile(r"gzip\s*;\s*q=0(?:\.0+)?\s*(?:,|$)")

_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,128}")

_CORS = CORSConfig(
    allow_origin="*",  # a token is sent by hand, never by the browser on its own, so no origin is more dangerous than another
    allow_headers=["Authorization", "Content-Type", "Idempotency-Key", "X-Request-Id"],
    expose_headers=[
        "Allow", "Content-Disposition", "Idempotency-Replayed", "RateLimit", "RateLimit-Policy", "Retry-After", "X-Request-Id",
        "X-Stream-Buffered",
    ],
    max_age=86400,
)  # fmt: skip


class Call:
    """One request on its way through a handler. `answer_headers` go out with whatever is answered."""

    def __init__(self, event: APIGatewayProxyEvent, context: LambdaContext, connect: Callable[[], Cloud]) -> None:
        self.event = event
        self.now = datetime.now(UTC)
        given = self.header("X-Request-Id")
        self.request_id = given if _REQUEST_ID.fullmatch(given) else event.request_context.request_id
        logger.append_keys(request_id=self.request_id)
        # A job is nobody else's, and its text is not to lie in a cache; a public page says otherwise.
        self.answer_headers = {"X-Request-Id": self.request_id, "Cache-Control": "no-store", "Vary": "Accept-Encoding"}
        self.ends_at = time.monotonic() + context.get_remaining_time_in_millis() / 1000
        """When Lambda stops this function, on time.monotonic."""
        self._connect = connect

    @property
    def cloud(self) -> Cloud:
        return self._connect()

    @cached_property
    def account_id(self) -> str:
        """The calling account's, by `Authorization: Bearer <token>` or `?api_token=<token>`. Raises Unauthenticated."""
        scheme, _, token = self.header("Authorization").partition(" ")
        if scheme.lower() != "bearer" or not token.strip():
            token = self.event.query_string_parameters.get("api_token", "")
        account_id = self.cloud.accounts.by_token(token.strip()) if token.strip() else None
        if account_id is None:
            raise _unauthenticated()
        logger.append_keys(account_id=account_id)
        return account_id

    def account(self) -> Account:
        """The calling account. Raises Unauthenticated."""
        account = self.cloud.accounts.get(self.account_id)
        if account is None:
            raise _unauthenticated()
        return account

    def admit(self) -> Account:
        """The calling account, for a request that makes something, which is counted. Raises TooManyRequests.

        The headers are those of draft-ietf-httpapi-ratelimit-headers: the quota of a window, and what is left of it.
        """
        account = self.account()
        quota = account.plan.requests_per_minute
        count = self.cloud.accounts.count_request(account.id, self.now)
        seconds = WINDOW_SECONDS - int(self.now.timestamp()) % WINDOW_SECONDS
        self.answer_headers["RateLimit-Policy"] = f'"account";q={quota};w={WINDOW_SECONDS}'
        self.answer_headers["RateLimit"] = f'"account";r={max(0, quota - count)};t={seconds}'
        if count > quota:
            raise TooManyRequests(
                f"The plan '{account.plan.name}' allows {quota} submissions, uploads and questions a minute. "
                f"Go on in {seconds} s.",
                seconds,
            )
        return account

    def header(self, name: str) -> str:
        return self.event.headers.get(name) or ""

    def body(self) -> bytes:
        body = self.event.body or ""
        return base64.b64decode(body) if self.event.is_base64_encoded else body.encode()

    def idempotency_key(self) -> str:
        """Raises InvalidField."""
        key = self.header("Idempotency-Key").strip()
        if len(key) > 255 or not key.isascii() or not (key.isprintable() or not key):
            raise InvalidField("Idempotency-Key is a word of up to 255 printable ASCII characters, a UUID for example.")
        return key

    def word(self, parameter: Parameter) -> str:
        """A text parameter of the query, one of its `enum` if it has one. Raises InvalidField."""
        value = self.event.query_string_parameters.get(parameter.name) or str(parameter.schema.get("default", ""))
        allowed = parameter.schema.get("enum")
        if value and allowed and value.lower() not in allowed:
            raise InvalidField(f"{parameter.name}='{value[:80]}' is not known. It is one of: {', '.join(allowed)}.")
        return value.lower() if allowed else value

    def number(self, parameter: Parameter) -> int:
        """A whole number of the query within its bounds. Raises InvalidField."""
        value = self.event.query_string_parameters.get(parameter.name) or str(parameter.schema["default"])
        low, high = parameter.schema["minimum"], parameter.schema["maximum"]
        if not (value.isascii() and value.isdecimal() and len(value) < 10 and low <= int(value) <= high):
            raise InvalidField(f"{parameter.name} is a whole number from {low} to {high}.")
        return int(value)


class Routes:
    """Handlers with their descriptions."""

    def __init__(self) -> None:
        self.all: list[tuple[Operation, Handler]] = []

    def add(
        self,
        method: str,
        path: str,
        *,
        answers: Mapping[int, Answer],
        parameters: tuple[Parameter, ...] = (),
        body: Mapping[str, codec.Json] | None = None,
        errors: tuple[type[OcrChatError], ...] = (),
        public: bool = False,
    ) -> Callable[[Handler], Handler]:
        """The summary and the text are the handler's docstring: its first line, and the rest."""

        def register(handler: Handler) -> Handler:
            summary, _, text = (handler.__doc__ or "").partition("\n")
            text = "\n".join(line.strip() for line in text.strip().splitlines())
            operation = Operation(method, path, summary.strip(), text, answers, parameters, body or {}, errors, public)
            self.all.append((operation, handler))
            return handler

        return register


class Api:
    """Routes as a Lambda function. Its every error is a problem document; routes answer with and without a trailing slash."""

    def __init__(self, connect: Callable[[], Cloud], *routes: Routes) -> None:
        self.operations = [operation for some in routes for operation, _ in some.all]
        self._connect = connect
        self._resolver = APIGatewayRestResolver(cors=_CORS)
        for some in routes:
            for operation, handler in some.all:
                rule = re.sub(r"{(\w+)}", r"<\1>", operation.path)
                self._resolver.route(rule, method=operation.method, compress=True)(self._calling(handler))
        self._resolver.not_found(self._on_unknown_route)
        self._resolver.exception_handler(OcrChatError)(self._on_known_error)
        self._resolver.exception_handler(Exception)(self._on_bug)

    def handle(self, event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
        if _REFUSES_GZIP.search(APIGatewayProxyEvent(event).headers.get("Accept-Encoding") or ""):
            # Powertools only looks whether the word is there.
            kept = {name: value for name, value in event["headers"].items() if name.lower() != "accept-encoding"}
            event = {**event, "headers": kept, "multiValueHeaders": {}}
        self._call = Call(APIGatewayProxyEvent(event), context, self._connect)
        answer = self._resolver.resolve(event, context)
        headers = answer.setdefault("multiValueHeaders", {})
        headers.update({name: [value] for name, value in self._call.answer_headers.items()})
        return answer

    def _calling(self, handler: Handler) -> Callable[..., Response[Any]]:
        # Powertools calls with the variable parts of the path; one function handles one request at a time.
        return lambda **parts: handler(self._call, **parts)

    def _on_known_error(self, error: OcrChatError) -> Response[str]:
        log_refusal(error)
        return self._refusal(error)

    def _on_unknown_route(self, _: NotFoundError) -> Response[str]:
        method, path = self._call.event.http_method, self._call.event.path
        allowed = allowed_methods(path)
        if allowed and method not in allowed:
            return self._refusal(
                MethodNotAllowed(
                    f"{method} is not possible here, but {', '.join(allowed)}. See /api/v1/docs/.", allowed
                )
            )
        return self._refusal(problem.UNKNOWN_ROUTE)

    def _on_bug(self, _: Exception) -> Response[str]:
        # The edge of the system: what reaches this line is a bug, and its caller gets a problem document all the same.
        logger.exception("request failed")
        return self._refusal(problem.BUG)

    def _refusal(self, error: OcrChatError) -> Response[str]:
        body = json.dumps(problem.document(error, self._call.request_id))
        return Response(error.status, problem.CONTENT_TYPE, body, headers=dict(error.headers))


def log_refusal(error: OcrChatError) -> None:
    """With what kind of error a service of ours has answered, which is for the operator alone."""
    cause = kind(error.__cause__) if error.status >= 500 and error.__cause__ else None
    logger.info("request refused", code=error.code, status=error.status, cause=cause)


def answer(value: codec.Json, status: HTTPStatus = HTTPStatus.OK) -> Response[str]:
    return Response(status, "application/json", codec.dumps(value).decode())


PLAIN_BYTES = 3_000_000
"""JSON that fits into the 6 MB that Lambda can return when its quotes, or its letters beyond ASCII, are escaped once more."""

GZIPPED_BYTES = 7_000_000
"""The same for a client that accepts gzip: JSON of the densest text (base64) shrinks to 58 %, and grows by a third again."""

RATE_HEADERS = {
    "RateLimit-Policy": "Requests that a window allows, and its length in seconds.",
    "RateLimit": "What is left of the window, and the seconds until the next one.",
}

UUID = Parameter(
    "uuid", "path", "The job's `uuid`.", {"type": "string", "examples": ["9f2c1b7e4a5d4c6f8e9a0b1c2d3e4f50"]}
)


LIMIT = Parameter(
    "limit", "query", "How many, at most.", {"type": "integer", "minimum": 1, "maximum": 100, "default": 20}
)
CURSOR = Parameter("cursor", "query", "Where to go on: the `next_cursor` of the answer before.", {"type": "string"})


def idempotency_key_of(text: str) -> Parameter:
    """`text` says what a request that comes again is answered."""
    schema = {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[ -~]+$"}
    return Parameter("Idempotency-Key", "header", text, schema)


FIRST_PAGE = Parameter(
    "first_page",
    "query",
    "Where the part begins that is answered, of a job too large for one answer: take it from `next` as it is.",
    {"type": "integer", "minimum": 0, "maximum": 999_999, "default": 0},
)

WORDS = Parameter(
    "words",
    "query",
    "Whether each line comes with its words, their boxes and confidences. The answer is several times as large then.",
    {"type": "string", "enum": ["true", "false"], "default": "false"},
)


def job_answer(call: Call, job: codec.Json, first_page: int = 0, with_words: bool = False) -> Response[str]:
    """The job, or the part of it that begins at a page and that one answer can carry."""
    limit = GZIPPED_BYTES if "gzip" in call.header("Accept-Encoding") else PLAIN_BYTES
    return answer(codec.part(job, first_page, limit, with_words))


def _unauthenticated() -> Unauthenticated:
    return Unauthenticated(
        "Send your API token as the header 'Authorization: Bearer <token>' (or as ?api_token=<token>)."
    )
