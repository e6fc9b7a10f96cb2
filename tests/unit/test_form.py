"""The multipart form of a submission."""

from __future__ import annotations

import contextlib

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.submit import form
from ocrchat.errors import BadRequest, InvalidField
from ocrchat.model import JobOptions, Tier


def encoded(name: str = "a.pdf", content: bytes = b"%PDF", **fields: str) -> tuple[str, bytes]:
    """What an HTTP client sends."""
    request = httpx.Request("POST", "http://test", files={"file": (name, content)}, data=fields)
    return request.headers["Content-Type"], request.read()


def test_a_file_and_its_fields() -> None:
    upload, options = form.parse(*encoded("a.pdf", b"\x00\xff\r\n--", tier="cpu", language="ch"))

    assert (upload.filename, upload.content) == ("a.pdf", b"\x00\xff\r\n--")
    assert options == JobOptions(Tier.CPU, "ch")


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\me\\scan.png", "scan.png"),
        ("发票 2024.pdf", "发票 2024.pdf"),
        ("invoice\u202efdp.exe", "invoicefdp.exe"),
        ("x" * 300, "x" * 255),
        ("..", "file"),
    ],
)
def test_a_file_name_is_only_a_name(sent: str, kept: str) -> None:
    assert form.parse(*encoded(sent))[0].filename == kept


@given(st.binary(max_size=300))
def test_any_body_is_a_form_or_a_bad_request(body: bytes) -> None:
    with contextlib.suppress(BadRequest):
        form.parse("multipart/form-data; boundary=x", b"--x\r\n" + body)


@given(st.text(max_size=60))
def test_any_content_type_is_understood_or_a_bad_request(content_type: str) -> None:
    with pytest.raises(BadRequest):
        form.parse(content_type, b"")


def test_a_name_that_is_sent_extended_is_understood() -> None:
    disposition = b"form-data; name=\"file\"; filename*=UTF-8''%E5%8F%91%E7%A5%A8.pdf"
    body = b"--x\r\nContent-Disposition: " + disposition + b"\r\n\r\n%PDF\r\n--x--\r\n"

    assert form.parse("multipart/form-data; boundary=x", body)[0].filename == "发票.pdf"


def test_capitals_are_as_good() -> None:
    assert form.parse(*encoded(tier="CPU", language="EN"))[1] == JobOptions(Tier.CPU, "en")


def test_a_field_value_in_an_error_is_cut_short() -> None:
    with pytest.raises(InvalidField) as caught:
        form.parse(*encoded(language="x" * 5000))

    assert len(caught.value.detail) < 1000
