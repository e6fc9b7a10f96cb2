"""What an operator says in cdk.json, or with -c, read and checked: a mistake is one line, not a traceback."""

from __future__ import annotations

from collections.abc import Iterable

from constructs import Node


class InvalidContext(ValueError):
    """What stands in cdk.json, or was said with -c, cannot be deployed."""


def text(node: Node, key: str) -> str:
    return str(node.get_context(key)).strip()


def secret_name(node: Node, key: str) -> str:
    given = text(node, key)
    if ":" in given:
        raise InvalidContext(f"{key}: the name of the secret, not its ARN.")
    return given


def count(node: Node, key: str) -> int:
    """A whole number, 0 or more. On the command line it is text."""
    given = text(node, key)
    if not given.isdecimal():
        raise InvalidContext(f"{key}: '{given}' is no whole number.")
    return int(given)


def one_of(node: Node, key: str, allowed: Iterable[str]) -> str:
    given, some = text(node, key), list(allowed)
    if given not in some:
        raise InvalidContext(f"{key}: '{given}' is not one of {', '.join(some)}.")
    return given
