"""http://localhost:8000 -> the emulator's API, with the limits of API Gateway and Lambda, which the emulator lacks.

So what works here works there. A request that AWS would refuse is refused here with the status and problem document of
the stack's gateway responses (`infra/api.py`); of one that is too large the gate (`functions/submit/gate.py`) is asked first.
"""

from __future__ import annotations

import asyncio
import json
import re
import threading
import uuid
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any
from urllib.parse import unquote

import httpx
from hypercorn.asyncio import serve
from hypercorn.config import Config
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import request_response

from ocrchat import problem
from ocrchat.errors import OcrChatError
from ocrchat.limits import ENVELOPE_BYTES, LAMBDA_PAYLOAD_BYTES, REQUEST_BYTES

GATEWAY_BODY_BYTES = 10 * 1024 * 1024
GATEWAY_SECONDS = 29.0

DRAIN_SECONDS = 30.0
"""How long the rest of a refused body is read: who is answered before they have sent it may miss the answer."""

_SUBMISSION = re.compile(r"/api/v1/ocr/?")

_HOP_BY_HOP = frozenset(
    {b"connection", b"content-length", b"host", b"keep-alive", b"te", b"trailer", b"transfer-encoding", b"upgrade"}
)
_CORS = {"Access-Control-Allow-Origin": "*"}

Gate = Callable[[dict[str, Any]], dict[str, Any]]
"""The authorizer's function: what API Gateway calls it with, and what it answers."""


def front(api_url: str, gate: Gate | None = None) -> Starlette:
    """An ASGI application. `api_url` is the emulator's address of the deployed stage, without a trailing slash.

    The emulator itself asks its gate before what can be passed on; `gate` is asked for what cannot.
    """

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        async with httpx.AsyncClient(timeout=None, trust_env=False) as client:
            app.state.client = client
            yield

    async def forward(request: Request) -> Response:
        body = b""
        parts = request.stream()
        async for part in parts:
            body += part
            if len(body) > REQUEST_BYTES:
                await _drain(parts)
                return await too_large(request)
        path = request.scope["raw_path"].decode("ascii")
        if any(segment in (".", "..") for segment in unquote(path).split("/")):
            return _problem(problem.UNKNOWN_ROUTE)  # it would be resolved, and lead out of the API into the emulator
        return await pass_on(request, request.method, path, _end_to_end(request.headers.raw), body)

    async def too_large(request: Request) -> Response:
        """In the order of API Gateway: its own limit, then the gate, if one stands before the route, then Lambda's limit."""
        is_submission = request.method == "POST" and _SUBMISSION.fullmatch(request.url.path)
        if int(request.headers.get("content-length", "0")) > GATEWAY_BODY_BYTES or gate is None or not is_submission:
            return _problem(problem.TOO_LARGE)
        match await asyncio.to_thread(gate, _authorizer_event(request)):
            case {"policyDocument": {"Statement": [{"Effect": "Deny"}]}, "context": {"problem": document}}:
                headers = {**_CORS, "X-Request-Id": json.loads(document)["request_id"]}
                return Response(document, problem.TOO_LARGE.status, headers, problem.CONTENT_TYPE)
            case {"policyDocument": _}:
                return _problem(problem.TOO_LARGE)
            case _:
                return _problem(problem.BUG)

    async def pass_on(
        request: Request, method: str, path: str, headers: list[tuple[bytes, bytes]], body: bytes
    ) -> Response:
        query = request.scope["query_string"].decode("ascii")
        # Not through the client's own headers: it would accept encodings that the caller has not offered.
        passed_on = httpx.Request(
            method, f"{api_url}{path}" + (f"?{query}" if query else ""), headers=headers, content=body
        )
        try:
            async with asyncio.timeout(GATEWAY_SECONDS):
                answer = await request.app.state.client.send(passed_on, stream=True)
                content = b"".join([part async for part in answer.aiter_raw()])
        except TimeoutError:
            return _problem(problem.NO_ANSWER)
        except httpx.TransportError:
            return _problem(problem.BUG)  # the emulator is gone
        if _payload(answer.headers, content) > LAMBDA_PAYLOAD_BYTES - ENVELOPE_BYTES:
            return _problem(problem.BUG)  # what Lambda cannot return is an internal error of the integration
        response = Response(content, answer.status_code)
        response.raw_headers = [*_end_to_end(answer.headers.raw), (b"content-length", b"%d" % len(content))]
        return response

    app = Starlette(lifespan=lifespan)
    app.router.default = request_response(forward)  # whatever the path: a route's pattern has none with a line break
    return app


@contextmanager
def serving(app: Starlette, port: int) -> Iterator[None]:
    """Serves `app` on 127.0.0.1 in a thread of its own. Raises OSError if the port is taken."""
    config = Config()
    config.bind = [f"127.0.0.1:{port}"]
    config.accesslog = None
    config.errorlog = None
    sockets = config.create_sockets()  # here, so that a taken port is an error of the caller and not of the thread
    for listener in sockets.insecure_sockets:
        listener.listen()  # who connects before the thread is ready waits, instead of being refused
        config.bind = [f"fd://{listener.detach()}"]
    loop = asyncio.new_event_loop()
    stop = asyncio.Event()
    # hypercorn's types of an ASGI application and Starlette's are two ways to write the same thing
    served = serve(app, config, shutdown_trigger=stop.wait)  # type: ignore[arg-type]
    thread = threading.Thread(target=loop.run_until_complete, args=(served,), name="front")
    thread.start()
    try:
        yield
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join()
        loop.close()


def _as_base64(size: int) -> int:
    return (size + 2) // 3 * 4


def _payload(headers: httpx.Headers, content: bytes) -> int:
    """Bytes of a body in the JSON that a Lambda function returns: text with its quotes escaped, anything else as base64."""
    is_text = headers.get("content-type", "").startswith(("application/json", problem.CONTENT_TYPE))
    if is_text and "content-encoding" not in headers:
        return len(json.dumps(content.decode(), ensure_ascii=False).encode())
    return _as_base64(len(content))


async def _drain(parts: AsyncIterator[bytes]) -> None:
    """Reads what is left, without keeping it."""
    try:
        async with asyncio.timeout(DRAIN_SECONDS):
            async for _ in parts:
                pass
    except TimeoutError:
        pass


def _end_to_end(headers: Iterable[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    return [(name, value) for name, value in headers if name.lower() not in _HOP_BY_HOP]


def _authorizer_event(request: Request) -> dict[str, Any]:
    """As tests/events/api_gateway_authorizer.json; of what comes more than once, the last."""
    return {
        "type": "REQUEST",
        "methodArn": f"arn:aws:execute-api:us-east-1:000000000000:local/prod/{request.method}{request.url.path}",
        "resource": "/api/v1/ocr",
        "path": request.url.path,
        "httpMethod": request.method,
        "headers": {name.decode("latin-1"): value.decode("latin-1") for name, value in request.headers.raw},
        "queryStringParameters": dict(request.query_params) or None,
        "pathParameters": None,
        "stageVariables": None,
        "requestContext": {
            "resourcePath": "/api/v1/ocr",
            "httpMethod": request.method,
            "path": f"/prod{request.url.path}",
            "stage": "prod",
            "requestId": str(uuid.uuid4()),
            "identity": {"sourceIp": "127.0.0.1"},
        },
    }


def _problem(error: OcrChatError) -> Response:
    request_id = str(uuid.uuid4())
    headers = {**_CORS, "X-Request-Id": request_id, **error.headers}
    return JSONResponse(problem.document(error, request_id), error.status, headers, problem.CONTENT_TYPE)
