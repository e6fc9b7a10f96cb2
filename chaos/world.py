"""The product in this process, on moto, in told time: its real handlers, its queues as the template has them, its workflow.

One thing happens after the other, in the order of time; what fails comes again as on AWS. Messages: after their visibility
timeout, as often as their queue says, then to its dead-letter queue. Tasks: as the state machine says. Requests: when their
caller repeats them. The reconciler: every 5 minutes, for as long as it has something to do.
"""

from __future__ import annotations

import contextlib
import copy
import heapq
import importlib
import io
import json
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from unittest import mock

import boto3
from moto import mock_aws
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.dynamodb.models import dynamodb_backends
from moto.s3.models import s3_backends
from moto.sqs.models import sqs_backends
from moto.stepfunctions.models import stepfunctions_backends

from benchmarks.calls import Context, api_event, sqs_record
from chaos.clock import Clock
from chaos.wire import Died, Wire, installed
from chaos.workflow import TaskFailed, Workflow
from infra.config import default_plans
from ocrchat import asl, model, plans, usecases
from ocrchat.aws.jobs_table import INTAKE
from ocrchat.cloud import Cloud, cloud, connect_translators
from ocrchat.engines.null import NullModels
from ocrchat.model import Tier
from ocrchat.reader import Reader
from ocrchat.scratch import Scratch
from ocrchat.settings import Settings, TranslateProvider, VlmBackend
from ocrchat.telemetry import logger
from ocrchat.usecases import downloads, fan_in

ROOT = Path(__file__).resolve().parent.parent

ACCOUNT = "account"
CREDITS = 1000
MONTHLY_CAP = 10_000

CHUNK_PAGES = 2
CHUNKS_IN_FLIGHT = 1
PREPARED_PAGES = 4
"""Of the product's 25, 4 and 50: then five pages go through everything that a book does."""

MACHINE = {
    "SplitFunction": "submit.split",
    "PrepareFunction": "export.prepare",
    "TranslateFunction": "export.translate",
    "AssembleFunction": "export.assemble",
    "Table": "jobs",
}

RECONCILES_EVERY = timedelta(minutes=5)
LONGEST = timedelta(hours=40)
"""After which nothing can be going on any more: longer than a webhook is tried, and a job may take."""

ASKS_AGAIN_IN = timedelta(seconds=5)
ASKS = 20

REGION = "us-east-1"


class _Reader(Reader):
    """Of the digital pages that are sent, the text is read and nothing recognised. In place of the process that reads pages."""

    def __init__(self) -> None:
        super().__init__(dict.fromkeys(Tier, NullModels()))

    def allow(self, seconds: float) -> None:
        """As a `PageProcess`."""


@dataclass(frozen=True)
class Queue:
    """As the template has it. `function` works on its messages, none on those that are parked."""

    url: str
    function: str
    hidden: int
    """Seconds that a message stays hidden, if nobody says otherwise."""


@dataclass
class Stage:
    """What all worlds have in common: connections, settings, servers. Stores are emptied before each."""

    settings: Settings
    cloud: Cloud
    queues: dict[str, Queue]
    """By logical id."""
    time_limits: dict[str, int]
    """Seconds, by function."""
    sqs: Any
    dynamodb: Any
    s3: Any
    """Clients of whoever is not the product."""
    clock: Clock = field(default_factory=Clock)
    wire: Wire = field(default_factory=Wire)


