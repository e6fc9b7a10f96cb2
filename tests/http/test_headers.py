"""What is in the headers of every answer: an id, and leave for browsers of any origin."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

import httpx
import pytest

from tests.documents import digital_pdf
from tests.http.conftest import OpenAccount, Server, post

ORIGIN = {"Origin": "https://app.example"}

ROUTES = {
    "ocr/": {"GET", "POST"},
    f"ocr/{'0' * 32}/": {"GET", "DELETE"},
    f"ocr/{'0' * 32}/cancel/": {"POST"},
    f"ocr/{'0' * 32}/download/": {"GET"},
    f"chat/{'0' * 32}/": {"POST"},
    f"chat/{'0' * 32}/history/": {"GET"},
    "uploads/": {"POST"},
    "account/": {"GET"},
    "account/ledger/": {"GET"},
    "account/webhook-secret/": {"GET", "POST"},
    "languages/": {"GET"},
    "tools/": {"GET"},
    "openapi.json": {"GET"},
    "docs/": {"GET"},
    "job.schema.json": {"GET"},
}


def test_the_routes_of_this_test_are_those_that_are_published(server: Server) -> None:
    paths = httpx.get(f"{server.url}/api/v1/openapi.json").raise_for_status().json()["paths"]

    assert {path.replace("{uuid}", "0" * 32): {method.upper() for method in item} for path, item in paths.items()} == {
        f"/api/v1/{path}": methods for path, methods in ROUTES.items()
    }


@pytest.mark.parametrize("path", ROUTES)
def test_every_route_answers_a_browsers_preflight_without_a_token(server: Server, path: str) -> None:
    asked = "authorization,content-type,idempotency-key,x-request-id"
    for method in ROUTES[path]:
        headers = {**ORIGIN, "Access-Control-Request-Method": method, "Access-Control-Request-Headers": asked}

        answer = httpx.options(f"{server.url}/api/v1/{path}", headers=headers)

        assert answer.status_code == 204
        assert answer.headers["access-control-allow-origin"] == "*"
        assert method in answer.headers["access-control-allow-methods"].split(",")
        assert set(asked.split(",")) <= set(answer.headers["access-control-allow-headers"].lower().split(","))
        assert "access-control-allow-credentials" not in answer.headers


@pytest.mark.parametrize("path", ROUTES)
def test_every_route_names_its_methods_to_another_one(api: httpx.Client, path: str) -> None:
    for method in {"GET", "POST", "PUT", "PATCH", "DELETE"} - ROUTES[path]:
        for slash in ("/", ""):
            answer = api.request(method, f"/api/v1/{path.rstrip('/')}{slash}")

            assert answer.status_code == 405
            assert answer.json()["code"] == "method_not_allowed"
            assert set(answer.headers["allow"].split(", ")) == ROUTES[path] | {"OPTIONS"}


Ask = Callable[[httpx.Client], httpx.Response]

ANSWERS: dict[str, tuple[int, Ask]] = {
    "a job": (200, lambda api: post(api, "a.pdf", digital_pdf(1))),
    "a list": (200, lambda api: api.get("/api/v1/ocr/")),
    "an upload": (201, lambda api: api.post("/api/v1/uploads/", json={"filename": "a.pdf", "size": 1})),
    "the documentation": (200, lambda api: api.get("/api/v1/docs/")),
    "a bad request": (400, lambda api: post(api, "a.pdf", b"")),
    "no token": (401, lambda api: api.get("/api/v1/account/", headers={"Authorization": ""})),
    "no credits": (402, lambda api: post(api, "a.pdf", digital_pdf(3))),
    "no job": (404, lambda api: api.get("/api/v1/ocr/0/download/")),
    "no route": (404, lambda api: api.get("/api/v1/nothing/")),
    "no method": (405, lambda api: api.put("/api/v1/ocr/")),
    "too large for Lambda": (400, lambda api: post(api, "a.pdf", b"%PDF-1.7" + bytes(5_000_000))),
    "too large for API Gateway": (400, lambda api: post(api, "a.pdf", b"%PDF-1.7" + bytes(10_500_000))),
}


@pytest.mark.parametrize("name", ANSWERS)
def test_every_answer_lets_any_origin_read_it_and_has_an_id(open_account: OpenAccount, name: str) -> None:
    status, ask = ANSWERS[name]
    api = open_account("pro", credits=2)
    api.headers.update(ORIGIN)

    answer = ask(api)

    assert answer.status_code == status
    assert answer.headers["access-control-allow-origin"] == "*"
    assert re.fullmatch(r"[A-Za-z0-9._-]{10,128}", answer.headers["x-request-id"])
    if status >= 400:
        assert answer.json()["request_id"] == answer.headers["x-request-id"]


@pytest.mark.parametrize("given", ["a", "My-Request_1.2", "x" * 128])
def test_the_callers_id_comes_back(api: httpx.Client, given: str) -> None:
    for path, status in (("account/", 200), ("ocr/0/", 404), ("ocr/0/download/", 404)):
        answer = api.get(f"/api/v1/{path}", headers={"X-Request-Id": given})

        assert (answer.status_code, answer.headers["x-request-id"]) == (status, given)
        if status == 404:
            assert answer.json()["request_id"] == given


@pytest.mark.parametrize("given", ["", "a b", "x" * 129, "<script>", "ü".encode(), '"; DROP TABLE jobs'])
def test_an_id_that_is_none_is_replaced(api: httpx.Client, given: str | bytes) -> None:
    headers = httpx.Headers([(b"X-Request-Id", given if isinstance(given, bytes) else given.encode())])

    answer = api.get("/api/v1/ocr/0/", headers=headers)

    assert answer.headers["x-request-id"] == answer.json()["request_id"]
    assert re.fullmatch(r"[0-9a-f-]{36}", answer.json()["request_id"])


def test_no_error_holds_a_path_or_a_key_of_ours(open_account: OpenAccount) -> None:
    api = open_account("pro", credits=2)

    for status, ask in ANSWERS.values():
        if status >= 400:
            told = {key: value for key, value in ask(api).json().items() if key != "upload"}
            assert not re.search(r"Traceback|/var/task|/tmp/|\.py\b|jobs/\d|ACCOUNT#|JOB#|arn:aws", json.dumps(told))


@pytest.mark.parametrize(
    ("accepted", "encoding"),
    [
        ("gzip", "gzip"),
        ("br, gzip;q=0.5", "gzip"),
        ("gzip;q=0", None),
        ("br;q=1, gzip; q=0.0", None),
        ("identity", None),
    ],
)
def test_gzip_is_sent_to_who_takes_it(api: httpx.Client, accepted: str, encoding: str | None) -> None:
    for path in ("/api/v1/account/", "/api/v1/ocr/0/"):
        answer = api.get(path, headers={"Accept-Encoding": accepted})

        assert answer.headers.get("content-encoding") == encoding
        assert answer.headers["vary"] == "Accept-Encoding"


def test_no_cache_keeps_what_belongs_to_an_account(api: httpx.Client) -> None:
    for path in ("/api/v1/account/webhook-secret/", "/api/v1/ocr/", "/api/v1/ocr/0/"):
        assert api.get(path).headers["cache-control"] == "no-store"
    assert "public" in api.get("/api/v1/docs/").headers["cache-control"]
