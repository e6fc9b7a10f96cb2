"""A file that is stored before its job is there, and what becomes of it if the job never comes."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from ocrchat import keys, usecases
from ocrchat.aws import books
from ocrchat.aws.books import Books, IdempotencyKey, Overtaken
from ocrchat.aws.workflow import Workflow
from ocrchat.billing import Account
from ocrchat.cloud import Cloud
from ocrchat.errors import Unavailable
from ocrchat.media import MediaType
from ocrchat.model import Job, JobOptions
from ocrchat.usecases import REPAIR_AFTER, Request, SentFile, UploadedFile
from ocrchat.usecases.repair import START_AFTER
from tests.documents import digital_pdf

NOW = datetime.now(UTC)
REQUEST = Request(SentFile("a.pdf", digital_pdf(1)), JobOptions())
MUCH_LATER = NOW + timedelta(hours=1)


@pytest.fixture
def runs_executions() -> bool:
    return False


class Unwell(Books):
    """Fails before it has written anything."""

    def open(self, job: Job, key: IdempotencyKey | None, has_upload: bool = False) -> Job:
        raise Unavailable("The table is down.")


def test_a_file_whose_job_was_never_created_is_erased_by_the_reconciler(cloud: Cloud, account: Account) -> None:
    unwell = replace(cloud, books=Unwell(cloud.books._client, cloud.books._table, cloud.accounts, 0))
    with pytest.raises(Unavailable):
        usecases.submit(unwell, account, REQUEST, NOW)
    (stored,) = cloud.blobs.keys("jobs/")

    usecases.reconcile(cloud, NOW + REPAIR_AFTER)
    assert cloud.blobs.keys("jobs/") == [stored]  # its job may still be on its way
    usecases.reconcile(cloud, NOW + REPAIR_AFTER + timedelta(seconds=1))

    assert cloud.blobs.keys("jobs/") == []
    assert list(cloud.jobs.announced(MUCH_LATER)) == []


def test_a_job_whose_file_was_erased_can_no_longer_be_created(
    cloud: Cloud, account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By a submission that was slower than anybody thought, or a reconciler whose clock is ahead."""
    monkeypatch.setattr(books, "_PATIENCE_SECONDS", 0.1)
    job = Job("2" * 32, account.id, "a.pdf", MediaType.PDF, 1, JobOptions(), created_at=NOW, credits=1)
    cloud.jobs.announce(job)
    usecases.reconcile(cloud, MUCH_LATER)

    with pytest.raises(Overtaken):
        cloud.books.open(job, None)

    assert cloud.jobs.get(job.id) is None
    assert cloud.accounts.get(account.id) == account


def test_a_job_that_was_created_keeps_its_file(cloud: Cloud, account: Account) -> None:
    usecases.submit(cloud, account, REQUEST, NOW)

    assert list(cloud.jobs.announced(MUCH_LATER)) == []
    assert len(cloud.blobs.keys("jobs/")) == 1


def test_of_a_submission_that_is_refused_nothing_is_left(cloud: Cloud, account: Account) -> None:
    keyed = replace(REQUEST, idempotency_key="key-1")
    first = usecases.submit(cloud, account, keyed, NOW)

    class Late(Books):
        """Has looked for the key before the first submission wrote it."""

        looks = 0

        def key_use(self, account_id: str, key: IdempotencyKey, now: datetime) -> books.KeyUse | None:
            self.looks += 1
            return super().key_use(account_id, key, now) if self.looks > 1 else None

    late = replace(cloud, books=Late(cloud.books._client, cloud.books._table, cloud.accounts, 0))

    assert usecases.submit(late, account, keyed, NOW).job == first.job
    assert list(cloud.jobs.announced(MUCH_LATER)) == []
    assert len(cloud.blobs.keys("jobs/")) == 1


def test_a_job_that_nobody_started_is_started_within_minutes(
    cloud: Cloud, account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(Workflow, "start", _refused)
        job = usecases.submit(cloud, account, REQUEST, NOW).job
    assert cloud.workflow.status(job.id) is None

    usecases.reconcile(cloud, NOW + START_AFTER)
    assert cloud.workflow.status(job.id) is None  # its submission may be about to
    usecases.reconcile(cloud, NOW + START_AFTER + timedelta(seconds=1))

    assert cloud.workflow.status(job.id) == "RUNNING"


def test_a_request_that_is_repeated_starts_the_job_that_the_first_could_not(
    cloud: Cloud, account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = replace(REQUEST, idempotency_key="a")
    with monkeypatch.context() as patched:
        patched.setattr(Workflow, "start", _refused)
        usecases.submit(cloud, account, request, NOW)

    repeated = usecases.submit(cloud, account, request, NOW)

    assert repeated.replayed
    assert cloud.workflow.status(repeated.job.id) == "RUNNING"


def test_a_job_starts_though_its_upload_cannot_be_erased_which_the_reconciler_does(
    cloud: Cloud, account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload = usecases.create_upload(cloud, account, "a.pdf", 1000, NOW)
    key = keys.upload(account.id, upload.id)
    cloud.blobs.put(key, digital_pdf(1), "application/pdf")
    with monkeypatch.context() as patched:
        patched.setattr(type(cloud.blobs), "delete", _refused)
        job = usecases.submit(cloud, account, Request(UploadedFile(upload.id), JobOptions()), NOW).job
    assert cloud.workflow.status(job.id) == "RUNNING"
    usecases.erase(cloud, job, NOW)
    assert cloud.blobs.keys(keys.UPLOADS) == [key]

    usecases.reconcile(cloud, MUCH_LATER)

    assert cloud.blobs.keys(keys.UPLOADS) == []
    assert list(cloud.jobs.announced(MUCH_LATER)) == []


def test_an_upload_whose_job_was_never_created_can_be_submitted_again(cloud: Cloud, account: Account) -> None:
    upload = usecases.create_upload(cloud, account, "a.pdf", 1000, NOW)
    cloud.blobs.put(keys.upload(account.id, upload.id), digital_pdf(1), "application/pdf")
    request = Request(UploadedFile(upload.id), JobOptions())
    unwell = replace(cloud, books=Unwell(cloud.books._client, cloud.books._table, cloud.accounts, 0))
    with pytest.raises(Unavailable):
        usecases.submit(unwell, account, request, NOW)
    usecases.reconcile(cloud, MUCH_LATER)

    job = usecases.submit(cloud, account, request, MUCH_LATER).job

    assert cloud.workflow.status(job.id) == "RUNNING"
    assert cloud.blobs.keys(keys.UPLOADS) == []


def _refused(*_: object) -> None:
    raise Unavailable("Try again in a few seconds.")
