"""docs/deploy.md names commands that exist."""

import re
from pathlib import Path

from typer.main import get_command

from admin.__main__ import app

ROOT = Path(__file__).parent.parent


def test_the_commands_of_admin_that_the_documentation_names_exist() -> None:
    text = (ROOT / "docs" / "deploy.md").read_text()
    named = set(re.findall(r'make admin ARGS="([a-z-]+)', text))
    assert {"issue-token", "revoke-token", "set-spend-cap"} <= named
    assert named <= set(get_command(app).commands)  # type: ignore[attr-defined]
