"""What a log line says of an exception: what it is and where it was raised, never its message."""

from __future__ import annotations

import json
import logging
from typing import Any

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError

from ocrchat.telemetry import Failed, Formatter, told_by_the_log
from ocrchat.tracebacks import kind
from ocrchat.vlm.backend import Refused

NAME = "drop/acme/Patient%20Smith.pdf"


def logged(error: Exception) -> dict[str, Any]:
    record = logging.LogRecord("x", logging.ERROR, "f.py", 1, "it broke", (), (type(error), error, error.__traceback__))
    line: dict[str, Any] = json.loads(Formatter().format(record))
    return line


def refusal() -> ClientError:
    message = f"User: arn:aws:sts::1:assumed-role/r is not authorized to perform: s3:GetObject on arn:aws:s3:::b/{NAME}"
    return ClientError({"Error": {"Code": "AccessDenied", "Message": message}}, "GetObject")


def test_a_traceback_has_files_lines_and_types_and_no_message() -> None:
    try:
        try:
            int(NAME)
        except ValueError as error:
            raise KeyError(NAME) from error
    except KeyError as error:
        line = logged(error)

    assert line["exception_name"] == "KeyError"
    assert "ValueError\n\nThen:\n" in line["exception"]
    assert "test_telemetry.py" in line["exception"]
    assert "Smith" not in json.dumps(line)


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (refusal(), "ClientError: AccessDenied of GetObject"),
        (ReadTimeoutError(endpoint_url=f"https://bucket.s3.amazonaws.com/{NAME}"), "ReadTimeoutError"),
        (Refused("404 model_not_found"), "Refused: 404 model_not_found"),
        (UnicodeDecodeError("utf-8", NAME.encode(), 0, 1, "no"), "UnicodeDecodeError"),
    ],
)
def test_an_exception_of_a_library_is_known_by_its_kind(error: Exception, said: str) -> None:
    assert kind(error) == said
    assert logged(error)["exception"] == f"{said}\n"


def test_what_was_raised_while_another_was_handled_is_told_unless_it_was_meant_to_be_hidden() -> None:
    def raised(hidden: bool) -> str:
        try:
            try:
                raise LookupError
            except LookupError:
                if hidden:
                    raise RuntimeError from None
                raise RuntimeError  # noqa: B904  # which is what this is about
        except RuntimeError as error:
            return str(logged(error)["exception"])

    assert "LookupError" in raised(hidden=False)
    assert "LookupError" not in raised(hidden=True).replace("except LookupError", "").replace("raise LookupError", "")


def test_what_lambda_hands_on_of_a_function_that_failed_is_its_kind(capsys: pytest.CaptureFixture[str]) -> None:
    @told_by_the_log
    def handler(event: dict[str, str]) -> int:
        return int(event["page"])

    with pytest.raises(Failed) as raised:
        handler({"page": NAME})

    assert str(raised.value) == "ValueError"
    assert raised.value.__suppress_context__
    assert handler({"page": "7"}) == 7
