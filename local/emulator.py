"""ministack as a child process: started on a free loopback port, stopped with everything that it has started."""

from __future__ import annotations

import ctypes
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path
from types import TracebackType
from typing import NoReturn

START_SECONDS = 30
STOP_SECONDS = 1
"""Nothing in it outlives it, so there is little to wait for; while it deploys it does not listen anyway."""

# What a handler may inherit from the person's shell.
_INHERITED = ("PATH", "HOME", "LANG", "LC_ALL", "LD_LIBRARY_PATH")

# Instead of the person's AWS configuration (profile, keys, endpoints), and past a proxy.
_ISOLATED = {
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "AWS_EC2_METADATA_DISABLED": "true",
    "NO_PROXY": "127.0.0.1,localhost",
    "no_proxy": "127.0.0.1,localhost",
}

_PR_SET_PDEATHSIG = 1


def isolate() -> None:
    """Makes this process one that knows no AWS but the emulator, whatever the person's shell says."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        del os.environ[name]
    os.environ.update(_ISOLATED)


class EmulatorFailed(RuntimeError):
    """The emulator did not start or did not take the stack; the message holds the end of its log."""


class Emulator:
    """Context manager. `endpoint` is the AWS endpoint URL; `folder` is private to it and gone afterwards.

    `wait_scale` shortens what the state machine waits between retries; tests want that. `workers_endpoint` is where handlers find
    AWS: the emulator itself, unless something is put before it. `port` 0 is a free one.
    """

    def __init__(self, max_invocations: int, wait_scale: float, workers_endpoint: str = "", port: int = 0) -> None:
        self._max_invocations = max_invocations
        self._wait_scale = wait_scale
        self._workers_endpoint = workers_endpoint
        self._folder = tempfile.TemporaryDirectory(prefix="ocrchat-local-", ignore_cleanup_errors=True)
        self.folder = Path(self._folder.name)
        self._port = port or free_port()
        self.endpoint = f"http://127.0.0.1:{self._port}"

    def __enter__(self) -> Emulator:
        with self._log.open("wb") as log:
            # A session of its own: Ctrl-C in the terminal reaches us alone, and its workers can be ended with it.
            self._process = subprocess.Popen(
                [sys.executable, "-m", "ministack"],
                env=self._environment(),
                stdin=subprocess.DEVNULL,
                preexec_fn=_die_with_parent if sys.platform == "linux" else None,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        try:
            self._wait_until_healthy()
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop()

    def wait(self) -> NoReturn:
        """Until it dies by itself. Raises EmulatorFailed then."""
        code = self._process.wait()
        raise EmulatorFailed(f"The emulator has ended with exit code {code}.\n{self.log_tail()}")

    def log_tail(self, lines: int = 30) -> str:
        return "\n".join(self._log.read_text(errors="replace").splitlines()[-lines:])

    @property
    def _log(self) -> Path:
        return self.folder / "ministack.log"

    def _environment(self) -> dict[str, str]:
        return {
            **{name: os.environ[name] for name in _INHERITED if name in os.environ},
            "GATEWAY_PORT": str(self._port),
            "BIND_HOST": "127.0.0.1",  # its default is every interface
            "IOT_MTLS_ENABLED": "0",  # a broker on every interface, whatever BIND_HOST says
            "TMPDIR": self._folder.name,
            "LOG_LEVEL": "INFO",
            "LAMBDA_ACCOUNT_CONCURRENCY": str(self._max_invocations),
            "SFN_WAIT_SCALE": str(self._wait_scale),
            **({"AWS_ENDPOINT_URL": self._workers_endpoint} if self._workers_endpoint else {}),
            **_ISOLATED,
            "PYTHONDONTWRITEBYTECODE": "1",
            # One page is one thread; the workers are the parallelism.
            "OMP_NUM_THREADS": "1",
        }

    def _wait_until_healthy(self) -> None:
        give_up = time.monotonic() + START_SECONDS
        while time.monotonic() < give_up and self._process.poll() is None:
            try:
                with urllib.request.urlopen(f"{self.endpoint}/_ministack/health", timeout=1) as answer:
                    if answer.status == 200:
                        return
            except (urllib.error.URLError, OSError):
                time.sleep(0.05)
        raise EmulatorFailed(f"The emulator did not start.\n{self.log_tail()}")

    def _stop(self) -> None:
        self._process.terminate()
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        try:
            os.killpg(self._process.pid, signal.SIGKILL)  # workers that were in the middle of a page
        except ProcessLookupError:
            pass
        self._folder.cleanup()


def _die_with_parent() -> None:
    """Runs in the child: Linux ends it when we are killed and cannot end it ourselves (its workers end with their stdin)."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def free_port() -> int:
    """Of the loopback interface, as it is now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
