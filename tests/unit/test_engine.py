"""The real engine with the real weights: loads models, takes seconds."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pymupdf
import pytest
from PIL import Image
from rapidfuzz import fuzz

from ocrchat import engines, images, pdf
from ocrchat.engines.null import NullEngine
from ocrchat.model import PageImage
from tests.documents import digital_pdf, scanned_pdf

EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.fixture(scope="module")
def engine(weights: Path) -> engines.OcrEngine:
    return engines.CpuModels(weights, None, threads=1).ocr


def blank(width: int, height: int) -> PageImage:
    return PageImage(b"\xff" * (width * height * 3), width, height, 96.0)


def rendered(data: bytes) -> PageImage:
    with pdf.open_bytes(data) as document:
        return document.page(0).render()


def turned(image: PageImage, degrees: int) -> PageImage:
    """By a multiple of 90, clockwise."""
    pixels = np.frombuffer(image.pixels, np.uint8).reshape(image.height, image.width, 3)
    pixels = np.rot90(pixels, -degrees // 90)
    return PageImage(pixels.tobytes(), pixels.shape[1], pixels.shape[0], image.dpi)


def leaning(image: PageImage, degrees: float) -> PageImage:
    """Clockwise, on white paper."""
    picture = Image.frombytes("RGB", (image.width, image.height), image.pixels)
    picture = picture.rotate(-degrees, Image.Resampling.BICUBIC, expand=True, fillcolor="white")
    return PageImage(picture.tobytes(), picture.width, picture.height, image.dpi)


def texts(read: engines.Recognised) -> list[str]:
    """From top to bottom."""
    return [line.text for line in sorted(read.lines, key=lambda line: line.box.y0)]


@pytest.fixture(scope="module")
def letter() -> PageImage:
    return images.frame((EXAMPLES / "scan.jpg").read_bytes(), 0)


@pytest.fixture(scope="module")
def upright(engine: engines.OcrEngine, letter: PageImage) -> engines.Recognised:
    return engine.read(letter)


def test_a_scanned_sentence_is_read_word_by_word(engine: engines.OcrEngine) -> None:
    read = engine.read(rendered(scanned_pdf(1, dpi=150)))

    assert texts(read) == ["Page number 0", "The quick brown fox jumps over the lazy dog."]
    assert all(line.confidence > 0.9 for line in read.lines)


def test_boxes_are_upright_and_in_pixels_of_the_page(engine: engines.OcrEngine) -> None:
    image = rendered(scanned_pdf(1, dpi=150))

    first = min(engine.read(image).lines, key=lambda line: line.box.y0)

    point = image.dpi / 72
    assert first.box.x0 == pytest.approx(72 * point, abs=6 * point)
    assert first.box.y0 < 72 * point < first.box.y1 + 4 * point
    assert first.box.height < 30 * point


def test_words_stand_side_by_side_where_the_line_is(engine: engines.OcrEngine) -> None:
    image = rendered(digital_pdf(1))

    line = max(engine.read(image).lines, key=lambda line: line.box.y0)

    with pymupdf.open("pdf", digital_pdf(1)) as document:
        known = [word for word in document[0].get_text("words") if word[3] > 100]  # of the second line
    assert " ".join(word.text for word in line.words) == line.text
    assert [word.text for word in line.words] == [word[4] for word in known]
    letter_width = 6 * image.dpi / 72
    for word, (x0, _, x1, *_) in zip(line.words, known, strict=True):
        assert word.box.x0 == pytest.approx(x0 * image.dpi / 72, abs=letter_width)
        assert word.box.x1 == pytest.approx(x1 * image.dpi / 72, abs=letter_width)


def test_a_real_typed_letter_is_read(upright: engines.Recognised) -> None:
    text = " ".join(line.text for line in upright.lines)

    for words in (
        "UNIVERSITY OF CALIFORNIA",
        "Berkeley, March 20, 1905.",
        "the Academic Senate",
        "Very sincerely yours,",
    ):
        assert all(word in text for word in words.split())


@pytest.mark.parametrize("degrees", [90, 180, 270])
def test_a_turned_page_comes_out_upright(
    engine: engines.OcrEngine, letter: PageImage, upright: engines.Recognised, degrees: int
) -> None:
    read = engine.read(turned(letter, degrees))

    assert upright.rotation == 0
    assert read.rotation == pytest.approx(360 - degrees, abs=0.5)
    assert (read.image.width, read.image.height) == (letter.width, letter.height)
    assert fuzz.ratio(" ".join(texts(read)), " ".join(texts(upright))) > 95


@pytest.mark.parametrize("degrees", [-6, 4])
def test_a_page_that_leans_is_straightened(
    engine: engines.OcrEngine, letter: PageImage, upright: engines.Recognised, degrees: int
) -> None:
    read = engine.read(leaning(letter, degrees))

    assert read.rotation == pytest.approx(-degrees % 360, abs=1)
    assert max(line.box.height for line in read.lines) < 2 * max(line.box.height for line in upright.lines)
    assert fuzz.ratio(" ".join(texts(read)), " ".join(texts(upright))) > 90


def test_small_print_is_found(engine: engines.OcrEngine) -> None:
    with pymupdf.open() as document:
        page = document.new_page(width=1190, height=1684)  # A2, with print of 6 points
        for row in range(60):
            page.insert_text((40, 40 + 9 * row), f"Clause {row}: neither party is liable for delay", fontsize=6)
        image = rendered(document.tobytes())

    read = engine.read(image)

    assert len(read.lines) == 60
    assert sum(text.endswith("neither party is liable for delay") for text in texts(read)) > 55


def test_a_single_narrow_digit_is_no_text_that_runs_down(engine: engines.OcrEngine) -> None:
    with pymupdf.open() as document:
        page = document.new_page(width=300, height=200)
        for row in range(4):
            page.insert_text((60, 40 + 40 * row), "1", fontsize=16)
            page.insert_text((160, 40 + 40 * row), "7", fontsize=16)
        read = engine.read(rendered(document.tobytes()))

    assert sorted(line.text for line in read.lines) == ["1"] * 4 + ["7"] * 4


def test_a_photo_is_read_in_both_its_scripts(engine: engines.OcrEngine) -> None:
    read = engine.read(images.frame((EXAMPLES / "photo.jpg").read_bytes(), 0))

    text = " ".join(line.text for line in read.lines)
    assert "愚园路" in text
    assert "Yuyuan Rd." in text
    assert "愚" in [word.text for line in read.lines for word in line.words]


@pytest.mark.parametrize("size", [(400, 300), (1, 1), (5000, 3), (3, 5000), (2000, 40), (200_000, 1)])
def test_a_page_without_text_has_no_lines_whatever_its_shape(engine: engines.OcrEngine, size: tuple[int, int]) -> None:
    assert engine.read(blank(*size)).lines == []


@pytest.mark.parametrize("size", [(1, 2), (5000, 3), (3, 5000), (2000, 40), (31, 33)])
def test_noise_of_any_shape_is_survived(engine: engines.OcrEngine, size: tuple[int, int]) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, size[0] * size[1] * 3, np.uint8)

    read = engine.read(PageImage(pixels.tobytes(), *size, 96.0))

    assert all(0 <= line.box.x0 < line.box.x1 <= size[0] + 1 for line in read.lines)


def test_reading_again_gives_the_same_lines(engine: engines.OcrEngine) -> None:
    image = rendered(scanned_pdf(1))

    assert engine.read(image) == engine.read(image)


def test_missing_weights_are_noticed_at_loading(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"PP-OCRv6_det_small\.onnx is missing: make"):
        engines.CpuModels(tmp_path, None, threads=1).ocr  # noqa: B018  # loading is what fails


def test_the_null_engine_reads_nothing() -> None:
    assert NullEngine().read(blank(10, 10)).lines == []


def screenshot(width: int, height: int, size: int) -> PageImage:
    """Lines of `size` points, 72 to the inch, from top to bottom."""
    with pymupdf.open() as document:
        page = document.new_page(width=width, height=height)
        for row in range(1, height // (3 * size)):
            page.insert_text((40, 3 * size * row), f"Message {row}: see you at the lake tomorrow", fontsize=size)
        pixmap = page.get_pixmap(dpi=72)
        return PageImage(pixmap.samples, pixmap.width, pixmap.height, 72.0)


@pytest.mark.parametrize(("height", "size"), [(9000, 30), (36000, 60)])
def test_a_long_screenshot_is_read_from_top_to_bottom_and_nothing_twice(
    engine: engines.OcrEngine, height: int, size: int
) -> None:
    image = screenshot(1080, height, size)

    read = texts(engine.read(image))

    count = len(range(1, height // (3 * size)))
    assert len(read) == count
    assert sum(text.startswith("Message") for text in read) == count


def test_small_print_below_a_large_title_is_found(engine: engines.OcrEngine) -> None:
    with pymupdf.open() as document:
        page = document.new_page(width=3000, height=4000)
        page.insert_text((200, 300), "The title", fontsize=200)
        for row in range(20):
            page.insert_text((200, 600 + 40 * row), f"Paragraph {row} of the small print below it", fontsize=20)
        pixmap = page.get_pixmap(dpi=72)

    read = engine.read(PageImage(pixmap.samples, pixmap.width, pixmap.height, 72.0))

    assert len(read.lines) == 21
