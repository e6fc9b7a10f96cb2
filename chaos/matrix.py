"""Every call of AWS, with every fault that it can have: what is lost, wrong, charged twice, left over. All zeros, or exit code 1.

    python -m chaos.matrix [--most N] [--minutes N] [journey ...]

Each journey is made once without faults, and its calls are recorded. Then it is made again for each call and each fault of
its operation (`faults.OPERATIONS`), for each message and each thing that can befall a message, and for each function with a clock
that is wrong. Without names of journeys it writes benchmarks/results/faults.json.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import random
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from benchmarks import machine
from benchmarks.deployed import RESULTS
from chaos.faults import OPERATIONS
from chaos.invariants import Breach, Violation
from chaos.journeys import JOURNEYS, PAGE_FUNCTIONS, Journey, MessageFault, Servers, Trial, servers
from chaos.wire import Site

MESSAGE_FAULTS: tuple[MessageFault, ...] = ("twice", "twice, the second hours later", "hours late")
PAGE_FAULTS: tuple[MessageFault, ...] = (*MESSAGE_FAULTS, "never")
"""A page's message may be lost, which the reconciler sees. The other queues are trusted not to lose theirs."""

SKEW = timedelta(minutes=10)

SEED = 9


@dataclass(frozen=True)
class Case:
    """One trial: a journey, and what fails in it. The first three words are how results are put together."""

    journey: Journey
    function: str
    what: str
    fault: str
    detail: str
    plan: Callable[[Trial], None]

    @property
    def group(self) -> tuple[str, str, str]:
        return self.function, self.what, self.fault

    def __str__(self) -> str:
        return f"{self.journey.name}: {self.function}, {self.what} {self.detail}: {self.fault}"


@dataclass(frozen=True)
class Baseline:
    """A journey without faults, but those that it is made with."""

    text: str
    calls: Sequence[Site]
    messages: dict[str, int]
    """How many came, by queue."""


def baseline(servers: Servers, journey: Journey) -> Baseline:
    """Raises RuntimeError for a journey that does not end well by itself."""
    trial = Trial(servers, journey)
    if found := trial.run():
        raise RuntimeError(f"{journey.name}, without faults: {found}")
    calls = [call for call in trial.world.wire.calls if call.function]
    ends = bool(journey.ends & {"done"}) and not journey.mind
    return Baseline(trial.read() if ends else "", calls, trial.came)


def cases(journey: Journey, known: Baseline, functions: dict[str, str]) -> list[Case]:
    """All of them, in the order of what happens. `functions` are those of the queues."""
    given = {(function, operation) for function, operation, _ in journey.given}
    made = [
        Case(journey, site.function, site.operation, fault.__name__, str(site.nth), _plan_call(site, fault))
        for site in known.calls
        if (site.function, site.operation) not in given
        for fault in OPERATIONS[site.operation.split()[0]]
    ]
    for queue, count in known.messages.items():
        function = functions[queue]
        befalls = PAGE_FAULTS if function in PAGE_FUNCTIONS else MESSAGE_FAULTS
        made += [
            Case(journey, function, "its message", befalling, str(number), _plan_message(queue, number, befalling))
            for number in range(1, count + 1)
            for befalling in befalls
        ]
    everything: tuple[MessageFault, ...] = (
        "twice",
        "twice, the second hours later",
        "twenty minutes late",
        "in reverse order",
    )
    made += [Case(journey, "all", "all messages", befalling, "", _plan_messages(befalling)) for befalling in everything]
    for function in sorted({site.function for site in known.calls} - {"workflow"}):
        for skew in (SKEW, -SKEW):
            minutes = f"{skew.total_seconds() / 60:+.0f} minutes"
            made.append(Case(journey, function, "its clock", minutes, "", _plan_skew(function, skew)))
    return made


def run(servers: Servers, case: Case, text: str) -> list[Violation]:
    trial = Trial(servers, case.journey, text)
    case.plan(trial)
    try:
        return trial.run()
    except Exception as error:
        return [Violation(Breach.WRONG, f"the trial broke off: {type(error).__name__}: {error}")]


def thinned(made: list[Case], most: int) -> list[Case]:
    """At most so many of each function, operation and fault, from whichever journeys, always the same ones; 0 is all."""
    if not most:
        return made
    chance, groups = random.Random(SEED), defaultdict(list)
    for case in made:
        groups[case.group].append(case)
    return [case for group in groups.values() for case in chance.sample(group, min(most, len(group)))]


