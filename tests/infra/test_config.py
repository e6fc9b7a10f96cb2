"""What an operator says: all of it in one place, documented, and wrong in one line."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from infra.config import Config, InvalidContext, Stage, defaults, keys
from ocrchat.plans import Plan
from ocrchat.settings import VlmBackend

ROOT = Path(__file__).resolve().parent.parent.parent
CERTIFICATE = "arn:aws:acm:eu-west-1:123456789012:certificate/11111111-2222-3333-4444-555555555555"
WITH_ENDPOINT = {"vlm_stack": "true", "vlm_weights": "s3://models/ocr/"}


def read(**said: Any) -> Config:
    return Config.read({**defaults(), **said})


def test_what_cdk_json_says_can_be_deployed() -> None:
    config = read()

    assert (config.stage, config.vlm_backend, config.ocr_concurrency) == (Stage.PROD, VlmBackend.EMBEDDED, 50)


def test_what_the_command_line_says_is_text_and_means_the_same() -> None:
    config = read(stage="dev", log_days="7", web_acl="True", readable_buckets="invoices, contracts,")

    assert (config.stage, config.log_days, config.web_acl) == (Stage.DEV, 7, True)
    assert config.readable_buckets == ("invoices", "contracts")
    assert read(readable_buckets=["invoices", "contracts"]).readable_buckets == config.readable_buckets


def test_every_key_is_in_cdk_json_and_has_a_line_in_the_manual() -> None:
    ours = {key for key in defaults() if not key.startswith("@")}

    assert ours == set(keys())
    assert described("## Settings") == set(keys())


def test_every_entry_of_a_plan_has_a_line_in_the_manual() -> None:
    entries = {field.name for field in fields(Plan)} - {"name", "upgrade"}

    assert described("### Plans") == entries


def described(heading: str) -> set[str]:
    """The names at the beginning of a line of the table under a heading."""
    manual = (ROOT / "docs" / "deploy.md").read_text()
    section = re.split(r"^#", manual.split(f"\n{heading}\n")[1], maxsplit=1, flags=re.MULTILINE)[0]
    return {
        name for cell in re.findall(r"^\| (`[^|]*) \|", section, re.MULTILINE) for name in re.findall(r"`(\w+)`", cell)
    }


def test_what_is_cdks_own_is_left_to_it() -> None:
    config = read(**{"aws:cdk:bundling-stacks": [], "@aws-cdk/core:anything": True, "availability-zones:account=1": []})

    assert config == read()


def test_a_key_that_is_missing_is_named() -> None:
    context = defaults()
    del context["chat_url"]

    with pytest.raises(InvalidContext, match=r"^chat_url: is missing"):
        Config.read(context)


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ({"ocr_concurency": "50"}, r"^ocr_concurency: there is no such setting. See docs/deploy\.md"),
        ({"stage": "test"}, r"^stage: 'test' is not one of dev, prod"),
        ({"domain": "ocr.example.com"}, r"^domain and certificate: give both"),
        ({"domain": "https://ocr.example.com", "certificate": CERTIFICATE}, r"^domain: .* is no host name"),
        ({"domain": "ocr.example.com", "certificate": "cert"}, r"^certificate: 'cert' is no ARN"),
        ({"alarm_email": "me"}, r"^alarm_email: 'me' is no address"),
        ({"log_days": 31}, r"^log_days: CloudWatch keeps logs for 1, 3, 5, 7"),
        ({"log_bucket": "arn:aws:s3:::logs"}, r"^log_bucket: .* is no name of a bucket"),
        ({"customer_key": "yes"}, r"^customer_key: 'yes' is not one of true, false"),
        ({"web_acl_rate": 5}, r"^web_acl_rate: WAF counts from 10"),
        ({"vpc_subnets": "subnet-0a1b2c3d"}, r"^vpc_subnets and vpc_security_groups: give both"),
        ({"vpc_subnets": "private", "vpc_security_groups": "sg-0a1b2c3d"}, r"^vpc_subnets: 'private' is no id"),
        ({"vpc_subnets": "subnet-0a1b2c3d", "vpc_security_groups": "sg-1 "}, r"^vpc_security_groups: 'sg-1' is no id"),
        ({"api_rate": 0}, r"^api_rate, api_burst: 1 at least"),
        ({"ocr_concurrency": "1"}, r"^ocr_concurrency: 2 to 1000"),
        ({"plans": "{"}, r"^plans: no JSON"),
        ({"plans": {"free": {}}}, r"^plans: free: file_pages, retention_days, .* missing"),
        ({"ocr_concurrency": "many"}, r"^ocr_concurrency: 'many' is no whole number"),
        ({"inline_waiters": "-1"}, r"^inline_waiters: '-1' is no whole number"),
        ({"readable_buckets": 5}, r"^readable_buckets: a list of names"),
        ({"vlm_backend": "gpu"}, r"^vlm_backend: 'gpu' is not one of none, embedded, sagemaker, openai"),
        ({"vlm_dialect": "klingon"}, r"^vlm_dialect: 'klingon' is not one of lighton-grounding, dots"),
        ({"vlm_backend": "openai", "vlm_model": "m"}, r"'openai' needs vlm_url"),
        ({"vlm_backend": "openai", "vlm_model": "m", "vlm_url": "ocr.example"}, r"'openai' needs vlm_url"),
        ({"vlm_backend": "sagemaker", "vlm_endpoint": ""}, r"'sagemaker' needs vlm_endpoint"),
        ({"vlm_secret": "arn:aws:secretsmanager:x"}, r"^vlm_secret: the name"),
        ({"vlm_max_copies": "0"}, r"^vlm_max_copies: 1 to 125"),
        ({"vlm_max_copies": "two"}, r"^vlm_max_copies: 'two' is no whole number"),
        ({"vlm_max_wait": "7200"}, r"^vlm_max_wait: 2700 seconds at most"),
        ({"chat_provider": "gpt"}, r"^chat_provider: 'gpt' is not one of extractive, bedrock, openai"),
        ({"chat_provider": "bedrock"}, r"'bedrock' needs chat_model"),
        ({"chat_provider": "openai", "chat_model": "m"}, r"'openai' needs chat_url"),
        ({"chat_secret": "arn:aws:secretsmanager:x"}, r"^chat_secret: the name"),
        ({"chat_context": "100"}, r"^chat_context: 8000 tokens at least"),
    ],
)
def test_what_cannot_be_deployed_is_said_in_a_line(said: dict[str, object], message: str) -> None:
    with pytest.raises(InvalidContext, match=message) as caught:
        read(**said)

    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ({"vlm_weights": ""}, r"make stage-weights TO=s3://bucket/prefix/.*-c vlm_weights=.*docs/vlm\.md"),
        ({"vlm_weights": "models/ocr"}, r"vlm_weights.*Say s3://bucket/prefix/"),
        ({"vlm_revision": "main"}, r"vlm_revision.*40 hexadecimal digits"),
        ({"vlm_model": "LightOnOCR"}, r"vlm_model.*owner/name"),
        ({"vlm_instance_type": "ml.g4dn.xlarge"}, r"vlm_instance_type.*ml\.g6\.xlarge"),
        ({"vlm_endpoint": "ocr_chat"}, r"vlm_endpoint.*letters, digits"),
        ({"vlm_min_copies": 3}, r"vlm_max_copies: 2 is fewer .* vlm_min_copies, 3"),
        ({"vlm_min_copies": "-1"}, r"vlm_min_copies.*no whole number"),
    ],
)
def test_what_cannot_be_deployed_of_the_endpoint_is_said_with_what_to_do(said: dict[str, object], message: str) -> None:
    with pytest.raises(InvalidContext, match=message):
        read(**{**WITH_ENDPOINT, **said})


def test_without_the_endpoints_stack_its_settings_do_not_matter() -> None:
    assert read(vlm_weights="", vlm_revision="main").vlm_weights == ""


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ("stage=test", "stage: 'test' is not one of dev, prod."),
        ("local=true", "local: say which emulator is meant, AWS_ENDPOINT_URL=http://127.0.0.1:8000"),
    ],
)
def test_a_mistake_on_the_command_line_is_one_line_and_not_a_traceback(tmp_path: Path, said: str, message: str) -> None:
    shell = {name: value for name, value in os.environ.items() if name != "AWS_ENDPOINT_URL"}
    run = subprocess.run(
        [sys.executable, "-m", "infra.app", "-c", said],
        cwd=ROOT,
        env={**shell, "PYTHONPATH": "layers/core/python:.", "CDK_OUTDIR": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=100,
    )

    assert run.returncode == 1
    assert run.stderr == f"cdk.json, or -c: {message}\n"
