"""A page of the vlm tier, from the cpu worker to its answer: each outcome that a model can have, over real HTTP.

The model is `tests.model_server` behind boto3's real client; the tables and queues are moto's.
"""

from __future__ import annotations

import base64
import time
from collections.abc import Callable, Iterator
from dataclasses import astuple, replace
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import boto3
import pymupdf
import pytest
from botocore.config import Config
from PIL import Image

from ocrchat import codec, keys, reader, usecases
from ocrchat.aws import queue
from ocrchat.aws.blobs import BlobMissing
from ocrchat.aws.endpoint import SageMakerEndpoint
from ocrchat.billing import Account
from ocrchat.cloud import Cloud
from ocrchat.engines.null import NullModels
from ocrchat.media import MediaType
from ocrchat.model import Box, Job, JobOptions, PageResult, PageTask, Tier, Tries
from ocrchat.reader import Reader
from ocrchat.scratch import Scratch
from ocrchat.settings import Settings, VlmBackend
from ocrchat.usecases import Model
from ocrchat.vlm import embedded, ladder
from ocrchat.vlm.answer import Region
from ocrchat.vlm.dialects import DIALECTS
from tests.model_server import ASLEEP, BreaksOff, Fails, Loops, ModelServer, Outcome, Says, serving

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "report.pdf"
GROUNDING = DIALECTS["lighton-grounding"]
HALF_HOUR = timedelta(minutes=30)
INVENTED = (
    "The committee resolved unanimously to purchase forty elephants for the zoological garden, and appointed Mister "
    "Wilberforce as their keeper with immediate effect."
)


@pytest.fixture
def server() -> Iterator[ModelServer]:
    with serving(Says("")) as running:
        yield running


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return replace(settings, vlm_backend=VlmBackend.SAGEMAKER)


@pytest.fixture
def job(cloud: Cloud, account: Account) -> Job:
    """The example of three pages, submitted for the vlm tier and split; its workflow does not run."""
    return opened(cloud, account, EXAMPLE.read_bytes(), MediaType.PDF, pages=3)


def opened(cloud: Cloud, account: Account, content: bytes, media_type: MediaType, pages: int) -> Job:
    job = Job(
        "7" * 32, account.id, "a.pdf", media_type, pages, JobOptions(Tier.VLM), datetime.now(UTC), credits=5 * pages
    )
    job = cloud.books.open(job, None)
    cloud.page_sets.open(job, "token", datetime.now(UTC))
    cloud.blobs.put(keys.source(job), content, media_type.value)
    return job


@pytest.fixture
def read(cloud: Cloud, tmp_path: Path) -> Callable[[PageTask], None]:
    """The cpu worker's part."""

    def read_page(task: PageTask) -> None:
        usecases.read_page(cloud, task, Reader(dict.fromkeys(Tier, NullModels())), Scratch(tmp_path))

    return read_page


@pytest.fixture
def ask(cloud: Cloud, server: ModelServer) -> Callable[..., int | None]:
    """The vlm worker's part: one delivery."""
    client = boto3.client(
        "sagemaker-runtime", endpoint_url=server.url, config=Config(retries={"total_max_attempts": 1}, read_timeout=1)
    )
    backend = SageMakerEndpoint(client, "ocrchat-vlm", "lightonai/LightOnOCR-3-0.8B")

    def ask_model(task: PageTask, patience: timedelta = HALF_HOUR) -> int | None:
        return usecases.ask_model(cloud, task, Model(backend, GROUNDING, patience), time.monotonic() + 20).again_in

    return ask_model


@pytest.fixture
def asked(
    job: Job, read: Any, ask: Any, server: ModelServer, cloud: Cloud
) -> Callable[..., tuple[PageResult, list[int]]]:
    """What comes of the first page when the model behaves so: the page, and the seconds that were waited between."""

    def run(*outcomes: Outcome, most: int = 20) -> tuple[PageResult, list[int]]:
        server.outcomes = list(outcomes)
        task = PageTask(job.id, 0, 0)
        read(task)
        waits = []
        for _ in range(most):
            seconds = ask(task)
            if seconds is None:
                return stored(cloud, job, 0), waits
            waits.append(seconds)
        raise AssertionError(f"still waiting after {most} deliveries")

    return run


def stored(cloud: Cloud, job: Job, page: int) -> PageResult:
    return codec.page_from_json(cloud.blobs.get_json(keys.page_result(job, page)))


def truth(page: int = 0) -> list[Region]:
    """What a model that makes no mistake says of a page of the example."""
    return embedded.regions(reader.read_page(EXAMPLE, MediaType.PDF, page, NullModels()))


