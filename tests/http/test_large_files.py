"""Files and documents that no request or answer can carry: uploads, links, redirects."""

from __future__ import annotations

import random
import time
import uuid
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pymupdf
import pytest

from ocrchat import codec, keys
from tests.documents import digital_pdf
from tests.http.conftest import OpenAccount, Server, Stack, post
from tests.http.test_bad_input import problem


def upload(api: httpx.Client, content: bytes, name: str = "long.pdf", size: int | None = None) -> dict[str, Any]:
    wanted = {"filename": name, "size": len(content) if size is None else size}
    made = api.post("/api/v1/uploads/", json=wanted)
    assert made.status_code == 201, made.text
    answer: dict[str, Any] = made.json()
    return answer


def send(prepared: dict[str, Any], content: bytes) -> httpx.Response:
    """Straight to S3, without our token."""
    return httpx.post(prepared["url"], data=prepared["fields"], files={"file": content}, timeout=30, trust_env=False)


def large_pdf(megabytes: int) -> bytes:
    """One page with a sentence, and an attachment that makes the file large."""
    with pymupdf.open("pdf", digital_pdf(1)) as document:
        noise = random.Random(1).randbytes(megabytes << 20)  # it would be compressed if it could be
        document.embfile_add("noise", noise)
        return bytes(document.tobytes())


def test_an_uploaded_file_becomes_a_job(api: httpx.Client) -> None:
    content = large_pdf(12)
    prepared = upload(api, content, "Grundbuch Ü.pdf")

    assert send(prepared, content).is_success
    job = api.post("/api/v1/ocr/", data={"upload": prepared["upload"]}).raise_for_status().json()

    assert (job["status"], job["filename"]) == ("done", "Grundbuch Ü.pdf")
    assert job["text"].startswith("Page number 0")
    problem(api.post("/api/v1/ocr/", data={"upload": prepared["upload"]}), 400, "upload_missing")


def test_more_than_was_declared_is_refused_by_s3(api: httpx.Client) -> None:
    content = digital_pdf(1)
    prepared = upload(api, content, size=len(content) - 1)

    assert send(prepared, content).status_code == 400
    problem(api.post("/api/v1/ocr/", data={"upload": prepared["upload"]}), 400, "upload_missing")


def test_fields_that_were_changed_are_refused_by_s3(api: httpx.Client) -> None:
    prepared = upload(api, b"x")
    elsewhere = {**prepared, "fields": {**prepared["fields"], "key": "jobs/30/somebody/source"}}

    assert send(elsewhere, b"x").status_code in (400, 403)


def test_an_upload_is_of_one_account(api: httpx.Client, open_account: OpenAccount) -> None:
    content = digital_pdf(1)
    prepared = upload(api, content)
    assert send(prepared, content).is_success

    problem(open_account().post("/api/v1/ocr/", data={"upload": prepared["upload"]}), 400, "upload_missing")


@pytest.mark.parametrize("letter", ["a", "ü", "字", "😀"])
def test_a_long_name_fits_into_the_2_kb_of_metadata_that_s3_takes(api: httpx.Client, letter: str) -> None:
    content, name = digital_pdf(1), letter * 250 + ".pdf"
    prepared = upload(api, content, name)
    metadata = {key: value for key, value in prepared["fields"].items() if key.startswith("x-amz-meta-")}

    assert sum(len(key) + len(value) for key, value in metadata.items()) <= 2048
    assert send(prepared, content).is_success
    job = api.post("/api/v1/ocr/", data={"upload": prepared["upload"]}).raise_for_status().json()
    assert name.startswith(job["filename"].removesuffix(".pdf"))


def test_an_address_that_has_expired_is_refused_by_s3(api: httpx.Client, stack: Stack) -> None:
    upload_id, now = uuid.uuid4().hex, datetime.now(UTC)
    expired = stack.cloud.blobs.presign_upload(
        upload_id, keys.upload("demo", upload_id), "a.pdf", 10_000, now + timedelta(seconds=1)
    )
    time.sleep(2.1)

    assert send({"url": expired.url, "fields": expired.fields}, digital_pdf(1)).status_code in (400, 403)
    problem(api.post("/api/v1/ocr/", data={"upload": upload_id}), 400, "upload_missing")


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "invalid_field"),
        (b"[]", "invalid_field"),
        (b'{"filename": "a.pdf"}', "invalid_field"),
        (b'{"filename": "a.pdf", "size": 0}', "invalid_field"),
        (b'{"filename": "a.pdf", "size": true}', "invalid_field"),
        (b'{"filename": 7, "size": 7}', "invalid_field"),
        (b'{"filename": "a.pdf", "size": 100000001}', "file_too_large"),
    ],
)
def test_an_upload_that_cannot_be_is_refused(api: httpx.Client, body: bytes, code: str) -> None:
    problem(api.post("/api/v1/uploads/", content=body), 400, code)


