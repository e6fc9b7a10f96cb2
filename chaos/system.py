"""The embedded AWS as `make serve` has it, with the proxy between its workers and AWS."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from chaos.proxy import Proxy
from local import runtime
from local.emulator import free_port
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
def started(haste: float = HASTE, port: int = 0, token: str | None = None) -> Iterator[System]:
    """On `port`, or a free one; the demo account has `token`. Raises EmulatorFailed. Callbacks may lead to this machine."""
    os.environ["OCRCHAT_ALLOW_PRIVATE_ADDRESSES"] = "1"
    with ExitStack() as stack:
        proxy = stack.enter_context(Proxy(SEED).serving())
        proxy.clock = haste
        running = stack.enter_context(runtime.run(token, wait_scale=1 / haste, workers_endpoint=proxy.url))
        proxy.target = running.endpoint
        port = port or free_port()
        stack.enter_context(serving(front(running.api_url, running.gate), port))
        runtime.warm_up(running)
        yield System(running, proxy, f"http://127.0.0.1:{port}")
