"""What `make chaos` looks for after faults is found where it is: a check that finds nothing would prove nothing."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from chaos import audit
from chaos.caller import Document, Submission
from chaos.proxy import Proxy
from chaos.system import System
from local import deploy
from local.runtime import Running
from ocrchat import keys
from ocrchat.model import JobStatus
from tests.documents import digital_pdf
from tests.flow.conftest import Flow


@pytest.fixture
def system(stack: Running) -> Iterator[System]:
    with Proxy(seed=1).serving() as proxy:
        yield System(stack, proxy, "")


def test_a_job_that_has_ended_leaves_nothing(flow: Flow, system: System) -> None:
    known = set(audit.of_what_is_left(system).orphans)
    job = flow.submit(2)
    flow.read(*flow.take(job, 2))
    flow.ended(job)
    flow.execution(job)

    assert set(audit.of_what_is_left(system).orphans) <= known


def test_a_job_that_runs_is_open_and_so_is_its_execution(flow: Flow, system: System) -> None:
    job = flow.submit(2)
    flow.take(job, 2)

    assert {f"job {job.id}: still open", f"execution {job.id}: still runs"} <= set(
        audit.of_what_is_left(system).orphans
    )


def test_files_and_items_of_no_job_are_found(flow: Flow, system: System) -> None:
    job = flow.submit(2)
    flow.read(*flow.take(job, 2))
    flow.ended(job)
    upload = keys.upload(flow.account_id, uuid.uuid4().hex)
    flow.cloud.blobs.put(upload, digital_pdf(1), "application/pdf")
    flow.cloud.jobs.erase(job.id)

    left = audit.of_what_is_left(system).orphans
    flow.cloud.blobs.erase(keys.job_prefix(job))
    flow.cloud.blobs.delete(upload)
    flow.cloud.page_sets.erase(job)

    assert {
        f"{keys.source(job)}: an object of no job",
        f"{upload}: an object of no job",
        f"JOB#{job.id} FANIN: an item of no job",
        f"JOB#{job.id}#CHUNK#0 CHUNK: an item of no job",
    } <= set(left)
    assert not {line for line in audit.of_what_is_left(system).orphans if job.id in line}


def test_a_job_paid_twice_is_found(flow: Flow, system: System) -> None:
    job = flow.submit(2)
    flow.read(*flow.take(job, 2))
    assert flow.ended(job).status is JobStatus.DONE
    mine = [Submission(Document("test.pdf", b"", 2), uuid=job.id)]
    assert not audit.of_ledger(system, flow.account_id, mine).all

    again = flow.submit(2)  # as if the same had been taken as another job
    _reserve_again(flow, job.id)

    found = audit.of_ledger(system, flow.account_id, mine).charged_twice
    assert f"job {again.id}: nobody's" in found
    assert f"job {job.id}: reserved 2 times" in found
    assert f"job {job.id}: charged 2, paid 4" in found


def _reserve_again(flow: Flow, job_id: str) -> None:
    account, movement = flow.account().reserve(2, datetime.now(UTC), job_id)
    client = deploy.session().client("dynamodb", endpoint_url=flow.sqs.meta.endpoint_url)
    writes = flow.cloud.books._moved(account, movement)
    client.transact_write_items(TransactItems=writes)
