"""What `codec` writes is what the schemas say: nothing more, nothing less."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import jsonschema
import pytest

from ocrchat import codec, problem
from ocrchat.billing import Account
from ocrchat.errors import DailyLimitReached, FileTooLarge, OcrChatError, TooManyPages, Upgrade
from ocrchat.export import markdown
from ocrchat.media import MediaType
from ocrchat.model import (
    Block,
    Box,
    Document,
    Job,
    JobOptions,
    JobStatus,
    Line,
    PageResult,
    PresignedUpload,
    Quote,
)
from ocrchat.schemas import SCHEMAS
from tests.plans import PLANS

NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
JOB = Job("0" * 32, "account", "a.pdf", MediaType.PDF, 2, JobOptions(), created_at=NOW, credits=2)
DOCUMENT = Document(
    (
        PageResult(0, 100, 200, 72.0, "null", (Block((Line("a", Box(0, 0, 10, 10), 0.9),)),)),
        PageResult(1, 100, 200, 72.0, "null"),
        PageResult.failed(2, "page_unreadable"),
    )
)
UPLOAD = PresignedUpload("0" * 32, "https://bucket", {"key": "uploads/a/b"}, NOW)


def check(name: str, value: Any) -> None:
    """Raises jsonschema.ValidationError."""
    schema = {"$ref": f"#/components/schemas/{name}", "components": {"schemas": SCHEMAS}}
    jsonschema.Draft202012Validator(schema).validate(value)


@pytest.mark.parametrize("name", SCHEMAS)
def test_every_schema_is_one(name: str) -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMAS[name])


def objects(schema: Any) -> Iterator[dict[str, Any]]:
    """Every schema with properties, in whatever depth."""
    if isinstance(schema, dict):
        if "properties" in schema:
            yield schema
        for inner in schema.values():
            yield from objects(inner)
    elif isinstance(schema, list):
        for inner in schema:
            yield from objects(inner)


def test_every_property_is_described_and_required() -> None:
    for schema in objects(SCHEMAS):
        assert all(one["description"] for one in schema["properties"].values())
        assert schema["additionalProperties"] is False
        if schema is not SCHEMAS["Problem"]:
            assert schema["required"] == list(schema["properties"])


@pytest.mark.parametrize(
    "job",
    [
        JOB,
        replace(JOB, status=JobStatus.PROCESSING),
        replace(JOB, status=JobStatus.DONE, ended_at=NOW, mean_confidence=0.9, charged=1, failed_pages=(2,)),
        *(
            replace(JOB, status=JobStatus.FAILED, ended_at=NOW, charged=0, failure=failure)
            for failure in ("cancelled", "no_page_readable", "Stalled", "anything")
        ),
    ],
    ids=lambda job: f"{job.status}-{job.failure}",
)
def test_a_job_in_every_status(job: Job) -> None:
    shown = codec.document_to_json(DOCUMENT, markdown.document(DOCUMENT), None)
    whole = codec.job_to_json(job, 1, shown if job.status is JobStatus.DONE else codec.NO_DOCUMENT)

    check("Job", whole)
    check("JobOrQuote", whole)
    for first_page in (0, 1, 3):
        check("Job", codec.part(whole, first_page, 800))
    check("JobList", {"jobs": [codec.summary_to_json(job)], "next_cursor": None})
    if job.status.ended:
        check("Event", codec.event_to_json(job))


def test_a_key_that_is_missing_or_not_described_is_noticed() -> None:
    whole = codec.job_to_json(JOB, 0, codec.NO_DOCUMENT)

    for wrong in ({**whole, "extra": 1}, {key: value for key, value in whole.items() if key != "error"}):
        with pytest.raises(jsonschema.ValidationError):
            check("Job", wrong)


def test_a_quote() -> None:
    quote = codec.quote_to_json(Quote(JobOptions(), 3, 2, 2, True, 0, 100))

    check("Quote", quote)
    check("JobOrQuote", quote)


@pytest.mark.parametrize("plan", PLANS.values(), ids=lambda plan: plan.name)
def test_an_account_and_its_ledger(plan: Any) -> None:
    account = Account("account", plan, webhook_secret="whsec_x", former_webhook_secret_until=NOW)
    granted, grant = account.grant(10, "to begin with", NOW)
    _, reservation = granted.reserve(2, NOW, "0" * 32)

    check("Account", codec.account_to_json(granted, 3, NOW))
    check("Ledger", {"movements": [codec.movement_to_json(m) for m in (grant, reservation)], "next_cursor": "x"})
    for time in (NOW, NOW - timedelta(seconds=1)):
        check("WebhookSecret", codec.webhook_secret_to_json(granted, time))


def test_an_upload() -> None:
    check("Upload", codec.upload_to_json(UPLOAD))


@pytest.mark.parametrize(
    "error",
    [
        OcrChatError("internal"),
        DailyLimitReached("used up", 1, 1, Upgrade("pro", 1000, None, None)),
        DailyLimitReached("used up", 1, 1),
        TooManyPages("long"),
        FileTooLarge("large", codec.upload_to_json(UPLOAD)),
        FileTooLarge("large"),
    ],
    ids=lambda error: error.code,
)
def test_an_error(error: OcrChatError) -> None:
    check("Problem", problem.document(error, "request"))
