"""What one account can learn of another, or do to it: nothing. Over every route that is published, with every kind of id."""

from __future__ import annotations

import base64
import hashlib
import json
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import Message
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import httpx
import pytest

from ocrchat import codec, export, keys, published
from ocrchat.aws.blobs import DOWNLOAD_SECONDS
from ocrchat.usecases.intake import UPLOAD_LIFETIME
from tests.documents import digital_pdf, scanned_pdf
from tests.http.conftest import TOKEN, OpenAccount, Server, Stack, post
from tests.http.test_bad_input import problem

DESCRIPTION: dict[str, Any] = json.loads(published.openapi_json())

ROUTES = [
    (method.upper(), path)
    for path, methods in DESCRIPTION["paths"].items()
    for method, operation in methods.items()
    if operation.get("security", DESCRIPTION["security"])
]
"""Those that ask for a token, of which a route is one by itself."""

OF_A_JOB = [(method, path) for method, path in ROUTES if "{uuid}" in path]

QUESTION = {"message": "What does the page say?"}


def ask(client: httpx.Client, method: str, path: str, job_id: str = "0" * 32, **request: Any) -> httpx.Response:
    """With a body that would be taken, where one is needed."""
    body = {"json": QUESTION} if method == "POST" and "/chat/" in path else {}
    return client.request(method, path.replace("{uuid}", job_id), **{**body, **request})


def said(answer: httpx.Response) -> tuple[int, dict[str, Any], dict[str, str]]:
    """Status, body and headers, but for what is another one in each answer."""
    of_its_own = {"date", "x-request-id", "x-amzn-requestid", "x-amz-request-id", "ratelimit", "content-length"}
    headers = {name: value for name, value in answer.headers.items() if name not in of_its_own}
    return answer.status_code, {**answer.json(), "request_id": ""}, headers


def test_most_routes_ask_for_a_token() -> None:
    assert len(ROUTES) > 10
    assert len(OF_A_JOB) > 5


# -- tokens ------------------------------------------------------------------------------------------------------------


def wrong_tokens(issued: str, revoked: str) -> dict[str, str]:
    return {
        "one that never was": "ocr_" + uuid.uuid4().hex * 2,
        "a revoked one": revoked,
        "the hash that is kept of it": hashlib.sha256(issued.encode()).hexdigest(),
        "all of it but the last letter": issued[:-1],
        "one letter more": issued + "0",
        "in other letters": issued.swapcase(),
        "the id of an account": "demo",
        "a pattern": "*",
        "a key of the table": "TOKEN#" + hashlib.sha256(issued.encode()).hexdigest(),
        "nothing but blanks": "   ",
        "letters beyond ASCII": "tökén",
        "a null": "\0",
    }


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_every_wrong_token_gets_one_and_the_same_answer(
    server: Server, stack: Stack, open_account: OpenAccount, method: str, path: str
) -> None:
    client = open_account()
    account, now = client.headers["X-Account"], datetime.now(UTC)
    issued = client.headers["Authorization"].removeprefix("Bearer ")
    revoked = stack.cloud.accounts.issue_token(account, "lost", now)
    (lost,) = (token for token in stack.cloud.accounts.tokens(account) if token.label == "lost")
    stack.cloud.accounts.revoke_tokens(account, lost.id)

    with httpx.Client(base_url=server.url, timeout=60) as anybody:
        nobody = ask(anybody, method, path)
        problem(nobody, 401, "unauthenticated")
        for what, token in wrong_tokens(issued, revoked).items():
            assert said(ask(anybody, method, path, params={"api_token": token})) == said(nobody), what
            if token.strip().isprintable() and token.strip():
                header = {"Authorization": b"Bearer " + token.encode()}
                assert said(ask(anybody, method, path, headers=header)) == said(nobody), what


def test_a_token_in_the_header_counts_and_not_another_one_in_the_query(
    server: Server, open_account: OpenAccount
) -> None:
    client = open_account()

    answer = client.get("/api/v1/account/", params={"api_token": TOKEN}).raise_for_status()

    assert answer.json()["account"] == client.headers["X-Account"]


