"""What is published of the API, as files made by `make docs`: the OpenAPI document, its readable form, the schema of a job."""

from __future__ import annotations

import json
import re
from functools import lru_cache
from importlib import resources

from ocrchat.codec import Json


def openapi_json() -> str:
    return _read("openapi.json")


def job_schema_json() -> str:
    return _read("job.schema.json")


def docs_html() -> str:
    return _read("docs.html")


def allowed_methods(path: str) -> tuple[str, ...]:
    """The methods that a path has, with or without a trailing slash; none for an unknown path."""
    for pattern, methods in _paths():
        if pattern.fullmatch(path.rstrip("/")):
            return methods
    return ()


@lru_cache(maxsize=1)
def _paths() -> list[tuple[re.Pattern[str], tuple[str, ...]]]:
    document: Json = json.loads(openapi_json())
    # The fixed ones first: /ocr/{uuid} would take their places.
    return [
        (
            re.compile(re.sub(r"\\{\w+\\}", "[^/]+", re.escape(path.rstrip("/")))),
            (*(method.upper() for method in sorted(methods)), "OPTIONS"),
        )
        for path, methods in sorted(document["paths"].items(), key=lambda item: "{" in item[0])
    ]


def _read(name: str) -> str:
    return resources.files("ocrchat").joinpath("site", name).read_text("utf-8")
