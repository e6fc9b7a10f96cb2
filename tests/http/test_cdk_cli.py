"""The life of a stack by CDK's command line, as docs/deploy.md has it: into an emulator, by the commands that deploy to AWS."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Callable, Iterator

import pytest

from local import runtime
from local.emulator import Emulator
from tests.http.conftest import ROOT

Make = Callable[..., str]


@pytest.fixture(scope="module")
def make() -> Iterator[Make]:
    """`make` on an empty AWS of its own: what it prints, once it has succeeded."""
    with Emulator(runtime.invocations(), wait_scale=1.0) as emulator:
        env = {
            **{name: value for name, value in os.environ.items() if not name.startswith("AWS_")},
            "AWS_ENDPOINT_URL": emulator.endpoint,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_DEFAULT_REGION": "us-east-1",
            # Two questions that CDK asks at a terminal.
            "CDK_REQUIRE_APPROVAL": "never",
            "CDK_FORCE": "true",
        }

        def run(*arguments: str, says: str = "") -> subprocess.CompletedProcess[str]:
            command = ["make", "--no-print-directory", *arguments]
            return subprocess.run(command, cwd=ROOT, env=env, input=says, capture_output=True, text=True, timeout=300)

        def make(*arguments: str, says: str = "") -> str:
            ran = run(*arguments, says=says)
            assert ran.returncode == 0, f"{arguments}\n{ran.stdout}\n{ran.stderr}\n{emulator.log_tail()}"
            return ran.stdout + ran.stderr

        if run("cdk", "ARGS=--version").returncode != 0:
            pytest.skip("npm does not give CDK's command line here")
        yield make


@pytest.mark.timeout(600)
def test_a_stack_is_bootstrapped_deployed_smoked_changed_and_destroyed(make: Make) -> None:
    context = ("STAGE=dev", "ARGS=-c local=true")
    assert "bootstrapped" in make("bootstrap")

    deployed = make("deploy", *context)
    (url,) = set(re.findall(r"^http://127\.0\.0\.1:\d+/restapis/\w+/dev/_user_request_/$", deployed, re.MULTILINE))
    account = make("admin", "ARGS=--stack OcrChatDev create-account smoke --plan free")
    token = re.findall(r"ocr_[\w-]+", account)[0]
    assert make("smoke", f"URL={url}", f"TOKEN={token}").splitlines()[-1] == "It works."

    assert "There were no differences" in make("diff", *context)
    changed = ("STAGE=dev", "ARGS=-c local=true -c monthly_credit_cap=1")
    assert "OCRCHAT_MONTHLY_CAP" in make("diff", *changed)
    make("deploy", *changed)
    assert "There were no differences" in make("diff", *changed)

    assert "OcrChatDev): destroyed" in make("destroy", *context, says="OcrChatDev\n")
