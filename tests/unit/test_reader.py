from __future__ import annotations

from io import BytesIO
from pathlib import Path

import pymupdf
import pytest
from PIL import Image

from ocrchat import reader
from ocrchat.engines import OcrEngine, Recognised
from ocrchat.engines.null import NullEngine, NullModels
from ocrchat.errors import (
    BadRequest,
    DamagedFile,
    FileEmpty,
    PageUnreadable,
    PasswordNeeded,
    TooManyPages,
    UnsupportedFile,
)
from ocrchat.media import MediaType
from ocrchat.model import Box, Line, PageImage
from tests.documents import digital_pdf, scanned_pdf

EXAMPLES = Path(__file__).parents[2] / "examples"


class OnlyOcr(NullModels):
    """Layout and tables by geometry, text by `ocr`."""

    def __init__(self, ocr: OcrEngine) -> None:
        self.ocr = ocr  # type: ignore[assignment]  # another engine than the null one


class CornerEngine(NullEngine):
    """Says how large the page was, in its bottom right corner and then in its top left corner."""

    name = "corner"

    def read(self, image: PageImage, language: str = "auto", may_turn: bool = True) -> Recognised:
        width, height = image.width, image.height
        lines = [
            Line(f"{width} wide", Box(width - 90, height - 20, width, height), 0.8),
            Line(f"{height} high", Box(0, 0, 90, 20), 0.9),
        ]
        return Recognised(image, lines, self.name)


CORNERS = OnlyOcr(CornerEngine())


class NoOcr(NullModels):
    @property
    def ocr(self) -> OcrEngine:  # type: ignore[override]
        raise AssertionError("the engine was loaded for a page that has text")


never = NoOcr()


def tiff(frames: int) -> bytes:
    file = BytesIO()
    first, *rest = [Image.new("L", (60 + n, 40), 255) for n in range(frames)]
    first.save(file, "TIFF", save_all=True, append_images=rest)
    return file.getvalue()


def locked_pdf() -> bytes:
    with pymupdf.open("pdf", digital_pdf(1)) as plain:
        return bytes(plain.tobytes(encryption=pymupdf.PDF_ENCRYPT_AES_256, user_pw="secret", owner_pw="boss"))


def test_a_file_is_what_its_content_says() -> None:
    assert reader.inspect(digital_pdf(3), max_pages=3) == reader.SourceInfo(MediaType.PDF, 3)
    assert reader.inspect(tiff(2), max_pages=3) == reader.SourceInfo(MediaType.TIFF, 2)
    assert reader.inspect((EXAMPLES / "photo.jpg").read_bytes(), max_pages=1).media_type is MediaType.JPEG


