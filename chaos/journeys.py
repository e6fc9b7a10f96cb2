"""The ways of a document through the product, and what must have become of each, whatever failed on the way."""

from __future__ import annotations

import base64
import copy
import io
import json
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, Literal

import httpx
from PIL import Image
from standardwebhooks import Webhook

from chaos import faults
from chaos.caller import Document
from chaos.invariants import Breach, Snapshot, Violation, check
from chaos.receiver import Receiver
from chaos.wire import Fault, Wire
from chaos.world import ACCOUNT, CREDITS, Delivery, Stage, World, stage
from ocrchat import keys
from tests.documents import digital_pdf
from tests.model_server import Fails, ModelServer, Outcome, Says, serving
from tests.translation_servers import libretranslate

ANSWER = "![text](0,0,999,999) The quick brown fox jumps over the lazy dog.\n![text](0,0,999,999) Page number"
S3_EVENT = Path(__file__).parent.parent / "tests" / "events" / "s3_object_created.json"
DROP_KEY = f"{keys.DROPS}{ACCOUNT}/invoice.pdf"
SOON = timedelta(seconds=1)

MessageFault = Literal[
    "twice", "twice, the second hours later", "twenty minutes late", "hours late", "never", "in reverse order"
]
LATE = timedelta(hours=6)
"""Past the end of any job here."""

PAGE_FUNCTIONS = ("ocr_page.handler", "ocr_page.vlm")


def image() -> bytes:
    content = io.BytesIO()
    Image.new("RGB", (120, 80), "white").save(content, "PNG")
    return content.getvalue()


@dataclass(frozen=True)
class Journey:
    name: str
    document: Document
    via: Literal["form", "upload", "drop"] = "form"
    is_told: bool = False
    mind: Literal["", "cancel", "delete"] = ""
    """What the caller does once `after` pages are on their way."""
    after: int = 2
    model: Outcome = field(default_factory=lambda: Says(ANSWER))
    given: tuple[tuple[str, str, Fault], ...] = ()
    """Function, operation and fault that are there each time, in every trial."""
    loses: int = 0
    """The page message that is lost in every trial, from 1."""
    ends: frozenset[str] = frozenset({"done"})
    """How it may end."""


DONE_OR_CANCELLED = frozenset({"done", "cancelled"})

JOURNEYS = (
    Journey("image", Document("a.png", image(), 1)),
    Journey("chunks", Document("a.pdf", digital_pdf(5), 5)),
    Journey("vlm", Document("a.pdf", digital_pdf(2), 2, {"tier": "vlm"})),
    Journey("vlm refuses", Document("a.pdf", digital_pdf(1), 1, {"tier": "vlm"}), model=Fails(status=403)),
    Journey("upload", Document("a.pdf", digital_pdf(1), 1), via="upload"),
    Journey("told", Document("a.pdf", digital_pdf(1), 1), is_told=True),
    Journey("dropped", Document("a.pdf", digital_pdf(1), 1), via="drop"),
    Journey("translated", Document("a.pdf", digital_pdf(2), 2, {"language": "en", "translate_to": "es"})),
    Journey("cancelled", Document("a.pdf", digital_pdf(3), 3), mind="cancel", is_told=True, ends=DONE_OR_CANCELLED),
    Journey("deleted", Document("a.pdf", digital_pdf(3), 3), mind="delete", ends=frozenset({"deleted"})),
    Journey("vlm, deleted", Document("a.pdf", digital_pdf(2), 2, {"tier": "vlm"}), mind="delete", ends=frozenset({"deleted"})),
    Journey("a page's message is lost", Document("a.pdf", digital_pdf(3), 3), loses=3),
    Journey("the execution does not start", Document("a.pdf", digital_pdf(1), 1),
            given=(("submit.api", "StartExecution", faults.throttled),)),
    Journey("the end is not heard of", Document("a.pdf", digital_pdf(1), 1),
            given=(("ocr_page.handler", "SendTaskSuccess", faults.token_timed_out),)),
    Journey("it cannot be assembled", Document("a.pdf", digital_pdf(1), 1), is_told=True,
            given=(("export.assemble", "PutObject", faults.broken),), ends=frozenset({"failed"})),
    Journey("no page can be read", Document("a.pdf", digital_pdf(1), 1),
            given=(("ocr_page.handler", "PutObject", faults.broken),), ends=frozenset({"failed"})),
)  # fmt: skip


@dataclass
class Servers:
    """What stands outside of AWS."""

    stage: Stage
    model: ModelServer
    receiver: Receiver


