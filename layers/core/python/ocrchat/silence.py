"""What libraries in C print while they open files of strangers goes nowhere.

libtiff writes a line for each odd tag, of which a file has as many as somebody likes: in the logs they would cost more than the
page, and they quote the file. On stdout they would break the answers of the emulator's workers, who speak over it.
"""

from __future__ import annotations

import os


def fall_silent() -> None:
    """For this process, from now on: nothing that is written to stdout or stderr gets out."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    os.close(nowhere)
