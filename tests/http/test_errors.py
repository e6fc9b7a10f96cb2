"""Every error that a request can get, provoked over HTTP."""

from __future__ import annotations

import uuid
import zlib
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import httpx
import pymupdf
import pytest

from ocrchat import errors
from tests import hostile
from tests.documents import digital_pdf, scanned_pdf
from tests.http.conftest import OpenAccount, Stack, post
from tests.http.test_bad_input import problem, with_user_password
from tests.plans import PLANS

ELSEWHERE = {
    errors.OcrChatError: "a bug: tests/aws/test_handlers.py makes one",
    errors.BadRequest: "API Gateway's own refusals",
    errors.PaymentRequired: "a branch of the tree",
    errors.DeploymentCapReached: "needs a capped deployment: tests/aws/test_accounts.py",
    errors.MonthlyLimitReached: "the daily limit comes first within a day: tests/unit/test_billing.py",
    errors.PageUnreadable: "of a page, never of a request",
    errors.PageTooCostly: "likewise",
    errors.PageCrashes: "likewise",
    errors.AccountNotFound: "of a dropped file: tests/http/test_drop.py",
    errors.ObjectUnreadable: "of a dropped file: tests/http/test_drop.py",
    errors.GatewayTimeout: "tests/http/test_front_limits.py",
    errors.Unavailable: "an AWS service that says: not now",
}

Provoke = Callable[["Hands"], httpx.Response]


class Hands:
    """What a test may use: the demo account, fresh accounts, and the stack behind."""

    def __init__(self, api: httpx.Client, open_account: OpenAccount, stack: Stack) -> None:
        self.api, self.open_account, self.stack = api, open_account, stack

    def job(self, pages: int = 1) -> str:
        return str(post(self.api, "a.pdf", digital_pdf(pages)).raise_for_status().json()["uuid"])

    def running(self) -> str:
        return str(post(self.api, "a.pdf", scanned_pdf(20)).raise_for_status().json()["uuid"])

    def cancelled(self) -> str:
        job_id = self.running()
        self.api.post(f"/api/v1/ocr/{job_id}/cancel/").raise_for_status()
        return job_id

    def spend_capped(self) -> httpx.Client:
        client = self.open_account()
        account = self.stack.cloud.accounts.get(client.headers["X-Account"])
        assert account is not None
        assert self.stack.cloud.accounts.replace(replace(account, spend_cap=1))
        return client

    def keyed(self, key: str, content: bytes) -> httpx.Response:
        return self.api.post("/api/v1/ocr/", files={"file": ("a.pdf", content)}, headers={"Idempotency-Key": key})


def too_often(hands: Hands) -> httpx.Response:
    client = hands.open_account("free")
    for _ in range(130):  # more than twice a minute's quota, should the minute end meanwhile
        answer = client.post("/api/v1/uploads/", content=b"{}")
        if answer.status_code == 429:
            break
    return answer


def reused(hands: Hands) -> httpx.Response:
    key = uuid.uuid4().hex
    hands.keyed(key, digital_pdf(1)).raise_for_status()
    return hands.keyed(key, digital_pdf(2))


def erased(hands: Hands) -> httpx.Response:
    key, content = uuid.uuid4().hex, digital_pdf(1)
    job = hands.keyed(key, content).raise_for_status().json()
    hands.api.delete(f"/api/v1/ocr/{job['uuid']}/").raise_for_status()
    return hands.keyed(key, content)


def wide_image() -> bytes:
    """A PNG that says it has 200 megapixels; nobody looks further."""
    small = pymupdf.Pixmap(pymupdf.csGRAY, (0, 0, 8, 8), False).tobytes("png")
    header = b"IHDR" + (20_000).to_bytes(4, "big") + (10_000).to_bytes(4, "big") + small[24:29]
    return bytes(small[:12] + header + zlib.crc32(header).to_bytes(4, "big") + small[33:])


def asked_too_much(hands: Hands) -> httpx.Response:
    client = hands.open_account("free")
    account = client.headers["X-Account"]
    job = post(client, "a.pdf", digital_pdf(1)).raise_for_status().json()
    for _ in range(PLANS["free"].questions_a_day):
        assert hands.stack.cloud.accounts.count_question(account, PLANS["free"].questions_a_day, datetime.now(UTC))
    return client.post(f"/api/v1/chat/{job['uuid']}/", json={"message": "Who?"})


