"""What the busiest hour of a day asks of each limit: counted calls and measured seconds, by the limits of aws/limits.toml."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from benchmarks import cost, deployed
from ocrchat.model import CHUNK_PAGES, CHUNKS_IN_FLIGHT, INLINE_PAGES

MUCH = 100_000_000
"""Pages a day, at which every limit that grows with load is asked for a lot."""


@dataclass(frozen=True, slots=True)
class Load:
    """The busiest hour of a day; times in seconds."""

    pages_a_day: int
    pages: float
    """A second."""
    jobs: float
    """A second."""
    page_seconds: float

    @classmethod
    def of(cls, pages_a_day: int) -> Load:
        assumed = deployed.data("assumptions")["scale"]
        pages = pages_a_day * assumed["busiest_hour"] / 3600
        return cls(pages_a_day, pages, pages / mean_pages(), page_seconds())


def mix() -> list[tuple[int, float]]:
    assumed = deployed.data("assumptions")["scale"]
    return list(zip(assumed["job_pages"], assumed["job_shares"], strict=True))


def mean_pages() -> float:
    return sum(pages * share for pages, share in mix())


def kinds() -> dict[bool, float]:
    """Seconds of a worker by whether a page is a scan, its calls to AWS included."""
    (job,) = (job for job in deployed.results("calls")["jobs"] if (job["pages"], job["tier"]) == (100, "cpu"))
    compute = deployed.data("assumptions")["compute"]
    calls = job["functions"]["ocr_page.handler"]["calls"] / job["pages"] * compute["call_seconds"]
    digital, scanned = cost.cases()[:2]
    return {
        False: digital.seconds * compute["lambda_core"] + calls,
        True: scanned.seconds * compute["lambda_core"] + calls,
    }


def page_seconds() -> float:
    digital = deployed.data("assumptions")["scale"]["digital"]
    return digital * kinds()[False] + (1 - digital) * kinds()[True]


def demands(load: Load) -> dict[str, float]:
    """What the busiest hour asks of each limit, by the names in aws/limits.toml."""
    assumed = deployed.data("assumptions")
    jobs = load.jobs
    accounts = assumed["scale"]["accounts"]
    large = sum(share for pages, share in mix() if pages > INLINE_PAGES)
    in_large = sum(pages * share for pages, share in mix() if pages > INLINE_PAGES) / mean_pages()
    requests = 1 + large * assumed["use"]["polls"] + assumed["use"]["downloads"]
    lane_workers = load.pages * max(in_large, 1 - in_large) * load.page_seconds
    waiting = assumed["scale"]["before_seconds"] + assumed["scale"]["after_seconds"] + load.page_seconds
    # Whatever is not waited for: submit, split, assemble and GETs, some half a second a job together.
    functions = load.pages * load.page_seconds + jobs * ((1 - large) * waiting + 0.5)
    in_flight = min(CHUNKS_IN_FLIGHT * CHUNK_PAGES / load.page_seconds, load.pages)
    return {
        "requests": jobs * requests,
        "jobs_a_minute_of_an_account": 60 * jobs / accounts,
        "lane_workers": lane_workers,
        "functions": functions,
        "jobs": jobs,
        "transitions": jobs * _of_jobs(lambda job: job["states"] + 2),
        "write_units": jobs * _of_jobs(lambda job: _sum(job, "write_units")),
        # Put when a job opens, taken out when it ends, in the lane that has most of the jobs.
        "open_jobs_writes": jobs * max(large, 1 - large) * 2,
        # Opened, begun, ended: each is an entry of all that the job item has.
        "account_index_writes": 3 * jobs / accounts,
        "account_writes": jobs / accounts,
        "chunk_writes": in_flight / CHUNKS_IN_FLIGHT,
        "s3_puts": jobs * _of_jobs(lambda job: _sum(job, "s3_puts")),
        "s3_gets": jobs * _of_jobs(lambda job: _sum(job, "s3_gets")),
    }


def _of_jobs(amount: Callable[[dict[str, Any]], float]) -> float:
    """The mean over the mix of jobs: on a line through the two that were counted."""
    small, large = (amount(job) for job in deployed.results("calls")["jobs"] if job["tier"] == "cpu")
    one, hundred = (job["pages"] for job in deployed.results("calls")["jobs"] if job["tier"] == "cpu")
    slope = (large - small) / (hundred - one)
    return small + slope * (mean_pages() - one)


def _sum(job: dict[str, Any], name: str) -> float:
    return float(sum(counts.get(name, 0) for counts in job["functions"].values()))


def use(load: Load) -> dict[str, float]:
    """The share of each limit that is asked for."""
    asked = demands(load)
    return {
        name: asked[limit["demand"]] / limit["value"]
        for name, limit in deployed.data("limits").items()
        if "demand" in limit
    }


def binds_at(name: str) -> float:
    """Pages a day at which a limit is reached. Demand is proportional to load, but for what one job alone asks for."""
    return MUCH / use(Load.of(MUCH))[name]


def reached(shares: dict[str, float]) -> list[str]:
    """The limits that are asked for more than there is, the first to bind first; if none is, the nearest."""
    ordered = sorted(shares, key=lambda name: -shares[name])
    return [name for name in ordered if shares[name] > 1] or ordered[:1]
