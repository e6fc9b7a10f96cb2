"""Files are opened for the first time here: in a process of its own, for as long as a file may take and no longer.

A fork, since it costs some milliseconds where an interpreter of its own costs most of a second of a submission; what it needs is
imported before. It ends with the file. Pages have a process that lives on: `supervised`.
"""

from __future__ import annotations

import json
import multiprocessing
import resource
import signal
import warnings
from multiprocessing.connection import Connection
from typing import Any

from ocrchat import confinement, errors, reader
from ocrchat.errors import BadRequest, DamagedFile, FileTooCostly
from ocrchat.media import MediaType
from ocrchat.reader import SourceInfo
from ocrchat.telemetry import logger
from ocrchat.tracebacks import lines

CPU_SECONDS = 12
"""Of a core. A scan of 30 million pixels as lossless JPEG 2000, the slowest honest file, takes 4; noise of that size takes 15."""

WALL_SECONDS = 20.0
"""What is left of API Gateway's 29 s then is for the rest of a submission."""

DYING_SECONDS = 5
"""For a process that has closed its end."""

MEMORY_MB = 1500
"""Of private memory that may be written; the functions that open files have 1769 MB."""

_fork = multiprocessing.get_context("fork")


def inspect(
    data: bytes,
    max_pages: int,
    *,
    cpu_seconds: int = CPU_SECONDS,
    wall_seconds: float = WALL_SECONDS,
    memory_mb: int = MEMORY_MB,
) -> SourceInfo:
    """As `reader.inspect`. Raises FileTooCostly too, and DamagedFile for what brings down its reader."""
    ours, theirs = _fork.Pipe(duplex=False)
    process = _fork.Process(target=_answer, args=(theirs, data, max_pages, cpu_seconds, memory_mb), daemon=True)
    with ours:
        with theirs, warnings.catch_warnings():
            # Python 3.12 warns of forks beside threads. What there may be, one that waits for a name, holds no lock that counts.
            warnings.simplefilter("ignore", DeprecationWarning)
            process.start()
        try:
            answer = json.loads(ours.recv_bytes()) if ours.poll(wall_seconds) else {"costly": "time"}
        except (EOFError, OSError):
            answer = {}
            process.join(DYING_SECONDS)
        finally:
            process.kill()
            process.join()
    return _understood(answer or _death(process.exitcode))


def _answer(connection: Connection, data: bytes, max_pages: int, cpu_seconds: int, memory_mb: int) -> None:
    """Runs in the fork."""
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_seconds, cpu_seconds + 1))
    confinement.bound(memory_mb)
    confinement.fall_silent()
    answer: dict[str, Any]
    try:
        found = reader.inspect(data, max_pages)
        answer = {"media_type": found.media_type.value, "page_count": found.page_count}
    except BadRequest as error:
        answer = {"refused": type(error).__name__, "detail": error.detail}
    except MemoryError:
        answer = {"costly": "memory"}
    except Exception as error:
        answer = {"crashed": "".join(lines(error))}
    connection.send_bytes(json.dumps(answer).encode())


def _death(code: int | None) -> dict[str, Any]:
    return {"costly": "time"} if code == -signal.SIGXCPU else {"crashed": f"exit code {code}"}


def _understood(answer: dict[str, Any]) -> SourceInfo:
    match answer:
        case {"media_type": media_type, "page_count": page_count}:
            return SourceInfo(MediaType(media_type), page_count)
        case {"refused": name, "detail": detail}:
            refusal: type[BadRequest] = getattr(errors, name)
            raise refusal(detail)
        case {"costly": what}:
            raise FileTooCostly(
                f"The file takes more {what} to open than a file may. Save it anew, or smaller (scans at 150 to 300 dpi), and "
                "send it again."
            )
    logger.error("a file has brought down what opens it", cause=answer["crashed"])
    raise DamagedFile(
        "The file cannot be opened: it is damaged. Check that it opens in a viewer, save it anew, and send it again."
    )
