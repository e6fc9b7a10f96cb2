"""`make smoke`, as an operator runs it after a deployment: here against `make serve`."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.http.conftest import ROOT, OpenAccount, Server


def smoke(url: str, token: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "smoke", url, token],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": "layers/core/python:."},
        capture_output=True,
        text=True,
        timeout=100,
    )


def test_every_route_of_a_system_that_works_is_tried_and_found_good(server: Server, open_account: OpenAccount) -> None:
    token = open_account(plan="free").headers["Authorization"].removeprefix("Bearer ")

    run = smoke(server.url, token)

    assert run.returncode == 0, run.stdout + run.stderr
    lines = run.stdout.splitlines()
    assert lines[-1] == "It works."
    assert [line for line in lines[:-1] if not line.startswith("ok ")] == []


def test_what_does_not_work_is_said_and_counted(server: Server) -> None:
    run = smoke(server.url, "a-token-of-nobody")

    assert run.returncode > 0
    assert "ok      it describes itself" in run.stdout
    assert "FAILED  a page is read: Wrong: POST api/v1/ocr/: 401" in run.stdout
    assert "FAILED  every route was tried: Wrong: Not tried:" in run.stdout


@pytest.mark.parametrize(("url", "token"), [("", "t"), ("api.example.com", "t"), ("https://api.example.com/", "")])
def test_without_an_address_or_a_token_it_says_what_to_say(url: str, token: str) -> None:
    run = smoke(url, token)

    assert (run.returncode, run.stdout) == (1, "")
    assert run.stderr.startswith("Say where, and who: make smoke URL=")
