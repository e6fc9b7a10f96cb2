"""How a route describes itself, and OpenAPI 3.1 made of that.

Handlers carry their own description (`rest.Routes`); a parameter's schema is also what its value is checked against. So the
document cannot say what the code does not do. Pure data: `make docs` writes it to files, which are served as they are.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import groupby
from typing import Literal

from ocrchat import problem
from ocrchat.codec import Json
from ocrchat.errors import (
    BadRequest,
    GatewayTimeout,
    OcrChatError,
    PaymentRequired,
    RouteNotFound,
    TooManyRequests,
    Unauthenticated,
    Unavailable,
)
from ocrchat.schemas import SCHEMAS


@dataclass(frozen=True, slots=True)
class Parameter:
    """A value in the path, the query or a header. `schema` is JSON Schema, with a `default` where it can be left out."""

    name: str
    place: Literal["path", "query", "header"]
    text: str
    schema: Json


@dataclass(frozen=True, slots=True)
class Answer:
    """A good answer. `schema` names one of `schemas.SCHEMAS`; without it the body is described by its content types alone."""

    text: str
    schema: str = ""
    content_types: tuple[str, ...] = ("application/json",)
    headers: Mapping[str, str] = field(default_factory=dict)
    """Name -> what it says."""


@dataclass(frozen=True, slots=True)
class Operation:
    """One method of one path. `path` has `{name}` where a part varies. `text` is Markdown."""

    method: str
    path: str
    summary: str
    text: str
    answers: Mapping[int, Answer]
    parameters: tuple[Parameter, ...] = ()
    body: Mapping[str, Json] = field(default_factory=dict)
    """Content type -> JSON Schema, of the request."""
    errors: tuple[type[OcrChatError], ...] = ()
    public: bool = False
    """Whether it can be called without a token."""


_ALWAYS = (BadRequest, TooManyRequests, OcrChatError, Unavailable, GatewayTimeout)
"""What API Gateway or a bug may answer to any request."""

_SAID = {
    type(error): error
    for error in (
        *(problem.BUG, problem.NOT_UNDERSTOOD, problem.NO_ANSWER),
        *(problem.TOO_LARGE, problem.TOO_OFTEN, problem.UNKNOWN_ROUTE),
    )
}
"""Errors whose words do not depend on the request."""

_REQUEST_ID = {"X-Request-Id": "Yours, if you sent one; name it in a report."}

_ABOUT = """
OCR as a REST API, in your own AWS account or on your laptop. Send an image or a PDF, get its text, Markdown and per-page blocks.

Send your token as `Authorization: Bearer <token>`, or as `?api_token=<token>`. Paths work with and without a slash at the end.
"""


def document(operations: Iterable[Operation], version: str) -> Json:
    """The OpenAPI document of `operations`."""
    paths: dict[str, Json] = {}
    in_order = sorted(operations, key=lambda operation: (operation.path, operation.method))
    errors = {error for operation in in_order for error in errors_of(operation)}
    for operation in in_order:
        paths.setdefault(operation.path, {})[operation.method.lower()] = _operation(operation)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "ocrchat",
            "version": version,
            "description": _ABOUT.strip(),
            "license": {"name": "AGPL-3.0-or-later", "identifier": "AGPL-3.0-or-later"},
        },
        "servers": [{"url": "/", "description": "This server; a stage of API Gateway may stand before the paths."}],
        "paths": paths,
        "webhooks": {"jobEnded": {"post": _webhook()}},
        "components": {
            "schemas": SCHEMAS,
            "examples": {error.code: {"value": example(error)} for error in sorted(errors, key=lambda e: e.code)},
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer"},
                "query": {"type": "apiKey", "in": "query", "name": "api_token"},
            },
        },
        "security": [{"bearer": []}, {"query": []}],
    }


def errors_of(operation: Operation) -> list[type[OcrChatError]]:
    """All that the operation may answer with, its own and those of every one."""
    token = () if operation.public else (Unauthenticated,)
    # A varying part with letters that a path cannot have leads to no route at all.
    routing = (RouteNotFound,) if any(parameter.place == "path" for parameter in operation.parameters) else ()
    return list(dict.fromkeys((*operation.errors, *token, *routing, *_ALWAYS)))


def example(error: type[OcrChatError]) -> Json:
    """The problem document of such an error: in its own words where they are always the same, else in its title's."""
    detail = f"{error.title}."
    said = error(detail, used=100, cap=100) if issubclass(error, PaymentRequired) else _SAID.get(error, error(detail))
    return problem.document(said, "7c9e6679-7425-40de-944b-e07fc1f90ae7")


