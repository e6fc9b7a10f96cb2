"""The two functions of the drop bucket, on events as S3 sends them."""

from __future__ import annotations

import copy
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from moto.core import DEFAULT_ACCOUNT_ID
from moto.s3.models import s3_backends
from moto.sqs import sqs_backends

from functions.export import publish
from functions.submit import drop
from ocrchat import codec, keys, usecases
from ocrchat.aws.drops import Put
from ocrchat.billing import Account
from ocrchat.cloud import Cloud
from ocrchat.model import Job, JobOptions, JobStatus, Lane
from ocrchat.settings import Settings, TranslateProvider
from ocrchat.usecases import DropOptions
from ocrchat.usecases.dropping import Fate
from tests.aws.test_downloads import page
from tests.aws.test_handlers import Context, event
from tests.aws.test_translating import text_page
from tests.documents import digital_pdf
from tests.translation_servers import Server, libretranslate, pseudo

PATH = "account/invoices 2026/Rechnung nº 7 + copy.pdf"
KEY = f"drop/{PATH}"


@pytest.fixture
def runs_executions() -> bool:
    return False


@pytest.fixture(autouse=True)
def environment(deployed: Callable[[Settings], None], settings: Settings) -> None:
    deployed(settings)


class Drops:
    """A dropper, and the event source of the function."""

    def __init__(self, session: boto3.Session, settings: Settings) -> None:
        self._s3 = session.client("s3")
        self._sqs = session.client("sqs")
        self._settings = settings
        self.sequencer = 0

    def put(self, content: bytes, key: str = KEY, **metadata: str) -> dict[str, Any]:
        """What S3 says of it."""
        answer = self._s3.put_object(Bucket="drops", Key=key, Body=content, Metadata=metadata)
        self.sequencer += 1
        said = copy.deepcopy(event("s3_object_created.json"))
        found = said["Records"][0]["s3"]["object"]
        found |= {"eTag": answer["ETag"].strip('"'), "sequencer": f"{self.sequencer:018X}"}
        said["Records"][0]["eventTime"] = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S.000Z}"
        assert key == KEY, "which is the key of the event"
        return dict(said)

    def delete(self, key: str) -> None:
        self._s3.delete_object(Bucket="drops", Key=key)

    def come(self, said: dict[str, Any], receives: int = 1) -> bool:
        """Whether the function is done with what S3 said."""
        self._sqs.send_message(QueueUrl=self._settings.drop_queue, MessageBody=json.dumps(said))
        return _deliver(self._sqs, self._settings.drop_queue, drop.handler, receives)

    def end(self, receives: int = 1) -> bool:
        """Whether the other function is done with the job that has ended."""
        return _deliver(self._sqs, self._settings.result_queue, publish.handler, receives)

    def hidden_for(self, queue: str) -> float:
        messages = sqs_backends[DEFAULT_ACCOUNT_ID]["us-east-1"].queues[queue]._messages
        return max(float(message.visible_at) for message in messages) / 1000 - datetime.now(UTC).timestamp()

    def before(self, operation: str, act: Callable[[], None]) -> None:
        """Does `act` when our code is about to call that operation of S3 for the next time."""

        events = drop.cloud().drops._client.meta.events
        name = f"before-call.s3.{operation}"

        def once(**_: Any) -> None:
            events.unregister(name, once)
            act()

        events.register(name, once)

    def beside(self) -> dict[str, bytes]:
        """Extension -> content."""
        found = self._s3.list_objects_v2(Bucket="drops", Prefix="results/").get("Contents", [])
        assert all(it["Key"].startswith(f"results/{PATH}.") for it in found)
        return {
            it["Key"].removeprefix(f"results/{PATH}."): self._s3.get_object(Bucket="drops", Key=it["Key"])[
                "Body"
            ].read()
            for it in found
        }

    def problem(self) -> dict[str, Any]:
        (only,) = self.beside().items()
        assert only[0] == "error.json"
        value: dict[str, Any] = json.loads(only[1])
        return value


