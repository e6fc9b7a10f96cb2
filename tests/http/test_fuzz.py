"""schemathesis calls every operation, with what its description allows and what not: no 5xx, nothing undocumented."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.http.conftest import TOKEN, Server

CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "unsupported_method",
    "allow_header_conformance",
    "ignored_auth",
    "use_after_free",
)


@pytest.mark.timeout(400)
def test_every_operation_keeps_to_its_description(server: Server, tmp_path: Path) -> None:
    command = [
        str(Path(sys.executable).with_name("schemathesis")),
        "run",
        f"{server.url}/api/v1/openapi.json",
        *("--url", server.url),
        *("--header", f"Authorization: Bearer {TOKEN}"),
        *("--checks", ",".join(CHECKS)),
        *("--max-examples", "15"),
        *("--rate-limit", "auto"),  # a 429 is documented, and waited for
        *("--request-timeout", "40"),
        "--continue-on-failure",
        "--no-color",
    ]

    run = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)

    assert run.returncode == 0, f"{run.stdout[-20_000:]}\n{run.stderr[-2_000:]}"
