"""A job that is translated ends as any other: with its translation, or with why there is none."""

from __future__ import annotations

from typing import Any

import pytest

from ocrchat import keys, usecases
from ocrchat.model import Job, JobStatus
from tests.documents import digital_pdf
from tests.flow.conftest import Flow
from tests.translation_servers import Fails, Server, pseudo

FOX = "The quick brown fox jumps over the lazy dog."


@pytest.fixture(autouse=True)
def honest(translator: Server) -> None:
    translator.says(pseudo)


def submitted(flow: Flow, translator: Server, pages: int) -> Job:
    job = flow.submit_file(
        digital_pdf(pages), translators=[translator.libretranslate], translate_to="es", language="en"
    )
    flow.read(*flow.take(job, pages))
    return job


def translation(flow: Flow, job: Job) -> dict[str, Any]:
    return dict(usecases.view(flow.cloud, flow.job(job)).document["translation"])


def test_pages_are_translated_once_all_have_been_read_and_then_the_job_is_done(flow: Flow, translator: Server) -> None:
    job = submitted(flow, translator, 3)

    assert flow.ended(job).status is JobStatus.DONE
    made = translation(flow, job)
    assert (made["error"], made["withheld"]) == (None, 0)
    assert [page["blocks"][1]["text"] for page in made["pages"]] == [pseudo(FOX)] * 3
    assert flow.execution(job) == "SUCCEEDED"
    assert flow.job(job).charged == 3


def test_a_run_that_leaves_pages_is_followed_by_another_which_translates_these_alone(
    flow: Flow, translator: Server
) -> None:
    """The service is busy for as long as a page is tried in one run, 15.5 s."""
    translator.says(pseudo, *[Fails(503)] * 6, pseudo)
    job = submitted(flow, translator, 2)
    flow.wait_for(lambda: len(flow.cloud.blobs.keys(keys.translation(job))) == 1)

    assert flow.ended(job).status is JobStatus.DONE
    made = translation(flow, job)
    assert made["error"] is None
    assert [page["blocks"][1]["text"] for page in made["pages"]] == [pseudo(FOX)] * 2
    assert len([body for operation, body in translator.requests if operation == "translate"]) == 8


def test_a_service_that_refuses_costs_the_job_nothing_but_the_translation(flow: Flow, translator: Server) -> None:
    translator.says(Fails(403))
    job = submitted(flow, translator, 2)

    assert flow.ended(job).status is JobStatus.DONE
    assert flow.texts(job) == ["Page number 0", "Page number 1"]
    assert translation(flow, job)["error"]["code"] == "translation_failed"
    assert flow.execution(job) == "SUCCEEDED"
