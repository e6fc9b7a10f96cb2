"""What holds of a process in which files of strangers are opened (docs/adr/0024)."""

from __future__ import annotations

import os
import resource


def bound(memory_mb: int) -> None:
    """So much private memory may it write to, and when it crashes it leaves no core.

    Not RLIMIT_AS: of that the networks' files take much which costs nothing.
    """
    resource.setrlimit(resource.RLIMIT_DATA, (memory_mb * 2**20,) * 2)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def fall_silent() -> None:
    """From now on nothing that is written to stdout or stderr gets out.

    libtiff writes a line for each odd tag, of which a file has as many as somebody likes: in the logs they would cost more than
    the page, and they quote the file. On stdout they would break the answers of the emulator's workers, who speak over it.
    """
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    os.close(nowhere)
