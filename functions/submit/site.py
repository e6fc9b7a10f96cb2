"""The routes that need no token: the OpenAPI document, its readable form, the schema of a job, the languages, the tools."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.event_handler import Response

from ocrchat import languages, published, rest
from ocrchat.codec import Json
from ocrchat.languages import Language
from ocrchat.openapi import Answer
from ocrchat.rest import Call
from ocrchat.settings import Settings
from ocrchat.tools import TOOLS, Tool

CACHED = "public, max-age=300"

routes = rest.Routes()


@routes.add("GET", "/api/v1/openapi.json", answers={200: Answer("OpenAPI 3.1.", "OpenApi")}, public=True)
def openapi(call: Call) -> Response[Any]:
    """This API as an OpenAPI document."""
    call.answer_headers["Cache-Control"] = CACHED
    return Response(200, "application/json", published.openapi_json())


@routes.add("GET", "/api/v1/job.schema.json", answers={200: Answer("JSON Schema 2020-12.", "JsonSchema")}, public=True)
def job_schema(call: Call) -> Response[Any]:
    """What a job looks like.

    As an answer of this API, and as a download in JSON.
    """
    call.answer_headers["Cache-Control"] = CACHED
    return Response(200, "application/json", published.job_schema_json())


@routes.add("GET", "/api/v1/docs/", answers={200: Answer("A page.", content_types=("text/html",))}, public=True)
def docs(call: Call) -> Response[Any]:
    """This API as a page to read."""
    page = published.docs_html()
    if not call.event.path.endswith("/"):
        page = page.replace('href="../', 'href="')  # links are relative, since a stage may stand before the paths
    call.answer_headers["Cache-Control"] = CACHED
    return Response(200, "text/html; charset=utf-8", page)


@routes.add("GET", "/api/v1/languages/", answers={200: Answer("All of them, by name.", "Languages")}, public=True)
def list_languages(call: Call) -> Response[Any]:
    """Languages that can be asked for.

    Each is read by PP-OCRv6, by Tesseract, or by both. Only a server that runs on a laptop may lack Tesseract's data.
    """
    call.answer_headers["Cache-Control"] = CACHED
    has_tesseract = bool(Settings.from_env().tessdata)
    return rest.answer({"languages": [_to_json(known, has_tesseract) for known in languages.LANGUAGES]})


@routes.add("GET", "/api/v1/tools/", answers={200: Answer("All of them.", "Tools")}, public=True)
def list_tools(call: Call) -> Response[Any]:
    """Tools that can be asked for.

    Send the `slug` as the form field `tool`. It sets what the form leaves open, never what it says.
    """
    call.answer_headers["Cache-Control"] = CACHED
    settings = Settings.from_env()
    has = (settings.vlm_backend, settings.translate_provider)
    return rest.answer({"tools": [_tool_to_json(tool, tool.unavailable(*has)) for tool in TOOLS.values()]})


def _tool_to_json(tool: Tool, unavailable: str | None) -> Json:
    return {
        "slug": tool.slug,
        "title": tool.title,
        "description": tool.text,
        "sets": {"tier": tool.tier.value, "format": tool.format},
        "returns": tool.kind.value,
        "available": unavailable is None,
        "unavailable": unavailable,
    }


def _to_json(language: Language, has_tesseract: bool) -> Json:
    return {
        "code": language.code,
        "name": language.name,
        "aliases": list(language.aliases),
        "script": language.script,
        "engine": language.engine,
        "available": has_tesseract or not language.needs_tessdata,
    }
