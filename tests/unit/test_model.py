"""What flows through the system, and how it looks as JSON."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ocrchat import codec, errors
from ocrchat.media import MediaType
from ocrchat.model import (
    Block,
    BlockType,
    Box,
    Cell,
    Document,
    Job,
    JobOptions,
    JobStatus,
    Lane,
    Line,
    PageResult,
    Table,
    Word,
)
from ocrchat.settings import Settings, VlmBackend, vcpus

CREATED = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)


def job(pages: int = 1, status: JobStatus = JobStatus.PENDING, failure: str | None = None) -> Job:
    return Job("1" * 32, "a", "a.pdf", MediaType.PDF, pages, JobOptions(), CREATED, status=status, failure=failure)


tenths = st.integers(0, 50_000).map(lambda n: n / 10)
texts = st.text(min_size=1, max_size=20)
boxes = st.builds(Box, tenths, tenths, tenths, tenths)
confidences = st.integers(0, 10_000).map(lambda n: n / 10_000)
words = st.builds(Word, texts, boxes, confidences)
lines = st.builds(Line, texts, boxes, confidences, words=st.lists(words, max_size=2).map(tuple))
cells = st.builds(
    Cell, *[st.integers(0, 9)] * 2, texts, *[st.integers(1, 3)] * 2, is_header=st.booleans(), box=st.none() | boxes
)
tables = st.builds(Table, st.just(10), st.just(10), st.lists(cells, max_size=3).map(tuple))
blocks = st.builds(
    Block,
    st.lists(lines, min_size=1, max_size=3).map(tuple),
    st.sampled_from(BlockType),
    st.integers(0, 6),
    st.none() | tables,
)
figures = st.builds(Block, st.just(()), st.just(BlockType.FIGURE), area=boxes)
pages = st.builds(
    PageResult,
    index=st.integers(0, 2999),
    width=st.integers(1, 5000),
    height=st.integers(1, 5000),
    dpi=st.sampled_from([72.0, 200.0]),
    engine=st.sampled_from(["text-layer", "null"]),
    blocks=st.lists(blocks | figures, max_size=3).map(tuple),
    error=st.none(),
    rotation=st.sampled_from([0.0, 90.0, 358.6]),
    language=st.none() | st.just("de"),
)


@given(pages)
def test_a_page_survives_json(page: PageResult) -> None:
    assert codec.page_from_json(json.loads(codec.dumps(codec.page_to_json(page)))) == page


@given(pages)
def test_a_stored_document_has_all_of_a_page_but_its_words(page: PageResult) -> None:
    (stored,) = codec.document_to_json(Document((page,)), "", None)["pages"]

    assert all(line["words"] == [] for block in stored["blocks"] for line in block["lines"])
    assert codec.page_from_json(codec.page_to_json(page), with_words=False) == codec.page_from_json(stored)


@given(st.integers(1, 3000))
def test_chunks_hold_every_page_once(count: int) -> None:
    assert [page for chunk in job(count).chunks for page in chunk] == list(range(count))


@pytest.mark.parametrize(("count", "lane"), [(1, Lane.INTERACTIVE), (5, Lane.INTERACTIVE), (6, Lane.BULK)])
def test_a_job_that_is_answered_inline_has_the_fast_lane(count: int, lane: Lane) -> None:
    assert job(count).lane is lane


def test_confidence_is_weighted_by_the_length_of_the_text() -> None:
    box = Box(0, 0, 1, 1)
    page = PageResult(0, 10, 10, 72, "null", (Block((Line("aaa", box, 1.0), Line("b", box, 0.6))),))

    assert Document((page,)).mean_confidence == pytest.approx(0.9)
    assert Document(()).mean_confidence is None


@pytest.mark.parametrize("status", list(JobStatus))
def test_a_job_has_the_same_keys_in_every_status(status: JobStatus) -> None:
    shown = codec.job_to_json(job(status=status), 0, codec.NO_DOCUMENT)

    assert set(shown) == set(codec.job_to_json(job(), 0, codec.NO_DOCUMENT))
    assert (shown["error"] is not None) == (status is JobStatus.FAILED)


@pytest.mark.parametrize(
    ("failure", "code"),
    [("States.Timeout", "timed_out"), ("Stalled", "timed_out"), ("no_page_readable",) * 2, ("KeyError", "internal")],
)
def test_a_failure_is_told_in_the_callers_words(failure: str, code: str) -> None:
    shown = codec.job_to_json(job(status=JobStatus.FAILED, failure=failure), 0, codec.NO_DOCUMENT)["error"]

    assert shown["code"] == code
    assert failure not in shown["detail"]


def test_times_sort_as_text_and_survive() -> None:
    early, late = CREATED, CREATED.replace(microsecond=5)

    assert str(codec.time_to_json(early)) < str(codec.time_to_json(late))
    assert codec.time_from_json(str(codec.time_to_json(late))) == late


def test_settings_written_by_infrastructure_are_read_by_functions() -> None:
    settings = Settings(
        "t", "b", "qi", "qp", "qb", "qv", "qe", "{}", state_machine="sm", weights="w", inline_waiters=7, monthly_cap=9000,
        vlm_backend=VlmBackend.OPENAI, vlm_model="m", vlm_dialect="dots", vlm_endpoint="e", vlm_url="u", vlm_secret="s",
        vlm_max_wait=60,
        allow_private_addresses=True,
    )  # fmt: skip

    assert Settings.from_env(settings.to_env()) == settings
    with pytest.raises(KeyError, match="OCRCHAT_BUCKET"):
        Settings.from_env({"OCRCHAT_TABLE": "t"})


@pytest.mark.parametrize(("memory", "threads"), [(512, 1), (1769, 1), (3538, 2), (10240, 5)])
def test_threads_are_the_vcpus_that_the_memory_buys(memory: int, threads: int) -> None:
    assert vcpus({"AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(memory)}) == threads


def subclasses(root: type[errors.OcrChatError]) -> set[type[errors.OcrChatError]]:
    return {root}.union(*(subclasses(child) for child in root.__subclasses__()))


def tree() -> set[type[errors.OcrChatError]]:
    """Without what other modules derive for themselves, which keeps the code of its parent."""
    return {error for error in subclasses(errors.OcrChatError) if error.__module__ == errors.__name__}


def test_every_error_stands_in_the_drawn_tree_with_its_code_and_status() -> None:
    drawn = errors.__doc__ or ""
    for error in tree() - {errors.OcrChatError, errors.BadRequest, errors.PaymentRequired}:
        (line,) = [line for line in drawn.splitlines() if f" {error.__name__} " in line]
        assert error.code in line
        assert str(error.status) in line or issubclass(error, errors.BadRequest | errors.PaymentRequired)


def test_error_codes_are_unique() -> None:
    codes = [error.code for error in tree()]

    assert len(codes) == len(set(codes))


@given(st.lists(st.integers(0, 400), max_size=12), st.integers(1000, 3000), st.integers(0, 2000), st.booleans())
def test_parts_of_a_job_give_back_every_page_once_and_keep_to_the_limit(
    sizes: list[int], limit: int, text: int, is_translated: bool
) -> None:
    some = [{"index": index, "text": "x" * size} for index, size in enumerate(sizes)]
    told = {"text": "t" * text, "markdown": "t" * text, "pages": some}
    document = {**told, "tool_result": {"slug": "x"}, "translation": told if is_translated else None}
    whole = codec.job_to_json(job(max(1, len(sizes)), JobStatus.DONE), 1, document)

    parts = [codec.part(whole, 0, limit)]
    while parts[-1]["next"] is not None:
        parts.append(codec.part(whole, int(parts[-1]["next"].removeprefix("?first_page=")), limit))

    assert [page for part in parts for page in part["pages"]] == some
    if is_translated:
        assert [part["translation"]["pages"] for part in parts] == [part["pages"] for part in parts]
    assert all(set(part) == set(whole) for part in parts)
    assert [part["tool_result"] for part in parts] == [{"slug": "x"}, *[None] * (len(parts) - 1)]
    assert all(len(codec.dumps(part)) <= limit or len(part["pages"]) <= 1 for part in parts)
    if len(codec.dumps(whole)) < limit - 100:
        assert parts == [whole]


@pytest.mark.parametrize(("limit", "text", "markdown"), [(10_000, "t", "m"), (6_000, "", "m"), (3_000, "", "")])
def test_where_not_all_fits_into_a_part_the_markdown_stays_longest(limit: int, text: str, markdown: str) -> None:
    told = {"text": "t" * 4_000, "markdown": "m" * 4_000, "pages": []}
    job = {"uuid": "x", **told, "translation": None, "next": None}

    part = codec.part(job, 0, limit)

    assert (part["text"][:1], part["markdown"][:1]) == (text, markdown)
