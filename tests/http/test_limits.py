"""What stands in the way of a job: allowances, balances, caps. Each 402 with `used`, `cap` and `upgrade`."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from tests.documents import digital_pdf, scanned_pdf
from tests.http.conftest import OpenAccount, Stack, post
from tests.http.test_bad_input import problem
from tests.http.test_contract import balance

PRO = {"plan": "pro", "file_pages": 1000, "daily_cap": None, "monthly_cap": None}
BUSINESS = {"plan": "business", "file_pages": 3000, "daily_cap": None, "monthly_cap": None}


def change(stack: Stack, api: httpx.Client, **values: Any) -> None:
    """Writes the account, as the operator's command does."""
    account = stack.cloud.accounts.get(api.headers["X-Account"])
    assert account is not None
    assert stack.cloud.accounts.replace(replace(account, **values))


def refused(answer: httpx.Response, code: str) -> tuple[int, int, Any]:
    """`used`, `cap` and `upgrade` of a 402."""
    body = problem(answer, 402, code)
    return body["used"], body["cap"], body["upgrade"]


def kept(api: httpx.Client) -> int:
    """How many jobs the account has."""
    return len(api.get("/api/v1/ocr/").raise_for_status().json()["jobs"])


def test_the_day_of_a_free_account_is_full_until_pages_are_given_back(open_account: OpenAccount) -> None:
    api = open_account("free")
    post(api, "a.pdf", digital_pdf(50)).raise_for_status()
    scan = post(api, "scan.pdf", scanned_pdf(50)).raise_for_status().json()
    assert refused(post(api, "a.pdf", digital_pdf(1)), "daily_limit_reached") == (100, 100, PRO)

    cancelled = api.post(f"/api/v1/ocr/{scan['uuid']}/cancel/").raise_for_status().json()

    used = 50 + cancelled["credits_charged"]
    account = api.get("/api/v1/account/").json()
    assert (account["used"], account["cap"], account["daily"]["used"]) == (used, 100, used)
    assert post(api, "a.pdf", digital_pdf(1)).status_code == 200


def test_the_month_of_a_free_account_is_full(open_account: OpenAccount, stack: Stack) -> None:
    api = open_account("free")
    change(stack, api, month=f"{datetime.now(UTC):%Y-%m}", month_used=999)

    assert refused(post(api, "a.pdf", digital_pdf(2)), "monthly_limit_reached") == (999, 1000, PRO)

    account = api.get("/api/v1/account/").json()
    assert (account["used"], account["cap"], kept(api)) == (999, 1000, 0)
    assert post(api, "a.pdf", digital_pdf(1)).status_code == 200


@pytest.mark.parametrize(("plan", "upgrade"), [("pro", BUSINESS), ("business", None)])
def test_a_balance_that_does_not_reach_is_not_touched(
    open_account: OpenAccount, plan: str, upgrade: dict[str, Any] | None
) -> None:
    api = open_account(plan, credits=5)
    post(api, "a.pdf", digital_pdf(2)).raise_for_status()

    assert refused(post(api, "a.pdf", digital_pdf(4)), "out_of_credits") == (2, 5, upgrade)

    assert (balance(api), kept(api)) == (3, 1)
    assert post(api, "a.pdf", digital_pdf(4), pages="1-3").raise_for_status().json()["status"] == "done"
    assert balance(api) == 0


def test_the_operators_cap_holds_whatever_the_plan_allows(open_account: OpenAccount, stack: Stack) -> None:
    api = open_account("business", credits=100)
    change(stack, api, spend_cap=3)
    post(api, "a.pdf", digital_pdf(2)).raise_for_status()

    assert refused(post(api, "a.pdf", digital_pdf(2)), "spend_cap_reached") == (2, 3, None)

    account = api.get("/api/v1/account/").json()
    assert (account["used"], account["cap"], account["balance"]) == (2, 3, 98)
    assert post(api, "a.pdf", digital_pdf(1)).status_code == 200


def test_a_file_with_more_pages_than_the_plan_reads_can_be_read_in_part(open_account: OpenAccount) -> None:
    api = open_account("free")

    body = problem(post(api, "a.pdf", digital_pdf(51)), 400, "too_many_pages")

    assert body["upgrade"] == PRO
    assert "pages=1-50" in body["detail"]
    quote = post(api, "a.pdf", digital_pdf(51), pages="1-50", dry_run="true").raise_for_status().json()
    assert (quote["page_count"], quote["source_pages"], quote["affordable"]) == (50, 51, True)
    assert problem(post(open_account(), "a.pdf", digital_pdf(3001)), 400, "too_many_pages")["upgrade"] is None


def test_the_counter_of_requests_comes_with_every_answer_that_it_counts(open_account: OpenAccount) -> None:
    api = open_account("pro", credits=1)

    answers = [post(api, "a.pdf", digital_pdf(1)), post(api, "a.pdf", digital_pdf(1)), post(api, "a.pdf", b"")]

    assert [answer.status_code for answer in answers] == [200, 402, 400]
    assert {answer.headers["ratelimit-policy"] for answer in answers} == {'"account";q=300;w=60'}
    assert all(answer.headers["ratelimit"].startswith('"account";r=29') for answer in answers)
    assert "ratelimit" not in api.get("/api/v1/account/").headers


def test_the_ledger_of_an_allowance_says_so_and_its_sum_is_the_use(open_account: OpenAccount) -> None:
    api = open_account("free")
    content = digital_pdf(6).replace(b"/Count 6", b"/Count 7")  # the page tree promises one more than it has

    first = post(api, "a.pdf", digital_pdf(1)).raise_for_status().json()
    second = post(api, "b.pdf", content, pages="1,7").raise_for_status().json()

    movements = api.get("/api/v1/account/ledger/").raise_for_status().json()["movements"]
    assert [(m["kind"], m["credits"], m["funded_by"], m["job"]) for m in movements] == [
        ("refund", 1, "allowance", second["uuid"]),
        ("reserve", -2, "allowance", second["uuid"]),
        ("reserve", -1, "allowance", first["uuid"]),
    ]
    account = api.get("/api/v1/account/").json()
    assert (account["daily"]["used"], account["monthly"]["used"], account["balance"]) == (2, 2, None)


def test_a_job_of_which_no_page_can_be_read_fails_and_costs_nothing(open_account: OpenAccount) -> None:
    api = open_account()
    content = digital_pdf(6).replace(b"/Count 6", b"/Count 7")

    job = post(api, "a.pdf", content, pages="7").raise_for_status().json()

    assert (job["status"], job["failed_pages"], job["error"]["code"]) == ("failed", [6], "no_page_readable")
    assert (job["credits_reserved"], job["credits_charged"], balance(api)) == (1, 0, 100)
    problem(api.get(f"/api/v1/ocr/{job['uuid']}/download/"), 409, "job_failed")
