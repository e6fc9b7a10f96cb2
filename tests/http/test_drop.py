"""The drop bucket end to end: S3 -> SQS -> job -> results beside the file, and an event, on the running product."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import boto3
import httpx
import pytest
from botocore.config import Config

from ocrchat import usecases
from ocrchat.model import JobStatus, Lane
from tests.documents import digital_pdf, scanned_pdf
from tests.http.conftest import OpenAccount, Server, Stack
from tests.plans import PLANS

WAIT_SECONDS = 100


class Bucket:
    """What a dropper sees of it, and the queue behind."""

    def __init__(self, server: Server, stack: Stack) -> None:
        endpoint = json.loads(served(server))["endpoint"]
        session = boto3.Session(aws_access_key_id="test", aws_secret_access_key="test", region_name="us-east-1")
        config = Config(signature_version="s3v4", proxies={})
        self.s3 = session.client("s3", endpoint_url=endpoint, config=config)
        self.sqs = session.client("sqs", endpoint_url=endpoint, config=config)
        self.events = session.client("events", endpoint_url=endpoint, config=config)
        self.name = stack.settings.drop_bucket
        self.queue = stack.settings.drop_queue

    def drop(self, key: str, content: bytes, metadata: dict[str, str] | None = None, **arguments: Any) -> None:
        self.s3.put_object(Bucket=self.name, Key=key, Body=content, Metadata=metadata or {}, **arguments)

    def get(self, key: str) -> bytes | None:
        try:
            return bytes(self.s3.get_object(Bucket=self.name, Key=key)["Body"].read())
        except self.s3.exceptions.NoSuchKey:
            return None

    def keys(self, prefix: str) -> list[str]:
        found = self.s3.list_objects_v2(Bucket=self.name, Prefix=prefix).get("Contents", [])
        return [it["Key"] for it in found]

    def wait(self, key: str) -> bytes:
        give_up = time.monotonic() + WAIT_SECONDS
        while (content := self.get(key)) is None:
            assert time.monotonic() < give_up, f"{key} did not come, but {self.keys('results/')}"
            time.sleep(0.2)
        return content

    def wait_json(self, key: str) -> dict[str, Any]:
        value: dict[str, Any] = json.loads(self.wait(key))
        return value

    def say(self, key: str, etag: str, sequencer: str, size: int = 1) -> None:
        """What S3 would say of a put, as it stands in AWS's documentation."""
        found = {"key": key, "size": size, "eTag": etag, "sequencer": sequencer}
        record = {
            "eventVersion": "2.1",
            "eventSource": "aws:s3",
            "eventTime": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S.000Z}",
            "eventName": "ObjectCreated:Put",
            "s3": {"s3SchemaVersion": "1.0", "bucket": {"name": self.name}, "object": found},
        }
        self.sqs.send_message(QueueUrl=self.queue, MessageBody=json.dumps({"Records": [record]}))

    def etag(self, key: str) -> str:
        return str(self.s3.head_object(Bucket=self.name, Key=key)["ETag"]).strip('"')

    def wait_until_drained(self, queue: str = "") -> None:
        """The queue of what S3 says, or another one."""
        give_up = time.monotonic() + WAIT_SECONDS
        names: Any = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        while any(
            int(count)
            for count in self.sqs.get_queue_attributes(QueueUrl=queue or self.queue, AttributeNames=names)[
                "Attributes"
            ].values()
        ):
            assert time.monotonic() < give_up, "the queue is not drained"
            time.sleep(0.1)


def served(server: Server) -> str:
    from tests.http.conftest import ROOT

    return (ROOT / ".build" / f"serve-{server.port}.json").read_text()


@pytest.fixture(scope="module")
def bucket(server: Server, stack: Stack) -> Bucket:
    return Bucket(server, stack)


@pytest.fixture
def account(stack: Stack) -> str:
    return new_account(stack)