def said(*regions: Region) -> Says:
    return Says(GROUNDING.render(regions, (1, 1)))


def pending(cloud: Cloud, job: Job) -> frozenset[int]:
    chunk = cloud.page_sets.chunk(job.id, 0)
    assert chunk is not None
    return chunk.pending


def fallbacks(cloud: Cloud, job: Job) -> frozenset[int]:
    chunk = cloud.page_sets.chunk(job.id, 0)
    assert chunk is not None
    return chunk.fallbacks


def waiting(session: boto3.Session, settings: Settings) -> list[PageTask]:
    messages = session.client("sqs").receive_message(QueueUrl=settings.vlm_queue, MaxNumberOfMessages=10)
    return [queue.from_message(message["Body"]) for message in messages.get("Messages", [])]


# -- the way there ---------------------------------------------------------------------------------------------------


def test_the_cpu_worker_reads_the_page_keeps_its_answer_and_picture_and_sends_it_on(
    cloud: Cloud, session: boto3.Session, settings: Settings, job: Job, read: Any
) -> None:
    task = PageTask(job.id, 0, 1)

    read(task)

    assert waiting(session, settings) == [task]
    assert 1 in pending(cloud, job)
    fallback = codec.page_from_json(cloud.blobs.get_json(keys.page_fallback(job, 1)))
    assert fallback.engine == "embedded:text-layer"
    with Image.open(BytesIO(cloud.blobs.get(keys.page_picture(job, 1)))) as picture:
        assert max(picture.size) == GROUNDING.longest_edge


def test_read_again_it_is_only_sent_again(
    cloud: Cloud, session: boto3.Session, settings: Settings, job: Job, read: Any
) -> None:
    task = PageTask(job.id, 0, 1)
    read(task)
    cloud.blobs.delete(keys.source(job))  # reading it once more would fail

    read(task)

    assert waiting(session, settings) == [task, task]


def test_a_blank_page_is_never_put_to_a_model(
    cloud: Cloud, session: boto3.Session, settings: Settings, account: Account, read: Any
) -> None:
    with pymupdf.open() as document:
        document.new_page()
        job = opened(cloud, account, document.tobytes(), MediaType.PDF, pages=1)

    read(PageTask(job.id, 0, 0))

    assert waiting(session, settings) == []
    assert stored(cloud, job, 0).blocks == ()
    assert fallbacks(cloud, job) == {0}


def test_without_a_model_the_embedded_parser_answers_at_once_as_the_cpu_tier(
    settings: Settings, session: boto3.Session, account: Account, read: Any, tmp_path: Path
) -> None:
    cloud = Cloud.connect(replace(settings, vlm_backend=VlmBackend.EMBEDDED), session)
    job = opened(cloud, account, EXAMPLE.read_bytes(), MediaType.PDF, pages=3)

    usecases.read_page(cloud, PageTask(job.id, 0, 0), Reader(dict.fromkeys(Tier, NullModels())), Scratch(tmp_path))

    page = stored(cloud, job, 0)
    alone = reader.read_page(EXAMPLE, MediaType.PDF, 0, NullModels())
    assert page.engine == "embedded:text-layer"
    assert [(block.type, block.level, block.text) for block in page.blocks] == [
        (block.type, block.level, block.text) for block in alone.blocks
    ]
    assert {block.source.value for block in page.blocks} == {"ocr"}
    assert pending(cloud, job) == {1, 2}
    assert fallbacks(cloud, job) == {0}


# -- good answers ----------------------------------------------------------------------------------------------------


def test_a_right_answer_is_used_and_its_confidence_is_earned(asked: Any, cloud: Cloud, job: Job) -> None:
    page, waits = asked(said(*truth()))

    assert (page.engine, page.warnings, waits) == ("vlm:LightOnOCR-3-0.8B", (), [])
    assert "Lake Almere supplies drinking water to 48,200 people" in page.text
    texts = [block for block in page.blocks if block.lines]
    assert {block.source.value for block in texts} == {"vlm"}
    assert all(block.support is not None and block.support > 0.95 for block in texts)
    assert {block.confidence_source.value for block in texts} == {"ocr-agreement"}
    assert pending(cloud, job) == {1, 2}
    assert fallbacks(cloud, job) == frozenset()
    for key in (keys.page_fallback(job, 0), keys.page_picture(job, 0)):
        with pytest.raises(BlobMissing):
            cloud.blobs.get(key)


