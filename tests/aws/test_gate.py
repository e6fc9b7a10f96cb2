"""The authorizer of submissions, on events as API Gateway sends them."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests

from functions.submit import gate
from ocrchat import keys
from ocrchat.billing import Account
from ocrchat.cloud import Cloud
from ocrchat.errors import Unavailable
from ocrchat.limits import LAMBDA_PAYLOAD_BYTES, REQUEST_BYTES
from ocrchat.rest import Call
from tests.aws.test_handlers import Context, event, token

Ask = Callable[..., dict[str, Any]]


@pytest.fixture
def runs_executions() -> bool:
    return False


@pytest.fixture
def ask(cloud: Cloud, account: Account, monkeypatch: pytest.MonkeyPatch) -> Ask:
    """The gate's answer to the account's request, changed as said; None leaves a header out."""
    monkeypatch.setattr("ocrchat.cloud.cloud", lambda: cloud)

    def ask(query: dict[str, str] | None = None, **headers: str | None) -> dict[str, Any]:
        request = event("api_gateway_authorizer.json")
        request["headers"]["Authorization"] = f"Bearer {token(cloud, account.id)}"
        for name, value in headers.items():
            request["headers"].pop(name.replace("_", "-"), None)
            if value is not None:
                request["headers"][name.replace("_", "-")] = value
        request["queryStringParameters"] = query
        return gate.handler(request, Context())  # type: ignore[arg-type]  # what is used of one

    return ask


def effect(policy: dict[str, Any]) -> str:
    (statement,) = policy["policyDocument"]["Statement"]
    assert statement["Action"] == "execute-api:Invoke"
    assert statement["Resource"] == event("api_gateway_authorizer.json")["methodArn"]
    return str(statement["Effect"])


def denial(policy: dict[str, Any]) -> dict[str, Any]:
    """The problem document of a denial."""
    assert effect(policy) == "Deny"
    assert all(isinstance(value, str) for value in policy["context"].values())
    problem: dict[str, Any] = json.loads(policy["context"]["problem"])
    assert problem["status"] == 400
    assert problem["code"] == "file_too_large"
    return problem


@pytest.mark.parametrize(
    "length", ["0", "4711092", None, "many", "-1", "٧٠٠٠٠٠٠", "9" * 5000], ids=lambda length: str(length)[:10]
)
def test_what_lambda_can_carry_or_what_says_no_length_passes_without_a_call_to_aws(
    ask: Ask, length: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr("ocrchat.cloud.cloud")

    policy = ask(Content_Length=length)

    assert effect(policy) == "Allow"
    assert policy["principalId"] == "anyone"
    assert policy["context"] == {}


def test_a_body_that_is_let_through_fits_into_lambdas_payload_as_base64() -> None:
    assert (REQUEST_BYTES + 2) // 3 * 4 < LAMBDA_PAYLOAD_BYTES < (REQUEST_BYTES + 2) // 3 * 4 + 20_000


@pytest.mark.parametrize("name", ["Content-Length", "content-length"])
def test_a_larger_one_is_denied_with_an_upload_that_takes_it(ask: Ask, cloud: Cloud, name: str) -> None:
    policy = ask(Content_Length=None, **{name: "7000000"})

    problem = denial(policy)
    assert policy["principalId"] == "account"
    assert problem["request_id"] == event("api_gateway_authorizer.json")["requestContext"]["requestId"]
    upload = problem["upload"]
    sent = requests.post(upload["url"], data=upload["fields"], files={"file": b"%PDF"}, timeout=5)
    assert sent.status_code == 204
    assert cloud.blobs.get_upload(keys.upload("account", upload["upload"])) == ("file", b"%PDF")


def test_the_problem_carries_the_request_id_that_the_caller_chose(ask: Ask) -> None:
    assert denial(ask(X_Request_Id="mine"))["request_id"] == "mine"


def test_a_token_in_the_query_is_accepted(ask: Ask, cloud: Cloud) -> None:
    policy = ask({"api_token": token(cloud, "account")}, Authorization=None)

    assert denial(policy)["upload"]["fields"]["key"].startswith("uploads/account/")


@pytest.mark.parametrize("authorization", [None, "Bearer wrong", "Basic abc"])
def test_who_is_unknown_passes_and_is_told_by_api_gateway(ask: Ask, authorization: str | None) -> None:
    policy = ask(Authorization=authorization)

    assert effect(policy) == "Allow"
    assert policy["principalId"] == "anyone"


def test_who_asks_too_often_is_denied_without_an_upload_and_told_why(ask: Ask, cloud: Cloud, account: Account) -> None:
    now = datetime.now(UTC)
    for minute in (now, now + timedelta(minutes=1)):  # the next one may begin while this is counted
        for _ in range(account.plan.requests_per_minute):
            cloud.accounts.count_request(account.id, minute)

    problem = denial(ask())

    assert problem["upload"] is None
    assert f"allows {account.plan.requests_per_minute} submissions, uploads and questions a minute" in problem["detail"]


def test_an_upload_counts_as_a_request(ask: Ask, cloud: Cloud, account: Account) -> None:
    ask()

    assert cloud.accounts.count_request(account.id, datetime.now(UTC)) == 2


def test_a_file_that_no_upload_can_take_is_denied_without_one_and_told_why(ask: Ask) -> None:
    problem = denial(ask(Content_Length="100000001"))

    assert problem["upload"] is None
    assert problem["detail"].startswith("A file may have 100 MB.")


def test_who_cannot_be_asked_for_now_passes(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(call: Call) -> Account:
        raise Unavailable("Not now.")

    monkeypatch.setattr(Call, "admit", fail)

    assert effect(ask()) == "Allow"
