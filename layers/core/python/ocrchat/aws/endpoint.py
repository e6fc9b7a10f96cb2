"""A model behind a SageMaker real-time endpoint with an inference component."""

from __future__ import annotations

import time
from collections.abc import Generator
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config
from botocore.eventstream import ParserError
from botocore.exceptions import ClientError, ConnectionError, EventStreamError, HTTPClientError
from urllib3.exceptions import HTTPError

from ocrchat.aws.failures import code
from ocrchat.vlm.backend import Asleep, Broken, Busy, NoAnswer, Refused, TooLarge
from ocrchat.vlm.chat import StreamBroken

if TYPE_CHECKING:
    from mypy_boto3_sagemaker_runtime import SageMakerRuntimeClient

_SERVED_AS = "ocr"
"""What the model is called in the container (see infra/vlm_endpoint.py), whichever it is."""

_NO_CAPACITY = "has no capacity"
_TOO_LARGE = "1 validation error"
"""Of the body: it is the only thing in a request that changes."""

_BUSY = frozenset(
    {
        *("ServiceUnavailable", "ServiceUnavailableException", "InternalFailure", "InternalDependencyException"),
        *("ModelNotReadyException", "ThrottlingException", "Throttling", "TooManyRequestsException"),
        *("InternalServerException", "RequestLimitExceeded", "RequestTimeoutException"),
    }
)


_LATER = (408, 429)
"""HTTP statuses."""


class SageMakerEndpoint:
    """`name` is the model's. Retries are the queue's business: the client itself tries once."""

    model = _SERVED_AS
    silence = 70.0
    """SageMaker gives up after 60 without a first word."""

    def __init__(self, client: SageMakerRuntimeClient, endpoint: str, name: str) -> None:
        self._client = client
        self._endpoint = endpoint
        self.name = name.rpartition("/")[2]

    @classmethod
    def connect(cls, endpoint: str, name: str) -> SageMakerEndpoint:
        config = Config(retries={"total_max_attempts": 1}, read_timeout=cls.silence, connect_timeout=5)
        return cls(boto3.client("sagemaker-runtime", config=config), endpoint, name)

    def stream(self, body: bytes, deadline: float) -> Generator[bytes]:
        try:
            answer = self._client.invoke_endpoint_with_response_stream(
                EndpointName=self._endpoint,
                InferenceComponentName=self._endpoint,
                ContentType="application/json",
                Accept="application/json",
                Body=body,
            )
        except ClientError as error:
            raise _named(error) from error
        except (ConnectionError, HTTPClientError) as error:
            raise Busy(f"{type(error).__name__}: {error}") from error
        parts: Any = answer["Body"]
        try:
            for event in parts:
                yield event["PayloadPart"]["Bytes"]
                if time.monotonic() > deadline:
                    raise StreamBroken("out of time")
        except (EventStreamError, ParserError) as error:
            raise StreamBroken(type(error).__name__) from error
        except (HTTPError, ConnectionError, HTTPClientError) as error:  # botocore leaves urllib3's own as they are here
            raise StreamBroken(type(error).__name__) from error
        finally:
            parts.close()


def _named(error: ClientError) -> NoAnswer:
    """By the table of SageMaker's errors: docs/vlm.md."""
    said, status = str(error), error.response.get("OriginalStatusCode")
    message = code(error) + (
        f" {status}" if status else ""
    )  # for a log: in what is said, the container may quote what it was sent
    match code(error):
        case "ValidationError" if _NO_CAPACITY in said:
            return Asleep(f"{message}: {_NO_CAPACITY}")
        case "ValidationError" if _TOO_LARGE in said:
            return TooLarge(message)
        case "ValidationError":
            return Asleep(message)  # not found, or not in service: it may be on its way, and waiting has an end
        case "ModelError":
            answered = int(status or 500)  # type: ignore[call-overload]  # of this error alone
            if answered in _LATER:
                return Busy(message)
            return TooLarge(message) if 400 <= answered < 500 else Broken(message)
        case name if name in _BUSY:
            return Busy(message)
    # What stands in front of SageMaker answers without a code of its own.
    in_front = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    if in_front == 413:
        return TooLarge(message)
    return Busy(message) if in_front in _LATER or in_front >= 500 else Refused(message)