@contextmanager
def servers() -> Iterator[Servers]:
    with ExitStack() as stack:
        model = stack.enter_context(serving(Says(ANSWER)))
        translator = stack.enter_context(libretranslate())
        receiver = stack.enter_context(Receiver("whsec_" + "A" * 32).listening())
        receiver.is_down = False
        yield Servers(stack.enter_context(stage(model.url, translator.url)), model, receiver)


class Trial:
    """One journey in one world. `text` is what must be read; empty where that is not known yet."""

    def __init__(self, servers: Servers, journey: Journey, text: str = "", wire: Wire | None = None) -> None:
        self.journey = journey
        self.text = text
        wire = wire or Wire()
        wire.always |= {(function, operation): fault for function, operation, fault in journey.given}
        self.world = World(servers.stage, wire)
        self.messages: dict[tuple[str, int], MessageFault] = {}
        """By queue, and which of it from 1."""
        self.all_messages: MessageFault | None = None
        self.came: dict[str, int] = {}
        """How many messages came first, by queue."""
        self.uuid = ""
        self.erased: set[str] = set()
        self.answers: list[tuple[str, int]] = []
        self._key = uuid.uuid4().hex
        self._pages = 0
        self._has_acted = False
        self._receiver = servers.receiver
        self._told_bus = 0
        servers.model.outcomes[:] = [journey.model]
        servers.receiver.told.clear()
        account = self.world.cloud.accounts.get(ACCOUNT)
        assert account is not None
        servers.receiver.webhook = Webhook(account.webhook_secret)
        wire.watching["PutEvents"] = self._hear
        self.world.deliver = self._deliver

    def run(self) -> list[Violation]:
        self.world.after(
            timedelta(), {"form": self._send, "upload": self._upload, "drop": self._drop}[self.journey.via]
        )
        self.world.run()
        return self._found()

    # -- what the caller does --

    def _send(self, upload: str = "") -> None:
        document = self.journey.document
        fields = dict(document.fields)
        if self.journey.is_told:
            fields["callback_url"] = self._receiver.url
        file = {"upload": (None, upload)} if upload else {"file": (document.name, document.content)}
        form = httpx.Request("POST", "http://chaos/", files=file, data=fields)
        headers = {"content-type": form.headers["content-type"], "Idempotency-Key": self._key}
        self.world.request("POST", "/api/v1/ocr/", self._sent, headers, base64.b64encode(form.read()).decode())

    def _sent(self, status: int, answer: Any) -> None:
        self.answers.append(("submit", status))
        self.uuid = answer.get("uuid", "")
        self._maybe_act()

    def _upload(self) -> None:
        said = json.dumps({"filename": self.journey.document.name, "size": len(self.journey.document.content)})
        self.world.request("POST", "/api/v1/uploads/", self._uploaded, {}, base64.b64encode(said.encode()).decode())

    def _uploaded(self, status: int, answer: Any) -> None:
        self.answers.append(("upload", status))
        if status == 201:
            self.world.stage.s3.put_object(
                Bucket="documents",
                Key=keys.upload(ACCOUNT, answer["upload"]),
                Body=self.journey.document.content,
                Metadata={"filename": self.journey.document.name},
            )
            self._send(answer["upload"])

    def _drop(self) -> None:
        put = self.world.stage.s3.put_object(
            Bucket="drops", Key=DROP_KEY, Body=self.journey.document.content, Metadata={"formats": "json,md"}
        )
        said = copy.deepcopy(json.loads(S3_EVENT.read_text()))
        said["Records"][0]["s3"]["bucket"]["name"] = "drops"
        said["Records"][0]["s3"]["object"] |= {"key": DROP_KEY, "eTag": put["ETag"].strip('"'), "sequencer": "01"}
        self.world.sqs.send_message(QueueUrl=self.world.stage.settings.drop_queue, MessageBody=json.dumps(said))

    def _maybe_act(self) -> None:
        if self.journey.mind and self._pages >= self.journey.after and self.uuid and not self._has_acted:
            self._has_acted = True
            self.world.after(timedelta(), self._act)

    def _act(self) -> None:
        path = f"/api/v1/ocr/{self.uuid}/"
        if self.journey.mind == "cancel":
            self.world.request("POST", f"{path}cancel/", lambda status, _: self.answers.append(("cancel", status)))
        else:
            self.world.request("DELETE", path, self._deleted)

    def _deleted(self, status: int, _: Any) -> None:
        self.answers.append(("delete", status))
        if status in (200, 404):
            self.erased.add(self.uuid)

    # -- what becomes of messages --

    def _deliver(self, delivery: Delivery) -> None:
        number = self.came[delivery.queue] = self.came.get(delivery.queue, 0) + 1
        if self.world.stage.queues[delivery.queue].function in PAGE_FUNCTIONS:
            self._pages += 1
            self._maybe_act()
            if self._pages == self.journey.loses:
                self._lose(delivery)
                return
        match self.messages.get((delivery.queue, number), self.all_messages):
            case None:
                self.world.schedule(delivery)
            case "twice":
                self.world.schedule(Delivery(delivery.queue, delivery.message, is_copy=True))
                self.world.schedule(delivery)
            case "twice, the second hours later":
                self.world.schedule(delivery)
                self.world.schedule(Delivery(delivery.queue, delivery.message, is_copy=True), LATE)
            case "twenty minutes late":
                self.world.schedule(delivery, timedelta(minutes=20))
            case "hours late":
                self.world.schedule(delivery, LATE)
            case "in reverse order":
                self.world.schedule(delivery, SOON * (100 - number))
            case "never":
                self._lose(delivery)

    def _lose(self, delivery: Delivery) -> None:
        url = self.world.stage.queues[delivery.queue].url
        self.world.sqs.delete_message(QueueUrl=url, ReceiptHandle=delivery.message["ReceiptHandle"])

    def _hear(self, _: Any) -> None:
        self._told_bus += 1

    # -- what must have become of it --

    def _found(self) -> list[Violation]:
        snapshot = Snapshot.of(self.world.cloud, self.erased)
        found = check(snapshot)
        found += [Violation(Breach.ORPHAN, f"a message is left in {name}") for name in self.world.left()]
        found += [
            Violation(Breach.WRONG, f"{what} was answered {status}")
            for what, status in self.answers
            if status not in (200, 201, 404, 409)
        ]
        if len(snapshot.jobs) > 1:
            found.append(Violation(Breach.CHARGED_TWICE, f"{len(snapshot.jobs)} jobs of one document"))
        end = self.end(snapshot)
        if end not in self.journey.ends:
            found.append(Violation(Breach.LOST, f"it has ended as '{end}'"))
        if ("cancel", 200) in self.answers and end != "cancelled":
            found.append(Violation(Breach.WRONG, f"it was cancelled, and has ended as '{end}'"))
        if self.text and end == "done" and (text := self.read()) != self.text:
            found.append(Violation(Breach.WRONG, f"its text is '{text}'"))
        if self.journey.is_told and end != "deleted" and not self._receiver.told[self.uuid]:
            found.append(Violation(Breach.LOST, "its caller was never told"))
        if self.journey.via == "drop":
            found += self._beside(end)
        return found + self._deployment(snapshot)

    def end(self, snapshot: Snapshot) -> str:
        if self.erased:
            return "deleted"
        if not snapshot.jobs:
            return "nothing"
        (job, *_) = snapshot.jobs.values()
        if job.failed_pages and job.status == "done":
            return f"without pages {job.failed_pages}"
        return "cancelled" if job.failure == "cancelled" else job.status.value

    def read(self) -> str:
        answers: list[Any] = []
        job_id = self.uuid or next(iter(Snapshot.of(self.world.cloud).jobs))
        self.world.request("GET", f"/api/v1/ocr/{job_id}/", lambda _, answer: answers.append(answer))
        (answer,) = answers
        translation = answer.get("translation") or {}
        return f"{answer['text']}|{translation.get('text', '')}"

    def _beside(self, end: str) -> list[Violation]:
        beside = self.world.stage.s3.list_objects_v2(Bucket="drops", Prefix=keys.RESULTS).get("Contents", [])
        names = sorted(item["Key"].rpartition(".pdf.")[2] for item in beside)
        found = []
        if names != (["json", "md"] if end == "done" else ["error.json"]):
            found.append(Violation(Breach.LOST, f"beside the dropped file are {names}"))
        if not self._told_bus:
            found.append(Violation(Breach.LOST, "the bus was never told"))
        return found

    def _deployment(self, snapshot: Snapshot) -> list[Violation]:
        """What all accounts have used together is never counted too low, or the cap would be none."""
        item = self.world.stage.dynamodb.scan(
            TableName="jobs",
            FilterExpression="pk = :pk",
            ExpressionAttributeValues={":pk": {"S": "DEPLOYMENT"}},
        )["Items"]
        used = sum(int(each["used"]["N"]) for each in item)
        cost = CREDITS - snapshot.accounts[ACCOUNT].balance
        return (
            [Violation(Breach.WRONG, f"{used} used of the cap of all accounts, and {cost} were")] if used < cost else []
        )
