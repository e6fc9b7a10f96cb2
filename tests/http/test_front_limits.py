"""The local front refuses what API Gateway and Lambda would: here in front of a server of our own instead of the emulator."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from local import front
from local.emulator import free_port


async def respond(request: Request) -> Response:
    await asyncio.sleep(float(request.query_params.get("seconds", "0")))
    size = int(request.query_params.get("size", "2"))
    return Response(b"x" * size, media_type=request.query_params.get("type", "application/json"))


async def echo(request: Request) -> Response:
    return PlainTextResponse(f"{request.method} {request.url.path} {request.url.query} {len(await request.body())}")


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    behind = Starlette(
        routes=[Route("/stage/respond", respond), Route("/stage/{path:path}", echo, methods=["GET", "POST"])]
    )
    ports = free_port(), free_port()
    patch = pytest.MonkeyPatch()
    patch.setattr(front, "GATEWAY_SECONDS", 2.0)
    with (
        front.serving(behind, ports[0]),
        front.serving(front.front(f"http://127.0.0.1:{ports[0]}/stage"), ports[1]),
    ):
        yield f"http://127.0.0.1:{ports[1]}"
    patch.undo()


def test_method_path_query_and_body_pass_through(url: str) -> None:
    answer = httpx.post(f"{url}/a%20b/c/?x=1&y=%2F", content=b"12345")

    assert answer.text == "POST /stage/a b/c/ x=1&y=%2F 5"


@pytest.mark.parametrize(
    ("size", "status"),
    [(4_700_000, 200), (4_720_000, 400), (10_500_000, 400)],
    ids=["fits into Lambda's 6 MB as base64", "does not", "over API Gateway's 10 MB"],
)
def test_a_request_too_large_for_aws_is_refused(url: str, size: int, status: int) -> None:
    answer = httpx.post(f"{url}/upload", content=bytes(size))

    assert answer.status_code == status
    if status == 400:
        assert answer.json()["code"] == "file_too_large"


@pytest.mark.parametrize(
    ("size", "media_type", "status"),
    [
        (6_200_000, "application/json", 200),
        (6_400_000, "application/json", 500),
        (4_600_000, "application/pdf", 200),
        (4_800_000, "application/pdf", 500),
    ],
    ids=["text under 6 MB", "text over", "binary under 6 MB as base64", "binary over"],
)
def test_an_answer_too_large_for_lambda_is_an_error(url: str, size: int, media_type: str, status: int) -> None:
    answer = httpx.get(f"{url}/respond", params={"size": size, "type": media_type})

    assert answer.status_code == status


def test_an_answer_that_takes_too_long_is_a_gateway_timeout(url: str) -> None:
    answer = httpx.get(f"{url}/respond", params={"seconds": 4})

    assert answer.status_code == 504
    assert answer.headers["content-type"] == "application/problem+json"
