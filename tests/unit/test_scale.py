"""The simulation of many jobs, and the page that is made of it."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from benchmarks import demand, deployed, scale
from benchmarks.simulation import Bucket, Rates, Submission, simulate
from ocrchat.model import Lane
from tests.plans import PLANS

STEADY = Rates(lane_workers=50, first_workers=50)


def second() -> float:
    return 1.0


def test_one_worker_reads_one_page_after_the_other() -> None:
    outcome = simulate([Submission(0.0, "a", 7)], replace(STEADY, lane_workers=1, first_workers=1), second)

    assert (outcome.end, outcome.jobs[0][1], outcome.pages_read, outcome.most_working) == (7.0, 7.0, 7, 1)


def test_a_small_job_takes_its_overhead_a_cold_start_and_a_page() -> None:
    rates = replace(STEADY, before=0.5, cold=3.0, after=0.25)

    outcome = simulate([Submission(0.0, "a", 1), Submission(10.0, "a", 1)], rates, second)

    assert outcome.latencies(1) == [1.75, 4.75]
    assert outcome.cold == 1


def test_a_worker_that_nobody_needs_goes_cold() -> None:
    outcome = simulate([Submission(0.0, "a", 1), Submission(1000.0, "a", 1)], replace(STEADY, warm_seconds=300), second)

    assert outcome.cold == 2


def test_enough_workers_read_a_job_in_rounds_of_its_chunks_in_flight() -> None:
    """300 pages are 12 chunks of 25; 4 of them, 100 pages, are in the queue at once."""
    outcome = simulate([Submission(0.0, "a", 300)], replace(STEADY, lane_workers=500, first_workers=500), second)

    assert (outcome.end, outcome.most_working) == (3.0, 100)


@pytest.mark.parametrize("seed", range(5))
def test_what_goes_in_comes_out(seed: int) -> None:
    chance = random.Random(seed)
    submissions = [
        Submission(chance.random() * 60, f"account-{chance.randrange(3)}", chance.choice((1, 5, 6, 60, 400)))
        for _ in range(60)
    ]
    rates = Rates(lane_workers=8, concurrency=12, requests=(2.0, 5.0), executions=(1.0, 2.0), waiters=3, cold=2.0)

    outcome = simulate(submissions, rates, chance.random)

    assert outcome.pages_in == outcome.pages_read == sum(what.pages for what in submissions)
    assert len(outcome.jobs) == len(submissions)
    assert outcome.most_working <= 12
    assert outcome.refused > 0
    assert outcome.started_late > 0


def test_an_event_source_starts_with_a_few_workers_and_adds_some_every_second() -> None:
    rates = Rates(lane_workers=1000, first_workers=5, more_a_second=5.0)

    outcome = simulate([Submission(0.0, "a", 400)] * 20, rates, lambda: 1000.0, until=60.0)

    assert 5 + 5 * 59 <= outcome.most_working <= 5 + 5 * 60


def test_functions_that_wait_take_from_what_all_have() -> None:
    rates = replace(STEADY, concurrency=10, waiters=10)

    outcome = simulate([Submission(0.0, "a", 1)] * 10, rates, second, until=100.0)

    assert outcome.pages_read == 0  # ten wait, and nobody reads: what `inline_waiters` is for
    assert simulate([Submission(0.0, "a", 1)] * 10, replace(rates, waiters=5), second).pages_read == 10


def test_a_page_is_not_kept_waiting_by_a_long_document_in_another_lane() -> None:
    small, large = Submission(10.0, "small", 1), Submission(0.0, "large", 3000)

    alone = simulate([small], STEADY, second).latencies(1)

    assert simulate([small, large], STEADY, second).latencies(1) == alone
    assert simulate([small, large], replace(STEADY, has_lanes=False, is_fair=False), second).latencies(1)[0] > alone[0]


def test_an_account_is_served_before_another_that_has_more_in_work() -> None:
    small, flood = Submission(5.0, "small", 1), [Submission(0.0, "large", 1)] * 1000
    rates = replace(STEADY, requests=(1e6, 1e6))

    fair = simulate([small, *flood], rates, second)
    first_come = simulate([small, *flood], replace(rates, is_fair=False), second)

    assert fair.latencies(1, "small")[0] <= 2.0
    assert first_come.latencies(1, "small")[0] > 10.0


def test_a_throttled_start_waits_for_the_reconciler() -> None:
    rates = replace(STEADY, executions=(0.1, 1.0), reconciled_every=300.0)

    outcome = simulate([Submission(0.0, "a", 1)] * 2, rates, second)

    assert outcome.started_late == 1
    assert outcome.latencies(1) == [1.0, 1201.0]  # 15 minutes, then its next round


def test_a_bucket_lends_what_has_not_come_yet() -> None:
    bucket = Bucket(rate=2.0, burst=3.0)
    for _ in range(3):
        assert bucket.wait(0.0) == 0.0
        bucket.take()

    assert bucket.wait(0.0) == 0.5
    assert bucket.wait(10.0, tokens=4.0) == 0.5  # never more than the burst


def test_jobs_take_the_lane_that_the_product_gives_them() -> None:
    assert [Submission(0.0, "a", pages).lane for pages in (1, 5, 6)] == [
        Lane.INTERACTIVE,
        Lane.INTERACTIVE,
        Lane.PRIORITY,
    ]


def test_demand_is_proportional_to_load() -> None:
    one, ten = (demand.demands(demand.Load.of(pages)) for pages in (10_000_000, 100_000_000))

    assert all(ten[name] == pytest.approx(10 * one[name]) for name in one if name != "chunk_writes")


def test_a_lane_is_full_where_its_workers_have_as_many_seconds_of_pages_as_there_are_seconds() -> None:
    load = demand.Load.of(int(demand.binds_at("lane_workers")))
    in_large = sum(pages * share for pages, share in demand.mix() if pages > 5) / demand.mean_pages()

    assert load.pages * in_large * load.page_seconds == pytest.approx(deployed.context()["ocr_concurrency"], rel=1e-4)


def test_limits_are_reached_in_the_order_in_which_they_bind() -> None:
    assert demand.reached({"a": 0.5, "b": 3.0, "c": 1.5}) == ["b", "c"]
    assert demand.reached({"a": 0.5, "b": 0.1}) == ["a"]


def test_limits_that_are_ours_are_what_is_deployed() -> None:
    limits = deployed.data("limits")

    assert (limits["stage_requests"]["value"], limits["stage_requests"]["burst"]) == deployed.stage_rate()
    assert limits["lane_workers"]["value"] == deployed.context()["ocr_concurrency"]
    assert limits["plan_rate"]["value"] == PLANS["business"].requests_per_minute
    assert all(limit["demand"] in demand.demands(demand.Load.of(1)) for limit in limits.values() if "demand" in limit)


def test_the_mix_of_jobs_is_whole() -> None:
    assert sum(share for _, share in demand.mix()) == pytest.approx(1.0)


def test_the_page_is_what_was_simulated() -> None:
    assert scale.PAGE.read_text() == scale.document(deployed.results("scale")), "run python -m benchmarks.scale"


def test_the_smallest_scale_is_simulated_as_it_stands_in_the_results() -> None:
    row = deployed.results("scale")["scales"][0]

    assert scale.run(demand.Load.of(row["pages_a_day"]), scale.rates()) == row["as_deployed"], (
        "run python -m benchmarks.scale"
    )