# -- ids ---------------------------------------------------------------------------------------------------------------


@dataclass
class Owner:
    """An account with a job of each kind, and a conversation about one."""

    client: httpx.Client
    jobs: dict[str, str]
    conversation: str

    def sees(self) -> dict[str, Any]:
        """All that its owner can see of its jobs, but for how far the running one is."""
        jobs = {kind: self.client.get(f"/api/v1/ocr/{job_id}/").json() for kind, job_id in self.jobs.items()}
        history = self.client.get(f"/api/v1/chat/{self.jobs['done']}/history/").json()
        return {
            "done": jobs["done"],
            "failed": jobs["failed"],
            "running": jobs["running"]["error"],
            "history": history,
        }


@pytest.fixture
def owner(open_account: OpenAccount) -> Iterator[Owner]:
    client = open_account()
    done = post(client, "a.pdf", digital_pdf(1)).raise_for_status().json()["uuid"]
    conversation = client.post(f"/api/v1/chat/{done}/", json=QUESTION).raise_for_status().json()["conversation"]
    failed = post(client, "b.pdf", scanned_pdf(30)).raise_for_status().json()["uuid"]
    client.post(f"/api/v1/ocr/{failed}/cancel/").raise_for_status()
    running = post(client, "c.pdf", scanned_pdf(60)).raise_for_status().json()["uuid"]
    yield Owner(client, {"done": done, "failed": failed, "running": running}, conversation)
    client.delete(f"/api/v1/ocr/{running}/").raise_for_status()


def test_anothers_job_of_any_kind_is_answered_as_none_by_every_route_and_is_not_touched(
    owner: Owner, open_account: OpenAccount
) -> None:
    stranger = open_account()
    before = owner.sees()

    for method, path in OF_A_JOB:
        unknown = said(ask(stranger, method, path, uuid.uuid4().hex))
        assert (unknown[0], unknown[1]["code"]) == (404, "job_not_found")
        for kind, job_id in owner.jobs.items():
            for written in (job_id, job_id.upper(), str(uuid.UUID(job_id))):
                assert said(ask(stranger, method, path, written)) == unknown, f"{method} {path}: {kind}"

    assert owner.sees() == before
    assert stranger.get("/api/v1/ocr/").json() == {"jobs": [], "next_cursor": None}
    assert stranger.get("/api/v1/account/").json()["used"] == 0


def test_what_asks_for_more_of_anothers_job_learns_no_more(owner: Owner, open_account: OpenAccount) -> None:
    """Checks of what is asked for must not answer otherwise where there is a job."""
    stranger = open_account()
    wanted = [
        ("GET", f"/api/v1/ocr/{{uuid}}/download/?format={name}")
        for name in (*export.FORMATS, "exe", "pdf&pdf_mode=text", "txt&text=translation")
    ]
    wanted += [("GET", f"/api/v1/ocr/{{uuid}}/?{query}") for query in ("words=true", "first_page=1", "first_page=x")]
    bodies: list[dict[str, Any]] = [
        {"json": {**QUESTION, "conversation": owner.conversation}},
        {"json": {"message": ""}},
        {"content": b"{"},
        {"json": QUESTION, "headers": {"Idempotency-Key": "anyone's"}},
        {"json": QUESTION, "headers": {"Accept": "text/event-stream"}},
    ]

    for method, path in wanted:
        for job_id in owner.jobs.values():
            assert said(ask(stranger, method, path, job_id)) == said(ask(stranger, method, path)), path
    for body in bodies:
        for job_id in owner.jobs.values():
            assert said(ask(stranger, "POST", "/api/v1/chat/{uuid}/", job_id, **body)) == said(
                ask(stranger, "POST", "/api/v1/chat/{uuid}/", **body)
            ), body


def test_a_conversation_is_of_one_job(owner: Owner, open_account: OpenAccount) -> None:
    stranger = open_account()
    own = post(stranger, "a.pdf", digital_pdf(1)).raise_for_status().json()["uuid"]

    answers = [
        stranger.post(f"/api/v1/chat/{own}/", json={**QUESTION, "conversation": conversation})
        for conversation in (owner.conversation, uuid.uuid4().hex, f"../../{owner.jobs['done']}/chat/x")
    ]

    assert [said(answer)[:2] for answer in answers] == [said(answers[0])[:2]] * 3
    problem(answers[0], 404, "conversation_not_found")


