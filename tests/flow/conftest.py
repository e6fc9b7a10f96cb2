"""The real stack in the emulator: real split, assemble and dead-letter functions, state machine, queues and tables.

Only the page workers are taken out (their event sources are switched off), so that a test decides when, how often and
beside what each page is read. It reads pages with the worker's own use case.
"""

from __future__ import annotations

import tempfile
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from local import deploy, runtime
from local.runtime import Running
from ocrchat import codec, keys, usecases
from ocrchat.aws import queue
from ocrchat.billing import Account
from ocrchat.engines.null import NullModels
from ocrchat.model import Job, JobOptions, Lane, PageResult, PageTask, Tier
from ocrchat.reader import Reader
from ocrchat.scratch import Scratch
from ocrchat.translation.model import Translator
from ocrchat.usecases import Request, SentFile
from ocrchat.usecases.ending import fail
from tests.documents import digital_pdf
from tests.plans import PLANS
from tests.translation_servers import Server, libretranslate

PATIENCE_SECONDS = 90

QUEUE_OUTPUTS = {
    Lane.INTERACTIVE: "InteractiveQueueUrl",
    Lane.PRIORITY: "PriorityQueueUrl",
    Lane.BULK: "BulkQueueUrl",
}


@pytest.fixture(scope="session")
def translator() -> Iterator[Server]:
    with libretranslate() as server:
        yield server


@pytest.fixture(scope="session")
def stack(translator: Server) -> Iterator[Running]:
    with ExitStack() as started:
        with pytest.MonkeyPatch.context() as environment:  # it is read at the start, and no other test's business
            environment.setenv("OCRCHAT_TRANSLATE_PROVIDER", "libretranslate")
            environment.setenv("OCRCHAT_TRANSLATE_URL", translator.url)
            running = started.enter_context(runtime.run(wait_scale=0.1))
        functions = deploy.session().client("lambda", endpoint_url=running.endpoint)
        for mapping in functions.list_event_source_mappings()["EventSourceMappings"]:
            if mapping["EventSourceArn"].rsplit(":", 1)[-1] in _page_queue_names(running):
                functions.update_event_source_mapping(UUID=mapping["UUID"], Enabled=False)
        yield running


