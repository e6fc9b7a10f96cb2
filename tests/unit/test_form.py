"""The multipart form of a submission."""

from __future__ import annotations

import contextlib
import gc
import warnings

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.submit import form
from ocrchat import export
from ocrchat.errors import BadRequest, InvalidField
from ocrchat.model import JobOptions, Tier
from ocrchat.settings import VlmBackend
from ocrchat.tools import TOOLS, Kind, Tool
from ocrchat.usecases import FileSource, LinkedFile, SentFile, UploadedFile


def encoded(name: str = "a.pdf", content: bytes = b"%PDF", **fields: str) -> tuple[str, bytes]:
    """What an HTTP client sends."""
    request = httpx.Request("POST", "http://test", files={"file": (name, content)}, data=fields)
    return request.headers["Content-Type"], request.read()


def sent_name(content_type: str, body: bytes) -> str:
    file = form.parse(content_type, body).file
    assert isinstance(file, SentFile)
    return file.filename


def test_a_file_and_its_fields() -> None:
    fields = form.parse(*encoded("a.pdf", b"\x00\xff\r\n--", tier="cpu", language="ch", pages="1-3, 7", dry_run="true"))

    assert fields.file == SentFile("a.pdf", b"\x00\xff\r\n--")
    assert fields.options == JobOptions(Tier.CPU, "ch", pages="1-3,7")
    assert fields.dry_run


def test_a_file_that_the_parser_put_on_disk_is_closed_there() -> None:
    with warnings.catch_warnings(record=True) as unclosed:
        warnings.simplefilter("always", ResourceWarning)
        form.parse(*encoded(content=b"x" * 1_000_000))
        gc.collect()

    assert unclosed == []


@pytest.mark.parametrize(
    ("field", "value", "file"),
    [("upload", "0" * 32, UploadedFile("0" * 32)), ("file_url", "https://a.b/c.pdf", LinkedFile("https://a.b/c.pdf"))],
)
@pytest.mark.parametrize("multipart", [True, False])
def test_a_file_can_be_named_in_place_of_being_sent(field: str, value: str, file: FileSource, multipart: bool) -> None:
    form_of = {"files": {field: (None, value)}} if multipart else {"data": {field: value}}
    request = httpx.Request("POST", "http://test", **form_of)  # type: ignore[arg-type]

    assert form.parse(request.headers["Content-Type"], request.read()).file == file


def test_two_origins_of_a_file_are_refused() -> None:
    with pytest.raises(InvalidField, match="one of them"):
        form.parse(*encoded(upload="0" * 32))


@pytest.mark.parametrize(
    ("field", "value"),
    [("pages", "0"), ("dry_run", "perhaps"), ("upload", "../x"), ("tier", "gpu"), ("tool", "x"), ("colour", "red")],
)
def test_a_value_that_is_not_allowed_is_refused(field: str, value: str) -> None:
    with pytest.raises(InvalidField, match=field):
        form.parse(*encoded(**{field: value}))


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
    assert sent_name(*encoded(sent)) == kept


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

    assert sent_name("multipart/form-data; boundary=x", body) == "发票.pdf"


def test_capitals_are_as_good() -> None:
    assert form.parse(*encoded(tier="CPU", language="EN")).options == JobOptions(Tier.CPU, "en")


def test_a_field_value_in_an_error_is_cut_short() -> None:
    with pytest.raises(InvalidField) as caught:
        form.parse(*encoded(language="x" * 5000))

    assert len(caught.value.detail) < 1000


@pytest.mark.parametrize("charset", [b"klingon", b"a\x00b"])
def test_a_charset_that_cannot_be_is_refused(charset: bytes) -> None:
    tier = (
        b'--x\r\nContent-Disposition: form-data; name="tier"\r\nContent-Type: text/plain; charset="'
        + charset
        + b'"\r\n\r\ncpu\r\n'
    )

    with pytest.raises(InvalidField, match="tier"):
        form.parse("multipart/form-data; boundary=x", tier + b"--x--\r\n")


def test_the_vlm_tier_is_refused_where_it_is_switched_off_and_says_what_to_do() -> None:
    sent = encoded("a.pdf", b"%PDF", tier="vlm")

    assert form.parse(*sent).options.tier is Tier.VLM
    with pytest.raises(InvalidField, match=r"vlm_backend.*tier=cpu"):
        form.parse(*sent, form.Abilities(vlm_backend=VlmBackend.NONE))


def options(has: form.Abilities = form.EVERYTHING, **fields: str) -> JobOptions:
    request = httpx.Request("POST", "http://test/", data=fields, files={"file": ("a.pdf", b"%PDF")})
    return form.parse(request.headers["Content-Type"], request.read(), has).options


@pytest.mark.parametrize("tool", TOOLS.values(), ids=lambda tool: tool.slug)
def test_a_tool_sets_what_the_form_leaves_open_and_nothing_else(tool: Tool) -> None:
    needed = {"translate_to": "es"} if tool.kind is Kind.TRANSLATION else {}
    assert options(tool=tool.slug, **needed) == JobOptions(tier=tool.tier, tool=tool.slug, **needed)
    for tier in Tier:
        assert options(tool=tool.slug, tier=tier.value, language="de", pages="2", **needed).tier is tier


@pytest.mark.parametrize(
    ("slug", "backend", "hint"),
    [
        ("math-to-latex", VlmBackend.EMBEDDED, "vlm_backend to 'sagemaker' or 'openai'"),
        ("math-to-latex", VlmBackend.NONE, "switched off"),
        ("handwriting-to-text", VlmBackend.NONE, "switched off"),
    ],
)
def test_a_tool_that_the_server_cannot_do_is_refused_with_what_to_configure(
    slug: str, backend: VlmBackend, hint: str
) -> None:
    with pytest.raises(InvalidField, match=hint):
        options(form.Abilities(vlm_backend=backend), tool=slug)


def test_a_tool_is_not_refused_for_a_tier_that_the_form_does_not_ask_for() -> None:
    assert options(form.Abilities(vlm_backend=VlmBackend.NONE), tool="handwriting-to-text", tier="cpu").tier is Tier.CPU


def test_every_tool_returns_a_format_that_there_is() -> None:
    assert {tool.format for tool in TOOLS.values()} <= set(export.FORMATS)
