"""docs/benchmarks.md and its plot, docs/benchmarks.svg, from benchmarks/results/*.json.

python -m benchmarks.report
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jinja2
import matplotlib
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from benchmarks.contenders import BASE, CONTENDERS

HERE = Path(__file__).parent
DOCS = HERE.parent / "docs"

TITLES = {
    "A": {"sroie": "Receipts", "tapus": "Typewritten, French", "tess": "Magazine pages"},
    "B": {
        "born-digital": "Born digital",
        "docling": "Born digital, Markdown",
        "olmocr": "Born digital, tests",
        "olmocr-image": "Handwriting, tests",
        "raster-twin": "Born digital, as images",
        "ehri": "Archive scans",
        "docling-ocr": "One scan, turned four ways",
        "omnidocbench": "Slides, reports, papers",
    },
    "C": {
        "icdar2013": "Tables, reports",
        "pubtabnet": "Tables, papers",
        "omnidocbench": "Tables, Chinese",
        "tabula": "Tables in PDFs",
    },
    "D": {
        "poilus": "Handwriting, French wills",
        "stanford-hand": "Handwriting, English letters",
        "stanford-typed": "Typed letters",
        "stanford": "Letters, not told which",
        "im2latex": "Formulas, printed",
        "unimer": "Formulas, printed and by hand",
        "crohme": "Formulas, drawn",
    },
    "E": {
        "supported": "Rendered, languages listed",
        "udhr-latin": "Rendered, Latin script",
        "udhr-other": "Rendered, other scripts",
        "real-ehri": "Typed pages, 5 languages",
        "real-snippet": "Lines, 9 languages",
        "real-scene": "Photos",
    },
}
"""Groups of the pack by folder, in the order of the tables, in words."""

MARKS = dict(zip((contender.name for contender in CONTENDERS), "*XPosv^D_", strict=True))
LEAST_ITEMS = 3
"""A group of fewer documents is in the tables, but not in the plot."""

COLUMNS = 4


def main() -> None:
    results = {file.stem: json.loads(file.read_text()) for file in sorted((HERE / "results").glob("*.json"))}
    accuracy = results["accuracy"]
    plot(accuracy["folders"], DOCS / "benchmarks.svg")
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(HERE), trim_blocks=True, lstrip_blocks=True, undefined=jinja2.StrictUndefined
    )
    page = environment.get_template("report.md.jinja").render(
        **{
            name: results.get(name)
            for name in ("accuracy", "cold_start", "embedded", "memory", "exports", "fields", "questions", "roundtrip")
        },
        groups=groups,
        present=present,
        table=table,
    )
    (DOCS / "benchmarks.md").write_text(page)


def groups(folders: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """The groups that were measured: title, and figures by contender."""
    return [
        (title, folders[folder][group])
        for folder, titles in TITLES.items()
        for group, title in titles.items()
        if group in folders.get(folder, {})
    ]


def present(folders: dict[str, Any]) -> list[str]:
    measured = {name for _, figures in groups(folders) for name in figures}
    return [contender.name for contender in CONTENDERS if contender.name in measured]


def table(rows: list[tuple[str, dict[str, Any]]], names: list[str], figure: str, form: str) -> str:
    """A pipe table: a row a group, a column a contender, of those that have `figure` anywhere; the best of a row is bold."""
    names = [name for name in names if any(figure in figures.get(name, {}) for _, figures in rows)]
    lines = ["| | pages | " + " | ".join(names) + " |", "| --- " * (len(names) + 2) + "|"]
    for title, figures in rows:
        values = [figures.get(name, {}).get(figure) for name in names]
        if all(value is None for value in values):
            continue
        pages = max(row["pages"] for row in figures.values())
        lines.append(f"| {title} | {pages} | " + " | ".join(cells(values, form, figure in HIGH_IS_GOOD)) + " |")
    return "\n".join(lines)


HIGH_IS_GOOD = frozenset({"primary", "word_f1", "md_sim", "teds", "passed", "script_found"})


def cells(values: list[float | None], form: str, high_is_good: bool) -> list[str]:
    known = [value for value in values if value is not None]
    best = format((max if high_is_good else min)(known), form)
    texts = ["" if value is None else format(value, form) for value in values]
    return [f"**{text}**" if text == best and len(known) > 1 else text for text in texts]


def plot(folders: dict[str, Any], file: Path) -> None:
    """Score against cost relative to the base: a panel a group that the base has read, a mark a contender."""
    panels = [
        (title, figures) for title, figures in groups(folders) if BASE in figures and figures[BASE]["n"] >= LEAST_ITEMS
    ]
    rows = max(1, -(-len(panels) // COLUMNS))
    settings = {
        "svg.hashsalt": "ocrchat",
        "svg.fonttype": "none",
        "font.size": 8,
    }  # the same file from the same figures
    with matplotlib.rc_context(settings):
        figure = Figure(figsize=(11, 2.4 * rows + 0.8), layout="constrained")
        marks: dict[str, Any] = {}
        for place, (title, figures) in enumerate(panels):
            axes = figure.add_subplot(rows, COLUMNS, place + 1)
            marks |= draw(axes, figures)
            axes.set_title(f"{title} ({figures[BASE]['n']})", fontsize=8)
        figure.supxlabel(f"CPU-seconds a page, relative to {BASE}")
        figure.supylabel("score")
        figure.legend(marks.values(), marks.keys(), loc="outside upper center", ncols=len(MARKS), frameon=False)
        figure.savefig(file, metadata={"Date": None})


def draw(axes: Any, figures: dict[str, Any]) -> dict[str, Any]:
    """The marks by contender."""
    axes.axvline(1, color="lightgrey", linewidth=0.8, zorder=0)
    axes.set_xscale("log")
    axes.set_xlim(0.03, 6)
    axes.set_xticks([0.1, 0.5, 1, 5])
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.minorticks_off()
    axes.set_ylim(max(-0.03, min(row["primary"] for row in figures.values()) - 0.1), 1.03)
    return {
        name: axes.scatter(
            [row["cpu_ratio"]], [row["primary"]], marker=MARKS[name], color=f"C{list(MARKS).index(name)}"
        )
        for name, row in figures.items()
        if "cpu_ratio" in row
    }


if __name__ == "__main__":
    main()
