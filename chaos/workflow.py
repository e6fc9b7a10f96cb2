"""Step Functions, as far as asl/job.asl.json goes, in told time: its retries wait minutes, and a lost token waits hours.

moto runs machines in threads and in real time, with which thousands of trials would take days and none could be repeated. Who
is started, and what became of it, is kept in moto all the same; tests/aws/test_state_machine.py and tests/flow run the same
definition on moto's and on the emulator's interpreters. Semantics: https://states-language.net
"""

from __future__ import annotations

import json
import uuid
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.stepfunctions.models import stepfunctions_backends

from chaos import faults
from chaos.wire import Answer, Died, Fault, Wire
from ocrchat import asl

At = Callable[[datetime, Callable[[], None]], None]
Invoke = Callable[[str, Any], Any]
"""Runs a function by its name in the machine. Raises TaskFailed."""

_REFUSED: dict[Fault, str] = {
    faults.throttled: "Lambda.TooManyRequestsException",
    faults.broken: "Lambda.ServiceException",
    faults.unheard: "Lambda.SdkClientException",
}
"""What a task fails with where Lambda itself does; after `unheard` the function has run."""

_NOT_FAILED = frozenset({"States.Timeout"})
"""What States.TaskFailed does not stand for."""


class TaskFailed(Exception):
    """With the name of the error."""


@dataclass
class _Line:
    """A line of states: an execution, or one item of a map."""

    states: dict[str, Any]
    data: Any
    ends: Callable[[str], None]
    """Called with the status of the end."""
    context: dict[str, Any] = field(default_factory=dict)
    state: str = ""
    token: str = ""
    tries: Counter[int] = field(default_factory=Counter)
    """Of the present state, by its retriers."""