def test_invented_text_is_flagged(asked: Any) -> None:
    page, _ = asked(said(*truth(), Region("text", INVENTED, Box(150, 720, 850, 900))))

    invented = next(block for block in page.blocks if "elephants" in block.text)
    assert invented.support == 0.0
    assert invented.confidence == 0.0
    assert page.warnings == ("vlm_unsupported_text",)


def test_what_the_model_leaves_out_is_added_at_its_place(asked: Any) -> None:
    regions = truth()
    left_out = next(region for region in regions if "Two findings" in region.text)

    page, _ = asked(said(*(region for region in regions if region is not left_out)))

    texts = [block.text for block in page.blocks]
    place = next(number for number, text in enumerate(texts) if "Two findings" in text)
    assert texts[place - 1].startswith("Lake Almere supplies")
    assert texts[place + 1].startswith("Phosphorus")
    assert page.blocks[place].source.value == "ocr"
    assert page.warnings == ("vlm_missed_text",)


def test_text_in_the_picture_that_talks_to_the_model_is_just_text(asked: Any, server: ModelServer) -> None:
    asked(said(*truth()))

    content = server.requests[0]["messages"][0]["content"]
    assert [part["type"] for part in content] == ["image_url", "text"]
    assert content[1]["text"] == "grounding"  # nothing of the page is in what the model is told to do


# -- outcomes, by the table of docs/vlm.md ----------------------------------------------------------------------------


def test_a_model_that_sleeps_is_waited_for_and_that_is_no_failure(asked: Any) -> None:
    page, waits = asked(*[ASLEEP] * 12, said(*truth()))

    assert page.engine == "vlm:LightOnOCR-3-0.8B"
    assert len(waits) == 12
    assert all(60 <= seconds <= 120 for seconds in waits)


def test_half_an_hour_of_sleep_is_enough(cloud: Cloud, job: Job, read: Any, ask: Any, server: ModelServer) -> None:
    """Time is scaled: half a second stands for half an hour."""
    server.outcomes = [ASLEEP]
    task, patience = PageTask(job.id, 0, 0), timedelta(seconds=0.5)
    read(task)

    waits = []
    while (seconds := ask(task, patience)) is not None:
        waits.append(seconds)
        time.sleep(0.05)

    page = stored(cloud, job, 0)
    assert len(waits) >= 2
    assert page.engine == "embedded:text-layer"
    assert page.warnings == ("vlm_unavailable",)
    assert "Lake Almere supplies" in page.text
    assert fallbacks(cloud, job) == {0}


def test_a_busy_endpoint_is_asked_later_and_later_and_then_no_more(asked: Any, server: ModelServer) -> None:
    page, waits = asked(Fails("ThrottlingException", 400))

    assert page.warnings == ("vlm_unavailable",)
    assert len(waits) == ladder.MOST_BUSY
    assert [7 * 2**n <= seconds <= 15 * 2**n for n, seconds in enumerate(waits)] == [True] * ladder.MOST_BUSY
    assert len(server.requests) == ladder.MOST_BUSY + 1


def test_a_server_that_fails_is_asked_twice_more(asked: Any) -> None:
    page, waits = asked(Fails("ModelError", 424, "CUDA error", {"OriginalStatusCode": 500}))

    assert page.warnings == ("vlm_unavailable",)
    assert len(waits) == ladder.MOST_BROKEN


def test_a_picture_that_is_too_large_is_sent_smaller_once(asked: Any, server: ModelServer) -> None:
    too_large = Fails("ModelError", 424, "context", {"OriginalStatusCode": 400})

    page, waits = asked(too_large, said(*truth()))

    assert page.engine.startswith("vlm:")
    assert waits == [0]
    assert [max(sent(request).size) for request in server.requests] == [GROUNDING.longest_edge, ladder.SMALL_EDGE]


def test_a_picture_that_is_still_too_large_is_given_up(asked: Any) -> None:
    page, waits = asked(Fails("ModelError", 424, "context", {"OriginalStatusCode": 400}))

    assert (page.warnings, waits) == (("vlm_unavailable",), [0])


def test_a_refusal_is_not_repeated(asked: Any) -> None:
    page, waits = asked(Fails("AccessDeniedException", 403))

    assert (page.warnings, waits) == (("vlm_unavailable",), [])


def test_a_stream_that_is_cut_once_is_asked_for_again(asked: Any) -> None:
    page, waits = asked(BreaksOff(half_of(truth())), said(*truth()))

    assert (page.engine, page.warnings, waits) == ("vlm:LightOnOCR-3-0.8B", (), [0])


