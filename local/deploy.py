"""Puts the stack into the emulator: zips of this checkout, then CloudFormation."""

from __future__ import annotations

import io
import json
import time
import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import boto3

from local.emulator import EmulatorFailed
from local.overlay import ASSET_BUCKET, fill

ROOT = Path(__file__).resolve().parent.parent
TEMPLATE = Path(__file__).with_name("template.json")
STACK = "ocrchat"
DEPLOY_SECONDS = 60


def session() -> boto3.Session:
    """The emulator's, once `emulator.isolate` has run."""
    return boto3.Session()


def deploy(endpoint: str, machine: dict[str, Any]) -> dict[str, str]:
    """The outputs of the stack. Raises EmulatorFailed with the failed resources."""
    s3 = session().client("s3", endpoint_url=endpoint)
    s3.create_bucket(Bucket=ASSET_BUCKET)
    template = fill(json.loads(TEMPLATE.read_text()), machine)
    for asset in sorted(asset_names(template)):
        s3.put_object(Bucket=ASSET_BUCKET, Key=f"{asset}.zip", Body=_zip(asset_files(asset)))
    s3.put_object(Bucket=ASSET_BUCKET, Key="template.json", Body=json.dumps(template).encode())
    cloudformation = session().client("cloudformation", endpoint_url=endpoint)
    cloudformation.create_stack(
        StackName=STACK,
        TemplateURL=f"{endpoint}/{ASSET_BUCKET}/template.json",  # TemplateBody may be 51,200 bytes at most
        Capabilities=["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM"],
    )
    give_up = time.monotonic() + DEPLOY_SECONDS
    while time.monotonic() < give_up:
        stack = cloudformation.describe_stacks(StackName=STACK)["Stacks"][0]
        if stack["StackStatus"] == "CREATE_COMPLETE":
            return {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}
        if not stack["StackStatus"].endswith("IN_PROGRESS"):
            break
        time.sleep(0.05)
    events = cloudformation.describe_stack_events(StackName=STACK)["StackEvents"]
    failed = [
        f"{event['LogicalResourceId']}: {event.get('ResourceStatusReason', '')}"
        for event in events
        if event["ResourceStatus"].endswith("FAILED")
    ]
    raise EmulatorFailed("The stack could not be created.\n" + "\n".join(failed))


def asset_names(value: Any) -> set[str]:
    """The S3Key of every code reference in a template, without its `.zip`."""
    if isinstance(value, dict):
        if value.get("S3Bucket") == ASSET_BUCKET:
            return {value["S3Key"].removesuffix(".zip")}
        return set().union(*map(asset_names, value.values()))
    if isinstance(value, list):
        return set().union(*map(asset_names, value))
    return set()


def asset_files(asset: str) -> Iterable[tuple[str, Path]]:
    """(name in the zip, file): what `infra/assets.py` puts into the same asset for AWS, less the packages."""
    folder = ROOT / asset
    for path in sorted(folder.rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts:
            yield str(path.relative_to(folder if asset.startswith("layers/") else ROOT)), path
    if asset.startswith("functions/"):
        yield "functions/__init__.py", ROOT / "functions" / "__init__.py"


def _zip(files: Iterable[tuple[str, Path]]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, path in files:
            archive.write(path, name)
    return buffer.getvalue()
