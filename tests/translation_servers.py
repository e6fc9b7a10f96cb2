"""Loopback servers that translate, for tests: LibreTranslate, and Amazon Translate with Bedrock's Converse at one address.

They speak the real wire formats, so that httpx and boto3 are the real ones; requests to AWS are checked against botocore's model
of the service. What they say is `pseudo`, no language, or what a test makes of it: truth or lies.

Formats: https://docs.libretranslate.com/api/operations/translate/,
https://docs.aws.amazon.com/translate/latest/APIReference/API_TranslateText.html,
https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html
"""

from __future__ import annotations

import json
import re
import threading
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

from ocrchat.aws.bedrock_translate import BedrockTranslator
from ocrchat.aws.translate import AmazonTranslate
from ocrchat.translation.libretranslate import LibreTranslate
from tests.loopback import listening

MODEL = "eu.anthropic.claude-haiku-test-v1:0"

Says = Callable[[str], str | None]


def pseudo(text: str) -> str:
    """Each word with an o behind it; what has digits, or is an address, stays."""
    return re.sub(r"(?<![\w@./:-])[^\W\d_]{2,}(?![\w@/]|[.:-]\w)", lambda word: word[0] + "o", text)


def echo(text: str) -> str:
    """The source."""
    return text


def changes_numbers(text: str) -> str:
    """As pseudo, and every digit is another one."""
    return re.sub(r"\d", lambda digit: str((int(digit[0]) + 1) % 10), pseudo(text))


def drops(text: str) -> str | None:
    """Nothing comes back."""
    return None


@dataclass(frozen=True)
class Fails:
    """The request is answered with an error, of AWS by its code."""

    status: int
    code: str = "error"


