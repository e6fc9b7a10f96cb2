"""Pages read in a process of their own, which is watched: a page can hurt itself and nothing else (docs/adr/0024).

What a page does to that process is recorded as the page's failure, at once. What may have come from outside, a kill, a
machine that is too slow, is raised, and the queue tries again.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from multiprocessing.connection import Connection, Pipe
from pathlib import Path
from typing import Any

from ocrchat import codec
from ocrchat.errors import PageCrashes, PageTooCostly, PageUnreadable
from ocrchat.media import MediaType
from ocrchat.model import PageImage, PageResult, Tier
from ocrchat.page_process import READY
from ocrchat.telemetry import logger

START_SECONDS = 60
"""For an interpreter and the networks: two seconds, where nothing else runs."""

DYING_SECONDS = 5
"""For a process that has closed its end."""

_HANDED_ON = ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "AWS_LAMBDA_INITIALIZATION_TYPE")
"""Of what begins with AWS_: credentials among the rest."""

_STDERR = 2
"""Where goes what is printed until it can read, when it falls silent. The emulator's workers speak over their stdout."""


class PageLost(Exception):
    """The page was not read for a reason that may not be its own. Another try may do it."""

    is_for_log = True


class _Hurt(Exception):
    """What a page has done to the process: `as_failure` says what the page's failure is, should it do so again."""

    def __init__(self, as_failure: Exception) -> None:
        super().__init__(str(as_failure))
        self.as_failure = as_failure


class PageProcess:
    """A `PageReader`, not for threads. The process is started by the first page, or by `start`; one that has died by the next."""

    def __init__(self, factory: str, *, memory_mb: int, cpu_seconds: int) -> None:
        """`factory` is the function that gives the reader there, as in "package.module:function".

        `memory_mb` bounds the memory that the process writes to, `cpu_seconds` what one page may take of the processor.
        """
        self._command = (factory, str(memory_mb), str(cpu_seconds))
        self._running: tuple[subprocess.Popen[bytes], Connection] | None = None
        self._until: float | None = None

    def allow(self, seconds: float) -> None:
        """From now on pages may take so long together; before it is called, as long as they want."""
        self._until = time.monotonic() + seconds

    def read_page(
        self, source: Path, media_type: MediaType, index: int, tier: Tier, language: str = "auto"
    ) -> PageResult:
        """As `reader.Reader`. Raises PageUnreadable, of which PageTooCostly and PageCrashes are kinds, or PageLost."""
        return self._read(_request(source, media_type, index, tier, language, shows=False))[0]

    def read_and_show(
        self, source: Path, media_type: MediaType, index: int, tier: Tier, language: str = "auto"
    ) -> tuple[PageResult, PageImage]:
        page, image = self._read(_request(source, media_type, index, tier, language, shows=True))
        if image is None:
            raise PageLost("the picture of the page did not come")
        return page, image

    def start(self) -> Connection:
        """Returns once it can read. Raises PageLost where it does not come as far."""
        if self._running and self._running[0].poll() is None:
            return self._running[1]
        self.stop()  # one that has died since its last page is no page's doing
        ours, theirs = Pipe()
        with theirs:
            process = subprocess.Popen(
                [sys.executable, "-P", "-m", "ocrchat.page_process", str(theirs.fileno()), *self._command],
                pass_fds=(theirs.fileno(),),
                stdin=subprocess.DEVNULL,
                stdout=_STDERR,
                env=_environment(),
            )
        self._running = process, ours
        try:
            left = self._seconds_left()
            ready = (
                ours.poll(START_SECONDS if left is None else min(START_SECONDS, left)) and ours.recv_bytes() == READY
            )
        except (EOFError, OSError):
            ready = False
        if not ready:
            raise PageLost(f"the process that reads pages did not come up: {self._end(DYING_SECONDS)}")
        return ours

    def stop(self) -> None:
        """Ends it, whatever it does."""
        self._end(0)

    def _read(self, request: bytes) -> tuple[PageResult, PageImage | None]:
        """What hurts the process is tried once more, in one that no page before has touched."""
        try:
            return self._ask(request)
        except _Hurt as hurt:
            logger.warning("the process that reads pages was hurt", by=str(hurt))
            self.stop()
        try:
            return self._ask(request)
        except _Hurt as hurt:
            logger.error("the process that reads pages was hurt again", by=str(hurt))
            self.stop()
            raise hurt.as_failure from None

    def _ask(self, request: bytes) -> tuple[PageResult, PageImage | None]:
        connection = self.start()
        try:
            connection.send_bytes(request)
        except OSError as error:
            raise _Hurt(PageLost("the process that reads pages was gone before it was asked")) from error
        try:
            answer = json.loads(self._received(connection))
            image = self._received(connection) if answer.get("image") else b""
        except (EOFError, OSError) as error:  # OSError without a class of its own: the end in the middle of a message
            raise _death(self._end(DYING_SECONDS)) from error
        except BaseException:
            self.stop()  # what it still has to say is of this page, and would be taken for the next one's
            raise
        if "page" in answer:
            return codec.page_from_json(answer["page"]), _image(answer["image"], image)
        if "unreadable" in answer:
            raise PageUnreadable(answer["unreadable"])
        if "out_of_memory" in answer:
            raise _Hurt(PageTooCostly("The page takes more memory than a page may."))
        if "crashed" in answer:
            raise _Hurt(PageCrashes(answer["crashed"]))
        raise PageLost(answer["failed"])

    def _received(self, connection: Connection) -> bytes:
        if not connection.poll(self._seconds_left()):
            raise PageLost("the page was not read in the time that there was")
        return connection.recv_bytes()

    def _seconds_left(self) -> float | None:
        """None without a limit."""
        return None if self._until is None else max(0.0, self._until - time.monotonic())

    def _end(self, seconds: float) -> int | None:
        """Its exit code, minus a signal's number, once it has had so long to end by itself; None if there is none."""
        if self._running is None:
            return None
        process, connection = self._running
        self._running = None
        connection.close()
        try:
            return process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            return process.wait()


def _death(code: int | None) -> Exception:
    if code == -signal.SIGXCPU:
        return PageTooCostly("The page takes longer than a page may.")
    if code in (-signal.SIGKILL, -signal.SIGTERM):
        return _Hurt(PageLost(f"the process that reads pages was ended from outside: {code}"))
    return _Hurt(PageCrashes(f"The page makes its reader crash: {code}."))


def _request(source: Path, media_type: MediaType, index: int, tier: Tier, language: str, *, shows: bool) -> bytes:
    request = {
        "source": str(source),
        "media_type": media_type.value,
        "index": index,
        "tier": tier.value,
        "language": language,
        "shows": shows,
    }
    return json.dumps(request).encode()


def _image(size: dict[str, Any] | None, pixels: bytes) -> PageImage | None:
    return PageImage(pixels, size["width"], size["height"], size["dpi"]) if size else None


def _environment() -> dict[str, str]:
    """Ours, less AWS's; and our path, since Lambda and the emulator lay theirs themselves."""
    handed_on = {name: value for name, value in os.environ.items() if not name.startswith("AWS_") or name in _HANDED_ON}
    return {**handed_on, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
