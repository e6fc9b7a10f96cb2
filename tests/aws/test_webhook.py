"""The function that tells callers of the end of their jobs, before a receiver on this machine."""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import boto3
import pytest
from moto.core import DEFAULT_ACCOUNT_ID
from moto.sqs import sqs_backends
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from ocrchat import codec, usecases, web, webhooks
from ocrchat.billing import Account
from ocrchat.cloud import Cloud
from ocrchat.cloud import cloud as connected
from ocrchat.media import MediaType
from ocrchat.model import Job, JobOptions
from ocrchat.settings import Settings
from ocrchat.telemetry import logger
from ocrchat.usecases.ending import fail


@dataclass
class Receiver:
    """Answers with `statuses` in turn, then with 204; keeps what it was sent."""

    url: str = ""
    statuses: list[int] = field(default_factory=list)
    received: list[tuple[dict[str, str], bytes]] = field(default_factory=list)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    state = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            state.received.append(({name.lower(): value for name, value in self.headers.items()}, body))
            self.send_response(state.statuses.pop(0) if state.statuses else 204)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    state.url = f"http://127.0.0.1:{server.server_port}/hook?key=of-the-receiver"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield state
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(autouse=True)
def environment(deployed: Callable[[Settings], None], settings: Settings) -> None:
    """That of the function on a laptop, where callers may name loopback addresses."""
    deployed(replace(settings, allow_private_addresses=True))


@pytest.fixture
def ended(cloud: Cloud, account: Account, receiver: Receiver) -> Job:
    """A job with a callback that has ended, so that its event is in the queue."""
    return end_job(cloud, account, receiver.url)


def end_job(cloud: Cloud, account: Account, callback_url: str) -> Job:
    options = JobOptions(callback_url=callback_url)
    job = Job("1" * 32, account.id, "a.pdf", MediaType.PDF, 2, options, created_at=datetime.now(UTC), credits=2)
    cloud.books.open(job, None)
    fail(cloud, job, "no_page_readable", datetime.now(UTC), failed_pages=(0, 1))
    job_now = cloud.jobs.get(job.id)
    assert job_now is not None
    return job_now


class Context:
    """What the handler uses of a Lambda context."""

    function_name = "test"
    memory_limit_in_mb = 512
    invoked_function_arn = "arn:aws:lambda:us-east-1:123456789012:function:test"
    aws_request_id = "52fdfc07-2182-154f-163f-5f0f9a621d72"


class Worker:
    """The event source and its function, in this process."""

    def __init__(self, session: boto3.Session, settings: Settings) -> None:
        self._sqs = session.client("sqs")
        self._queue = settings.event_queue

    def run(self, receives: int | None = None) -> bool:
        """Takes the event that can be seen, as if it came for the `receives`th time. Whether the function was done with it."""
        from functions.export import webhook

        (message,) = self._sqs.receive_message(
            QueueUrl=self._queue, MessageSystemAttributeNames=["ApproximateReceiveCount"], VisibilityTimeout=180
        )["Messages"]
        attributes = dict(message["Attributes"])
        if receives:
            attributes["ApproximateReceiveCount"] = str(receives)
        record = {
            "messageId": message["MessageId"],
            "receiptHandle": message["ReceiptHandle"],
            "body": message["Body"],
            "attributes": attributes,
            "eventSource": "aws:sqs",
        }
        answer = webhook.handler({"Records": [record]}, Context())  # type: ignore[arg-type]  # all that it uses
        done = answer == {"batchItemFailures": []}
        if done:
            self._sqs.delete_message(QueueUrl=self._queue, ReceiptHandle=message["ReceiptHandle"])
        return done

    def hidden_for(self) -> float:
        """Seconds until the event that is in the queue can be seen again."""
        (message,) = sqs_backends[DEFAULT_ACCOUNT_ID]["us-east-1"].queues["events"]._messages
        return float(message.visible_at) / 1000 - time.time()


@pytest.fixture
def worker(session: boto3.Session, settings: Settings) -> Worker:
    return Worker(session, settings)


def test_the_receiver_gets_the_event_and_can_check_that_it_is_ours(
    cloud: Cloud, account: Account, ended: Job, receiver: Receiver, worker: Worker
) -> None:
    assert worker.run()

    ((headers, body),) = receiver.received
    assert Webhook(account.webhook_secret).verify(body, headers) == codec.event_to_json(ended)
    assert json.loads(body)["type"] == "job.failed"
    assert headers["webhook-id"] == f"evt_{ended.id}"
    assert headers["content-type"] == "application/json"
    assert headers["user-agent"] == "ocrchat"
    with pytest.raises(WebhookVerificationError):
        Webhook(account.webhook_secret).verify(body.replace(b"failed", b"done", 1), headers)


