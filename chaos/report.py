"""docs/reliability.md, from benchmarks/results/*.json.

python -m chaos.report
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jinja2

from benchmarks import deployed
from functions.ocr_page.messages import HOLD_MARGIN_SECONDS
from functions.submit.split import ENDING_SECONDS
from infra.pages import PAGE_TRIES, READ_TIMEOUT
from ocrchat.usecases import REPAIR_AFTER

PAGE = deployed.ROOT / "docs" / "reliability.md"

KINDS = {
    "Small": "1 digital page, waited for",
    "SmallScan": "1 scanned page, waited for",
    "Medium": "8 digital pages",
    "Scans": "8 scanned pages",
    "Long": "1,000 digital pages",
}


def results() -> dict[str, Any]:
    """Those that there are."""
    return {
        name: json.loads(file.read_text()) if (file := deployed.RESULTS / f"{name}.json").exists() else None
        for name in ("chaos", "faults", "load", "large", "hostile")
    }


def document(results: dict[str, Any]) -> str:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent),
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    return environment.get_template("reliability.md.jinja").render(
        **results,
        kinds=KINDS,
        every=deployed.scheduled_minutes(),
        repair_minutes=round(REPAIR_AFTER.total_seconds() / 60),
        hold_seconds=round(READ_TIMEOUT.to_seconds()) + HOLD_MARGIN_SECONDS,
        page_tries=PAGE_TRIES,
        split_patience=300 - ENDING_SECONDS,
    )


if __name__ == "__main__":
    PAGE.write_text(document(results()))
