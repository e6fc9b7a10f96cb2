"""An upgrade with jobs in flight: what an earlier version has written, and this one too, is read and brought to its end."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
import pytest

from functions.export import assemble
from ocrchat import usecases
from ocrchat.aws import events, queue
from ocrchat.cloud import Cloud
from ocrchat.engines.null import NullModels
from ocrchat.model import Job, JobStatus, Tier
from ocrchat.reader import Reader
from ocrchat.scratch import Scratch
from ocrchat.settings import Settings
from tests.aws import recording
from tests.aws.test_handlers import Context

WRITTEN = {path.stem: path for path in sorted((Path(__file__).parent / "written").glob("*.json"))}
THIS = "this version"


@pytest.fixture
def runs_executions() -> bool:
    """Moto runs an execution from its start, and these have begun."""
    return False


@pytest.fixture(params=[*WRITTEN, THIS])
def written(
    request: pytest.FixtureRequest, session: boto3.Session, settings: Settings, deployed: Callable[[Settings], None]
) -> dict[str, Any]:
    """What is found after the upgrade."""
    deployed(settings)
    if request.param == THIS:
        return recording.record(Cloud.connect(settings, session), settings, session)
    found: dict[str, Any] = json.loads(WRITTEN[request.param].read_text())
    recording.restore(found, settings, session)
    return found


def job(cloud: Cloud, written: dict[str, Any], name: str) -> Job:
    found = cloud.jobs.get(written["jobs"][name])
    assert found is not None
    return found


def assembled(cloud: Cloud, written: dict[str, Any], name: str) -> Job:
    """As the execution does, whose definition is that of the version before."""
    begun = next(it for it in map(json.loads, written["executions"]) if it["job_id"] == written["jobs"][name])
    assemble.handler({"job_id": begun["job_id"]}, Context())  # type: ignore[arg-type]
    return job(cloud, written, name)


def texts(cloud: Cloud, job: Job) -> list[str]:
    return [page["text"].splitlines()[0] for page in usecases.view(cloud, job).document["pages"]]


def test_every_version_that_was_released_has_left_a_record() -> None:
    changes = (Path(__file__).parents[2] / "CHANGELOG.md").read_text()
    released = [line.split()[1].strip("[]") for line in changes.splitlines() if line.startswith("## ")]
    assert set(released) - {"Unreleased"} <= set(WRITTEN)
    assert WRITTEN


def test_a_job_in_flight_is_read_to_its_end(
    cloud: Cloud, session: boto3.Session, settings: Settings, written: dict[str, Any], tmp_path: Path
) -> None:
    tasks = [queue.from_message(body) for body in written["messages"]["interactive_queue"]]
    assert [task.page for task in tasks] == [1, 2]

    for task in tasks:
        usecases.read_page(cloud, task, Reader(dict.fromkeys(Tier, NullModels())), Scratch(tmp_path))
    ended = assembled(cloud, written, "begun")

    assert (ended.status, ended.charged, ended.failed_pages) == (JobStatus.DONE, 3, ())
    assert texts(cloud, ended) == ["Page number 0", "Page number 1", "Page number 2"]
    assert [events.job_of(body) for body in recording.receive(session, settings.event_queue, 10)] == [ended.id]


def test_a_page_that_waits_for_a_model_is_answered(cloud: Cloud, written: dict[str, Any]) -> None:
    (body,) = written["messages"]["vlm_queue"]

    usecases.give_up(cloud, queue.from_message(body))
    ended = assembled(cloud, written, "handed_over")

    assert (ended.status, ended.charged) == (JobStatus.DONE, 1)
    assert texts(cloud, ended) == ["Page number 0"]


def test_a_caller_that_is_to_be_told_is_found(cloud: Cloud, written: dict[str, Any]) -> None:
    (body,) = written["messages"]["event_queue"]

    assert events.job_of(body) == written["jobs"]["done"]
    done = job(cloud, written, "done")
    assert (done.status, done.options.callback_url) == (JobStatus.DONE, recording.CALLBACK)
    assert texts(cloud, done) == ["Page number 0"]


def test_accounts_tokens_and_the_ledger_are_as_they_were(cloud: Cloud, written: dict[str, Any]) -> None:
    assert cloud.accounts.by_token(written["token"]) == recording.ACCOUNT
    account = cloud.accounts.get(recording.ACCOUNT)
    assert account is not None
    assert account.plan.name == "business"
    assert cloud.jobs.of_account(recording.ACCOUNT, None, limit=10)[0]


def test_the_reconciler_knows_what_is_open(cloud: Cloud, written: dict[str, Any]) -> None:
    now = job(cloud, written, "begun").created_at

    usecases.reconcile(cloud, now)

    assert job(cloud, written, "begun").status is JobStatus.PROCESSING
