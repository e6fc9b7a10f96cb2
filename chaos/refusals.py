"""How each AWS service says that it is busy, and that it is broken: real codes, in the form of its protocol.

The codes are those of the services' API references ("Common Errors", and of S3 "Error responses").
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Literal

Service = Literal["dynamodb", "s3", "sqs", "states", "events"]
"""As in the credential scope of a signature."""

SERVICES: tuple[Service, ...] = ("dynamodb", "s3", "sqs", "states")
"""That `make chaos` lets fail."""


@dataclass(frozen=True, slots=True)
class Refusal:
    status: int
    code: str

    def body(self, service: Service) -> bytes:
        message = "Said by the fault proxy in place of the service."
        if service == "s3":
            return (
                f'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>{self.code}</Code><Message>{message}</Message>'
                "<RequestId>0A49CE4060975EAC</RequestId></Error>"
            ).encode()
        if self.code == "TransactionCanceledException":
            reasons = [{"Code": "ThrottlingError", "Message": message}]
            return json.dumps({"__type": self.code, "Message": message, "CancellationReasons": reasons}).encode()
        return json.dumps({"__type": self.code, "message": message}).encode()

    def headers(self, service: Service) -> dict[str, str]:
        if service == "s3":
            return {"Content-Type": "application/xml"}
        return {"Content-Type": "application/x-amz-json-1.0", "x-amzn-RequestId": "0A49CE4060975EAC"}


def throttled(service: Service, operation: str) -> Refusal:
    match service, operation:
        case "dynamodb", "TransactWriteItems":
            return Refusal(400, "TransactionCanceledException")
        case "dynamodb", _:
            return Refusal(400, "ProvisionedThroughputExceededException")
        case "s3", _:
            return Refusal(503, "SlowDown")
        case "sqs", _:
            return Refusal(400, "RequestThrottled")
        case "states", "StartExecution":
            return Refusal(400, "ExecutionLimitExceeded")
        case _:
            return Refusal(400, "ThrottlingException")


def broken(service: Service) -> Refusal:
    match service:
        case "dynamodb":
            return Refusal(500, "InternalServerError")
        case "s3":
            return Refusal(500, "InternalError")
        case "sqs":
            return Refusal(500, "InternalFailure")
        case "states":
            return Refusal(503, "ServiceUnavailable")
        case "events":
            return Refusal(500, "InternalException")
