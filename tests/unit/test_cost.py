"""The model of what pages cost: units of capacity, quantities times prices, and a page that says what the model says."""

from __future__ import annotations

import copy
from collections import Counter

import pytest

from benchmarks import cost, deployed
from benchmarks.capacity import Index, index_units, item_size, query_units, read_units, write_units
from benchmarks.cost import Case

KEY = ("pk", "sk")
JOB = {"pk": {"S": "JOB#1"}, "sk": {"S": "JOB"}, "account_id": {"S": "a"}, "created_at": {"S": "2026"}}


def test_an_item_is_as_large_as_its_names_and_values() -> None:
    item = {
        "text": {"S": "Zürich"},  # 4 + 7
        "page": {"N": "123"},  # 4 + 1 + 2
        "pending": {"NS": ["7", "10"]},  # 7 + 2 + 2
        "done": {"BOOL": True},  # 4 + 1
        "failures": {"M": {"3": {"S": "no"}}},  # 8 + 3 + 1 + 1 + 2
    }

    assert item_size(item) == 11 + 7 + 11 + 5 + 15


@pytest.mark.parametrize(("size", "units"), [(1, 1), (4096, 1), (4097, 2)])
def test_a_read_unit_is_four_kilobytes_of_one_item(size: int, units: int) -> None:
    item = {"x": {"S": "a" * (size - 1)}}

    assert read_units([item], consistent=True) == units
    assert read_units([item], consistent=False) == units / 2


def test_items_that_are_read_by_name_are_rounded_up_each_and_those_of_a_query_together() -> None:
    small = {"x": {"S": "a" * 99}}

    assert read_units([small, small, {}], consistent=True) == 3
    assert query_units([small, small], consistent=True) == 1


def test_a_write_costs_the_larger_of_before_and_after_and_twice_that_in_a_transaction() -> None:
    small, large = {"x": {"S": "a"}}, {"x": {"S": "a" * 2000}}

    assert (write_units(large, small), write_units(small, large)) == (2, 2)
    assert write_units(None, None) == 1  # a condition that did not hold
    assert write_units(None, large, transactional=True) == 4


def test_an_index_is_written_where_what_it_holds_changes() -> None:
    narrow, whole = Index(("open_lane", "created_at"), False), Index(("account_id", "created_at"), True)
    opened = JOB | {"open_lane": {"S": "bulk"}}
    begun = opened | {"status": {"S": "processing"}}
    moved = opened | {"open_lane": {"S": "interactive"}}

    assert index_units(narrow, KEY, None, opened) == 1
    assert (index_units(narrow, KEY, opened, begun), index_units(whole, KEY, opened, begun)) == (0, 1)
    assert index_units(narrow, KEY, opened, moved) == 2  # taken out and put in
    assert index_units(narrow, KEY, opened, JOB) == 1  # closed
    assert index_units(narrow, KEY, JOB, JOB | {"status": {"S": "done"}}) == 0  # it was not in it


ASSUMED = {
    "compute": {
        "lambda_core": 1.0,
        "call_seconds": 0.0,
        "other_cpu_seconds": 0.0,
        "cold_share": 0.0,
        "image_start_seconds": 0.0,
    },
    "vlm": {"pages_per_second": 0.5, "requests_per_copy": 8},
    "use": {"polls": 3, "downloads": 0, "platform_log_bytes": 0, "access_log_bytes": 0},
    "scale": {"before_seconds": 0.5, "after_seconds": 0.5},
}


def test_a_page_costs_what_a_hand_calculation_says() -> None:
    """10 pages of 2 s on 1,769 MB: 34.55 GB-seconds, and each page's message is received and deleted."""
    worker = {"invocations": 10, "s3_puts": 10, "write_units": 12, "read_units": 20.0, "sqs_requests": 10}
    job = {"pages": 10, "states": 3, "functions": {"ocr_page.handler": worker}}

    found = cost.quantities(Case("", 10, 2.0), job, ASSUMED)

    assert found[cost.READING]["lambda_gb_second"] == pytest.approx(10 * 2 * 1769 / 1024)
    assert found[cost.READING]["lambda_request"] == 10
    assert found["SQS"] == {"sqs_request": 30, "sqs_fair": 30}
    assert found["Step Functions"] == {"transition": 5}
    assert found["DynamoDB"] == {"write_unit": 12, "read_unit": 20.0}
    assert cost.WAITING not in found  # ten pages are polled for
    prices = {"lambda_gb_second": {"price": 0.00001}, "lambda_request": {"price": 0.001}}
    assert cost.dollars(found[cost.READING], prices) == pytest.approx(0.0003455 + 0.01, abs=1e-6)


