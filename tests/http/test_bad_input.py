"""Bad input: a clear answer that says what to do, nothing stored, no job."""

from __future__ import annotations

import base64
import contextlib
import http.client
import json
from typing import Any

import httpx
import pymupdf
import pytest

from tests.documents import digital_pdf
from tests.http.conftest import Server, post


def extensions(status: int, code: str) -> set[str]:
    """What some errors say beside the usual."""
    if status == 402:
        return {"used", "cap", "upgrade"}
    more = {"file_too_large": {"upload"}, "too_many_pages": {"upgrade"}, "translation_unavailable": {"available"}}
    return more.get(code, set())


def problem(answer: httpx.Response, status: int, code: str) -> dict[str, Any]:
    """The body, if it is the problem document that was expected."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    body: dict[str, Any] = answer.json()
    assert body["code"] == code, body
    assert body["status"] == status
    assert set(body) == {"type", "title", "status", "code", "detail", "request_id"} | extensions(status, code)
    assert body["type"] == "about:blank"
    assert len(body["detail"]) > 20
    return body


def with_user_password() -> bytes:
    with pymupdf.open("pdf", digital_pdf(1)) as document:
        return bytes(document.tobytes(encryption=pymupdf.PDF_ENCRYPT_AES_256, owner_pw="owner", user_pw="user"))


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("empty.pdf", b"", "file_empty"),
        ("notes.pdf", b"These are only notes, whatever the name says.\n" * 20, "unsupported_file"),
        ("secret.pdf", with_user_password(), "password_needed"),
        ("cut.pdf", digital_pdf(3)[: len(digital_pdf(3)) // 2], "damaged_file"),
        ("cut.png", pymupdf.Pixmap(pymupdf.csRGB, (0, 0, 200, 200), False).tobytes("png")[:-60], "damaged_file"),
    ],
    ids=["empty file", "text named .pdf", "PDF with a user password", "truncated PDF", "truncated PNG"],
)
def test_a_file_that_cannot_be_read_is_refused(api: httpx.Client, name: str, content: bytes, code: str) -> None:
    problem(post(api, name, content), 400, code)


@pytest.mark.parametrize(
    ("field", "value", "hint"),
    [
        ("tier", "gpu", "cpu, vlm"),
        ("language", "klingon", "auto"),
        ("tool", "make-coffee", "pdf-to-word"),
        ("translate_to", "klingon", "en"),
        ("teir", "cpu", "tier"),
    ],
)
def test_an_unknown_field_value_is_refused_with_what_is_allowed(
    api: httpx.Client, field: str, value: str, hint: str
) -> None:
    body = problem(post(api, "a.pdf", digital_pdf(1), **{field: value}), 400, "invalid_field")

    assert field in body["detail"] or value in body["detail"]
    assert hint in body["detail"]


def test_empty_fields_mean_their_defaults(api: httpx.Client) -> None:
    job = post(api, "a.pdf", digital_pdf(1), tier="", language="", tool="").raise_for_status().json()

    assert (job["tier"], job["language"]) == ("cpu", "auto")


@pytest.mark.parametrize(
    "request_options",
    [
        {},
        {"json": {"file": "x"}},
        {"data": {"tier": "cpu"}},
        {"files": {"tier": (None, "cpu")}},
        {"content": b"%PDF-1.7", "headers": {"Content-Type": "application/pdf"}},
    ],
    ids=["nothing", "JSON", "form without file", "multipart without file", "bare PDF"],
)
def test_a_request_without_a_file_says_how_to_send_one(api: httpx.Client, request_options: dict[str, Any]) -> None:
    body = problem(api.post("/api/v1/ocr/", **request_options), 400, "file_missing")

    assert "file" in body["detail"]


def test_a_form_that_is_cut_off_is_refused(api: httpx.Client) -> None:
    body = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.pdf"\r\n\r\n%PDF'
    answer = api.post("/api/v1/ocr/", content=body, headers={"Content-Type": "multipart/form-data; boundary=x"})

    problem(answer, 400, "malformed_form")


def test_two_files_are_refused(api: httpx.Client) -> None:
    files = [("file", ("a.pdf", digital_pdf(1))), ("file", ("b.pdf", digital_pdf(1)))]

    problem(api.post("/api/v1/ocr/", files=files), 400, "invalid_field")


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer wrong"}, {"Authorization": "Basic Zm9vOmJhcg=="}])
@pytest.mark.parametrize("path", ["/api/v1/ocr/", "/api/v1/ocr/0123/", "/api/v1/ocr/0123/download/"])
def test_without_a_valid_token_nothing_is_answered(server: Server, headers: dict[str, str], path: str) -> None:
    method = "POST" if path == "/api/v1/ocr/" else "GET"
    answer = httpx.request(method, server.url + path, headers=headers)

    problem(answer, 401, "unauthenticated")
    assert answer.headers["www-authenticate"].startswith("Bearer")


def test_an_unknown_job_is_not_found(api: httpx.Client) -> None:
    problem(api.get(f"/api/v1/ocr/{'0' * 32}/"), 404, "job_not_found")
    problem(api.get(f"/api/v1/ocr/{'0' * 32}/download/"), 404, "job_not_found")


@pytest.mark.parametrize("path", ["/", "/api/v1/", "/api/v2/ocr/", "/api/v1/ocr/x/y/z", "/favicon.ico"])
def test_an_unknown_route_is_not_found(api: httpx.Client, path: str) -> None:
    problem(api.get(path), 404, "route_not_found")


def test_an_unknown_download_format_is_refused_with_the_list(api: httpx.Client) -> None:
    job = post(api, "a.pdf", digital_pdf(1)).raise_for_status().json()

    body = problem(api.get(f"/api/v1/ocr/{job['uuid']}/download/", params={"format": "exe"}), 400, "invalid_field")

    assert "txt, md, docx, pdf, csv, xlsx, json" in body["detail"]


@pytest.mark.parametrize("size", [5_000_000, 11_000_000])
def test_a_body_that_aws_cannot_carry_is_refused_here_too(api: httpx.Client, size: int) -> None:
    body = problem(post(api, "big.pdf", b"%PDF-1.7" + bytes(size)), 400, "file_too_large")

    assert "4.5 MB" in body["detail"]


@pytest.mark.parametrize("job_id", ["0123", "x" * 3000, "%2e%2e", "ü" * 32, "'; DROP TABLE jobs"])
def test_a_job_id_that_is_none_is_not_found(api: httpx.Client, job_id: str) -> None:
    problem(api.get(f"/api/v1/ocr/{job_id}/"), 404, "job_not_found" if "%" not in job_id else "route_not_found")


def test_a_field_in_a_charset_that_does_not_exist_is_refused(api: httpx.Client) -> None:
    files = {"file": ("a.pdf", digital_pdf(1)), "tier": (None, b"cpu", "text/plain; charset=klingon")}

    problem(api.post("/api/v1/ocr/", files=files), 400, "invalid_field")


def test_letters_beyond_ascii_in_a_header_are_no_error(server: Server) -> None:
    headers = {b"Authorization": "Bearer tökén".encode(), b"X-Name": "ü".encode("latin-1")}

    problem(httpx.get(f"{server.url}/api/v1/ocr/0123/", headers=headers), 401, "unauthenticated")


@pytest.mark.parametrize("path", ["/../../../../_ministack/health", "/%2e%2e/%2e%2e/%2e%2e/%2e%2e/_ministack/reset"])
def test_no_path_leads_out_of_the_api_into_the_emulator(server: Server, path: str) -> None:
    url = httpx.URL(server.url)
    with contextlib.closing(
        http.client.HTTPConnection(url.host, url.port)
    ) as connection:  # httpx would resolve the dots itself
        connection.request("POST", path)
        answer = connection.getresponse()

        assert answer.status == 404
        assert json.load(answer)["code"] == "route_not_found"


@pytest.mark.parametrize("path", ["ocr/", "account/ledger/"])
@pytest.mark.parametrize("position", ["", "abc", " x", "x ", "ACCOUNT", "JOB#1", "\0"])
def test_a_cursor_that_is_none_of_ours_is_refused(api: httpx.Client, path: str, position: str) -> None:
    cursor = base64.urlsafe_b64encode(position.encode()).decode().rstrip("=") or "%%"

    problem(api.get(f"/api/v1/{path}", params={"cursor": cursor}), 400, "invalid_field")


@pytest.mark.parametrize("body", [b"[" * 200_000, b'{"filename": "a.pdf", "size": ' + b"9" * 5000 + b"}", b"\xff\xfe"])
def test_json_that_nobody_would_send_is_refused(api: httpx.Client, body: bytes) -> None:
    problem(api.post("/api/v1/uploads/", content=body), 400, "invalid_field")


@pytest.mark.parametrize("path", ["/a%0Ab", "/api/v1/ocr/a%0Ab/", "/api/v1/ocr/a%0Ab/download/", "/api/v1/ocr/a%00b/"])
def test_a_path_with_a_control_character_is_not_found(api: httpx.Client, path: str) -> None:
    problem(api.get(path), 404, "route_not_found")


@pytest.mark.parametrize("method", ["BREW", "TRACE", "LINK"])
def test_a_method_that_http_hardly_knows_gets_a_problem_document_too(api: httpx.Client, method: str) -> None:
    answer = api.request(method, "/api/v1/ocr/")

    problem(answer, answer.status_code, answer.json()["code"])
    assert answer.status_code in (404, 405)
