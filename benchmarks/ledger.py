"""What functions ask of AWS, counted by function: requests, units of capacity, lines of logs."""

from __future__ import annotations

import io
import sys
import threading
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from benchmarks.capacity import Index, index_units, query_units, read_units, write_units
from ocrchat.telemetry import logger

TABLE_KEY = ("pk", "sk")

EVENT_OVERHEAD_BYTES = 26
"""CloudWatch adds so much to each line of a log."""

FREE = frozenset({"DeleteObject", "DeleteObjects"})


class Ledger:
    """Counts by function. What is counted while no function runs is nobody's."""

    def __init__(self, indexes: list[Index]) -> None:
        self.counts: dict[str, Counter[str]] = defaultdict(Counter)
        self.indexes = indexes
        self.last_log = ""
        self._function = ""
        self._call = threading.local()  # functions fetch side by side, in threads of their own
        self._one_at_a_time = threading.Lock()  # moto's DynamoDB is not for threads

    @contextmanager
    def running(self, function: str) -> Iterator[None]:
        """Whatever is asked of AWS meanwhile, and whatever is logged, is that function's. The next one waits for its end."""
        log, streams = io.StringIO(), [handler.stream for handler in _handlers()]
        with self._one_at_a_time:
            self._function, stdout = function, sys.stdout
            sys.stdout = log
            for handler in _handlers():
                handler.setStream(log)
            try:
                yield
            finally:
                self._function, sys.stdout = "", stdout
                for handler, stream in zip(_handlers(), streams, strict=True):
                    handler.setStream(stream)
        self.last_log = log.getvalue()
        lines = self.last_log.splitlines()
        self.add(function, invocations=1, log_bytes=sum(len(line) + EVENT_OVERHEAD_BYTES for line in lines))

    def add(self, function: str, **amounts: float) -> None:
        self.counts[function].update({name: amount for name, amount in amounts.items() if amount})

    def watch(self, client: Any, plain: Any) -> None:
        """`plain` is an uncounted client of DynamoDB, to look at items with."""
        service = client.meta.service_model.service_name
        client.meta.events.register(f"before-parameter-build.{service}", self._begun(plain))
        client.meta.events.register(f"after-call.{service}", self._ended(plain))

    def _begun(self, plain: Any) -> Callable[..., None]:
        def begun(params: dict[str, Any], model: Any, **_: Any) -> None:
            self._call.params = params
            self._call.before = [_item(plain, params, key) for key in _written(model.name, params)]

        return begun

    def _ended(self, plain: Any) -> Callable[..., None]:
        def ended(parsed: dict[str, Any], model: Any, **_: Any) -> None:
            function, params = self._function, self._call.params
            if not function:
                return
            self.add(function, calls=1)
            match model.service_model.service_name:
                case "dynamodb":
                    reads = _reads(model.name, params, parsed)
                    after = [_item(plain, params, key) for key in _written(model.name, params)]
                    changes = list(zip(self._call.before, after, strict=True))
                    in_transaction = model.name == "TransactWriteItems"
                    writes = sum(write_units(old, new, in_transaction) for old, new in changes)
                    writes += sum(
                        index_units(index, TABLE_KEY, old, new) for index in self.indexes for old, new in changes
                    )
                    self.add(function, read_units=reads, write_units=writes)
                case "s3":
                    if model.name in FREE:
                        return
                    is_read = model.name in ("GetObject", "HeadObject")
                    self.add(function, **{"s3_gets" if is_read else "s3_puts": 1})
                case "sqs":
                    self.add(function, sqs_requests=1)
                case "stepfunctions":
                    self.add(function, **{"executions" if model.name == "StartExecution" else "task_answers": 1})

        return ended


def _handlers() -> list[Any]:
    return [handler for handler in logger.handlers if hasattr(handler, "setStream")]


def _written(operation: str, params: dict[str, Any]) -> list[Any]:
    match operation:
        case "UpdateItem" | "DeleteItem":
            return [params["Key"]]
        case "PutItem":
            return [params["Item"]]
        case "TransactWriteItems":
            return [write.get("Item") or write["Key"] for each in params["TransactItems"] for write in each.values()]
        case _:
            return []


def _item(plain: Any, params: dict[str, Any], key: dict[str, Any]) -> Any:
    table = params.get("TableName") or next(iter(params["TransactItems"][0].values()))["TableName"]
    return plain.get_item(TableName=table, Key={name: key[name] for name in TABLE_KEY}, ConsistentRead=True).get("Item")


def _reads(operation: str, params: dict[str, Any], parsed: dict[str, Any]) -> float:
    match operation:
        case "GetItem":
            return read_units([parsed.get("Item", {})], params.get("ConsistentRead", False))
        case "BatchGetItem":
            ((table, wanted),) = params["RequestItems"].items()
            missing = len(wanted["Keys"]) - len(parsed["Responses"][table])
            return read_units([*parsed["Responses"][table], *([{}] * missing)], wanted.get("ConsistentRead", False))
        case "Query":
            # A count returns no items: here it is of the few jobs that are open, a unit's worth.
            return query_units(parsed.get("Items", []), params.get("ConsistentRead", False))
        case _:
            return 0.0
