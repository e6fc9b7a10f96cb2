"""Credits and what an account may still spend: the arithmetic, without the table that keeps it.

A credit is a page of the fast tier. Credits are *reserved* when a job is submitted and *settled* when it ends: pages that
could not be read, or were not read any more, are refunded. Every change is a `Movement` of the ledger, and two sums hold
at any time:

    balance                    = the sum of the movements funded by the balance       (prepaid plans)
    used in a day or a month   = minus the sum of the movements of the jobs submitted then

Values here never change: an operation returns the account as it is afterwards, and `aws.books` writes it if nobody was
faster. Days and months are those of UTC.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from ocrchat.errors import (
    DailyLimitReached,
    MonthlyLimitReached,
    OutOfCredits,
    SpendCapReached,
)
from ocrchat.model import Funding, Job, Tier
from ocrchat.plans import Plan

CREDITS_PER_PAGE = {Tier.CPU: 1, Tier.VLM: 5}


def charge(job: Job, pages: int, fallbacks: int) -> int:
    """Credits for so many pages that were read; of them `fallbacks`, which the cpu tier has answered, cost what it costs."""
    cheap = min(job.credits_per_page, CREDITS_PER_PAGE[Tier.CPU])
    return (pages - fallbacks) * job.credits_per_page + fallbacks * cheap


class MovementKind(StrEnum):
    GRANT = "grant"
    RESERVE = "reserve"
    REFUND = "refund"


@dataclass(frozen=True, slots=True)
class Movement:
    """One entry of the ledger. `credits` is signed: a reservation takes, grants and refunds give."""

    at: datetime
    kind: MovementKind
    credits: int
    funded_by: Funding
    job_id: str | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Usage:
    """Credits used of a cap in a period that ends at `resets_at`."""

    used: int
    cap: int | None
    resets_at: datetime

    @property
    def left(self) -> int | None:
        return None if self.cap is None else max(0, self.cap - self.used)


@dataclass(frozen=True, slots=True)
class Account:
    """`version` counts its writes. `granted` is all that was ever granted; of it `balance` is left."""

    id: str
    plan: Plan
    version: int = 0
    granted: int = 0
    balance: int = 0
    day: str = ""
    day_used: int = 0
    month: str = ""
    month_used: int = 0
    spend_cap: int | None = None
    """Credits a month, set by the operator for this account, whatever its plan allows."""
    readable: tuple[str, ...] = ()
    """Prefixes (`s3://bucket/prefix`) under which `file_url` may read for this account."""
    webhook_secret: str = field(default="", repr=False)
    former_webhook_secret: str = field(default="", repr=False)
    former_webhook_secret_until: datetime | None = None

    def daily(self, now: datetime) -> Usage:
        used = self.day_used if self.day >= _day(now) else 0
        midnight = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        return Usage(used, self.plan.daily_cap, midnight + timedelta(days=1))

    def monthly(self, now: datetime) -> Usage:
        used = self.month_used if self.month >= _month(now) else 0
        caps = [cap for cap in (self.plan.monthly_cap, self.spend_cap) if cap is not None]
        first = now.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
        return Usage(used, min(caps, default=None), (first + timedelta(days=32)).replace(day=1))

    def narrowest(self, now: datetime) -> tuple[int, int]:
        """`used` and `cap` of the limit that is reached first."""
        limits = [
            (usage.left, usage.used, usage.cap)
            for usage in (self.daily(now), self.monthly(now))
            if usage.cap is not None and usage.left is not None
        ]
        if self.plan.prepaid:
            limits.append((self.balance, self.granted - self.balance, self.granted))
        _, used, cap = min(limits)
        return used, cap

    def reserve(self, credits: int, now: datetime, job_id: str) -> tuple[Account, Movement]:
        """Takes the credits of a job. Raises a PaymentRequired that says which limit stands in the way and when it lifts."""
        daily, monthly, upgrade = self.daily(now), self.monthly(now), self.plan.upgrade
        if self.plan.prepaid and credits > self.balance:
            raise OutOfCredits(
                f"Credits needed: {credits}, left: {self.balance}. Add credits, or send fewer pages (pages=1-3).",
                self.granted - self.balance,
                self.granted,
                upgrade,
            )
        if daily.cap is not None and daily.used + credits > daily.cap:
            raise DailyLimitReached(
                f"Credits needed: {credits}, left of the day's {daily.cap}: {daily.left}, until "
                f"{_minute(daily.resets_at)}. Wait until then, send fewer pages (pages=1-3), or take a larger plan.",
                daily.used,
                daily.cap,
                upgrade,
            )
        if monthly.cap is not None and monthly.used + credits > monthly.cap:
            reached = SpendCapReached if monthly.cap == self.spend_cap else MonthlyLimitReached
            raise reached(
                f"Credits needed: {credits}, left of the month's {monthly.cap}: {monthly.left}, until "
                f"{_minute(monthly.resets_at)}. Wait until then, send fewer pages (pages=1-3), or "
                + ("ask for a higher spend cap." if reached is SpendCapReached else "take a larger plan."),
                monthly.used,
                monthly.cap,
                upgrade if reached is MonthlyLimitReached else None,
            )
        funding = Funding.BALANCE if self.plan.prepaid else Funding.ALLOWANCE
        account = replace(
            self,
            balance=self.balance - (credits if funding is Funding.BALANCE else 0),
            # A slow request of yesterday may come after a quick one of today: time does not go back in the account.
            day=max(self.day, _day(now)),
            day_used=daily.used + credits,
            month=max(self.month, _month(now)),
            month_used=monthly.used + credits,
        )
        return account, Movement(now, MovementKind.RESERVE, -credits, funding, job_id)

    def refund(
        self, credits: int, funded_by: Funding, submitted_at: datetime, now: datetime, job_id: str
    ) -> tuple[Account, Movement]:
        """Gives credits of a job back to where they came from: to the day and month of its submission, if they still run."""
        account = replace(
            self,
            balance=self.balance + (credits if funded_by is Funding.BALANCE else 0),
            day_used=self.day_used - (credits if self.day == _day(submitted_at) else 0),
            month_used=self.month_used - (credits if self.month == _month(submitted_at) else 0),
        )
        return account, Movement(now, MovementKind.REFUND, credits, funded_by, job_id)

    def grant(self, credits: int, note: str, now: datetime) -> tuple[Account, Movement]:
        """Gives credits; a negative number takes some. Raises ValueError for more than there are."""
        if self.balance + credits < 0:
            raise ValueError(f"the account {self.id} has {self.balance} credits, which are less than {-credits}")
        account = replace(self, granted=self.granted + credits, balance=self.balance + credits)
        return account, Movement(now, MovementKind.GRANT, credits, Funding.BALANCE, note=note)

    def webhook_secrets(self, now: datetime) -> tuple[str, ...]:
        """Those to sign with: the present one, and for a while after a rotation the former."""
        until = self.former_webhook_secret_until
        return (self.webhook_secret, *((self.former_webhook_secret,) if until and now < until else ()))


def _day(time: datetime) -> str:
    return f"{time.astimezone(UTC):%Y-%m-%d}"


def _month(time: datetime) -> str:
    return f"{time.astimezone(UTC):%Y-%m}"


def _minute(time: datetime) -> str:
    return f"{time:%Y-%m-%d %H:%M} UTC"
