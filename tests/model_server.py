"""A loopback server of a model, for tests: SageMaker's runtime (sync and event stream) and OpenAI's chat completions.

It speaks the real wire formats, so that boto3 and httpx are the real ones, and misbehaves in every way that is listed here. It
reads nothing: a test says what it answers, request by request.

Formats: https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_runtime_InvokeEndpointWithResponseStream.html and, for
frames, https://smithy.io/2.0/aws/amazon-eventstream.html
"""

from __future__ import annotations

import json
import struct
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any

from tests.loopback import listening

PIECE = 37
"""Bytes of a frame: it splits lines, JSON and characters."""

NO_CAPACITY = (
    "Inference Component has no capacity to process this request. ApplicationAutoScaling may be in-progress (if configured) or "
    "try to increase the capacity by invoking UpdateInferenceComponentRuntimeConfig API."
)


@dataclass(frozen=True)
class Says:
    """The model writes `text`, `token` characters at a time, each with this log probability (None: it does not say), and takes
    `pause` seconds over each."""

    text: str
    logprob: float | None = -0.05
    finish: str = "stop"
    token: int = 4
    pause: float = 0.0


@dataclass(frozen=True)
class Fails:
    """The request is answered with an error: SageMaker's by its code, any other server's by the status."""

    code: str = "ServiceUnavailable"
    status: int = 503
    message: str = "try later"
    more: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class BreaksOff:
    """The model writes `text`, then the connection ends; or, with a `code`, the stream reports an error."""

    text: str
    code: str = ""


@dataclass(frozen=True)
class Loops:
    """The model writes `text` over and over, until whoever listens has had enough."""

    text: str
    opening: str = ""


@dataclass(frozen=True)
class Hangs:
    """Nothing comes for so many seconds, then an end without a word."""

    seconds: float


Outcome = Says | Fails | BreaksOff | Loops | Hangs

ASLEEP = Fails("ValidationError", 400, NO_CAPACITY)


