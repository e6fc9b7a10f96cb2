"""A proxy between the workers and AWS, in which calls fail as they do on AWS: refused, answered by nobody, done twice, late.

Workers reach it as their `AWS_ENDPOINT_URL`; the product knows nothing of it. What has no signature in its headers (a presigned
address, which a client follows) goes through untouched.
"""

from __future__ import annotations

import json
import random
import re
import socket
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx

from chaos import refusals
from chaos.refusals import SERVICES, Service

_SCOPE = re.compile(r"Credential=[^/]+/\d{8}/[^/]+/(\w+)/aws4_request")
_HOP_BY_HOP = frozenset({"connection", "expect", "keep-alive", "transfer-encoding"})


class Kind(StrEnum):
    THROTTLED = "throttled"
    BROKEN = "broken"
    UNHEARD = "unheard"
    """The call has its effect, and its answer never comes."""
    TWICE = "twice"
    """The call is made twice, as by a network that repeats."""
    LATE = "late"
    """Of messages: they come up to `LATE_SECONDS` later, and so in another order."""


LATE_SECONDS = 4


@dataclass(frozen=True, slots=True)
class Fault:
    """Happens to this share of the calls of a service, or of one of its operations."""

    kind: Kind
    service: Service
    share: float
    operation: str = ""


@dataclass(frozen=True, slots=True)
class Call:
    service: str
    operation: str
    """As in the service's API reference; of S3 the HTTP method."""

    @classmethod
    def of(cls, method: str, headers: Mapping[str, str]) -> Call | None:
        """None for a call without a signature in its headers."""
        scope = _SCOPE.search(headers.get("Authorization", ""))
        if scope is None:
            return None
        return cls(scope[1], headers.get("X-Amz-Target", method).rpartition(".")[2])


class Proxy:
    """Listens on a port of its own from the start; `target` may be named later, before the first call."""

    def __init__(self, seed: int) -> None:
        self.target = ""
        self.injected: Counter[str] = Counter()
        """How often each fault has happened, by service and kind; with those that others make."""
        self.calls = 0
        self.clock = 1.0
        """How many times faster SQS hides messages than asked: its `VisibilityTimeout` is divided by it."""
        self.hidden = 0
        """How often somebody said how long a message is to be hidden."""
        self._faults: tuple[Fault, ...] = ()
        self._chance = random.Random(seed)
        self._lock = threading.Lock()
        self._server = _Server(self)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self.client = httpx.Client(
            timeout=60, trust_env=False, limits=httpx.Limits(max_connections=None, max_keepalive_connections=64)
        )

    @contextmanager
    def serving(self) -> Iterator[Proxy]:
        thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, name="proxy")
        thread.start()
        try:
            yield self
        finally:
            self._server.shutdown()
            self._server.server_close()
            thread.join()
            self.client.close()

    @contextmanager
    def failing(self, *faults: Fault) -> Iterator[None]:
        self._faults = faults
        try:
            yield
        finally:
            self._faults = ()

    def fault_of(self, call: Call) -> Kind | None:
        """What happens to this call, drawn anew for each; counted."""
        with self._lock:
            self.calls += 1
            self.hidden += call.operation == "ChangeMessageVisibility"
            for fault in self._faults:
                is_meant = fault.service == call.service and fault.operation in ("", call.operation)
                if is_meant and self._chance.random() < fault.share:
                    self.injected[f"{fault.service} {fault.kind}"] += 1
                    return fault.kind
        return None

    def lateness(self) -> int:
        with self._lock:
            return self._chance.randint(0, LATE_SECONDS)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, proxy: Proxy) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.proxy = proxy

    def handle_error(self, request: Any, client_address: Any) -> None:
        pass  # a worker that was killed, or a connection that we have cut


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def pass_on(self) -> None:
        proxy = self.server.proxy
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        call = Call.of(self.command, self._headers())
        kind = proxy.fault_of(call) if call else None
        if call and kind in (Kind.THROTTLED, Kind.BROKEN):
            self._refuse(call, kind)
            return
        if call and call.service == "sqs":
            body = _in_time(body, call.operation, proxy.clock, proxy.lateness() if kind is Kind.LATE else 0)
        answer = self._forward(body)
        if kind is Kind.TWICE:
            answer = self._forward(body)
        if kind is Kind.UNHEARD:
            self.connection.shutdown(socket.SHUT_RDWR)
            self.close_connection = True
            return
        self._answer(*answer)

    do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = pass_on

    def _forward(self, body: bytes) -> tuple[int, list[tuple[str, str]], bytes]:
        """Status, headers and content, as they are on the wire."""
        proxy = self.server.proxy
        request = httpx.Request(self.command, proxy.target + self.path, headers=_whole(self._headers()), content=body)
        answer = proxy.client.send(request, stream=True)
        try:
            content = b"".join(answer.iter_raw())
            is_head = self.command == "HEAD"  # which says the length of something else
            return answer.status_code, _end_to_end(answer.headers) if is_head else _whole(answer.headers), content
        finally:
            answer.close()

    def _headers(self) -> httpx.Headers:
        return httpx.Headers(list(self.headers.items()))

    def _refuse(self, call: Call, kind: Kind) -> None:
        service = next(known for known in SERVICES if known == call.service)
        refusal = refusals.broken(service) if kind is Kind.BROKEN else refusals.throttled(service, call.operation)
        self._answer(refusal.status, list(refusal.headers(service).items()), refusal.body(service))

    def _answer(self, status: int, headers: list[tuple[str, str]], content: bytes) -> None:
        self.send_response_only(status)
        for name, value in headers:
            self.send_header(name, value)
        if self.command != "HEAD":
            self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        pass


def _end_to_end(headers: Mapping[str, str]) -> list[tuple[str, str]]:
    return [(name, value) for name, value in headers.items() if name.lower() not in _HOP_BY_HOP]


def _whole(headers: Mapping[str, str]) -> list[tuple[str, str]]:
    """Without a length, which is that of the content."""
    return [(name, value) for name, value in _end_to_end(headers) if name.lower() != "content-length"]


def _in_time(body: bytes, operation: str, clock: float, late: int) -> bytes:
    """The same call of SQS with its waiting times changed."""
    if operation == "ChangeMessageVisibility" and clock != 1.0:
        value = json.loads(body)
        return json.dumps(value | {"VisibilityTimeout": max(1, round(value["VisibilityTimeout"] / clock))}).encode()
    if operation == "SendMessage" and late:
        return json.dumps(json.loads(body) | {"DelaySeconds": late}).encode()
    if operation == "SendMessageBatch" and late:
        value = json.loads(body)
        for number, entry in enumerate(value["Entries"]):
            entry["DelaySeconds"] = (late + number) % (LATE_SECONDS + 1)
        return json.dumps(value).encode()
    return body


def outage(seconds: float, proxy: Proxy) -> None:
    """All services refuse all calls for so long."""
    with proxy.failing(*(Fault(Kind.BROKEN, service, 1.0) for service in SERVICES)):
        time.sleep(seconds)