class Workflow:
    """All executions of the machine."""

    def __init__(self, names: dict[str, str], wire: Wire, now: Callable[[], datetime], at: At, invoke: Invoke) -> None:
        """`names` are what the definition's ${...} stand for."""
        definition = asl.definition()
        for name, value in names.items():
            definition = definition.replace(f"${{{name}}}", value)
        self._machine = json.loads(definition)
        self._wire, self._now, self._at, self._invoke = wire, now, at, invoke
        self._waiting: dict[str, _Line] = {}
        self._used: set[str] = set()
        """Tokens whose tasks have ended."""
        self._known: set[str] = set()
        wire.answering |= {"SendTaskSuccess": self._send_success, "SendTaskFailure": self._send_failure}

    def pick_up(self) -> None:
        """Begins the executions that were started since."""
        for execution in _executions():
            if execution.name not in self._known:
                self._known.add(execution.name)
                self._begin(execution)

    def _begin(self, execution: Any) -> None:
        def ends(status: str) -> None:
            execution.status = status

        line = _Line(self._machine["States"], json.loads(execution.execution_input), ends)
        self._at(self._now(), lambda: self._enter(line, self._machine["StartAt"]))

    def _enter(self, line: _Line, state: str) -> None:
        line.state = state
        line.tries = Counter()
        self._run(line)

    def _run(self, line: _Line) -> None:
        found = line.states[line.state]
        match found["Type"]:
            case "Task":
                self._task(line, found)
            case "Choice":
                rules = (rule for rule in found["Choices"] if _holds(rule, line.data))
                self._enter(line, next((rule["Next"] for rule in rules), found["Default"]))
            case "Map":
                self._map(line, found)
            case "Succeed":
                line.ends("SUCCEEDED")
            case "Fail":
                line.ends("FAILED")

    def _task(self, line: _Line, state: dict[str, Any]) -> None:
        line.token = uuid.uuid4().hex
        context = line.context | {"Task": {"Token": line.token}, "State": {"EnteredTime": _time(self._now())}}
        parameters = _filled(state["Parameters"], line.data, context)
        waits = state["Resource"].endswith("waitForTaskToken")
        token = line.token
        if waits:
            self._waiting[token] = line
            timeout = timedelta(seconds=_at_path(state["TimeoutSecondsPath"], line.data, {}))
            self._at(self._now() + timeout, lambda: self._end_wait(token, error="States.Timeout"))
        try:
            if "dynamodb" in state["Resource"]:
                self._update_item(parameters)
                result: Any = {}
            else:
                result = {"Payload": self._call(parameters["FunctionName"], parameters["Payload"])}
        except TaskFailed as error:
            if not waits:
                self._failed(line, str(error))
            else:
                self._end_wait(token, error=str(error))
            return
        if not waits:
            self._succeeded(line, result)

    def _call(self, function: str, payload: Any) -> Any:
        with self._wire.running("workflow"):
            site = self._wire.begin("lambda", f"Invoke {function}")
            fault = self._wire.fault(site)
        if fault is not None and fault is not faults.unheard:
            raise TaskFailed(_REFUSED[fault])
        answer = self._invoke(function, payload)
        if fault is not None:
            raise TaskFailed(_REFUSED[fault])
        return answer

    def _update_item(self, parameters: dict[str, Any]) -> None:
        with self._wire.running("workflow"):
            try:
                boto3.client("dynamodb").update_item(**parameters)
            except ClientError as error:
                raise TaskFailed(f"DynamoDB.{error.response['Error']['Code']}") from error
            except (BotoCoreError, Died) as error:  # Step Functions does not die, but it may not hear
                raise TaskFailed("DynamoDB.SdkClientException") from error

    def _map(self, line: _Line, state: dict[str, Any]) -> None:
        items = _at_path(state["ItemsPath"], line.data, {})
        left = len(items)

        def one_ended(_: str) -> None:
            nonlocal left
            left -= 1
            if not left:
                self._succeeded(line, None)

        if not items:
            self._succeeded(line, None)
        for item in items:
            context = {"Map": {"Item": {"Value": item}}}
            data = _filled(state["ItemSelector"], line.data, context)
            self._enter(
                _Line(state["ItemProcessor"]["States"], data, one_ended, context), state["ItemProcessor"]["StartAt"]
            )

    def _succeeded(self, line: _Line, result: Any) -> None:
        state = line.states[line.state]
        if "ResultSelector" in state:
            result = _filled(state["ResultSelector"], result, {})
        self._store(line, state.get("ResultPath", "$"), result)
        if state.get("End"):
            line.ends("SUCCEEDED")
        else:
            self._enter(line, state["Next"])

    def _failed(self, line: _Line, error: str) -> None:
        state = line.states[line.state]
        for number, rule in enumerate(state.get("Retry", ())):
            if _is_meant(rule["ErrorEquals"], error):
                tried = line.tries[number]
                if tried >= rule.get("MaxAttempts", 3):
                    break
                line.tries[number] += 1
                pause = rule.get("IntervalSeconds", 1) * rule.get("BackoffRate", 2.0) ** tried
                pause = min(pause, rule.get("MaxDelaySeconds", pause))
                self._at(self._now() + timedelta(seconds=pause), lambda: self._run(line))
                return
        for rule in state.get("Catch", ()):
            if _is_meant(rule["ErrorEquals"], error):
                self._store(line, rule.get("ResultPath", "$"), {"Error": error})
                self._enter(line, rule["Next"])
                return
        line.ends("FAILED")

    @staticmethod
    def _store(line: _Line, path: str | None, result: Any) -> None:
        if path is not None:
            line.data = {**line.data, path.removeprefix("$."): result} if path != "$" else result

    # -- tokens --

    def _end_wait(self, token: str, *, error: str = "") -> None:
        """Ends the task of a token, once."""
        line = self._waiting.pop(token, None)
        if line is None:
            return
        self._used.add(token)
        if error:
            self._at(self._now(), lambda: self._failed(line, error))
        else:
            self._at(self._now(), lambda: self._succeeded(line, None))

    def _send_success(self, params: Any) -> Answer:
        return self._ended(params["taskToken"], "")

    def _send_failure(self, params: Any) -> Answer:
        return self._ended(params["taskToken"], params["error"])

    def _ended(self, token: str, error: str) -> Answer:
        if token not in self._waiting:
            code = "TaskTimedOut" if token in self._used else "InvalidToken"
            return 400, {"Content-Type": "application/x-amz-json-1.0"}, json.dumps({"__type": code, "message": ""})
        self._end_wait(token, error=error)
        return 200, {"Content-Type": "application/x-amz-json-1.0"}, "{}"


def _executions() -> list[Any]:
    return [
        execution
        for machine in stepfunctions_backends[DEFAULT_ACCOUNT_ID]["us-east-1"].state_machines
        for execution in machine.executions
    ]


def _is_meant(names: list[str], error: str) -> bool:
    return error in names or "States.ALL" in names or ("States.TaskFailed" in names and error not in _NOT_FAILED)


def _holds(rule: dict[str, Any], data: Any) -> bool:
    if "And" in rule:
        return all(_holds(each, data) for each in rule["And"])
    name = rule["Variable"].removeprefix("$.")
    if "IsPresent" in rule:
        return (name in data) is rule["IsPresent"]
    return _at_path(rule["Variable"], data, {}) is rule["BooleanEquals"]


def _filled(template: Any, data: Any, context: dict[str, Any]) -> Any:
    """A template of parameters, where names that end in .$ have paths."""
    if not isinstance(template, dict):
        return template
    return {
        name.removesuffix(".$"): _at_path(value, data, context)
        if name.endswith(".$")
        else _filled(value, data, context)
        for name, value in template.items()
    }


def _at_path(path: str, data: Any, context: dict[str, Any]) -> Any:
    if path.startswith("States.Format("):
        form, argument = path.removeprefix("States.Format(").removesuffix(")").split(",")
        return form.strip(" '").replace("{}", str(_at_path(argument.strip(), data, context)))
    value = context if path.startswith("$$") else data
    for name in path.lstrip("$").split("."):
        value = value[name] if name else value
    return value


def _time(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")