def _deliver(sqs: Any, queue: str, handler: Any, receives: int) -> bool:
    (message,) = sqs.receive_message(QueueUrl=queue, VisibilityTimeout=720)["Messages"]
    record = {
        **event("sqs_page.json")["Records"][0],
        "messageId": message["MessageId"],
        "receiptHandle": message["ReceiptHandle"],
        "body": message["Body"],
        "attributes": {"ApproximateReceiveCount": str(receives)},
    }
    done = handler({"Records": [record]}, Context()) == {"batchItemFailures": []}
    if done:
        sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
    return done


@pytest.fixture
def drops(session: boto3.Session, settings: Settings) -> Drops:
    return Drops(session, settings)


def only_job(cloud: Cloud, account: Account) -> Job:
    (job,) = cloud.jobs.of_account(account.id, None, 10)[0]
    return job


def finish(cloud: Cloud, job: Job, translator: Server | None = None) -> None:
    """The workflow's part: its pages are read, translated by `translator` if there is one, and put together."""
    cloud.page_sets.open(job, "token", datetime.now(UTC))
    cloud.jobs.begin(job.id)
    of_page = text_page if job.options.translate_to else page
    for index in job.pages:
        cloud.blobs.put_json(keys.page_result(job, index), codec.page_to_json(of_page(index)))
        cloud.page_sets.page_read(job.id, 0, index, datetime.now(UTC))
    if translator:
        usecases.translate(cloud, [translator.libretranslate], job.id, time.monotonic() + 20)
    assert usecases.assemble(cloud, job.id) is JobStatus.DONE


def test_what_s3_says_of_a_file_makes_a_job_of_it(cloud: Cloud, account: Account, drops: Drops) -> None:
    content = digital_pdf(2)
    assert drops.come(drops.put(content, tier="vlm", language="de", formats="docx"))

    job = only_job(cloud, account)
    assert (job.filename, job.page_count, job.options.tier, job.options.language) == (
        "Rechnung nº 7 + copy.pdf", 2, "vlm", "de",
    )  # fmt: skip
    assert job.drop is not None
    assert (job.drop.key, job.drop.formats) == (KEY, ("json", "md", "docx"))
    assert job.lane is Lane.PRIORITY
    assert cloud.blobs.get(keys.source(job)) == content
    assert drops.beside() == {}


def test_the_message_by_which_s3_tries_the_queue_is_nothing(drops: Drops) -> None:
    tried = {"Service": "Amazon S3", "Event": "s3:TestEvent", "Time": "2026-11-26T12:00:00.000Z", "Bucket": "drops"}

    assert drops.come(tried)


def test_a_message_of_another_bucket_is_left_for_the_parking_queue(
    cloud: Cloud, account: Account, drops: Drops
) -> None:
    said = drops.put(digital_pdf(1))
    said["Records"][0]["s3"]["bucket"]["name"] = "another"

    assert not drops.come(said)
    assert not cloud.jobs.of_account(account.id, None, 10)[0]


def test_a_message_that_comes_twice_is_one_job(cloud: Cloud, account: Account, drops: Drops) -> None:
    said = drops.put(digital_pdf(2))

    assert drops.come(said)
    assert drops.come(said)

    assert only_job(cloud, account).credits == 2
    left = cloud.accounts.get(account.id)
    assert left is not None
    assert left.balance == 998


def test_a_duplicate_of_a_file_that_was_taken_and_deleted_is_nothing(
    cloud: Cloud, account: Account, drops: Drops
) -> None:
    said = drops.put(digital_pdf(1))
    drops.come(said)
    drops.delete(KEY)

    assert drops.come(said)
    assert drops.beside() == {}


def test_a_duplicate_after_its_job_was_deleted_does_not_bring_it_back(
    cloud: Cloud, account: Account, drops: Drops, session: boto3.Session
) -> None:
    said = drops.put(digital_pdf(1))
    drops.come(said)
    erased = usecases.erase(cloud, only_job(cloud, account), datetime.now(UTC))
    drops.put(digital_pdf(1))

    assert drops.come(said)
    assert not cloud.jobs.of_account(account.id, None, 10)[0]
    assert erased["source"] == 2, "the document, and the dropped file"


