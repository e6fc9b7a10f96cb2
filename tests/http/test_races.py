"""The same thing asked many times at once: done once, paid once."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from tests.documents import digital_pdf, scanned_pdf
from tests.http.conftest import OpenAccount, post
from tests.http.test_bad_input import problem
from tests.http.test_contract import balance


def at_once(times: int, request: Callable[[], httpx.Response]) -> list[httpx.Response]:
    with ThreadPoolExecutor(times) as pool:
        return [answer.result() for answer in [pool.submit(request) for _ in range(times)]]


def keyed(api: httpx.Client, key: str, content: bytes, **fields: str) -> httpx.Response:
    return api.post("/api/v1/ocr/", files={"file": ("a.pdf", content)}, data=fields, headers={"Idempotency-Key": key})


def refunds(api: httpx.Client) -> list[int]:
    movements: list[dict[str, Any]] = api.get("/api/v1/account/ledger/").raise_for_status().json()["movements"]
    return [movement["credits"] for movement in movements if movement["kind"] == "refund"]


def test_a_job_is_cancelled_and_refunded_once(open_account: OpenAccount) -> None:
    api = open_account()
    job = post(api, "scan.pdf", scanned_pdf(40)).raise_for_status().json()

    answers = at_once(6, lambda: api.post(f"/api/v1/ocr/{job['uuid']}/cancel/"))

    (cancelled,) = [answer.json() for answer in answers if answer.status_code == 200]
    assert sorted(answer.status_code for answer in answers) == [200] + [409] * 5
    assert refunds(api) == [40 - cancelled["credits_charged"]]
    assert balance(api) == 100 - cancelled["credits_charged"]


def test_a_running_job_is_deleted_and_refunded_once(open_account: OpenAccount) -> None:
    api = open_account()
    job = post(api, "scan.pdf", scanned_pdf(20)).raise_for_status().json()

    answers = at_once(4, lambda: api.delete(f"/api/v1/ocr/{job['uuid']}/"))

    assert {200} <= {answer.status_code for answer in answers} <= {200, 404}
    assert len(refunds(api)) == 1
    assert balance(api) == 80 + refunds(api)[0]
    problem(api.get(f"/api/v1/ocr/{job['uuid']}/"), 404, "job_not_found")


def test_requests_with_one_key_are_one_job_paid_once(open_account: OpenAccount) -> None:
    api, key, content = open_account(), uuid.uuid4().hex, digital_pdf(2)

    answers = at_once(6, lambda: keyed(api, key, content))

    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.json()["uuid"] for answer in answers}) == 1
    assert sum("idempotency-replayed" not in answer.headers for answer in answers) == 1
    assert balance(api) == 98
    assert len(api.get("/api/v1/ocr/").json()["jobs"]) == 1


def test_a_key_belongs_to_the_account_the_file_and_the_fields(open_account: OpenAccount) -> None:
    mine, theirs, key, content = open_account(), open_account(), uuid.uuid4().hex, digital_pdf(2)
    first = keyed(mine, key, content).raise_for_status().json()

    assert keyed(theirs, key, content).raise_for_status().json()["uuid"] != first["uuid"]
    problem(keyed(mine, key, content, pages="1"), 422, "idempotency_key_reused")
    problem(keyed(mine, key, content, language="de"), 422, "idempotency_key_reused")
    assert keyed(mine, key, content).json() == first
    assert balance(mine) == balance(theirs) == 98


def test_a_request_that_was_refused_has_not_used_its_key(open_account: OpenAccount) -> None:
    api, key = open_account(credits=1), uuid.uuid4().hex

    problem(keyed(api, key, digital_pdf(2)), 402, "out_of_credits")
    assert keyed(api, key, digital_pdf(2), dry_run="true").raise_for_status().json()["dry_run"]
    answer = keyed(api, key, digital_pdf(1))

    assert answer.raise_for_status().json()["status"] == "done"
    assert "idempotency-replayed" not in answer.headers


@pytest.mark.parametrize("key", ["x" * 256, "tab\there", "schlüssel".encode()])
def test_a_key_that_is_none_is_refused(open_account: OpenAccount, key: str | bytes) -> None:
    api = open_account()
    headers = httpx.Headers([(b"Idempotency-Key", key if isinstance(key, bytes) else key.encode())])

    answer = api.post("/api/v1/ocr/", files={"file": ("a.pdf", digital_pdf(1))}, headers=headers)

    problem(answer, 400, "invalid_field")
    assert balance(api) == 100
