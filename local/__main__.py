"""`python -m local serve` and `python -m local demo`: what `make serve` and `make demo` run."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from types import FrameType

from rich.console import Console

from local import demo, runtime
from local.emulator import EmulatorFailed
from local.front import front, serving

console = Console(highlight=False)


@contextmanager
def api(port: int) -> Iterator[runtime.Running]:
    """The whole product on http://localhost:<port>."""
    started = time.monotonic()
    with ExitStack() as stack:
        with console.status("Starting the embedded AWS and deploying the stack ..."):
            running = stack.enter_context(runtime.run(os.environ.get("OCRCHAT_TOKEN")))
            stack.enter_context(serving(front(running.api_url), port))
            runtime.warm_up(running)
        console.print(f"[bold green]Ready[/] in {time.monotonic() - started:.1f} s on http://localhost:{port}")
        yield running


def serve(port: int) -> None:
    """Until Ctrl-C."""
    with api(port) as running:
        console.print(
            f"""
Token:  {running.token}

  curl -H "Authorization: Bearer {running.token}" \\
       -F file=@examples/scan.jpg http://localhost:{port}/api/v1/ocr/

Reads {runtime.ocr_workers()} pages at once. Nothing is kept after Ctrl-C.""",
            soft_wrap=True,
            markup=False,
        )
        signal.pause()


def run_demo(port: int) -> None:
    with api(port) as running:
        demo.run(console, f"http://localhost:{port}", running.token)


COMMANDS: dict[str, Callable[[int], None]] = {"serve": serve, "demo": run_demo}


def main(command: str) -> int:
    for ending in (signal.SIGINT, signal.SIGTERM):  # SIGINT too: a shell starts background jobs with it ignored
        signal.signal(ending, _interrupt)
    port = int(os.environ.get("PORT", "8000"))
    try:
        COMMANDS[command](port)
    except KeyboardInterrupt:
        console.print("\nStopped.")
    except EmulatorFailed as error:
        console.print(str(error), style="red", markup=False)
        return 1
    except OSError as error:
        console.print(f"Port {port}: {error.strerror}. Choose another one: PORT=8001 make {command}", style="red")
        return 1
    return 0


def _interrupt(number: int, frame: FrameType | None) -> None:
    for ending in (signal.SIGINT, signal.SIGTERM):
        signal.signal(ending, signal.SIG_IGN)  # once is enough; the clean-up is on its way
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
