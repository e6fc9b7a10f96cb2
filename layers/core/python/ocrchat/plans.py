"""What accounts may be entitled to. An operator writes the plans in cdk.json; to functions they come as one variable.

{"free": {"file_pages": 50, "retention_days": 7, ...}, "pro": {...}}     in the order of what they offer
"""

from __future__ import annotations

import json
import re
from dataclasses import MISSING, asdict, dataclass, fields, replace
from typing import Any

from ocrchat.errors import Upgrade

RETENTIONS = (1, 3, 7, 14, 30, 60, 90, 180, 365)
"""Days that a plan may keep jobs. The bucket has a rule for each at all times: what was sent under a plan that is gone, or
keeps for another time now, still expires when it was said to."""

MOST_FILE_PAGES = 3000
"""What is tested."""

MOST_CHARACTERS = 1000
"""Of all plans as text, some six or seven: a function's variables may have 4 KB together."""

_NAME = re.compile(r"[a-z][a-z0-9-]{0,30}")


@dataclass(frozen=True, slots=True)
class Plan:
    """What an account is entitled to. A prepaid plan spends its balance, any other its daily and monthly allowance."""

    name: str
    file_pages: int
    """Pages read of one file, at most."""
    retention_days: int
    """One of `RETENTIONS`."""
    requests_per_minute: int
    """Requests that make something: submissions, uploads and questions. Reading is not counted."""
    questions_a_day: int
    """About documents."""
    prepaid: bool = False
    priority: bool = False
    daily_cap: int | None = None
    monthly_cap: int | None = None
    """Credits; None is no cap."""
    upgrade: Upgrade | None = None
    """The next larger plan, for an error that it would lift; None where there is none."""


Plans = dict[str, Plan]
"""By name, in the order of what they offer."""


def read(value: Any) -> Plans:
    """From JSON, or its text. Raises ValueError, which names what is wrong."""
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except json.JSONDecodeError as error:
            raise ValueError(f"no JSON: {error}") from error
    if not isinstance(value, dict) or not value:
        raise ValueError("an object with a plan at least")
    plans = [_read_plan(name, given) for name, given in value.items()]
    larger = [*(Upgrade(it.name, it.file_pages, it.daily_cap, it.monthly_cap) for it in plans[1:]), None]
    return {plan.name: replace(plan, upgrade=upgrade) for plan, upgrade in zip(plans, larger, strict=True)}


def write(plans: Plans) -> str:
    """The text that `read` takes. Raises ValueError if it is too long for a variable."""
    value = {
        plan.name: {
            key: it for key, it in asdict(plan).items() if key not in ("name", "upgrade") and it not in (None, False)
        }
        for plan in plans.values()
    }
    text = json.dumps(value, separators=(",", ":"))
    if len(text) > MOST_CHARACTERS:
        raise ValueError(f"{len(text)} characters, where {MOST_CHARACTERS} fit")
    return text


def plan_of(plans: Plans, name: str) -> Plan:
    """The plan of an account. One that the operator has taken away since gives what the first one does, under its own name:
    its jobs must still end and be paid for, and the account is given another plan by `make admin`."""
    return plans[name] if name in plans else replace(next(iter(plans.values())), name=name)


def _read_plan(name: str, given: Any) -> Plan:
    known = {field.name: field for field in fields(Plan) if field.name not in ("name", "upgrade")}
    if not _NAME.fullmatch(name):
        raise ValueError(f"'{name}' is no name: a-z, 0-9 and '-', 31 at most")
    if not isinstance(given, dict):
        raise ValueError(f"{name}: an object")
    for key, it in given.items():
        if key not in known:
            raise ValueError(f"{name}.{key}: there is no such entry, but {', '.join(known)}")
        wanted = bool if key in ("prepaid", "priority") else int
        if type(it) is not wanted or (wanted is int and it < 1):
            raise ValueError(f"{name}.{key}: {'true or false' if wanted is bool else 'a whole number, 1 at least'}")
    try:
        plan = Plan(name, **given)
    except TypeError:
        missing = [key for key, field in known.items() if key not in given and field.default is MISSING]
        raise ValueError(f"{name}: {', '.join(missing)} missing") from None
    if plan.retention_days not in RETENTIONS:
        raise ValueError(f"{name}.retention_days: one of {', '.join(map(str, RETENTIONS))}")
    if plan.file_pages > MOST_FILE_PAGES:
        raise ValueError(f"{name}.file_pages: {MOST_FILE_PAGES} at most")
    if not (plan.prepaid or plan.daily_cap or plan.monthly_cap):
        raise ValueError(f"{name}: prepaid, or a daily_cap or a monthly_cap, however large")
    return plan