@dataclass
class ModelServer:
    """`outcomes` are used up request by request, the last one for all that follow. `requests` are the bodies that came."""

    port: int = 0
    outcomes: list[Outcome] = field(default_factory=list)
    requests: list[dict[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    hung_up: int = 0
    """How often a listener has gone before the model had ended."""
    answer: Callable[[dict[str, Any]], Outcome] | None = None
    """In place of `outcomes`: what is answered to a body."""
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def next(self, path: str, headers: dict[str, str], body: dict[str, Any]) -> Outcome:
        with self.lock:
            self.paths.append(path)
            self.headers.append(headers)
            self.requests.append(body)
            if self.answer:
                return self.answer(body)
            return self.outcomes.pop(0) if len(self.outcomes) > 1 else self.outcomes[0]


@contextmanager
def serving(*outcomes: Outcome) -> Iterator[ModelServer]:
    server = ModelServer(outcomes=list(outcomes))

    class Handler(_Handler):
        model = server

    with listening(Handler) as port:
        server.port = port
        yield server


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    model: ModelServer

    def do_POST(self) -> None:
        length = int(self.headers.get("Content-Length", "0"))
        body = json.loads(self.rfile.read(length))
        outcome = self.model.next(self.path, dict(self.headers.items()), body)
        self.close_connection = True
        try:
            self._answer(outcome)
        except (BrokenPipeError, ConnectionResetError):
            self.model.hung_up += 1

    def _answer(self, outcome: Outcome) -> None:
        match outcome:
            case Fails():
                self._fail(outcome)
            case Hangs(seconds):
                time.sleep(seconds)
            case _ if self.path.endswith("/invocations"):
                assert isinstance(outcome, Says)
                whole = {"choices": [{"message": {"content": outcome.text}, "finish_reason": outcome.finish}]}
                self._send(200, {"Content-Type": "application/json"}, json.dumps(whole).encode())
            case _:
                self._stream(outcome)

    def _fail(self, outcome: Fails) -> None:
        content = json.dumps({"Message": outcome.message, "message": outcome.message, **outcome.more}).encode()
        headers = {"Content-Type": "application/json", "x-amzn-ErrorType": outcome.code}
        self._send(outcome.status, headers, content)

    def _send(self, status: int, headers: dict[str, str], content: bytes) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def _stream(self, outcome: Outcome) -> None:
        is_sagemaker = self.path.endswith("/invocations-response-stream")
        self.send_response(200)
        if is_sagemaker:
            self.send_header("Content-Type", "application/vnd.amazon.eventstream")
            self.send_header("X-Amzn-SageMaker-Content-Type", "text/event-stream")
        else:
            self.send_header("Content-Type", "text/event-stream")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for part in _pieces(_events(outcome)):
            self._chunk(_frame(part) if is_sagemaker else part)
        if isinstance(outcome, BreaksOff):
            if outcome.code and is_sagemaker:
                self._chunk(_exception(outcome.code))
            return  # without the last chunk: the connection just ends
        self.wfile.write(b"0\r\n\r\n")

    def _chunk(self, content: bytes) -> None:
        self.wfile.write(b"%x\r\n%s\r\n" % (len(content), content))

    def log_message(self, format: str, *args: Any) -> None:
        pass


def _events(outcome: Outcome) -> Iterator[bytes]:
    match outcome:
        case Says(text, logprob, finish, size, pause):
            for start in range(0, len(text), size):
                time.sleep(pause)
                yield _event(text[start : start + size], logprob)
            yield _data({"choices": [{"delta": {}, "finish_reason": finish}]})
            yield _data({"choices": [], "usage": {"completion_tokens": len(text) // size}})
            yield b"data: [DONE]\n\n"
        case BreaksOff(text):
            yield _event(text, -0.05)
        case Loops(text, opening):
            yield _event(opening, -0.05)
            while True:
                yield _event(text, -0.05)


def _event(text: str, logprob: float | None) -> bytes:
    choice: dict[str, Any] = {"delta": {"content": text}, "finish_reason": None}
    if logprob is not None:
        choice["logprobs"] = {"content": [{"token": text, "logprob": logprob}]}
    return _data({"choices": [choice]})


def _data(event: dict[str, Any]) -> bytes:
    """In UTF-8, so that characters are cut too; halves of characters are escaped, as servers do."""
    return "".join(
        f"\\u{ord(c):04x}" if "\ud800" <= c <= "\udfff" else c
        for c in f"data: {json.dumps(event, ensure_ascii=False)}\n\n"
    ).encode()


def _pieces(events: Iterator[bytes]) -> Iterator[bytes]:
    waiting = b""
    for event in events:
        waiting += event
        while len(waiting) >= PIECE:
            yield waiting[:PIECE]
            waiting = waiting[PIECE:]
    if waiting:
        yield waiting


def _frame(payload: bytes) -> bytes:
    headers = {":message-type": "event", ":event-type": "PayloadPart", ":content-type": "application/octet-stream"}
    return event_stream_message(headers, payload)


def _exception(code: str) -> bytes:
    headers = {":message-type": "exception", ":exception-type": code, ":content-type": "application/json"}
    return event_stream_message(
        headers, json.dumps({"Message": "the model has gone", "ErrorCode": "StreamBroken"}).encode()
    )


def event_stream_message(headers: dict[str, str], payload: bytes) -> bytes:
    """Lengths and their checksum, headers (name, type 7, value), payload, and a checksum of it all."""
    packed = b"".join(
        struct.pack("!B", len(name)) + name.encode() + struct.pack("!BH", 7, len(value)) + value.encode()
        for name, value in headers.items()
    )
    prelude = struct.pack("!II", 16 + len(packed) + len(payload), len(packed))
    message = prelude + struct.pack("!I", zlib.crc32(prelude)) + packed + payload
    return message + struct.pack("!I", zlib.crc32(message))
