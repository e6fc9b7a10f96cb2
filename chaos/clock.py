"""Time that passes when it is told to: hours of waiting in a moment, and functions whose clocks go wrong."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta, tzinfo
from unittest import mock

_PATIENT = ("functions", "ocrchat", "standardwebhooks")
"""Packages whose modules read the time."""

_monotonic = time.monotonic


class Clock:
    """`ahead` of the real one, and `skew` more for whoever runs now."""

    def __init__(self) -> None:
        self.ahead = timedelta()
        self.skew = timedelta()

    @property
    def now(self) -> datetime:
        """Without the skew."""
        return datetime.now(UTC) + self.ahead

    def forward(self, to: datetime) -> None:
        """Never back."""
        self.ahead += max(to - self.now, timedelta())

    def sleep(self, seconds: float) -> None:
        """In no time."""
        self.ahead += timedelta(seconds=seconds)

    def monotonic(self) -> float:
        return _monotonic() + self.ahead.total_seconds()

    @contextmanager
    def everywhere(self) -> Iterator[None]:
        """What the product, botocore and tenacity take for the time, and sleep in. Who is imported later reads the real one."""
        clock = self

        class Clocked(datetime):
            @classmethod
            def now(cls, tz: tzinfo | None = None) -> Clocked:
                return cls.fromtimestamp((clock.now + clock.skew).timestamp(), tz)

        modules = [
            module
            for name, module in sys.modules.items()
            if name.partition(".")[0] in _PATIENT and getattr(module, "datetime", None) is datetime
        ]
        with ExitStack() as stack:
            for module in modules:
                stack.enter_context(mock.patch.object(module, "datetime", Clocked))
            stack.enter_context(mock.patch("time.sleep", clock.sleep))
            stack.enter_context(mock.patch("time.monotonic", clock.monotonic))
            yield
