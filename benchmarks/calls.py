"""What jobs ask of AWS: every call of their functions, counted while the real handlers and the real workflow run.

    python -m benchmarks.calls

In this process, on moto: the table and the indexes are those of the synthesised template, the state machine is the product's.
Counts do not depend on the machine. Writes benchmarks/results/calls.json, which `cost` and `scale` multiply with prices and
limits.

Three things are not as on AWS: a POST of a small job does not wait for its end (the model adds that); every page fetches its file
anew, as if no two pages of a document met in one worker; and the model of the vlm tier is a stand-in on this machine, which
answers what the cpu tier has read.
"""

from __future__ import annotations

import base64
import gzip
import io
import json
import os
import re
import tempfile
import threading
import time
import urllib.parse
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import boto3
import httpx
from botocore.awsrequest import AWSRequest, AWSResponse
from moto import mock_aws

from benchmarks import documents
from benchmarks.capacity import Index
from benchmarks.ledger import Ledger
from infra.config import default_plans
from ocrchat import asl, codec, plans, usecases
from ocrchat.cloud import Cloud, cloud
from ocrchat.scratch import Scratch
from ocrchat.settings import Settings, VlmBackend
from ocrchat.vlm import embedded
from ocrchat.vlm.dialects import DIALECTS

ROOT = Path(__file__).resolve().parent.parent
RESULTS = Path(__file__).parent / "results" / "calls.json"
WEIGHTS = ROOT / ".build" / "weights"
CPU_PAGES = (1, 100)
VLM_PAGES = 10
"""Of the jobs that are counted."""


class Context:
    """What the handlers use of a Lambda context."""

    function_name = "calls"
    memory_limit_in_mb = 1769
    invoked_function_arn = "arn:aws:lambda:us-east-1:123456789012:function:calls"
    aws_request_id = "52fdfc07-2182-154f-163f-5f0f9a621d72"

    def get_remaining_time_in_millis(self) -> int:
        return 900_000


