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
    timeouts = deployed.timeout_seconds()
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
        hold_seconds=timeouts["ocr_page.handler"] + HOLD_MARGIN_SECONDS,
        page_tries=deployed.page_tries(),
        split_patience=timeouts["submit.split"] - ENDING_SECONDS,
    )


if __name__ == "__main__":
    PAGE.write_text(document(results()))