def test_during_a_rotation_both_secrets_check_it(
    cloud: Cloud, account: Account, ended: Job, receiver: Receiver, worker: Worker
) -> None:
    rotated = usecases.rotate_webhook_secret(cloud, account, datetime.now(UTC))

    assert worker.run()

    ((headers, body),) = receiver.received
    assert rotated.webhook_secret != account.webhook_secret
    for secret in (account.webhook_secret, rotated.webhook_secret):
        Webhook(secret).verify(body, headers)


def test_after_an_error_of_the_receiver_it_is_sent_again_under_the_same_id(
    ended: Job, receiver: Receiver, worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    from functions.export import webhook

    receiver.statuses = [500]
    monkeypatch.setattr(webhook, "RETRY_SECONDS", (0,))

    assert not worker.run()
    assert worker.run()

    (first, again) = receiver.received
    assert first[0]["webhook-id"] == again[0]["webhook-id"]
    assert first[1] == again[1]


@pytest.mark.parametrize(
    ("receives", "seconds"),
    [(1, 5), (2, 300), (3, 1800), (4, 7200), (5, 18000), (6, 36000), (7, 36000)],
)
def test_each_further_try_waits_longer(
    ended: Job, receiver: Receiver, worker: Worker, receives: int, seconds: int
) -> None:
    receiver.statuses = [503]

    assert not worker.run(receives)

    assert worker.hidden_for() == pytest.approx(seconds, abs=3)


def test_after_the_last_try_the_queue_has_it(ended: Job, receiver: Receiver, worker: Worker) -> None:
    """Which shows it once more after the visibility timeout, and then parks it."""
    receiver.statuses = [503]

    assert not worker.run(receives=8)

    assert worker.hidden_for() == pytest.approx(180, abs=3)


@pytest.mark.parametrize("status", [200, 202, 204, 410])
def test_a_receiver_that_took_it_or_wants_no_more_is_left_alone(
    ended: Job, receiver: Receiver, worker: Worker, status: int
) -> None:
    receiver.statuses = [status]

    assert worker.run()


@pytest.mark.parametrize("status", [302, 400, 404, 429, 500])
def test_any_other_answer_is_none(cloud: Cloud, ended: Job, receiver: Receiver, status: int) -> None:
    receiver.statuses = [status]

    with pytest.raises(web.Undelivered) as raised:
        webhooks.deliver(connected(), ended.id)

    assert raised.value.status == status


def test_a_receiver_that_is_gone_is_tried_again(cloud: Cloud, account: Account, worker: Worker) -> None:
    server = HTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)
    server.server_close()
    end_job(cloud, account, f"http://127.0.0.1:{server.server_port}/")

    assert not worker.run()

    assert worker.hidden_for() == pytest.approx(5, abs=3)


def test_on_a_server_no_event_leads_into_its_network(cloud: Cloud, ended: Job, receiver: Receiver) -> None:
    with pytest.raises(web.Undelivered) as raised:
        webhooks.deliver(cloud, ended.id)

    assert raised.value.status is None
    assert not receiver.received


def test_of_a_job_that_was_erased_nobody_is_told(cloud: Cloud, ended: Job, receiver: Receiver, worker: Worker) -> None:
    usecases.erase(cloud, ended, datetime.now(UTC))

    assert worker.run()

    assert not receiver.received


def test_a_message_that_is_not_ours_is_left_for_the_parking_queue(
    session: boto3.Session, settings: Settings, worker: Worker
) -> None:
    session.client("sqs").send_message(QueueUrl=settings.event_queue, MessageBody="hello")

    assert not worker.run()


def test_the_log_says_which_try_and_what_came_but_neither_address_nor_secret(
    account: Account, ended: Job, receiver: Receiver, worker: Worker
) -> None:
    receiver.statuses = [500]
    lines = _Lines()
    logger.addHandler(lines)
    try:
        worker.run()
    finally:
        logger.removeHandler(lines)

    (line,) = lines.written
    assert (line["job_id"], line["attempt"], line["status"]) == (ended.id, 1, 500)
    assert "of-the-receiver" not in json.dumps(line)
    assert account.webhook_secret not in json.dumps(line)


class _Lines(logging.Handler):
    """What the product's logger writes, as it writes it."""

    def __init__(self) -> None:
        super().__init__()
        self.written: list[dict[str, Any]] = []

    def emit(self, record: logging.LogRecord) -> None:
        (writer, *_) = [it for it in logger.handlers if it is not self]
        self.written.append(json.loads(writer.format(record)))
