"""A page can hurt the process that reads it, and nothing else; what it does is known at once."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from ocrchat.errors import PageCrashes, PageTooCostly, PageUnreadable
from ocrchat.media import MediaType
from ocrchat.model import PageResult, Tier
from ocrchat.supervised import PageLost, PageProcess
from tests import misbehaving as page

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def process() -> Iterator[PageProcess]:
    process = PageProcess("tests.misbehaving:reader", memory_mb=1000, cpu_seconds=1)
    yield process
    process.stop()


@pytest.fixture
def tries(tmp_path: Path) -> Path:
    """As long as the page was tried often."""
    path = tmp_path / "tries"
    path.write_bytes(b"")
    return path


def read(process: PageProcess, source: Path, index: int, seconds: float = 30) -> PageResult:
    process.allow(seconds)
    return process.read_page(source, MediaType.PDF, index, Tier.CPU)


def test_pages_are_read_one_after_another_by_the_same_process(process: PageProcess, tries: Path) -> None:
    first, second = (read(process, tries, page.FINE) for _ in range(2))

    assert (first.width, first.height, first.error) == (2, 1, None)
    assert first.engine == second.engine


def test_without_a_limit_pages_take_their_time(tries: Path) -> None:
    process = PageProcess("tests.misbehaving:reader", memory_mb=1000, cpu_seconds=1)
    try:
        assert process.read_page(tries, MediaType.PDF, page.FINE, Tier.CPU).error is None
    finally:
        process.stop()


def test_the_picture_of_a_page_comes_with_it(process: PageProcess, tries: Path) -> None:
    process.allow(30)
    result, image = process.read_and_show(tries, MediaType.PDF, page.FINE, Tier.VLM)

    assert (result.index, image.pixels, image.width, image.height, image.dpi) == (page.FINE, bytes(range(6)), 2, 1, 72)


def test_a_page_that_is_not_readable_leaves_the_process_alone(process: PageProcess, tries: Path) -> None:
    before = read(process, tries, page.FINE).engine

    with pytest.raises(PageUnreadable, match="Page 2 of the PDF is damaged") as error:
        read(process, tries, page.UNREADABLE)

    assert error.value.code == "page_unreadable"
    assert read(process, tries, page.FINE).engine == before


@pytest.mark.parametrize(
    ("index", "failure", "tried"),
    [
        (page.SEGFAULTS, PageCrashes, 2),
        (page.RAISES, PageCrashes, 2),
        (page.EATS_MEMORY, PageTooCostly, 2),
        (page.BAD_ALLOC, PageTooCostly, 2),
        (page.LOOPS, PageTooCostly, 1),
    ],
)
def test_what_a_page_does_to_its_process_is_its_own_failure_and_the_next_page_is_read(
    process: PageProcess, tries: Path, index: int, failure: type[Exception], tried: int
) -> None:
    with pytest.raises(failure):
        read(process, tries, index)

    assert len(tries.read_bytes()) == tried
    assert read(process, tries, page.FINE).error is None


@pytest.mark.parametrize(
    ("index", "seconds", "tried"), [(page.KILLED, 30, 2), (page.NO_FILE, 30, 1), (page.SLEEPS, 0.5, 1)]
)
def test_what_may_have_come_from_outside_is_left_to_the_queue(
    process: PageProcess, tries: Path, index: int, seconds: float, tried: int
) -> None:
    process.start()

    with pytest.raises(PageLost):
        read(process, tries, index, seconds)

    assert len(tries.read_bytes()) == tried
    assert read(process, tries, page.FINE).error is None


@pytest.mark.parametrize(
    ("index", "name", "quoted"),
    [(page.RAISES, "ZeroDivisionError", "of a bug"), (page.NO_FILE, "FileNotFound", "swept")],
)
def test_the_log_is_told_what_and_where_and_no_message(
    process: PageProcess, tries: Path, index: int, name: str, quoted: str
) -> None:
    with pytest.raises((PageCrashes, PageLost)) as error:
        read(process, tries, index)

    assert "misbehaving.py" in str(error.value)
    assert name in str(error.value)
    assert quoted not in str(error.value).rpartition("\n")[2]


def test_a_page_whose_process_was_killed_once_is_read_by_the_next(process: PageProcess, tries: Path) -> None:
    assert read(process, tries, page.ONCE).error is None


def test_one_that_has_died_since_its_last_page_is_not_the_next_pages_failure(process: PageProcess, tries: Path) -> None:
    pid = int(read(process, tries, page.FINE).engine)
    os.kill(pid, signal.SIGXCPU)
    time.sleep(0.2)

    assert int(read(process, tries, page.FINE).engine) != pid


def test_one_that_dies_in_the_middle_of_its_answer_is_replaced(process: PageProcess, tries: Path) -> None:
    with pytest.raises(PageCrashes):
        read(process, tries, page.HALF)

    assert len(tries.read_bytes()) == 2
    assert read(process, tries, page.FINE).error is None


def test_the_process_does_not_know_our_credentials(
    process: PageProcess, tries: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AWS_SECRET_ACCESS_KEY", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "OCRCHAT_WEIGHTS"):
        monkeypatch.setenv(name, "test")
    process.stop()

    names = read(process, tries, page.ENVIRONMENT).engine.split()

    assert {"AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "OCRCHAT_WEIGHTS"} <= set(names)
    assert "AWS_SECRET_ACCESS_KEY" not in names


def test_what_a_library_prints_gets_nowhere(tries: Path, capfd: pytest.CaptureFixture[str]) -> None:
    process = PageProcess("tests.misbehaving:reader", memory_mb=1000, cpu_seconds=1)
    try:
        read(process, tries, page.PRINTS)
    finally:
        process.stop()

    assert capfd.readouterr() == ("", "")


def test_why_one_does_not_come_up_can_be_read(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(PageLost):
        PageProcess("tests.misbehaving:absent", memory_mb=1000, cpu_seconds=1).start()

    out, err = capfd.readouterr()
    assert not out
    assert "RuntimeError: there are no weights" in err


def test_one_that_does_not_come_up_is_no_pages_failure(tries: Path) -> None:
    absent = PageProcess("tests.misbehaving:absent", memory_mb=1000, cpu_seconds=1)

    with pytest.raises(PageLost, match="did not come up: 1"):
        read(absent, tries, page.FINE)


def test_it_ends_with_the_process_that_asks() -> None:
    asks = (
        "import time; from ocrchat.supervised import PageProcess;"
        "process = PageProcess('tests.misbehaving:reader', memory_mb=1000, cpu_seconds=1); process.start();"
        "print(process._running[0].pid, flush=True); time.sleep(60)"
    )
    env = {**os.environ, "PYTHONPATH": "layers/core/python:."}
    with subprocess.Popen([sys.executable, "-c", asks], stdout=subprocess.PIPE, cwd=ROOT, env=env) as asking:
        assert asking.stdout is not None
        pid = int(asking.stdout.readline())
        asking.kill()

    give_up = time.monotonic() + 10
    while Path(f"/proc/{pid}/cmdline").exists() and Path(f"/proc/{pid}/cmdline").read_bytes():
        assert time.monotonic() < give_up
        time.sleep(0.02)