def test_of_a_stream_that_is_cut_twice_whole_blocks_are_kept_and_ocr_gives_the_rest(asked: Any) -> None:
    page, waits = asked(BreaksOff(half_of(truth()), code="ModelStreamError"))

    assert waits == [0]
    assert page.engine.startswith("vlm:")
    assert page.warnings == ("vlm_truncated", "vlm_missed_text")
    sources = [block.source.value for block in page.blocks]
    assert sources == sorted(sources, reverse=True)  # first the model's, then what OCR adds
    assert {"vlm", "ocr"} == set(sources)
    alone = reader.read_page(EXAMPLE, MediaType.PDF, 0, NullModels())
    assert page.text.split() == alone.text.split()


def test_an_endless_loop_is_tried_in_other_ways_and_then_given_up(asked: Any, server: ModelServer) -> None:
    page, waits = asked(Loops("<td>0</td>", opening="![table](100,100,900,900) <table><tr>"))

    assert page.engine == "embedded:text-layer"
    assert page.warnings == ("vlm_unusable",)
    assert waits == [0, 0]
    assert [request["temperature"] for request in server.requests] == [0.1, 0.3, 0.6]
    assert max(sent(server.requests[-1]).size) == ladder.SMALL_EDGE


def test_an_answer_that_runs_out_of_tokens_is_no_answer(asked: Any) -> None:
    page, waits = asked(Says(GROUNDING.render(truth(), (1, 1)), finish="length"), said(*truth()))

    assert (page.engine, waits) == ("vlm:LightOnOCR-3-0.8B", [0])


def test_a_model_that_answers_something_else_is_not_believed(asked: Any) -> None:
    page, waits = asked(Says("I am sorry, but I cannot help with that."))

    assert page.warnings == ("vlm_unusable",)
    assert page.engine == "embedded:text-layer"
    assert len(waits) == len(ladder.RUNGS) - 1


def test_a_model_that_names_no_places_is_believed_in_the_end_where_ocr_agrees(asked: Any) -> None:
    plain = Says("\n\n".join(region.text for region in truth() if region.label != "table"))

    page, waits = asked(plain)

    assert page.engine.startswith("vlm:")
    assert len(waits) == len(ladder.RUNGS) - 1
    paragraph = next(block for block in page.blocks if block.text.startswith("Lake Almere supplies"))
    alone = reader.read_page(EXAMPLE, MediaType.PDF, 0, NullModels())
    known = next(block for block in alone.blocks if block.text.startswith("Lake Almere supplies"))
    assert astuple(paragraph.box) == pytest.approx(astuple(known.box), abs=0.1)


def test_a_page_with_a_few_specks_is_not_filled_with_a_story(
    cloud: Cloud, account: Account, read: Any, ask: Any, server: ModelServer
) -> None:
    with pymupdf.open() as document:
        page = document.new_page()
        page.draw_rect(pymupdf.Rect(20, 20, 70, 70), fill=(0, 0, 0))  # no text, but ink: a model is asked
        job = opened(cloud, account, document.tobytes(), MediaType.PDF, pages=1)
    server.outcomes = [said(Region("text", INVENTED, Box(100, 300, 900, 500)))]
    task = PageTask(job.id, 0, 0)
    read(task)

    while ask(task) is not None:
        pass

    answer = stored(cloud, job, 0)
    assert (answer.text, answer.warnings) == ("", ("vlm_unusable",))
    assert len(server.requests) == len(ladder.RUNGS)


# -- twice, late, or never ------------------------------------------------------------------------------------------


def test_a_page_that_was_answered_is_not_asked_about_again(job: Job, asked: Any, ask: Any, server: ModelServer) -> None:
    asked(said(*truth()))

    assert ask(PageTask(job.id, 0, 0)) is None
    assert len(server.requests) == 1


def test_a_page_of_an_erased_job_leaves_nothing_behind(
    cloud: Cloud, session: boto3.Session, job: Job, read: Any, ask: Any, server: ModelServer
) -> None:
    task = PageTask(job.id, 0, 0)
    read(task)

    usecases.erase(cloud, job, datetime.now(UTC))

    assert ask(task) is None
    assert server.requests == []
    assert "Contents" not in session.client("s3").list_objects_v2(Bucket="documents", Prefix="jobs/")


def test_a_page_that_the_queue_has_given_up_is_answered_by_the_embedded_parser(
    cloud: Cloud, job: Job, read: Any
) -> None:
    task = PageTask(job.id, 0, 0)
    read(task)

    usecases.give_up(cloud, task)

    assert stored(cloud, job, 0).warnings == ("vlm_unavailable",)
    assert (pending(cloud, job), fallbacks(cloud, job)) == ({1, 2}, {0})


