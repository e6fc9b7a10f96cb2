"""What the README says, run: its curl lines against the running server."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.http.conftest import ROOT, TOKEN, Server


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_the_curl_lines_of_the_readme_work(server: Server, tmp_path: Path) -> None:
    lines = re.findall(r"^curl .*$", (ROOT / "README.md").read_text(), re.MULTILINE)
    assert len(lines) == 4
    job: dict[str, str] = {}
    for line in lines:
        command = line.replace("$TOKEN", TOKEN).replace("http://localhost:8000", server.url)
        command = command.replace("examples/", f"{ROOT}/examples/").replace("<uuid>", job.get("uuid", "<uuid>"))
        ran = subprocess.run(shlex.split(command), cwd=tmp_path, capture_output=True, text=True, timeout=60, check=True)
        if "-OJ" in line:
            (saved,) = tmp_path.iterdir()
            assert saved.name == "scan.md"
            assert "sentatives from our faculty" in saved.read_text()
        elif "/chat/" in line:
            assert json.loads(ran.stdout)["message"]["role"] == "assistant"
        else:
            job = json.loads(ran.stdout)
            assert job["status"] == "done"
