"""The routes that need no token: the OpenAPI document and its readable form."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.event_handler import Response

from ocrchat import published, rest
from ocrchat.openapi import Answer
from ocrchat.rest import Call

CACHED = "public, max-age=300"

routes = rest.Routes()


@routes.add("GET", "/api/v1/openapi.json", answers={200: Answer("OpenAPI 3.1.", "OpenApi")}, public=True)
def openapi(call: Call) -> Response[Any]:
    """This API as an OpenAPI document."""
    call.answer_headers["Cache-Control"] = CACHED
    return Response(200, "application/json", published.openapi_json())


@routes.add("GET", "/api/v1/docs/", answers={200: Answer("A page.", content_types=("text/html",))}, public=True)
def docs(call: Call) -> Response[Any]:
    """This API as a page to read."""
    page = published.docs_html()
    if not call.event.path.endswith("/"):
        page = page.replace('href="../', 'href="')  # links are relative, since a stage may stand before the paths
    call.answer_headers["Cache-Control"] = CACHED
    return Response(200, "text/html; charset=utf-8", page)
