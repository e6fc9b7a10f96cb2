"""What an answer costs: the calls to AWS behind it."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, datetime
from typing import Any

import pytest

from functions.submit import jobs
from ocrchat import codec, keys, rest
from ocrchat.cloud import Cloud
from ocrchat.model import Ending, Job, JobStatus
from tests.aws.test_handlers import Context, event


@pytest.fixture
def runs_executions() -> bool:
    return False


def test_a_finished_job_costs_its_token_one_item_and_one_object(cloud: Cloud, job: Job) -> None:
    cloud.blobs.put_json(keys.result(job), {**codec.NO_DOCUMENT, "text": "read"})
    cloud.books.end(job, Ending(JobStatus.DONE, datetime.now(UTC)), 2, datetime.now(UTC))
    request = event("api_gateway_rest.json")
    request["headers"]["Authorization"] = f"Bearer {cloud.accounts.issue_token('account', 'test', datetime.now(UTC))}"
    request["path"] = f"/api/v1/ocr/{job.id}/"
    calls: Counter[str] = Counter()

    def count(model: Any, **_: Any) -> None:
        calls[model.name] += 1

    for client in (cloud.jobs._client, cloud.blobs._client):
        client.meta.events.register("before-call", count)

    answer = rest.Api(lambda: cloud, jobs.routes).handle(request, Context())  # type: ignore[arg-type]  # what is used of one

    assert json.loads(answer["body"])["text"] == "read"
    assert calls == {"GetItem": 2, "GetObject": 1}
