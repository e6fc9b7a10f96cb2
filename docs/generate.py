"""`make docs`: the API's documents, made from its handlers and from the tree of errors.

    layers/core/python/ocrchat/site/openapi.json   served at /api/v1/openapi.json
    layers/core/python/ocrchat/site/docs.html      served at /api/v1/docs/
    layers/core/python/ocrchat/site/job.schema.json    served at /api/v1/job.schema.json
    docs/errors.md

They are committed, since functions serve them as they are; a test compares them with a fresh run.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jinja2
from markdown_it import MarkdownIt
from markupsafe import Markup, escape

from functions.chat import api as chat_api
from functions.export import api as export_api
from functions.submit import api as submit_api
from infra.config import default_plans
from ocrchat import errors, openapi
from ocrchat.schemas import SCHEMAS, standalone

DOCS = Path(__file__).resolve().parent
ROOT = DOCS.parent
SITE = ROOT / "layers" / "core" / "python" / "ocrchat" / "site"

OPERATIONS = [*submit_api.api.operations, *export_api.api.operations, *chat_api.api.operations]

GROUPS = {
    "Jobs": ("post_ocr", "get_ocr_uuid", "get_ocr_uuid_download", "get_ocr", "post_ocr_uuid_cancel", "delete_ocr_uuid"),
    "Chat": ("post_chat_uuid", "get_chat_uuid_history"),
    "Large files": ("post_uploads",),
    "Account": (
        "get_account",
        "get_account_ledger",
        "get_account_webhook_secret",
        "post_account_webhook_secret",
    ),
    "Languages and tools": ("get_languages", "get_tools"),
    "This document": ("get_openapi_json", "get_docs", "get_job_schema_json"),
}
"""In which order people read of them."""

MANY = 6
"""Values of a field, beyond which they are folded away."""


def documents() -> dict[Path, str]:
    """File -> what is to be in it."""
    document = openapi.document(OPERATIONS, _version())
    return {
        SITE / "openapi.json": json.dumps(document, indent=1, ensure_ascii=False) + "\n",
        SITE / "docs.html": _page(document),
        SITE / "job.schema.json": json.dumps(standalone("Job"), indent=1, ensure_ascii=False) + "\n",
        DOCS / "errors.md": _errors_table(document),
    }


def error_classes() -> list[type[errors.OcrChatError]]:
    """Those that are answered, by status and code: no branch of the tree but API Gateway's, nor what only pages have."""

    def below(error: type[errors.OcrChatError]) -> set[type[errors.OcrChatError]]:
        return {error}.union(*(below(child) for child in error.__subclasses__()))

    found = {error for error in below(errors.OcrChatError) if error.__module__ == errors.__name__}
    return sorted(
        found - {errors.PaymentRequired, *below(errors.PageUnreadable)}, key=lambda error: (error.status, error.code)
    )


def _version() -> str:
    return str(tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"])


def _page(document: dict[str, Any]) -> str:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(DOCS), autoescape=True, trim_blocks=True, lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )  # fmt: skip
    environment.filters["markdown"] = lambda text: Markup(MarkdownIt().enable("table").render(text))
    environment.filters["inline"] = lambda text: Markup(MarkdownIt().renderInline(text))
    environment.filters["kind"] = _kind
    environment.filters["rows"] = _rows
    environment.filters["shape"] = _shape
    operations = {openapi.operation_id(operation): operation for operation in OPERATIONS}
    assert set(operations) == {name for names in GROUPS.values() for name in names}, "GROUPS lacks an operation"
    page = environment.get_template("api.html.jinja").render(
        document=document,
        errors=error_classes(),
        meaning=_meaning,
        errors_of=openapi.errors_of,
        groups={group: {name: operations[name] for name in names} for group, names in GROUPS.items()},
        plans=default_plans().values(),
        schemas=SCHEMAS,
    )
    return re.sub(r"\n{3,}", "\n\n", page)