def test_anothers_upload_is_answered_as_none_and_stays(open_account: OpenAccount) -> None:
    owner, stranger = open_account(), open_account()
    content = digital_pdf(1)
    prepared = owner.post("/api/v1/uploads/", json={"filename": "a.pdf", "size": len(content)}).json()
    httpx.post(prepared["url"], data=prepared["fields"], files={"file": content}, trust_env=False).raise_for_status()

    theirs = stranger.post("/api/v1/ocr/", data={"upload": prepared["upload"]})
    nobodys = stranger.post("/api/v1/ocr/", data={"upload": uuid.uuid4().hex})

    assert said(theirs) == said(nobodys)
    problem(theirs, 400, "upload_missing")
    owner.post("/api/v1/ocr/", data={"upload": prepared["upload"]}).raise_for_status()


def test_anothers_cursor_leads_to_nothing_of_theirs(open_account: OpenAccount) -> None:
    owner, stranger = open_account(), open_account()
    theirs = {post(owner, "a.pdf", digital_pdf(1)).raise_for_status().json()["uuid"] for _ in range(2)}
    own = {post(stranger, "a.pdf", digital_pdf(1)).raise_for_status().json()["uuid"] for _ in range(2)}

    for path, name in (("ocr/", "jobs"), ("account/ledger/", "movements")):
        cursor = owner.get(f"/api/v1/{path}", params={"limit": 1}).json()["next_cursor"]
        found = stranger.get(f"/api/v1/{path}", params={"cursor": cursor})

        assert cursor
        if found.status_code == 200:
            listed = {it.get("uuid") or it.get("job") for it in found.json()[name]}
            assert listed <= own | {None}
            assert not listed & theirs
        else:
            problem(found, 400, "invalid_field")


def test_a_linked_object_of_ours_is_read_by_nobody(owner: Owner, open_account: OpenAccount, stack: Stack) -> None:
    """Neither a document nor a drop: an account reads where its operator has allowed it, which here is nowhere."""
    stranger = open_account()
    job = stack.cloud.jobs.get(owner.jobs["done"])
    assert job is not None
    there = f"s3://{stack.settings.bucket}/{keys.source(job)}"
    nowhere = f"s3://{stack.settings.bucket}/{keys.source(job)}x"

    assert said(stranger.post("/api/v1/ocr/", data={"file_url": there})) == said(
        stranger.post("/api/v1/ocr/", data={"file_url": nowhere})
    )


# -- addresses that are signed -----------------------------------------------------------------------------------------


def test_a_signed_upload_is_for_one_key_one_size_and_one_name(api: httpx.Client) -> None:
    """The policy is what S3 holds a form against. It takes no field that the policy does not have."""
    prepared = api.post("/api/v1/uploads/", json={"filename": "a b.pdf", "size": 1234}).raise_for_status().json()
    policy = json.loads(base64.b64decode(prepared["fields"]["policy"]))
    expires = datetime.fromisoformat(policy["expiration"])

    exact = {name: value for it in policy["conditions"] if isinstance(it, dict) for name, value in it.items()}
    assert [it for it in policy["conditions"] if not isinstance(it, dict)] == [["content-length-range", 0, 1234]]
    assert exact["key"] == f"uploads/demo/{prepared['upload']}"
    assert exact["x-amz-meta-filename"] == "a%20b.pdf"
    assert set(exact) == {"bucket", *prepared["fields"]} - {"policy", "x-amz-signature"}
    assert expires - datetime.now(UTC) <= UPLOAD_LIFETIME


