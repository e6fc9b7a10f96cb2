"""The cloud assembly of `-c local=true`: what CDK's command line deploys into an emulator that runs already.

`make serve` deploys the same template with boto3 alone. This way goes through CDK itself: bootstrap, publishing of assets,
change sets, diff and destroy. What CDK has synthesised for AWS is rewritten: the template by `local/overlay.py`, and the
assets, since an image cannot be run there and the layers' packages come from the virtual environment.

Format: the package aws-cdk/cloud-assembly-schema, https://github.com/aws/aws-cdk-cli
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from local import deploy, overlay, runtime
from local.emulator import EmulatorFailed

STACK = "OcrChat"
"""What the assembly calls it, whatever its stage."""

BUCKET = "cdk-hnb659fds-assets-${AWS::AccountId}-${AWS::Region}"
"""Of the bootstrap stack. Both CDK and Fn::Sub know the two names."""


def localise(folder: Path) -> None:
    """Rewrites the assembly in `folder`. Raises EmulatorFailed where AWS_ENDPOINT_URL does not say which emulator is meant."""
    endpoint = os.environ.get("AWS_ENDPOINT_URL")
    if not endpoint:
        raise EmulatorFailed("local: say which emulator is meant, AWS_ENDPOINT_URL=http://127.0.0.1:8000")
    file = folder / f"{STACK}.template.json"
    template = overlay.fill(overlay.localise(json.loads(file.read_text())), runtime.machine(endpoint))
    assets = {name: _stage(folder, name) for name in sorted(deploy.asset_names(template))}
    file.write_text(overlay.dumps(_published(template, assets)))
    itself = hashlib.sha256(file.read_bytes()).hexdigest()
    files = {digest: _entry(name, f"local/{name}", "zip", f"{digest}.zip") for name, digest in assets.items()}
    files[itself] = _entry("Template", file.name, "file", f"{itself}.json")
    _edit(folder / f"{STACK}.assets.json", lambda it: it.update(files=files, dockerImages={}))
    _edit(
        folder / "manifest.json",
        lambda it: it["artifacts"][STACK]["properties"].update(
            stackTemplateAssetObjectUrl=f"s3://{BUCKET}/{itself}.json"
        ),
    )


def _stage(folder: Path, name: str) -> str:
    """Copies an asset's files to where CDK zips them, and returns their digest, which is its name in the bucket."""
    digest = hashlib.sha256()
    for inside, path in deploy.asset_files(name):
        target = folder / "local" / name / inside
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)
        digest.update(f"\0{inside}\0".encode() + path.read_bytes())
    return digest.hexdigest()


def _published(value: Any, assets: dict[str, str]) -> Any:
    """The template with the code where CDK puts it."""
    if isinstance(value, dict):
        if value.get("S3Bucket") == overlay.ASSET_BUCKET:
            return {"S3Bucket": {"Fn::Sub": BUCKET}, "S3Key": f"{assets[value['S3Key'].removesuffix('.zip')]}.zip"}
        return {key: _published(it, assets) for key, it in value.items()}
    if isinstance(value, list):
        return [_published(it, assets) for it in value]
    return value


def _entry(name: str, path: str, packaging: str, key: str) -> dict[str, Any]:
    """Without a role to assume: the emulator asks for none."""
    return {
        "displayName": name,
        "source": {"path": path, "packaging": packaging},
        "destinations": {"current": {"bucketName": BUCKET, "objectKey": key}},
    }


def _edit(file: Path, change: Callable[[Any], None]) -> None:
    content = json.loads(file.read_text())
    change(content)
    file.write_text(json.dumps(content, indent=1))
