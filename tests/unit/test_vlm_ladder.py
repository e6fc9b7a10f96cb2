from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from ocrchat.model import Tries
from ocrchat.vlm import ladder
from ocrchat.vlm.ladder import Again

NOW = datetime(2026, 11, 26, 9, 30, tzinfo=UTC)
HOUR = timedelta(hours=1)


def waits(step: Callable[[Tries], Again | None]) -> list[int]:
    """Seconds between the tries until there is none."""
    tries, seconds = Tries(NOW), []
    while again := step(tries):
        tries = again.tries
        seconds.append(again.seconds)
        assert len(seconds) < 100
        assert tries.since == NOW
    return seconds


@pytest.mark.parametrize(
    ("step", "times"),
    [(ladder.busy, 5), (ladder.broken, 2), (ladder.too_large, 1), (ladder.cut, 1), (ladder.bad, 2)],
)
def test_every_kind_ends(step: Callable[[Tries], Again | None], times: int) -> None:
    assert len(waits(step)) == times


def test_the_kinds_are_counted_apart() -> None:
    tries = Tries(NOW)
    for step in (ladder.busy, ladder.broken, ladder.cut, ladder.bad):
        again = step(tries)
        assert again is not None
        tries = again.tries
    assert (tries.busy, tries.broken, tries.cut, tries.bad) == (1, 1, 1, 1)


def test_a_busy_server_is_left_alone_longer_and_longer() -> None:
    for _ in range(20):
        seconds = waits(ladder.busy)
        assert all(7 <= wait / 2**n <= 15 for n, wait in enumerate(seconds))


def test_a_model_that_sleeps_is_waited_for_until_patience_is_over() -> None:
    tries = Tries(NOW, busy=3, bad=1)
    found = [ladder.asleep(tries, NOW + minutes * timedelta(minutes=1), HOUR) for minutes in range(60)]

    assert all(again is not None and 60 <= again.seconds <= 120 and again.tries == tries for again in found)
    assert len({again.seconds for again in found if again}) > 5
    assert ladder.asleep(tries, NOW + HOUR, HOUR) is None
    assert ladder.asleep(tries, NOW, timedelta(0)) is None


def test_a_bad_answer_is_asked_for_with_more_chance_and_last_on_a_smaller_picture() -> None:
    tries = Tries(NOW)
    seen = []
    for _ in range(3):
        sampling = ladder.sampling(tries, 1.0, 1024)
        seen.append((sampling.temperature, sampling.top_p, tries.is_small))
        again = ladder.bad(tries)
        tries = again.tries if again else tries
    assert seen == [(0.1, 1.0, False), (0.3, 0.95, False), (0.6, 0.95, True)]
    assert ladder.bad(tries) is None


def test_the_top_p_of_the_first_try_is_the_dialects() -> None:
    assert ladder.sampling(Tries(NOW), 0.9, 1024).top_p == 0.9
    assert ladder.sampling(Tries(NOW, bad=9), 0.9, 1024).top_p == 0.95


def test_a_picture_stays_small_once_it_was_too_large() -> None:
    again = ladder.too_large(Tries(NOW))
    assert again is not None
    after = ladder.bad(again.tries)
    assert after is not None
    assert after.tries.is_small
    assert after.seconds == 0


@pytest.mark.parametrize(
    ("characters", "is_legible", "tokens"),
    [(0, True, 1024), (1500, True, 2400), (6000, True, 7800), (100_000, True, 8192), (0, False, 8192)],
)
def test_a_loop_costs_little_more_than_the_page(characters: int, is_legible: bool, tokens: int) -> None:
    assert ladder.max_tokens(Tries(NOW), characters, is_legible) == tokens
    assert ladder.max_tokens(Tries(NOW, bad=1), characters, is_legible) == ladder.MOST_TOKENS


def test_a_page_that_workers_die_of_is_given_up() -> None:
    tries = Tries(NOW)
    for _ in range(ladder.MOST_BROKEN + 1):
        assert not ladder.is_hopeless(tries)
        tries = ladder.begun(tries)
    assert ladder.is_hopeless(tries)
