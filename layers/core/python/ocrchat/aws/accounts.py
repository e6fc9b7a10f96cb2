"""Accounts and their API tokens.

    pk = TOKEN#<sha256 of the token>   sk = TOKEN    which account it belongs to

A token is kept only as its hash. Tokens are 256 random bits, so a plain hash is enough: there is nothing to guess.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from ocrchat.aws.dynamo import from_attributes, to_attributes
from ocrchat.aws.failures import translated

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class Accounts:
    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self._client = client
        self._table = table

    def add_token(self, account_id: str, token: str) -> None:
        with translated():
            self._client.put_item(
                TableName=self._table, Item={**_token_key(token), **to_attributes({"account_id": account_id})}
            )

    def by_token(self, token: str) -> str | None:
        """The id of the account that `token` belongs to."""
        with translated():
            answer = self._client.get_item(TableName=self._table, Key=_token_key(token))
        return str(from_attributes(answer["Item"])["account_id"]) if "Item" in answer else None


def _token_key(token: str) -> Any:
    digest = hashlib.sha256(token.encode()).hexdigest()
    return to_attributes({"pk": f"TOKEN#{digest}", "sk": "TOKEN"})
