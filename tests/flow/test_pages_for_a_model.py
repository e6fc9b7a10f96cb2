"""Pages that wait for a model are as hard to lose as any other, and their job ends."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from ocrchat import usecases
from ocrchat.model import JobStatus, Tier
from ocrchat.settings import VlmBackend
from ocrchat.usecases import REPAIR_AFTER, Model
from ocrchat.vlm.dialects import DIALECTS
from ocrchat.vlm.openai import OpenAiServer
from tests.flow.conftest import Flow
from tests.model_server import Fails, ModelServer, Says, serving

GROUNDING = DIALECTS["lighton-grounding"]
ANSWER = "\n".join(
    (
        "![title](120,70,400,95) # Page number 0",
        "![text](120,115,600,140) The quick brown fox jumps over the lazy dog.",
    )
)


def later() -> datetime:
    return datetime.now(UTC) + REPAIR_AFTER + timedelta(minutes=1)


@pytest.fixture
def server() -> Iterator[ModelServer]:
    with serving(Says(ANSWER)) as running:
        yield running


@pytest.fixture
def model(server: ModelServer) -> Model:
    return Model(OpenAiServer(server.url, "m"), GROUNDING, timedelta(minutes=30))


@pytest.fixture
def flow(flow: Flow) -> Flow:
    """With a model for the vlm tier, which is asked when a test does it."""
    flow.cloud = replace(flow.cloud, vlm_backend=VlmBackend.OPENAI)
    return flow


def soon() -> float:
    return time.monotonic() + 20


def test_a_job_ends_when_the_model_has_answered_and_costs_what_it_promised(flow: Flow, model: Model) -> None:
    job = flow.submit(1, tier=Tier.VLM)
    flow.read(*flow.take(job, 1))
    assert not flow.job(job).status.ended

    for task in flow.take_handed_over():
        usecases.ask_model(flow.cloud, task, model, soon())

    ended = flow.ended(job)
    assert (ended.status, ended.charged) == (JobStatus.DONE, 5)
    (page,) = usecases.view(flow.cloud, ended).document["pages"]
    assert page["engine"] == "vlm:m"
    assert page["blocks"][0]["type"] == "heading"


def test_a_page_that_the_model_did_not_answer_is_refunded(flow: Flow, model: Model, server: ModelServer) -> None:
    server.outcomes = [Fails(status=401)]
    job = flow.submit(1, tier=Tier.VLM)
    flow.read(*flow.take(job, 1))

    for task in flow.take_handed_over():
        usecases.ask_model(flow.cloud, task, model, soon())

    ended = flow.ended(job)
    assert (ended.status, ended.credits, ended.charged) == (JobStatus.DONE, 5, 1)
    assert flow.account().balance == 10_000 - 1


def test_a_page_lost_on_its_way_to_the_model_is_sent_again_by_the_reconciler(flow: Flow, model: Model) -> None:
    job = flow.submit(1, tier=Tier.VLM)
    flow.read(*flow.take(job, 1))
    lost = flow.take_handed_over()

    usecases.reconcile(flow.cloud, later())
    flow.read(*flow.take(job, 1))
    (again,) = flow.take_handed_over()
    usecases.ask_model(flow.cloud, again, model, soon())

    assert [again] == lost
    assert flow.ended(job).status is JobStatus.DONE


def test_the_reconciler_leaves_pages_alone_that_wait_in_line_for_the_model(flow: Flow) -> None:
    job = flow.submit(1, tier=Tier.VLM)
    flow.read(*flow.take(job, 1))

    usecases.reconcile(flow.cloud, later())

    assert flow.receive(job.lane) == []
    assert len(flow.take_handed_over()) == 1


def test_the_same_page_answered_by_two_workers_ends_the_job_once(flow: Flow, model: Model) -> None:
    job = flow.submit(1, tier=Tier.VLM)
    flow.read(*flow.take(job, 1))
    (task,) = flow.take_handed_over()

    usecases.ask_model(flow.cloud, task, model, soon())
    usecases.ask_model(flow.cloud, task, model, soon())

    assert flow.ended(job).charged == 5
    assert flow.execution(job) == "SUCCEEDED"


def test_a_job_cancelled_while_its_page_waits_costs_nothing(flow: Flow, model: Model, server: ModelServer) -> None:
    job = flow.submit(1, tier=Tier.VLM)
    flow.read(*flow.take(job, 1))
    (task,) = flow.take_handed_over()

    usecases.cancel(flow.cloud, flow.job(job), datetime.now(UTC))

    assert usecases.ask_model(flow.cloud, task, model, soon()).again_in is None
    assert server.requests == []
    assert flow.account().balance == 10_000