@dataclass
class Server:
    """`outcomes` are used up request by request, the last one for all that follow. `requests` are the bodies that came,
    with their operation."""

    outcomes: list[Says | Fails]
    languages: Sequence[str]
    port: int = 0
    targets: dict[str, list[str]] = field(default_factory=dict)
    requests: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)
    joins_lines: bool = False
    """Of Amazon Translate: whether it puts lines together."""
    wraps: Callable[[str], str] = echo
    """Of Bedrock: what the model writes around its JSON."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def says(self, *outcomes: Says | Fails) -> None:
        with self.lock:
            self.outcomes[:] = outcomes
            self.requests.clear()

    def next(self, operation: str, body: dict[str, Any]) -> Says | Fails:
        with self.lock:
            self.requests.append((operation, body))
            return self.outcomes.pop(0) if len(self.outcomes) > 1 else self.outcomes[0]

    def listed(self) -> None:
        with self.lock:
            self.requests.append(("languages", {}))

    def texts(self) -> list[str]:
        """What was to be translated, in order."""
        return [text for _, body in self.requests for text in body.get("texts", ())]

    @property
    def libretranslate(self) -> LibreTranslate:
        return LibreTranslate(self.url)

    @property
    def amazon(self) -> AmazonTranslate:
        return AmazonTranslate(self._client("translate"))

    @property
    def bedrock(self) -> BedrockTranslator:
        return BedrockTranslator(self._client("bedrock-runtime"), MODEL)

    def _client(self, service: Any) -> Any:
        return boto3.client(
            service,
            region_name="eu-west-1",
            endpoint_url=self.url,
            aws_access_key_id="test",
            aws_secret_access_key="test",
            config=Config(retries={"total_max_attempts": 1}, read_timeout=5),
        )


@contextmanager
def libretranslate(*outcomes: Says | Fails, languages: Sequence[str] = ("en", "es", "de", "zh")) -> Iterator[Server]:
    with _serving(_LibreTranslate, outcomes or (pseudo,), languages) as server:
        yield server


@contextmanager
def aws(
    *outcomes: Says | Fails, languages: Sequence[str] = ("en", "es", "es-MX", "zh", "zh-TW", "auto")
) -> Iterator[Server]:
    with _serving(_Aws, outcomes or (pseudo,), languages) as server:
        yield server


@contextmanager
def _serving(handler: type[_Handler], outcomes: Sequence[Says | Fails], languages: Sequence[str]) -> Iterator[Server]:
    server = Server(list(outcomes), languages)

    class Handler(handler):  # type: ignore[misc,valid-type]  # a class for each server
        server_side = server

    with listening(Handler) as port:
        server.port = port
        yield server


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_side: Server

    def _body(self) -> dict[str, Any]:
        body: dict[str, Any] = json.loads(self.rfile.read(int(self.headers.get("Content-Length", "0"))))
        return body

    def _send(self, status: int, value: Any, **headers: str) -> None:
        content = json.dumps(value).encode()
        self.send_response(status)
        for name, text in {"Content-Type": "application/json", "Content-Length": str(len(content)), **headers}.items():
            self.send_header(name.replace("_", "-"), text)
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(content)
        self.close_connection = True

    def log_message(self, format: str, *args: Any) -> None:
        pass


class _LibreTranslate(_Handler):
    def do_GET(self) -> None:
        server = self.server_side
        assert self.path == "/languages"
        server.listed()
        everything = list(server.languages)
        listed = [{"code": code, "name": code, "targets": server.targets.get(code, everything)} for code in everything]
        self._send(200, listed)

    def do_POST(self) -> None:
        body = self._body()
        assert self.path == "/translate"
        assert body["format"] == "text"
        outcome = self.server_side.next("translate", {**body, "texts": body["q"]})
        if isinstance(outcome, Fails):
            return self._send(outcome.status, {"error": outcome.code})
        said = [outcome(text) for text in body["q"]]
        self._send(200, {"translatedText": [text for text in said if text is not None]})


class _Aws(_Handler):
    def do_POST(self) -> None:
        body = self._body()
        if self.path.startswith("/model/"):
            _, _, model, operation = self.path.split("/")
            assert operation == "converse"
            return self._converse(unquote(model), body)
        operation = self.headers["X-Amz-Target"].partition(".")[2]
        if problem := _problem("translate", operation, body):
            return self._fail(Fails(400, "ValidationException"), problem)
        if operation == "ListLanguages":
            self.server_side.listed()
            listed = [{"LanguageName": code, "LanguageCode": code} for code in self.server_side.languages]
            return self._send(200, {"Languages": listed, "DisplayLanguageCode": "en"})
        if len(body["Text"].encode()) > 10_000:
            return self._fail(Fails(400, "TextSizeLimitExceededException"))
        outcome = self.server_side.next(operation, {**body, "texts": [body["Text"]]})
        if isinstance(outcome, Fails):
            return self._fail(outcome)
        said = [outcome(line) for line in body["Text"].split("\n")]
        between = " " if self.server_side.joins_lines else "\n"
        self._send(
            200,
            {
                "TranslatedText": between.join(line for line in said if line is not None),
                "SourceLanguageCode": body["SourceLanguageCode"],
                "TargetLanguageCode": body["TargetLanguageCode"],
            },
        )

    def _converse(self, model: str, body: dict[str, Any]) -> None:
        if problem := _problem("bedrock-runtime", "Converse", {"modelId": model, **body}):
            return self._fail(Fails(400, "ValidationException"), problem)
        numbered = json.loads(body["messages"][0]["content"][0]["text"])
        outcome = self.server_side.next("Converse", {**body, "texts": list(numbered.values())})
        if isinstance(outcome, Fails):
            return self._fail(outcome)
        said = {number: outcome(text) for number, text in numbered.items()}
        answer = json.dumps({number: text for number, text in said.items() if text is not None}, ensure_ascii=False)
        self._send(
            200,
            {
                "output": {"message": {"role": "assistant", "content": [{"text": self.server_side.wraps(answer)}]}},
                "stopReason": "end_turn",
                "usage": {"inputTokens": 1, "outputTokens": 1, "totalTokens": 2},
                "metrics": {"latencyMs": 1},
            },
        )

    def _fail(self, outcome: Fails, message: str = "no") -> None:
        self._send(outcome.status, {"__type": outcome.code, "message": message}, x_amzn_ErrorType=outcome.code)


def _problem(service: str, operation: str, request: dict[str, Any]) -> str:
    model = botocore.session.get_session().get_service_model(service)
    report = ParamValidator().validate(request, model.operation_model(operation).input_shape)
    return report.generate_report() if report.has_errors() else ""