class World:
    """A fresh one. Not for threads."""

    def __init__(self, stage: Stage, wire: Wire | None = None) -> None:
        self.stage = stage
        self.cloud = stage.cloud
        self.wire = stage.wire = wire or Wire()
        self.wire.watching |= {"ChangeMessageVisibility": self._hide}
        _empty()
        self.clock = stage.clock
        self.clock.ahead = timedelta()
        self.workflow = Workflow(MACHINE, self.wire, lambda: self.clock.now, self.at, self._invoke)
        self.sqs = stage.sqs
        self.skews: dict[str, timedelta] = {}
        """By function."""
        self.deliver: Callable[[Delivery], None] = self.schedule
        """What becomes of a message that comes for the first time."""
        self.deaths = 0
        self.reconciled = 0
        self._heap: list[tuple[datetime, int, Callable[[], object]]] = []
        self._number = 0
        self._hidden: dict[str, int] = {}
        """What a message's receiver has said, by receipt handle."""
        usecases.open_account(self.cloud, ACCOUNT, default_plans()["business"])
        self.cloud.books.grant(ACCOUNT, CREDITS, "to begin with", self.clock.now)
        self.token = self.cloud.accounts.issue_token(ACCOUNT, "chaos", self.clock.now)

    # -- time --

    def at(self, when: datetime, act: Callable[[], object]) -> None:
        self._number += 1
        heapq.heappush(self._heap, (when, self._number, act))

    def after(self, delay: timedelta, act: Callable[[], object]) -> None:
        self.at(self.clock.now + delay, act)

    def step(self, until: datetime) -> bool:
        """The next thing that happens; False if none does until then."""
        self.pump()
        if not self._heap or self._heap[0][0] > until:
            return False
        when, _, act = heapq.heappop(self._heap)
        self.clock.forward(when)
        act()
        return True

    def happen(self, which: int) -> bool:
        """One of the things that would happen in some order, whenever that is; False if there is none."""
        self.pump()
        if not self._heap:
            return False
        chosen = sorted(self._heap)[which % len(self._heap)]
        self._heap.remove(chosen)
        heapq.heapify(self._heap)
        self.clock.forward(min(chosen[0], self.clock.now + timedelta(minutes=1)))
        chosen[2]()
        return True

    def run(self) -> None:
        """Until nothing is going on. The reconciler runs while somebody might need it."""
        end = self.clock.now + LONGEST
        next_reconcile = self.clock.now + RECONCILES_EVERY
        while self.clock.now < end:
            if self.step(next_reconcile):
                continue
            if not self._needs_reconciler():
                if not self.step(end):
                    return
                next_reconcile = self.clock.now + RECONCILES_EVERY
                continue
            self.clock.forward(next_reconcile)
            self.reconcile()
            self.reconciled += 1
            next_reconcile = self.clock.now + RECONCILES_EVERY

    def _needs_reconciler(self) -> bool:
        return any(next(self.cloud.jobs.open_jobs(lane), None) for lane in (*model.Lane, INTAKE))

    # -- functions --

    def call(self, function: str, event: Any) -> Any:
        """What a handler returns. Raises Died, or what the handler raises."""
        handler = importlib.import_module(f"functions.{function}").handler
        context = _Context(self.stage.time_limits[function])
        self.clock.skew = self.skews.get(function, timedelta())
        try:
            with self.wire.running(function), contextlib.redirect_stdout(io.StringIO()):
                answer = handler(event, context)
                if self.wire.is_dead:
                    raise Died
        except Died:
            self.deaths += 1
            raise
        finally:
            self.clock.skew = timedelta()
        return answer

    def reconcile(self) -> bool:
        """Whether it came to its end."""
        try:
            self.call("submit.reconcile", {})
        except (Died, Exception):
            return False
        return True

    def _invoke(self, function: str, payload: Any) -> Any:
        try:
            return self.call(function, payload)
        except Died as death:
            raise TaskFailed("Runtime.ExitError") from death
        except Exception as error:
            raise TaskFailed(type(error).__name__) from error

    # -- queues --

    def pump(self) -> None:
        """Takes what the queues show, and starts what was started."""
        self.workflow.pick_up()
        for name, queue in self.stage.queues.items():
            while queue.function and _queue(name).messages:  # moto's own: asking it costs more than all else
                answer = self.sqs.receive_message(
                    QueueUrl=queue.url,
                    MaxNumberOfMessages=10,
                    VisibilityTimeout=43200,
                    AttributeNames=["ApproximateReceiveCount"],
                )
                for message in answer.get("Messages", []):  # none that went to the dead-letter queue
                    delivery = Delivery(name, message)
                    if delivery.receives == 1:
                        self.deliver(delivery)
                    else:
                        self.schedule(delivery)

    def schedule(self, delivery: Delivery, delay: timedelta = timedelta()) -> None:
        self.after(delay, partial(self.hand_over, delivery))

    def hand_over(self, delivery: Delivery) -> bool:
        """Whether the function is done with the message."""
        queue = self.stage.queues[delivery.queue]
        receipt = delivery.message["ReceiptHandle"]
        self._hidden.pop(receipt, None)
        event = {"Records": [sqs_record(delivery.message, queue.url)]}
        try:
            is_done = bool(self.call(queue.function, event) == {"batchItemFailures": []})
        except (Died, Exception):
            is_done = False
        if is_done:
            self.sqs.delete_message(QueueUrl=queue.url, ReceiptHandle=receipt)
        elif not delivery.is_copy:
            hidden = timedelta(seconds=self._hidden.get(receipt, queue.hidden))
            self.after(hidden, lambda: self._show(queue, receipt))
        return is_done

    def left(self) -> list[str]:
        """Messages that are nowhere on their way, by their queue: parked, or never to be shown again."""
        return [name for name in self.stage.queues for _ in _queue(name)._messages]

    def _show(self, queue: Queue, receipt: str) -> None:
        with contextlib.suppress(self.sqs.exceptions.MessageNotInflight, self.sqs.exceptions.ReceiptHandleIsInvalid):
            # A copy of it may have been worked on meanwhile.
            self.sqs.change_message_visibility(QueueUrl=queue.url, ReceiptHandle=receipt, VisibilityTimeout=0)

    def _hide(self, params: Any) -> None:
        self._hidden[params["ReceiptHandle"]] = params["VisibilityTimeout"]

    # -- requests --

    def request(
        self,
        method: str,
        path: str,
        then: Callable[[int, Any], None],
        headers: dict[str, str] | None = None,
        body: str = "",
    ) -> None:
        """Asks the API now, and again after each answer of 5xx or 429; `then` is told the first other one, status and JSON.

        Who has asked `ASKS` times is told the last answer.
        """
        self._ask(
            api_event(self.token, method, path, headers or {}) | {"body": body or None, "isBase64Encoded": bool(body)},
            then,
            1,
        )

    def _ask(self, event: dict[str, Any], then: Callable[[int, Any], None], asked: int) -> None:
        try:
            answer = self.call("submit.api", copy.deepcopy(event))
        except (Died, Exception):
            answer = {"statusCode": 502, "body": "{}"}
        if (answer["statusCode"] >= 500 or answer["statusCode"] == 429) and asked < ASKS:
            self.after(ASKS_AGAIN_IN, lambda: self._ask(event, then, asked + 1))
            return
        then(answer["statusCode"], json.loads(answer["body"]))


