"""Whatever happens to jobs, in whatever order, keeps the invariants (docs/invariants.md). Hypothesis chooses what."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from chaos.journeys import servers
from chaos.model import PAGES, Life
from chaos.world import Stage
from ocrchat.model import Tier

WHICH = st.integers(0, 11)
TIERS = st.sampled_from([Tier.CPU, Tier.CPU, Tier.VLM])


class LifeMachine(RuleBasedStateMachine):
    stage: Stage

    @initialize(pages=st.sampled_from(PAGES), tier=TIERS)
    def begin(self, pages: int, tier: Tier) -> None:
        self.life = Life(self.stage)
        self.life.submit(pages, tier)

    @rule(pages=st.sampled_from(PAGES), tier=TIERS)
    def submit(self, pages: int, tier: Tier) -> None:
        self.life.submit(pages, tier)

    @rule(which=WHICH)
    def submit_again(self, which: int) -> None:
        self.life.submit_again(which)

    @rule(which=WHICH, times=st.integers(1, 6))
    def happen(self, which: int, times: int) -> None:
        for _ in range(times):
            self.life.happen(which)

    @rule(which=WHICH)
    def deliver_again(self, which: int) -> None:
        self.life.deliver_again(which)

    @rule(calls=st.integers(0, 8), which=WHICH)
    def fail(self, calls: int, which: int) -> None:
        self.life.fail(calls, which)

    @rule(which=WHICH)
    def cancel(self, which: int) -> None:
        self.life.cancel(which)

    @rule(which=WHICH)
    def delete(self, which: int) -> None:
        self.life.delete(which)

    @rule()
    def reconcile(self) -> None:
        self.life.reconcile()

    @rule(minutes=st.integers(1, 30))
    def pass_time(self, minutes: int) -> None:
        self.life.pass_time(minutes)

    @invariant()
    def holds_always(self) -> None:
        if hasattr(self, "life"):
            assert self.life.now() == []

    def teardown(self) -> None:
        if hasattr(self, "life"):
            assert self.life.at_the_end() == []


# Without shrinking, as in test_ledger.
LifeMachine.TestCase.settings = settings(
    max_examples=5, stateful_step_count=12, deadline=None, derandomize=True, database=None, phases=(Phase.generate,)
)


@pytest.fixture(autouse=True)
def machine_on_moto(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with servers() as made:
        monkeypatch.setattr(LifeMachine, "stage", made.stage, raising=False)
        yield


TestLife = LifeMachine.TestCase
