"""Around `cdk deploy` and `cdk destroy`: is the account ready, what came of it, and a dev stack's bucket emptied.

python -m infra.deployment check -c stage=dev     credentials, CDK's bootstrap, Docker
python -m infra.deployment report outputs.json    the URL, and what to do next
python -m infra.deployment empty -c stage=dev     deletes the documents of OcrChatDev, once you have typed its name
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from infra.config import Config, InvalidContext, defaults, given

STACK = "OcrChat"
BOOTSTRAP = "/cdk-bootstrap/hnb659fds/version"
LEAST_BOOTSTRAP = 6
"""What CDK writes into the template as the version that it needs."""


class NotReady(Exception):
    """What is missing, and what to do about it, in a line."""


def check(*arguments: str) -> None:
    """`arguments` are those of `cdk deploy`. Raises NotReady."""
    config = _config(arguments)
    try:
        account = boto3.client("sts").get_caller_identity()["Account"]
        region = boto3.client("sts").meta.region_name
    except (BotoCoreError, ClientError) as error:
        raise NotReady(f"There are no credentials that AWS takes, or no region: {error}") from error
    try:
        version = int(boto3.client("ssm").get_parameter(Name=BOOTSTRAP)["Parameter"]["Value"])
    except ClientError as error:
        if error.response["Error"]["Code"] != "ParameterNotFound":
            raise NotReady(f"Whether {account} in {region} was bootstrapped cannot be read: {error}") from error
        version = 0
    if version < LEAST_BOOTSTRAP:
        raise NotReady(f"The account {account} is not bootstrapped in {region}, or long ago. Run: make bootstrap")
    print(f"Account {account}, {region}: bootstrapped, version {version}.")
    if config.local:
        return  # nothing is built for it
    if not _docker_answers():
        raise NotReady("Docker does not answer, and builds the image of the OCR worker. Start it, or install it.")
    print("Docker answers.")


def report(file: str) -> None:
    """`file` is what `cdk deploy --outputs-file` wrote: by stack, its outputs."""
    ((stack, outputs),) = json.loads(Path(file).read_text()).items()
    which = "" if stack == STACK else f"--stack {stack} "
    print(f"\n{outputs['ApiUrl']}\n")
    if "DomainTarget" in outputs:
        print(f"Point a CNAME of its name at {outputs['DomainTarget']}\n")
    print("Next, open an account, which prints a token, and try every route with it:\n")
    print(f'  make admin ARGS="{which}create-account smoke --plan free"')
    print(f"  make smoke URL={outputs['ApiUrl']} TOKEN=...")


def empty(*arguments: str) -> None:
    """Deletes every document of a dev stack: CloudFormation deletes no bucket that holds something. Of prod it touches nothing.

    `arguments` are those of `cdk destroy`, since one of them may say which stack it is. Raises NotReady.
    """
    stage = _config(arguments).stage
    if stage.keeps_data:
        print(
            "Documents and jobs are kept: of a prod stack the buckets and the table stay. docs/deploy.md says how they go too."
        )
        return
    name = f"{STACK}{stage.suffix}"
    try:
        (stack,) = boto3.client("cloudformation").describe_stacks(StackName=name)["Stacks"]
    except (BotoCoreError, ClientError) as error:
        raise NotReady(f"{name}: {error}") from error
    outputs = {it["OutputKey"]: it["OutputValue"] for it in stack["Outputs"]}
    buckets = [outputs["BucketName"], outputs["DropBucketName"]]
    if input(f"This deletes all that is in {' and '.join(buckets)}. Type {name} to go on: ") != name:
        raise NotReady("Nothing was deleted.")
    for bucket in buckets:
        boto3.resource("s3").Bucket(bucket).objects.all().delete()
        print(f"{bucket} is empty.")


def _config(arguments: Sequence[str]) -> Config:
    try:
        return Config.read({**defaults(), **given(arguments)})
    except InvalidContext as error:
        raise NotReady(f"cdk.json, or -c: {error}") from error


def _docker_answers() -> bool:
    docker = shutil.which("docker")
    return docker is not None and subprocess.run([docker, "info"], capture_output=True, timeout=30).returncode == 0


COMMANDS: dict[str, Callable[..., None]] = {"check": check, "report": report, "empty": empty}


def main(command: str, *arguments: str) -> int:
    try:
        COMMANDS[command](*arguments)
    except NotReady as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
