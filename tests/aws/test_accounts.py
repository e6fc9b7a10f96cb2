"""Tokens, request counts, caps, and jobs as an account sees them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ocrchat import keys, usecases
from ocrchat.aws import cursor
from ocrchat.aws.books import Books, IdempotencyKey
from ocrchat.billing import Account, MovementKind
from ocrchat.cloud import Cloud
from ocrchat.errors import (
    DeploymentCapReached,
    IdempotencyKeyReused,
    InvalidField,
    JobErased,
    JobNotFound,
    OutOfCredits,
    TooManyPages,
    UploadMissing,
)
from ocrchat.media import MediaType
from ocrchat.model import Ending, Job, JobOptions, JobStatus
from ocrchat.settings import Settings
from ocrchat.usecases import LinkedFile, Request, SentFile, UploadedFile
from tests.documents import digital_pdf
from tests.plans import PLANS

NOW = datetime.now(UTC)
ONE_PAGE = SentFile("a.pdf", digital_pdf(1))


@pytest.fixture
def runs_executions() -> bool:
    return False


def test_a_token_is_kept_as_its_hash_and_can_be_revoked(cloud: Cloud, account: Account, settings: Settings) -> None:
    token = cloud.accounts.issue_token(account.id, "laptop", NOW)
    other = cloud.accounts.issue_token(account.id, "server", NOW)
    assert cloud.accounts.by_token(token) == account.id
    items = cloud.accounts._client.scan(TableName=settings.table)["Items"]
    assert token not in str(items)

    assert cloud.accounts.revoke_tokens(account.id, "") == 0
    (listed,) = [found for found in cloud.accounts.tokens(account.id) if found.label == "laptop"]
    assert cloud.accounts.revoke_tokens(account.id, listed.id[:6]) == 0
    assert cloud.accounts.revoke_tokens(account.id, listed.id) == 1

    assert cloud.accounts.by_token(token) is None
    assert cloud.accounts.by_token(other) == account.id


def test_what_a_restored_table_has_comes_back_where_it_is_missing(
    cloud: Cloud, account: Account, settings: Settings
) -> None:
    """The restored table as AWS makes it: one more, with the items of a moment in the past."""
    client = cloud.accounts._client
    token = cloud.accounts.issue_token(account.id, "laptop", NOW)
    usecases.open_account(cloud, "stays", PLANS["pro"])
    revoked = cloud.accounts.issue_token("stays", "lost laptop", NOW)
    description = client.describe_table(TableName=settings.table)["Table"]
    client.create_table(
        TableName="restored",
        BillingMode="PAY_PER_REQUEST",
        KeySchema=description["KeySchema"],
        AttributeDefinitions=[
            one for one in description["AttributeDefinitions"] if one["AttributeName"] in ("pk", "sk")
        ],
    )
    kept = client.scan(TableName=settings.table)["Items"]
    for item in kept:
        client.put_item(TableName="restored", Item=item)
    before, _ = cloud.books.movements(account.id, 10)
    (listed,) = cloud.accounts.tokens("stays")
    cloud.accounts.revoke_tokens("stays", listed.id)
    for item in kept:
        if account.id in str(item):
            client.delete_item(TableName=settings.table, Key={"pk": item["pk"], "sk": item["sk"]})
    assert cloud.accounts.by_token(token) is None

    assert cloud.accounts.bring_back("restored") == [account.id]

    assert cloud.accounts.get(account.id) == account
    assert cloud.accounts.by_token(token) == account.id
    assert cloud.books.movements(account.id, 10)[0] == before
    assert cloud.accounts.by_token(revoked) is None, "an account that is there is not touched"
    assert cloud.accounts.bring_back("restored") == []


def test_an_account_is_not_opened_twice(cloud: Cloud, account: Account) -> None:
    assert not usecases.open_account(cloud, account.id, PLANS["free"])
    kept = cloud.accounts.get(account.id)
    assert kept is not None
    assert (kept.plan.name, kept.balance) == ("business", 1000)


@pytest.mark.parametrize("account_id", ["", "A", "a/b", "-a", "a" * 65, "ü"])
def test_an_account_id_that_could_not_stand_in_a_key_is_refused(cloud: Cloud, account_id: str) -> None:
    with pytest.raises(ValueError, match="no account id"):
        usecases.open_account(cloud, account_id, PLANS["free"])


def test_requests_are_counted_by_the_minute(cloud: Cloud) -> None:
    minute = datetime(2026, 11, 25, 12, 0, 30, tzinfo=UTC)

    assert [cloud.accounts.count_request("a", minute) for _ in range(3)] == [1, 2, 3]
    assert cloud.accounts.count_request("b", minute) == 1
    assert cloud.accounts.count_request("a", minute + timedelta(seconds=30)) == 1


def test_an_account_written_meanwhile_is_not_overwritten(cloud: Cloud, account: Account) -> None:
    cloud.books.grant(account.id, 5, "meanwhile", NOW)
    stale = replace(account, spend_cap=1)

    assert not cloud.accounts.replace(stale)


def test_the_same_key_gives_the_same_job_and_charges_once(cloud: Cloud, account: Account) -> None:
    request = Request(ONE_PAGE, JobOptions(), "key-1")

    first = usecases.submit(cloud, account, request, NOW)
    again = usecases.submit(cloud, account, request, NOW)

    assert (first.replayed, again.replayed) == (False, True)
    assert again.job.id == first.job.id
    movements, _ = cloud.books.movements(account.id, 10)
    assert [movement.kind for movement in movements] == [MovementKind.RESERVE, MovementKind.GRANT]


def test_a_key_with_another_request_is_refused(cloud: Cloud, account: Account) -> None:
    usecases.submit(cloud, account, Request(ONE_PAGE, JobOptions(), "key-1"), NOW)

    for other in (Request(SentFile("a.pdf", digital_pdf(2)), JobOptions(), "key-1"),
                  Request(ONE_PAGE, JobOptions(language="en"), "key-1")):  # fmt: skip
        with pytest.raises(IdempotencyKeyReused):
            usecases.submit(cloud, account, other, NOW)


def test_a_key_is_another_one_for_another_account_and_after_a_day(cloud: Cloud, account: Account) -> None:
    usecases.open_account(cloud, "other", PLANS["free"])
    other = cloud.accounts.get("other")
    assert other is not None
    request = Request(ONE_PAGE, JobOptions(), "key-1")

    jobs = [
        usecases.submit(cloud, account, request, NOW),
        usecases.submit(cloud, other, request, NOW),
        usecases.submit(cloud, account, request, NOW + timedelta(hours=25)),
    ]

    assert len({submitted.job.id for submitted in jobs}) == 3


def test_the_key_of_a_deleted_job_does_not_run_it_again(cloud: Cloud, account: Account) -> None:
    request = Request(ONE_PAGE, JobOptions(), "key-1")
    usecases.erase(cloud, usecases.submit(cloud, account, request, NOW).job, NOW)

    with pytest.raises(JobErased):
        usecases.submit(cloud, account, request, NOW)


def test_two_submissions_with_one_key_at_the_same_moment_make_one_job(cloud: Cloud, account: Account) -> None:
    """The second has looked for the key before the first wrote it."""
    request = Request(ONE_PAGE, JobOptions(), "key-1")

    class Late(Books):
        def key_use(self, account_id: str, key: IdempotencyKey, now: datetime) -> None:  # type: ignore[override]
            if not hasattr(self, "first"):
                self.first = usecases.submit(cloud, account, request, NOW)
                return None
            return super().key_use(account_id, key, now)  # type: ignore[return-value]

    late = Late(cloud.books._client, cloud.books._table, cloud.accounts, 0)
    second = usecases.submit(replace(cloud, books=late), account, request, NOW)

    assert second.replayed
    assert second.job.id == late.first.job.id
    assert cloud.blobs.erase("jobs/") == [keys.source(second.job)]


def test_a_lost_answer_of_the_reservation_does_not_reserve_twice(cloud: Cloud, account: Account) -> None:
    job = Job("2" * 32, account.id, "a.pdf", MediaType.PDF, 1, JobOptions(), created_at=NOW, credits=1)

    cloud.books.open(job, None)
    cloud.books.open(job, None)

    after = cloud.accounts.get(account.id)
    assert after is not None
    assert after.balance == 999


def test_a_job_is_settled_once(cloud: Cloud, job: Job) -> None:
    ending = Ending(JobStatus.DONE, NOW)

    assert cloud.books.end(job, ending, 1, NOW)
    assert not cloud.books.end(job, ending, 0, NOW)

    after = cloud.accounts.get(job.account_id)
    assert after is not None
    assert after.balance == 999


def test_a_job_cancelled_while_a_split_that_died_left_half_of_its_sets_pays_nothing(
    cloud: Cloud, account: Account
) -> None:
    job = usecases.submit(cloud, account, Request(SentFile("a.pdf", digital_pdf(60)), JobOptions()), NOW).job
    cloud.page_sets._create_chunk(job.id, 0, job.chunks[0], NOW, 0)

    assert usecases.cancel(cloud, job, NOW).charged == 0


def test_all_accounts_together_stay_under_the_cap_of_the_deployment(cloud: Cloud, account: Account) -> None:
    capped = replace(cloud, books=Books(cloud.books._client, cloud.books._table, cloud.accounts, monthly_cap=3))
    two_pages = Request(SentFile("a.pdf", digital_pdf(2)), JobOptions())

    with pytest.raises(DeploymentCapReached):
        usecases.submit(capped, account, Request(SentFile("a.pdf", digital_pdf(4)), JobOptions()), NOW)
    job = usecases.submit(capped, account, two_pages, NOW).job
    with pytest.raises(DeploymentCapReached) as error:
        usecases.submit(capped, account, two_pages, NOW)
    assert (error.value.used, error.value.cap) == (2, 3)
    usecases.cancel(capped, job, NOW)

    usecases.submit(capped, account, two_pages, NOW)


def test_what_is_refused_leaves_nothing_behind(cloud: Cloud) -> None:
    usecases.open_account(cloud, "poor", PLANS["pro"])
    poor = cloud.accounts.get("poor")
    assert poor is not None

    with pytest.raises(OutOfCredits):
        usecases.submit(cloud, poor, Request(ONE_PAGE, JobOptions()), NOW)

    assert cloud.blobs.erase("") == []
    assert cloud.jobs.of_account("poor", None, 10) == ([], None)
    assert cloud.books.movements("poor", 10) == ([], None)


def test_a_plan_reads_so_many_pages_of_a_file_and_a_choice_helps(cloud: Cloud) -> None:
    usecases.open_account(cloud, "free", PLANS["free"])
    free = cloud.accounts.get("free")
    assert free is not None
    long = SentFile("long.pdf", digital_pdf(51))

    with pytest.raises(TooManyPages) as error:
        usecases.submit(cloud, free, Request(long, JobOptions()), NOW)
    assert error.value.members["upgrade"]["plan"] == "pro"
    job = usecases.submit(cloud, free, Request(long, JobOptions(pages="2-4,51")), NOW).job

    assert (job.pages, job.page_count, job.source_pages, job.credits) == ((1, 2, 3, 50), 4, 51, 4)


def test_a_quote_stores_and_charges_nothing(cloud: Cloud, account: Account) -> None:
    quote = usecases.quote(cloud, account, Request(SentFile("a.pdf", digital_pdf(3)), JobOptions(pages="1-2")), NOW)

    assert (quote.page_count, quote.source_pages, quote.credits, quote.affordable) == (2, 3, 2, True)
    assert cloud.blobs.erase("") == []
    assert cloud.accounts.get(account.id) == account


def test_an_upload_belongs_to_one_account_and_is_used_up(cloud: Cloud, account: Account) -> None:
    usecases.open_account(cloud, "other", PLANS["free"])
    other = cloud.accounts.get("other")
    assert other is not None
    upload = usecases.create_upload(cloud, account, "Büro.pdf", 10_000, NOW)
    cloud.blobs._client.put_object(
        Bucket=cloud.blobs._bucket, Key=upload.fields["key"], Body=ONE_PAGE.content,
        Metadata={"filename": upload.fields["x-amz-meta-filename"]},
    )  # fmt: skip
    request = Request(UploadedFile(upload.id), JobOptions())

    with pytest.raises(UploadMissing):
        usecases.submit(cloud, other, request, NOW)
    job = usecases.submit(cloud, account, request, NOW).job
    with pytest.raises(UploadMissing):
        usecases.submit(cloud, account, request, NOW)

    assert job.filename == "Büro.pdf"
    assert cloud.blobs.get(keys.source(job)) == ONE_PAGE.content


@pytest.mark.parametrize(
    ("prefix", "url", "allowed"),
    [
        ("s3://files/in/", "s3://files/in/a.pdf", True),
        ("s3://files/in/", "s3://files/out/a.pdf", False),
        ("s3://files/", "s3://files-of-others/a.pdf", False),
    ],
)
def test_a_linked_object_is_read_only_where_the_account_may(
    cloud: Cloud, account: Account, prefix: str, url: str, allowed: bool
) -> None:
    bucket, _, key = url.removeprefix("s3://").partition("/")
    cloud.blobs._client.create_bucket(Bucket=bucket)
    cloud.blobs._client.put_object(Bucket=bucket, Key=key, Body=ONE_PAGE.content)
    reader = replace(account, readable=(prefix,))
    request = Request(LinkedFile(url), JobOptions())

    if allowed:
        assert usecases.submit(cloud, reader, request, NOW).job.filename == "a.pdf"
    else:
        with pytest.raises(InvalidField, match="may not read"):
            usecases.submit(cloud, reader, request, NOW)


def submitted(cloud: Cloud, account: Account, count: int) -> list[Job]:
    return [
        usecases.submit(cloud, account, Request(ONE_PAGE, JobOptions()), NOW + timedelta(seconds=n)).job
        for n in range(count)
    ]


def test_a_list_goes_through_all_jobs_newest_first(cloud: Cloud, account: Account) -> None:
    jobs = submitted(cloud, account, 5)

    first, after = usecases.list_jobs(cloud, account.id, None, 2, "")
    assert after
    second, after = usecases.list_jobs(cloud, account.id, None, 2, after)
    assert after
    third, after = usecases.list_jobs(cloud, account.id, None, 2, after)

    assert [job.id for job in first + second + third] == [job.id for job in reversed(jobs)]
    assert after is None
    assert usecases.list_jobs(cloud, "other", None, 10, "") == ([], None)


def test_a_list_can_be_of_one_status(cloud: Cloud, account: Account) -> None:
    jobs = submitted(cloud, account, 4)
    usecases.cancel(cloud, jobs[0], NOW)
    usecases.cancel(cloud, jobs[2], NOW)

    failed, _ = usecases.list_jobs(cloud, account.id, JobStatus.FAILED, 10, "")

    assert [job.id for job in failed] == [jobs[2].id, jobs[0].id]


@pytest.mark.parametrize("word", ["x", "%%%", "é", cursor.encode("x" * 300), "AAAA", "YWJj", cursor.encode(" abc")])
def test_a_cursor_that_is_none_is_refused(cloud: Cloud, account: Account, word: str) -> None:
    with pytest.raises(InvalidField):
        usecases.list_jobs(cloud, account.id, None, 10, word)
    with pytest.raises(InvalidField):
        cloud.books.movements(account.id, 10, word)


def test_an_expired_job_is_not_found(cloud: Cloud, account: Account) -> None:
    job = usecases.submit(cloud, account, Request(ONE_PAGE, JobOptions()), NOW - timedelta(days=90)).job

    with pytest.raises(JobNotFound):
        usecases.find_job(cloud, account.id, job.id)
    assert usecases.list_jobs(cloud, account.id, None, 10, "") == ([], None)


def test_the_webhook_secret_is_rotated(cloud: Cloud, account: Account) -> None:
    rotated = usecases.rotate_webhook_secret(cloud, account, NOW)

    assert rotated.webhook_secret.startswith("whsec_")
    assert rotated.webhook_secrets(NOW) == (rotated.webhook_secret, account.webhook_secret)


def failed_by_the_workflow(cloud: Cloud, job: Job) -> Job:
    """As MarkFailed leaves it, before Settle."""
    cloud.jobs._client.update_item(
        TableName=cloud.jobs._table,
        Key={"pk": {"S": f"JOB#{job.id}"}, "sk": {"S": "JOB"}},
        UpdateExpression="SET #status = :failed",
        ExpressionAttributeNames={"#status": "status"},
        ExpressionAttributeValues={":failed": {"S": "failed"}},
    )
    failed = cloud.jobs.get(job.id)
    assert failed is not None
    return failed


@pytest.mark.parametrize("seen", ["failed", "pending"])
def test_a_job_that_nobody_has_settled_is_refunded_before_it_is_erased(cloud: Cloud, job: Job, seen: str) -> None:
    failed = failed_by_the_workflow(cloud, job)

    usecases.erase(cloud, failed if seen == "failed" else job, NOW)

    after = cloud.accounts.get(job.account_id)
    assert after is not None
    assert after.balance == 1000


def test_a_cap_that_was_lowered_below_what_is_used_does_not_hinder_a_refund(cloud: Cloud, account: Account) -> None:
    generous = replace(cloud, books=Books(cloud.books._client, cloud.books._table, cloud.accounts, monthly_cap=50))
    strict = replace(cloud, books=Books(cloud.books._client, cloud.books._table, cloud.accounts, monthly_cap=1))
    two_pages = Request(SentFile("a.pdf", digital_pdf(2)), JobOptions())
    first, second = (usecases.submit(generous, account, two_pages, NOW).job for _ in range(2))
    uncounted = usecases.submit(cloud, account, two_pages, NOW).job

    for job in (first, second, uncounted):
        assert usecases.cancel(strict, job, NOW).charged == 0

    usecases.submit(strict, account, Request(ONE_PAGE, JobOptions()), NOW)


def test_a_repetition_that_finds_its_upload_taken_is_a_replay(cloud: Cloud, account: Account) -> None:
    """Both have looked for the key before the first wrote it; the second comes to the upload after the first."""
    upload = usecases.create_upload(cloud, account, "a.pdf", 10_000, NOW)
    cloud.blobs.put(upload.fields["key"], ONE_PAGE.content, "application/pdf")
    request = Request(UploadedFile(upload.id), JobOptions(), "key-1")

    class Late(Books):
        first: Job | None = None

        def key_use(self, account_id: str, key: IdempotencyKey, now: datetime) -> Any:
            if self.first is None:
                self.first = usecases.submit(cloud, account, request, NOW).job
                return None
            return super().key_use(account_id, key, now)

    late = Late(cloud.books._client, cloud.books._table, cloud.accounts, 0)
    second = usecases.submit(replace(cloud, books=late), account, request, NOW)

    assert late.first is not None
    assert (second.replayed, second.job.id) == (True, late.first.id)


@pytest.mark.parametrize("url", ["s3://files/", f"s3://files/{'x' * 1025}"])
def test_a_key_that_s3_cannot_have_is_refused(cloud: Cloud, account: Account, url: str) -> None:
    reader = replace(account, readable=("s3://files/",))

    with pytest.raises(InvalidField, match="no such object"):
        usecases.submit(cloud, reader, Request(LinkedFile(url), JobOptions()), NOW)


def test_a_long_name_fits_into_what_s3_keeps_of_an_upload(cloud: Cloud, account: Account) -> None:
    upload = usecases.create_upload(cloud, account, "报" * 251 + ".pdf", 10, NOW)

    assert len(upload.fields["x-amz-meta-filename"]) < 2000
    assert upload.fields["x-amz-meta-filename"].endswith(".pdf")