def new_account(stack: Stack, plan: str = "business", credits: int = 100) -> str:
    account_id = f"drop-{uuid.uuid4().hex}"
    usecases.open_account(stack.cloud, account_id, PLANS[plan])
    if PLANS[plan].prepaid and credits:
        stack.cloud.books.grant(account_id, credits, "to begin with", datetime.now(UTC))
    return account_id


def jobs_of(stack: Stack, account: str) -> list[Any]:
    return stack.cloud.jobs.of_account(account, None, 100)[0]


def charged(stack: Stack, account: str) -> int:
    found = stack.cloud.accounts.get(account)
    assert found is not None
    return found.granted - found.balance


def test_a_dropped_file_has_its_text_beside_it(bucket: Bucket, stack: Stack, account: str) -> None:
    bucket.drop(f"drop/{account}/a.pdf", digital_pdf(2))

    job = bucket.wait_json(f"results/{account}/a.pdf.json")
    markdown = bucket.wait(f"results/{account}/a.pdf.md").decode()

    assert (job["status"], job["filename"], job["page_count"]) == ("done", "a.pdf", 2)
    assert "Page number 1" in job["text"]
    assert "Page number 1" in markdown
    assert job["pages"][0]["blocks"][0]["lines"][0]["words"]
    assert bucket.keys(f"results/{account}/") == [f"results/{account}/a.pdf.json", f"results/{account}/a.pdf.md"]
    assert charged(stack, account) == 2


@pytest.mark.parametrize(
    "path",
    [
        "an invoice, no. 7 (final) + copy.pdf",
        "日本語/請求書 2026.pdf",
        "عربي/فاتورة.pdf",
        "Кириллица/счёт №7.pdf",
        "a%2Fb%20c&d=e;f@g:h?i#j!k'l*m.pdf",
        "e\u0301/é🙂.PDF",
        "deep/er/and/deeper/no extension",
        "date=2026-11-26/a.pdf",
        "../a.pdf",
        "a\x01b\ufffe.pdf",
        "x" * 200 + "/" + "é" * 390 + ".pdf",
    ],
)
def test_keys_of_any_script_and_length(bucket: Bucket, account: str, path: str) -> None:
    bucket.drop(f"drop/{account}/{path}", digital_pdf(1))

    give_up = time.monotonic() + WAIT_SECONDS
    while len(found := bucket.keys(f"results/{account}/")) < 2:
        assert time.monotonic() < give_up, found
        time.sleep(0.2)
    if path.startswith("..") or "\x01" in path or len(path) > 500:
        assert [len(key.rpartition("/")[2]) for key in found] == [32 + 5, 32 + 3]
    else:
        assert found == [f"results/{account}/{path}.json", f"results/{account}/{path}.md"]
    assert "Page number 0" in bucket.wait_json(found[0])["text"]


def test_options_and_formats_in_the_metadata(bucket: Bucket, account: str) -> None:
    asked = {
        "tier": "vlm", "language": "German", "pages": "2", "tool": "pdf-to-word", "formats": "docx, PDF,pdf-text,txt",
        "mtime": "1764000000",
    }  # fmt: skip
    bucket.drop(f"drop/{account}/a.pdf", digital_pdf(3), asked)

    for end, start in (
        ("docx", b"PK"),
        ("pdf", b"%PDF"),
        ("text.pdf", b"%PDF"),
        ("txt", b"Page number 1"),
        ("md", b""),
    ):
        assert bucket.wait(f"results/{account}/a.pdf.{end}").startswith(start)
    job = bucket.wait_json(f"results/{account}/a.pdf.json")
    assert (job["tier"], job["language"], job["tool"], job["page_count"]) == ("vlm", "de", "pdf-to-word", 1)


def test_options_in_the_folders_of_which_the_metadata_counts_more(bucket: Bucket, account: str) -> None:
    folder = f"{account}/tier=vlm/language=de/year=2026/formats=csv"
    bucket.drop(f"drop/{folder}/a.pdf", digital_pdf(1), {"language": "fr"})

    bucket.wait(f"results/{folder}/a.pdf.csv")
    job = bucket.wait_json(f"results/{folder}/a.pdf.json")
    assert (job["tier"], job["language"]) == ("vlm", "fr")


