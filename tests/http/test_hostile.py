"""Files that mean harm: each ends as a refusal or as a job, and nothing of the machine, or of others, comes with it."""

from __future__ import annotations

from collections.abc import Callable
from http.server import BaseHTTPRequestHandler

import httpx
import pytest

from tests import hostile
from tests.documents import digital_pdf
from tests.http.conftest import poll, post
from tests.http.test_bad_input import problem
from tests.loopback import listening

REFUSED: dict[str, tuple[Callable[[], bytes], str]] = {
    "a PNG of 900 megapixels": (lambda: hostile.png_bomb(30_000), "too_many_pixels"),
    "a comment that inflates to 100 MB": (lambda: hostile.png_text_bomb(100), "damaged_file"),
    "a GIF of 60,000 frames": (lambda: hostile.frames("GIF", 60_000), "too_many_pages"),
    "a TIFF of 30,000 frames": (lambda: hostile.frames("TIFF", 30_000), "too_many_pages"),
    "a page tree of 10 ** 9 pages": (lambda: hostile.page_tree_bomb(9, 10), "damaged_file"),
    "an SVG with an external entity": (lambda: hostile.XXE, "unsupported_file"),
    "a ZIP": (hostile.zipped, "unsupported_file"),
}

READ: dict[str, tuple[Callable[[], bytes], str]] = {
    "content under three layers of compression": (lambda: hostile.content_bomb(100, 3), ""),
    "a picture of 20,000 x 20,000 pixels on a page": (lambda: hostile.image_bomb(20_000), ""),
    "forms that draw each other": (hostile.form_circle, "Round and round"),
    "a page tree 2,000 deep": (lambda: hostile.page_tree(2000), ""),
    "arrays 10,000 deep": (lambda: hostile.nested(10_000), ""),
    "lengths that refer to each other": (hostile.object_stream_circle, ""),
    "a PDF that is a ZIP too": (hostile.pdf_and_zip, "Page number 0\n\nThe quick brown fox jumps over the lazy dog."),
    "a JPEG that is HTML too": (hostile.jpeg_and_html, ""),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_no_page_can_come_of_is_refused(api: httpx.Client, name: str) -> None:
    make, code = REFUSED[name]

    problem(post(api, "a.pdf", make()), 400, code)


@pytest.mark.parametrize("name", READ)
def test_what_can_be_read_is_and_the_next_file_too(api: httpx.Client, name: str) -> None:
    make, text = READ[name]

    *_, job = poll(api, post(api, "a.pdf", make()).raise_for_status().json())
    assert (job["status"], job["failed_pages"], job["text"]) == ("done", [], text)
    after = post(api, "b.pdf", digital_pdf(1)).raise_for_status().json()
    assert after["status"] == "done"


def test_a_page_tree_in_a_circle_has_no_readable_page(api: httpx.Client) -> None:
    *_, job = poll(api, post(api, "a.pdf", hostile.page_tree_circle()).raise_for_status().json())

    assert (job["status"], job["error"]["code"]) == ("failed", "no_page_readable")


def test_nothing_in_a_file_runs_or_is_fetched(api: httpx.Client) -> None:
    asked: list[str] = []

    class Listener(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)

        do_POST = do_HEAD = do_GET

    with listening(Listener) as port:
        *_, job = poll(api, post(api, "a.pdf", hostile.acting(port)).raise_for_status().json())
        for form in ("pdf", "docx", "json"):
            api.get(f"/api/v1/ocr/{job['uuid']}/download/", params={"format": form}).raise_for_status()

    assert (job["status"], job["text"], asked) == ("done", "Nothing but words", [])


def test_no_file_of_the_machine_is_read_into_a_page(api: httpx.Client) -> None:
    *_, job = poll(api, post(api, "a.pdf", hostile.reading("/etc/passwd")).raise_for_status().json())

    assert (job["status"], job["text"]) == ("done", "Nothing but words")


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        (b"../../../etc/cron.d/a.pdf", "a.pdf"),
        (b"..\\\\..\\\\windows\\\\a.pdf", "a.pdf"),
        (b"%00a.pdf", "%00a.pdf"),
        ("invoice\u202efdp.exe.pdf".encode(), "invoicefdp.exe.pdf"),
        (b"x" * 300 + b".pdf", "x" * 251 + ".pdf"),
        (b"a\tb\x7f.pdf", "ab.pdf"),
        (b"..", "file"),
    ],
    ids=["folders", "folders of Windows", "escaped NUL", "written backwards", "300 characters", "controls", "dots"],
)
def test_a_name_that_means_harm_is_only_a_name(api: httpx.Client, sent: bytes, kept: str) -> None:
    job = _named(api, sent).raise_for_status().json()

    assert job["filename"] == kept
    saved = api.get(f"/api/v1/ocr/{job['uuid']}/download/", params={"format": "txt"}).raise_for_status()
    disposition = saved.headers["content-disposition"]
    assert not set(disposition) & set("\r\n\0/\\\u202e")


@pytest.mark.parametrize("sent", [b"a\r\nSet-Cookie: b=c\r\n.pdf", b"a\0.pdf", b"\xff\xfe.pdf"])
def test_a_name_that_breaks_the_form_is_refused_or_made_harmless(api: httpx.Client, sent: bytes) -> None:
    answer = _named(api, sent)

    assert answer.status_code == 200 or problem(answer, 400, "malformed_form")
    assert "set-cookie" not in answer.headers
    if answer.status_code == 200:
        assert answer.json()["filename"].isprintable()


def _named(api: httpx.Client, name: bytes) -> httpx.Response:
    """As it stands in the form: HTTP libraries would escape it."""
    head = b'--x\r\nContent-Disposition: form-data; name="file"; filename="%s"\r\n\r\n' % name
    body = head + digital_pdf(1) + b"\r\n--x--\r\n"
    return api.post("/api/v1/ocr/", content=body, headers={"Content-Type": "multipart/form-data; boundary=x"})