def test_a_page_that_could_not_even_be_read_has_failed(cloud: Cloud, job: Job) -> None:
    usecases.give_up(cloud, PageTask(job.id, 0, 0))

    chunk = cloud.page_sets.chunk(job.id, 0)
    assert chunk is not None
    assert chunk.failures == {0: "page_failed"}


def test_waiting_is_progress_and_the_tries_are_forgotten_with_the_answer(
    cloud: Cloud, job: Job, read: Any, ask: Any, server: ModelServer
) -> None:
    server.outcomes = [Fails("ThrottlingException", 400), said(*truth())]
    task = PageTask(job.id, 0, 0)
    read(task)
    before = cloud.page_sets.chunk(job.id, 0)

    ask(task)

    after = cloud.page_sets.chunk(job.id, 0)
    assert before is not None
    assert after is not None
    assert after.progressed_at > before.progressed_at
    assert after.tries[0].busy == 1
    ask(task)
    answered = cloud.page_sets.chunk(job.id, 0)
    assert answered is not None
    assert answered.tries == {}


def test_a_worker_that_dies_of_a_page_counts_and_the_page_is_answered_in_the_end(
    cloud: Cloud, job: Job, read: Any, ask: Any, server: ModelServer
) -> None:
    """What it has kept before it asked is all that is left of it."""
    task = PageTask(job.id, 0, 0)
    read(task)
    now = datetime.now(UTC)
    tries = Tries(since=now)
    for _ in range(ladder.MOST_BROKEN + 1):
        tries = ladder.begun(tries)
    cloud.page_sets.keep_tries(job.id, 0, 0, tries, now)

    assert ask(task) is None

    assert stored(cloud, job, 0).warnings == ("vlm_unavailable",)
    assert server.requests == []


def test_an_answer_with_half_a_character_is_kept(asked: Any) -> None:
    regions = truth()
    page, _ = asked(said(*regions[:-1], replace(regions[-1], text=f"{regions[-1].text}\ud800")))

    assert page.engine.startswith("vlm:")
    assert "\ufffd" in page.text


def test_what_a_model_says_late_does_not_stand_in_for_an_answer(
    cloud: Cloud, job: Job, read: Any, ask: Any, server: ModelServer
) -> None:
    """The page was answered and its worker died; the queue gives the page up. The answer stays."""
    server.outcomes = [said(*truth())]
    task = PageTask(job.id, 0, 0)
    read(task)
    kept = cloud.blobs.get_json(keys.page_fallback(job, 0))
    ask(task)
    cloud.blobs.put_json(keys.page_fallback(job, 0), kept)

    usecases.give_up(cloud, task)

    assert stored(cloud, job, 0).engine == "vlm:LightOnOCR-3-0.8B"
    with pytest.raises(BlobMissing):
        cloud.blobs.get(keys.page_fallback(job, 0))


def test_a_cancelled_page_leaves_nothing_of_it_behind(cloud: Cloud, job: Job, read: Any, ask: Any) -> None:
    task = PageTask(job.id, 0, 0)
    read(task)
    usecases.cancel(cloud, job, datetime.now(UTC))

    assert ask(task) is None

    with pytest.raises(BlobMissing):
        cloud.blobs.get(keys.page_picture(job, 0))


def test_an_answer_that_broke_off_early_costs_what_the_cpu_tier_costs(asked: Any, cloud: Cloud, job: Job) -> None:
    few = GROUNDING.render(truth()[:3], (1, 1))

    page, _ = asked(BreaksOff(few))

    assert page.engine.startswith("vlm:")
    assert page.warnings[0] == "vlm_truncated"
    assert fallbacks(cloud, job) == {0}


def test_pages_that_the_cpu_tier_answered_cost_what_that_costs(
    cloud: Cloud, account: Account, job: Job, read: Any, ask: Any, server: ModelServer
) -> None:
    server.outcomes = [said(*truth()), Fails("AccessDeniedException", 403)]
    for page in (0, 1):
        read(PageTask(job.id, 0, page))
        ask(PageTask(job.id, 0, page))

    cancelled = usecases.cancel(cloud, job, datetime.now(UTC))

    assert cancelled.charged == 5 + 1  # and nothing for the third, which was not read
    left = cloud.accounts.get(account.id)
    assert left is not None
    assert left.balance == 1000 - 6


def sent(request: dict[str, Any]) -> Image.Image:
    url = request["messages"][0]["content"][0]["image_url"]["url"]
    return Image.open(BytesIO(base64.b64decode(url.partition("base64,")[2])))


def half_of(regions: list[Region]) -> str:
    text = GROUNDING.render(regions, (1, 1))
    return text[: len(text) // 2]
