"""`make admin ARGS="..."`: accounts, tokens and credits of a deployed stack, or of the one that `make serve` runs.

make admin ARGS="create-account acme --plan pro"            in AWS, with your credentials
make admin ARGS="--local create-account acme --plan free"   in `make serve` (PORT= as there)
"""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

import boto3
import typer
from rich.console import Console

from ocrchat import codec, usecases
from ocrchat.aws.accounts import ACCOUNT_ID, Token
from ocrchat.billing import Account
from ocrchat.cloud import Cloud
from ocrchat.plans import Plan
from ocrchat.settings import Settings

SERVED = Path(__file__).resolve().parent.parent / ".build"
"""Where `make serve` writes how its emulator is reached."""

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help=__doc__)
console = Console(highlight=False)

MOST_CREDITS = 10**12

AccountId = Annotated[str, typer.Argument(help="The account's id: a-z, 0-9 and '-'.", show_default=False)]


@dataclass(frozen=True)
class Target:
    """Which stack is meant."""

    stack: str
    local: bool

    def connect(self) -> Cloud:
        if not self.local:
            stacks = boto3.client("cloudformation").describe_stacks(StackName=self.stack)["Stacks"]
            outputs = {output["OutputKey"]: output["OutputValue"] for output in stacks[0].get("Outputs", [])}
            return Cloud.connect(Settings.from_outputs(outputs))
        port = os.environ.get("PORT", "8000")
        file = SERVED / f"serve-{port}.json"
        served = json.loads(file.read_text()) if file.exists() else None
        if served is None or not _answers(served["endpoint"]):  # the file outlives a server that was killed
            raise typer.BadParameter(f"Nothing runs on port {port}. Start it with: make serve", param_hint="--local")
        session = boto3.Session(aws_access_key_id="test", aws_secret_access_key="test", region_name="us-east-1")
        return Cloud.connect(Settings.from_outputs(served["outputs"]), session, served["endpoint"])


@app.callback()
def target(
    context: typer.Context,
    stack: Annotated[str, typer.Option(help="Name of the CloudFormation stack.")] = "OcrChat",
    local: Annotated[bool, typer.Option("--local", help="The stack that `make serve` runs.")] = False,
) -> None:
    context.obj = Target(stack, local)


@app.command()
def create_account(
    context: typer.Context,
    account: AccountId,
    plan: Annotated[
        str | None, typer.Option(help="One of those in cdk.json; the first if none is named.", metavar="PLAN")
    ] = None,
    credits: Annotated[
        int, typer.Option(min=0, max=MOST_CREDITS, help="Credits to begin with, of a prepaid plan.")
    ] = 0,
) -> None:
    """Open an account, and issue its first token."""
    cloud = _cloud(context)
    if not ACCOUNT_ID.fullmatch(account):
        raise typer.BadParameter("up to 64 of a-z, 0-9 and '-', not '-' first", param_hint="account")
    chosen = _plan(cloud, plan or next(iter(cloud.accounts.plans)))
    if credits and not chosen.prepaid:
        raise typer.BadParameter(
            f"The plan '{chosen.name}' has allowances and spends no credits.", param_hint="--credits"
        )
    if not usecases.open_account(cloud, account, chosen):
        raise typer.BadParameter(f"There is an account '{account}' already.", param_hint="account")
    if credits:
        cloud.books.grant(account, credits, "to begin with", datetime.now(UTC))
    _issue(cloud, account, "first")


@app.command()
def show(context: typer.Context, account: AccountId) -> None:
    """Show an account: its plan, what is left of it, its tokens."""
    cloud = _cloud(context)
    now = datetime.now(UTC)
    shown = codec.account_to_json(_account(cloud, account), cloud.accounts.questions(account, now), now)
    console.print_json(data={**shown, "tokens": [_token_line(token) for token in cloud.accounts.tokens(account)]})


@app.command()
def issue_token(
    context: typer.Context,
    account: AccountId,
    label: Annotated[str, typer.Option(help="What it is for.")] = "unnamed",
) -> None:
    """Issue another token. It is shown this once: only its hash is kept."""
    cloud = _cloud(context)
    _account(cloud, account)
    _issue(cloud, account, label)


@app.command()
def revoke_token(
    context: typer.Context,
    account: AccountId,
    token: Annotated[str, typer.Argument(help="The id or the label that `show` lists.", show_default=False)],
) -> None:
    """Revoke a token. It is refused from now on."""
    revoked = _cloud(context).accounts.revoke_tokens(account, token)
    if not revoked:
        raise typer.BadParameter(f"The account has no token '{token}'. See: show {account}", param_hint="token")
    console.print(f"{revoked} revoked.")


