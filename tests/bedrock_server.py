"""A loopback Amazon Bedrock, for tests: ConverseStream over its real wire format, so that boto3 is the real one.

Every request is checked against botocore's model of the service. It reads nothing: a test says what it writes about the parts
of the document that it was sent, truth or lies.

Format: https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ConverseStream.html
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import unquote

import boto3
import botocore.session
from botocore.config import Config
from botocore.validate import ParamValidator

from ocrchat.aws.bedrock import BedrockModel
from tests.loopback import listening
from tests.model_server import event_stream_message

MODEL = "eu.anthropic.claude-haiku-test-v1:0"


@dataclass(frozen=True)
class Cites:
    """`text`, citing the parts from `start` to before `end`, with what is quoted of each; None: the parts as they are."""

    text: str
    start: int = 0
    end: int = 1
    quoted: tuple[str, ...] | None = None
    early: bool = False
    """Whether the citation comes before the text."""


@dataclass(frozen=True)
class Writes:
    """Content blocks: plain text, or text with a citation. `cut`: after so many events the stream reports an error, or, with
    an empty `code`, just ends; with `until` it falls silent until then."""

    blocks: Sequence[str | Cites]
    stop: str = "end_turn"
    cut: int | None = None
    code: str = ""
    until: threading.Event | None = None


@dataclass(frozen=True)
class Fails:
    code: str
    status: int


@dataclass(frozen=True)
class Hangs:
    seconds: float


Outcome = Writes | Fails | Hangs


@dataclass
class Bedrock:
    """`outcomes` are used up, the last one for all that follow. `documents` are the parts that came, `asked` the questions."""

    outcomes: list[Outcome | Callable[[list[str]], Outcome]]
    port: int = 0
    documents: list[list[str]] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    bodies: list[dict[str, Any]] = field(default_factory=list)

    def model(self, context: int = 100_000, read_timeout: float = 2.0) -> BedrockModel:
        client = boto3.client(
            "bedrock-runtime",
            region_name="eu-west-1",
            endpoint_url=f"http://127.0.0.1:{self.port}",
            aws_access_key_id="test",
            aws_secret_access_key="test",
            config=Config(retries={"total_max_attempts": 1}, read_timeout=read_timeout),
        )
        return BedrockModel(client, MODEL, context)

    def next(self, body: dict[str, Any]) -> Outcome:
        content = body["messages"][-1]["content"]
        self.bodies.append(body)
        self.documents.append([part["text"] for part in content[0]["document"]["source"]["content"]])
        self.asked.append(content[-1]["text"])
        outcome = self.outcomes.pop(0) if len(self.outcomes) > 1 else self.outcomes[0]
        return outcome(self.documents[-1]) if callable(outcome) else outcome


@contextmanager
def serving(*outcomes: Outcome | Callable[[list[str]], Outcome]) -> Iterator[Bedrock]:
    bedrock = Bedrock(list(outcomes))

    class Handler(_Handler):
        server_side = bedrock

    with listening(Handler) as port:
        bedrock.port = port
        yield bedrock


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_side: Bedrock

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.close_connection = True
        _, resource, model, operation = self.path.split("/")
        assert (resource, operation) == ("model", "converse-stream")
        if problem := _problem({"modelId": unquote(model), **body}):
            return self._fail(Fails(f"ValidationException: {problem}", 400))
        match self.server_side.next(body):
            case Fails() as fails:
                self._fail(fails)
            case Hangs(seconds):
                time.sleep(seconds)
            case Writes() as writes:
                self._stream(writes)

    def _fail(self, outcome: Fails) -> None:
        content = json.dumps({"message": outcome.code}).encode()
        self.send_response(outcome.status)
        self.send_header("x-amzn-ErrorType", outcome.code.partition(":")[0])
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(content)

    def _stream(self, outcome: Writes) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "application/vnd.amazon.eventstream")
        self.send_header("Transfer-Encoding", "chunked")
        self.send_header("Connection", "close")
        self.end_headers()
        for number, (name, event) in enumerate(_events(outcome, self.server_side.documents[-1])):
            if number == outcome.cut:
                if outcome.until:
                    outcome.until.wait(30)
                if outcome.code:
                    headers = {":message-type": "exception", ":exception-type": outcome.code}
                    self._chunk(event_stream_message(headers, b'{"message": "the model has gone"}'))
                return  # without the last chunk: the connection just ends
            headers = {":message-type": "event", ":event-type": name, ":content-type": "application/json"}
            self._chunk(event_stream_message(headers, json.dumps(event).encode()))
        self.wfile.write(b"0\r\n\r\n")

    def _chunk(self, content: bytes) -> None:
        self.wfile.write(b"%x\r\n%s\r\n" % (len(content), content))

    def log_message(self, format: str, *args: Any) -> None:
        pass


def _problem(request: dict[str, Any]) -> str:
    service = botocore.session.get_session().get_service_model("bedrock-runtime")
    report = ParamValidator().validate(request, service.operation_model("ConverseStream").input_shape)
    return report.generate_report() if report.has_errors() else ""


def _events(outcome: Writes, document: list[str]) -> Iterator[tuple[str, dict[str, Any]]]:
    yield "messageStart", {"role": "assistant"}
    for index, block in enumerate(outcome.blocks):
        text = block if isinstance(block, str) else block.text
        deltas: list[dict[str, Any]] = [{"text": text[start : start + 7]} for start in range(0, len(text), 7)]
        if isinstance(block, Cites):
            deltas.insert(0 if block.early else len(deltas), {"citation": _citation(block, document)})
        for delta in deltas:
            yield "contentBlockDelta", {"contentBlockIndex": index, "delta": delta}
        yield "contentBlockStop", {"contentBlockIndex": index}
    yield "messageStop", {"stopReason": outcome.stop}
    yield "metadata", {"usage": {"inputTokens": 1, "outputTokens": 1, "totalTokens": 2}, "metrics": {"latencyMs": 1}}


def _citation(block: Cites, document: list[str]) -> dict[str, Any]:
    quoted = document[block.start : block.end] if block.quoted is None else block.quoted
    return {
        "title": "document",
        "sourceContent": [{"text": one} for one in quoted],
        "location": {"documentChunk": {"documentIndex": 0, "start": block.start, "end": block.end}},
    }
