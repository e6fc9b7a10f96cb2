"""The ledger: every movement of credits, in one transaction with what it is for.

    pk = ACCOUNT#<id>                          sk = LEDGER#<version>     one movement
    pk = IDEMPOTENCY#<account>#<sha256 of key> sk = KEY                  the job that a key has started
    pk = DEPLOYMENT                            sk = MONTH#<month>        credits of all accounts, where the operator caps them

An account's item is read, its next version computed (`billing`), and written on condition that nobody else wrote it
meanwhile; who was overtaken starts again. So there is one place for the arithmetic, and no order of submissions, ends,
duplicates and crashes can make the balance differ from the sum of the ledger.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError
from tenacity import Retrying

from ocrchat import codec
from ocrchat.aws import cursor
from ocrchat.aws.accounts import Accounts, account_item
from ocrchat.aws.dynamo import TTL, from_attributes, to_attributes
from ocrchat.aws.failures import code, patiently, translated
from ocrchat.aws.jobs_table import ending_update, intake_end, job_put
from ocrchat.billing import Account, Movement, MovementKind
from ocrchat.errors import DeploymentCapReached, PaymentRequired, Unavailable
from ocrchat.model import Ending, Funding, Job

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

KEY_LIFETIME = timedelta(hours=24)
"""How long an Idempotency-Key of the API is remembered."""

_PATIENCE_SECONDS = 8.0

_LEDGER_POSITION = re.compile(r"LEDGER#\d{12}")


class Overtaken(Unavailable):
    """Another write of the account was faster, time and again."""


class KeyTaken(Exception):
    """The Idempotency-Key has started a job already."""


@dataclass(frozen=True, slots=True)
class IdempotencyKey:
    """A caller's key, a hash of what it was sent with, and how long it is remembered."""

    value: str
    fingerprint: str
    lifetime: timedelta = KEY_LIFETIME


@dataclass(frozen=True, slots=True)
class KeyUse:
    """What a key was used for."""

    job_id: str
    fingerprint: str


