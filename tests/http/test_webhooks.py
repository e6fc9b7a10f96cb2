"""A callback, from the submission to a receiver that checks its signature. On a server that may call private addresses."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from tests.documents import digital_pdf, scanned_pdf
from tests.http.conftest import TOKEN, Server, start
from tests.http.test_bad_input import problem


class Receiver(ThreadingHTTPServer):
    """Answers `statuses` one after the other, then 204; keeps what came. A path with file.pdf is a PDF, /moved leads to one."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.url = f"http://127.0.0.1:{self.server_port}"
        self.statuses: list[int] = []
        self.received: list[tuple[dict[str, str], bytes]] = []

    def wait_for(self, count: int) -> None:
        give_up = time.monotonic() + 30
        while len(self.received) < count:
            assert time.monotonic() < give_up, f"{len(self.received)} of {count} events came"
            time.sleep(0.05)


class _Handler(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.received.append(({name.lower(): value for name, value in self.headers.items()}, body))
        self.send_response(self.server.statuses.pop(0) if self.server.statuses else 204)
        self.end_headers()

    def do_GET(self) -> None:
        content = digital_pdf(2)
        if self.path == "/moved":
            self.send_response(302)
            self.send_header("Location", "/in/file.pdf")
        else:
            self.send_response(200 if "file.pdf" in self.path else 404)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as receiver:
        thread = threading.Thread(target=receiver.serve_forever)
        thread.start()
        yield receiver
        receiver.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def private_server(weights: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    server = start(tmp_path_factory.mktemp("private"), OCRCHAT_ALLOW_PRIVATE_ADDRESSES="1")
    yield server
    server.stop()


@pytest.fixture
def api(private_server: Server) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=private_server.url, headers={"Authorization": f"Bearer {TOKEN}"}, timeout=60) as client:
        yield client


def test_a_caller_is_told_with_a_signature_and_again_after_an_error(api: httpx.Client, receiver: Receiver) -> None:
    receiver.statuses = [500]
    secret = api.get("/api/v1/account/webhook-secret/").raise_for_status().json()["secret"]

    form = {"callback_url": f"{receiver.url}/hook?mine=1"}
    job = api.post("/api/v1/ocr/", files={"file": ("a.pdf", digital_pdf(1))}, data=form).raise_for_status().json()

    receiver.wait_for(2)
    (first, body), (second, again) = receiver.received
    assert first["webhook-id"] == second["webhook-id"]
    assert body == again
    event = Webhook(secret).verify(body, second)
    assert event["type"] == "job.done"
    assert event["data"] == {
        "uuid": job["uuid"], "status": "done", "page_count": 1, "failed_pages": [], "error": None,
    }  # fmt: skip
    assert "Page number" not in body.decode()


def test_after_a_rotation_both_secrets_verify(api: httpx.Client, receiver: Receiver) -> None:
    former = api.get("/api/v1/account/webhook-secret/").json()["secret"]
    rotated = api.post("/api/v1/account/webhook-secret/").raise_for_status().json()

    form = {"callback_url": receiver.url}
    job = api.post("/api/v1/ocr/", files={"file": ("a.pdf", digital_pdf(6))}, data=form).raise_for_status().json()
    api.post(f"/api/v1/ocr/{job['uuid']}/cancel/")

    receiver.wait_for(1)
    ((headers, body),) = receiver.received
    assert rotated["former_signs_until"]
    for secret in (former, rotated["secret"]):
        Webhook(secret).verify(body, headers)
    assert json.loads(body)["data"]["uuid"] == job["uuid"]


def test_a_linked_file_becomes_a_job(api: httpx.Client, receiver: Receiver) -> None:
    job = api.post("/api/v1/ocr/", data={"file_url": f"{receiver.url}/in/file.pdf?key=1"}).raise_for_status().json()

    assert (job["filename"], job["page_count"], job["status"]) == ("file.pdf", 2, "done")


def test_a_link_that_moved_is_followed_and_one_that_leads_nowhere_is_named(
    api: httpx.Client, receiver: Receiver
) -> None:
    moved = api.post("/api/v1/ocr/", data={"file_url": f"{receiver.url}/moved", "pages": "2"}).raise_for_status().json()
    body = problem(api.post("/api/v1/ocr/", data={"file_url": f"{receiver.url}/nothing"}), 400, "file_url_failed")

    assert (moved["filename"], moved["page_count"], moved["source_pages"]) == ("file.pdf", 1, 2)
    assert "404" in body["detail"]


def test_of_a_cancelled_job_the_caller_is_told_too(api: httpx.Client, receiver: Receiver) -> None:
    form = {"callback_url": receiver.url}
    job = (
        api.post("/api/v1/ocr/", files={"file": ("Zanzibar.pdf", scanned_pdf(30))}, data=form).raise_for_status().json()
    )

    cancelled = api.post(f"/api/v1/ocr/{job['uuid']}/cancel/").raise_for_status().json()

    receiver.wait_for(1)
    ((headers, body),) = receiver.received
    event = Webhook(api.get("/api/v1/account/webhook-secret/").json()["secret"]).verify(body, headers)
    assert (event["type"], event["timestamp"]) == ("job.failed", cancelled["ended_at"])
    assert event["data"] == {
        "uuid": job["uuid"], "status": "failed", "page_count": 30, "failed_pages": [], "error": cancelled["error"],
    }  # fmt: skip
    assert cancelled["error"]["code"] == "cancelled"
    assert b"Zanzibar" not in body
    with pytest.raises(WebhookVerificationError):
        Webhook("whsec_" + "A" * 32).verify(body, headers)
