"""The templates before AWS sees them: cdk-nag's AwsSolutions rules and cfn-lint, for dev and prod, with and without a model."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.infra.conftest import EVERYTHING

ROOT = Path(__file__).resolve().parent.parent.parent

SETTINGS: dict[str, dict[str, Any]] = {
    "prod": {},
    "dev": {
        **EVERYTHING,
        "vlm_stack": "true",
        "vlm_weights": "s3://models/ocr/",
        "vlm_backend": "openai",
        "vlm_url": "https://ocr.example.com/v1",
        "vlm_secret": "ocr/vlm",
        "chat_provider": "bedrock",
        "chat_model": "eu.anthropic.claude-haiku-5-5-v1:0",
    },
}


@pytest.fixture(scope="module", params=SETTINGS)
def assembly(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the templates, in which every rule holds or is said not to beside the construct."""
    import aws_cdk as cdk
    from cdk_nag import AwsSolutionsChecks

    from infra.app import build

    folder = tmp_path_factory.mktemp("cdk.out")
    app, _ = build(str(folder), **{"aws:cdk:bundling-stacks": [], **SETTINGS[request.param]})
    cdk.Validations.of(app).add_plugins(AwsSolutionsChecks(app))
    app.synth()  # raises with the list of what does not hold
    return folder


def test_every_rule_of_aws_solutions_holds_or_is_excused_beside_the_construct(assembly: Path) -> None:
    templates = {path.name for path in assembly.glob("*.template.json")}
    assert templates in ({"OcrChat.template.json"}, {"OcrChat.template.json", "OcrChatVlm.template.json"})


def test_cloudformation_would_take_the_templates(assembly: Path) -> None:
    linted = subprocess.run(
        [Path(sys.executable).parent / "cfn-lint", "--", *sorted(assembly.glob("*.template.json"))],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=100,
    )
    assert (linted.returncode, linted.stdout) == (0, ""), linted.stderr


def test_a_rule_that_does_not_hold_is_an_error(tmp_path: Path) -> None:
    import aws_cdk as cdk
    from aws_cdk import aws_s3 as s3
    from cdk_nag import AwsSolutionsChecks

    app = cdk.App(outdir=str(tmp_path), analytics_reporting=False)
    s3.Bucket(cdk.Stack(app, "Open"), "Bucket")
    cdk.Validations.of(app).add_plugins(AwsSolutionsChecks(app))

    with pytest.raises(RuntimeError, match="server access logs disabled"):
        app.synth()


def test_the_image_of_the_worker_is_written_as_hadolint_would_have_it() -> None:
    linted = subprocess.run(
        [Path(sys.executable).parent / "hadolint", "functions/ocr_page/Dockerfile"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=100,
    )
    assert (linted.returncode, linted.stdout) == (0, "")