class Books:
    def __init__(self, client: DynamoDBClient, table: str, accounts: Accounts, monthly_cap: int) -> None:
        """`monthly_cap` is the deployment's, in credits; 0 is none."""
        self._client = client
        self._table = table
        self._accounts = accounts
        self._monthly_cap = monthly_cap

    def open(self, job: Job, key: IdempotencyKey | None, has_upload: bool = False) -> Job:
        """Reserves the job's credits and writes the job, both or neither; the job as it is written.

        `has_upload` is whether it was announced with an upload.

        Raises a PaymentRequired, KeyTaken, or Unavailable.
        """
        now = job.created_at
        self._take_from_deployment(job.credits, now)
        try:
            for attempt in _persistently():
                with attempt:
                    account, movement = self._account(job.account_id).reserve(job.credits, now, job.id)
                    opened = replace(job, funded_by=movement.funded_by)
                    writes = [job_put(self._table, opened), *([self._key_put(job, key)] if key else [])]
                    moved = [*self._moved(account, movement), intake_end(self._table, opened, has_upload)]
                    refused = self._transact(writes, moved)
                    if 0 in refused:
                        return opened  # an earlier attempt wrote it, and only its answer was lost
                    if 1 in refused:
                        raise KeyTaken
        except (PaymentRequired, KeyTaken, Overtaken):
            self._give_back_to_deployment(job.credits, now)
            raise
        return opened

    def end(self, job: Job, ending: Ending | None, charged: int, now: datetime) -> bool:
        """Ends a job and refunds what is not charged, both or neither. False if it has been settled already.

        Without an `ending` the job has one (the workflow wrote it, which knows nothing of credits) and is only settled.
        """
        refund = job.credits - charged
        for attempt in _persistently():
            with attempt:
                moved: list[Any] = []
                if refund:
                    account = self._account(job.account_id)
                    moved = self._moved(*account.refund(refund, job.funded_by, job.created_at, now, job.id))
                if self._transact([ending_update(self._table, job, ending, charged)], moved):
                    return False
        if refund:
            self._give_back_to_deployment(refund, job.created_at)
        return True

    def grant(self, account_id: str, credits: int, note: str, now: datetime) -> Account:
        """Gives an account credits, or takes some with a negative number."""
        for attempt in _persistently():
            with attempt:
                account, movement = self._account(account_id).grant(credits, note, now)
                self._transact([], self._moved(account, movement))
        return replace(account, version=account.version + 1)

    def key_use(self, account_id: str, key: IdempotencyKey, now: datetime) -> KeyUse | None:
        with translated():
            answer = self._client.get_item(
                TableName=self._table, Key=_key_key(account_id, key.value), ConsistentRead=True
            )
        if "Item" not in answer:
            return None
        item = from_attributes(answer["Item"])
        if item[TTL] <= now.timestamp():
            return None  # DynamoDB takes its time to erase
        return KeyUse(item["job_id"], item["fingerprint"])

    def movements(self, account_id: str, limit: int, after: str = "") -> tuple[list[Movement], str | None]:
        """The ledger, newest first, and the cursor of what follows. Raises InvalidField for a cursor that is none of ours."""
        query: dict[str, Any] = {
            "TableName": self._table,
            "KeyConditionExpression": "pk = :pk AND begins_with(sk, :ledger)",
            "ExpressionAttributeValues": to_attributes({":pk": f"ACCOUNT#{account_id}", ":ledger": "LEDGER#"}),
            "ScanIndexForward": False,
            "Limit": limit,
        }
        if after:
            position = {"pk": f"ACCOUNT#{account_id}", "sk": cursor.decode(after, _LEDGER_POSITION)}
            query["ExclusiveStartKey"] = to_attributes(position)
        with translated():
            answer = self._client.query(**query)
        last = answer.get("LastEvaluatedKey")
        following = cursor.encode(from_attributes(last)["sk"]) if last else None
        return [_to_movement(from_attributes(item)) for item in answer["Items"]], following

    def _account(self, account_id: str) -> Account:
        account = self._accounts.get(account_id)
        if account is None:
            raise LookupError(f"there is no account {account_id}")
        return account

    def _moved(self, account: Account, movement: Movement) -> list[Any]:
        """The two writes of a movement: the account as it is then, and the entry."""
        # By the version that it makes: no two movements have the same, and their order is that in which they were made.
        key = {"pk": f"ACCOUNT#{account.id}", "sk": f"LEDGER#{account.version + 1:012d}"}
        entry = {
            "at": codec.time_to_json(movement.at),
            "kind": movement.kind.value,
            "credits": movement.credits,
            "funded_by": movement.funded_by.value,
            "job_id": movement.job_id,
            "note": movement.note,
        }
        return [
            {
                "Put": {
                    "TableName": self._table,
                    "Item": account_item(account),
                    "ConditionExpression": "version = :read",
                    "ExpressionAttributeValues": to_attributes({":read": account.version}),
                }
            },
            {"Put": {"TableName": self._table, "Item": to_attributes({**key, **entry})}},
        ]

    def _key_put(self, job: Job, key: IdempotencyKey) -> Any:
        expires_at = int((job.created_at + key.lifetime).timestamp())
        return {
            "Put": {
                "TableName": self._table,
                "Item": {
                    **_key_key(job.account_id, key.value),
                    **to_attributes({"job_id": job.id, "fingerprint": key.fingerprint, TTL: expires_at}),
                },
                "ConditionExpression": f"attribute_not_exists(pk) OR {TTL} <= :now",
                "ExpressionAttributeValues": to_attributes({":now": int(job.created_at.timestamp())}),
            }
        }

    def _transact(self, writes: list[Any], moved: list[Any]) -> frozenset[int]:
        """Writes all or nothing. Which of `writes` were refused by their condition; of `moved` none may be.

        Raises Overtaken for what another try may bring: the account was written meanwhile, or is being written.
        """
        with translated():
            try:
                self._client.transact_write_items(TransactItems=writes + moved)
            except ClientError as error:
                if code(error) != "TransactionCanceledException":
                    raise
                answer: dict[str, Any] = dict(error.response)
                reasons = [reason.get("Code") for reason in answer["CancellationReasons"]]
                refused = {number for number, reason in enumerate(reasons) if reason == "ConditionalCheckFailed"}
                if mine := frozenset(number for number in refused if number < len(writes)):
                    return mine
                if refused or {"TransactionConflict", "ThrottlingError"} & set(reasons):
                    raise Overtaken("The account is busy. Try again in a few seconds.") from error
                raise
        return frozenset()

    def _take_from_deployment(self, credits: int, now: datetime) -> None:
        """Counts credits of all accounts together, where there is a cap. Raises DeploymentCapReached.

        Not a part of the transaction: every submission of every account would meet at this item. A crash between the two
        leaves a few credits counted too many, never too few.
        """
        if not self._monthly_cap:
            return
        most = self._monthly_cap - credits
        with translated():
            try:
                self._client.update_item(
                    TableName=self._table,
                    Key=to_attributes({"pk": "DEPLOYMENT", "sk": f"MONTH#{now:%Y-%m}"}),
                    UpdateExpression="ADD used :credits",
                    ConditionExpression="(attribute_not_exists(used) AND :zero <= :most) OR used <= :most",
                    ExpressionAttributeValues=to_attributes({":credits": credits, ":most": most, ":zero": 0}),
                    ReturnValuesOnConditionCheckFailure="ALL_OLD",
                )
            except ClientError as error:
                if code(error) != "ConditionalCheckFailedException":
                    raise
                answer: dict[str, Any] = dict(error.response)
                used = from_attributes(answer.get("Item", {})).get("used", 0)
                raise DeploymentCapReached(
                    f"All accounts of this server together may use {self._monthly_cap} credits a month, and the job does not "
                    "fit in what is left. Ask its operator, or wait for the next month.",
                    int(used),
                    self._monthly_cap,
                ) from error

    def _give_back_to_deployment(self, credits: int, now: datetime) -> None:
        """The job has been settled by now, so nothing that goes wrong here may be heard."""
        if not self._monthly_cap:
            return
        try:
            with translated():
                self._client.update_item(
                    TableName=self._table,
                    Key=to_attributes({"pk": "DEPLOYMENT", "sk": f"MONTH#{now:%Y-%m}"}),
                    UpdateExpression="ADD used :given",
                    ConditionExpression="used >= :credits",
                    ExpressionAttributeValues=to_attributes({":given": -credits, ":credits": credits}),
                )
        except ClientError as error:
            if code(error) != "ConditionalCheckFailedException":
                raise
            # The cap was switched on within the month, and the job was never counted.
        except Unavailable:
            pass


def _persistently() -> Retrying:
    """Who was overtaken has only to read again what is there by now."""
    return patiently(_PATIENCE_SECONDS, Overtaken, first=0.02, longest=0.5)


def _key_key(account_id: str, key: str) -> Any:
    digest = hashlib.sha256(key.encode()).hexdigest()
    return to_attributes({"pk": f"IDEMPOTENCY#{account_id}#{digest}", "sk": "KEY"})


def _to_movement(item: dict[str, Any]) -> Movement:
    return Movement(
        at=codec.time_from_json(item["at"]),
        kind=MovementKind(item["kind"]),
        credits=int(item["credits"]),
        funded_by=Funding(item["funded_by"]),
        job_id=item.get("job_id"),
        note=item["note"],
    )