def _operation(operation: Operation) -> Json:
    described: Json = {
        "operationId": operation_id(operation),
        "summary": operation.summary,
        "description": operation.text,
        "parameters": [_parameter(parameter) for parameter in operation.parameters],
        "responses": _responses(operation),
    }
    if operation.body:
        content = {content_type: {"schema": schema} for content_type, schema in operation.body.items()}
        described["requestBody"] = {"required": True, "content": content}
    if operation.public:
        described["security"] = []
    return described


def operation_id(operation: Operation) -> str:
    """For example `post_ocr_uuid_cancel`."""
    parts = re.findall(r"[A-Za-z]+", operation.path.removeprefix("/api/v1"))
    return "_".join((operation.method.lower(), *parts))


def _parameter(parameter: Parameter) -> Json:
    return {
        "name": parameter.name,
        "in": parameter.place,
        "description": parameter.text,
        "required": parameter.place == "path",
        "schema": parameter.schema,
    }


def _responses(operation: Operation) -> Json:
    responses: Json = {}
    for status, answer in operation.answers.items():
        schema = {"schema": {"$ref": f"#/components/schemas/{answer.schema}"}} if answer.schema else {}
        responses[str(status)] = {
            "description": answer.text,
            "headers": _headers({**answer.headers, **_REQUEST_ID}),
            **({"content": {kind: schema for kind in answer.content_types}} if answer.content_types else {}),
        }
    for status, errors in groupby(sorted(errors_of(operation), key=lambda e: e.status), key=lambda e: e.status):
        responses[str(status)] = _refusal(list(errors))
    return dict(sorted(responses.items()))


def _refusal(errors: list[type[OcrChatError]]) -> Json:
    codes = [error.code for error in errors]
    told = {
        "schema": {
            "allOf": [{"$ref": "#/components/schemas/Problem"}, {"properties": {"code": {"enum": codes}}}],
        },
        "examples": {code: {"$ref": f"#/components/examples/{code}"} for code in codes},
    }
    texts: dict[str, str] = {}
    if Unauthenticated in errors:
        texts["WWW-Authenticate"] = "How to send a token."
    if any(error.retryable for error in errors):
        texts["Retry-After"] = "Seconds to wait before the next try."
    return {
        "description": "; ".join(f"`{error.code}`: {error.title}" for error in errors),
        "headers": _headers({**texts, **_REQUEST_ID}),
        "content": {problem.CONTENT_TYPE: told},
    }


def _headers(texts: Mapping[str, str]) -> Json:
    return {name: {"description": text, "schema": {"type": "string"}} for name, text in texts.items()}


def _webhook() -> Json:
    headers = {
        "webhook-id": "The event's id, the same at every try: ignore an event that you have seen.",
        "webhook-timestamp": "When this try was made, in Unix seconds.",
        "webhook-signature": "Signatures of id, time and body, after the Standard Webhooks specification.",
    }
    return {
        "summary": "A job has ended",
        "description": "Sent to the `callback_url` of the job, and again for about 28 hours until a 2xx is answered.",
        "parameters": [
            {"name": name, "in": "header", "required": True, "description": text, "schema": {"type": "string"}}
            for name, text in headers.items()
        ],
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Event"}}},
        },
        "responses": {"2XX": {"description": "It has arrived."}, "410": {"description": "Do not send it again."}},
    }
