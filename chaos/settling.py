"""After the faults: what time brings by itself, and what the reconciler does 15 minutes later."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

from chaos.audit import is_at_rest
from chaos.caller import Caller, GaveUp, Submission
from chaos.system import System
from ocrchat import usecases
from ocrchat.usecases.repair import REPAIR_AFTER

BY_ITSELF_SECONDS = 6.0
"""Of the emulator's hurried time: what a worker that was killed had in hand comes again within it."""

LONGEST_SECONDS = 60.0

LATER = REPAIR_AFTER + timedelta(minutes=5)
"""How far ahead of ours the reconciler's clock is set, instead of waiting so long."""


def settle(system: System, caller: Caller, submissions: list[Submission]) -> int:
    """Waits until every job has ended and nothing is left to do; how often the reconciler had to run for that."""
    started, repairs = time.monotonic(), 0
    awaited = [submission for submission in submissions if submission.uuid]
    while time.monotonic() - started < LONGEST_SECONDS:
        try:
            awaited = [submission for submission in awaited if not caller.has_ended(submission)]
        except GaveUp:
            continue
        if not awaited and is_at_rest(system.cloud, submissions):
            break
        if time.monotonic() - started > BY_ITSELF_SECONDS * (1 + repairs / 4):
            usecases.reconcile(system.cloud, datetime.now(UTC) + LATER)
            repairs += 1
        time.sleep(0.3)
    return repairs
