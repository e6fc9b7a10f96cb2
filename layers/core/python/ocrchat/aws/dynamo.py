"""DynamoDB's typed attributes <-> plain Python values, for the two classes that keep items."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from boto3.dynamodb.types import TypeDeserializer, TypeSerializer

_write = TypeSerializer().serialize
_read = TypeDeserializer().deserialize

Attributes = dict[str, Any]
"""Attributes as they travel: {"page": {"N": "7"}}."""

TTL = "expires_at"
"""The attribute by which DynamoDB erases items, in Unix seconds."""


def to_attributes(values: dict[str, Any]) -> Attributes:
    """None is left out: an absent attribute is how an item says "nothing", and keeps it out of an index."""
    return {name: _write(_exact(value)) for name, value in values.items() if value is not None}


def from_attributes(attributes: Attributes) -> dict[str, Any]:
    return {name: _read(value) for name, value in attributes.items()}


def numbers(value: Any) -> frozenset[int]:
    """A number set, which is absent once it is empty."""
    return frozenset(int(number) for number in value or ())


def _exact(value: Any) -> Any:
    return Decimal(str(value)) if isinstance(value, float) else value
