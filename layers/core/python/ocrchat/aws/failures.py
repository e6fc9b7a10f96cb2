"""Turns what AWS answers into our error tree, once for all services."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from botocore.exceptions import ClientError, ConnectionError, HTTPClientError
from tenacity import Retrying, retry_if_exception_type, stop_after_delay, wait_random_exponential

from ocrchat.errors import Unavailable

_LATER = frozenset(
    {
        "ExecutionLimitExceeded",
        "InternalServerError",
        "InternalServerException",
        "InternalFailure",
        "InternalError",
        "LimitExceededException",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "RequestThrottled",
        "ServiceUnavailable",
        "ServiceUnavailableException",
        "SlowDown",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
        "TransactionConflictException",
    }
)


def code(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))


@contextmanager
def translated() -> Iterator[None]:
    """Raises Unavailable for what passes with time (botocore has retried by then); everything else stays loud."""
    try:
        yield
    except ClientError as error:
        if code(error) in _LATER:
            raise Unavailable("The service is busy. Try again in a few seconds.") from error
        raise
    except (ConnectionError, HTTPClientError) as error:
        raise Unavailable("The service could not be reached. Try again in a few seconds.") from error


def patiently(
    seconds: float, error: type[Exception] = Unavailable, *, first: float = 0.2, longest: float = 10
) -> Retrying:
    """Tries again after such an error, for so long; waits up to `first` seconds, then longer, up to `longest`."""
    return Retrying(
        retry=retry_if_exception_type(error),
        wait=wait_random_exponential(multiplier=first, max=longest),
        stop=stop_after_delay(seconds),
        reraise=True,
    )
