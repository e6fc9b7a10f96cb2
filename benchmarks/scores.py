"""From what was read to figures: the pack's own scores of each document, their means by group and language, and costs."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import Any

from benchmarks.contenders import BASE, SUPPORTED_BY
from benchmarks.pack import Item

KEPT = ("primary", "cer", "word_f1", "md_sim", "teds", "passed")
"""The pack's main score (higher is better), character error rate, F1 of words, likeness of Markdown, of tables, tests passed."""

SCRIPTS = {
    **{"Adlm": "ADLAM", "Arab": "ARABIC", "Beng": "BENGALI", "Cakm": "CHAKMA", "Cans": "CANADIAN", "Cyrl": "CYRILLIC"},
    **{"Deva": "DEVANAGARI", "Ethi": "ETHIOPIC", "Guru": "GURMUKHI", "Hani": "CJK", "Hans": "CJK", "Hebr": "HEBREW"},
    **{"Java": "JAVANESE", "Knda": "KANNADA", "Lana": "TAI", "Laoo": "LAO", "Latn": "LATIN", "Mlym": "MALAYALAM"},
    **{"Mymr": "MYANMAR", "Syrc": "SYRIAC", "Taml": "TAMIL", "Thaa": "THAANA", "Tibt": "TIBETAN", "Yiii": "YI"},
}
"""ISO 15924 -> the first word of Unicode's names of its letters."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What a contender took for one document: seconds of all its pages. `problem` says why nothing was read."""

    contender: str
    item: Item
    cpu_s: float
    wall_s: float
    script: str | None = None
    unsupported: bool = False
    problem: str | None = None


def of_documents(pack: Path, folder: str, predictions: Path) -> dict[str, dict[str, float]]:
    """Scores by id of the items that `predictions` has files of."""
    rows = _scored(pack, folder, predictions)["items"]
    return {row["id"]: {name: row[name] for name in KEPT if row.get(name) is not None} for row in rows}


def of_groups(pack: Path, folder: str, predictions: Path) -> dict[str, dict[str, float]]:
    """Mean scores by group, and of `all`, of a folder whose items are of one kind."""
    means = _scored(pack, folder, predictions)["means"]
    (whole,) = means["kind"].values()
    return {**means["group"], "all": whole}


def _scored(pack: Path, folder: str, predictions: Path) -> dict[str, Any]:
    """What the pack's own script says."""
    with tempfile.TemporaryDirectory() as scratch:
        out = Path(scratch) / "scores.json"
        command = [sys.executable, str(pack / "score.py"), "--manifest", str(pack / folder / "manifest.json")]
        command += ["--pred", str(predictions), "--out", str(out), "--skip-missing", "-q"]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        report: dict[str, Any] = json.loads(out.read_text())
    return report


def script_of(text: str) -> str | None:
    """The script that most letters of `text` are in, by the first word of their Unicode names."""
    words = Counter(unicodedata.name(letter, "").partition(" ")[0] for letter in text if letter.isalpha())
    return words.most_common(1)[0][0] if words else None


def summary(readings: Iterable[Reading], scored: dict[tuple[str, str], dict[str, float]]) -> dict[str, Any]:
    """Figures by folder, group and contender. `scored` are the scores by contender and item."""
    groups = defaultdict(list)
    for reading in readings:
        groups[reading.item.folder, reading.item.group].append(reading)
    result: dict[str, Any] = defaultdict(dict)
    for (folder, group), some in sorted(groups.items()):
        result[folder][group] = _by_contender(some, scored)
    if rendered := supported_and_rendered(groups):
        result["E"]["supported"] = _by_contender(rendered, scored)
    return dict(result)


def supported_and_rendered(groups: dict[tuple[str, str], list[Reading]]) -> list[Reading]:
    """The rendered pages of E in languages that the product lists; the same pages for all contenders."""
    rendered = [
        reading for (folder, group), some in groups.items() if folder == "E" and "udhr" in group for reading in some
    ]
    listed = {r.item.id for r in rendered if r.contender == SUPPORTED_BY and not r.unsupported}
    return [reading for reading in rendered if reading.item.id in listed]


def by_language(readings: Iterable[Reading], scored: dict[tuple[str, str], dict[str, float]]) -> dict[str, Any]:
    """Figures by language and contender."""
    languages = defaultdict(list)
    for reading in readings:
        languages[reading.item.language].append(reading)
    return {language: _short(_by_contender(some, scored)) for language, some in sorted(languages.items())}


def _short(contenders: dict[str, Any]) -> dict[str, Any]:
    """Of a language there are one or two pages: their cost says nothing."""
    kept = ("n", "pages", "unsupported", "primary", "cer")
    return {name: {key: row[key] for key in kept if key in row} for name, row in contenders.items()}


def _by_contender(readings: list[Reading], scored: dict[tuple[str, str], dict[str, float]]) -> dict[str, Any]:
    base = {reading.item.id: reading for reading in readings if reading.contender == BASE}
    contenders = defaultdict(list)
    for reading in readings:
        contenders[reading.contender].append(reading)
    return {name: _figures(some, scored, base) for name, some in contenders.items()}


def _figures(
    readings: list[Reading], scored: dict[tuple[str, str], dict[str, float]], base: dict[str, Reading]
) -> dict[str, Any]:
    read = [reading for reading in readings if not reading.unsupported]
    pages = sum(reading.item.pages for reading in read)
    rows = [scored[reading.contender, reading.item.id] for reading in readings]
    figures: dict[str, Any] = {"n": len(readings), "pages": pages, "unsupported": len(readings) - len(read) or None}
    figures |= {name: round(fmean(some), 4) for name in KEPT if (some := [row[name] for row in rows if name in row])}
    if pages:
        figures["cpu_s_a_page"] = round(sum(reading.cpu_s for reading in read) / pages, 4)
        figures["wall_s_a_page"] = round(sum(reading.wall_s for reading in read) / pages, 4)
    figures["cpu_ratio"] = ratio(read, base)
    known = [reading for reading in readings if reading.item.script]
    figures["script_found"] = _share(known, lambda reading: reading.script == SCRIPTS.get(reading.item.script or ""))
    figures["problems"] = [f"{r.item.id}: {r.problem}" for r in readings if r.problem] or None
    return {name: value for name, value in figures.items() if value is not None}


def ratio(readings: list[Reading], base: dict[str, Reading]) -> float | None:
    """CPU seconds over those of the base, on the documents that both have read."""
    both = [(reading, base[reading.item.id]) for reading in readings if reading.item.id in base]
    whole = sum(other.cpu_s for _, other in both)
    return round(sum(reading.cpu_s for reading, _ in both) / whole, 4) if whole else None


def _share(readings: list[Reading], holds: Callable[[Reading], bool]) -> float | None:
    return round(fmean(holds(reading) for reading in readings), 4) if readings else None
