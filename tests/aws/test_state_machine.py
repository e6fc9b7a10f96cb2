"""The state machine on a second interpreter (moto's), which keeps what the emulator ignores: TimeoutSecondsPath."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import boto3

from ocrchat import usecases
from ocrchat.cloud import Cloud
from ocrchat.model import Ending, Job, JobStatus
from ocrchat.settings import Settings
from tests.aws.conftest import Handler


def run(
    session: boto3.Session,
    settings: Settings,
    job: Job,
    timeout_seconds: int = 60,
    formats: Sequence[str] = (),
    translates: bool = False,
) -> dict[str, Any]:
    """Runs an execution to its end."""
    client = session.client("stepfunctions")
    arn = client.start_execution(
        stateMachineArn=settings.state_machine,
        input=json.dumps(
            {"job_id": job.id, "timeout_seconds": timeout_seconds, "translates": translates, "formats": formats}
        ),
    )["executionArn"]
    give_up = time.monotonic() + 20
    while (execution := client.describe_execution(executionArn=arn))["status"] == "RUNNING":
        assert time.monotonic() < give_up
        time.sleep(0.05)
    return dict(execution)


def test_a_resumed_token_leads_to_assembly(
    cloud: Cloud, session: boto3.Session, settings: Settings, functions: dict[str, Handler], job: Job
) -> None:
    assembled = []
    functions["split"] = lambda event: {"resumed": cloud.workflow.resume(event["task_token"])}
    functions["assemble"] = lambda event: assembled.append(event["job_id"])

    assert run(session, settings, job)["status"] == "SUCCEEDED"
    assert assembled == [job.id]


def test_pages_are_translated_while_some_are_left_and_assembled_then(
    cloud: Cloud, session: boto3.Session, settings: Settings, functions: dict[str, Handler], job: Job
) -> None:
    calls: list[str] = []

    def translate(event: Any) -> dict[str, bool]:
        assert event == {"job_id": job.id}
        calls.append("translate")
        return {"is_more_left": len(calls) < 3}

    functions["split"] = lambda event: {"resumed": cloud.workflow.resume(event["task_token"])}
    functions["translate"] = translate
    functions["assemble"] = lambda event: calls.append("assemble")

    assert run(session, settings, job, translates=True)["status"] == "SUCCEEDED"
    assert calls == ["translate", "translate", "translate", "assemble"]


def test_a_job_whose_translation_breaks_is_assembled_all_the_same(
    cloud: Cloud, session: boto3.Session, settings: Settings, functions: dict[str, Handler], job: Job
) -> None:
    def translate(event: Any) -> None:
        raise ValueError("by the test")

    assembled = []
    functions["split"] = lambda event: {"resumed": cloud.workflow.resume(event["task_token"])}
    functions["translate"] = translate
    functions["assemble"] = lambda event: assembled.append(event["job_id"])

    assert run(session, settings, job, translates=True)["status"] == "SUCCEEDED"
    assert assembled == [job.id]


def test_an_execution_that_began_before_there_were_translations_ends_as_before(
    cloud: Cloud, session: boto3.Session, settings: Settings, functions: dict[str, Handler], job: Job
) -> None:
    assembled = []
    functions["split"] = lambda event: {"resumed": cloud.workflow.resume(event["task_token"])}
    functions["assemble"] = lambda event: assembled.append(event["job_id"])
    client = session.client("stepfunctions")

    arn = client.start_execution(
        stateMachineArn=settings.state_machine,
        input=json.dumps({"job_id": job.id, "timeout_seconds": 60, "formats": []}),
    )["executionArn"]

    give_up = time.monotonic() + 20
    while client.describe_execution(executionArn=arn)["status"] == "RUNNING":
        assert time.monotonic() < give_up
        time.sleep(0.05)
    assert assembled == [job.id]


def test_downloads_of_a_large_job_are_prepared_once_it_is_assembled(
    cloud: Cloud, session: boto3.Session, settings: Settings, functions: dict[str, Handler], job: Job
) -> None:
    calls: list[Any] = []
    functions["split"] = lambda event: {"resumed": cloud.workflow.resume(event["task_token"])}
    functions["prepare"] = calls.append
    functions["assemble"] = lambda event: calls.append(event)

    assert run(session, settings, job, formats=["docx", "pdf"])["status"] == "SUCCEEDED"
    assert calls[:1] == [{"job_id": job.id}]
    assert sorted(calls[1:], key=str) == [{"job_id": job.id, "format": name} for name in ("docx", "pdf")]


def test_a_download_that_cannot_be_made_costs_nothing_but_itself(
    cloud: Cloud, session: boto3.Session, settings: Settings, functions: dict[str, Handler], job: Job
) -> None:
    def prepare(event: Any) -> None:
        if event["format"] == "pdf":
            raise ValueError("by the test")
        prepared.append(event["format"])

    prepared: list[str] = []
    assembled = []
    functions["split"] = lambda event: {"resumed": cloud.workflow.resume(event["task_token"])}
    functions["prepare"] = prepare
    functions["assemble"] = lambda event: assembled.append(event["job_id"])

    assert run(session, settings, job, formats=["pdf", "docx"])["status"] == "SUCCEEDED"
    assert prepared == ["docx"]
    assert assembled == [job.id]


def test_pages_that_never_come_time_out_and_the_job_fails(
    cloud: Cloud, session: boto3.Session, settings: Settings, functions: dict[str, Handler], job: Job
) -> None:
    functions["split"] = lambda event: None
    settled = []
    functions["assemble"] = lambda event: settled.append(event["job_id"])

    execution = run(session, settings, job, timeout_seconds=1)

    assert execution["status"] == "FAILED"
    failed = cloud.jobs.get(job.id)
    assert failed is not None
    assert (failed.status, failed.failure) == (JobStatus.FAILED, "States.Timeout")
    assert failed.ended_at is not None
    assert settled == [job.id]
    assert usecases.view(cloud, failed).to_json()["error"]["code"] == "timed_out"


def test_given_up_work_is_not_tried_again(
    cloud: Cloud, session: boto3.Session, settings: Settings, functions: dict[str, Handler], job: Job
) -> None:
    tries = []

    def split(event: Any) -> None:
        tries.append(event["task_token"])
        cloud.workflow.give_up(event["task_token"], "Stalled", "by the test")

    functions["split"] = split
    functions["assemble"] = lambda event: usecases.assemble(cloud, event["job_id"])

    assert run(session, settings, job)["status"] == "FAILED"
    assert len(tries) == 1
    failed = cloud.jobs.get(job.id)
    assert failed is not None
    assert failed.failure == "Stalled"
    assert failed.charged == 0
    assert list(cloud.jobs.open_jobs(job.lane)) == []


def test_a_job_that_has_ended_stays_as_it_is(
    cloud: Cloud, session: boto3.Session, settings: Settings, functions: dict[str, Handler], job: Job
) -> None:
    cloud.books.end(job, Ending(JobStatus.DONE, datetime.now(UTC)), job.credits, datetime.now(UTC))
    before = cloud.jobs.get(job.id)
    functions["split"] = lambda event: {"dead": cloud.workflow.give_up(event["task_token"], "JobEnded", "by the test")}

    assert run(session, settings, job)["status"] == "SUCCEEDED"
    assert cloud.jobs.get(job.id) == before


def test_a_dead_token_is_no_error(cloud: Cloud) -> None:
    assert cloud.workflow.resume("no such token") is False
    assert cloud.workflow.give_up("no such token", "Stalled", "by the test") is False
