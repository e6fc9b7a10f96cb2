"""A fault at any call of AWS loses nothing, charges nothing twice, leaves nothing over: a sample of `python -m chaos.matrix`."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest

from benchmarks import deployed
from chaos import faults, matrix
from chaos.invariants import Breach
from chaos.journeys import JOURNEYS, Journey, Servers, Trial, servers
from chaos.wire import Wire

CASES = 5
"""Of each journey."""


@pytest.fixture(scope="module")
def made() -> Iterator[Servers]:
    with servers() as found:
        yield found


@pytest.mark.parametrize("journey", JOURNEYS, ids=lambda journey: journey.name)
def test_whatever_fails_on_the_way_the_job_ends_right_once(made: Servers, journey: Journey) -> None:
    known = matrix.baseline(made, journey)
    functions = {name: queue.function for name, queue in made.stage.queues.items()}
    sample = random.Random(matrix.SEED).sample(matrix.cases(journey, known, functions), CASES)

    found = {str(case): matrix.run(made, case, known.text) for case in sample}

    assert len(found) == CASES
    assert not {case: violations for case, violations in found.items() if violations}


def test_a_fault_that_nobody_repairs_is_found(made: Servers, monkeypatch: pytest.MonkeyPatch) -> None:
    (journey,) = (journey for journey in JOURNEYS if journey.name == "the execution does not start")
    trial = Trial(made, journey)
    monkeypatch.setattr(trial.world, "reconcile", bool)  # it does nothing

    found = trial.run()

    assert {violation.breach for violation in found} == {Breach.LOST}


def test_a_planned_fault_happens(made: Servers) -> None:
    (journey,) = (journey for journey in JOURNEYS if journey.name == "image")
    (site,) = (site for site in matrix.baseline(made, journey).calls if site.operation == "StartExecution")

    trial = Trial(made, journey, wire=Wire(planned={site: faults.dies_before}))
    trial.run()

    assert trial.world.wire.hit == {site}
    assert trial.world.deaths == 1
    assert [status for _, status in trial.answers] == [200]


def test_the_committed_matrix_is_clean_and_has_every_journey() -> None:
    result = deployed.results("faults")

    assert result["journeys"] == [journey.name for journey in JOURNEYS]
    assert result["violations"] == []
    assert sum(row["runs"] for row in result["rows"]) == result["runs"]