@pytest.mark.parametrize(
    ("data", "error", "advice"),
    [
        (b"", FileEmpty, "uploaded whole"),
        (b"PK\x03\x04 this is a zip", UnsupportedFile, "PNG, JPEG, WebP, GIF, BMP, TIFF or PDF"),
        (digital_pdf(4), TooManyPages, "more than 3 pages"),
        (tiff(4), TooManyPages, "Split it"),
        (locked_pdf(), PasswordNeeded, "Send a copy without one"),
        (b"%PDF-1.7 nothing", DamagedFile, "send it again"),
        (b"\x89PNG\r\n\x1a\n nothing", DamagedFile, "send it again"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_with_advice(data: bytes, error: type[BadRequest], advice: str) -> None:
    with pytest.raises(error, match=advice):
        reader.inspect(data, max_pages=3)


def test_a_digital_page_is_read_from_its_text_layer_without_any_model() -> None:
    result = reader.read_page(EXAMPLES / "report.pdf", MediaType.PDF, 0, never)

    assert (result.engine, result.index, result.error) == ("text-layer", 0, None)
    assert "Lake Almere supplies drinking water to 48,200 people" in result.text
    assert "\nDeep basin 118 52 5.6 7.9 6.8\n" in result.text
    assert all(line.confidence == 1.0 for line in result.lines)


def test_the_columns_of_a_digital_page_are_read_one_after_the_other() -> None:
    text = reader.read_page(EXAMPLES / "report.pdf", MediaType.PDF, 1, never).text

    headings = ["1. The year", "2. Nitrate", "3. Quagga", "4. Trace", "only in May."]
    assert sorted(headings, key=text.index) == headings


def test_a_scanned_page_is_recognised_and_put_in_order(tmp_path: Path) -> None:
    source = tmp_path / "scan"
    source.write_bytes(scanned_pdf(2))

    result = reader.read_page(source, MediaType.PDF, 1, CORNERS)

    assert (result.engine, result.index) == ("corner", 1)
    assert [line.text for line in result.lines] == [f"{result.height} high", f"{result.width} wide"]
    assert all(line.box.x1 <= result.width and line.box.y1 <= result.height for line in result.lines)


def test_each_frame_of_a_tiff_is_recognised(tmp_path: Path) -> None:
    source = tmp_path / "fax"
    source.write_bytes(tiff(3))

    widths = [reader.read_page(source, MediaType.TIFF, index, CORNERS).width for index in range(3)]

    assert widths == [60, 61, 62]


def test_a_blank_page_is_a_result_without_blocks(tmp_path: Path) -> None:
    source = tmp_path / "blank"
    source.write_bytes(tiff(1))

    result = reader.read_page(source, MediaType.TIFF, 0, NullModels())

    assert (result.blocks, result.text, result.error) == ((), "", None)


@pytest.mark.parametrize(
    ("data", "media_type", "index"),
    [
        (digital_pdf(1), MediaType.PDF, 7),
        (b"%PDF-1.7 nothing", MediaType.PDF, 0),
        (tiff(1), MediaType.TIFF, 7),
        (tiff(1)[:1200], MediaType.TIFF, 0),
    ],
)
def test_a_page_that_cannot_be_read_says_so(data: bytes, media_type: MediaType, index: int, tmp_path: Path) -> None:
    source = tmp_path / "broken"
    source.write_bytes(data)

    with pytest.raises(PageUnreadable):
        reader.read_page(source, media_type, index, CORNERS)


def half_picture(path: Path) -> Path:
    """A digital page, the lower half of which is a picture; A4, so 1653 x 2339 pixels at 200 dpi."""
    with pymupdf.open("pdf", digital_pdf(1)) as made:
        page = made[0]
        page.insert_image((0, 421, 595, 842), pixmap=pymupdf.Pixmap(pymupdf.csRGB, (0, 0, 595, 421), False))
        page.insert_text((100, 700), "Typed over the picture", fontsize=12)
        path.write_bytes(made.tobytes())
    return path


class PictureEngine(NullEngine):
    """Finds in a picture what is given, at places from its top left corner."""

    name = "picture"

    def __init__(self, *lines: Line) -> None:
        self._lines = lines
        self.seen: list[tuple[int, int]] = []

    def read(self, image: PageImage, language: str = "auto", may_turn: bool = True) -> Recognised:
        self.seen.append((image.width, image.height))
        return Recognised(image, list(self._lines), self.name)


def test_a_picture_on_a_digital_page_is_read_too(tmp_path: Path) -> None:
    engine = PictureEngine(Line("In the picture", Box(100, 100, 400, 130), 0.8))

    page = reader.read_page(half_picture(tmp_path / "a.pdf"), MediaType.PDF, 0, OnlyOcr(engine))

    (width, height) = engine.seen[0]
    assert (width, height) == pytest.approx((1653, 1169), abs=3)
    found = {line.text: line for line in page.lines}
    assert set(found) == {
        "Page number 0",
        "The quick brown fox jumps over the lazy dog.",
        "In the picture",
        "Typed over the picture",
    }
    assert found["In the picture"].box.y0 == pytest.approx(1169 + 100, abs=3)
    assert found["In the picture"].confidence == 0.8
    assert page.engine == "text-layer+picture"


def test_what_the_text_layer_has_is_not_read_a_second_time(tmp_path: Path) -> None:
    typed = Box(100 / 72 * 200, 690 / 72 * 200 - 1169, 220 / 72 * 200, 703 / 72 * 200 - 1169)
    engine = PictureEngine(Line("Typed ovcr thc picturc", typed, 0.7))

    page = reader.read_page(half_picture(tmp_path / "a.pdf"), MediaType.PDF, 0, OnlyOcr(engine))

    assert "Typed ovcr thc picturc" not in page.text
    assert page.text.count("Typed over the picture") == 1


def test_a_watermark_does_not_hide_the_lines_under_it(tmp_path: Path) -> None:
    path = tmp_path / "a.pdf"
    with pymupdf.open("pdf", scanned_pdf(1)) as scan:
        scan[0].insert_text((60, 400), "CONFIDENTIAL", fontsize=72, color=(1, 0, 0))
        path.write_bytes(scan.tobytes())
    engine = PictureEngine(Line("under the watermark", Box(300, 1000, 900, 1035), 0.9))

    page = reader.read_page(path, MediaType.PDF, 0, OnlyOcr(engine))

    assert "under the watermark" in page.text
    assert "CONFIDENTIAL" in page.text


@pytest.mark.parametrize("rotate", [90, 180, 270])
def test_a_digital_page_on_its_side_comes_out_upright(tmp_path: Path, rotate: int) -> None:
    path = tmp_path / "a.pdf"
    with pymupdf.open("pdf", digital_pdf(1)) as document:
        document[0].set_rotation(rotate)
        path.write_bytes(document.tobytes())
    upright = tmp_path / "b.pdf"
    upright.write_bytes(digital_pdf(1))

    page = reader.read_page(path, MediaType.PDF, 0, never)

    known = reader.read_page(upright, MediaType.PDF, 0, never)
    assert page.rotation == 360 - rotate
    assert (page.width, page.height, page.blocks) == (known.width, known.height, known.blocks)
