"""The embedded AWS as `make serve` has it, with the proxy between its workers and AWS."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from chaos.proxy import Proxy
from local import runtime
from local.front import front, serving
from ocrchat.cloud import Cloud

HASTE = 30.0
"""How many times faster than on AWS time passes for messages that are hidden and for a workflow that waits."""

SEED = 9


@dataclass(frozen=True)
class System:
    running: runtime.Running
    proxy: Proxy
    url: str

    @property
    def cloud(self) -> Cloud:
        """Past the proxy."""
        return self.running.cloud


@contextmanager
def started() -> Iterator[System]:
    """Raises EmulatorFailed. Callbacks may lead to this machine."""
    os.environ["OCRCHAT_ALLOW_PRIVATE_ADDRESSES"] = "1"
    with ExitStack() as stack:
        proxy = stack.enter_context(Proxy(SEED).serving())
        proxy.clock = HASTE
        running = stack.enter_context(runtime.run(wait_scale=1 / HASTE, workers_endpoint=proxy.url))
        proxy.target = running.endpoint
        port = _free_port()
        stack.enter_context(serving(front(running.api_url, running.gate), port))
        runtime.warm_up(running)
        yield System(running, proxy, f"http://127.0.0.1:{port}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
