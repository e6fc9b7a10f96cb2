"""The fan-in: pages leave a set, so nothing that happens twice can count twice."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from ocrchat.aws.page_sets import PageSets
from ocrchat.cloud import Cloud
from ocrchat.media import MediaType
from ocrchat.model import CHUNK_PAGES, CHUNKS_IN_FLIGHT, FanIn, Job, JobOptions

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
JOB = Job("job", "account", "long.pdf", MediaType.PDF, CHUNK_PAGES + 2, JobOptions(), created_at=NOW)


@pytest.fixture
def sets(cloud: Cloud) -> PageSets:
    """Two chunks: 25 pages and 2."""
    cloud.page_sets.open(JOB, "token-1", NOW)
    return cloud.page_sets


def test_opening_twice_keeps_what_is_done_and_takes_the_new_token(sets: PageSets) -> None:
    for page in range(CHUNK_PAGES):
        sets.page_read("job", 0, page, NOW)
    sets.close("job", 0)

    again = sets.open(JOB, "token-2", NOW)

    assert again == FanIn(open_chunks=frozenset({1}), task_token="token-2")
    assert [chunk.pending for chunk in sets.chunks("job", [0, 1])] == [frozenset(), {25, 26}]


def test_opening_again_after_the_last_page_finds_nothing_open(sets: PageSets) -> None:
    sets.close("job", 0)
    sets.close("job", 1)

    assert sets.open(JOB, "token-2", NOW).open_chunks == frozenset()


def test_a_page_read_twice_leaves_the_set_once(sets: PageSets) -> None:
    first = sets.page_read("job", 0, 0, NOW)
    second = sets.page_read("job", 0, 0, NOW)

    assert first == second
    assert second is not None
    assert second.pending == set(range(1, CHUNK_PAGES))


def test_a_failed_page_leaves_the_set_with_its_reason(sets: PageSets) -> None:
    chunk = sets.page_failed("job", 0, 1, "page_unreadable", NOW)

    assert chunk is not None
    assert (chunk.pending, chunk.failures) == (set(range(CHUNK_PAGES)) - {1}, {1: "page_unreadable"})


def test_a_page_that_was_read_cannot_fail_afterwards(sets: PageSets) -> None:
    sets.page_read("job", 0, 1, NOW)

    chunk = sets.page_failed("job", 0, 1, "page_failed", NOW)

    assert chunk is not None
    assert chunk.failures == {}


def test_a_page_read_after_it_was_given_up_counts_as_read(sets: PageSets) -> None:
    sets.page_failed("job", 0, 1, "page_failed", NOW)

    chunk = sets.page_read("job", 0, 1, NOW)

    assert chunk is not None
    assert chunk.failures == {}


def test_pages_of_an_erased_job_bring_nothing_back(cloud: Cloud) -> None:
    assert cloud.page_sets.page_read("gone", 0, 0, NOW) is None
    assert cloud.page_sets.page_failed("gone", 0, 0, "page_failed", NOW) is None
    assert cloud.page_sets.close("gone", 0) is None
    assert cloud.page_sets.fan_in("gone") is None


def test_a_chunk_is_sent_when_the_one_that_holds_its_place_in_line_closes() -> None:
    count = 3 * CHUNKS_IN_FLIGHT
    assert FanIn(frozenset(range(count)), "token").dispatched == frozenset(range(CHUNKS_IN_FLIGHT))

    without_second = frozenset(range(count)) - {1}
    assert FanIn(without_second, "token").dispatched == frozenset({0, 2, 3, 1 + CHUNKS_IN_FLIGHT})


def test_progress_is_dated(sets: PageSets) -> None:
    later = datetime(2026, 11, 23, 11, 30, tzinfo=UTC)

    chunk = sets.page_read("job", 1, 25, later)

    assert chunk is not None
    assert chunk.progressed_at == later