class System:
    """The product on moto, driven job by job."""

    def __init__(self, model_url: str) -> None:
        template: dict[str, Any] = json.loads((ROOT / "local" / "template.json").read_text())
        table = next(r["Properties"] for r in template["Resources"].values() if r["Type"] == "AWS::DynamoDB::Table")
        self.ledger = Ledger(
            [
                Index(
                    tuple(part["AttributeName"] for part in index["KeySchema"]),
                    index["Projection"]["ProjectionType"] == "ALL",
                )
                for index in table["GlobalSecondaryIndexes"]
            ]
        )
        self.settings = _settings(table, model_url)
        for name, value in self.settings.to_env().items():
            os.environ[name] = value
        os.environ["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"] = "1769"
        os.environ["POWERTOOLS_SERVICE_NAME"] = os.environ["POWERTOOLS_METRICS_NAMESPACE"] = "calls"
        cloud.cache_clear()
        self.cloud = cloud()
        self.states = boto3.client("stepfunctions")
        self.sqs = boto3.client("sqs")
        plain = boto3.client("dynamodb")
        for client in _clients(self.cloud):
            self.ledger.watch(client, plain)
        usecases.open_account(self.cloud, "account", default_plans()["business"])
        now = datetime.now(UTC)
        self.cloud.books.grant("account", 1_000_000, "", now)
        self.token = self.cloud.accounts.issue_token("account", "calls", now)

    def job(self, content: bytes, tier: str = "cpu") -> dict[str, Any]:
        """The counts of one job, from its POST to the client's last GET."""
        self.ledger.counts.clear()
        posted = self._post(content, tier)
        pages = posted["page_count"]
        arn = f"{self.settings.state_machine.replace(':stateMachine:', ':execution:')}:{posted['uuid']}"
        while not self._has_messages():
            time.sleep(0.01)
        self._request("poll", "GET", f"/api/v1/ocr/{posted['uuid']}/")
        while self._status(arn) == "RUNNING":
            if not self._read_one():
                time.sleep(0.01)
        assert self._status(arn) == "SUCCEEDED"
        done = self._request("result", "GET", f"/api/v1/ocr/{posted['uuid']}/")
        assert done["status"] == "done", done
        self._request("download", "GET", f"/api/v1/ocr/{posted['uuid']}/download/", format="docx")
        counts = {name: dict(sorted(found.items())) for name, found in sorted(self.ledger.counts.items())}
        events = self.states.get_execution_history(executionArn=arn, maxResults=1000)["events"]
        return {
            "pages": pages,
            "tier": tier,
            "states": sum(event["type"].endswith("StateEntered") for event in events),
            "functions": counts,
        }

    def _has_messages(self) -> bool:
        """Whether the first pages have been sent; who sends them ends before anything else begins."""
        return any(
            self.sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["ApproximateNumberOfMessages"])["Attributes"]
            != {"ApproximateNumberOfMessages": "0"}
            for queue in self.cloud.queue._urls.values()
        )

    def _status(self, arn: str) -> str:
        return str(self.states.describe_execution(executionArn=arn)["status"])

    def idle(self) -> dict[str, Any]:
        """The counts of one run of the reconciler with nothing to do."""
        from functions.submit import reconcile

        self.ledger.counts.clear()
        with self.ledger.running("submit.reconcile"):
            reconcile.handler({}, Context())
        return {name: dict(sorted(found.items())) for name, found in self.ledger.counts.items()}

    def _post(self, content: bytes, tier: str) -> dict[str, Any]:
        from functions.submit import gate

        form = httpx.Request("POST", "http://calls/", files={"file": ("a.pdf", content)}, data={"tier": tier})
        headers = {name: form.headers[name] for name in ("content-type", "content-length")}
        with self.ledger.running("submit.gate"):
            decided = gate.handler(
                api_event(self.token, "POST", "/api/v1/ocr/", headers) | {"methodArn": "arn"}, Context()
            )
        assert decided["policyDocument"]["Statement"][0]["Effect"] == "Allow", decided
        return self._request("submit.api", "POST", "/api/v1/ocr/", headers, base64.b64encode(form.read()).decode())

    def _request(
        self, name: str, method: str, path: str, headers: dict[str, str] | None = None, body: str = "", **query: str
    ) -> dict[str, Any]:
        """Of a job its answer, of a download nothing."""
        from functions.export import api as export_api
        from functions.submit import api as submit_api

        handler: Any = export_api.handler if "download" in path else submit_api.handler
        event = api_event(self.token, method, path, headers or {}) | {
            "body": body or None,
            "isBase64Encoded": bool(body),
            "queryStringParameters": query or None,
            "multiValueQueryStringParameters": {key: [value] for key, value in query.items()} or None,
        }
        with self.ledger.running(name):
            answer = handler(event, Context())
        assert answer["statusCode"] in (200, 302, 303, 307), answer
        return {} if "download" in path else json.loads(answer["body"])

    def _read_one(self) -> bool:
        """What the event sources do with one message; False where there is none."""
        from functions.ocr_page import handler, vlm

        for queue in (*self.cloud.queue._urls.values(), self.settings.vlm_queue):
            for message in self.sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=1).get("Messages", []):
                is_vlm = queue == self.settings.vlm_queue
                event: Any = {"Records": [sqs_record(message, queue)]}
                name = "ocr_page.vlm" if is_vlm else "ocr_page.handler"
                with tempfile.TemporaryDirectory() as folder, self.ledger.running(name):
                    own, handler.scratch = handler.scratch, Scratch(Path(folder))
                    try:
                        answer = (vlm if is_vlm else handler).handler(event, Context())
                    finally:
                        handler.scratch = own
                assert answer == {"batchItemFailures": []}, self.ledger.last_log
                self.sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
                return True
        return False


def api_event(token: str, method: str, path: str, headers: dict[str, str]) -> dict[str, Any]:
    """What API Gateway sends, without a body."""
    headers = {"Authorization": f"Bearer {token}", **headers}
    return {
        "resource": "/{proxy+}",
        "path": path,
        "httpMethod": method,
        "headers": headers,
        "multiValueHeaders": {name: [value] for name, value in headers.items()},
        "queryStringParameters": None,
        "multiValueQueryStringParameters": None,
        "pathParameters": {"proxy": path.strip("/")},
        "stageVariables": None,
        "requestContext": {
            "path": f"/prod{path}",
            "stage": "prod",
            "httpMethod": method,
            "requestId": "calls",
            "domainName": "calls",
            "identity": {"sourceIp": "203.0.113.7"},
        },
        "body": None,
        "isBase64Encoded": False,
    }


def sqs_record(message: Any, queue: str) -> dict[str, Any]:
    return {
        "messageId": message["MessageId"],
        "receiptHandle": message["ReceiptHandle"],
        "body": message["Body"],
        "attributes": {"ApproximateReceiveCount": message.get("Attributes", {}).get("ApproximateReceiveCount", "1")},
        "messageAttributes": {},
        "eventSource": "aws:sqs",
        "eventSourceARN": f"arn:aws:sqs:us-east-1:123456789012:{queue.rsplit('/', 1)[-1]}",
        "awsRegion": "us-east-1",
    }


def _clients(connected: Cloud) -> tuple[Any, ...]:
    return connected.jobs._client, connected.blobs._client, connected.queue._client, connected.workflow._client