@dataclass(frozen=True)
class Delivery:
    """A message on its way. A copy is one too many: it is gone when it was worked on, however that ends."""

    queue: str
    message: Any
    is_copy: bool = False

    @property
    def receives(self) -> int:
        return int(self.message["Attributes"]["ApproximateReceiveCount"])


class _Context(Context):
    def __init__(self, seconds: int) -> None:
        self._seconds = seconds

    def get_remaining_time_in_millis(self) -> int:
        return self._seconds * 1000


def _queue(name: str) -> Any:
    return sqs_backends[DEFAULT_ACCOUNT_ID][REGION].queues[name]


def _empty() -> None:
    """By moto's inside, in a moment: its own reset would take the table and the queues along."""
    dynamodb_backends[DEFAULT_ACCOUNT_ID][REGION].tables["jobs"].items.clear()
    for bucket in s3_backends[DEFAULT_ACCOUNT_ID]["aws"].buckets.values():
        bucket.keys.clear()
    for queue in sqs_backends[DEFAULT_ACCOUNT_ID][REGION].queues.values():
        queue._messages.clear()
        queue._pending_messages.clear()
        queue.deleted_messages.clear()
    for machine in stepfunctions_backends[DEFAULT_ACCOUNT_ID][REGION].state_machines:
        machine.executions.clear()


