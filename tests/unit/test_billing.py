"""What an account may spend: the arithmetic of plans, caps, reservations and refunds."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ocrchat.billing import Account
from ocrchat.errors import (
    DailyLimitReached,
    MonthlyLimitReached,
    OutOfCredits,
    PaymentRequired,
    SpendCapReached,
    Upgrade,
)
from ocrchat.model import Funding
from tests.plans import PLANS

NOON = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
FREE = Account("free", PLANS["free"])
PRO = Account("pro", PLANS["pro"], granted=100, balance=100)


def test_a_prepaid_plan_spends_its_balance() -> None:
    account, movement = PRO.reserve(30, NOON, "job")

    assert (account.balance, account.granted) == (70, 100)
    assert (movement.credits, movement.funded_by, movement.job_id) == (-30, Funding.BALANCE, "job")


def test_a_free_plan_spends_its_allowance_and_no_balance() -> None:
    account, movement = FREE.reserve(30, NOON, "job")

    assert account.balance == 0
    assert (account.daily(NOON).used, account.monthly(NOON).used) == (30, 30)
    assert movement.funded_by is Funding.ALLOWANCE


def test_the_daily_cap_stands_until_midnight() -> None:
    account, _ = FREE.reserve(100, NOON, "job")

    with pytest.raises(DailyLimitReached, match="2026-11-26 00:00 UTC") as error:
        account.reserve(1, NOON + timedelta(hours=11, minutes=59), "job")
    assert (error.value.used, error.value.cap) == (100, 100)
    assert error.value.upgrade == Upgrade("pro", file_pages=1000, daily_cap=None, monthly_cap=None)
    tomorrow, _ = account.reserve(100, NOON + timedelta(hours=12), "job")
    assert (tomorrow.day_used, tomorrow.month_used) == (100, 200)


def test_the_monthly_cap_stands_until_the_first() -> None:
    account = replace(FREE, month="2026-11", month_used=1000)

    with pytest.raises(MonthlyLimitReached, match="2026-12-01"):
        account.reserve(1, NOON, "job")
    account.reserve(1, datetime(2026, 12, 1, tzinfo=UTC), "job")


def test_the_year_ends_well() -> None:
    account = replace(FREE, month="2026-12", month_used=1000)

    assert account.monthly(datetime(2026, 12, 31, 23, tzinfo=UTC)).resets_at == datetime(2027, 1, 1, tzinfo=UTC)


def test_the_operators_spend_cap_binds_a_prepaid_plan_too_and_no_plan_lifts_it() -> None:
    account = replace(PRO, spend_cap=10)

    with pytest.raises(SpendCapReached) as error:
        account.reserve(11, NOON, "job")
    assert error.value.members == {"used": 0, "cap": 10, "upgrade": None}


def test_an_error_says_how_much_was_used_of_what_was_granted() -> None:
    account, _ = PRO.reserve(95, NOON, "job")

    with pytest.raises(OutOfCredits) as error:
        account.reserve(6, NOON, "job")
    assert (error.value.used, error.value.cap) == (95, 100)


def test_the_largest_plan_has_no_upgrade() -> None:
    assert PLANS["business"].upgrade is None


def test_a_slow_request_of_yesterday_does_not_bring_yesterday_back() -> None:
    yesterday, today = datetime(2026, 11, 30, 23, 59, 50, tzinfo=UTC), datetime(2026, 12, 1, 0, 0, 1, tzinfo=UTC)
    account, _ = FREE.reserve(100, today, "quick")

    with pytest.raises(DailyLimitReached):
        account.reserve(1, yesterday, "slow")


@pytest.mark.parametrize(
    ("ended", "day_used", "month_used"),
    [
        (NOON + timedelta(hours=1), 6, 6),
        (NOON + timedelta(days=1), 4, 6),  # the day of the job is over; 4 are the next day's own
        (datetime(2026, 12, 1, tzinfo=UTC), 4, 4),
    ],
    ids=["same day", "next day", "next month"],
)
def test_a_refund_goes_to_the_day_and_month_of_the_submission(ended: datetime, day_used: int, month_used: int) -> None:
    account, _ = FREE.reserve(6, NOON, "job")
    account, _ = account.reserve(4, ended, "another")

    refunded, movement = account.refund(4, Funding.ALLOWANCE, NOON, ended, "job")

    assert movement.credits == 4
    assert (refunded.day_used, refunded.month_used) == (day_used, month_used)


@given(st.lists(st.tuples(st.integers(1, 60), st.integers(0, 60), st.integers(0, 30)), max_size=30))
def test_no_order_of_reservations_and_refunds_exceeds_a_cap(jobs: list[tuple[int, int, int]]) -> None:
    account, now = FREE, NOON
    for credits, refunded, hours in jobs:
        now += timedelta(hours=hours)
        try:
            account, _ = account.reserve(credits, now, "job")
        except PaymentRequired:
            continue
        assert account.day_used <= 100
        assert account.month_used <= 1000
        account, _ = account.refund(min(refunded, credits), Funding.ALLOWANCE, now, now, "job")
        assert 0 <= account.day_used <= account.month_used


def test_the_limit_that_is_reached_first_is_shown() -> None:
    assert FREE.narrowest(NOON) == (0, 100)
    assert replace(FREE, month="2026-11", month_used=950).narrowest(NOON) == (950, 1000)
    assert PRO.narrowest(NOON) == (0, 100)
    assert replace(PRO, spend_cap=40).narrowest(NOON) == (0, 40)


def test_the_former_webhook_secret_signs_until_its_time_is_over() -> None:
    account = replace(
        PRO, webhook_secret="new", former_webhook_secret="old", former_webhook_secret_until=NOON + timedelta(hours=1)
    )

    assert account.webhook_secrets(NOON) == ("new", "old")
    assert account.webhook_secrets(NOON + timedelta(hours=1)) == ("new",)


def test_more_than_there_is_cannot_be_taken_back() -> None:
    assert PRO.grant(-100, "mistake", NOON)[0].balance == 0
    with pytest.raises(ValueError, match="has 100 credits"):
        PRO.grant(-101, "mistake", NOON)
