"""What pages cost on AWS: quantities times prices, written into docs/cost.md.

    python -m benchmarks.cost

Calls are counted (results/calls.json), seconds of reading and of making downloads are measured (accuracy.json, embedded.json,
exports.json), memory is what is deployed (local/template.json). What nobody measured is in aws/assumptions.toml, prices are in
aws/prices.toml.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jinja2

from benchmarks import deployed
from infra.config import default_plans
from ocrchat.model import CHUNK_PAGES, INLINE_PAGES

HERE = Path(__file__).parent
PAGE = HERE.parent / "docs" / "cost.md"

HOURS = 730
"""Of a month."""

PLAN = default_plans()["pro"]
"""Whose retention is reckoned with."""

SERVICES = {"poll": "submit.api", "result": "submit.api", "download": "export.api"}
"""Requests that are counted apart, and the functions that answer them; all others go by the function's name."""

READING, WAITING, ASKING, REST = "Reading", "Waiting for the answer", "Waiting for the model", "All other functions"
STARTING, API, S3, DYNAMODB, SQS = "Starting workers", "API Gateway", "S3 requests", "DynamoDB", "SQS"
TRANSITIONS, LOGS, STORAGE, EGRESS = "Step Functions", "Logs and traces", "Storage", "Download to the Internet"
PARTS = (READING, STARTING, WAITING, ASKING, REST, API, S3, DYNAMODB, SQS, TRANSITIONS, LOGS, STORAGE, EGRESS)

Quantities = dict[str, Counter[str]]
"""What a job takes: of each part of the bill, so much of each price."""


@dataclass(frozen=True, slots=True)
class Case:
    """Pages of a kind: in jobs of how many, and how many seconds of a core one takes."""

    title: str
    pages: int
    seconds: float
    tier: str = "cpu"
    is_scanned: bool = True


def cases() -> list[Case]:
    read = deployed.results("accuracy")["folders"]["B"]
    thorough = deployed.results("embedded")["folders"]["B"]["raster-twin"]["ocrchat, vlm embedded"]["cpu_s_a_page"]
    digital = read["born-digital"]["ocrchat"]["cpu_s_a_page"]
    scan = read["raster-twin"]["ocrchat"]["cpu_s_a_page"]
    return [
        Case("digital, 100 pages a file", 100, digital, is_scanned=False),
        Case("scanned, 100 pages a file", 100, scan),
        Case("scanned, a page a file", 1, scan),
        Case("vlm, 10 pages a file", 10, thorough, "vlm"),
    ]


def quantities(case: Case, job: dict[str, Any], assumed: dict[str, Any]) -> Quantities:
    """Of one job, whose counts `job` are. The GPU is not in it: see `gpu`."""
    found: Quantities = {}
    use, compute = assumed["use"], assumed["compute"]
    is_inline = case.pages <= INLINE_PAGES
    times = {
        "poll": 0 if is_inline else use["polls"] - 1,
        "result": 0 if is_inline else 1,
        "download": use["downloads"],
    }
    invocations = 0.0
    for name, counts in job["functions"].items():
        often = times.get(name, 1)
        ran = often * counts["invocations"]
        invocations += ran
        seconds = often * _seconds(name, case, counts, assumed)
        part = {"ocr_page.handler": READING, "ocr_page.vlm": ASKING}.get(name, REST)
        gb = deployed.memory_mb()[SERVICES.get(name, name)] / 1024
        _add(found, part, lambda_gb_second=seconds * gb, lambda_request=ran)
        _add(found, S3, s3_put=often * counts.get("s3_puts", 0), s3_get=often * counts.get("s3_gets", 0))
        _add(
            found,
            DYNAMODB,
            write_unit=often * counts.get("write_units", 0),
            read_unit=often * counts.get("read_units", 0),
        )
        # Of each page's message the event source receives one, and deletes one.
        sqs = often * counts.get("sqs_requests", 0) + (2 * ran if name.startswith("ocr_page") else 0)
        _add(found, SQS, sqs_request=sqs, sqs_fair=sqs)
        lines = often * counts.get("log_bytes", 0) + ran * use["platform_log_bytes"]
        _add(found, LOGS, log_gb=lines / 1e9, trace=ran)
    if is_inline:
        wait = assumed["scale"]["before_seconds"] + case.seconds * compute["lambda_core"]
        wait += assumed["scale"]["after_seconds"]
        _add(found, WAITING, lambda_gb_second=wait * deployed.memory_mb()["submit.api"] / 1024)
    start = deployed.results("cold_start")["peers"]["ocrchat"]["cpu_s"] + compute["image_start_seconds"]
    worker_gb = deployed.memory_mb()["ocr_page.handler"] / 1024
    _add(found, STARTING, lambda_gb_second=case.pages * compute["cold_share"] * start * worker_gb)
    requests = 1 + sum(times.values())
    _add(found, API, api_request=requests)
    _add(found, LOGS, log_gb=requests * use["access_log_bytes"] / 1e9)
    _add(found, TRANSITIONS, transition=job["states"] + 2)  # AWS counts the start and the end too
    _add(found, STORAGE, s3_gb_month=_stored_mb(case, job) / 1000 * PLAN.retention_days / 30)
    downloaded = use["downloads"] * case.pages / 100 * _exports(case)["docx"]["mb"] / 1000
    _add(found, EGRESS, egress_gb=downloaded)
    return found