# -- the stage ---------------------------------------------------------------------------------------------------------


@contextmanager
def stage(model_url: str, translator_url: str) -> Iterator[Stage]:
    """The product on moto; its model and its translator are servers somewhere."""
    template: dict[str, Any] = json.loads((ROOT / "local" / "template.json").read_text())["Resources"]
    environment = {
        **{"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_DEFAULT_REGION": REGION},
        **{"POWERTOOLS_SERVICE_NAME": "chaos", "POWERTOOLS_METRICS_NAMESPACE": "chaos"},
        **{"AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "1769", "POWERTOOLS_LOG_LEVEL": "CRITICAL"},
    }
    with ExitStack() as stack:
        stack.enter_context(mock.patch.dict(os.environ, environment))
        stack.enter_context(mock_aws(config={"stepfunctions": {"execute_state_machine": False}}))
        boto3.setup_default_session(region_name=REGION)
        settings, queues = _deployed(template, model_url, translator_url)
        os.environ |= settings.to_env()
        connect_translators.cache_clear()
        cloud.cache_clear()
        made = Stage(
            settings=settings,
            cloud=cloud(),
            queues=queues,
            time_limits=_time_limits(template),
            sqs=boto3.client("sqs"),
            dynamodb=boto3.client("dynamodb"),
            s3=boto3.client("s3"),
        )
        stack.callback(cloud.cache_clear)
        stack.callback(connect_translators.cache_clear)
        stack.enter_context(installed(lambda: made.wire))
        for function in made.time_limits:
            importlib.import_module(f"functions.{function}")
        stack.enter_context(made.clock.everywhere())
        _shrink(stack)
        _connect(stack)
        yield made
    boto3.DEFAULT_SESSION = None


def _shrink(stack: ExitStack) -> None:
    stack.enter_context(mock.patch.object(model, "CHUNK_PAGES", CHUNK_PAGES))
    for module in (model, fan_in):
        stack.enter_context(mock.patch.object(module, "CHUNKS_IN_FLIGHT", CHUNKS_IN_FLIGHT))
    stack.enter_context(mock.patch.object(downloads, "PREPARED_PAGES", PREPARED_PAGES))


def _connect(stack: ExitStack) -> None:
    """The functions' own: what they read pages with, where they keep files, what they log."""
    from functions.export import prepare, publish
    from functions.ocr_page import handler, vlm
    from functions.submit import split

    folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="ocrchat-chaos-")))
    stack.enter_context(mock.patch.object(handler, "pages", return_value=_Reader()))
    for number, module in enumerate((prepare, publish, handler, split)):
        (folder / str(number)).mkdir()
        stack.enter_context(mock.patch.object(module, "scratch", Scratch(folder / str(number))))
    vlm.model.cache_clear()
    stack.callback(vlm.model.cache_clear)
    publish.bus.cache_clear()
    stack.callback(publish.bus.cache_clear)
    level = logger.log_level
    logger.setLevel("CRITICAL")
    stack.callback(logger.setLevel, level)


def _time_limits(template: dict[str, Any]) -> dict[str, int]:
    return {
        function["Environment"]["Variables"]["POWERTOOLS_SERVICE_NAME"]: function["Timeout"]
        for function in _of_type(template, "AWS::Lambda::Function").values()
        if "Environment" in function
    }


def _of_type(template: dict[str, Any], kind: str) -> dict[str, Any]:
    return {name: found["Properties"] for name, found in template.items() if found["Type"] == kind}


