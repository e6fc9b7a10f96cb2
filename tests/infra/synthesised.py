"""The synthesised template, in the words of this repository."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

Properties = dict[str, Any]


@dataclass(frozen=True)
class Synthesised:
    template: dict[str, Any]

    def resources(self, type_: str) -> dict[str, dict[str, Any]]:
        return {name: it for name, it in self.template["Resources"].items() if it["Type"] == f"AWS::{type_}"}

    def properties(self, type_: str) -> dict[str, Properties]:
        return {name: it.get("Properties", {}) for name, it in self.resources(type_).items()}

    def only(self, type_: str) -> Properties:
        (properties,) = self.properties(type_).values()
        return properties

    def named(self, type_: str, name: str) -> Properties:
        """By its logical id, without the hash."""
        (properties,) = [it for id, it in self.properties(type_).items() if _short(id) == name]
        return properties

    def functions(self) -> dict[str, dict[str, Any]]:
        """The resource of each entry file, as in "submit.api"."""
        return {_entry(it): it for it in self.resources("Lambda::Function").values()}

    def function_of(self, reference: Any) -> str:
        """The entry file of the function that an expression refers to."""
        wanted = flat(reference)
        return next(_entry(it) for name, it in self.resources("Lambda::Function").items() if _short(name) == wanted)

    def queue(self, reference: Any) -> Properties:
        return self.properties("SQS::Queue")[reference["Fn::GetAtt"][0]]

    def grants(self, role: Any) -> set[str]:
        """What the role of `Fn::GetAtt` may do: "action resource", or "action resource when condition", flat."""
        found = set()
        for policy in self.properties("IAM::Policy").values():
            if {"Ref": role["Fn::GetAtt"][0]} in policy["Roles"]:
                for statement in policy["PolicyDocument"]["Statement"]:
                    assert statement["Effect"] == "Allow"
                    condition = _condition(statement.get("Condition", {}))
                    found |= {
                        f"{action} {flat(resource)}{condition}"
                        for action in listed(statement["Action"])
                        for resource in listed(statement["Resource"])
                    }
        return found


def listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def flat(value: Any) -> str:
    """A reference or an ARN as short text, `StorageDocuments/jobs/*/source`: logical ids without their hash."""
    match value:
        case str():
            return value
        case {"Fn::Join": [separator, parts]}:
            return str(separator).join(map(flat, parts))
        case {"Fn::GetAtt": [name, _]} | {"Ref": name}:
            return _short(name)
        case {"Fn::Select": [_, {"Fn::Split": [_, whole]}]}:
            return flat(whole)
    raise AssertionError(f"no short form for {value}")


def _entry(function: dict[str, Any]) -> str:
    return str(function["Properties"]["Environment"]["Variables"]["POWERTOOLS_SERVICE_NAME"])


def _condition(condition: dict[str, dict[str, Any]]) -> str:
    """ " when StringLike s3:prefix jobs/*"; nothing where there is none."""
    return "".join(
        f" when {operator} {key} {' or '.join(listed(value))}"
        for operator, keys in condition.items()
        for key, value in keys.items()
    )


def _short(logical_id: str) -> str:
    return re.sub(r"[0-9A-F]{8}$", "", logical_id)
