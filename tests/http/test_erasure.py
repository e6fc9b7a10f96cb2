"""A deleted job: looked for in the bucket and in the table, where nothing of it may be left."""

from __future__ import annotations

import json
import time
from typing import Any

import httpx
import pymupdf
import pytest

from ocrchat import codec, keys
from tests.documents import digital_pdf, scanned_pdf
from tests.http.conftest import OpenAccount, Stack, poll, post
from tests.http.test_bad_input import problem

ROUTES = [("GET", ""), ("DELETE", ""), ("POST", "cancel/"), ("GET", "download/")]


def objects(stack: Stack, word: str) -> list[str]:
    """Keys of the bucket that hold `word`."""
    pages = stack.cloud.blobs._client.get_paginator("list_objects_v2").paginate(Bucket=stack.settings.bucket)
    return [found["Key"] for page in pages for found in page.get("Contents", []) if word in found["Key"]]


def items(stack: Stack, word: str) -> list[dict[str, Any]]:
    """Items of the table that hold `word` anywhere, less those of the ledger."""
    pages = stack.cloud.jobs._client.get_paginator("scan").paginate(TableName=stack.settings.table)
    found = [item for page in pages for item in page["Items"]]
    return [item for item in found if word in json.dumps(item, default=str) and "LEDGER#" not in item["sk"]["S"]]


def gone(api: httpx.Client, job_id: str) -> None:
    for method, below in ROUTES:
        problem(api.request(method, f"/api/v1/ocr/{job_id}/{below}"), 404, "job_not_found")
    assert api.get("/api/v1/ocr/").json() == {"jobs": [], "next_cursor": None}


@pytest.fixture
def api(open_account: OpenAccount) -> httpx.Client:
    return open_account(credits=200)


def test_of_a_finished_job_with_a_large_download_nothing_is_left(api: httpx.Client, stack: Stack) -> None:
    job_id = post(api, "secret-name.pdf", digital_pdf(2)).raise_for_status().json()["uuid"]
    job = stack.cloud.jobs.get(job_id)
    assert job is not None
    whole = stack.cloud.blobs.get_json(keys.result(job))
    whole["pages"][0]["blocks"][0]["lines"][0]["text"] = "long " * 1_000_000
    stack.cloud.blobs.put(keys.result(job), codec.dumps(whole), "application/json")
    assert api.get(f"/api/v1/ocr/{job_id}/download/", params={"format": "txt"}).status_code == 302
    assert len(objects(stack, job_id)) == 5
    assert len(items(stack, job_id)) == 3

    receipt = api.delete(f"/api/v1/ocr/{job_id}/").raise_for_status().json()

    assert receipt["erased"] == {"source": 1, "pages": 2, "results": 2, "chat": 0, "records": 3}
    assert objects(stack, job_id) == []
    assert items(stack, job_id) == []
    assert items(stack, "secret-name") == []
    gone(api, job_id)


def test_of_running_jobs_nothing_comes_back(api: httpx.Client, stack: Stack) -> None:
    running = post(api, "scan.pdf", scanned_pdf(60)).raise_for_status().json()
    for job in poll(api, running):
        if job["pages_done"]:
            break

    receipt = api.delete(f"/api/v1/ocr/{running['uuid']}/").raise_for_status().json()["erased"]

    assert receipt["source"] == 4  # the file and three chunks of it
    assert 0 < receipt["pages"] < 60
    gone(api, running["uuid"])
    content = scanned_pdf(30)
    at_once = [post(api, "scan.pdf", content).raise_for_status().json()["uuid"] for _ in range(3)]
    for job_id in at_once:  # deleted right after their submission
        api.delete(f"/api/v1/ocr/{job_id}/").raise_for_status()
    time.sleep(4)  # what was being read then comes late
    for job_id in (running["uuid"], *at_once):
        assert objects(stack, job_id) == []
        assert items(stack, job_id) == []


def test_an_upload_goes_into_its_job_and_with_it(api: httpx.Client, stack: Stack) -> None:
    content = digital_pdf(1)
    prepared = api.post("/api/v1/uploads/", json={"filename": "a.pdf", "size": len(content)}).json()
    httpx.post(prepared["url"], data=prepared["fields"], files={"file": content}, trust_env=False).raise_for_status()
    assert len(objects(stack, prepared["upload"])) == 1

    job = api.post("/api/v1/ocr/", data={"upload": prepared["upload"]}).raise_for_status().json()

    assert objects(stack, prepared["upload"]) == []
    api.delete(f"/api/v1/ocr/{job['uuid']}/").raise_for_status()
    assert objects(stack, job["uuid"]) == []


def test_what_is_refused_is_not_kept(open_account: OpenAccount, stack: Stack) -> None:
    api = open_account("pro", credits=1)
    before = set(objects(stack, "jobs/30/"))  # only this test has accounts of the plan pro while it runs

    problem(post(api, "a.pdf", digital_pdf(2)), 402, "out_of_credits")
    problem(post(api, "a.pdf", digital_pdf(1)[:300]), 400, "damaged_file")
    post(api, "a.pdf", digital_pdf(1), dry_run="true").raise_for_status()

    assert set(objects(stack, "jobs/30/")) == before
    gone(api, "0" * 32)


def test_the_ledger_keeps_the_credits_of_a_deleted_job_and_nothing_of_its_document(
    api: httpx.Client, stack: Stack
) -> None:
    with pymupdf.open() as document:
        document.new_page().insert_text((72, 72), "Zanzibar")
        job = post(api, "Zanzibar.pdf", bytes(document.tobytes())).raise_for_status().json()

    api.delete(f"/api/v1/ocr/{job['uuid']}/").raise_for_status()

    (reserved, granted) = api.get("/api/v1/account/ledger/").raise_for_status().json()["movements"]
    assert (reserved["job"], reserved["credits"], granted["credits"]) == (job["uuid"], -1, 200)
    assert "Zanzibar" not in json.dumps([reserved, items(stack, "")])
