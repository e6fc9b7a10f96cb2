"""Tesseract on lines, with its real data: skipped where `make languages` was not run."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pymupdf
import pytest

from ocrchat.engines import CpuModels, latin
from ocrchat.engines.quads import LINE_HEIGHT, Pixels
from ocrchat.engines.scripts import Line, reread
from ocrchat.engines.tesseract import Tesseract
from ocrchat.model import PageImage

TESSDATA = Path(__file__).resolve().parents[2] / ".build" / "tessdata"

RUSSIAN = "Все люди рождаются свободными и равными"
ARABIC = "يولد جميع الناس أحرارا متساوين في الكرامة"
HEBREW = "כל בני האדם נולדו בני חורין ושווים"
GREEK = "Όλοι οι άνθρωποι γεννιούνται ελεύθεροι"
HINDI = "सभी मनुष्यों को गौरव और अधिकारों के मामले में"
ENGLISH = "All human beings are born free and equal"
VIETNAMESE = "Tất cả mọi người sinh ra đều được tự do"


@pytest.fixture(scope="module")
def tesseract() -> Tesseract:
    if not (TESSDATA / ".ready").exists():
        pytest.skip("no data of Tesseract: run `make languages`")
    return Tesseract(TESSDATA)


def strip(text: str) -> Pixels:
    """`text` as the crop of a line."""
    direction = "rtl" if text[0] > "\u0590" and text[0] < "\u0700" else "ltr"
    with pymupdf.open() as document:
        page = document.new_page(width=600, height=60)
        page.insert_htmlbox((10, 10, 590, 50), f'<p dir="{direction}" style="font-size:16px">{text}</p>')
        pixmap = page.get_pixmap(dpi=200)
        drawn = np.frombuffer(pixmap.samples, np.uint8).reshape(pixmap.height, pixmap.width, 3)
    ys, xs = np.nonzero(drawn.min(axis=2) < 128)
    crop = drawn[max(ys.min() - 8, 0) : ys.max() + 8, max(xs.min() - 8, 0) : xs.max() + 8]
    width = round(crop.shape[1] * LINE_HEIGHT / crop.shape[0])
    return cv2.resize(crop, (width, LINE_HEIGHT), interpolation=cv2.INTER_AREA)


def line(text: str, seen: str = "nonsense", confidence: float = 0.6) -> Line:
    return Line(strip(text), seen, confidence)


@pytest.mark.parametrize(
    ("text", "data"),
    [
        (RUSSIAN, "Cyrillic"),
        (GREEK, "ell"),
        (HINDI, "Devanagari"),
        (HEBREW, "heb"),
        (ARABIC, "ara"),
        (VIETNAMESE, "vie"),
    ],
)
def test_a_line_is_read_in_logical_order_with_its_words(tesseract: Tesseract, text: str, data: str) -> None:
    reading = tesseract.read(strip(text), data)

    assert reading.text == text
    assert reading.confidence > 0.8
    assert [word.text for word in reading.words] == text.split()
    assert all(0 <= word.start < word.stop <= 1 for word in reading.words)


@pytest.mark.parametrize(("text", "data", "is_rtl"), [(RUSSIAN, "Cyrillic", False), (HEBREW, "heb", True)])
def test_words_stand_where_they_are_read(tesseract: Tesseract, text: str, data: str, is_rtl: bool) -> None:
    places = [word.start for word in tesseract.read(strip(text), data).words]

    assert places == sorted(places, reverse=is_rtl)


def test_what_is_made_of_a_line_without_ink_is_not_trusted(tesseract: Tesseract) -> None:
    reading = tesseract.read(np.full((LINE_HEIGHT, 300, 3), 255, np.uint8), "Cyrillic")

    assert reading.confidence == 0


def test_data_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError):
        Tesseract(tmp_path).read(np.zeros((LINE_HEIGHT, 300, 3), np.uint8), "Cyrillic")


def test_reading_many_languages_keeps_few_open(tesseract: Tesseract) -> None:
    crop = strip(RUSSIAN)
    for data in ("Cyrillic", "ell", "heb", "ara", "tha", "kor", "kat", "hye", "guj", "pan", "tam", "tel", "mal"):
        tesseract.read(crop, data)

    assert len(tesseract._open) <= 10
    assert tesseract.read(crop, "Cyrillic").text == RUSSIAN


@pytest.mark.parametrize("text", [RUSSIAN, GREEK, HEBREW, ARABIC, HINDI])
def test_a_page_in_another_script_is_found_out(tesseract: Tesseract, text: str) -> None:
    (reading,) = reread([line(text)], "auto", tesseract)

    assert reading is not None
    assert reading.text == text


def test_cyrillic_of_which_pp_ocrv6_is_sure_of_the_commas_is_found_out(tesseract: Tesseract) -> None:
    lines = [line(RUSSIAN, ", .", 0.97), line("Москва", "MockBa", 0.96)]

    readings = reread(lines, "auto", tesseract)

    assert [reading and reading.text for reading in readings] == [RUSSIAN, "Москва"]


def test_a_page_that_pp_ocrv6_reads_well_is_left_alone() -> None:
    lines = [line(ENGLISH, ENGLISH, 0.98), line("Total 12.50", "Total 12.50", 0.97)]

    assert reread(lines, "auto", Tesseract(Path())) == [None, None]
    assert reread(lines, "en", Tesseract(Path())) == [None, None]


def test_a_bad_copy_of_a_known_language_stays_what_it_is(tesseract: Tesseract) -> None:
    assert reread([line(ENGLISH, ENGLISH, 0.82), line(ENGLISH, ENGLISH, 0.84)], "auto", tesseract) == [None, None]


def test_one_line_in_another_script_is_found_on_an_english_page(tesseract: Tesseract) -> None:
    lines = [line(ENGLISH, ENGLISH, 0.98), line(HEBREW), line(ENGLISH, ENGLISH, 0.98)]

    readings = reread(lines, "auto", tesseract)

    assert [reading and reading.text for reading in readings] == [None, HEBREW, None]


def test_an_english_line_on_a_russian_page_stays(tesseract: Tesseract) -> None:
    readings = reread([line(RUSSIAN), line(ENGLISH, ENGLISH, 0.98)], "ru", tesseract)

    assert [reading and reading.text for reading in readings] == [RUSSIAN, None]


TURKISH = "Bütün insanlar hür, haysiyet ve haklar bakımından eşit doğarlar"


def unseen(text: str, confidence: float = 0.97, width: int = 500) -> Line:
    return Line(np.zeros((LINE_HEIGHT, width, 3), np.uint8), text, confidence)


@pytest.mark.parametrize(
    ("seen", "data"),
    [
        ("Tât cà moi nguời sinh ra đèu được tư do", "vie"),
        ("Bütün insanlar hür, haysiyet ve haklar bakimindan esit dogarlar", "tur"),
        ("Všichni lidé rodi se svobodní a sobe rovní", "ces"),
        (ENGLISH, ""),
        (RUSSIAN, ""),
    ],
)
def test_a_language_with_marks_is_told_from_what_pp_ocrv6_can_read_of_it(seen: str, data: str) -> None:
    assert latin.data_for([unseen(seen)], "auto") == data


def test_what_was_asked_for_counts_not_what_is_read() -> None:
    assert latin.data_for([unseen(ENGLISH)], "Polish") == "pol"
    assert latin.data_for([unseen(TURKISH)], "en") == ""
    assert latin.data_for([], "auto") == ""


def test_no_language_is_told_from_the_little_that_looks_like_one_in_another_script() -> None:
    nonsense = unseen(TURKISH, 0.82), unseen("nn'n D\"nn", 0.6), unseen("nx7yn71 nmn", 0.5)

    assert latin.data_for(nonsense[:1], "auto") == "tur"
    assert latin.data_for(nonsense, "auto") == ""


def test_marks_that_pp_ocrv6_loses_are_read_by_tesseract(tesseract: Tesseract, weights: Path) -> None:
    with pymupdf.open() as document:
        page = document.new_page(width=420, height=60)
        page.insert_htmlbox((10, 20, 410, 50), f'<p style="font-size:10px">{TURKISH}</p>')
        pixmap = page.get_pixmap(dpi=150)
    image = PageImage(pixmap.samples, pixmap.width, pixmap.height, 150.0)

    read = CpuModels(weights, TESSDATA, threads=1).ocr.read(image)

    assert [line.text for line in read.lines] == [TURKISH]
    assert read.engine == "pp-ocrv6+tesseract"
    assert [word.text for word in read.lines[0].words] == TURKISH.split()


def test_a_page_without_lines_has_no_readings() -> None:
    assert reread([], "auto", Tesseract(Path())) == []
    assert reread([], "ru", Tesseract(Path())) == []
