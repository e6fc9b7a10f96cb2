"""A small job is waited for, but never past the gateway's time limit, and never by more callers than workers can bear."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from local import deploy, runtime
from local.runtime import Running
from ocrchat.model import JobStatus, Lane
from tests.documents import digital_pdf
from tests.flow.conftest import Flow

SUBMIT_SECONDS = 9  # instead of 28: 6 of them are kept for the answer, so it waits for 3


@pytest.fixture(scope="module", autouse=True)
def short_submit(stack: Running) -> Iterator[None]:
    functions = deploy.session().client("lambda", endpoint_url=stack.endpoint)
    names = [function["FunctionName"] for function in functions.list_functions()["Functions"]]
    (submit,) = [name for name in names if "ApiSubmit" in name]
    before = functions.get_function_configuration(FunctionName=submit)["Timeout"]
    functions.update_function_configuration(FunctionName=submit, Timeout=SUBMIT_SECONDS)
    yield
    functions.update_function_configuration(FunctionName=submit, Timeout=before)


def post(stack: Running) -> tuple[dict[str, Any], float]:
    """The job, and the seconds until it came."""
    started = time.monotonic()
    answer = httpx.post(
        f"{stack.api_url}/api/v1/ocr/",
        headers={"Authorization": f"Bearer {stack.token}"},
        files={"file": ("test.pdf", digital_pdf(1))},
        timeout=30,
    )
    return answer.raise_for_status().json(), time.monotonic() - started


def test_a_job_that_is_not_done_in_time_comes_back_processing_and_goes_on(stack: Running, flow: Flow) -> None:
    answer, seconds = post(stack)

    assert answer["status"] == "processing"
    assert 2 < seconds < SUBMIT_SECONDS
    job = flow.cloud.jobs.get(answer["uuid"])
    assert job is not None
    flow.read(*flow.take(job, 1))
    assert flow.ended(job).status is JobStatus.DONE


def test_more_waiters_than_allowed_are_answered_at_once(stack: Running, flow: Flow) -> None:
    for _ in range(runtime.inline_waiters()):
        flow.submit(1)
    flow.wait_for(lambda: flow.cloud.jobs.count_open(Lane.INTERACTIVE, 100) == runtime.inline_waiters())

    answer, seconds = post(stack)

    assert answer["status"] in ("pending", "processing")
    assert seconds < 1.5
