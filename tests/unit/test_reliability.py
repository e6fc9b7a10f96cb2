"""The page of what was tried, beside the results that it is made of."""

from __future__ import annotations

from chaos import report
from chaos.scenarios import scenarios


def test_the_page_is_what_was_found() -> None:
    assert report.PAGE.read_text() == report.document(report.results()), "run python -m chaos.report"


def test_the_page_says_what_is_promised_even_where_nothing_was_tried() -> None:
    page = report.document(dict.fromkeys(report.results()))

    assert "## What is promised" in page
    assert "## What is not promised" in page
    assert "make chaos" not in page.partition("## What is promised")[2]


def test_what_was_tried_is_what_is_tried_now_and_was_clean() -> None:
    chaos = report.results()["chaos"]

    assert [(row["scenario"], row["what"]) for row in chaos["rows"]] == [
        (scenario.name, scenario.what) for scenario in scenarios()
    ], "run make chaos"
    assert not [finding for row in chaos["rows"] for finding in row["findings"]]
