"""Accounts, their API tokens, and how often they ask.

    pk = TOKEN#<sha256 of the token>   sk = TOKEN                which account it belongs to
    pk = ACCOUNT#<id>                  sk = ACCOUNT              plan, balance, what was used today and this month
    pk = ACCOUNT#<id>                  sk = TOKEN#<sha256>       the account's tokens, to list and revoke them
    pk = ACCOUNT#<id>#RATE             sk = RATE#<minute>        requests in one minute
    pk = ACCOUNT#<id>#RATE             sk = QUESTIONS#<day>      questions about documents in one day

A token is kept only as its hash. Tokens are 256 random bits, so a plain hash is enough: there is nothing to guess. What
moves credits is in `books`.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from ocrchat import codec
from ocrchat.aws.dynamo import TTL, from_attributes, to_attributes
from ocrchat.aws.failures import code, translated
from ocrchat.billing import Account
from ocrchat.plans import Plans, plan_of

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

ACCOUNT_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")
"""Account ids stand in S3 keys and in IAM policies."""

WINDOW_SECONDS = 60

_TOKEN_ID_LENGTH = 12


@dataclass(frozen=True, slots=True)
class Token:
    """What is known of a token: the start of its hash, a name for people, and when it was issued."""

    id: str
    label: str
    issued_at: datetime


class Accounts:
    def __init__(self, client: DynamoDBClient, table: str, plans: Plans) -> None:
        self._client = client
        self._table = table
        self.plans = plans

    def create(self, account: Account) -> bool:
        """Writes a new account. False, and nothing changed, if there is one with this id."""
        if not ACCOUNT_ID.fullmatch(account.id):
            raise ValueError(f"{account.id!r} is no account id: up to 64 of a-z, 0-9 and '-', not '-' first")
        return self._put(account, "attribute_not_exists(pk)", {})

    def get(self, account_id: str) -> Account | None:
        with translated():
            answer = self._client.get_item(TableName=self._table, Key=account_key(account_id), ConsistentRead=True)
        return _from_item(answer["Item"], self.plans) if "Item" in answer else None

    def replace(self, account: Account) -> bool:
        """Writes what an account has become, if nobody wrote it since it was read (by `version`)."""
        return self._put(account, "version = :read", {":read": account.version})

    def issue_token(self, account_id: str, label: str, now: datetime, token: str | None = None) -> str:
        """A new token of the account, shown this once; or the given one, which then must be as hard to guess."""
        token = token or f"ocr_{secrets.token_urlsafe(32)}"
        digest = _digest(token)
        owner = {"account_id": account_id}
        listed = {"label": label, "issued_at": codec.time_to_json(now)}
        with translated():
            self._client.transact_write_items(
                TransactItems=[
                    {"Put": {"TableName": self._table, "Item": {**_token_key(digest), **to_attributes(owner)}}},
                    {
                        "Put": {
                            "TableName": self._table,
                            "Item": {**_listed_token_key(account_id, digest), **to_attributes(listed)},
                        }
                    },
                ]
            )
        return token

    def by_token(self, token: str) -> str | None:
        """The id of the account that `token` belongs to."""
        with translated():
            answer = self._client.get_item(TableName=self._table, Key=_token_key(_digest(token)))
        return str(from_attributes(answer["Item"])["account_id"]) if "Item" in answer else None

    def tokens(self, account_id: str) -> list[Token]:
        return [
            Token(digest[:_TOKEN_ID_LENGTH], item["label"], codec.time_from_json(item["issued_at"]))
            for digest, item in self._listed_tokens(account_id)
        ]

    def revoke_tokens(self, account_id: str, id: str) -> int:
        """Revokes the account's token with this `Token.id`, or all with this label; how many they were."""
        revoked = [
            digest
            for digest, item in self._listed_tokens(account_id)
            if id in (digest[:_TOKEN_ID_LENGTH], item["label"])
        ]
        for digest in revoked:
            with translated():
                self._client.transact_write_items(
                    TransactItems=[
                        {"Delete": {"TableName": self._table, "Key": key}}
                        for key in (_token_key(digest), _listed_token_key(account_id, digest))
                    ]
                )
        return len(revoked)

    def count_request(self, account_id: str, now: datetime) -> int:
        """Counts a request, and says how many there were in the present minute, this one included."""
        minute = int(now.timestamp()) // WINDOW_SECONDS
        with translated():
            answer = self._client.update_item(
                TableName=self._table,
                Key=to_attributes({"pk": f"ACCOUNT#{account_id}#RATE", "sk": f"RATE#{minute}"}),
                UpdateExpression=f"ADD requests :one SET {TTL} = :expires_at",
                ExpressionAttributeValues=to_attributes({":one": 1, ":expires_at": (minute + 2) * WINDOW_SECONDS}),
                ReturnValues="UPDATED_NEW",
            )
        return int(from_attributes(answer["Attributes"])["requests"])

    def questions(self, account_id: str, now: datetime) -> int:
        """How many were asked today."""
        with translated():
            answer = self._client.get_item(TableName=self._table, Key=_questions_key(account_id, now))
        return int(from_attributes(answer["Item"])["questions"]) if "Item" in answer else 0

    def count_question(self, account_id: str, cap: int, now: datetime) -> bool:
        """Counts a question of today, if it is one of the first `cap`; whether it is."""
        with translated():
            try:
                self._client.update_item(
                    TableName=self._table,
                    Key=_questions_key(account_id, now),
                    UpdateExpression=f"ADD questions :one SET {TTL} = :expires_at",
                    ConditionExpression="attribute_not_exists(questions) OR questions < :cap",
                    ExpressionAttributeValues=to_attributes(
                        {":one": 1, ":cap": cap, ":expires_at": int(now.timestamp()) + 2 * 86400}
                    ),
                )
            except ClientError as error:
                if code(error) == "ConditionalCheckFailedException":
                    return False
                raise
        return True

    def give_question_back(self, account_id: str, now: datetime) -> None:
        """One that was counted and could not be answered."""
        with translated():
            self._client.update_item(
                TableName=self._table,
                Key=_questions_key(account_id, now),
                UpdateExpression="ADD questions :minus",
                ExpressionAttributeValues=to_attributes({":minus": -1}),
            )

    def bring_back(self, restored: str) -> list[str]:
        """Copies accounts that the table `restored`, of a moment in the past, has and this one lacks, with their tokens and
        ledgers; their ids.

        An account that is there stays as it is: its tokens may have been revoked since. Of one that is not, those come back
        too. Its own item comes last, so that what broke off can be run again. Raises LookupError where there is no such table.
        """
        lost: dict[str, list[dict[str, Any]]] = {}
        for item in self._items(restored):
            if owner := _owner(from_attributes(item)):
                lost.setdefault(owner, []).append(item)
        with translated():
            found = [account_id for account_id in sorted(lost) if self.get(account_id) is None]
            for account_id in found:
                own = account_key(account_id)["sk"]
                for item in sorted(lost[account_id], key=lambda item: item["sk"] == own):
                    self._client.put_item(TableName=self._table, Item=item)
        return found

    def _items(self, table: str) -> Iterator[Any]:
        with translated():
            try:
                for page in self._client.get_paginator("scan").paginate(TableName=table):
                    yield from page["Items"]
            except ClientError as error:
                if code(error) == "ResourceNotFoundException":
                    raise LookupError(f"There is no table '{table}', or it is not ready yet.") from error
                raise

    def _put(self, account: Account, condition: str, values: dict[str, Any]) -> bool:
        with translated():
            try:
                self._client.put_item(
                    TableName=self._table,
                    Item=account_item(account),
                    ConditionExpression=condition,
                    **({"ExpressionAttributeValues": to_attributes(values)} if values else {}),  # type: ignore[arg-type]  # boto3 refuses an empty map
                )
            except ClientError as error:
                if code(error) == "ConditionalCheckFailedException":
                    return False
                raise
        return True

    def _listed_tokens(self, account_id: str) -> list[tuple[str, dict[str, Any]]]:
        """(hash, item). An account has a handful, far from what one answer can hold."""
        with translated():
            answer = self._client.query(
                TableName=self._table,
                KeyConditionExpression="pk = :pk AND begins_with(sk, :token)",
                ExpressionAttributeValues=to_attributes({":pk": f"ACCOUNT#{account_id}", ":token": "TOKEN#"}),
            )
        items = [from_attributes(item) for item in answer["Items"]]
        return [(item["sk"].removeprefix("TOKEN#"), item) for item in items]