def _seconds(name: str, case: Case, counts: dict[str, float], assumed: dict[str, Any]) -> float:
    """How long a function runs for a job, all its invocations together."""
    compute = assumed["compute"]
    waiting = counts.get("calls", 0) * compute["call_seconds"]
    exports = _exports(case)
    match name:
        case "ocr_page.handler":
            work = case.pages * case.seconds
        case "ocr_page.vlm":
            model = assumed["vlm"]
            return waiting + case.pages * float(model["requests_per_copy"] / model["pages_per_second"])
        case "export.prepare":
            work = sum(row["cpu_s"] for row in exports.values()) * case.pages / 100
        case "download" if counts.get("s3_puts"):
            work = exports["docx"]["cpu_s"] * case.pages / 100
        case _:
            work = counts["invocations"] * compute["other_cpu_seconds"]
    return waiting + float(work * compute["lambda_core"])


def _document(case: Case) -> dict[str, Any]:
    """What was measured of such documents, for 100 pages."""
    found: dict[str, Any] = deployed.results("exports")["documents"]["scanned" if case.is_scanned else "digital"]
    return found


def _exports(case: Case) -> dict[str, Any]:
    """Of 100 pages, by format; without OCRmyPDF's, which is there to compare."""
    return {form: row for form, row in _document(case)["formats"].items() if " by " not in form}


def _stored_mb(case: Case, job: dict[str, Any]) -> float:
    """The file, its chunks where it is cut, the pages and the result, and the downloads that are made."""
    exports = _exports(case)
    is_prepared = "export.prepare" in job["functions"]
    files = sum(row["mb"] for row in exports.values()) if is_prepared else exports["docx"]["mb"]
    copies = 2 if case.pages > CHUNK_PAGES else 1
    return float(copies * _document(case)["source_mb"] + 2 * exports["json"]["mb"] + files) * case.pages / 100


def _add(found: Quantities, part: str, **amounts: float) -> None:
    counter = found.setdefault(part, Counter())
    for name, amount in amounts.items():
        counter[name] += amount


def dollars(amounts: Counter[str], prices: dict[str, Any]) -> float:
    return sum(amount * float(prices[name]["price"]) for name, amount in amounts.items())


def bill(case: Case, lambda_core: float | None = None) -> dict[str, float]:
    """Dollars for 1,000 pages, by part; if need be with another speed of Lambda's cores than is assumed."""
    (job,) = (
        job for job in deployed.results("calls")["jobs"] if (job["pages"], job["tier"]) == (case.pages, case.tier)
    )
    prices, assumed = deployed.data("prices"), deployed.data("assumptions")
    if lambda_core is not None:
        assumed = assumed | {"compute": assumed["compute"] | {"lambda_core": lambda_core}}
    found = quantities(case, job, assumed)
    return {part: dollars(amounts, prices) * 1000 / case.pages for part, amounts in found.items()}


