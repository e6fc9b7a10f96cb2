"""Plans as an operator writes them: read whole, or refused in words that name the place."""

from __future__ import annotations

from typing import Any

import pytest

from ocrchat import plans
from tests.plans import PLANS

FREE = {"file_pages": 50, "retention_days": 7, "requests_per_minute": 60, "questions_a_day": 20, "daily_cap": 100}


def test_what_is_written_is_read() -> None:
    assert plans.read(plans.write(PLANS)) == PLANS


def test_each_plan_knows_the_next_that_offers_more() -> None:
    upgrades = [plan.upgrade and plan.upgrade.plan for plan in PLANS.values()]

    assert upgrades == ["pro", "business", None]


def test_an_account_whose_plan_was_taken_away_has_what_the_first_one_gives() -> None:
    plan = plans.plan_of(PLANS, "gold")

    assert (plan.name, plan.file_pages, plan.daily_cap) == ("gold", 50, 100)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("{", "no JSON"),
        ({}, "an object with a plan at least"),
        ([], "an object with a plan at least"),
        ({"Free": FREE}, "'Free' is no name"),
        ({"free": 7}, "free: an object"),
        ({"free": {**FREE, "pages": 5}}, r"free\.pages: there is no such entry, but file_pages, "),
        ({"free": {**FREE, "file_pages": "50"}}, r"free\.file_pages: a whole number, 1 at least"),
        ({"free": {**FREE, "file_pages": True}}, r"free\.file_pages: a whole number, 1 at least"),
        ({"free": {**FREE, "daily_cap": 0}}, r"free\.daily_cap: a whole number, 1 at least"),
        ({"free": {**FREE, "prepaid": 1}}, r"free\.prepaid: true or false"),
        ({"free": {"file_pages": 5, "retention_days": 7}}, "free: requests_per_minute, questions_a_day missing"),
        ({"free": {**FREE, "retention_days": 8}}, r"free\.retention_days: one of 1, 3, 7, 14"),
        ({"free": {**FREE, "file_pages": 3001}}, r"free\.file_pages: 3000 at most"),
        ({"free": {key: it for key, it in FREE.items() if key != "daily_cap"}}, "free: prepaid, or a daily_cap"),
    ],
)
def test_what_is_wrong_is_named(given: Any, message: str) -> None:
    with pytest.raises(ValueError, match=f"^{message}"):
        plans.read(given)


def test_more_than_a_functions_variables_hold_is_refused() -> None:
    many = plans.read({f"plan-{number}": FREE for number in range(40)})

    with pytest.raises(ValueError, match="characters, where 1000 fit"):
        plans.write(many)