def test_a_tool_brings_its_format(bucket: Bucket, account: str) -> None:
    bucket.drop(f"drop/{account}/a.pdf", digital_pdf(1), {"tool": "pdf-to-excel"})

    assert bucket.wait(f"results/{account}/a.pdf.xlsx").startswith(b"PK")


def refused(bucket: Bucket, account: str, name: str, status: int, code: str) -> dict[str, Any]:
    """The problem beside a file, and nothing else is."""
    problem = bucket.wait_json(f"results/{account}/{name}.error.json")
    bucket.wait_until_drained()
    assert (problem["status"], problem["code"]) == (status, code)
    assert {"type", "title", "detail", "request_id"} <= set(problem)
    assert bucket.keys(f"results/{account}/{name}") == [f"results/{account}/{name}.error.json"]
    assert bucket.s3.head_object(Bucket=bucket.name, Key=f"results/{account}/{name}.error.json")["ContentType"] == (
        "application/problem+json"
    )
    return problem


@pytest.mark.parametrize(
    ("metadata", "says"),
    [
        ({"tier": "gpu"}, "tier='gpu'"),
        ({"language": "Klingon"}, "language='Klingon'"),
        ({"pages": "0-"}, "pages='0-'"),
        ({"pages": "7"}, "1 page"),
        ({"tool": "make-coffee"}, "tool='make-coffee'"),
        ({"formats": "md,exe"}, "formats: 'exe'"),
        ({"callback_url": "http://169.254.169.254/"}, "callback_url"),
    ],
)
def test_options_that_are_not_allowed(
    bucket: Bucket, stack: Stack, account: str, metadata: dict[str, str], says: str
) -> None:
    bucket.drop(f"drop/{account}/a.pdf", digital_pdf(1), metadata)

    assert says in refused(bucket, account, "a.pdf", 400, "invalid_field")["detail"]
    assert not jobs_of(stack, account)


@pytest.mark.parametrize(
    ("content", "code"),
    [(b"", "file_empty"), (b"hello", "unsupported_file"), (digital_pdf(3)[:900], "damaged_file")],
    ids=["zero bytes", "unsupported", "damaged"],
)
def test_a_file_that_cannot_be_read(bucket: Bucket, stack: Stack, account: str, content: bytes, code: str) -> None:
    bucket.drop(f"drop/{account}/a b.pdf", content)

    refused(bucket, account, "a b.pdf", 400, code)
    assert charged(stack, account) == 0


def test_an_unknown_account(bucket: Bucket) -> None:
    bucket.drop("drop/nobody-here/a.pdf", digital_pdf(1))

    assert "nobody-here" in refused(bucket, "nobody-here", "a.pdf", 404, "account_not_found")["detail"]


def test_no_account_at_all(bucket: Bucket) -> None:
    bucket.drop("drop/a.pdf", digital_pdf(1))

    assert bucket.wait_json("results/a.pdf.error.json")["code"] == "account_not_found"


def test_no_credits(bucket: Bucket, stack: Stack) -> None:
    account = new_account(stack, credits=1)
    bucket.drop(f"drop/{account}/a.pdf", digital_pdf(3))

    problem = refused(bucket, account, "a.pdf", 402, "out_of_credits")
    assert (problem["used"], problem["cap"]) == (0, 1)
    assert charged(stack, account) == 0


def test_too_many_pages_for_the_plan(bucket: Bucket, stack: Stack) -> None:
    account = new_account(stack, "free")
    bucket.drop(f"drop/{account}/a.pdf", digital_pdf(51))

    assert refused(bucket, account, "a.pdf", 400, "too_many_pages")["upgrade"]["plan"] == "pro"


def test_an_object_in_an_archive(bucket: Bucket, account: str) -> None:
    bucket.drop(f"drop/{account}/a.pdf", digital_pdf(1), StorageClass="GLACIER")

    assert "archive" in refused(bucket, account, "a.pdf", 400, "object_unreadable")["detail"]


