"""Questions about a document: what is counted, what is kept, and what of both is taken back."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from functions.chat import api as chat_api
from ocrchat import codec, keys, rest, usecases
from ocrchat.chat.codec import exchange_from_json
from ocrchat.cloud import Cloud
from ocrchat.errors import JobNotFound
from ocrchat.export import markdown
from ocrchat.model import Block, Box, Document, Ending, Job, JobStatus, Line, PageResult
from ocrchat.settings import ChatProvider, Settings
from ocrchat.usecases.ending import erase
from tests.aws.test_handlers import Context, event
from tests.model_server import Fails, ModelServer, Says, serving
from tests.plans import PLANS

TOTAL = 'The total is $42. <q page="1">Total: $42</q>'


@pytest.fixture
def runs_executions() -> bool:
    return False


@pytest.fixture
def server() -> Iterator[ModelServer]:
    with serving(Says(TOTAL)) as running:
        yield running


@pytest.fixture(autouse=True)
def environment(deployed: Callable[[Settings], None], settings: Settings, server: ModelServer) -> Iterator[None]:
    deployed(
        replace(
            settings,
            chat_provider=ChatProvider.OPENAI,
            chat_url=f"{server.url}/v1",
            chat_model="small-model",
            chat_context=8000,
        )
    )
    chat_api._model.cache_clear()
    yield
    chat_api._model.cache_clear()


def document(pages: int) -> Document:
    block = Block((Line("Total: $42", Box(10, 20, 200, 40), 0.95),))
    return Document(tuple(PageResult(index, 300, 400, 96.0, "test", (block,)) for index in range(pages)))


@pytest.fixture
def job(cloud: Cloud, job: Job) -> Job:
    """The one of two pages, done."""
    return done(cloud, job)


def done(cloud: Cloud, job: Job) -> Job:
    read = document(job.page_count)
    cloud.blobs.put_json(keys.result(job), codec.document_to_json(read, markdown.document(read), None))
    cloud.books.end(job, Ending(JobStatus.DONE, datetime.now(UTC)), 2, datetime.now(UTC))
    ended = cloud.jobs.get(job.id)
    assert ended is not None
    return ended


@pytest.fixture
def call(cloud: Cloud, job: Job) -> Callable[..., dict[str, Any]]:
    """A request of the job's account: method, what follows the job's uuid, body, headers."""
    token = cloud.accounts.issue_token(job.account_id, "test", datetime.now(UTC))

    def call(method: str, below: str = "", body: Any = None, /, **headers: str) -> dict[str, Any]:
        request = event("api_gateway_rest.json")
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        request["headers"] = {"Authorization": f"Bearer {token}", **named}
        request["multiValueHeaders"] = {}
        path, _, query = below.partition("?")
        parameters = dict(pair.split("=", 1) for pair in query.split("&") if pair)
        request |= {
            "path": f"/api/v1/chat/{job.id}/{path}",
            "httpMethod": method,
            "queryStringParameters": parameters,
            "multiValueQueryStringParameters": {name: [value] for name, value in parameters.items()},
            "body": json.dumps(body),
            "isBase64Encoded": False,
        }
        return rest.Api(lambda: cloud, chat_api.routes).handle(request, Context())  # type: ignore[arg-type]  # what is used of one

    return call


Call = Callable[..., dict[str, Any]]


def asked(cloud: Cloud, job: Job) -> int:
    return cloud.accounts.questions(job.account_id, datetime.now(UTC))


def kept(cloud: Cloud, job: Job) -> list[str]:
    return cloud.blobs.keys(keys.chat(job))


def test_an_answer_is_counted_and_kept(cloud: Cloud, job: Job, call: Call) -> None:
    answer = call("POST", "", {"message": "What is the total?"})

    assert answer["statusCode"] == 200
    reply = json.loads(answer["body"])
    assert reply["message"]["content"] == "The total is $42 (p. 1)."
    assert asked(cloud, job) == 1
    (key,) = kept(cloud, job)
    exchange = exchange_from_json(cloud.blobs.get_json(key))
    assert key.startswith(keys.chat(job, reply["conversation"]))
    assert (exchange.question, exchange.answer.content) == ("What is the total?", reply["message"]["content"])


@pytest.mark.parametrize("accept", ["application/json", "text/event-stream"])
def test_what_the_model_could_not_answer_is_not_counted(
    cloud: Cloud, job: Job, call: Call, server: ModelServer, accept: str
) -> None:
    server.outcomes[:] = [Fails()]

    answer = call("POST", "", {"message": "What is the total?"}, Accept=accept)

    if accept == "application/json":
        problem = json.loads(answer["body"])
        assert answer["statusCode"] == 503
    else:
        name, data = answer["body"].strip().split("\n")
        problem = json.loads(data.removeprefix("data: "))
        assert (answer["statusCode"], name) == (200, "event: error")
    assert (problem["status"], problem["code"]) == (503, "unavailable")
    assert asked(cloud, job) == 0
    assert kept(cloud, job) == []


def test_a_model_that_cannot_be_had_counts_no_question(
    cloud: Cloud, job: Job, call: Call, deployed: Callable[[Settings], None], settings: Settings
) -> None:
    deployed(replace(settings, chat_provider=ChatProvider.OPENAI, chat_url="http://127.0.0.1:9/v1", chat_model="m",
                     chat_secret="no/such/secret"))  # fmt: skip

    assert call("POST", "", {"message": "What is the total?"})["statusCode"] >= 500
    assert asked(cloud, job) == 0


def test_a_question_that_comes_again_with_its_key_is_answered_as_before_and_counted_once(
    cloud: Cloud, job: Job, call: Call, server: ModelServer
) -> None:
    body = {"message": "What is the total?"}
    server.outcomes[:] = [Fails(), Says(TOTAL)]
    failed, first, again = (call("POST", "", body, Idempotency_Key="k") for _ in range(3))
    events = call("POST", "", body, Idempotency_Key="k", Accept="text/event-stream")

    assert [answer["statusCode"] for answer in (failed, first, again)] == [503, 200, 200]
    assert again["body"] == first["body"]
    assert "Idempotency-Replayed" not in first["multiValueHeaders"]
    assert again["multiValueHeaders"]["Idempotency-Replayed"] == ["true"]
    assert events["body"] == f"event: done\ndata: {first['body']}\n\n"
    assert (asked(cloud, job), len(kept(cloud, job)), len(server.requests)) == (1, 1, 2)


def test_a_key_is_for_one_question(cloud: Cloud, job: Job, call: Call) -> None:
    call("POST", "", {"message": "What is the total?"}, Idempotency_Key="k")

    for body in ({"message": "Who wrote it?"}, {"message": "What is the total?", "conversation": "0" * 32}):
        answer = call("POST", "", body, Idempotency_Key="k")
        assert (answer["statusCode"], json.loads(answer["body"])["code"]) == (422, "idempotency_key_reused")
    assert call("POST", "", {"message": "Who?"}, Idempotency_Key="k" * 256)["statusCode"] == 400
    assert asked(cloud, job) == 1


def test_no_question_is_answered_beyond_the_plans_cap(cloud: Cloud, job: Job, call: Call, server: ModelServer) -> None:
    cap = PLANS["business"].questions_a_day
    cloud.accounts._client.update_item(
        TableName=cloud.accounts._table,
        Key={"pk": {"S": f"ACCOUNT#{job.account_id}#RATE"}, "sk": {"S": f"QUESTIONS#{datetime.now(UTC):%Y-%m-%d}"}},
        UpdateExpression="SET questions = :almost",
        ExpressionAttributeValues={":almost": {"N": str(cap - 1)}},
    )

    answers = [call("POST", "", {"message": "What is the total?"}) for _ in range(2)]

    assert [answer["statusCode"] for answer in answers] == [200, 402]
    problem = json.loads(answers[1]["body"])
    assert (problem["code"], problem["used"], problem["cap"]) == ("question_limit_reached", cap, cap)
    assert len(server.requests) == 1
    assert asked(cloud, job) == cap


def test_of_a_job_that_is_erased_while_it_is_asked_nothing_is_kept(
    cloud: Cloud, job: Job, call: Call, server: ModelServer
) -> None:
    def erasing(_: dict[str, Any]) -> Says:
        erase(cloud, job, datetime.now(UTC))
        return Says(TOTAL)

    server.answer = erasing

    answer = call("POST", "", {"message": "What is the total?"})

    assert (answer["statusCode"], json.loads(answer["body"])["code"]) == (404, "job_not_found")
    assert cloud.blobs.keys(keys.job_prefix(job)) == []
    assert asked(cloud, job) == 0


def test_the_last_exchanges_go_to_the_model_oldest_first(
    cloud: Cloud, job: Job, call: Call, server: ModelServer
) -> None:
    conversation = ""
    for number in range(8):
        body = {"message": f"Question number {number}?", "conversation": conversation}
        conversation = json.loads(call("POST", "", body)["body"])["conversation"]

    shown = server.requests[-1]["messages"][1]["content"]

    places = [shown.find(f"Question number {number}?") for number in range(8)]
    assert places[0] == -1
    assert places[1:] == sorted(places[1:])
    assert -1 not in places[1:]


def test_a_history_of_any_size_comes_in_parts_that_lambda_can_carry(cloud: Cloud, job: Job, call: Call) -> None:
    call("POST", "", {"message": "What is the total?"})
    (key,) = kept(cloud, job)
    exchange = cloud.blobs.get_json(key)
    exchange["message"]["content"] = "x" * (rest.PLAIN_BYTES // 4)
    for number in range(10):
        at = datetime.now(UTC) + timedelta(seconds=number)
        cloud.blobs.put_json(keys.exchange(job, "1" * 32, f"{codec.time_to_json(at)}-{number}"), exchange)

    parts, cursor = [], ""
    while cursor is not None:
        answer = call("GET", f"history/?cursor={cursor}")
        assert len(answer["body"]) < rest.PLAIN_BYTES * 4 / 3
        part = json.loads(answer["body"])
        parts.append(part["exchanges"])
        cursor = part["next_cursor"]

    assert sum(map(len, parts)) == 11
    assert 3 <= len(parts) <= 5


def test_a_history_whose_job_is_erased_meanwhile_is_not_found(
    cloud: Cloud, job: Job, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    call("POST", "", {"message": "What is the total?"})
    (key,) = kept(cloud, job)
    listed = cloud.blobs.keys

    def then_erased(prefix: str) -> list[str]:
        found = listed(prefix)
        cloud.blobs.delete(key)
        return found

    monkeypatch.setattr(type(cloud.blobs), "keys", lambda _, prefix: then_erased(prefix))

    answer = call("GET", "history/")

    assert (answer["statusCode"], json.loads(answer["body"])["code"]) == (404, "job_not_found")


def test_letters_that_are_none_do_not_reach_anybody(cloud: Cloud, job: Job, call: Call) -> None:
    answer = call("POST", "", {"message": "What is\ud800 the\u202e total?\U000e0041"})

    assert answer["statusCode"] == 200
    (key,) = kept(cloud, job)
    assert cloud.blobs.get_json(key)["question"] == "What is the total?"
    assert call("POST", "", {"message": "\u200b\ud800"})["statusCode"] == 400


def test_documents_are_fetched_once_and_the_oldest_go_first(cloud: Cloud, job: Job) -> None:
    other = done(cloud, cloud.books.open(replace(job, id="2" * 32, status=JobStatus.PENDING, charged=None), None))
    large = done(
        cloud, cloud.books.open(replace(job, id="3" * 32, status=JobStatus.PENDING, charged=None, source_pages=9), None)
    )
    library = usecases.Library(4)
    first, second = library.document(cloud, job), library.document(cloud, other)
    for one in (job, other):
        cloud.blobs.delete(keys.result(one))

    assert library.document(cloud, other) is second
    assert library.document(cloud, job) is first
    assert len(library.document(cloud, large).pages) == 9
    for one in (job, other):
        with pytest.raises(JobNotFound):
            library.document(cloud, one)


@pytest.mark.parametrize("cursor", ["zzz", "2026-03-14", "%00", "MjAyNi0wMy0xNA"])
def test_a_cursor_that_is_none_of_ours_is_refused(call: Call, cursor: str) -> None:
    answer = call("GET", f"history/?cursor={cursor}")

    assert (answer["statusCode"], json.loads(answer["body"])["code"]) == (400, "invalid_field")
