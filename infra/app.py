"""`cdk synth` and `cdk deploy` run this file; so does `make synth`, without the CDK command line."""

from __future__ import annotations

import json
from pathlib import Path

import aws_cdk as cdk

from infra.assets import make_readable
from infra.context import InvalidContext
from infra.stack import OcrChatStack
from infra.vlm_stack import VlmStack

CDK_JSON = Path(__file__).resolve().parent.parent / "cdk.json"


def build(outdir: str | None = None, **context: object) -> tuple[cdk.App, OcrChatStack]:
    """The context is read here, so that all synthesise the same template; `-c` on the command line wins over it."""
    defaults = json.loads(CDK_JSON.read_text())["context"]
    app = cdk.App(outdir=outdir, context={**defaults, **context}, analytics_reporting=False)
    ocrchat = OcrChatStack(app, "OcrChat")
    if str(app.node.get_context("vlm_stack")).lower() == "true":
        VlmStack(app, "OcrChatVlm")
    return app, ocrchat


if __name__ == "__main__":
    try:
        app, _ = build()
    except InvalidContext as error:
        raise SystemExit(f"cdk.json, or -c: {error}") from None
    make_readable(Path(app.synth().directory))