def test_a_file_over_the_limit(bucket: Bucket, account: str) -> None:
    bucket.drop(f"drop/{account}/large.pdf", digital_pdf(1) + b"\n" * 101_000_000)

    assert "101 MB" in refused(bucket, account, "large.pdf", 400, "file_too_large")["detail"]


def test_a_file_that_is_gone_when_its_turn_comes(bucket: Bucket, stack: Stack, account: str) -> None:
    bucket.say(f"drop/{account}/a.pdf", "0" * 32, "01")

    refused(bucket, account, "a.pdf", 400, "upload_missing")


def test_the_mark_of_an_empty_folder_is_nothing(bucket: Bucket, stack: Stack, account: str) -> None:
    bucket.drop(f"drop/{account}/folder/", b"")
    bucket.drop(f"drop/{account}/folder/a.pdf", digital_pdf(1))

    bucket.wait(f"results/{account}/folder/a.pdf.json")
    bucket.wait_until_drained()
    assert len(bucket.keys(f"results/{account}/")) == 2
    assert len(jobs_of(stack, account)) == 1


def test_what_s3_says_twice_is_one_job(bucket: Bucket, stack: Stack, account: str) -> None:
    key, content = f"drop/{account}/a.pdf", digital_pdf(2)
    bucket.drop(key, content)
    etag = bucket.etag(key)
    for _ in range(6):
        bucket.say(key, etag, "0A")
    bucket.wait(f"results/{account}/a.pdf.json")
    bucket.wait_until_drained()

    wait_for_end(stack, account, 2)
    # One of the put that S3 itself told of, one of the made-up one that was told of six times.
    assert len(jobs_of(stack, account)) == 2
    assert charged(stack, account) == 4


def test_a_duplicate_that_comes_when_the_file_was_taken_away_changes_nothing(
    bucket: Bucket, stack: Stack, account: str
) -> None:
    key = f"drop/{account}/a.pdf"
    bucket.drop(key, digital_pdf(1))
    etag = bucket.etag(key)
    bucket.say(key, etag, "0A")
    bucket.wait(f"results/{account}/a.pdf.md")
    bucket.wait_until_drained()
    wait_for_end(stack, account, 2)

    bucket.s3.delete_object(Bucket=bucket.name, Key=key)
    bucket.say(key, etag, "0A")
    bucket.wait_until_drained()

    assert bucket.get(f"results/{account}/a.pdf.error.json") is None
    assert len(jobs_of(stack, account)) == 2


def wait_for_end(stack: Stack, account: str, count: int) -> list[Any]:
    give_up = time.monotonic() + WAIT_SECONDS
    while True:
        jobs = jobs_of(stack, account)
        if len(jobs) == count and not any(job.is_open for job in jobs):
            return jobs
        assert time.monotonic() < give_up, jobs
        time.sleep(0.2)


def test_new_content_under_the_same_key_is_a_new_job_and_its_results_take_the_place(
    bucket: Bucket, stack: Stack, account: str
) -> None:
    key = f"drop/{account}/a.pdf"
    bucket.drop(key, digital_pdf(1), {"formats": "txt"})
    bucket.wait(f"results/{account}/a.pdf.txt")
    wait_for_end(stack, account, 1)
    bucket.drop(key, digital_pdf(3))

    give_up = time.monotonic() + WAIT_SECONDS
    while b"Page number 2" not in (bucket.get(f"results/{account}/a.pdf.md") or b""):
        assert time.monotonic() < give_up
        time.sleep(0.2)
    assert len(jobs_of(stack, account)) == 2
    assert bucket.get(f"results/{account}/a.pdf.txt") is None, "of the former file, which had another format"


