"""The Lambda entry points on events as AWS sends them."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import boto3
import pytest

from ocrchat import keys, usecases
from ocrchat.aws import queue
from ocrchat.billing import Account
from ocrchat.cloud import Cloud
from ocrchat.cloud import cloud as connected
from ocrchat.engines.null import NullModels
from ocrchat.media import MediaType
from ocrchat.model import Job, JobOptions, Lane, PageTask, Tier
from ocrchat.reader import Reader
from ocrchat.scratch import Scratch
from ocrchat.settings import Settings, VlmBackend
from ocrchat.telemetry import logger
from ocrchat.usecases.ending import fail
from tests.documents import digital_pdf
from tests.model_server import Fails, Says, serving
from tests.plans import PLANS

EVENTS = Path(__file__).resolve().parent.parent / "events"


class Context:
    """What the handlers use of a Lambda context."""

    function_name = "test"
    memory_limit_in_mb = 1769
    invoked_function_arn = "arn:aws:lambda:us-east-1:123456789012:function:test"
    aws_request_id = "52fdfc07-2182-154f-163f-5f0f9a621d72"

    def get_remaining_time_in_millis(self) -> int:
        return 28_000


def event(name: str) -> Any:
    return json.loads((EVENTS / name).read_text())


@pytest.fixture(autouse=True)
def environment(deployed: Callable[[Settings], None], settings: Settings, weights: Path) -> None:
    deployed(replace(settings, weights=str(weights)))


@pytest.fixture
def split_job(cloud: Cloud, job: Job) -> Job:
    cloud.page_sets.open(job, "token", datetime.now(UTC))
    cloud.blobs.put(keys.source(job), digital_pdf(2), "application/pdf")
    return job


def token(cloud: Cloud, account_id: str) -> str:
    return cloud.accounts.issue_token(account_id, "test", datetime.now(UTC))


def delivered(cloud: Cloud, session: boto3.Session, settings: Settings, *tasks: PageTask) -> dict[str, Any]:
    """The event for messages that really are in the queue, and in flight."""
    cloud.queue.send(Lane.INTERACTIVE, "account", tasks)
    messages = session.client("sqs").receive_message(
        QueueUrl=settings.interactive_queue, MaxNumberOfMessages=10, VisibilityTimeout=720
    )["Messages"]
    (template,) = event("sqs_page.json")["Records"]
    return {
        "Records": [
            {**template, "messageId": m["MessageId"], "receiptHandle": m["ReceiptHandle"], "body": m["Body"]}
            for m in messages
        ]
    }


def test_a_page_message_leads_to_a_page_result(
    cloud: Cloud, session: boto3.Session, settings: Settings, split_job: Job
) -> None:
    from functions.ocr_page import handler

    answer = handler.handler(delivered(cloud, session, settings, PageTask(split_job.id, 0, 1)), Context())

    assert answer == {"batchItemFailures": []}
    assert cloud.blobs.get_json(keys.page_result(split_job, 1))["text"].startswith("Page number 1")
    chunk = cloud.page_sets.chunk(split_job.id, 0)
    assert chunk is not None
    assert chunk.pending == {0}


def test_a_page_that_cannot_be_read_now_goes_back_to_the_queue_soon_and_alone(
    cloud: Cloud, session: boto3.Session, settings: Settings, split_job: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    from functions.ocr_page import handler

    other = Job("2" * 32, "account", "gone.pdf", MediaType.PDF, 1, JobOptions(), created_at=datetime.now(UTC))
    cloud.books.open(other, None)
    cloud.page_sets.open(other, "token", datetime.now(UTC))  # and its source is not there
    sent = delivered(cloud, session, settings, PageTask(split_job.id, 0, 0), PageTask(other.id, 0, 0))
    monkeypatch.setattr(handler, "FIRST_RETRY_SECONDS", 0)

    answer = handler.handler(sent, Context())

    (failed,) = [r for r in sent["Records"] if queue.from_message(r["body"]).job_id == other.id]
    assert answer == {"batchItemFailures": [{"itemIdentifier": failed["messageId"]}]}
    again = session.client("sqs").receive_message(QueueUrl=settings.interactive_queue)["Messages"]
    assert [message["MessageId"] for message in again] == [failed["messageId"]]


def test_a_dead_letter_is_recorded_as_a_failed_page(
    cloud: Cloud, session: boto3.Session, settings: Settings, split_job: Job
) -> None:
    from functions.ocr_page import dead_letter

    answer = dead_letter.handler(delivered(cloud, session, settings, PageTask(split_job.id, 0, 1)), Context())

    assert answer == {"batchItemFailures": []}
    chunk = cloud.page_sets.chunk(split_job.id, 0)
    assert chunk is not None
    assert chunk.failures == {1: "page_failed"}


class LongContext(Context):
    """Of a function with more time."""

    def get_remaining_time_in_millis(self) -> int:
        return 900_000


def waiting_job(cloud: Cloud, account: Account, folder: Path) -> Job:
    """Its first page has been handed over to the queue of the model."""
    job = Job("3" * 32, account.id, "a.pdf", MediaType.PDF, 2, JobOptions(Tier.VLM), datetime.now(UTC), credits=10)
    cloud.books.open(job, None)
    cloud.page_sets.open(job, "token", datetime.now(UTC))
    cloud.blobs.put(keys.source(job), digital_pdf(2), "application/pdf")
    usecases.read_page(cloud, PageTask(job.id, 0, 0), Reader(dict.fromkeys(Tier, NullModels())), Scratch(folder))
    return job


def waiting_message(session: boto3.Session, settings: Settings) -> dict[str, Any]:
    sqs = session.client("sqs")
    (message,) = sqs.receive_message(QueueUrl=settings.vlm_queue, VisibilityTimeout=1800)["Messages"]
    (template,) = event("sqs_page.json")["Records"]
    return {
        **template,
        "messageId": message["MessageId"],
        "receiptHandle": message["ReceiptHandle"],
        "body": message["Body"],
        "eventSourceARN": template["eventSourceARN"].rpartition(":")[0] + ":vlm",
    }


def test_a_page_that_waits_for_a_model_goes_back_to_its_queue_and_is_not_lost(
    cloud: Cloud,
    session: boto3.Session,
    settings: Settings,
    account: Account,
    tmp_path: Path,
    deployed: Callable[[Settings], None],
) -> None:
    from functions.ocr_page import vlm

    text = "![text](0,0,999,999) Page number 0\nThe quick brown fox jumps over the lazy dog."
    with serving(Fails(status=503), Says(text)) as server:
        settings = replace(settings, vlm_backend=VlmBackend.OPENAI, vlm_url=server.url, vlm_model="m")
        deployed(settings)
        vlm.model.cache_clear()
        cloud = replace(cloud, vlm_backend=VlmBackend.OPENAI)
        job = waiting_job(cloud, account, tmp_path)
        record = waiting_message(session, settings)

        busy = vlm.handler({"Records": [record]}, LongContext())
        answered = vlm.handler({"Records": [record]}, LongContext())

    assert busy == {"batchItemFailures": [{"itemIdentifier": record["messageId"]}]}
    assert answered == {"batchItemFailures": []}
    assert cloud.blobs.get_json(keys.page_result(job, 0))["engine"] == "vlm:m"


def test_a_page_that_waits_for_a_model_which_is_switched_off_is_answered_at_once(
    cloud: Cloud, session: boto3.Session, settings: Settings, account: Account, tmp_path: Path
) -> None:
    from functions.ocr_page import vlm

    job = waiting_job(replace(cloud, vlm_backend=VlmBackend.OPENAI), account, tmp_path)

    answer = vlm.handler({"Records": [waiting_message(session, settings)]}, LongContext())

    assert answer == {"batchItemFailures": []}
    page = cloud.blobs.get_json(keys.page_result(job, 0))
    assert (page["engine"], page["warnings"]) == ("embedded:text-layer", ["vlm_unavailable"])


def test_a_message_that_is_not_ours_is_left_for_the_parking_queue(cloud: Cloud) -> None:
    from functions.ocr_page import dead_letter

    foreign = event("sqs_page.json")
    foreign["Records"][0]["body"] = "hello"

    answer = dead_letter.handler(foreign, Context())

    assert [failure["itemIdentifier"] for failure in answer["batchItemFailures"]] == [
        foreign["Records"][0]["messageId"]
    ]


@pytest.mark.parametrize("place", ["header", "query"])
def test_a_token_is_accepted_in_both_places_and_never_logged(cloud: Cloud, account: Account, place: str) -> None:
    from functions.submit import api

    log = io.StringIO()
    logger.registered_handler.setStream(log)  # type: ignore[attr-defined]  # Powertools declares a plain Handler
    cloud.accounts.issue_token(account.id, "test", datetime.now(UTC), "s3cr3t-token")
    request = event("api_gateway_rest.json")
    if place == "header":
        request["headers"]["Authorization"] = "Bearer s3cr3t-token"
    else:
        request["queryStringParameters"] = {"api_token": "s3cr3t-token"}

    answer = api.handler(request, Context())

    assert answer["statusCode"] == 404
    assert "s3cr3t-token" not in log.getvalue()
    assert "job_not_found" in log.getvalue()  # so it did log


def test_another_accounts_job_is_not_found(cloud: Cloud, job: Job) -> None:
    from functions.export import api as export_api
    from functions.submit import api

    usecases.open_account(cloud, "other", PLANS["free"])
    request = event("api_gateway_rest.json")
    request["headers"]["Authorization"] = f"Bearer {token(cloud, 'other')}"
    request["path"] = f"/api/v1/ocr/{job.id}/"
    assert api.handler(request, Context())["statusCode"] == 404

    request["path"] = f"/api/v1/ocr/{job.id}/download/"
    assert export_api.handler(request, Context())["statusCode"] == 404


@pytest.mark.parametrize(("status", "code"), [("running", "job_not_finished"), ("failed", "job_failed")])
def test_a_job_without_a_document_cannot_be_downloaded(cloud: Cloud, job: Job, status: str, code: str) -> None:
    from functions.export import api

    if status == "failed":
        fail(cloud, job, "Stalled", datetime.now(UTC))
    request = event("api_gateway_rest.json")
    request["headers"]["Authorization"] = f"Bearer {token(cloud, job.account_id)}"
    request["path"] = f"/api/v1/ocr/{job.id}/download/"

    answer = api.handler(request, Context())

    assert answer["statusCode"] == 409
    assert json.loads(answer["body"])["code"] == code


def test_a_bug_is_a_problem_document_without_its_trace(cloud: Cloud, job: Job) -> None:
    from functions.submit import api

    cloud.jobs.begin(job.id)
    request = event("api_gateway_rest.json")
    request["headers"] = {"Authorization": f"Bearer {token(cloud, job.account_id)}"}
    request["path"] = f"/api/v1/ocr/{job.id}/"
    connected.cache_clear()
    settings = Settings.from_env()
    boto3.client("dynamodb").delete_table(TableName=settings.table)

    answer = api.handler(request, Context())

    assert answer["statusCode"] == 500
    body = json.loads(answer["body"])
    assert body["code"] == "internal"
    assert "Traceback" not in answer["body"]
    assert body["request_id"] == request["requestContext"]["requestId"]


def test_json_without_a_bottom_is_refused(cloud: Cloud, account: Account) -> None:
    from functions.submit import api

    request = event("api_gateway_rest.json")
    request |= {"httpMethod": "POST", "path": "/api/v1/uploads/", "body": "[" * 100_000, "isBase64Encoded": False}
    request["headers"]["Authorization"] = f"Bearer {token(cloud, account.id)}"

    assert api.handler(request, Context())["statusCode"] == 400