def gpu(utilisation: float) -> float:
    """Dollars for 1,000 pages on the endpoint, where it reads in so much of the time that it is awake."""
    hour = deployed.data("prices")["ml_g6_xlarge_hour"]["price"]
    return float(hour / 3600 / deployed.data("assumptions")["vlm"]["pages_per_second"] / utilisation * 1000)


def idle() -> list[tuple[str, str, float]]:
    """What a month costs in which nobody sends anything: what, how much of it, dollars."""
    prices, assumed = deployed.data("prices"), deployed.data("assumptions")
    use, seconds = assumed["use"], HOURS * 3600
    polls = deployed.event_sources() * use["pollers"] * seconds / 20
    runs = seconds / 60 / deployed.scheduled_minutes()
    counts = deployed.results("calls")["idle"]["submit.reconcile"]
    time = counts["calls"] * assumed["compute"]["call_seconds"] + assumed["compute"]["core_start_seconds"]
    gb = deployed.memory_mb()["submit.reconcile"] / 1024
    reconciler = Counter(
        {
            "lambda_gb_second": runs * time * gb,
            "lambda_request": runs,
            "read_unit": runs * counts["read_units"],
            "sqs_request": runs * counts["sqs_requests"],
            "trace": runs,
            "log_gb": runs * (use["platform_log_bytes"] + counts.get("log_bytes", 0)) / 1e9,
        }
    )
    return [
        (
            f"Lambda's pollers at {deployed.event_sources()} queues",
            f"{polls / 1e6:.1f} million empty receives",
            dollars(Counter({"sqs_request": polls}), prices),
        ),
        ("The reconciler", f"{runs:,.0f} runs", dollars(reconciler, prices)),
        ("The OCR image", f"{use['image_gb']} GB", dollars(Counter({"ecr_gb_month": use["image_gb"]}), prices)),
    ]


def others() -> list[dict[str, Any]]:
    return [price for price in deployed.data("prices").values() if "name" in price]


def earned_back(month: float, page: float) -> int:
    """Pages a month from which on `page` dollars each and `month` are less than the cheapest of the others asks."""
    cheapest = min(float(other["price"]) for other in others())
    assert page < cheapest
    return math.ceil(month / (cheapest - page) / 100) * 100


def document() -> str:
    bills = {case.title: bill(case) for case in cases()}
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(HERE), trim_blocks=True, lstrip_blocks=True, undefined=jinja2.StrictUndefined
    )
    return environment.get_template("cost.md.jinja").render(
        cases=cases(),
        bills=bills,
        parts=PARTS,
        totals={title: sum(found.values()) for title, found in bills.items()},
        slower={case.title: sum(bill(case, lambda_core=1.5).values()) for case in cases()},
        gpu=gpu,
        hours=HOURS,
        idle=idle(),
        earned_back=earned_back(sum(row[2] for row in idle()), sum(bills["scanned, a page a file"].values()) / 1000),
        others=others(),
        plan=PLAN,
        prices=deployed.data("prices"),
        assumed=deployed.data("assumptions"),
        accuracy=deployed.results("accuracy"),
        memory=deployed.memory_mb(),
        peaks=deployed.results("memory"),
        weights=deployed.data("prices")["s3_gb_month"]["price"] * deployed.data("assumptions")["vlm"]["weights_gb"],
        metrics=deployed.data("prices")["metric_month"]["price"]
        * deployed.data("assumptions")["use"]["metrics_in_use"],
    )


def main() -> None:
    PAGE.write_text(document())
    for case in cases():
        print(f"{case.title:<28} ${sum(bill(case).values()):.3f} for 1,000 pages")


if __name__ == "__main__":
    main()
