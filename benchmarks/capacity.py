"""DynamoDB's units of capacity, by its published rules (sizes of items, on-demand): what moto does not count.

A read unit is 4 KB of one item, half of that where the read need not be consistent; a write unit is 1 KB, of the larger of
what the item was and what it is, twice in a transaction. An index is written where what it holds of an item has changed.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

KB = 1024

Item = Mapping[str, Any]
"""Attributes in DynamoDB's form: {"page": {"N": "7"}}."""


@dataclass(frozen=True, slots=True)
class Index:
    """A global secondary index: the attributes of its key, and whether it holds all others too."""

    key: tuple[str, ...]
    holds_all: bool

    def entry(self, item: Item | None, table_key: Iterable[str]) -> Item | None:
        if item is None or any(name not in item for name in self.key):
            return None
        return item if self.holds_all else {name: item[name] for name in {*self.key, *table_key}}


def item_size(item: Item) -> int:
    """Bytes: names and values."""
    return sum(len(name.encode()) + _size(value) for name, value in item.items())


def read_units(items: Iterable[Item], consistent: bool) -> float:
    """Of single items, each rounded up; one that is not there costs a unit too: pass {}."""
    return sum(max(1, math.ceil(item_size(item) / (4 * KB))) for item in items) * (1.0 if consistent else 0.5)


def query_units(items: Iterable[Item], consistent: bool) -> float:
    """Of a query, which rounds up once."""
    return max(1, math.ceil(sum(map(item_size, items)) / (4 * KB))) * (1.0 if consistent else 0.5)


def write_units(before: Item | None, after: Item | None, transactional: bool = False) -> int:
    largest = max(item_size(item) for item in (before or {}, after or {}))
    return max(1, math.ceil(largest / KB)) * (2 if transactional else 1)


def index_units(index: Index, table_key: tuple[str, ...], before: Item | None, after: Item | None) -> int:
    """An entry whose key changes is written twice: taken out, and put in."""
    old, new = index.entry(before, table_key), index.entry(after, table_key)
    if old == new:
        return 0
    if old is not None and new is not None and any(old[name] != new[name] for name in index.key):
        return write_units(old, None) + write_units(None, new)
    return write_units(old, new)


def _size(value: Mapping[str, Any]) -> int:
    ((kind, content),) = value.items()
    match kind:
        case "S":
            return len(content.encode())
        case "N":
            digits = content.strip("-0.").replace(".", "")
            return 1 + math.ceil(len(digits) / 2) + int(content.startswith("-"))
        case "B":
            return len(content)
        case "BOOL" | "NULL":
            return 1
        case "SS" | "NS" | "BS":
            return sum(_size({kind[0]: one}) for one in content)
        case "L":
            return 3 + sum(1 + _size(one) for one in content)
        case "M":
            return 3 + len(content) + item_size(content)
        case _:
            raise ValueError(f"no type of DynamoDB's: {kind}")