@app.command()
def grant(
    context: typer.Context,
    account: AccountId,
    credits: Annotated[
        int,
        typer.Argument(min=-MOST_CREDITS, max=MOST_CREDITS, help="How many; after -- a negative number takes some."),
    ],
    note: Annotated[str, typer.Option(help="What the ledger says of it.")] = "granted by the operator",
) -> None:
    """Give an account credits."""
    cloud = _cloud(context)
    plan = _account(cloud, account).plan
    if not plan.prepaid:
        raise typer.BadParameter(f"The plan '{plan.name}' has allowances and spends no credits.", param_hint="account")
    try:
        granted = cloud.books.grant(account, credits, note, datetime.now(UTC))
    except ValueError as error:
        raise typer.BadParameter(f"{error}.", param_hint="credits") from error
    console.print(f"Balance: {granted.balance}")


@app.command()
def set_plan(context: typer.Context, account: AccountId, plan: Annotated[str, typer.Argument(metavar="PLAN")]) -> None:
    """Move an account to another plan. Its balance and its use stay."""
    chosen = _plan(_cloud(context), plan)
    with _changed(context, account) as change:
        change.account = replace(change.account, plan=chosen)
    console.print(f"'{account}' has the plan '{plan}'.")


@app.command()
def set_spend_cap(
    context: typer.Context,
    account: AccountId,
    credits: Annotated[int, typer.Argument(min=0, help="Credits a month; 0 removes the cap.")],
) -> None:
    """Cap what an account may spend in a month, whatever its plan allows."""
    with _changed(context, account) as change:
        change.account = replace(change.account, spend_cap=credits or None)
    console.print(f"Spend cap: {credits or 'none'}")


@app.command()
def allow_read(
    context: typer.Context,
    account: AccountId,
    prefix: Annotated[str, typer.Argument(help="s3://bucket/prefix/, with the slash at its end.")],
) -> None:
    """Let an account name objects under a prefix as `file_url` (the stack must be allowed too: `readable_buckets`)."""
    if not (prefix.startswith("s3://") and prefix.endswith("/") and len(prefix) > len("s3:///")):
        raise typer.BadParameter("write s3://bucket/ or s3://bucket/prefix/", param_hint="prefix")
    with _changed(context, account) as change:
        change.account = replace(change.account, readable=tuple(dict.fromkeys((*change.account.readable, prefix))))
    console.print(f"'{account}' may read {', '.join(change.account.readable)}")


@app.command()
def bring_back(
    context: typer.Context,
    table: Annotated[str, typer.Argument(help="A table that AWS has restored from the stack's.", show_default=False)],
) -> None:
    """Bring back accounts that a restored table has and the stack's has lost: docs/deploy.md, Restore."""
    try:
        found = _cloud(context).accounts.bring_back(table)
    except LookupError as error:
        raise typer.BadParameter(str(error), param_hint="table") from None
    console.print(f"{len(found)} brought back: {', '.join(found)}" if found else "No account is missing.")


@dataclass
class Change:
    account: Account


@contextmanager
def _changed(context: typer.Context, account_id: str) -> Iterator[Change]:
    """The account, to be changed; it is written at the end, unless somebody else wrote it meanwhile."""
    cloud = _cloud(context)
    change = Change(_account(cloud, account_id))
    yield change
    if not cloud.accounts.replace(change.account):
        raise typer.BadParameter("The account was written at the same moment. Run this again.")


def _answers(endpoint: str) -> bool:
    """Whether anything listens there."""
    url = urlsplit(endpoint)
    try:
        socket.create_connection((url.hostname or "", url.port or 80), timeout=2).close()
    except OSError:
        return False
    return True


def _cloud(context: typer.Context) -> Cloud:
    found: Target = context.obj
    return found.connect()


def _account(cloud: Cloud, account_id: str) -> Account:
    account = cloud.accounts.get(account_id)
    if account is None:
        raise typer.BadParameter(
            f"There is no account '{account_id}'. Open it with: create-account {account_id}", param_hint="account"
        )
    return account


def _plan(cloud: Cloud, name: str) -> Plan:
    plans = cloud.accounts.plans
    if name not in plans:
        raise typer.BadParameter(f"'{name}' is none of: {', '.join(plans)}.", param_hint="plan")
    return plans[name]


def _issue(cloud: Cloud, account_id: str, label: str) -> None:
    token = cloud.accounts.issue_token(account_id, label, datetime.now(UTC))
    console.print("Token (shown this once):", token, soft_wrap=True)


def _token_line(token: Token) -> str:
    return f"{token.id}  {token.label}  issued {token.issued_at:%Y-%m-%d}"


if __name__ == "__main__":
    app()
