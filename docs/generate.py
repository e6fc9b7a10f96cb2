"""`make docs`: the API's documents, made from its handlers and from the tree of errors.

    layers/core/python/ocrchat/site/openapi.json   served at /api/v1/openapi.json
    layers/core/python/ocrchat/site/docs.html      served at /api/v1/docs/
    docs/errors.md

They are committed, since functions serve them as they are; a test compares them with a fresh run.
"""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path
from typing import Any

import jinja2
from markdown_it import MarkdownIt
from markupsafe import Markup

from functions.export import api as export_api
from functions.submit import api as submit_api
from ocrchat import billing, errors, openapi
from ocrchat.schemas import SCHEMAS

DOCS = Path(__file__).resolve().parent
ROOT = DOCS.parent
SITE = ROOT / "layers" / "core" / "python" / "ocrchat" / "site"

OPERATIONS = [*submit_api.api.operations, *export_api.api.operations]

GROUPS = {
    "Jobs": ("post_ocr", "get_ocr_uuid", "get_ocr_uuid_download", "get_ocr", "post_ocr_uuid_cancel", "delete_ocr_uuid"),
    "Large files": ("post_uploads",),
    "Account": (
        "get_account",
        "get_account_ledger",
        "get_account_webhook_secret",
        "post_account_webhook_secret",
    ),
    "This document": ("get_openapi_json", "get_docs"),
}
"""In which order people read of them."""


def documents() -> dict[Path, str]:
    """File -> what is to be in it."""
    document = openapi.document(OPERATIONS, _version())
    return {
        SITE / "openapi.json": json.dumps(document, indent=1, ensure_ascii=False) + "\n",
        SITE / "docs.html": _page(document),
        DOCS / "errors.md": _errors_table(),
    }


def error_classes() -> list[type[errors.OcrChatError]]:
    """Those that are answered, by status and code: no branch of the tree but API Gateway's, nor what only pages have."""

    def below(error: type[errors.OcrChatError]) -> set[type[errors.OcrChatError]]:
        return {error}.union(*(below(child) for child in error.__subclasses__()))

    found = {error for error in below(errors.OcrChatError) if error.__module__ == errors.__name__}
    return sorted(found - {errors.PaymentRequired, errors.PageUnreadable}, key=lambda error: (error.status, error.code))


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
    environment.filters["target"] = lambda schema: schema.get("$ref", "").rpartition("/")[2]
    operations = {openapi.operation_id(operation): operation for operation in OPERATIONS}
    assert set(operations) == {name for names in GROUPS.values() for name in names}, "GROUPS lacks an operation"
    page = environment.get_template("api.html.jinja").render(
        document=document,
        errors=error_classes(),
        errors_of=openapi.errors_of,
        groups={group: {name: operations[name] for name in names} for group, names in GROUPS.items()},
        plans=billing.PLANS.values(),
        schemas=SCHEMAS,
    )
    return re.sub(r"\n{3,}", "\n\n", page)


def _kind(schema: dict[str, Any]) -> str:
    """A schema's type in a word or two, for a table."""
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    if "oneOf" in schema:
        return " or ".join(_kind(one) for one in schema["oneOf"])
    if "enum" in schema:
        values = [str(value) for value in schema["enum"]]
        return " | ".join(values) if len(values) <= 6 else f"one of {len(values)}: {', '.join(values[:3])}, …"
    kind = schema.get("type", "any")
    if isinstance(kind, list):
        return " or ".join(kind)
    return f"array of {_kind(schema['items'])}" if kind == "array" else str(schema.get("format", kind))


_ERRORS_ABOUT = """\
# Errors

Made by `make docs` from `ocrchat/errors.py`. Every error is `application/problem+json` (RFC 9457) with `type`, `title`,
`status`, `code` (stable, for programs), `detail` (what is wrong, and what to do) and `request_id`. 402 has `used`, `cap` and
`upgrade` too, `too_many_pages` has `upgrade`, and `file_too_large` has `upload`: one that is ready to be used, or null.

| status | code | title | try again as it is | given by |
|---|---|---|---|---|
"""


def _errors_table() -> str:
    rows = [
        f"| {error.status} | `{error.code}` | {error.title} | {'yes' if error.retryable else 'no'} | {_given_by(error)} |"
        for error in error_classes()
    ]
    return _ERRORS_ABOUT + "\n".join(rows) + "\n"


def _given_by(error: type[errors.OcrChatError]) -> str:
    if error in (errors.RouteNotFound, errors.MethodNotAllowed):
        return "any other path or method"
    giving = [operation for operation in OPERATIONS if error in openapi.errors_of(operation)]
    if len(giving) == len(OPERATIONS):
        return "all"
    if len(giving) == sum(not operation.public for operation in OPERATIONS):
        return "all with a token"
    return ", ".join(f"`{operation.method} {operation.path}`" for operation in giving)


if __name__ == "__main__":
    for path, content in documents().items():
        path.write_text(content)
        print(path.relative_to(ROOT))
