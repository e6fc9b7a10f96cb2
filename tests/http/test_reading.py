"""What is read, as a caller sees it: words, tables, pages that lay on their side, languages."""

from __future__ import annotations

import csv
from io import BytesIO, StringIO
from typing import Any

import httpx
import pytest
from PIL import Image

from tests.documents import digital_pdf
from tests.http.conftest import ROOT, Server, post

EXAMPLES = ROOT / "examples"


@pytest.fixture(scope="module")
def report(api: httpx.Client) -> dict[str, Any]:
    """A digital report of three pages with headings, columns and a table."""
    job: dict[str, Any] = post(api, "report.pdf", (EXAMPLES / "report.pdf").read_bytes()).raise_for_status().json()
    return job


def lines_of(job: dict[str, Any]) -> list[dict[str, Any]]:
    return [line for page in job["pages"] for block in page["blocks"] for line in block["lines"]]


def test_words_come_with_their_boxes_when_they_are_asked_for(api: httpx.Client, report: dict[str, Any]) -> None:
    job = api.get(f"/api/v1/ocr/{report['uuid']}/", params={"words": "true"}).raise_for_status().json()

    assert all(line["words"] == [] for line in lines_of(report))
    for line in lines_of(job):
        assert "".join(word["text"] for word in line["words"]) == line["text"].replace(" ", "")
        x0, y0, x1, y1 = line["bbox"]
        for word in line["words"]:
            assert x0 - 1 <= word["bbox"][0] < word["bbox"][2] <= x1 + 1
            assert y0 - 1 <= word["bbox"][1] < word["bbox"][3] <= y1 + 1


def test_words_can_be_had_with_the_submission(api: httpx.Client) -> None:
    answer = api.post("/api/v1/ocr/", params={"words": "true"}, files={"file": ("a.pdf", digital_pdf(1))})

    first = lines_of(answer.raise_for_status().json())[0]
    assert [word["text"] for word in first["words"]] == ["Page", "number", "0"]


def test_words_are_true_or_false_and_nothing_is_charged_for_maybe(api: httpx.Client) -> None:
    before = api.get("/api/v1/account/").json()["used"]

    answer = api.post("/api/v1/ocr/", params={"words": "maybe"}, files={"file": ("a.pdf", digital_pdf(1))})

    assert answer.status_code == 400
    assert "true, false" in answer.json()["detail"]
    assert api.get("/api/v1/account/").json()["used"] == before


def test_a_table_has_cells_and_is_one_in_every_format(api: httpx.Client, report: dict[str, Any]) -> None:
    block, _ = [block for page in report["pages"] for block in page["blocks"] if block["table"]]

    table = block["table"]
    header = [cell["text"] for cell in table["cells"] if cell["row"] == 0]
    assert header[0] == "Station"
    assert block["type"] == "table"
    assert table["html"].startswith("<table>")
    assert "| Deep basin | 118 | 52 | 5.6 | 7.9 | 6.8 |" in report["markdown"]
    answer = api.get(f"/api/v1/ocr/{report['uuid']}/download/", params={"format": "csv"}).raise_for_status()
    rows = list(csv.reader(StringIO(answer.content.decode("utf-8-sig"))))
    assert ["Deep basin", "118", "52", "5.6", "7.9", "6.8"] in rows


def test_headings_are_headings(report: dict[str, Any]) -> None:
    headings = [block["text"] for page in report["pages"] for block in page["blocks"] if block["type"] == "heading"]

    assert "Lake Almere Water Quality" in headings[0]
    assert "\n# Lake Almere Water Quality\n" in report["markdown"]


def test_a_page_on_its_side_comes_out_upright(api: httpx.Client) -> None:
    with Image.open(EXAMPLES / "scan.jpg") as upright:
        file = BytesIO()
        upright.rotate(90, expand=True).save(file, "JPEG", quality=90)
        size = upright.size

    (page,) = post(api, "side.jpg", file.getvalue()).raise_for_status().json()["pages"]

    assert page["rotation"] == pytest.approx(90, abs=0.5)
    assert (page["width"], page["height"]) == size
    assert page["text"].startswith("UNIVERSITY OF CALIFORNIA")
    assert page["language"] == "en"


def test_the_languages_are_public(server: Server) -> None:
    languages = httpx.get(f"{server.url}/api/v1/languages/").raise_for_status().json()["languages"]

    codes = {language["code"]: language for language in languages}
    assert len(codes) >= 110
    assert codes["en"]["engine"] == "pp-ocrv6"
    assert codes["en"]["available"] is True
    assert codes["ar"]["engine"] == "tesseract"


@pytest.mark.parametrize("word", ["de", "deu", "German", "GERMAN", "de-AT"])
def test_a_language_can_be_named_in_several_ways(api: httpx.Client, word: str) -> None:
    job = post(api, "a.pdf", digital_pdf(1), language=word).raise_for_status().json()

    assert job["language"] == "de"


def test_a_language_that_nobody_reads_is_refused_with_the_list(api: httpx.Client) -> None:
    answer = post(api, "a.pdf", digital_pdf(1), language="klingon")

    assert answer.status_code == 400
    assert "/api/v1/languages/" in answer.json()["detail"]
