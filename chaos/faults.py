"""Which faults each operation of AWS can have: a table. How a service says so: `refusals`; what they do to a process: here.

Of a call that only reads, no answer and an error are the same to us, so that it has fewer of them.
"""

from __future__ import annotations

import json
from typing import Any

from botocore.exceptions import ConnectionClosedError, ConnectTimeoutError

from chaos import refusals
from chaos.refusals import Refusal, Service
from chaos.wire import Answer, Exchange, Fault

_SERVICES: dict[str, Service] = {
    "dynamodb": "dynamodb",
    "s3": "s3",
    "sqs": "sqs",
    "stepfunctions": "states",
    "events": "events",
}
"""botocore's names -> those of signatures."""


def throttled(exchange: Exchange) -> Answer:
    """Each time that botocore tries."""
    return _refused(exchange, refusals.throttled(_service(exchange), exchange.site.operation))


def broken(exchange: Exchange) -> Answer:
    """The service's internal error, each time."""
    return _refused(exchange, refusals.broken(_service(exchange)))


def unheard(exchange: Exchange) -> Answer:
    """The call has its effect, the answer is lost, and then the service cannot be reached."""
    if exchange.attempt > 1:
        raise ConnectTimeoutError(endpoint_url=exchange.request.url)
    exchange.effect()
    raise ConnectionClosedError(endpoint_url=exchange.request.url)


def repeated(exchange: Exchange) -> Answer:
    """The call has its effect, the answer is lost, and botocore's next try is answered."""
    answer = exchange.effect()
    if exchange.attempt == 1:
        raise ConnectionClosedError(endpoint_url=exchange.request.url)
    return answer


def dies_before(exchange: Exchange) -> Answer:
    exchange.die()


def dies_after(exchange: Exchange) -> Answer:
    exchange.effect()
    exchange.die()


def conflicts(exchange: Exchange) -> Answer:
    """Another transaction holds the item, for as long as botocore tries."""
    return _refused(exchange, Refusal(400, "TransactionConflictException"))


def transaction_conflicts(exchange: Exchange) -> Answer:
    reasons = [{"Code": "None"} for _ in exchange.params["TransactItems"]]
    reasons[-1] = {"Code": "TransactionConflict", "Message": "Transaction is ongoing for the item"}
    return _json(400, {"__type": "TransactionCanceledException", "Message": "", "CancellationReasons": reasons})


def unprocessed(exchange: Exchange) -> Answer:
    """DynamoDB leaves all keys of a batch for later."""
    return _json(200, {"Responses": {}, "UnprocessedKeys": exchange.params["RequestItems"]})


def half_sent(exchange: Exchange) -> Answer:
    """SQS takes the first half of a batch."""
    entries = exchange.params["Entries"]
    kept, lost = entries[: len(entries) // 2], entries[len(entries) // 2 :]
    failed = [{"Id": it["Id"], "Code": "InternalError", "SenderFault": False} for it in lost]
    if not kept:
        return _json(200, {"Successful": [], "Failed": failed})
    exchange.request.body = json.dumps(exchange.params | {"Entries": kept}).encode()
    status, headers, body = exchange.effect()
    return status, headers, json.dumps(json.loads(body) | {"Failed": failed})


def none_erased(exchange: Exchange) -> Answer:
    """S3 says of each object of a batch that it could not be erased."""
    wrong = "<Error><Key>it</Key><Code>InternalError</Code><Message>We encountered an internal error.</Message></Error>"
    return 200, {"Content-Type": "application/xml"}, f'<?xml version="1.0"?><DeleteResult>{wrong}</DeleteResult>'


def none_told(exchange: Exchange) -> Answer:
    """EventBridge takes no entry."""
    return _json(200, {"FailedEntryCount": 1, "Entries": [{"ErrorCode": "InternalFailure", "ErrorMessage": "later"}]})


def token_timed_out(exchange: Exchange) -> Answer:
    return _refused(exchange, Refusal(400, "TaskTimedOut"))


def token_unknown(exchange: Exchange) -> Answer:
    return _refused(exchange, Refusal(400, "TaskDoesNotExist"))


READ: tuple[Fault, ...] = (throttled, broken, dies_before)
WRITE: tuple[Fault, ...] = (throttled, broken, unheard, repeated, dies_before, dies_after)

OPERATIONS: dict[str, tuple[Fault, ...]] = {
    # DynamoDB
    "GetItem": READ,
    "Query": READ,
    "BatchGetItem": (*READ, unprocessed),
    "PutItem": (*WRITE, conflicts),
    "UpdateItem": (*WRITE, conflicts),
    "DeleteItem": (*WRITE, conflicts),
    "TransactWriteItems": (*WRITE, transaction_conflicts),
    # S3
    "GetObject": READ,
    "HeadObject": READ,
    "ListObjectsV2": READ,
    "PutObject": WRITE,
    "CopyObject": WRITE,
    "DeleteObject": WRITE,
    "DeleteObjects": (*WRITE, none_erased),
    # SQS
    "GetQueueAttributes": READ,
    "SendMessage": WRITE,
    "SendMessageBatch": (*WRITE, half_sent),
    "ChangeMessageVisibility": WRITE,
    # Step Functions
    "StartExecution": WRITE,
    "DescribeExecution": READ,
    "SendTaskSuccess": (*WRITE, token_timed_out, token_unknown),
    "SendTaskFailure": (*WRITE, token_timed_out, token_unknown),
    # EventBridge
    "PutEvents": (*WRITE, none_told),
    # Lambda, as the workflow calls it: the function runs, or does not, and its answer comes, or does not.
    "Invoke": (throttled, broken, unheard),
}
"""What each can suffer. An operation that is not here is a mistake: a test finds it."""


def _service(exchange: Exchange) -> Service:
    return _SERVICES[exchange.site.service]


def _refused(exchange: Exchange, refusal: Refusal) -> Answer:
    service = _service(exchange)
    return refusal.status, refusal.headers(service), refusal.body(service)


def _json(status: int, value: Any) -> Answer:
    return status, {"Content-Type": "application/x-amz-json-1.0"}, json.dumps(value)
