"""The balance is the sum of the ledger, and each finished page is charged once, whatever happens in whatever order."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import Phase
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, multiple, rule

from ocrchat import codec, usecases
from ocrchat.billing import CREDITS_PER_PAGE, MovementKind
from ocrchat.cloud import Cloud
from ocrchat.engines.null import NullModels
from ocrchat.errors import IdempotencyKeyReused, JobEnded, JobErased, OutOfCredits
from ocrchat.model import Job, JobOptions, PageTask, Tier
from ocrchat.reader import Reader
from ocrchat.scratch import Scratch
from ocrchat.settings import Settings, VlmBackend
from ocrchat.usecases import Request, SentFile
from ocrchat.vlm.dialects import DIALECTS
from ocrchat.vlm.openai import OpenAiServer
from tests.documents import digital_pdf
from tests.model_server import Fails, ModelServer, Says, serving
from tests.plans import PLANS

NULL = Reader(dict.fromkeys(Tier, NullModels()))

ANSWER = "![text](0,0,999,999) The quick brown fox jumps over the lazy dog.\n![text](0,0,999,999) Page number"

FILES = {pages: digital_pdf(pages) for pages in range(1, 5)}


class LedgerMachine(RuleBasedStateMachine):
    """One account with little credit, and everything that can happen to its jobs. What the workflow does is done by hand."""

    cloud: Cloud
    model: usecases.Model
    server: ModelServer
    table: str
    scratch_folder: Path

    jobs = Bundle("jobs")

    @initialize(target=jobs, credits=st.integers(6, 40), pages=st.lists(st.integers(1, 4), min_size=2, max_size=3))
    def start(self, credits: int, pages: list[int]) -> Any:
        """Opens the account, and submits some jobs to begin with, of which the last may be one too many."""
        self.account_id = f"account-{uuid.uuid4().hex}"
        usecases.open_account(self.cloud, self.account_id, PLANS["business"])
        self.granted = 0
        self.grant(credits)
        self.by_key: dict[str, Job] = {}
        self.erased: set[str] = set()
        self.read_pages: dict[str, dict[int, int]] = {}
        """Pages that were read while their job was open, and what each of them costs."""
        self.charged_before_erasure: dict[str, int] = {}
        tiers = (Tier.CPU, Tier.VLM, Tier.CPU)
        jobs = [self.submit_once(count, "", tier) for count, tier in zip(pages, tiers, strict=False)]
        return multiple(*(job for job in jobs if isinstance(job, Job)))

    def grant(self, credits: int) -> None:
        self.granted += credits
        self.cloud.books.grant(self.account_id, credits, "by the test", datetime.now(UTC))

    @rule(credits=st.integers(1, 3))
    def add_credits(self, credits: int) -> None:
        self.grant(credits)

    @rule(target=jobs, pages=st.integers(1, 4), key=st.sampled_from(["", "", "a", "b"]), tier=st.sampled_from(Tier))
    def submit(self, pages: int, key: str, tier: Tier) -> Any:
        return self.submit_once(pages, key, tier)

    def submit_once(self, pages: int, key: str, tier: Tier) -> Any:
        account = self.cloud.accounts.get(self.account_id)
        assert account is not None
        request = Request(SentFile("a.pdf", FILES[pages]), JobOptions(tier), key)
        earlier = self.by_key.get(key) if key else None
        try:
            submitted = usecases.submit(self.cloud, account, request, datetime.now(UTC))
        except OutOfCredits:
            assert earlier is None
            assert pages * CREDITS_PER_PAGE[tier] > account.balance
            return multiple()
        except IdempotencyKeyReused:
            assert earlier is not None
            assert (earlier.page_count, earlier.options.tier) != (pages, tier)
            return multiple()
        except JobErased:
            assert earlier is not None
            assert earlier.id in self.erased
            return multiple()
        job = submitted.job
        assert submitted.replayed == (earlier is not None)
        if earlier:
            assert job.id == earlier.id
            return multiple()
        if key:
            self.by_key[key] = job
        self.read_pages[job.id] = {}
        return job

    @rule(job=jobs)
    def split(self, job: Job) -> None:
        usecases.split(self.cloud, job.id, "token", Scratch(self.scratch_folder))

    @rule(job=jobs, page=st.integers(0, 3), times=st.integers(1, 2))
    def deliver(self, job: Job, page: int, times: int) -> None:
        if page in job.pages:
            chunk = self.cloud.page_sets.chunk(job.id, 0)
            for _ in range(times):
                usecases.read_page(self.cloud, PageTask(job.id, 0, page), NULL, Scratch(self.scratch_folder))
            if job.options.tier is Tier.CPU and self.is_open(job) and chunk is not None and page in chunk.pending:
                self.read_pages[job.id][page] = 1

    @rule(job=jobs, page=st.integers(0, 3), times=st.integers(1, 2), answers=st.booleans())
    def ask(self, job: Job, page: int, times: int, answers: bool) -> None:
        """The model answers, or will not, and then the embedded parser does."""
        if job.options.tier is not Tier.VLM or page not in job.pages:
            return
        self.server.outcomes = [Says(ANSWER) if answers else Fails(status=403)]
        before = len(self.server.requests)
        for _ in range(times):
            assert (
                usecases.ask_model(self.cloud, PageTask(job.id, 0, page), self.model, time.monotonic() + 20).again_in
                is None
            )
        if len(self.server.requests) > before:  # it was handed over and waited
            self.read_pages[job.id][page] = 5 if answers else 1

    @rule(job=jobs, page=st.integers(0, 3))
    def give_page_up(self, job: Job, page: int) -> None:
        if page in job.pages:
            usecases.fail_page(self.cloud, PageTask(job.id, 0, page), "page_failed")

    @rule(job=jobs)
    def assemble(self, job: Job) -> None:
        fan_in = self.cloud.page_sets.fan_in(job.id)
        if fan_in is not None and not fan_in.open_chunks:
            usecases.assemble(self.cloud, job.id)

    @rule(job=jobs, given_up=st.sets(st.integers(0, 3), max_size=2))
    def run_to_the_end(self, job: Job, given_up: set[int]) -> None:
        """What most jobs do; the other rules seldom do all of it to one job by chance."""
        self.split(job)
        for page in job.pages:
            if page in given_up:
                self.give_page_up(job, page)
            else:
                self.deliver(job, page, 1)
                self.ask(job, page, 1, answers=page % 2 == 0)
        self.assemble(job)

    @rule(job=jobs)
    def fail_in_the_workflow(self, job: Job) -> None:
        """What MarkFailed writes, which knows nothing of credits, and Settle behind it."""
        if not self.is_open(job):
            return
        self.cloud.jobs._client.update_item(
            TableName=self.table,
            Key={"pk": {"S": f"JOB#{job.id}"}, "sk": {"S": "JOB"}},
            UpdateExpression="SET #status = :failed, failure = :error, ended_at = :now",
            ExpressionAttributeNames={"#status": "status"},
            ExpressionAttributeValues={
                ":failed": {"S": "failed"},
                ":error": {"S": "States.Timeout"},
                ":now": {"S": codec.time_to_json(datetime.now(UTC)) or ""},
            },
        )
        usecases.assemble(self.cloud, job.id)

    @rule(job=jobs)
    def cancel(self, job: Job) -> None:
        found = self.cloud.jobs.get(job.id)
        if found is None:
            return
        try:
            usecases.cancel(self.cloud, found, datetime.now(UTC))
        except JobEnded:
            assert found.status.ended

    @rule(job=jobs)
    def erase(self, job: Job) -> None:
        found = self.cloud.jobs.get(job.id)
        if found is not None:
            usecases.erase(self.cloud, found, datetime.now(UTC))
            self.erased.add(job.id)

    @rule()
    def reconcile(self) -> None:
        usecases.reconcile(self.cloud, datetime.now(UTC))

    @invariant()
    def the_balance_is_the_sum_of_the_ledger(self) -> None:
        account = self.cloud.accounts.get(self.account_id)
        assert account is not None
        movements, _ = self.cloud.books.movements(self.account_id, 1000)
        assert account.balance == sum(movement.credits for movement in movements) >= 0
        assert account.granted == self.granted
        assert account.month_used == account.granted - account.balance
        for job_id, read in self.read_pages.items():
            mine = [movement for movement in movements if movement.job_id == job_id]
            assert [m.kind for m in mine].count(MovementKind.RESERVE) == 1
            assert [m.kind for m in mine].count(MovementKind.REFUND) <= 1
            charged = -sum(movement.credits for movement in mine)
            job = self.cloud.jobs.get(job_id)
            if job is None:  # erased: ended first, so only what had been read is charged
                assert charged <= sum(read.values()) or charged == self.charged_before_erasure[job_id]
            elif not job.status.ended:
                assert charged == job.page_count * CREDITS_PER_PAGE[job.options.tier]
            elif job.failure in (None, "cancelled"):
                assert charged == job.charged == sum(read.values())
            else:
                assert charged == job.charged == 0
            if job is not None and job.status.ended:
                self.charged_before_erasure[job_id] = charged

    def is_open(self, job: Job) -> bool:
        found = self.cloud.jobs.get(job.id)
        return found is not None and not found.status.ended

    def teardown(self) -> None:
        for job_id in getattr(self, "read_pages", ()):
            job = self.cloud.jobs.get(job_id)
            if job is not None:  # the next example's reconciler is not to find it
                usecases.erase(self.cloud, job, datetime.now(UTC))


# Without shrinking, which would take minutes: 20 steps can be read as they are.
LedgerMachine.TestCase.settings = hypothesis_settings(
    max_examples=12, stateful_step_count=20, deadline=None, phases=(Phase.reuse, Phase.generate)
)


@pytest.fixture
def runs_executions() -> bool:
    return False


@pytest.fixture(autouse=True)
def machine_on_moto(
    cloud: Cloud, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    monkeypatch.setattr(LedgerMachine, "cloud", replace(cloud, vlm_backend=VlmBackend.OPENAI), raising=False)
    monkeypatch.setattr(LedgerMachine, "table", settings.table, raising=False)
    monkeypatch.setattr(LedgerMachine, "scratch_folder", tmp_path, raising=False)
    with serving(Says(ANSWER)) as server:
        model = usecases.Model(OpenAiServer(server.url, "m"), DIALECTS["lighton-grounding"], timedelta(minutes=30))
        monkeypatch.setattr(LedgerMachine, "server", server, raising=False)
        monkeypatch.setattr(LedgerMachine, "model", model, raising=False)
        yield


TestLedger = LedgerMachine.TestCase
