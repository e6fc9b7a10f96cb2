"""The contract around a job: who may see it, its list, its end, its cost."""

from __future__ import annotations

import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from tests.documents import digital_pdf, scanned_pdf
from tests.http.conftest import OpenAccount, poll, post
from tests.http.test_bad_input import problem


def submitted(api: httpx.Client, pages: int = 1, /, **fields: str) -> dict[str, Any]:
    job: dict[str, Any] = post(api, "a.pdf", digital_pdf(pages), **fields).raise_for_status().json()
    return job


def balance(api: httpx.Client) -> int:
    """The account's balance, which is the sum of its ledger."""
    account = api.get("/api/v1/account/").raise_for_status().json()
    movements: list[Any] = []
    cursor: str | None = ""
    while cursor is not None:
        page = api.get("/api/v1/account/ledger/", params={"cursor": cursor, "limit": 3}).raise_for_status().json()
        movements += page["movements"]
        cursor = page["next_cursor"]
    assert account["balance"] == sum(movement["credits"] for movement in movements)
    return int(account["balance"])


@pytest.mark.parametrize("slash", ["", "/"])
def test_routes_answer_with_and_without_a_slash_and_with_the_token_in_the_query(api: httpx.Client, slash: str) -> None:
    token = api.headers["Authorization"].removeprefix("Bearer ")
    with httpx.Client(base_url=api.base_url, timeout=60, params={"api_token": token}) as client:
        job = client.post(f"/api/v1/ocr{slash}", files={"file": ("a.pdf", digital_pdf(1))}).raise_for_status().json()
        for path in (
            f"/api/v1/ocr/{job['uuid']}{slash}",
            f"/api/v1/ocr/{job['uuid']}/download{slash}",
            f"/api/v1/ocr{slash}",
            f"/api/v1/account{slash}",
            f"/api/v1/account/ledger{slash}",
            f"/api/v1/account/webhook-secret{slash}",
            f"/api/v1/docs{slash}",
            f"/api/v1/openapi.json{slash}",
        ):
            client.get(path).raise_for_status()
        upload = client.post(f"/api/v1/uploads{slash}", json={"filename": "a.pdf", "size": 1})
        assert upload.status_code == 201
        problem(client.post(f"/api/v1/ocr/{job['uuid']}/cancel{slash}"), 409, "job_ended")
        client.delete(f"/api/v1/ocr/{job['uuid']}{slash}").raise_for_status()


@pytest.mark.parametrize(("method", "below"), [("GET", ""), ("DELETE", ""), ("POST", "cancel/"), ("GET", "download/")])
def test_another_accounts_job_is_as_unknown_as_none(
    api: httpx.Client, open_account: OpenAccount, method: str, below: str
) -> None:
    job = submitted(api)
    stranger = open_account()

    theirs = problem(stranger.request(method, f"/api/v1/ocr/{job['uuid']}/{below}"), 404, "job_not_found")
    nobodys = problem(stranger.request(method, f"/api/v1/ocr/{'0' * 32}/{below}"), 404, "job_not_found")

    assert {**theirs, "request_id": ""} == {**nobodys, "request_id": ""}
    assert stranger.get("/api/v1/ocr/").json() == {"jobs": [], "next_cursor": None}
    assert api.get(f"/api/v1/ocr/{job['uuid']}/").status_code == 200


def test_a_list_leads_through_all_jobs_and_can_be_of_one_status(open_account: OpenAccount) -> None:
    api = open_account()
    jobs = [submitted(api)["uuid"] for _ in range(5)]

    listed: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        page = api.get("/api/v1/ocr/", params={"limit": 2, "cursor": cursor}).raise_for_status().json()
        listed += [job["uuid"] for job in page["jobs"]]
        cursor = page["next_cursor"]

    assert listed == jobs[::-1]
    assert len(api.get("/api/v1/ocr/", params={"status": "done"}).json()["jobs"]) == 5
    assert api.get("/api/v1/ocr/", params={"status": "failed"}).json()["jobs"] == []
    for wrong in ({"limit": "0"}, {"limit": "x"}, {"status": "gone"}, {"cursor": "%%"}):
        problem(api.get("/api/v1/ocr/", params=wrong), 400, "invalid_field")


def test_a_cancelled_job_pays_only_for_what_was_read(open_account: OpenAccount) -> None:
    api = open_account()
    job = post(api, "scan.pdf", scanned_pdf(40)).raise_for_status().json()
    assert balance(api) == 60
    problem(api.get(f"/api/v1/ocr/{job['uuid']}/download/"), 409, "job_not_finished")
    while api.get(f"/api/v1/ocr/{job['uuid']}/").json()["pages_done"] < 2:
        time.sleep(0.2)

    cancelled = api.post(f"/api/v1/ocr/{job['uuid']}/cancel/").raise_for_status().json()

    assert (cancelled["status"], cancelled["error"]["code"]) == ("failed", "cancelled")
    assert 2 <= cancelled["credits_charged"] < 40
    assert cancelled["pages_done"] == cancelled["credits_charged"] == 100 - balance(api)
    problem(api.post(f"/api/v1/ocr/{job['uuid']}/cancel/"), 409, "job_ended")
    problem(api.get(f"/api/v1/ocr/{job['uuid']}/download/"), 409, "job_failed")