def account_key(account_id: str) -> Any:
    return to_attributes({"pk": f"ACCOUNT#{account_id}", "sk": "ACCOUNT"})


def account_item(account: Account) -> Any:
    """The item of the account's next version."""
    return {
        **account_key(account.id),
        **to_attributes(
            {
                "plan": account.plan.name,
                "version": account.version + 1,
                "granted": account.granted,
                "balance": account.balance,
                "day": account.day,
                "day_used": account.day_used,
                "month": account.month,
                "month_used": account.month_used,
                "spend_cap": account.spend_cap,
                "readable": list(account.readable),
                "webhook_secret": account.webhook_secret,
                "former_webhook_secret": account.former_webhook_secret,
                "former_webhook_secret_until": codec.time_to_json(account.former_webhook_secret_until),
            }
        ),
    }


def _from_item(item: dict[str, Any], plans: Plans) -> Account:
    value = from_attributes(item)
    until = value.get("former_webhook_secret_until")
    return Account(
        id=value["pk"].removeprefix("ACCOUNT#"),
        plan=plan_of(plans, value["plan"]),
        version=int(value["version"]),
        granted=int(value["granted"]),
        balance=int(value["balance"]),
        day=value["day"],
        day_used=int(value["day_used"]),
        month=value["month"],
        month_used=int(value["month_used"]),
        spend_cap=int(value["spend_cap"]) if "spend_cap" in value else None,
        readable=tuple(value["readable"]),
        webhook_secret=value["webhook_secret"],
        former_webhook_secret=value["former_webhook_secret"],
        former_webhook_secret_until=codec.time_from_json(until) if until else None,
    )


def _owner(value: dict[str, Any]) -> str | None:
    """The account of its own item, of one of its tokens, and of its ledger (`books`); None of all else."""
    if value["sk"] == "TOKEN":
        return str(value["account_id"])
    is_kept = value["pk"].startswith("ACCOUNT#") and value["sk"].startswith(("ACCOUNT", "LEDGER#", "TOKEN#"))
    return str(value["pk"].removeprefix("ACCOUNT#")) if is_kept else None


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _token_key(digest: str) -> Any:
    return to_attributes({"pk": f"TOKEN#{digest}", "sk": "TOKEN"})


def _listed_token_key(account_id: str, digest: str) -> Any:
    return to_attributes({"pk": f"ACCOUNT#{account_id}", "sk": f"TOKEN#{digest}"})


def _questions_key(account_id: str, now: datetime) -> Any:
    return to_attributes({"pk": f"ACCOUNT#{account_id}#RATE", "sk": f"QUESTIONS#{now:%Y-%m-%d}"})