def _rows(schema: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Dotted name and schema of every property, those of objects within included: what a table has a row for."""
    for name, one in schema["properties"].items():
        yield f"{prefix}{name}", one
        for inner in one.get("oneOf", [one]):
            if "properties" in inner:
                yield from _rows(inner, f"{prefix}{name}.")


def _kind(schema: dict[str, Any]) -> Markup:
    """A schema's type in a word or two, for a table; a shape as a link."""
    if "$ref" in schema:
        return _shape(schema["$ref"].rpartition("/")[2])
    if "oneOf" in schema:
        return Markup(" or ").join(_kind(one) for one in schema["oneOf"])
    if "const" in schema:
        return Markup(json.dumps(schema["const"]))
    if "enum" in schema:
        values = ", ".join(str(value) for value in schema["enum"])
        if len(schema["enum"]) <= MANY:
            return escape(values)
        return Markup("<details><summary>one of {}</summary>{}</details>").format(len(schema["enum"]), values)
    kinds = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    return Markup(" or ").join([_plain(kinds[0], schema), *kinds[1:]])


def _plain(kind: str, schema: dict[str, Any]) -> Markup:
    match schema:
        case {"items": items}:
            return Markup("array of {}").format(_kind(items))
        case {"format": form}:
            return escape(form)
        case {"minimum": low, "maximum": high}:
            return escape(f"{kind}, {low} to {high}")
        case {"maxLength": length}:
            return escape(f"{kind}, up to {length}")
        case _:
            return escape(kind)


def _shape(name: str) -> Markup:
    """The name of one of SCHEMAS as a link, of all that it can be; of what has no table, the name alone."""
    schema = SCHEMAS[name]
    if "oneOf" in schema:
        return _kind(schema)
    return Markup('<a href="#{0}">{0}</a>').format(name) if "properties" in schema else escape(name)


def _meaning(error: type[errors.OcrChatError]) -> str:
    """Its title, and what its docstring adds to that; the root's is about the tree."""
    more = "" if error is errors.OcrChatError else error.__doc__ or ""
    return f"{error.title}. {more}".strip()


_ERRORS_ABOUT = """\
# Errors

Made by `make docs` from `ocrchat/errors.py`. Every error is `application/problem+json` (RFC 9457) with `type`, `title`,
`status`, `code` (stable, for programs), `detail` (what is wrong, and what to do) and `request_id`; some have more members.

| status | code | meaning | also has | try again as it is | given by |
|---|---|---|---|---|---|
"""


def _errors_table(document: dict[str, Any]) -> str:
    rows = [
        f"| {error.status} | `{error.code}` | {_meaning(error)} | {_members(document, error)} "
        f"| {'yes' if error.retryable else 'no'} | {_given_by(error)} |"
        for error in error_classes()
    ]
    return _ERRORS_ABOUT + "\n".join(rows) + "\n"


def _members(document: dict[str, Any], error: type[errors.OcrChatError]) -> str:
    """What its example has beyond what all have. No operation gives `method_not_allowed`, so that has no example."""
    shown = document["components"]["examples"].get(error.code, {"value": {}})["value"]
    return ", ".join(f"`{name}`" for name in shown if name not in SCHEMAS["Problem"]["required"])


def _given_by(error: type[errors.OcrChatError]) -> str:
    if error in (errors.RouteNotFound, errors.MethodNotAllowed):
        return "any other path or method"
    giving = [operation for operation in OPERATIONS if error in openapi.errors_of(operation)]
    if len(giving) == len(OPERATIONS):
        return "all"
    if len(giving) == sum(not operation.public for operation in OPERATIONS):
        return "all with a token"
    return ", ".join(f"`{operation.method} {operation.path}`" for operation in giving) or "the drop bucket"


if __name__ == "__main__":
    for path, content in documents().items():
        path.write_text(content)
        print(path.relative_to(ROOT))
