"""Between botocore and moto: every call of AWS is seen here, and may fail as AWS lets it fail.

A call is named by who makes it, what it is, and which of its kind it is; its tries by botocore are one call. What a fault answers
is what the service would send, byte by byte, so that botocore's own parsers and retries are the real ones.
"""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, NoReturn
from unittest import mock

from botocore.client import BaseClient
from botocore.exceptions import ConnectionClosedError
from moto.core.botocore_stubber import BotocoreStubber

Answer = tuple[int, Any, Any]
"""Status, headers, body."""


class Died(BaseException):
    """The process is gone: no handler of the product may run after it."""


@dataclass(frozen=True, slots=True, order=True)
class Site:
    """A call: the `nth` of this operation by this function, counted from 1."""

    function: str
    service: str
    operation: str
    nth: int

    def __str__(self) -> str:
        return f"{self.function}: {self.operation} {self.nth}"


@dataclass
class Exchange:
    """One try of a call, from the inside."""

    site: Site
    attempt: int
    request: Any
    """botocore's; its `body` can be changed before it has its effect."""
    effect: Callable[[], Answer]
    """Does it, and gives its answer."""
    die: Callable[[], NoReturn]

    @property
    def params(self) -> Any:
        """Of the services that speak JSON."""
        return json.loads(self.request.body)


Fault = Callable[[Exchange], Answer]


@dataclass
class Wire:
    """`planned` says which calls fail, and how; `always`, which operations of which functions do, each time."""

    planned: dict[Site, Fault] = field(default_factory=dict)
    always: dict[tuple[str, str], Fault] = field(default_factory=dict)
    calls: list[Site] = field(default_factory=list)
    hit: set[Site] = field(default_factory=set)
    answering: dict[str, Callable[[Any], Answer]] = field(default_factory=dict)
    """Operations that somebody else than moto answers."""
    watching: dict[str, Callable[[Any], None]] = field(default_factory=dict)
    """Operations whose parameters somebody wants to know, once they have had their effect."""
    choose: Callable[[Site], Fault | None] | None = None
    """Asked at each call, by the tries of botocore once."""
    is_dead: bool = False
    _function: str = ""
    _counts: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _now: threading.local = field(default_factory=threading.local)

    @contextmanager
    def running(self, function: str) -> Iterator[None]:
        """Whatever is asked of AWS meanwhile is that function's; what is asked while none runs is nobody's, and never fails."""
        self._function, self.is_dead = function, False
        try:
            yield
        finally:
            self._function = ""

    def begin(self, service: str, operation: str) -> Site:
        """Counts a call of the function that runs."""
        with self._lock:
            kind = (self._function, service, operation)
            self._counts[kind] += 1
            site = Site(*kind, self._counts[kind])
            self.calls.append(site)
        return site

    def fault(self, site: Site) -> Fault | None:
        fault = self.planned.get(site) or self.always.get((site.function, site.operation))
        if fault is None and self.choose:
            fault = self.choose(site)
        if fault:
            self.hit.add(site)
        return fault

    def die(self) -> NoReturn:
        self.is_dead = True
        if threading.current_thread() is threading.main_thread():
            raise Died
        # A thread's end is waited for; the main thread dies at its next call, or when its handler returns.
        raise ConnectionClosedError(endpoint_url="the process is gone")

    # -- what botocore and moto call --

    def _begins(self, service: str, operation: str) -> None:
        self._now.site, self._now.attempt = self.begin(service, operation) if self._function else None, 0

    def _process(self, plain: Callable[[Any], Any], request: Any) -> Any:
        site: Site | None = getattr(self._now, "site", None)
        if site is None or not self._function:
            return plain(request)
        if self.is_dead:
            self.die()
        self._now.attempt += 1
        if self._now.attempt == 1:
            self._now.fault = self.fault(site)
        fault: Fault | None = self._now.fault

        def effect() -> Answer:
            if site.operation in self.answering:
                return self.answering[site.operation](json.loads(request.body))
            with self._lock:  # moto is not for threads
                answer: Answer = plain(request)
            if site.operation in self.watching and answer[0] < 300:
                self.watching[site.operation](json.loads(request.body))
            return answer

        exchange = Exchange(site, self._now.attempt, request, effect, self.die)
        return fault(exchange) if fault else effect()


@contextmanager
def installed(wire: Callable[[], Wire]) -> Iterator[None]:
    """Puts it between botocore and moto. `wire` gives the present one: each trial has its own."""
    call: Any = BaseClient._make_api_call  # type: ignore[attr-defined]  # the one place that all calls come by
    process = BotocoreStubber.process_request

    def make_api_call(self: BaseClient, operation_name: str, api_params: Any) -> Any:
        wire()._begins(self.meta.service_model.service_name, operation_name)
        return call(self, operation_name, api_params)

    def process_request(self: BotocoreStubber, request: Any) -> Any:
        return wire()._process(lambda it: process(self, it), request)

    with (
        mock.patch.object(BaseClient, "_make_api_call", make_api_call),
        mock.patch.object(BotocoreStubber, "process_request", process_request),
    ):
        yield
