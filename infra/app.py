"""`cdk synth` and `cdk deploy` run this file; so does `make synth`, without the CDK command line."""

from __future__ import annotations

import json
from pathlib import Path

import aws_cdk as cdk

from infra.assets import make_readable
from infra.stack import OcrChatStack

CDK_JSON = Path(__file__).resolve().parent.parent / "cdk.json"


def build(outdir: str | None = None, **context: object) -> tuple[cdk.App, OcrChatStack]:
    """The context is read here, so that all synthesise the same template; `-c` on the command line wins over it."""
    defaults = json.loads(CDK_JSON.read_text())["context"]
    app = cdk.App(outdir=outdir, context={**defaults, **context}, analytics_reporting=False)
    return app, OcrChatStack(app, "OcrChat")


if __name__ == "__main__":
    make_readable(Path(build()[0].synth().directory))
