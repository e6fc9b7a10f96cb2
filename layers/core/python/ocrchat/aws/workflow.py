"""Step Functions: one execution a job, named after it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from ocrchat.aws.failures import code, translated
from ocrchat.model import Job

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient

# What a token answers once its task has ended, by service and emulators: somebody else was first, which is fine.
_DEAD_TOKEN = frozenset({"TaskTimedOut", "TaskDoesNotExist", "InvalidToken"})


class Workflow:
    def __init__(self, client: SFNClient, state_machine: str) -> None:
        self._client = client
        self._state_machine = state_machine

    def start(self, job: Job, formats: Sequence[str]) -> None:
        """Starts the job's execution, which makes downloads in `formats` when the job is done.

        A second start is the same start: the execution bears the job's id.
        """
        with translated():
            try:
                self._client.start_execution(
                    stateMachineArn=self._state_machine,
                    name=job.id,
                    input=json.dumps(
                        {
                            "job_id": job.id,
                            "timeout_seconds": job.time_limit,
                            "translates": bool(job.options.translate_to),
                            "formats": formats,
                        }
                    ),
                )
            except ClientError as error:
                if code(error) != "ExecutionAlreadyExists":
                    raise

    def status(self, job_id: str) -> str | None:
        """RUNNING, SUCCEEDED, FAILED, TIMED_OUT or ABORTED; None if it was never started."""
        arn = self._state_machine.replace(":stateMachine:", ":execution:") + f":{job_id}"
        with translated():
            try:
                return self._client.describe_execution(executionArn=arn)["status"]
            except ClientError as error:
                if code(error) == "ExecutionDoesNotExist":
                    return None
                raise

    def resume(self, task_token: str) -> bool:
        """Goes on behind the pages. False if the token is dead: the execution has gone on or ended."""
        with translated():
            try:
                self._client.send_task_success(taskToken=task_token, output="{}")
            except ClientError as error:
                return _dead(error)
        return True

    def give_up(self, task_token: str, error_name: str, cause: str) -> bool:
        """Sends the execution to its failure state. False if the token is dead."""
        with translated():
            try:
                self._client.send_task_failure(taskToken=task_token, error=error_name, cause=cause)
            except ClientError as error:
                return _dead(error)
        return True


def _dead(error: ClientError) -> bool:
    if code(error) in _DEAD_TOKEN:
        return False
    raise error