@pytest.mark.parametrize(
    "changed",
    [
        {"key": "uploads/demo/" + "0" * 32},
        {"key": "jobs/7/" + "0" * 32 + "/source"},
        {"Content-Type": "text/html"},
        {"acl": "public-read"},
        {"success_action_redirect": "https://example.com/"},
        {"x-amz-meta-filename": "b.pdf"},
        {"x-amz-meta-more": "x"},
        {"x-amz-website-redirect-location": "https://example.com/"},
        {"policy": ""},
    ],
)
def test_a_form_with_another_field_is_refused(api: httpx.Client, changed: dict[str, str]) -> None:
    content = digital_pdf(1)
    prepared = api.post("/api/v1/uploads/", json={"filename": "a.pdf", "size": len(content)}).raise_for_status().json()

    answer = httpx.post(
        prepared["url"], data={**prepared["fields"], **changed}, files={"file": content}, trust_env=False
    )

    assert answer.status_code in (400, 403)
    problem(api.post("/api/v1/ocr/", data={"upload": prepared["upload"]}), 400, "upload_missing")


def test_a_signed_download_is_for_one_object_as_a_file_to_save_and_for_minutes(
    open_account: OpenAccount, stack: Stack
) -> None:
    api = open_account()
    job_id = post(api, 'a"\n.pdf', digital_pdf(1)).raise_for_status().json()["uuid"]
    job = stack.cloud.jobs.get(job_id)
    assert job is not None
    whole = stack.cloud.blobs.get_json(keys.result(job))
    whole["pages"][0]["blocks"][0]["lines"][0]["text"] = "long " * 1_000_000
    stack.cloud.blobs.put(keys.result(job), codec.dumps(whole), "application/json")

    address = api.get(f"/api/v1/ocr/{job_id}/download/", params={"format": "txt"}).headers["Location"]

    query = {name: value for name, (value,) in parse_qs(urlsplit(address).query).items()}
    assert urlsplit(address).path.endswith(f"/{keys.download(job, 'txt')}")
    assert int(query["X-Amz-Expires"]) == DOWNLOAD_SECONDS
    assert query["X-Amz-SignedHeaders"] == "host"
    assert query["response-content-disposition"].startswith("attachment; ")
    assert query["response-content-type"].startswith("text/plain")
    assert TOKEN not in address
    assert api.headers["Authorization"].removeprefix("Bearer ") not in address


# -- names that are put into headers -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("a\r\nX-Evil: 1.pdf", "aX-Evil: 1.pdf"),
        ("a\0b.pdf", "ab.pdf"),
        ('a"; filename="evil.exe', 'a"; filename="evil.exe'),
        ("..\\..\\a.pdf", "a.pdf"),
        ("../../etc/passwd", "passwd"),
        ("..", "file"),
        ("\u202efdp.exe", "fdp.exe"),
        ("a\u2028b\x85.pdf", "ab.pdf"),
        ("日本語.pdf", "日本語.pdf"),
        ("%0d%0aX-Evil: 1.pdf", "%0d%0aX-Evil: 1.pdf"),
    ],
)
def test_a_name_stays_within_its_header(api: httpx.Client, sent: str, kept: str) -> None:
    quoted = "".join(f"%{byte:02X}" for byte in sent.encode())
    part = f'Content-Disposition: form-data; name="file"; filename="x"; filename*=UTF-8\'\'{quoted}\r\n\r\n'
    body = b"--B\r\n" + part.encode() + digital_pdf(1) + b"\r\n--B--\r\n"
    headers = {"Content-Type": "multipart/form-data; boundary=B"}
    job = api.post("/api/v1/ocr/", content=body, headers=headers).raise_for_status().json()

    answer = api.get(f"/api/v1/ocr/{job['uuid']}/download/").raise_for_status()

    assert job["filename"] == kept
    assert "x-evil" not in answer.headers
    (disposition,) = answer.headers.get_list("content-disposition")
    parsed = Message()
    parsed["Content-Disposition"] = disposition
    assert parsed.get_content_disposition() == "attachment"
    parameters = parsed.get_params(header="Content-Disposition") or []
    assert [name.rstrip("*") for name, _ in parameters[1:]] == ["filename", "filename"]
    assert unquote(disposition.rpartition("UTF-8''")[2]) == kept.removesuffix(".pdf") + ".txt"
