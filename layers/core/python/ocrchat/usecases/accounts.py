"""Accounts: opened by the operator, and the secret of their webhooks."""

from __future__ import annotations

import base64
import secrets
from dataclasses import replace
from datetime import datetime, timedelta

from ocrchat.billing import Account
from ocrchat.cloud import Cloud
from ocrchat.errors import Unavailable
from ocrchat.plans import Plan

FORMER_SECRET_LIFETIME = timedelta(hours=24)


def open_account(cloud: Cloud, account_id: str, plan: Plan) -> bool:
    """False if there is one with this id. Raises ValueError for what cannot be an id."""
    return cloud.accounts.create(Account(account_id, plan, webhook_secret=_new_webhook_secret()))


def rotate_webhook_secret(cloud: Cloud, account: Account, now: datetime) -> Account:
    """Gives the account a new secret; the former one signs beside it for a day."""
    for _ in range(3):
        rotated = replace(
            account,
            webhook_secret=_new_webhook_secret(),
            former_webhook_secret=account.webhook_secret,
            former_webhook_secret_until=now + FORMER_SECRET_LIFETIME,
        )
        if cloud.accounts.replace(rotated):
            return rotated
        account = cloud.accounts.get(account.id) or account
    raise Unavailable("The account is busy. Try again in a few seconds.")


def _new_webhook_secret() -> str:
    """In the form of the Standard Webhooks specification: 24 random bytes."""
    return "whsec_" + base64.b64encode(secrets.token_bytes(24)).decode()