def test_messages_out_of_order_end_with_the_file_that_is_there(cloud: Cloud, account: Account, drops: Drops) -> None:
    former = drops.put(digital_pdf(1))
    newer = drops.put(digital_pdf(3))

    assert drops.come(newer)
    assert drops.come(former)

    assert only_job(cloud, account).page_count == 3
    assert drops.beside() == {}


def test_what_comes_late_of_a_former_file_costs_nobody_the_results_of_the_newer(
    cloud: Cloud, account: Account, drops: Drops
) -> None:
    former = drops.put(digital_pdf(1))
    newer = drops.put(digital_pdf(3))
    drops.come(newer)
    finish(cloud, only_job(cloud, account))
    drops.end()
    drops.delete(KEY)

    assert drops.come(former)

    assert set(drops.beside()) == {"json", "md"}
    assert only_job(cloud, account).page_count == 3


def test_to_give_up_what_was_replaced_says_nothing_of_the_newer(cloud: Cloud, account: Account, drops: Drops) -> None:
    former = drops.put(digital_pdf(1))
    drops.come(drops.put(digital_pdf(3)))
    finish(cloud, only_job(cloud, account))
    drops.end()

    drops.come(former, receives=len(drop.RETRY_SECONDS) + 1)

    assert set(drops.beside()) == {"json", "md"}


def test_the_same_file_put_again_is_another_job(cloud: Cloud, account: Account, drops: Drops) -> None:
    """As it is when it is posted again without an Idempotency-Key: perhaps other options came with it."""
    content = digital_pdf(1)
    first, again = drops.put(content), drops.put(content, language="de")

    assert drops.come(again)
    assert drops.come(first)

    assert len(cloud.jobs.of_account(account.id, None, 10)[0]) == 2


def test_five_gigabytes_are_refused_unread(drops: Drops, account: Account) -> None:
    said = drops.put(digital_pdf(1))
    stored = s3_backends[DEFAULT_ACCOUNT_ID]["aws"].buckets["drops"].keys[KEY]
    stored.contentsize = 5 * 10**9

    assert drops.come(said)
    assert drops.problem()["code"] == "file_too_large"
    assert "5000 MB" in drops.problem()["detail"]


def test_an_error_that_may_pass_is_tried_again_soon_and_nothing_is_said(
    cloud: Cloud, account: Account, drops: Drops, session: boto3.Session
) -> None:
    said = drops.put(digital_pdf(1))
    session.client("dynamodb").delete_table(TableName="jobs")

    assert not drops.come(said)

    assert drops.hidden_for("drops") == pytest.approx(drop.RETRY_SECONDS[0], abs=3)
    assert drops.beside() == {}


def test_the_last_receive_only_tells_the_dropper(cloud: Cloud, account: Account, drops: Drops) -> None:
    """So that a file on which the function dies, however often, is heard of."""
    said = drops.put(digital_pdf(1))

    assert not drops.come(said, receives=len(drop.RETRY_SECONDS) + 1)

    assert (drops.problem()["status"], drops.problem()["code"]) == (500, "internal")
    assert drops.problem()["request_id"] == Context.aws_request_id
    assert not cloud.jobs.of_account(account.id, None, 10)[0]


def test_the_last_receive_of_a_file_that_was_taken_says_nothing(cloud: Cloud, account: Account, drops: Drops) -> None:
    said = drops.put(digital_pdf(1))
    drops.come(said)

    assert drops.come(said, receives=len(drop.RETRY_SECONDS) + 1), (
        "and it is not parked, from where it could come once more"
    )

    assert drops.beside() == {}


