"""The scratch disk of a function: the last few files it fetched, so that the pages of one document share one download."""

from __future__ import annotations

import hashlib
import tempfile
from pathlib import Path

from ocrchat.aws.blobs import Blobs

_KEPT = 3


class Scratch:
    """Not for threads: a Lambda worker handles one event at a time."""

    def __init__(self, folder: Path | None = None) -> None:
        """In a temporary folder of its own, made when it is needed, unless one is given."""
        self._folder = folder
        self._files: dict[str, Path] = {}

    def fetch(self, blobs: Blobs, key: str) -> Path:
        """The object under `key` as a file. Raises BlobMissing."""
        path = self._files.pop(key, None)
        if path is None:
            self._folder = self._folder or Path(tempfile.mkdtemp(prefix="ocrchat-"))
            path = self._folder / hashlib.sha256(key.encode()).hexdigest()[:32]
            blobs.fetch(key, path)
        self._files[key] = path
        while len(self._files) > _KEPT:
            oldest = next(iter(self._files))
            self._files.pop(oldest).unlink(missing_ok=True)
        return path
