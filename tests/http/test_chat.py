"""Asking a document, as a user does: over HTTP, of the running product with what it bundles."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.documents import digital_pdf, scanned_pdf
from tests.http.conftest import OpenAccount, Stack, post
from tests.http.test_bad_input import problem
from tests.http.test_erasure import items, objects

EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.fixture(scope="module")
def report(api: httpx.Client) -> dict[str, Any]:
    job: dict[str, Any] = post(api, "report.pdf", (EXAMPLES / "report.pdf").read_bytes()).raise_for_status().json()
    assert job["status"] == "done"
    return job


def ask(api: httpx.Client, job: str, message: str, **more: Any) -> dict[str, Any]:
    answer = api.post(f"/api/v1/chat/{job}/", json={"message": message, **more}, timeout=30)
    body: dict[str, Any] = answer.raise_for_status().json()
    return body


def test_an_answer_quotes_the_page_and_says_where(api: httpx.Client) -> None:
    job = post(api, "a.pdf", digital_pdf(3)).raise_for_status().json()

    reply = ask(api, job["uuid"], "What does the fox jump over?")

    message = reply["message"]
    assert message["role"] == "assistant"
    assert message["engine"] == "extractive"
    assert "over the lazy dog (p. 1)." in message["content"]
    citation = message["citations"][0]
    assert (citation["page"], citation["verified"], citation["confidence"]) == (1, True, 1.0)
    assert citation["snippet"] == "The quick brown fox jumps over the lazy dog."
    page = job["pages"][0]
    line = next(block for block in page["blocks"] if "lazy dog" in block["text"])
    assert citation["bbox"] == [line["bbox"]]
    assert page["blocks"][citation["blocks"][0]]["text"] == line["text"]


@pytest.mark.parametrize(
    ("question", "answer", "page"),
    [
        ("What did monitoring cost in 2025?", "486,000", 3),
        ("When was the report published?", "12 March 2026", 1),
        ("How warm was the surface on 14 August?", "26.3 degrees", 2),
    ],
)
def test_a_report_is_asked(api: httpx.Client, report: dict[str, Any], question: str, answer: str, page: int) -> None:
    message = ask(api, report["uuid"], question)["message"]

    assert answer in message["content"]
    assert page in [citation["page"] for citation in message["citations"]]


def test_every_citation_stands_on_its_page(api: httpx.Client, report: dict[str, Any]) -> None:
    for question in ("How much does the intake pipe cost?", "When was it published?", "How deep is the outlet?"):
        citations = ask(api, report["uuid"], question)["message"]["citations"]
        assert citations, question
        for citation in citations:
            text = " ".join(report["pages"][citation["page"] - 1]["text"].split())
            assert citation["snippet"] in text


def test_pages_are_counted_in_the_file_that_was_sent(api: httpx.Client) -> None:
    job = post(api, "a.pdf", digital_pdf(9), pages="8").raise_for_status().json()

    citations = ask(api, job["uuid"], "What does the fox jump over?")["message"]["citations"]

    assert {citation["page"] for citation in citations} == {8}


def test_what_a_scan_says_is_quoted_with_ocrs_confidence(api: httpx.Client) -> None:
    job = post(api, "a.pdf", scanned_pdf(1)).raise_for_status().json()

    (citation, *_) = ask(api, job["uuid"], "What does the quick fox jump over?")["message"]["citations"]

    assert "lazy dog" in citation["snippet"]
    assert 0.8 < citation["confidence"] < 1


def test_what_the_document_does_not_say_is_not_answered(api: httpx.Client, report: dict[str, Any]) -> None:
    message = ask(api, report["uuid"], "Wer gewann die Eishockeyweltmeisterschaft?")["message"]

    assert (message["content"], message["citations"]) == ("Not found in the document.", [])


def test_a_conversation_goes_on_and_is_kept(api: httpx.Client) -> None:
    job = post(api, "a.pdf", digital_pdf(2)).raise_for_status().json()["uuid"]
    first = ask(api, job, "What does the fox jump over?")
    second = ask(api, job, "How quick?", conversation=first["conversation"])
    other = ask(api, job, "Which page number is this?")

    history = api.get(f"/api/v1/chat/{job}/history/").raise_for_status().json()

    assert second["conversation"] == first["conversation"] != other["conversation"]
    assert [one["conversation"] for one in history["exchanges"]] == [
        reply["conversation"] for reply in (first, second, other)
    ]
    assert [one["message"] for one in history["exchanges"]] == [reply["message"] for reply in (first, second, other)]
    assert history["exchanges"][0]["question"] == "What does the fox jump over?"
    part = api.get(f"/api/v1/chat/{job}/history/", params={"limit": 2}).json()
    rest = api.get(f"/api/v1/chat/{job}/history/", params={"cursor": part["next_cursor"]}).json()
    assert part["exchanges"] + rest["exchanges"] == history["exchanges"]
    assert (history["next_cursor"], rest["next_cursor"]) == (None, None)


def test_nobody_elses_document_can_be_asked(
    api: httpx.Client, open_account: OpenAccount, report: dict[str, Any]
) -> None:
    other = open_account()

    answers = [
        other.post(f"/api/v1/chat/{report['uuid']}/", json={"message": "What?"}),
        other.get(f"/api/v1/chat/{report['uuid']}/history/"),
    ]

    for answer in answers:
        problem(answer, 404, "job_not_found")


def test_what_was_asked_is_erased_with_the_job(api: httpx.Client, stack: Stack) -> None:
    job_id = post(api, "a.pdf", digital_pdf(1)).raise_for_status().json()["uuid"]
    ask(api, job_id, "What does the fox jump over?")
    assert len([key for key in objects(stack, job_id) if "/chat/" in key]) == 1

    erased = api.delete(f"/api/v1/ocr/{job_id}/").raise_for_status().json()["erased"]

    assert erased["chat"] == 1
    assert objects(stack, job_id) == []
    assert items(stack, job_id) == []
    problem(api.get(f"/api/v1/chat/{job_id}/history/"), 404, "job_not_found")
    problem(api.post(f"/api/v1/chat/{job_id}/", json={"message": "What?"}), 404, "job_not_found")


def test_a_job_that_runs_cannot_be_asked_yet(api: httpx.Client) -> None:
    job = post(api, "a.pdf", scanned_pdf(20)).raise_for_status().json()["uuid"]

    problem(api.post(f"/api/v1/chat/{job}/", json={"message": "What?"}), 409, "job_not_finished")
    api.post(f"/api/v1/ocr/{job}/cancel/").raise_for_status()
    problem(api.post(f"/api/v1/chat/{job}/", json={"message": "What?"}), 409, "job_failed")


@pytest.mark.parametrize(
    "body",
    [b"", b"What?", b"[]", b'"What?"', b"{}", b'{"message": 5}', b'{"message": "  "}', b'{"message": null}', b"\xff",
     b'{"message": "What?", "conversation": 5}', b'{"message": "What?", "conversation": false}', b'{"message": "\\ud800"}',
     json.dumps({"message": "x" * 4001}).encode(), b'{"message": "' + b"x" * 70_000],
    ids=lambda body: repr(body[:24]),
)  # fmt: skip
def test_what_is_no_question_is_refused_with_what_to_send(
    api: httpx.Client, report: dict[str, Any], body: bytes
) -> None:
    answer = api.post(f"/api/v1/chat/{report['uuid']}/", content=body, headers={"Content-Type": "application/json"})

    problem(answer, 400, "invalid_field")


@pytest.mark.parametrize("conversation", ["0" * 32, "../../etc", "x"])
def test_an_unknown_conversation_is_refused(api: httpx.Client, report: dict[str, Any], conversation: str) -> None:
    answer = api.post(f"/api/v1/chat/{report['uuid']}/", json={"message": "What?", "conversation": conversation})

    problem(answer, 404, "conversation_not_found")


def test_sentences_come_as_events_with_their_citations(api: httpx.Client) -> None:
    job = post(api, "a.pdf", digital_pdf(2)).raise_for_status().json()["uuid"]

    answer = api.post(
        f"/api/v1/chat/{job}/",
        json={"message": "What does the fox jump over?"},
        headers={"Accept": "text/event-stream"},
    )

    assert answer.headers["content-type"] == "text/event-stream"
    assert answer.headers["x-stream-buffered"] == "true"
    events = [event.split("\n", 1) for event in answer.text.strip().split("\n\n")]
    names = [name.removeprefix("event: ") for name, _ in events]
    data = [json.loads(line.removeprefix("data: ")) for _, line in events]
    assert names == ["sentence"] * (len(names) - 1) + ["done"]
    assert len(names) > 1
    assert "\n".join(one["text"] for one in data[:-1]) == data[-1]["message"]["content"]
    assert data[0]["citations"] == data[-1]["message"]["citations"][: len(data[0]["citations"])]


def test_a_question_that_is_sent_twice_is_answered_once(open_account: OpenAccount) -> None:
    client = open_account()
    job = post(client, "a.pdf", digital_pdf(1)).raise_for_status().json()["uuid"]

    answers = [
        client.post(
            f"/api/v1/chat/{job}/",
            json={"message": "What does the fox jump over?"},
            headers={"Idempotency-Key": "one", "Origin": "https://app.example"},
        ).raise_for_status()
        for _ in range(2)
    ]

    assert answers[0].json() == answers[1].json()
    assert [answer.headers.get("idempotency-replayed") for answer in answers] == [None, "true"]
    assert client.get("/api/v1/account/").json()["questions"]["used"] == 1
    exposed = answers[1].headers["access-control-expose-headers"].replace(" ", "").split(",")
    assert {"Idempotency-Replayed", "X-Stream-Buffered", "RateLimit"} <= set(exposed)
    assert answers[1].headers["ratelimit"].startswith('"account";')


def test_a_question_too_short_for_itself_goes_on_where_the_one_before_it_was(
    api: httpx.Client, report: dict[str, Any]
) -> None:
    first = ask(api, report["uuid"], "How many mussels did the divers count on the grating?")

    alone = ask(api, report["uuid"], "And in November?")["message"]
    within = ask(api, report["uuid"], "And in November?", conversation=first["conversation"])["message"]

    assert "2,300" in within["content"]
    assert within != alone


def test_questions_are_counted_and_cost_no_credits(open_account: OpenAccount) -> None:
    client = open_account("free")
    job = post(client, "a.pdf", digital_pdf(1)).raise_for_status().json()["uuid"]
    before = client.get("/api/v1/account/").json()

    ask(client, job, "What does the fox jump over?")

    after = client.get("/api/v1/account/").json()
    assert (before["questions"]["used"], after["questions"]["used"], after["questions"]["cap"]) == (0, 1, 20)
    assert after["used"] == before["used"]
