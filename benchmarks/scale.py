"""What binds first at 1, 1,000, a million and a hundred million pages a day, and who waits for whom.

    python -m benchmarks.scale

Demand (counted calls, measured seconds) is compared with limits (aws/limits.toml), and a simulation checks what that means for
throughput and waiting. Writes benchmarks/results/scale.json and docs/scale.md.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import jinja2

from benchmarks import demand, deployed
from benchmarks.simulation import Rates, Submission, simulate
from infra.config import default_plans
from ocrchat.model import CHUNK_PAGES, CHUNKS_IN_FLIGHT, INLINE_PAGES

HERE = Path(__file__).parent
RESULTS = HERE / "results" / "scale.json"
PAGE = HERE.parent / "docs" / "scale.md"

SCALES = (1, 1_000, 1_000_000, 10_000_000, 100_000_000)
"""Pages a day."""

MOST_PAGES = 600_000
"""Of a simulated window."""

LONGEST_WINDOW = 3600.0
SEED = 7


def rates() -> Rates:
    """As it is deployed, warm."""
    limits, assumed = deployed.data("limits"), deployed.data("assumptions")
    large = sum(share for pages, share in demand.mix() if pages > INLINE_PAGES)
    growth = limits["event_source_growth"]
    start = deployed.results("cold_start")["peers"]["ocrchat"]["cpu_s"] * assumed["compute"]["lambda_core"]
    return Rates(
        lane_workers=int(deployed.context()["ocr_concurrency"]),
        concurrency=limits["lambda_concurrency"]["value"],
        first_workers=growth["first"],
        more_a_second=growth["a_minute"] / 60,
        new_environments=(limits["environments"]["value"], limits["environments"]["burst"]),
        requests=deployed.stage_rate(),
        requests_a_job=1 + large * assumed["use"]["polls"] + assumed["use"]["downloads"],
        executions=(limits["start_execution"]["value"], limits["start_execution"]["burst"]),
        start_patience=assumed["scale"]["start_patience"],
        reconciled_every=60.0 * deployed.scheduled_minutes(),
        warm_seconds=assumed["scale"]["warm_seconds"],
        waiters=int(deployed.context()["inline_waiters"]),
        cold=start + assumed["compute"]["image_start_seconds"],
        before=assumed["scale"]["before_seconds"],
        after=assumed["scale"]["after_seconds"],
    )


def raised(pages_a_day: int) -> tuple[str, float, Rates]:
    """What to set for so many pages: in words, the share of the load that a deployment gets, and its rates."""
    if pages_a_day < 2_000_000:
        return "", 1.0, rates()
    if pages_a_day <= 10_000_000:
        return "`ocr_concurrency=400`", 1.0, replace(rates(), lane_workers=400)
    return (
        "four deployments, each with `ocr_concurrency=1000`, a Lambda quota of 2,000 and a stage rate of 300",
        0.25,
        replace(rates(), lane_workers=1000, concurrency=2000, requests=(300.0, 600.0)),
    )


def arrivals(load: demand.Load, window: float, chance: random.Random) -> Iterator[Submission]:
    """Jobs of the mix, at random times, from accounts that send alike."""
    sizes, shares = zip(*demand.mix(), strict=True)
    accounts = deployed.data("assumptions")["scale"]["accounts"]
    now = chance.expovariate(load.jobs)
    while now < window:
        (pages,) = chance.choices(sizes, shares)
        yield Submission(now, f"account-{chance.randrange(accounts)}", pages)
        now += chance.expovariate(load.jobs)


def drawn(chance: random.Random) -> Callable[[], float]:
    """The time of one page after another: digital or scanned."""
    digital, seconds = deployed.data("assumptions")["scale"]["digital"], demand.kinds()
    return lambda: seconds[chance.random() >= digital]


def run(load: demand.Load, allowed: Rates) -> dict[str, Any]:
    """One simulated window of the busiest hour. Throughput is that of its second half: workers are there by then."""
    window = min(LONGEST_WINDOW, MOST_PAGES / load.pages)
    chance = random.Random(SEED)
    submissions = list(arrivals(load, window, chance)) or [Submission(0.0, "account-0", 1)]
    outcome = simulate(submissions, allowed, drawn(chance), window, steady_from=window / 2)
    one = outcome.latencies(1)
    return {
        "asked_pages_a_second": float(f"{load.pages:.3g}"),
        "pages_a_second": float(f"{outcome.steady_pages / (window / 2):.3g}"),
        "window_s": round(window),
        "pages_in": outcome.pages_in,
        "pages_read": outcome.pages_read,
        "jobs_done": len(outcome.jobs),
        "one_page_p50_s": quantile(one, 0.5),
        "one_page_p95_s": quantile(one, 0.95),
        "hundred_pages_p50_s": quantile(outcome.latencies(100), 0.5),
        "most_working": outcome.most_working,
        "most_waiting": outcome.most_waiting,
        "cold_starts": outcome.cold,
        "refused": outcome.refused,
        "started_late": outcome.started_late,
    }


def quantile(ordered: list[float], share: float) -> float | None:
    return round(ordered[min(len(ordered) - 1, int(share * len(ordered)))], 2) if ordered else None


ASKED = "small"
"""The account that others stand before."""


def neighbours() -> list[dict[str, Any]]:
    """How long one account waits beside another that sends a lot, in the product and without what protects it."""
    one = [Submission(10.0 + 3 * n, ASKED, 1) for n in range(20)]
    hundred = [Submission(20.0, ASKED, 100)]
    big, bigger = [Submission(0.0, "large", 1000)], [Submission(0.0, "large", 3000)]
    many = [Submission(0.05 * n, "large", 3000) for n in range(10)]
    flood = [Submission(0.05 * (n // 3), f"large-{n % 3}", 1) for n in range(3600)]
    scenes = [
        (
            "a page every 3 s",
            one,
            [("nobody", []), ("1,000 pages", big), ("3,000 pages", bigger), ("10 x 3,000 pages", many)],
        ),
        ("100 pages", hundred, [("nobody", []), ("3,000 pages", bigger), ("10 x 3,000 pages", many)]),
        ("a page every 3 s", one, [("3 accounts, each 20 pages a second for a minute", flood)]),
    ]
    ways = {
        "as it is": rates(),
        "no lanes": replace(rates(), has_lanes=False),
        "no fair queues": replace(rates(), is_fair=False),
        "neither": replace(rates(), has_lanes=False, is_fair=False),
    }
    scan = demand.kinds()[True]
    found = []
    for who, asked, crowds in scenes:
        for beside, crowd in crowds:
            row: dict[str, Any] = {"who": who, "beside": beside}
            for way, allowed in ways.items():
                # Requests that one submission brings are spread out in truth; here it is about queues.
                outcome = simulate([*asked, *crowd], replace(allowed, requests_a_job=1.0), lambda: scan)
                waited = outcome.latencies(asked[0].pages, ASKED)
                row[way] = {"p50_s": quantile(waited, 0.5), "p95_s": quantile(waited, 0.95)}
            found.append(row)
    return found


def largest_job() -> dict[str, Any]:
    outcome = simulate([Submission(0.0, "large", 3000)], rates(), lambda: demand.kinds()[True])
    return {"pages": 3000, "seconds": round(outcome.jobs[0][1], 1), "most_working": outcome.most_working}


def measure() -> dict[str, Any]:
    scales = []
    for pages_a_day in SCALES:
        load = demand.Load.of(pages_a_day)
        words, share, allowed = raised(pages_a_day)
        row: dict[str, Any] = {
            "pages_a_day": pages_a_day,
            "as_deployed": run(load, rates()),
            "use": {name: float(f"{part:.3g}") for name, part in demand.use(load).items()},
        }
        if words:
            part = replace(load, pages=load.pages * share, jobs=load.jobs * share)
            row |= {"raise": words, "raised": run(part, allowed)}
        scales.append(row)
        print(pages_a_day, row["as_deployed"])
    return {"scales": scales, "neighbours": neighbours(), "largest_job": largest_job()}


def document(results: dict[str, Any]) -> str:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(HERE), trim_blocks=True, lstrip_blocks=True, undefined=jinja2.StrictUndefined
    )
    limits = {name: limit for name, limit in deployed.data("limits").items() if "demand" in limit}
    return environment.get_template("scale.md.jinja").render(
        results=results,
        limits=dict(sorted(limits.items(), key=lambda entry: demand.binds_at(entry[0]))),
        reached=demand.reached,
        others={name: limit for name, limit in deployed.data("limits").items() if name not in limits},
        binds={name: demand.binds_at(name) for name in limits},
        rates=asdict(rates()),
        kinds=demand.kinds(),
        page_seconds=demand.page_seconds(),
        mean_pages=demand.mean_pages(),
        assumed=deployed.data("assumptions"),
        plan=default_plans()["business"],
        chunk_pages=CHUNK_PAGES,
        chunks_in_flight=CHUNKS_IN_FLIGHT,
    )


def main() -> None:
    results = measure()
    RESULTS.write_text(json.dumps(results, indent=1) + "\n")
    PAGE.write_text(document(results))


if __name__ == "__main__":
    main()