def _deployed(template: dict[str, Any], model_url: str, translator_url: str) -> tuple[Settings, dict[str, Queue]]:
    """Makes the stores as the template has them."""
    functions = _of_type(template, "AWS::Lambda::Function")
    sources = {
        mapping["EventSourceArn"]["Fn::GetAtt"][0]: functions[mapping["FunctionName"]["Ref"]]["Environment"][
            "Variables"
        ]["POWERTOOLS_SERVICE_NAME"]
        for mapping in _of_type(template, "AWS::Lambda::EventSourceMapping").values()
    }
    queues = {
        name: Queue(f"https://sqs.us-east-1.amazonaws.com/{DEFAULT_ACCOUNT_ID}/{name}", sources.get(name, ""), hidden)
        for name, found in _of_type(template, "AWS::SQS::Queue").items()
        for hidden in [found.get("VisibilityTimeout", 30)]
    }
    variables = next(iter(functions.values()))["Environment"]["Variables"]
    (table,) = _of_type(template, "AWS::DynamoDB::Table").values()

    for bucket in ("documents", "drops"):
        boto3.client("s3").create_bucket(Bucket=bucket)
    wanted = ("BillingMode", "KeySchema", "AttributeDefinitions", "GlobalSecondaryIndexes")
    boto3.client("dynamodb").create_table(TableName="jobs", **{name: table[name] for name in wanted})
    boto3.client("stepfunctions").create_state_machine(
        name="job", definition=asl.definition(), roleArn=f"arn:aws:iam::{DEFAULT_ACCOUNT_ID}:role/machine"
    )
    _create_queues(_of_type(template, "AWS::SQS::Queue"))

    def url(variable: str) -> str:
        return queues[variables[variable]["Ref"]].url

    settings = Settings(
        table="jobs",
        bucket="documents",
        drop_bucket="drops",
        state_machine=f"arn:aws:states:us-east-1:{DEFAULT_ACCOUNT_ID}:stateMachine:job",
        plans=plans.write(default_plans()),
        monthly_cap=MONTHLY_CAP,
        allow_private_addresses=True,
        vlm_backend=VlmBackend.OPENAI,
        vlm_url=model_url,
        vlm_model="model",
        translate_provider=TranslateProvider.LIBRETRANSLATE,
        translate_url=translator_url,
        interactive_queue=url("OCRCHAT_INTERACTIVE_QUEUE"),
        priority_queue=url("OCRCHAT_PRIORITY_QUEUE"),
        bulk_queue=url("OCRCHAT_BULK_QUEUE"),
        vlm_queue=url("OCRCHAT_VLM_QUEUE"),
        event_queue=url("OCRCHAT_EVENT_QUEUE"),
        drop_queue=url("OCRCHAT_DROP_QUEUE"),
        result_queue=url("OCRCHAT_RESULT_QUEUE"),
    )
    return settings, queues


def _create_queues(queues: dict[str, Any]) -> None:
    sqs = boto3.client("sqs")

    def depth(name: str) -> int:
        policy = queues[name].get("RedrivePolicy")
        return 1 + depth(policy["deadLetterTargetArn"]["Fn::GetAtt"][0]) if policy else 0

    for name in sorted(queues, key=depth):
        attributes: Any = {"VisibilityTimeout": str(queues[name].get("VisibilityTimeout", 30))}
        if policy := queues[name].get("RedrivePolicy"):
            arn = f"arn:aws:sqs:us-east-1:{DEFAULT_ACCOUNT_ID}:{policy['deadLetterTargetArn']['Fn::GetAtt'][0]}"
            attributes["RedrivePolicy"] = json.dumps(
                {"deadLetterTargetArn": arn, "maxReceiveCount": policy["maxReceiveCount"]}
            )
        sqs.create_queue(QueueName=name, Attributes=attributes)
