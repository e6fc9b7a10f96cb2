"""`make chaos`: faults on the running system, and what was lost, wrong, charged twice or left over. All zeros, or exit code 1.

    python -m chaos [scenario ...]

All of them write benchmarks/results/chaos.json; some, named by the beginnings of their names, only print.
"""

from __future__ import annotations

import json
import sys
import time

from rich.console import Console
from rich.table import Table

from benchmarks import machine
from benchmarks.deployed import RESULTS
from chaos.run import Row, Trial
from chaos.scenarios import scenarios
from chaos.system import HASTE, started

COLUMNS = ("jobs", "lost", "wrong", "charged_twice", "orphans", "faults", "refusals", "repairs", "seconds")

console = Console(highlight=False)


def main(names: list[str]) -> int:
    chosen = [scenario for scenario in scenarios() if not names or scenario.name.startswith(tuple(names))]
    begun = time.monotonic()
    with started() as system, console.status("Nothing fails yet ...") as status:
        trial = Trial(system)
        rows = []
        for scenario in chosen:
            status.update(f"{scenario.name} ...")
            rows.append(trial.run(scenario))
            show(rows[-1])
        calls = system.proxy.calls
    console.print(table(rows))
    seconds = time.monotonic() - begun
    console.print(f"{calls} calls of AWS went through the proxy, in {seconds:.0f} s.")
    if not names:
        result = {
            **machine.facts(),
            "haste": HASTE,
            "calls": calls,
            "seconds": round(seconds),
            "rows": [row.to_json() for row in rows],
        }
        (RESULTS / "chaos.json").write_text(json.dumps(result, indent=1) + "\n")
    return 0 if all(row.is_clean for row in rows) else 1


def show(row: Row) -> None:
    console.print(f"{row.scenario}: {row.seconds} s" + (", clean" if row.is_clean else ""))
    for finding in row.findings:
        console.print(f"  {finding}", style="red", markup=False, soft_wrap=True)


def table(rows: list[Row]) -> Table:
    made = Table("scenario", *(column.replace("_", " ") for column in COLUMNS))
    for row in rows:
        made.add_row(row.scenario, *(str(getattr(row, column)) for column in COLUMNS))
    return made


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