def test_a_message_that_comes_again_after_days_is_no_other_job(cloud: Cloud, account: Account, drops: Drops) -> None:
    said = drops.put(digital_pdf(2))
    drops.come(said)
    (record,) = said["Records"]
    put = Put(KEY, record["s3"]["object"]["eTag"], record["s3"]["object"]["sequencer"], datetime.now(UTC))

    later = datetime.now(UTC) + timedelta(days=4)
    taken = usecases.take_drop(cloud, put, lambda *_: DropOptions(JobOptions(), ("json",)), "request", later)

    assert taken.fate is Fate.KNOWN
    assert only_job(cloud, account).credits == 2


def test_a_duplicate_that_stands_still_until_the_results_are_there_does_not_take_them_away(
    cloud: Cloud, account: Account, drops: Drops
) -> None:
    said = drops.put(digital_pdf(1))

    def first_one() -> None:
        drops.come(said)
        finish(cloud, only_job(cloud, account))
        drops.end()

    drops.before("HeadObject", first_one)
    assert drops.come(said)

    assert set(drops.beside()) == {"json", "md"}
    assert only_job(cloud, account).page_count == 1


def test_what_was_beside_the_former_file_goes_when_the_new_one_is_taken(
    cloud: Cloud, account: Account, drops: Drops
) -> None:
    drops.come(drops.put(digital_pdf(1), formats="csv"))
    finish(cloud, only_job(cloud, account))
    drops.end()
    assert set(drops.beside()) == {"json", "md", "csv"}

    said = drops.put(digital_pdf(3))
    said["Records"][0]["eventTime"] = f"{datetime.now(UTC) + timedelta(seconds=2):%Y-%m-%dT%H:%M:%S.999Z}"
    assert drops.come(said)

    assert drops.beside() == {}


def test_a_file_that_is_replaced_while_results_are_made_keeps_none_of_them(
    cloud: Cloud, account: Account, drops: Drops
) -> None:
    drops.come(drops.put(digital_pdf(1), formats="csv"))
    former = only_job(cloud, account)
    finish(cloud, former)

    def replaced() -> None:
        drops.come(drops.put(digital_pdf(3)))
        (newer,) = (job for job in cloud.jobs.of_account(account.id, None, 10)[0] if job.id != former.id)
        finish(cloud, newer)
        usecases.publish(cloud, publish.bus(), newer.id, publish.scratch, "request")

    drops.before("PutObject", replaced)  # of the first download that is made
    assert drops.end()

    assert set(drops.beside()) == {"json", "md"}
    assert json.loads(drops.beside()["json"])["page_count"] == 3


def test_results_are_put_beside_the_file_and_again_if_asked_again(
    cloud: Cloud, account: Account, drops: Drops, session: boto3.Session, settings: Settings
) -> None:
    drops.come(drops.put(digital_pdf(2), formats="txt"))
    job = only_job(cloud, account)
    finish(cloud, job)

    assert drops.end()
    first = drops.beside()
    ended = cloud.jobs.get(job.id)
    assert ended is not None
    cloud.results.send(ended)
    assert drops.end()

    assert set(first) == {"json", "md", "txt"}
    assert drops.beside() == first
    assert json.loads(first["json"])["uuid"] == job.id
    assert not ended.is_open


def test_a_job_whose_message_was_lost_is_told_by_the_reconciler(cloud: Cloud, account: Account, drops: Drops) -> None:
    drops.come(drops.put(digital_pdf(1)))
    job = only_job(cloud, account)
    finish(replace(cloud, results=unreachable_queue()), job)
    left = cloud.jobs.get(job.id)
    assert left is not None
    assert left.is_open

    usecases.reconcile(cloud, datetime.now(UTC))

    assert drops.end()
    assert set(drops.beside()) == {"json", "md"}


def unreachable_queue() -> Any:
    """A queue at an address where nothing listens."""
    from ocrchat.aws.events import EventQueue

    return EventQueue(boto3.client("sqs", endpoint_url="http://127.0.0.1:9"), "http://127.0.0.1:9/1/results")


