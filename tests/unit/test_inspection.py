"""A file that is opened for the first time can cost so much and no more, and brings nothing down."""

from __future__ import annotations

import faulthandler
import io
import os
import signal

import pytest
from PIL import Image

from ocrchat import inspection, reader
from ocrchat.errors import BadRequest, DamagedFile, FileTooCostly, PasswordNeeded, TooManyPages
from ocrchat.media import MediaType
from tests import hostile
from tests.documents import digital_pdf
from tests.http.test_bad_input import with_user_password

MUCH_MB = 16_000
"""A fork has what its parent has, which here is all that was tested before."""


def test_a_file_is_what_its_reader_says() -> None:
    assert inspection.inspect(digital_pdf(3), 3) == reader.SourceInfo(MediaType.PDF, 3)


@pytest.mark.parametrize(
    ("data", "error"), [(b"%PDF-", DamagedFile), (with_user_password(), PasswordNeeded), (digital_pdf(4), TooManyPages)]
)
def test_what_is_wrong_with_a_file_is_said_in_its_readers_words(data: bytes, error: type[BadRequest]) -> None:
    with pytest.raises(error) as said:
        reader.inspect(data, 3)
    with pytest.raises(error) as heard:
        inspection.inspect(data, 3)

    assert heard.value.detail == said.value.detail


def test_what_libtiff_says_of_a_damaged_file_gets_nowhere(capfd: pytest.CaptureFixture[str]) -> None:
    whole = io.BytesIO()
    Image.effect_noise((200, 200), 50).save(whole, "TIFF", compression="tiff_lzw")
    damaged = bytearray(whole.getvalue())
    damaged[2000:3000] = bytes(1000)

    with pytest.raises(DamagedFile):
        reader.inspect(bytes(damaged), 1)
    assert capfd.readouterr().err
    with pytest.raises(DamagedFile):
        inspection.inspect(bytes(damaged), 1)

    assert capfd.readouterr() == ("", "")


def test_a_picture_that_is_painted_over_without_end_is_refused() -> None:
    with pytest.raises(FileTooCostly, match="more time"):
        inspection.inspect(hostile.jpeg_scans(6000, 50_000), 1, cpu_seconds=1, memory_mb=MUCH_MB)


def test_what_only_waits_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "inspect", _waits)

    with pytest.raises(FileTooCostly, match="more time"):
        inspection.inspect(b"", 1, wall_seconds=0.2)


def test_what_takes_too_much_memory_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "inspect", _eats)

    with pytest.raises(FileTooCostly, match="more memory"):
        inspection.inspect(b"", 1)


@pytest.mark.parametrize("ending", [signal.SIGSEGV, signal.SIGABRT, None])
def test_what_brings_its_reader_down_is_damaged(ending: signal.Signals | None, monkeypatch: pytest.MonkeyPatch) -> None:
    def dies(data: bytes, max_pages: int) -> reader.SourceInfo:
        if ending:
            faulthandler.disable()  # pytest's, which would write of a crash that is meant
            os.kill(os.getpid(), ending)
            signal.pause()
        raise ZeroDivisionError("of a bug")

    monkeypatch.setattr(reader, "inspect", dies)

    with pytest.raises(DamagedFile):
        inspection.inspect(b"", 1)


def _waits(data: bytes, max_pages: int) -> reader.SourceInfo:
    signal.pause()
    raise AssertionError


def _eats(data: bytes, max_pages: int) -> reader.SourceInfo:
    return reader.SourceInfo(MediaType.PDF, len(bytearray(10**10)))
