"""What a server of a model must be able to do, and how it says that it cannot.

NoAnswer
├── Asleep      no copy of the model runs: one is being started. Waiting is no failure
├── Busy        throttled, overloaded, not to be reached: later
├── Broken      the model's server failed on this request
├── TooLarge    the picture or its tokens are more than it takes
└── Refused     it will not take this request, however often: a wrong name, key or setting
chat.StreamBroken   it began to answer and did not end
"""

from __future__ import annotations

from collections.abc import Generator
from typing import Protocol


class NoAnswer(Exception):
    """No part of an answer came. The message is for the log, so it holds nothing of what was sent."""

    is_for_log = True


class Asleep(NoAnswer):
    pass


class Busy(NoAnswer):
    pass


class Broken(NoAnswer):
    pass


class TooLarge(NoAnswer):
    pass


class Refused(NoAnswer):
    pass


class Backend(Protocol):
    """`model` is what it is called in requests, `name` what pages say that were read by it."""

    @property
    def name(self) -> str: ...

    @property
    def model(self) -> str: ...

    @property
    def silence(self) -> float:
        """Seconds that it may say nothing before it is taken for gone."""
        ...

    def stream(self, body: bytes, deadline: float) -> Generator[bytes]:
        """The bytes of the answer to a request of `chat.request`, as they come; closing it ends the request.

        Raises a NoAnswer before the first byte, StreamBroken after it, also where `deadline` (on time.monotonic) passes.
        """
        ...
