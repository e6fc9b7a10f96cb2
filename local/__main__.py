"""`python -m local serve`, `demo` and `emulate`: what `make serve`, `make demo` and `make emulator` run."""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from types import FrameType

from rich.console import Console

from local import demo, deploy, runtime
from local.emulator import Emulator, EmulatorFailed, isolate
from local.front import front, serving

console = Console(highlight=False)


ENDINGS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
"""Ctrl-C, a supervisor, the terminal closed. SIGINT too, since a shell starts background jobs with it ignored."""


class PortTaken(RuntimeError):
    """Somebody else listens there; the message says what to do."""


@contextmanager
def api(port: int) -> Iterator[runtime.Running]:
    """The whole product on http://localhost:<port>."""
    started = time.monotonic()
    with ExitStack() as stack:
        with console.status("Starting the embedded AWS and deploying the stack ..."):
            running = stack.enter_context(runtime.run(os.environ.get("OCRCHAT_TOKEN")))
            try:
                stack.enter_context(serving(front(running.api_url, running.gate), port))
            except OSError as error:
                raise PortTaken(f"Port {port}: {error.strerror}. Choose another one, for example PORT=8001.") from error
            runtime.warm_up(running)
            stack.enter_context(announced(running, port))
        console.print(f"[bold green]Ready[/] in {time.monotonic() - started:.1f} s on http://localhost:{port}")
        yield running


@contextmanager
def announced(running: runtime.Running, port: int) -> Iterator[None]:
    """A file says where the running emulator is, for the admin command."""
    file = deploy.ROOT / ".build" / f"serve-{port}.json"
    file.parent.mkdir(exist_ok=True)
    file.write_text(json.dumps({"endpoint": running.endpoint, "outputs": running.outputs}))
    try:
        yield
    finally:
        file.unlink(missing_ok=True)


def serve(port: int) -> None:
    """Until Ctrl-C."""
    with api(port) as running:
        console.print(
            f"""
Token:  {running.token}

  curl -H "Authorization: Bearer {running.token}" \\
       -F file=@examples/scan.jpg http://localhost:{port}/api/v1/ocr/

Drop bucket, with any credentials (docs/drop.md):

  aws --endpoint-url {running.endpoint} s3 cp examples/scan.jpg s3://{running.outputs["DropBucketName"]}/drop/{runtime.DEMO_ACCOUNT}/

Reads {runtime.ocr_workers()} pages at once. Nothing is kept after Ctrl-C.""",
            soft_wrap=True,
            markup=False,
        )
        running.emulator.wait()


def run_demo(port: int) -> None:
    with api(port) as running:
        demo.run(console, f"http://localhost:{port}", running.token)


def emulate(port: int) -> None:
    """The embedded AWS with nothing in it, for CDK's command line. Until Ctrl-C."""
    isolate()
    with Emulator(runtime.invocations(), wait_scale=1.0, port=port) as emulator:
        console.print(
            f"""An empty AWS listens on {emulator.endpoint}. In another terminal:

  export AWS_ENDPOINT_URL={emulator.endpoint} AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test AWS_DEFAULT_REGION=us-east-1
  make bootstrap
  make deploy ARGS="-c local=true"

Nothing is kept after Ctrl-C.""",
            soft_wrap=True,
            markup=False,
        )
        emulator.wait()


COMMANDS: dict[str, Callable[[int], None]] = {"serve": serve, "demo": run_demo, "emulate": emulate}


def main(command: str) -> int:
    for ending in ENDINGS:
        signal.signal(ending, _interrupt)
    given = os.environ.get("PORT", "8000")
    if not given.isdigit():
        console.print(f"PORT is not a number: {given}", style="red", markup=False)
        return 1
    port = int(given)
    try:
        COMMANDS[command](port)
    except KeyboardInterrupt:
        console.print("\nStopped.")
        return 0 if command != "demo" else 128 + signal.SIGINT
    except (EmulatorFailed, PortTaken) as error:
        console.print(str(error), style="red", markup=False)
        return 1
    return 0


def _interrupt(number: int, frame: FrameType | None) -> None:
    for ending in ENDINGS:
        signal.signal(ending, signal.SIG_IGN)  # once is enough; the clean-up is on its way
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