def test_the_error_of_a_file_goes_when_a_good_one_comes_and_the_other_way_round(bucket: Bucket, account: str) -> None:
    key = f"drop/{account}/a.pdf"
    bucket.drop(key, b"hello")
    refused(bucket, account, "a.pdf", 400, "unsupported_file")
    bucket.drop(key, digital_pdf(1))
    bucket.wait(f"results/{account}/a.pdf.md")
    assert bucket.get(f"results/{account}/a.pdf.error.json") is None

    bucket.drop(key, b"hello")
    refused(bucket, account, "a.pdf", 400, "unsupported_file")


def test_what_s3_says_late_of_a_file_that_was_replaced_makes_no_job(bucket: Bucket, stack: Stack, account: str) -> None:
    key = f"drop/{account}/a.pdf"
    bucket.drop(key, digital_pdf(2))
    bucket.wait(f"results/{account}/a.pdf.md")
    wait_for_end(stack, account, 1)

    bucket.say(key, "0" * 32, "01")
    bucket.wait_until_drained()

    assert len(jobs_of(stack, account)) == 1
    assert bucket.get(f"results/{account}/a.pdf.error.json") is None
    assert bucket.get(f"results/{account}/a.pdf.md") is not None


def test_results_of_a_job_whose_file_was_replaced_do_not_take_the_place_of_the_newer(
    bucket: Bucket, stack: Stack, account: str
) -> None:
    key = f"drop/{account}/a.pdf"
    bucket.drop(key, scanned_pdf(6))  # takes longer than what comes
    give_up = time.monotonic() + WAIT_SECONDS
    while not jobs_of(stack, account):
        assert time.monotonic() < give_up
        time.sleep(0.05)
    time.sleep(1)  # S3 tells times in seconds
    bucket.drop(key, digital_pdf(1))

    wait_for_end(stack, account, 2)
    bucket.wait(f"results/{account}/a.pdf.md")
    bucket.wait_until_drained(stack.settings.result_queue)
    assert bucket.wait_json(f"results/{account}/a.pdf.json")["page_count"] == 1


def test_a_job_that_fails_says_so_beside_the_file(bucket: Bucket, stack: Stack, account: str) -> None:
    bucket.drop(f"drop/{account}/a.pdf", scanned_pdf(30))
    give_up = time.monotonic() + WAIT_SECONDS
    while not (jobs := jobs_of(stack, account)):
        assert time.monotonic() < give_up
        time.sleep(0.05)
    usecases.cancel(stack.cloud, jobs[0], datetime.now(UTC))

    problem = refused(bucket, account, "a.pdf", 409, "cancelled")
    assert problem["uuid"] == jobs[0].id


def test_to_delete_a_job_erases_the_dropped_file_and_what_is_beside_it(
    bucket: Bucket, stack: Stack, open_account: OpenAccount
) -> None:
    client = open_account()
    account = client.headers["X-Account"]
    bucket.drop(f"drop/{account}/a.pdf", digital_pdf(1))
    job = bucket.wait_json(f"results/{account}/a.pdf.json")
    bucket.wait(f"results/{account}/a.pdf.md")
    bucket.wait_until_drained(stack.settings.result_queue)

    erased = client.delete(f"/api/v1/ocr/{job['uuid']}/").raise_for_status().json()["erased"]

    assert bucket.keys(f"drop/{account}/") == bucket.keys(f"results/{account}/") == []
    assert (erased["source"], erased["results"]) == (2, 5), "in both buckets: the document, and json and md twice"


@pytest.mark.parametrize("path", ["../{}/a.pdf", "/{}/a.pdf", "..%2F{}/a.pdf", "%2e%2e/{}/a.pdf", "..\\{}\\a.pdf"])
def test_no_key_of_one_account_reaches_another(bucket: Bucket, stack: Stack, account: str, path: str) -> None:
    other = new_account(stack)
    named = {"account": other, "account_id": other, "ocrchat-account": other}
    bucket.drop(f"drop/{account}/{path.format(other)}", digital_pdf(1), named)

    give_up = time.monotonic() + WAIT_SECONDS
    while len(bucket.keys(f"results/{account}/")) < 2:
        assert time.monotonic() < give_up
        time.sleep(0.2)
    assert len(wait_for_end(stack, account, 1)) == 1
    assert jobs_of(stack, other) == []
    assert bucket.keys(f"results/{other}") == []
    assert charged(stack, other) == 0