PROVOKED: dict[type[errors.OcrChatError], Provoke] = {
    errors.MalformedForm: lambda h: h.api.post(
        "/api/v1/ocr/", content=b"--x\r\n", headers={"Content-Type": "multipart/form-data; boundary=x"}
    ),
    errors.InvalidField: lambda h: post(h.api, "a.pdf", digital_pdf(1), tier="gpu"),
    errors.FileMissing: lambda h: h.api.post("/api/v1/ocr/"),
    errors.FileEmpty: lambda h: post(h.api, "a.pdf", b""),
    errors.FileTooLarge: lambda h: h.api.post("/api/v1/uploads/", json={"filename": "a", "size": 10**9}),
    errors.FileTooCostly: lambda h: post(h.api, "a.jpg", hostile.jpeg_scans(6000, 50_000)),
    errors.UnsupportedFile: lambda h: post(h.api, "a.pdf", b"hello"),
    errors.DamagedFile: lambda h: post(h.api, "a.pdf", digital_pdf(3)[:900]),
    errors.PasswordNeeded: lambda h: post(h.api, "a.pdf", with_user_password()),
    errors.UploadMissing: lambda h: h.api.post("/api/v1/ocr/", data={"upload": "0" * 32}),
    errors.FileUrlFailed: lambda h: h.api.post("/api/v1/ocr/", data={"file_url": "https://127.0.0.1/"}),
    errors.TooManyPages: lambda h: post(h.open_account("free"), "a.pdf", digital_pdf(51)),
    errors.TooManyPixels: lambda h: post(h.api, "a.png", wide_image()),
    errors.Unauthenticated: lambda h: httpx.get(h.api.base_url.join("/api/v1/account/")),
    errors.DailyLimitReached: lambda h: [
        post(client, "a.pdf", digital_pdf(50)) for client in [h.open_account("free")] * 3
    ][-1],
    errors.OutOfCredits: lambda h: post(h.open_account(credits=1), "a.pdf", digital_pdf(2)),
    errors.SpendCapReached: lambda h: post(h.spend_capped(), "a.pdf", digital_pdf(2)),
    errors.JobNotFound: lambda h: h.api.get(f"/api/v1/ocr/{'0' * 32}/"),
    errors.RouteNotFound: lambda h: h.api.get("/api/v1/nothing/"),
    errors.MethodNotAllowed: lambda h: h.api.delete("/api/v1/account/"),
    errors.JobNotFinished: lambda h: h.api.get(f"/api/v1/ocr/{h.running()}/download/"),
    errors.JobFailed: lambda h: h.api.get(f"/api/v1/ocr/{h.cancelled()}/download/"),
    errors.JobEnded: lambda h: h.api.post(f"/api/v1/ocr/{h.job()}/cancel/"),
    errors.JobErased: erased,
    errors.IdempotencyKeyReused: reused,
    errors.TooManyRequests: too_often,
    errors.TranslationUnavailable: lambda h: post(h.api, "a.pdf", digital_pdf(1), translate_to="es"),
    errors.NoTranslation: lambda h: h.api.get(f"/api/v1/ocr/{h.job()}/download/?text=translation"),
    errors.ConversationNotFound: lambda h: h.api.post(
        f"/api/v1/chat/{h.job()}/", json={"message": "Who?", "conversation": "0" * 32}
    ),
    errors.QuestionLimitReached: asked_too_much,
}


@pytest.mark.parametrize("error", PROVOKED, ids=lambda error: error.code)
def test_an_error_is_told_as_it_stands_in_the_tree(
    api: httpx.Client, open_account: OpenAccount, stack: Stack, error: type[errors.OcrChatError]
) -> None:
    answer = PROVOKED[error](Hands(api, open_account, stack))

    body = problem(answer, error.status, error.code)
    assert body["title"] == error.title
    assert ("retry-after" in answer.headers) == error.retryable
    if issubclass(error, errors.PaymentRequired):
        assert isinstance(body["used"], int)
        assert isinstance(body["cap"], int)
        assert "upgrade" in body


def test_every_error_is_provoked_or_has_a_reason() -> None:
    def below(error: type[errors.OcrChatError]) -> set[type[errors.OcrChatError]]:
        return {error}.union(*(below(child) for child in error.__subclasses__()))

    tree = {error for error in below(errors.OcrChatError) if error.__module__ == errors.__name__}

    assert tree == set(PROVOKED) | set(ELSEWHERE)
    assert not set(PROVOKED) & set(ELSEWHERE)