def test_a_small_job_pays_for_the_function_that_waits_for_it_and_is_not_polled_for() -> None:
    job = {"pages": 1, "states": 3, "functions": {"poll": {"invocations": 1}, "result": {"invocations": 1}}}

    found = cost.quantities(Case("", 1, 1.0), job, ASSUMED)

    assert found[cost.WAITING]["lambda_gb_second"] == pytest.approx((0.5 + 1.0 + 0.5) * 1769 / 1024)
    assert found["API Gateway"]["api_request"] == 1
    assert found[cost.REST]["lambda_request"] == 0


def test_a_worker_waits_for_the_model_as_long_as_all_requests_of_a_copy_take() -> None:
    job = {"pages": 1, "states": 3, "functions": {"ocr_page.vlm": {"invocations": 1}}}

    found = cost.quantities(Case("", 1, 1.0, "vlm"), job, ASSUMED)

    assert found[cost.ASKING]["lambda_gb_second"] == pytest.approx(8 / 0.5 * 512 / 1024)


def test_slower_cores_make_reading_dearer_and_nothing_that_is_counted() -> None:
    (job,) = (job for job in deployed.results("calls")["jobs"] if (job["pages"], job["tier"]) == (100, "cpu"))
    slow = copy.deepcopy(deployed.data("assumptions"))
    slow["compute"]["lambda_core"] *= 2
    case = cost.cases()[1]

    before, after = (cost.quantities(case, job, each) for each in (deployed.data("assumptions"), slow))

    assert after[cost.READING]["lambda_gb_second"] > 1.8 * before[cost.READING]["lambda_gb_second"]
    assert after["DynamoDB"] == before["DynamoDB"]


def test_a_gpu_that_idles_half_of_its_time_costs_twice_as_much_a_page() -> None:
    hour = deployed.data("prices")["ml_g6_xlarge_hour"]["price"]
    speed = deployed.data("assumptions")["vlm"]["pages_per_second"]

    assert cost.gpu(1.0) == pytest.approx(hour * 1000 / (3600 * speed))
    assert cost.gpu(0.5) == pytest.approx(2 * cost.gpu(1.0))


def test_every_price_says_where_it_comes_from_and_where_to_look() -> None:
    prices = deployed.data("prices")

    assert all({"price", "unit", "source", "check", "date"} <= set(price) for price in prices.values())
    assert {price["source"] for price in prices.values()} <= {"memory", "research", "web"}
    assert all(
        f"{name}_why" in table for table in deployed.data("assumptions").values() for name in table if not is_why(name)
    )


def is_why(name: str) -> bool:
    return name.endswith("_why") or name == "job_pages"  # told with job_shares


OF_THE_PAGE = {"ecr_gb_month", "metric_month", "ml_g6_xlarge_hour", "translate_character"}
"""Prices of what no job is charged with: idle parts, the GPU, a translation."""


def test_every_price_is_used() -> None:
    jobs = {(job["pages"], job["tier"]): job for job in deployed.results("calls")["jobs"]}
    used = {
        name
        for case in cost.cases()
        for part in cost.quantities(case, jobs[case.pages, case.tier], deployed.data("assumptions")).values()
        for name in part
    }
    others = {name for name, price in deployed.data("prices").items() if "name" in price}

    assert set(deployed.data("prices")) == used | others | OF_THE_PAGE


def test_every_function_that_was_counted_is_deployed() -> None:
    names = {name for job in deployed.results("calls")["jobs"] for name in job["functions"]}

    assert {cost.SERVICES.get(name, name) for name in names} <= set(deployed.memory_mb())


def test_nothing_that_was_counted_is_left_out_of_the_bill() -> None:
    counted: Counter[str] = Counter()
    for job in deployed.results("calls")["jobs"]:
        for counts in job["functions"].values():
            counted.update(counts)

    assert set(counted) == {
        *("invocations", "calls", "log_bytes", "s3_puts", "s3_gets", "read_units", "write_units", "sqs_requests"),
        *("executions", "task_answers"),  # Step Functions charges transitions, not requests
    }


def test_the_page_is_what_the_model_says_today() -> None:
    assert cost.PAGE.read_text() == cost.document(), "run python -m benchmarks.cost"