def test_the_job_of_a_dropped_file_is_one_of_the_account_in_the_api(
    bucket: Bucket, open_account: OpenAccount, api: httpx.Client
) -> None:
    client = open_account()
    account = client.headers["X-Account"]
    bucket.drop(f"drop/{account}/in/a b.pdf", digital_pdf(1))
    job = bucket.wait_json(f"results/{account}/in/a b.pdf.json")

    shown = client.get(f"/api/v1/ocr/{job['uuid']}/").raise_for_status().json()

    assert (shown["status"], shown["filename"], shown["credits_charged"]) == ("done", "a b.pdf", 1)
    assert api.get(f"/api/v1/ocr/{job['uuid']}/").status_code == 404, "of another account"


def test_dropped_files_do_not_stand_among_those_that_somebody_waits_for(
    bucket: Bucket, stack: Stack, account: str
) -> None:
    bucket.drop(f"drop/{account}/a.pdf", digital_pdf(1))
    bucket.wait(f"results/{account}/a.pdf.json")

    (job,) = jobs_of(stack, account)
    assert job.lane is Lane.PRIORITY


def test_many_files_at_once_each_become_one_job(bucket: Bucket, stack: Stack, account: str) -> None:
    keys = [f"drop/{account}/{number}.pdf" for number in range(12)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda key: bucket.drop(key, digital_pdf(1)), keys))

    jobs = wait_for_end(stack, account, 12)

    assert {job.status for job in jobs} == {JobStatus.DONE}
    assert charged(stack, account) == 12
    for number in range(12):
        bucket.wait(f"results/{account}/{number}.pdf.md")


@pytest.fixture
def heard(bucket: Bucket) -> Iterator[Callable[[str], dict[str, Any]]]:
    """A program that listens to the event bus: gives the event of an account's job."""
    name = f"listener-{uuid.uuid4().hex[:8]}"
    url = bucket.sqs.create_queue(QueueName=name)["QueueUrl"]
    arn = bucket.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    pattern = {"source": ["ocrchat"], "detail-type": ["OCR job ended"]}
    bucket.events.put_rule(Name=name, EventPattern=json.dumps(pattern))
    bucket.events.put_targets(Rule=name, Targets=[{"Id": "queue", "Arn": arn}])

    def event_of(account: str) -> dict[str, Any]:
        give_up = time.monotonic() + WAIT_SECONDS
        while time.monotonic() < give_up:
            for message in bucket.sqs.receive_message(QueueUrl=url, WaitTimeSeconds=1).get("Messages", []):
                event: dict[str, Any] = json.loads(message["Body"])
                if event["detail"]["account"] == account:
                    return event
        raise AssertionError("no event came")

    yield event_of
    bucket.events.remove_targets(Rule=name, Ids=["queue"])
    bucket.events.delete_rule(Name=name)
    bucket.sqs.delete_queue(QueueUrl=url)


def test_programs_hear_of_the_end_on_the_event_bus(
    bucket: Bucket, account: str, heard: Callable[[str], dict[str, Any]]
) -> None:
    bucket.drop(f"drop/{account}/é a.pdf", digital_pdf(2), {"formats": "docx"})

    event = heard(account)

    results = {name: f"results/{account}/é a.pdf.{name}" for name in ("json", "md", "docx")}
    job = json.loads(bucket.get(results["json"]) or b"")
    assert all(bucket.get(key) for key in results.values()), "they are there when the event comes"
    assert (event["source"], event["detail-type"]) == ("ocrchat", "OCR job ended")
    assert event["detail"] == {
        "id": f"evt_{job['uuid']}",
        "uuid": job["uuid"],
        "account": account,
        "status": "done",
        "page_count": 2,
        "failed_pages": [],
        "error": None,
        "bucket": bucket.name,
        "key": f"drop/{account}/é a.pdf",
        "results": results,
    }