class Tally:
    """Numbers by function, operation and fault."""

    def __init__(self) -> None:
        self.runs: Counter[tuple[str, str, str]] = Counter()
        self.found: dict[tuple[str, str, str], Counter[Breach]] = defaultdict(Counter)
        self.words: list[str] = []

    def add(self, case: Case, violations: list[Violation]) -> None:
        self.runs[case.group] += 1
        self.found[case.group].update({violation.breach for violation in violations})
        if violations:
            self.words.append(f"{case}: {'; '.join(violation.words for violation in violations)}")

    def merge(self, other: Tally) -> None:
        self.runs += other.runs
        for group, breaches in other.found.items():
            self.found[group] += breaches
        self.words += other.words

    def to_json(self) -> list[dict[str, Any]]:
        return [
            {"function": function, "operation": operation, "fault": fault, "runs": runs}
            | {breach.value: self.found[function, operation, fault][breach] for breach in Breach}
            for (function, operation, fault), runs in sorted(self.runs.items())
        ]


def _plan_call(site: Site, fault: Any) -> Callable[[Trial], None]:
    def plan(trial: Trial) -> None:
        trial.world.wire.planned[site] = fault

    return plan


def _plan_message(queue: str, number: int, befalling: MessageFault) -> Callable[[Trial], None]:
    def plan(trial: Trial) -> None:
        trial.messages[queue, number] = befalling

    return plan


def _plan_messages(befalling: MessageFault) -> Callable[[Trial], None]:
    def plan(trial: Trial) -> None:
        trial.all_messages = befalling

    return plan


def _plan_skew(function: str, skew: timedelta) -> Callable[[Trial], None]:
    def plan(trial: Trial) -> None:
        trial.world.skews[function] = skew

    return plan


def _share(names: list[str], most: int, minutes: float, number: int, of: int) -> tuple[Tally, int]:
    """Every `of`-th case, from the `number`-th on, or those that there is time for; and how many cases there are in all."""
    tally, end = Tally(), time.perf_counter() + 60 * minutes
    with servers() as made:
        functions = {name: queue.function for name, queue in made.stage.queues.items()}
        texts, everything = {}, []
        for journey in JOURNEYS:
            if not names or journey.name in names:
                known = baseline(made, journey)
                texts[journey.name] = known.text
                everything += cases(journey, known, functions)
        chosen = thinned(everything, most)[number::of]
        random.Random(SEED).shuffle(chosen)
        for count, case in enumerate(chosen, 1):
            if minutes and time.perf_counter() > end:
                break
            found = run(made, case, texts[case.journey.name])
            tally.add(case, found)
            if found:
                print(tally.words[-1], file=sys.stderr, flush=True)
            if count % 50 == 0 or count == len(chosen):
                print(f"process {number + 1}: {count} of {len(chosen)} trials", file=sys.stderr, flush=True)
    return tally, len(everything)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m chaos.matrix", description=__doc__.splitlines()[0])
    parser.add_argument("journeys", nargs="*", help="names of some; of all without any")
    parser.add_argument("--most", type=int, default=0, help="trials of each function, operation and fault; 0 is all")
    parser.add_argument("--minutes", type=float, default=0, help="as many trials as there is time for; 0 is all")
    asked = parser.parse_args()
    tally, begun, processes = Tally(), time.monotonic(), os.cpu_count() or 1
    with ProcessPoolExecutor(processes, multiprocessing.get_context("spawn")) as pool:
        shares = [
            pool.submit(_share, asked.journeys, asked.most, asked.minutes, number, processes)
            for number in range(processes)
        ]
        for share in shares:
            part, possible = share.result()
            tally.merge(part)
    runs = tally.runs.total()
    print(f"{runs} of {possible} trials, {len(tally.words)} with violations, in {time.monotonic() - begun:.0f} s")
    if not asked.journeys:
        result = {
            **machine.facts(),
            "journeys": [journey.name for journey in JOURNEYS],
            "possible": possible,
            "runs": runs,
            "violations": tally.words,
            "rows": tally.to_json(),
        }
        (RESULTS / "faults.json").write_text(json.dumps(result, indent=1) + "\n")
    return 1 if tally.words else 0


if __name__ == "__main__":
    sys.exit(main())
