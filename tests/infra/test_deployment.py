"""What `make deploy` asks before it, and says after it. For `make destroy` see tests/http/test_destroy.py."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest
from moto import mock_aws

from infra import deployment

DOCKER = "#!/bin/sh\nexit {code}\n"


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    with mock_aws():
        boto3.setup_default_session()
        yield


@pytest.fixture
def docker(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """One that answers, first on the path."""
    program = tmp_path / "docker"
    program.write_text(DOCKER.format(code=0))
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    return program


def bootstrap(version: str) -> None:
    boto3.client("ssm").put_parameter(Name=deployment.BOOTSTRAP, Value=version, Type="String", Overwrite=True)


@pytest.mark.usefixtures("aws", "docker")
def test_an_account_that_is_ready_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    bootstrap("21")

    assert deployment.main("check") == 0
    assert capsys.readouterr().out == "Account 123456789012, eu-west-1: bootstrapped, version 21.\nDocker answers.\n"


@pytest.mark.usefixtures("aws", "docker")
@pytest.mark.parametrize("version", [None, "5"])
def test_an_account_that_was_never_bootstrapped_or_long_ago_is_told_how(
    capsys: pytest.CaptureFixture[str], version: str | None
) -> None:
    if version:
        bootstrap(version)

    assert deployment.main("check") == 1
    assert "make bootstrap" in capsys.readouterr().err


@pytest.mark.usefixtures("aws")
def test_a_docker_that_does_not_answer_is_noticed_before_the_deployment(
    capsys: pytest.CaptureFixture[str], docker: Path
) -> None:
    bootstrap("21")
    docker.write_text(DOCKER.format(code=1))

    assert deployment.main("check") == 1
    assert "Docker does not answer" in capsys.readouterr().err


@pytest.mark.usefixtures("aws")
def test_the_embedded_aws_needs_no_docker(docker: Path) -> None:
    bootstrap("21")
    docker.write_text(DOCKER.format(code=1))

    assert deployment.main("check", "-c", "local=true") == 0


def test_without_credentials_it_says_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, str(tmp_path / "none"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    boto3.setup_default_session()

    assert deployment.main("check") == 1
    assert "no credentials" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("stack", "admin"), [("OcrChat", "create-account"), ("OcrChatDev", "--stack OcrChatDev create-")]
)
def test_a_deployment_ends_with_its_url_and_the_next_two_commands(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, stack: str, admin: str
) -> None:
    outputs = tmp_path / "outputs.json"
    outputs.write_text(json.dumps({stack: {"ApiUrl": "https://api.example.com/", "DomainTarget": "d-1.example.com"}}))

    assert deployment.main("report", str(outputs)) == 0

    said = capsys.readouterr().out
    assert f'make admin ARGS="{admin}' in said
    assert "make smoke URL=https://api.example.com/ TOKEN=" in said
    assert "CNAME of its name at d-1.example.com" in said
