"""Turns what AWS answers into our error tree, once for all services."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from botocore.exceptions import ClientError, ConnectionError, HTTPClientError

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
