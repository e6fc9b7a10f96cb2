"""The process that reads pages: files of strangers are opened here and nowhere else, within limits. `supervised` starts it.

It is asked over a pipe, one page at a time, and lives as long as the other end is open. A request is JSON:

    {"source": path, "media_type", "index", "tier", "language", "shows": whether the picture is wanted too}

and so is an answer, one of

    {"page": as `codec` has it, "image": {"width", "height", "dpi"} or null}    its pixels are the message after it
    {"unreadable": why}
    {"out_of_memory": true}
    {"crashed": a traceback}                                                    of what reading this page has raised
    {"failed": a traceback}                                                     of what the machine has: no disk, no file

JSON and bytes, since what is unpickled may do what it wants: a file that gets the better of a parser shall not get the
better of the process that asks.
"""

from __future__ import annotations

import contextlib
import json
import pkgutil
import resource
import sys
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ocrchat import codec, confinement
from ocrchat.errors import PageUnreadable
from ocrchat.media import MediaType
from ocrchat.model import PageImage, Tier
from ocrchat.tracebacks import lines

if TYPE_CHECKING:
    from ocrchat.reader import PageReader

READY = b"ready"

_OUT_OF_MEMORY = ("bad_alloc", "bad allocation", "Failed to allocate", "Insufficient memory", "malloc")
"""Of onnxruntime, OpenCV and MuPDF."""


def serve(connection: Connection, reader: PageReader, cpu_seconds: int) -> None:
    """Answers until the other end is closed. Raises ConnectionError where that happens while there is something to say."""
    connection.send_bytes(READY)
    while True:
        try:
            request = json.loads(connection.recv_bytes())
        except EOFError:
            return
        _allow(cpu_seconds)
        try:
            answer, image = _read(reader, request)
        except PageUnreadable as error:
            answer, image = {"unreadable": error.detail}, None
        except MemoryError:
            answer, image = {"out_of_memory": True}, None
        except OSError as error:
            answer, image = {"failed": "".join(lines(error))}, None
        except Exception as error:
            answer, image = _crashed(error), None
        connection.send_bytes(json.dumps(answer).encode())
        if image:
            connection.send_bytes(image.pixels)


def _read(reader: PageReader, request: dict[str, Any]) -> tuple[dict[str, Any], PageImage | None]:
    about = (Path(request["source"]), MediaType(request["media_type"]), request["index"], Tier(request["tier"]))
    if not request["shows"]:
        return {"page": codec.page_to_json(reader.read_page(*about, request["language"])), "image": None}, None
    page, image = reader.read_and_show(*about, request["language"])
    size = {"width": image.width, "height": image.height, "dpi": image.dpi}
    return {"page": codec.page_to_json(page), "image": size}, image


def _crashed(error: Exception) -> dict[str, Any]:
    """Libraries have words of their own for memory that they did not get."""
    if any(words in str(error) for words in _OUT_OF_MEMORY):
        return {"out_of_memory": True}
    return {"crashed": "".join(lines(error))}


def _allow(cpu_seconds: int) -> None:
    """So much more for the next page. The kernel ends a process that uses more."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    _, most = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (int(used.ru_utime + used.ru_stime) + 1 + cpu_seconds, most))


def main(descriptor: str, factory: str, memory_mb: str, cpu_seconds: str) -> None:
    """`factory` names a function without arguments that gives the reader, as in "package.module:function"."""
    confinement.bound(int(memory_mb))
    reader = pkgutil.resolve_name(factory)()  # what keeps it from coming up is worth reading
    confinement.fall_silent()
    with contextlib.suppress(ConnectionError):
        serve(Connection(int(descriptor)), reader, int(cpu_seconds))


if __name__ == "__main__":
    main(*sys.argv[1:])
