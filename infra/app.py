"""`cdk synth` and `cdk deploy` run this file; so does `make synth`, without the CDK command line."""

from __future__ import annotations

import sys
from pathlib import Path

import aws_cdk as cdk

from infra.assets import make_readable
from infra.config import Config, InvalidContext, defaults, given
from infra.stack import OcrChatStack
from infra.vlm_stack import VlmStack


def build(outdir: str | None = None, **context: object) -> tuple[cdk.App, OcrChatStack]:
    """The context is read here, so that all synthesise the same template; `-c` on the command line wins over it.

    Raises InvalidContext.
    """
    app = cdk.App(outdir=outdir, context={**defaults(), **context}, analytics_reporting=False)
    config = Config.read(app.node.get_all_context())
    ocrchat = OcrChatStack(app, "OcrChat", config=config)
    if config.vlm_stack:
        VlmStack(app, "OcrChatVlm", config=config)
    return app, ocrchat


if __name__ == "__main__":
    try:
        app, _ = build(**given(sys.argv[1:]))
    except InvalidContext as error:
        raise SystemExit(f"cdk.json, or -c: {error}") from None
    make_readable(Path(app.synth().directory))
