"""The operator's command, as an operator runs it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import uuid
from collections.abc import Callable

import httpx
import pytest

from tests.documents import digital_pdf
from tests.http.conftest import ROOT, Server, Stack, post
from tests.http.test_bad_input import problem

Admin = Callable[..., str]


@pytest.fixture
def admin(server: Server) -> Admin:
    """Runs the command and returns what it prints; `code` is the exit code that it must have."""

    def run(*arguments: str, code: int = 0) -> str:
        ran = subprocess.run(
            [sys.executable, "-m", "admin", "--local", *arguments],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": "layers/core/python:.", "PORT": str(server.port), "NO_COLOR": "1"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert ran.returncode == code, ran.stdout + ran.stderr
        return ran.stdout + ran.stderr

    return run


def client(server: Server, output: str) -> httpx.Client:
    """With the token that the command printed."""
    token = output.split("(shown this once):")[1].split()[0]
    return httpx.Client(base_url=server.url, headers={"Authorization": f"Bearer {token}"}, timeout=60)


def test_an_account_from_its_first_token_to_its_last(server: Server, admin: Admin) -> None:
    with client(server, admin("create-account", "acme", "--plan", "pro", "--credits", "3")) as first:
        post(first, "a.pdf", digital_pdf(2)).raise_for_status()
        problem(post(first, "a.pdf", digital_pdf(2)), 402, "out_of_credits")
        assert "Balance: 11" in admin("grant", "acme", "10")
        post(first, "a.pdf", digital_pdf(2)).raise_for_status()

        admin("set-spend-cap", "acme", "5")
        body = problem(post(first, "a.pdf", digital_pdf(2)), 402, "spend_cap_reached")
        assert (body["used"], body["cap"]) == (4, 5)
        admin("set-spend-cap", "acme", "0")
        admin("set-plan", "acme", "free")
        assert first.get("/api/v1/account/").json()["plan"] == "free"

        with client(server, admin("issue-token", "acme", "--label", "second")) as second:
            shown = json.loads(admin("show", "acme"))
            assert {token.split()[1] for token in shown["tokens"]} == {"first", "second"}
            admin("revoke-token", "acme", "first")
            problem(first.get("/api/v1/account/"), 401, "unauthenticated")
            second.get("/api/v1/account/").raise_for_status()


@pytest.mark.parametrize(
    ("arguments", "hint"),
    [
        (("show", "nobody"), "create-account nobody"),
        (("grant", "nobody", "5"), "create-account nobody"),
        (("create-account", "Not An Id"), "a-z"),
        (("create-account", "demo"), "already"),
        (("create-account", "x", "--plan", "gold"), "free, pro, business"),
        (("revoke-token", "demo", "nothing"), "no token"),
        (("allow-read", "demo", "bucket"), "s3://"),
    ],
)
def test_a_mistake_is_named_with_what_to_do(admin: Admin, arguments: tuple[str, ...], hint: str) -> None:
    assert hint in " ".join(admin(*arguments, code=2).replace("│", " ").split())


def test_an_operator_lets_an_account_read_under_a_prefix(server: Server, admin: Admin, stack: Stack) -> None:
    bucket = f"inbox-{uuid.uuid4().hex}"
    stack.cloud.blobs._client.create_bucket(Bucket=bucket)
    for key in ("in/a.pdf", "inside.pdf"):
        stack.cloud.blobs._client.put_object(Bucket=bucket, Key=key, Body=digital_pdf(1))
    with client(server, admin("create-account", "reader", "--plan", "pro", "--credits", "5")) as api:

        def link(key: str) -> httpx.Response:
            return api.post("/api/v1/ocr/", data={"file_url": f"s3://{bucket}/{key}"})

        problem(link("in/a.pdf"), 400, "invalid_field")
        admin("allow-read", "reader", f"s3://{bucket}/in/")

        job = link("in/a.pdf").raise_for_status().json()
        assert (job["status"], job["filename"]) == ("done", "a.pdf")
        for key in ("in/b.pdf", "inside.pdf", "in/../inside.pdf"):
            problem(link(key), 400, "invalid_field")


def test_what_an_operator_sees_is_what_the_account_sees(server: Server, admin: Admin) -> None:
    with client(server, admin("create-account", "seen", "--plan", "pro", "--credits", "9")) as api:
        post(api, "a.pdf", digital_pdf(2)).raise_for_status()
        assert "Balance: 4" in admin("grant", "--note", "taken back", "--", "seen", "-3")

        shown = json.loads(admin("show", "seen"))

        (token,) = shown.pop("tokens")
        assert shown == api.get("/api/v1/account/").raise_for_status().json()
        (taken, reserved, granted) = api.get("/api/v1/account/ledger/").json()["movements"]
        assert [movement["credits"] for movement in (taken, reserved, granted)] == [-3, -2, 9]
        assert taken["note"] == "taken back"
        assert api.headers["Authorization"].removeprefix("Bearer ") not in token
        admin("revoke-token", "seen", token.split()[0])
        problem(api.get("/api/v1/account/"), 401, "unauthenticated")


def test_accounts_are_brought_back_from_a_table_that_is_there(admin: Admin, stack: Stack) -> None:
    assert "no table 'nowhere'" in admin("bring-back", "nowhere", code=2)
    assert "No account is missing" in admin("bring-back", stack.settings.table)