def test_a_callback_is_told_as_well(
    cloud: Cloud,
    account: Account,
    drops: Drops,
    session: boto3.Session,
    settings: Settings,
    deployed: Callable[[Settings], None],
) -> None:
    deployed(replace(settings, allow_private_addresses=True))
    drops.come(drops.put(digital_pdf(1), callback_url="http://127.0.0.1:9/hook"))
    job = only_job(cloud, account)
    finish(cloud, job)

    assert drops.end()
    assert set(drops.beside()) == {"json", "md"}
    (told,) = session.client("sqs").receive_message(QueueUrl=settings.event_queue)["Messages"]
    assert json.loads(told["Body"]) == {"job_id": job.id}


def test_of_a_job_that_was_erased_nothing_is_put(cloud: Cloud, account: Account, drops: Drops) -> None:
    drops.come(drops.put(digital_pdf(1)))
    job = only_job(cloud, account)
    finish(cloud, job)
    usecases.erase(cloud, job, datetime.now(UTC))

    assert drops.end()
    assert drops.beside() == {}


def test_a_format_that_cannot_be_made_does_not_keep_the_others_away(
    cloud: Cloud, account: Account, drops: Drops
) -> None:
    drops.come(drops.put(digital_pdf(1), formats="pdf,txt"))
    job = only_job(cloud, account)
    finish(cloud, job)
    cloud.blobs.put(keys.source(job), b"%PDF-1.7 and nothing more", "application/pdf")

    assert drops.end()

    assert set(drops.beside()) == {"json", "md", "txt", "error.json"}
    problem = json.loads(drops.beside()["error.json"])
    assert (problem["code"], problem["uuid"]) == ("damaged_file", job.id)


@pytest.fixture
def translator(environment: None, deployed: Callable[[Settings], None], settings: Settings) -> Iterator[Server]:
    with libretranslate(languages=["en", "es"]) as server:
        deployed(replace(settings, translate_provider=TranslateProvider.LIBRETRANSLATE, translate_url=server.url))
        yield server


@pytest.mark.parametrize(("tool", "translated"), [("translate", True), ("", False)])
def test_what_is_beside_is_the_translation_where_the_tool_makes_one(
    cloud: Cloud, account: Account, drops: Drops, translator: Server, tool: str, translated: bool
) -> None:
    drops.come(drops.put(digital_pdf(1), translate_to="es", formats="txt,pdf", **({"tool": tool} if tool else {})))
    finish(cloud, only_job(cloud, account), translator)

    assert drops.end()

    beside = drops.beside()
    assert set(beside) == {"json", "md", "txt", "pdf"}
    job = json.loads(beside["json"])
    assert pseudo("The water") in job["translation"]["markdown"]
    assert "The water" in job["markdown"]
    assert beside["md"].decode() == (job["translation"] if translated else job)["markdown"]
    assert (pseudo("The water") in beside["txt"].decode()) == translated


def test_of_a_translation_that_failed_the_whole_job_is_beside_and_why(
    cloud: Cloud, account: Account, drops: Drops, translator: Server
) -> None:
    drops.come(drops.put(digital_pdf(1), translate_to="es", tool="translate"))
    finish(cloud, only_job(cloud, account))  # and nobody has translated a page

    assert drops.end()

    assert set(drops.beside()) == {"json", "error.json"}
    assert json.loads(drops.beside()["error.json"])["code"] == "no_translation"


def test_results_that_cannot_be_put_are_tried_again_and_then_the_dropper_is_told(
    cloud: Cloud, account: Account, drops: Drops
) -> None:
    drops.come(drops.put(digital_pdf(1)))
    job = only_job(cloud, account)
    finish(cloud, job)
    ended = cloud.jobs.get(job.id)
    assert ended is not None
    cloud.blobs.put(keys.result(job), b"not JSON", "application/json")

    assert not drops.end()
    assert drops.hidden_for("results") == pytest.approx(publish.RETRY_SECONDS[0], abs=3)
    cloud.results.send(ended)
    assert not drops.end(receives=len(publish.RETRY_SECONDS) + 1)

    assert (drops.problem()["code"], drops.problem()["uuid"]) == ("internal", job.id)
