"""One scenario after the other, and what was found after each."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import asdict, dataclass
from typing import Any

from chaos import audit
from chaos.caller import Caller, Document, Submission
from chaos.invariants import Breach, Snapshot, Violation, check
from chaos.scenarios import Scenario, lasting
from chaos.settling import settle
from chaos.system import System


@dataclass(frozen=True, slots=True)
class Row:
    """Numbers of findings; `faults` is how often a fault was injected, `repairs` how often the reconciler had to run."""

    scenario: str
    what: str
    jobs: int
    lost: int
    wrong: int
    charged_twice: int
    orphans: int
    faults: int
    refusals: int
    """Answers of 5xx to callers, or none at all; each was asked again."""
    repairs: int
    seconds: float
    findings: list[str]

    @property
    def is_clean(self) -> bool:
        return not self.findings

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


class Trial:
    """Scenarios on one system."""

    def __init__(self, system: System) -> None:
        self._system = system
        self._texts: dict[str, str] = {}
        self._erased: set[str] = set()
        self._known: set[Violation] = set()
        """What was found once is not found again."""

    def run(self, scenario: Scenario) -> Row:
        system, started = self._system, time.monotonic()
        injected = sum(system.proxy.injected.values())
        with Caller(system.url, system.cloud).calling() as caller:
            with lasting(scenario, system):
                submissions = scenario.act(system, caller)
            refusals = sum(count for status, count in caller.answers.items() if not 200 <= status < 500)
            repairs = settle(system, caller, submissions)
            self._erased |= {submission.uuid for submission in submissions if submission.is_deleted}
            snapshot = Snapshot.of(system.cloud, self._erased)
            violations = check(snapshot)
            found = [
                *audit.of_callers(caller, submissions, self._text_of, [] if scenario.kills else caller.bugs),
                *audit.of_account(snapshot, caller.account_id, submissions),
                *(violation for violation in violations if violation not in self._known),
                *scenario.check(system, submissions),
            ]
        self._known |= set(violations)
        faults = sum(system.proxy.injected.values()) - injected
        if scenario.fails and not faults:
            found.append(Violation(Breach.WRONG, "nothing was tried: no fault has happened"))
        counts = Counter(violation.breach for violation in found)
        return Row(
            scenario=scenario.name,
            what=scenario.what,
            jobs=len(submissions),
            lost=counts[Breach.LOST],
            wrong=counts[Breach.WRONG],
            charged_twice=counts[Breach.CHARGED_TWICE],
            orphans=counts[Breach.ORPHAN],
            faults=faults,
            refusals=refusals,
            repairs=repairs,
            seconds=round(time.monotonic() - started, 1),
            findings=[violation.words for violation in found],
        )

    def _text_of(self, document: Document) -> str:
        """What is read of it while nothing fails; asked for once. Raises RuntimeError if it is not read then."""
        if document.name not in self._texts:
            submission = Submission(document)
            with Caller(self._system.url, self._system.cloud).calling() as caller:
                caller.submit(submission)
                settle(self._system, caller, [submission])
                job = caller.job(submission)
            if job is None or job["status"] != "done" or not job["text"]:
                raise RuntimeError(f"{document.name} was not read without faults either: {job}")
            self._texts[document.name] = job["text"]
        return self._texts[document.name]
