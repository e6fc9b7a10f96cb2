"""What functions count, in CloudWatch's embedded format: alarms and the dashboard look for it by these names."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest

from functions.ocr_page import dead_letter, handler
from functions.submit import reconcile
from ocrchat import keys
from ocrchat.billing import Account
from ocrchat.cloud import Cloud
from ocrchat.media import MediaType
from ocrchat.model import Job, JobOptions, PageTask
from ocrchat.settings import Settings
from ocrchat.telemetry import logger
from tests.aws.test_handlers import Context, delivered
from tests.documents import digital_pdf


@pytest.fixture
def runs_executions() -> bool:
    return False


@pytest.fixture(autouse=True)
def environment(deployed: Callable[[Settings], None], settings: Settings, weights: Path) -> None:
    deployed(replace(settings, weights=str(weights)))


def opened(cloud: Cloud, account: Account, number: int = 1, age: timedelta = timedelta()) -> Job:
    created_at = datetime.now(UTC) - age
    job = Job(f"{number:032}", account.id, "a.pdf", MediaType.PDF, 2, JobOptions(), created_at, credits=2)
    job = cloud.books.open(job, None)
    cloud.page_sets.open(job, "token", created_at)
    cloud.blobs.put(keys.source(job), digital_pdf(2), "application/pdf")
    return job


@pytest.fixture
def counted(capsys: pytest.CaptureFixture[str]) -> Callable[[], dict[str, tuple[float, str]]]:
    """What was written since: name -> (value, unit)."""

    def read() -> dict[str, tuple[float, str]]:
        lines: list[Any] = [json.loads(line) for line in capsys.readouterr().out.splitlines() if '"_aws"' in line]
        found = {}
        for line in lines:
            ((metrics),) = line["_aws"]["CloudWatchMetrics"]
            assert (metrics["Namespace"], metrics["Dimensions"]) == ("test", [["service"]])
            for metric in metrics["Metrics"]:
                (value,) = line[metric["Name"]]
                found[metric["Name"]] = (value, metric["Unit"])
        return found

    return read


Counted = Callable[[], dict[str, tuple[float, str]]]


def test_a_page_that_was_read_is_counted_with_its_seconds(
    cloud: Cloud, session: boto3.Session, settings: Settings, account: Account, counted: Counted
) -> None:
    job = opened(cloud, account)

    handler.handler(delivered(cloud, session, settings, PageTask(job.id, 0, 1)), Context())

    found = counted()
    assert found["PagesRead"] == (1, "Count")
    seconds, unit = found["PageSeconds"]
    assert seconds > 0
    assert unit == "Seconds"


def test_a_try_that_failed_and_a_page_that_was_given_up_are_counted_apart(
    cloud: Cloud, session: boto3.Session, settings: Settings, account: Account, counted: Counted
) -> None:
    job = opened(cloud, account, 7)  # no test before it has read this one's file into its scratch
    cloud.blobs.delete(keys.source(job))

    handler.handler(delivered(cloud, session, settings, PageTask(job.id, 0, 1)), Context())
    assert counted() == {"PageErrors": (1, "Count")}

    dead_letter.handler(delivered(cloud, session, settings, PageTask(job.id, 0, 1)), Context())
    assert counted() == {"PagesFailed": (1, "Count")}


def test_the_reconciler_tells_the_age_of_the_oldest_job(cloud: Cloud, account: Account, counted: Counted) -> None:
    reconcile.handler({}, Context())
    assert counted() == {"OldestJobSeconds": (0, "Seconds")}

    opened(cloud, account, 1, timedelta(seconds=50))
    opened(cloud, account, 2, timedelta(seconds=500))
    reconcile.handler({}, Context())

    seconds, _ = counted()["OldestJobSeconds"]
    assert 500 <= seconds < 560


def test_a_line_of_the_log_names_job_and_page_and_nothing_of_the_document(
    cloud: Cloud, session: boto3.Session, settings: Settings, account: Account
) -> None:
    job, lost = opened(cloud, account, 4), opened(cloud, account, 5)
    cloud.blobs.delete(keys.source(lost))
    sent = [PageTask(job.id, 0, 1), PageTask(lost.id, 0, 0)]
    log = io.StringIO()
    logger.registered_handler.setStream(log)  # type: ignore[attr-defined]  # Powertools declares a plain Handler

    handler.handler(delivered(cloud, session, settings, *sent), Context())

    lines = [json.loads(line) for line in log.getvalue().splitlines()]
    assert {(line["message"], line["job_id"], line["page"]) for line in lines} == {
        ("page read", job.id, 1),
        ("page not read", lost.id, 0),
    }
    for told in ("Page number", "quick brown fox", "a.pdf"):
        assert told not in log.getvalue()
