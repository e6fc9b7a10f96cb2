"""The published documents are those of the handlers, and the OpenAPI document holds together."""

from __future__ import annotations

import json
import re
import runpy
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import schemathesis

from ocrchat import published

ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.fixture(scope="module")
def generator() -> dict[str, Any]:
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("POWERTOOLS_METRICS_NAMESPACE", "test")
        return runpy.run_path(str(ROOT / "docs" / "generate.py"))


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(published.openapi_json())
    return loaded


def test_the_committed_documents_are_those_of_the_handlers(generator: dict[str, Any]) -> None:
    for path, content in generator["documents"]().items():
        assert path.read_text() == content, f"{path.name} is out of date. Run: make docs"


def test_every_operation_is_described(generator: dict[str, Any], document: dict[str, Any]) -> None:
    described = {(method.upper(), path) for path, item in document["paths"].items() for method in item}

    assert described == {(operation.method, operation.path) for operation in generator["OPERATIONS"]}
    for operation in generator["OPERATIONS"]:
        assert operation.summary.endswith(".")
        assert operation.text or operation.public


def test_operation_ids_are_unique(document: dict[str, Any]) -> None:
    ids = [operation["operationId"] for item in document["paths"].values() for operation in item.values()]

    assert len(ids) == len(set(ids))


def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    def references(value: Any) -> set[str]:
        if isinstance(value, dict):
            own = {value["$ref"]} if isinstance(value.get("$ref"), str) else set()
            return own.union(*map(references, value.values()))
        return set().union(*map(references, value)) if isinstance(value, list) else set()

    for reference in references(document):
        found = document
        for step in reference.removeprefix("#/").split("/"):
            found = found[step]


def test_every_error_has_an_example_that_is_one(document: dict[str, Any]) -> None:
    validator = jsonschema.Draft202012Validator({"$ref": "#/components/schemas/Problem", **document})
    told = set()
    for item in document["paths"].values():
        for operation in item.values():
            for status, response in operation["responses"].items():
                for media_type in response.get("content", {}).values():
                    for code in media_type.get("examples", {}):
                        told.add(code)
                        assert document["components"]["examples"][code]["value"]["status"] == int(status)

    for code, example in document["components"]["examples"].items():
        validator.validate(example["value"])
        assert example["value"]["code"] == code
    assert told == set(document["components"]["examples"])


def test_every_answer_names_the_request(document: dict[str, Any]) -> None:
    for item in document["paths"].values():
        for operation in item.values():
            for response in operation["responses"].values():
                assert "X-Request-Id" in response["headers"]


def test_a_reader_of_openapi_understands_it(document: dict[str, Any]) -> None:
    schema = schemathesis.openapi.from_dict(document)
    schema.validate()  # by the schema of OpenAPI 3.1

    operations = [result.ok() for result in schema.get_all_operations()]

    assert len(operations) == sum(len(item) for item in document["paths"].values())


def test_the_page_asks_nobody_else() -> None:
    page = published.docs_html()

    assert "<script" not in page
    assert "src=" not in page
    assert "@import" not in page


def test_every_link_within_the_page_leads_to_one_place() -> None:
    page = published.docs_html()
    places = Counter(re.findall(r' id="([^"]+)"', page))

    assert set(re.findall(r'href="#([^"]+)"', page)) <= set(places)
    assert set(places.values()) == {1}


def test_the_page_has_one_table_of_each_shape_and_form(document: dict[str, Any]) -> None:
    page = published.docs_html()

    assert page.count("<td><code>dry_run</code></td>") == 2  # of the form, and of a quote
    for name in ("data.error.code", "erased.records", "monthly.resets_at", "credits_per_page.cpu"):
        assert f"<code>{name}</code>" in page


@pytest.mark.parametrize(
    ("path", "methods"),
    [
        ("/api/v1/ocr", {"GET", "POST", "OPTIONS"}),
        ("/api/v1/ocr/", {"GET", "POST", "OPTIONS"}),
        ("/api/v1/ocr/0123", {"GET", "DELETE", "OPTIONS"}),
        ("/api/v1/ocr/0123/cancel/", {"POST", "OPTIONS"}),
        ("/api/v1/account/ledger", {"GET", "OPTIONS"}),
        ("/api/v1/ocr/0123/nothing", set()),
        ("/api/v1", set()),
        ("/", set()),
    ],
)
def test_a_path_has_its_methods_with_and_without_a_slash(path: str, methods: set[str]) -> None:
    assert set(published.allowed_methods(path)) == methods


@pytest.fixture
def two_paths(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    paths = {"/jobs/{uuid}/": {"get": {}}, "/jobs/new/": {"post": {}}}
    monkeypatch.setattr(published, "_read", lambda name: json.dumps({"paths": paths}))
    published._paths.cache_clear()
    yield
    published._paths.cache_clear()


@pytest.mark.usefixtures("two_paths")
def test_a_fixed_path_comes_before_one_that_varies() -> None:
    assert published.allowed_methods("/jobs/new") == ("POST", "OPTIONS")
    assert published.allowed_methods("/jobs/newer/") == ("GET", "OPTIONS")