def test_a_body_that_is_too_large_is_answered_with_an_upload_that_works(api: httpx.Client) -> None:
    content = large_pdf(6)

    prepared = problem(post(api, "large.pdf", content), 400, "file_too_large")["upload"]

    assert set(prepared) == {"upload", "url", "fields", "expires_at"}
    assert send(prepared, content).is_success
    job = api.post("/api/v1/ocr/", data={"upload": prepared["upload"]}).raise_for_status().json()
    assert job["text"].startswith("Page number 0")


def test_without_a_token_no_upload_is_prepared(server: Server) -> None:
    content = b"%PDF-1.7" + bytes(5_000_000)

    answer = httpx.post(f"{server.url}/api/v1/ocr/", files={"file": ("a.pdf", content)}, headers={"Authorization": "x"})

    assert problem(answer, 400, "file_too_large")["upload"] is None


def test_a_body_that_is_too_large_is_known_by_the_token_in_the_query_too(api: httpx.Client) -> None:
    token = api.headers["Authorization"].removeprefix("Bearer ")
    content = large_pdf(6)

    answer = httpx.post(
        api.base_url.join("/api/v1/ocr"), params={"api_token": token}, files={"file": ("a.pdf", content)}, timeout=60
    )

    prepared = problem(answer, 400, "file_too_large")["upload"]
    assert send(prepared, content).is_success
    assert api.post("/api/v1/ocr/", data={"upload": prepared["upload"]}).raise_for_status().json()["status"] == "done"


def test_a_file_comes_from_one_place_only(api: httpx.Client) -> None:
    form = {"upload": "0" * 32, "file_url": "https://example.com/a.pdf"}

    problem(api.post("/api/v1/ocr/", data=form), 400, "invalid_field")
    problem(post(api, "a.pdf", digital_pdf(1), upload="0" * 32), 400, "invalid_field")
    problem(api.post("/api/v1/ocr/", data={"upload": "../demo/x"}), 400, "invalid_field")


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("http://example.com/a.pdf", "file_url_failed"),
        ("https://127.0.0.1/a.pdf", "file_url_failed"),
        ("https://169.254.169.254/latest/meta-data/", "file_url_failed"),
        ("https://[::1]/a.pdf", "file_url_failed"),
        ("https://2130706433/a.pdf", "file_url_failed"),
        ("ftp://example.com/a.pdf", "file_url_failed"),
        ("file:///etc/passwd", "file_url_failed"),
        ("s3://somebodys-bucket/a.pdf", "invalid_field"),
    ],
)
def test_a_link_to_where_nobody_should_lead_us_is_refused(api: httpx.Client, url: str, code: str) -> None:
    problem(api.post("/api/v1/ocr/", data={"file_url": url}), 400, code)


@pytest.mark.parametrize("url", ["http://example.com/", "https://10.0.0.1/", "https://localhost/", "nonsense"])
def test_a_callback_to_where_nobody_should_lead_us_is_refused(api: httpx.Client, url: str) -> None:
    body = problem(post(api, "a.pdf", digital_pdf(1), callback_url=url), 400, "invalid_field")

    assert "callback_url" in body["detail"]


def test_a_linked_object_is_read_where_the_account_may(api: httpx.Client, stack: Stack) -> None:
    s3, bucket = stack.cloud.blobs._client, f"inbox-{uuid.uuid4().hex}"
    s3.create_bucket(Bucket=bucket)
    s3.put_object(Bucket=bucket, Key="in/a.pdf", Body=digital_pdf(1))
    demo = stack.cloud.accounts.get("demo")
    assert demo is not None
    assert stack.cloud.accounts.replace(replace(demo, readable=(f"s3://{bucket}/in/",)))

    job = api.post("/api/v1/ocr/", data={"file_url": f"s3://{bucket}/in/a.pdf"}).raise_for_status().json()

    assert (job["status"], job["filename"]) == ("done", "a.pdf")
    problem(api.post("/api/v1/ocr/", data={"file_url": f"s3://{bucket}/out/a.pdf"}), 400, "invalid_field")


def test_a_large_download_comes_by_a_redirect_with_its_name(api: httpx.Client, stack: Stack) -> None:
    job = post(api, "Bericht Ü.pdf", digital_pdf(1)).raise_for_status().json()
    kept = stack.cloud.jobs.get(job["uuid"])
    assert kept is not None
    whole = stack.cloud.blobs.get_json(keys.result(kept))
    long = "All work and no play makes Jack a dull boy. " * 100_000
    whole["pages"][0]["blocks"][0]["lines"][0]["text"] = long
    stack.cloud.blobs.put(keys.result(kept), codec.dumps(whole), "application/json")

    redirect = api.get(f"/api/v1/ocr/{job['uuid']}/download/", params={"format": "txt"})

    assert redirect.status_code == 302
    saved = httpx.get(redirect.headers["location"], trust_env=False, timeout=30).raise_for_status()
    assert saved.text.startswith(long)
    assert saved.headers["content-type"] == "text/plain; charset=utf-8"
    assert "filename*=UTF-8''Bericht%20%C3%9C.txt" in saved.headers["content-disposition"]
