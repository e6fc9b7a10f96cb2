"""How a route describes itself, and OpenAPI 3.1 made of that.

Handlers carry their own description (`rest.Routes`); a parameter's schema is also what its value is checked against. So the
document cannot say what the code does not do. Pure data: `make docs` writes it to files, which are served as they are.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from ocrchat.codec import Json
from ocrchat.errors import OcrChatError


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
