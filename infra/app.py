"""`cdk synth` and `cdk deploy` run this file; so does `make synth`, without the CDK command line."""

from __future__ import annotations

import sys
from pathlib import Path

import aws_cdk as cdk

from infra.assets import make_readable
from infra.config import Config, InvalidContext, defaults, given
from infra.stack import OcrChatStack
from infra.vlm_stack import VlmStack
from local import assembly
from local.emulator import EmulatorFailed


def build(outdir: str | None = None, **context: object) -> tuple[cdk.App, OcrChatStack]:
    """The context is read here, so that all synthesise the same template; `-c` on the command line wins over it.

    Raises InvalidContext.
    """
    app = cdk.App(outdir=outdir, context={**defaults(), **context}, analytics_reporting=False)
    config = Config.read(app.node.get_all_context())
    if config.local:
        app.node.set_context(
            "aws:cdk:bundling-stacks", []
        )  # its layers are not what CDK makes of them: see local/assembly.py
    ocrchat = OcrChatStack(app, "OcrChat", config=config)
    if config.vlm_stack:
        VlmStack(app, "OcrChatVlm", config=config)
    return app, ocrchat


if __name__ == "__main__":
    try:
        app, _ = build(**given(sys.argv[1:]))
        folder = Path(app.synth().directory)
        if Config.read(app.node.get_all_context()).local:
            assembly.localise(folder)
    except (InvalidContext, EmulatorFailed) as error:
        raise SystemExit(f"cdk.json, or -c: {error}") from None
    make_readable(folder)
