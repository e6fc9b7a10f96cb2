"""`cdk synth` and `cdk deploy` run this file; so does `make synth`, without the CDK command line."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import aws_cdk as cdk

from infra.assets import make_readable
from infra.config import Config, InvalidContext, defaults
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


def _given() -> dict[str, Any]:
    """`-c key=value`, as CDK's command line has it: that hands its own over by the environment, and gives us none."""
    parser = argparse.ArgumentParser()
    parser.add_argument("-c", metavar="key=value", action="append", default=[])
    pairs = [given.partition("=") for given in parser.parse_args().c]
    return {key: value for key, _, value in pairs}


if __name__ == "__main__":
    try:
        app, _ = build(**_given())
    except InvalidContext as error:
        raise SystemExit(f"cdk.json, or -c: {error}") from None
    make_readable(Path(app.synth().directory))
