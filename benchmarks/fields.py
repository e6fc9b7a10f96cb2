"""How many fields of receipts are found: the receipts of an evaluation pack, against the fields that people wrote down. And how
often the lines of goods add up to what was paid: nobody wrote those down.

    python -m benchmarks.fields --eval PACK

A field is right if it has the same letters and digits, nine of ten for a name and an address, since OCR errs too; a total, the
same amount. The rules were written looking at what these receipts print; nothing was held out.

Writes benchmarks/results/fields.json.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from rapidfuzz import fuzz
from rich.console import Console
from rich.progress import track

from benchmarks import machine
from local import runtime
from ocrchat import engines, reader
from ocrchat.fields import items, sums
from ocrchat.fields.field import RECEIPT, Field
from ocrchat.fields.finding import find
from ocrchat.fields.rows import rows
from ocrchat.fields.values import AMOUNT, decimal
from ocrchat.model import Document

FOLDER = "A"
NAMES = ("company", "address", "date", "total")
ALIKE = 90
RESULTS = Path(__file__).parent / "results" / "fields.json"


def main() -> None:
    parser = argparse.ArgumentParser(description="Finds the fields of an evaluation pack's receipts, and counts.")
    parser.add_argument("--eval", type=Path, required=True, help="the evaluation pack")
    folder = parser.parse_args().eval / FOLDER
    manifest = json.loads((folder / "manifest.json").read_text())["items"]
    models = engines.CpuModels(runtime.WEIGHTS, None, threads=1)
    right: dict[str, list[bool]] = {name: [] for name in NAMES}
    goods: list[bool] = []
    adding_up: list[bool] = []
    for item in track(manifest, "reading", console=Console(stderr=True)):
        for truth in (path for path in item.get("aux", {}).values() if path.endswith("fields.json")):
            wanted = json.loads((folder / truth).read_text())
            document = _document(folder / item["file"], models)
            some = rows(document)
            found, bought = find(some, RECEIPT), items.find(document, some)
            for name in NAMES:
                right[name].append(_is_right(name, found[name], wanted[name]))
            goods.append(bool(bought))
            is_checked = bool(bought) and found["total"] is not None
            adding_up.append(is_checked and sums.ITEMS_DO_NOT_ADD_UP not in sums.wrong(found, bought))
    figures = {name: round(sum(some) / len(some), 3) for name, some in right.items()}
    lines = {"found": sum(goods), "adding_up": sum(adding_up)}
    report = machine.facts() | {"receipts": len(right["total"]), "right": figures, "goods": lines}
    RESULTS.write_text(json.dumps(report, indent=1) + "\n")
    Console().print_json(data=report)


def _document(path: Path, models: engines.Models) -> Document:
    source = reader.inspect(path.read_bytes(), max_pages=10)
    return Document(
        tuple(reader.read_page(path, source.media_type, index, models) for index in range(source.page_count))
    )


def _is_right(name: str, field: Field | None, wanted: str) -> bool:
    if field is None:
        return False
    if name == "total":
        amount = AMOUNT.search(wanted)
        return amount is not None and field.value == decimal(amount[0])
    one, other = _letters(field.text), _letters(wanted)
    return one == other if name == "date" else fuzz.ratio(one, other) >= ALIKE


def _letters(text: str) -> str:
    return "".join(letter for letter in text.lower() if letter.isalnum())


if __name__ == "__main__":
    main()