class Flow:
    """A test's hands on the running stack."""

    def __init__(self, stack: Running, folder: Path) -> None:
        self._stack = stack
        self._folder = folder
        self.cloud = stack.cloud
        self.account_id = f"flow-{uuid.uuid4().hex}"
        """An account of this test alone, with 10,000 credits."""
        usecases.open_account(self.cloud, self.account_id, PLANS["business"])
        self.cloud.books.grant(self.account_id, 10_000, "to begin with", datetime.now(UTC))
        self.sqs = deploy.session().client("sqs", endpoint_url=stack.endpoint)
        self.step_functions = deploy.session().client("stepfunctions", endpoint_url=stack.endpoint)

    def account(self) -> Account:
        account = self.cloud.accounts.get(self.account_id)
        assert account is not None
        return account

    def submit(self, pages: int, /, **options: Any) -> Job:
        return self.submit_file(digital_pdf(pages), **options)

    def submit_file(self, content: bytes, translators: Sequence[Translator] = (), **options: Any) -> Job:
        request = Request(SentFile("test.pdf", content), JobOptions(**options))
        return usecases.submit(self.cloud, self.account(), request, datetime.now(UTC), translators).job

    def take(self, job: Job, count: int) -> list[PageTask]:
        """Takes `count` page messages of `job` off its queue, in page order."""
        tasks: list[PageTask] = []
        give_up = time.monotonic() + PATIENCE_SECONDS
        while len(tasks) < count:
            assert time.monotonic() < give_up, f"{len(tasks)} of {count} page messages came"
            for message in self.receive(job.lane):
                self.sqs.delete_message(QueueUrl=self.queue_url(job.lane), ReceiptHandle=message["ReceiptHandle"])
                task = queue.from_message(message["Body"])
                if task.job_id == job.id:
                    tasks.append(task)
                else:
                    other = self.cloud.jobs.get(task.job_id)
                    assert other is None or other.status.ended, "a message of another test's job that still runs"
        return sorted(tasks, key=lambda task: task.page)

    def take_handed_over(self) -> list[PageTask]:
        """Takes what there is off the queue of pages that wait for a model."""
        url = self._stack.outputs["VlmQueueUrl"]
        tasks = []
        for message in self.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", []):
            self.sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
            tasks.append(queue.from_message(message["Body"]))
        return tasks

    def take_all_but(self, job: Job, poisoned: int, count: int) -> list[PageTask]:
        """Takes the page messages of `job` and drops one at each delivery, as a worker that it crashes would do."""
        tasks: list[PageTask] = []

        def given_up() -> bool:
            for message in self.receive(job.lane, VisibilityTimeout=0):
                task = queue.from_message(message["Body"])
                if task.page != poisoned:
                    self.sqs.delete_message(QueueUrl=self.queue_url(job.lane), ReceiptHandle=message["ReceiptHandle"])
                    tasks.append(task)
            chunk = self.cloud.page_sets.chunk(job.id, 0)
            return chunk is not None and poisoned in chunk.failures and len(tasks) == count - 1

        self.wait_for(given_up)
        return tasks

    def receive(self, lane: Lane, **options: Any) -> list[Any]:
        return self.sqs.receive_message(
            QueueUrl=self.queue_url(lane), MaxNumberOfMessages=10, WaitTimeSeconds=1, **options
        ).get("Messages", [])

    def queue_url(self, lane: Lane) -> str:
        return self._stack.outputs[QUEUE_OUTPUTS[lane]]

    def read(self, *tasks: PageTask) -> None:
        scratch = Scratch(Path(tempfile.mkdtemp(dir=self._folder)))
        for task in tasks:
            usecases.read_page(self.cloud, task, Reader(dict.fromkeys(Tier, NullModels())), scratch)

    def read_without_ending(self, task: PageTask) -> None:
        """Reads a page as a worker does that dies before it looks whether this was the last one."""
        job = self.cloud.jobs.get(task.job_id)
        assert job is not None
        page = PageResult(task.page, width=1, height=1, dpi=72, engine="null")
        self.cloud.blobs.put_json(keys.page_result(job, task.page), codec.page_to_json(page))
        self.cloud.page_sets.page_read(task.job_id, task.chunk, task.page, datetime.now(UTC))

    def read_at_once(self, *tasks: PageTask) -> None:
        """Each page in a thread of its own, all let go together."""
        barrier = threading.Barrier(len(tasks))

        def work(task: PageTask) -> None:
            barrier.wait()
            self.read(task)

        threads = [threading.Thread(target=work, args=(task,)) for task in tasks]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def job(self, job: Job) -> Job:
        found = self.cloud.jobs.get(job.id)
        assert found is not None
        return found

    def wait_for(self, condition: Callable[[], bool]) -> None:
        give_up = time.monotonic() + PATIENCE_SECONDS
        while not condition():
            assert time.monotonic() < give_up, "waited in vain"
            time.sleep(0.05)

    def ended(self, job: Job) -> Job:
        """The job once it has ended."""
        self.wait_for(lambda: self.job(job).status.ended)
        return self.job(job)

    def execution(self, job: Job) -> str | None:
        """The execution's status once it is over."""
        self.wait_for(lambda: self.cloud.workflow.status(job.id) != "RUNNING")
        return self.cloud.workflow.status(job.id)

    def failures(self, job: Job) -> int:
        """How often a task of the execution has failed so far."""
        arn = self._stack.outputs["StateMachineArn"].replace(":stateMachine:", ":execution:") + f":{job.id}"
        events = self.step_functions.get_execution_history(executionArn=arn)["events"]
        return sum(event["type"] == "TaskFailed" for event in events)

    def texts(self, job: Job) -> list[str]:
        return [page["text"].splitlines()[0] for page in usecases.view(self.cloud, self.job(job)).document["pages"]]

    def invoke_reconciler(self) -> Any:
        functions = deploy.session().client("lambda", endpoint_url=self._stack.endpoint)
        return functions.invoke(FunctionName=self._stack.outputs["ReconcileFunctionName"], Payload=b"{}")

    def stored_objects(self) -> int:
        s3 = deploy.session().client("s3", endpoint_url=self._stack.endpoint)
        return int(s3.list_objects_v2(Bucket=self._stack.outputs["BucketName"])["KeyCount"])


@pytest.fixture
def scratch(tmp_path: Path) -> Scratch:
    return Scratch(tmp_path)


@pytest.fixture
def flow(stack: Running, tmp_path: Path) -> Iterator[Flow]:
    flow = Flow(stack, tmp_path)
    yield flow
    for lane in Lane:  # what a test left open, another test's reconciler would repair
        for job_id in flow.cloud.jobs.open_jobs(lane):
            job = flow.cloud.jobs.get(job_id)
            if job is not None:
                fail(flow.cloud, job, "TestOver", datetime.now(UTC))
        flow.sqs.purge_queue(QueueUrl=flow.queue_url(lane))
    flow.sqs.purge_queue(QueueUrl=stack.outputs["VlmQueueUrl"])


def _page_queue_names(running: Running) -> set[str]:
    return {running.outputs[name].rsplit("/", 1)[-1] for name in (*QUEUE_OUTPUTS.values(), "VlmQueueUrl")}
