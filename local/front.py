"""http://localhost:8000 -> the emulator's API, with the limits of API Gateway and Lambda, which the emulator lacks.

So what works here works there. A request that AWS would refuse is refused here with the status and problem document of
the stack's gateway responses (`infra/api.py`).
"""

from __future__ import annotations

import asyncio
import json
import threading
import uuid
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager, contextmanager
from urllib.parse import unquote

import httpx
from hypercorn.asyncio import serve
from hypercorn.config import Config
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from ocrchat import problem
from ocrchat.errors import OcrChatError

GATEWAY_BODY_BYTES = 10 * 1024 * 1024
LAMBDA_PAYLOAD_BYTES = 6 * 1024 * 1024
GATEWAY_SECONDS = 29.0

ENVELOPE_BYTES = 10_000
"""What headers and the rest of an event take of Lambda's payload, at most."""

_HOP_BY_HOP = frozenset(
    {b"connection", b"content-length", b"host", b"keep-alive", b"te", b"trailer", b"transfer-encoding", b"upgrade"}
)
_METHODS = ["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"]


def front(api_url: str) -> Starlette:
    """An ASGI application. `api_url` is the emulator's address of the deployed stage, without a trailing slash."""

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        async with httpx.AsyncClient(timeout=None, trust_env=False) as client:
            app.state.client = client
            yield

    async def forward(request: Request) -> Response:
        body = b""
        async for part in request.stream():
            body += part
            if len(body) > GATEWAY_BODY_BYTES or _as_base64(len(body)) > LAMBDA_PAYLOAD_BYTES - ENVELOPE_BYTES:
                return _problem(problem.TOO_LARGE)
        path = request.scope["raw_path"].decode("ascii")
        if any(segment in (".", "..") for segment in unquote(path).split("/")):
            return _problem(problem.UNKNOWN_ROUTE)  # it would be resolved, and lead out of the API into the emulator
        query = request.scope["query_string"].decode("ascii")
        # Not through the client's own headers: it would accept encodings that the caller has not offered.
        passed_on = httpx.Request(
            request.method,
            f"{api_url}{path}" + (f"?{query}" if query else ""),
            headers=_end_to_end(request.headers.raw),
            content=body,
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

    return Starlette(routes=[Route("/{path:path}", forward, methods=_METHODS)], lifespan=lifespan)


@contextmanager
def serving(app: Starlette, port: int) -> Iterator[None]:
    """Serves `app` on 127.0.0.1 in a thread of its own. Raises OSError if the port is taken."""
    config = Config()
    config.bind = [f"127.0.0.1:{port}"]
    config.accesslog = None
    config.errorlog = None
    sockets = config.create_sockets()  # here, so that a taken port is an error of the caller and not of the thread
    for listener in sockets.insecure_sockets:
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


def _end_to_end(headers: Iterable[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    return [(name, value) for name, value in headers if name.lower() not in _HOP_BY_HOP]


def _problem(error: OcrChatError) -> Response:
    return JSONResponse(problem.document(error, str(uuid.uuid4())), error.status, media_type=problem.CONTENT_TYPE)