def test_only_chosen_pages_are_read_and_charged(open_account: OpenAccount) -> None:
    api = open_account()

    job = submitted(api, 9, pages="1-3, 7")

    assert (job["page_count"], job["source_pages"], job["credits_charged"]) == (4, 9, 4)
    assert [page["index"] for page in job["pages"]] == [0, 1, 2, 6]
    assert [page["text"].splitlines()[0] for page in job["pages"]] == [f"Page number {i}" for i in (0, 1, 2, 6)]
    assert balance(api) == 96
    problem(post(api, "a.pdf", digital_pdf(9), pages="10"), 400, "invalid_field")


def test_pages_that_cannot_be_read_are_refunded_and_the_job_is_done(open_account: OpenAccount) -> None:
    api = open_account()
    content = digital_pdf(6).replace(b"/Count 6", b"/Count 7")  # the page tree promises one more than it has

    *_, job = poll(api, post(api, "a.pdf", content).raise_for_status().json())

    assert (job["status"], job["failed_pages"]) == ("done", [6])
    assert job["pages"][6]["error"] == "page_unreadable"
    assert (job["credits_reserved"], job["credits_charged"], balance(api)) == (7, 6, 94)


def test_a_dry_run_says_the_price_and_stores_nothing(open_account: OpenAccount) -> None:
    api = open_account(credits=3)

    quote = submitted(api, 5, dry_run="true", pages="2-5")

    assert quote == {
        "dry_run": True, "tier": "cpu", "page_count": 4, "source_pages": 5, "credits": 4, "affordable": False,
        "used": 0, "cap": 3,
    }  # fmt: skip
    assert api.get("/api/v1/ocr/").json()["jobs"] == []
    assert balance(api) == 3


def test_a_repeated_request_with_its_key_is_the_same_job_and_charged_once(open_account: OpenAccount) -> None:
    api = open_account()
    key = {"Idempotency-Key": str(uuid.uuid4())}
    file, another = digital_pdf(1), digital_pdf(1)

    def send(content: bytes) -> httpx.Response:
        return api.post("/api/v1/ocr/", files={"file": ("a.pdf", content)}, headers=key)

    first, again = send(file), send(file)

    assert first.json()["uuid"] == again.json()["uuid"]
    assert "idempotency-replayed" not in first.headers
    assert again.headers["idempotency-replayed"] == "true"
    assert balance(api) == 99
    problem(send(another), 422, "idempotency_key_reused")
    api.delete(f"/api/v1/ocr/{first.json()['uuid']}/").raise_for_status()
    problem(send(file), 409, "job_erased")


def test_a_browser_may_read_what_is_said_in_headers(api: httpx.Client) -> None:
    for path in ("/api/v1/account/", "/api/v1/ocr/0/"):
        answer = api.get(path, headers={"Origin": "https://app.example"})

        assert {"RateLimit", "Retry-After", "X-Request-Id"} <= set(
            answer.headers["access-control-expose-headers"].replace(" ", "").split(",")
        )


def test_the_rate_limit_of_a_plan_is_told_and_kept(open_account: OpenAccount) -> None:
    for _ in range(3):
        api, minute = open_account("free"), time.time() // 60
        answers = [api.post("/api/v1/uploads/", json={"filename": "a.pdf", "size": 1}) for _ in range(62)]
        if time.time() // 60 == minute:
            break  # else the count has begun anew meanwhile

    assert [answer.status_code for answer in answers] == [201] * 60 + [429] * 2
    assert answers[0].headers["ratelimit-policy"] == '"account";q=60;w=60'
    assert answers[0].headers["ratelimit"].startswith('"account";r=59;t=')
    problem(answers[-1], 429, "too_many_requests")
    assert 0 < int(answers[-1].headers["retry-after"]) <= 60
    assert api.get("/api/v1/account/").status_code == 200


def test_sixteen_submissions_at_once_never_overspend(open_account: OpenAccount) -> None:
    api = open_account(credits=10)
    content = digital_pdf(1)

    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda _: post(api, "a.pdf", content), range(16)))

    assert sorted(answer.status_code for answer in answers) == [200] * 10 + [402] * 6
    assert balance(api) == 0


def test_an_account_says_what_is_left_and_when_it_begins_anew(open_account: OpenAccount) -> None:
    api = open_account("free")
    submitted(api, 3)

    account = api.get("/api/v1/account/").json()

    assert (account["plan"], account["used"], account["cap"], account["balance"]) == ("free", 3, 100, None)
    assert (account["daily"]["used"], account["monthly"]["cap"]) == (3, 1000)
    assert account["daily"]["resets_at"] > submitted(api)["created_at"]