def _settings(table: dict[str, Any], model_url: str) -> Settings:
    boto3.client("s3").create_bucket(Bucket="documents")
    wanted = ("BillingMode", "KeySchema", "AttributeDefinitions", "GlobalSecondaryIndexes")
    boto3.client("dynamodb").create_table(TableName="jobs", **{name: table[name] for name in wanted})
    names = {
        "Table": "jobs",
        "SplitFunction": "split",
        "PrepareFunction": "prepare",
        "TranslateFunction": "translate",
        "AssembleFunction": "assemble",
    }
    machine = boto3.client("stepfunctions").create_state_machine(
        name="job",
        definition=re.sub(r"\$\{(\w+)}", lambda found: names[found[1]], asl.definition()),
        roleArn="arn:aws:iam::123456789012:role/machine",
    )
    queues = {
        name: boto3.client("sqs").create_queue(QueueName=name, Attributes={"VisibilityTimeout": "720"})["QueueUrl"]
        for name in ("interactive_queue", "priority_queue", "bulk_queue", "vlm_queue", "event_queue")
    }
    return Settings(
        table="jobs",
        bucket="documents",
        state_machine=machine["stateMachineArn"],
        weights=str(WEIGHTS),
        plans=plans.write(default_plans()),
        vlm_backend=VlmBackend.OPENAI,
        vlm_url=model_url,
        vlm_model="model",
        **queues,
    )


@contextmanager
def system() -> Iterator[System]:
    """The product on moto, its state machine's tasks run in this process."""
    environment = dict(os.environ)
    os.environ |= {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_DEFAULT_REGION": "us-east-1"}
    try:
        with mock_aws(config={"stepfunctions": {"execute_state_machine": True}}), _model() as url:
            boto3.setup_default_session(region_name="us-east-1")
            assert boto3.DEFAULT_SESSION is not None
            found = System(url)
            boto3.DEFAULT_SESSION.events.register("before-send.lambda.Invoke", _dispatch(found.ledger))
            yield found
    finally:
        from functions.ocr_page import handler

        handler.pages().stop()
        handler.pages.cache_clear()
        os.environ.clear()
        os.environ |= environment
        boto3.DEFAULT_SESSION = None
        cloud.cache_clear()


@contextmanager
def _model() -> Iterator[str]:
    """A server that answers OpenAI's chat completions with what was read of the first page that waits; its address."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            s3 = boto3.client("s3")
            waiting = [entry["Key"] for entry in s3.list_objects_v2(Bucket="documents")["Contents"]]
            key = next(key for key in waiting if "/vlm/" in key and key.endswith(".json"))
            content = s3.get_object(Bucket="documents", Key=key)["Body"].read()
            page = codec.page_from_json(json.loads(gzip.decompress(content) if content[:2] == b"\x1f\x8b" else content))
            said = DIALECTS["lighton-grounding"].render(embedded.regions(page), (page.width, page.height))
            self.send_response(200)
            self.end_headers()
            for choice in ({"delta": {"content": said}, "finish_reason": None}, {"delta": {}, "finish_reason": "stop"}):
                self.wfile.write(f"data: {json.dumps({'choices': [choice]})}\n\n".encode())
            self.wfile.write(b"data: [DONE]\n\n")

        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/v1"
        finally:
            server.shutdown()


def _dispatch(ledger: Ledger) -> Callable[..., AWSResponse]:
    def dispatch(request: AWSRequest, **_: Any) -> AWSResponse:
        from functions.export import assemble, prepare
        from functions.submit import split

        handlers: dict[str, tuple[str, Any]] = {
            "split": ("submit.split", split.handler),
            "prepare": ("export.prepare", prepare.handler),
            "assemble": ("export.assemble", assemble.handler),
        }
        name, handler = handlers[urllib.parse.unquote(request.url.split("/functions/")[1].split("/")[0]).split(":")[-1]]
        with ledger.running(name):
            answer = handler(json.loads(request.body), Context())
        return AWSResponse(request.url, 200, {"content-type": "application/json"}, _Raw(json.dumps(answer).encode()))

    return dispatch


class _Raw(io.BytesIO):
    """The body of an AWSResponse: a stream that can also be iterated in parts."""

    def stream(self) -> Iterator[bytes]:
        yield self.read()


def main() -> None:
    with system() as running:
        idle = running.idle()
        jobs = [running.job(documents.digital(pages)) for pages in CPU_PAGES] + [
            running.job(documents.digital(VLM_PAGES), "vlm")
        ]
    RESULTS.write_text(json.dumps({"jobs": jobs, "idle": idle}, indent=1) + "\n")
    for job in jobs:
        print(job["pages"], job["tier"], json.dumps(job["functions"]))


if __name__ == "__main__":
    main()
