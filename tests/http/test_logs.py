"""What is written down while documents pass: ids, numbers and codes. Nothing of a document, of its name, of who may read it.

Every place that a caller can fill has a word of its own, every function runs, well and badly, and then all that the functions,
the API and the workflow have written is searched for these words.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import httpx
import pymupdf
import pytest
from botocore.config import Config

from ocrchat import codec, keys
from tests import model_server, translation_servers
from tests.documents import scanned_pdf
from tests.http.conftest import ROOT, TOKEN, Server, client_of, poll, post, started
from tests.http.test_webhooks import Receiver, receiver
from tests.model_server import ModelServer

__all__ = ["receiver"]

KEY_OF_A_MODEL = "zqkeyofamodel"
KEY_OF_A_TRANSLATOR = "zqkeyofatranslator"

WORDS = {
    "text of a page": "zqtextofapage",
    "text of a scan": "zqtextofascan",
    "file name": "zqfilename",
    "file name of an upload": "zquploadname",
    "file name of a drop": "zqdropname",
    "file name of what is refused": "zqrefusedname",
    "folder of a drop": "zqdropfolder",
    "an account that there is not": "zqnoaccount",
    "token": TOKEN,
    "token that is none": "zqtokenthatisnone",
    "question": "zqquestion",
    "answer of a model": "zqanswerofamodel",
    "error of a model": "zqerrorofamodel",
    "translation": "zqtranslation",
    "error of a translator": "zqerroroftranslator",
    "value of a field": "zqvalueofafield",
    "name of a field": "zqnameofafield",
    "address of a file": "zqaddressofafile",
    "address of a callback": "zqaddressofacallback",
    "query": "zqquery",
    "path": "zqpath",
    "idempotency key": "zqidempotencykey",
    "syntax of a PDF": "zqsyntaxofapdf",
    "a result that is damaged": "zqdamagedresult",
    "key of a model": KEY_OF_A_MODEL,
    "key of a translator": KEY_OF_A_TRANSLATOR,
}


@dataclass
class Running:
    server: Server
    api: httpx.Client
    model: ModelServer
    translator: translation_servers.Server

    def client(self, service: Any) -> Any:
        config = Config(signature_version="s3v4", proxies={})
        session = boto3.Session(aws_access_key_id="test", aws_secret_access_key="test", region_name="us-east-1")
        served = json.loads((ROOT / ".build" / f"serve-{self.server.port}.json").read_text())
        return session.client(service, endpoint_url=served["endpoint"], config=config)

    def written(self) -> dict[str, list[str]]:
        """Log group -> its lines."""
        logs = self.client("logs")
        groups = [it["logGroupName"] for it in logs.describe_log_groups()["logGroups"]]
        pages = logs.get_paginator("filter_log_events")
        return {
            group: [event["message"] for page in pages.paginate(logGroupName=group) for event in page["events"]]
            for group in groups
        }


@pytest.fixture(scope="module")
def running(weights: Path) -> Iterator[Running]:
    with (
        model_server.serving(model_server.Says(WORDS["answer of a model"])) as model,
        translation_servers.libretranslate(lambda _: WORDS["translation"], languages=["en", "es"]) as translator,
        started(
            OCRCHAT_ALLOW_PRIVATE_ADDRESSES="1",
            OCRCHAT_CHAT_PROVIDER="openai",
            OCRCHAT_CHAT_URL=f"{model.url}/v1",
            OCRCHAT_CHAT_MODEL="some-model",
            OCRCHAT_CHAT_API_KEY=KEY_OF_A_MODEL,
            OCRCHAT_VLM_BACKEND="openai",
            OCRCHAT_VLM_URL=f"{model.url}/v1",
            OCRCHAT_VLM_MODEL="lighton/LightOnOCR-3",
            OCRCHAT_VLM_API_KEY=KEY_OF_A_MODEL,
            OCRCHAT_VLM_MAX_WAIT="3",
            OCRCHAT_TRANSLATE_PROVIDER="libretranslate",
            OCRCHAT_TRANSLATE_URL=translator.url,
            OCRCHAT_TRANSLATE_API_KEY=KEY_OF_A_TRANSLATOR,
        ) as server,
        client_of(server) as api,
    ):
        yield Running(server, api, model, translator)


def pdf_saying(word: str, scanned: bool = False, syntax: bytes = b"") -> bytes:
    with pymupdf.open() as document:
        page = document.new_page()
        page.insert_text((72, 72), f"The water of the lake is clear, and {word} too", fontsize=14)
        if syntax:
            (xref,) = page.get_contents()
            document.update_stream(xref, document.xref_stream(xref) + syntax)
        if scanned:
            image = page.get_pixmap(dpi=150, colorspace=pymupdf.csGRAY).tobytes("png")
            page = document.new_page(0)
            page.insert_image(page.rect, stream=image)
            document.delete_page(1)
        return bytes(document.tobytes(deflate=scanned))


def done(api: httpx.Client, answer: httpx.Response) -> dict[str, Any]:
    (*_, job) = poll(api, answer.raise_for_status().json())
    return dict(job)


def submits_in_every_way(it: Running, receiver: Receiver) -> None:
    digital, name = pdf_saying(WORDS["text of a page"]), f"{WORDS['file name']}.pdf"
    receiver.statuses[:] = [500]
    plain = it.api.post(
        f"/api/v1/ocr/?words=true&{WORDS['query']}=1",
        files={"file": (name, digital)},
        data={"callback_url": f"{receiver.url}/{WORDS['address of a callback']}"},
        headers={"Idempotency-Key": WORDS["idempotency key"]},
    )
    assert WORDS["text of a page"] in done(it.api, plain)["text"]
    httpx.post(
        f"{it.server.url}/api/v1/ocr/?api_token={TOKEN}",
        files={"file": (name, digital)},
        data={"callback_url": f"http://127.0.0.1:9/{WORDS['address of a callback']}"},
        timeout=60,
    ).raise_for_status()
    scan = done(it.api, post(it.api, name, pdf_saying(WORDS["text of a scan"], scanned=True)))
    assert "water" in scan["text"]
    broken = pdf_saying("x", syntax=f"\nq 1 0 0 {WORDS['syntax of a PDF']} cm /{WORDS['syntax of a PDF']} Do".encode())
    done(it.api, post(it.api, name, broken))
    it.api.post("/api/v1/ocr/", data={"file_url": f"{receiver.url}/{WORDS['address of a file']}/file.pdf"})
    it.api.post("/api/v1/ocr/", data={"file_url": f"{receiver.url}/{WORDS['address of a file']}"})
    prepared = it.api.post(
        "/api/v1/uploads/", json={"filename": f"{WORDS['file name of an upload']}.pdf", "size": len(digital)}
    ).json()
    httpx.post(prepared["url"], data=prepared["fields"], files={"file": digital}, trust_env=False).raise_for_status()
    done(it.api, it.api.post("/api/v1/ocr/", data={"upload": prepared["upload"]}))


def is_refused_in_every_way(it: Running) -> None:
    name, content = f"{WORDS['file name of what is refused']}.pdf", pdf_saying(WORDS["text of a page"])
    for field in ("tier", "language", "pages", "tool", "translate_to", "callback_url", WORDS["name of a field"]):
        assert post(it.api, name, content, **{field: WORDS["value of a field"]}).status_code == 400
    assert post(it.api, name, content[:700]).status_code == 400
    assert post(it.api, name, WORDS["text of a page"].encode()).status_code == 400
    assert post(it.api, name, content + bytes(5_000_000)).status_code == 400
    wrong = {"Authorization": f"Bearer {WORDS['token that is none']}"}
    assert it.api.get("/api/v1/account/", headers=wrong).status_code == 401
    assert it.api.get(f"/api/v1/ocr/{WORDS['path']}/").status_code == 404
    assert it.api.get(f"/{WORDS['path']}/?{WORDS['query']}").status_code == 404
    assert it.api.get("/api/v1/ocr/", params={"cursor": WORDS["query"], "status": WORDS["query"]}).status_code == 400


def asks_a_model(it: Running) -> None:
    content = pdf_saying(WORDS["text of a scan"], scanned=True)
    job = done(it.api, post(it.api, f"{WORDS['file name']}.pdf", content, tier="vlm"))
    question = {"message": f"Is {WORDS['question']} clear?"}
    for outcome in (
        model_server.Says(WORDS["answer of a model"]),
        model_server.Fails(status=400, message=WORDS["error of a model"]),
        model_server.Fails(status=503, message=WORDS["error of a model"]),
        model_server.BreaksOff(WORDS["answer of a model"]),
    ):
        it.model.outcomes[:] = [outcome]
        assert it.api.post(f"/api/v1/chat/{job['uuid']}/", json=question).status_code in (200, 503)
        post(
            it.api, f"{WORDS['file name']}.pdf", content, tier="vlm"
        ).raise_for_status()  # may wait for the model for long
    it.api.get(f"/api/v1/chat/{job['uuid']}/history/").raise_for_status()


def translates(it: Running) -> None:
    content, name = pdf_saying(WORDS["text of a page"]), f"{WORDS['file name']}.pdf"
    asked = {"translate_to": "es", "tool": "translate", "language": "en"}
    done(it.api, post(it.api, name, content, **asked))
    it.translator.says(translation_servers.Fails(400, WORDS["error of a translator"]))
    done(it.api, post(it.api, name, content, **asked))


def drops(it: Running) -> None:
    s3, bucket = it.client("s3"), it.server.stack().settings.drop_bucket
    name = f"{WORDS['folder of a drop']}/{WORDS['file name of a drop']}.pdf"
    content = pdf_saying(WORDS["text of a page"])
    s3.put_object(Bucket=bucket, Key=f"drop/demo/1/{name}", Body=content, Metadata={"formats": "docx,pdf"})
    s3.put_object(Bucket=bucket, Key=f"drop/demo/2/{name}", Body=content, Metadata={"tier": WORDS["value of a field"]})
    s3.put_object(Bucket=bucket, Key=f"drop/{WORDS['an account that there is not']}/{name}", Body=content)
    s3.put_object(Bucket=bucket, Key=f"drop/demo/3/{name}", Body=content[:700])
    expected = {f"results/demo/1/{name}.pdf", *(f"results/demo/{number}/{name}.error.json" for number in (2, 3))}
    give_up = time.monotonic() + 60
    while expected - {
        found["Key"] for found in s3.list_objects_v2(Bucket=bucket, Prefix="results/").get("Contents", [])
    }:
        assert time.monotonic() < give_up
        time.sleep(0.3)


def breaks(it: Running) -> None:
    """Our own code, with what is kept of a job in its hands."""
    cloud = it.server.stack().cloud
    job_id = done(it.api, post(it.api, f"{WORDS['file name']}.pdf", pdf_saying(WORDS["text of a page"])))["uuid"]
    job = cloud.jobs.get(job_id)
    assert job is not None
    word = WORDS["a result that is damaged"]
    for damaged in (word.encode(), codec.dumps({"pages": word}), codec.dumps({"pages": [{word: word}], "text": word})):
        cloud.blobs.put(keys.result(job), damaged, "application/json")
        for path in ("", "?words=true", "download/?format=docx", "download/?format=json", "download/?format=csv"):
            it.api.get(f"/api/v1/ocr/{job_id}/{path}")
    it.api.delete(f"/api/v1/ocr/{job_id}/").raise_for_status()
    page_is_damaged(it, word)


def page_is_damaged(it: Running, word: str) -> None:
    """Of a job that is put together when one of its pages has been read, and is no page any more."""
    cloud = it.server.stack().cloud
    job_id = post(it.api, f"{WORDS['file name']}.pdf", scanned_pdf(12)).raise_for_status().json()["uuid"]
    job = cloud.jobs.get(job_id)
    assert job is not None
    give_up = time.monotonic() + 60
    while not cloud.blobs.keys(keys.page_result(job, 0)):
        assert time.monotonic() < give_up
        time.sleep(0.05)
    cloud.blobs.put(keys.page_result(job, 0), codec.dumps({"index": word, word: [word]}), "application/json")
    # Assembly is tried for minutes before it is given up, since a service may be down.
    (*_, ended) = poll(it.api, it.api.get(f"/api/v1/ocr/{job_id}/").json(), seconds=300)
    assert ended["error"]["code"] == "internal"


@pytest.mark.timeout(700)
def test_nothing_that_a_caller_sends_is_written_down(running: Running, receiver: Receiver) -> None:
    acts: list[Callable[[], None]] = [
        lambda: submits_in_every_way(running, receiver),
        lambda: is_refused_in_every_way(running),
        lambda: asks_a_model(running),
        lambda: translates(running),
        lambda: drops(running),
        lambda: breaks(running),
    ]
    for act in acts:
        act()
    receiver.wait_for(2)

    written = running.written()

    functions = {group for group, lines in written.items() if lines}
    for name in ("ApiSubmit", "ApiExport", "ApiGate", "ChatAnswer", "DroppingTake", "DroppingPublish", "PagesRead"):
        assert any(name in group for group in functions), f"{name} has run, and has written nothing"
    for name in ("VlmAsk", "WebhooksTell", "WorkflowAssemble", "WorkflowSplit", "WorkflowTranslate"):
        assert any(name in group for group in functions), f"{name} has run, and has written nothing"
    assert any('"level":"ERROR"' in line for lines in written.values() for line in lines), "not even what broke"
    found = [
        (what, group, line[:2000])
        for what, word in WORDS.items()
        for group, lines in written.items()
        for line in lines
        if word.lower() in line.lower()
    ]
    assert not found


@pytest.mark.timeout(200)
def test_what_the_workflow_keeps_of_a_job_is_its_id(running: Running) -> None:
    translates(running)

    workflow = running.client("stepfunctions")
    machine = running.server.stack().settings.state_machine
    executions = workflow.list_executions(stateMachineArn=machine)["executions"]
    histories = [
        json.dumps(workflow.get_execution_history(executionArn=it["executionArn"])["events"], default=str)
        for it in executions
    ]

    assert len(histories) >= 2
    for what, word in WORDS.items():
        assert not [history for history in histories if word in history], what
