"""What pages are read with. Runs in the process of `ocrchat.page_process`, which is started with this function's settings."""

from __future__ import annotations

import os
from pathlib import Path

from ocrchat.engines import CpuModels, ThoroughModels
from ocrchat.model import Tier
from ocrchat.reader import Reader
from ocrchat.settings import Settings, vcpus


def reader() -> Reader:
    """A page of the vlm tier is given more time: it is the answer where no model gives one."""
    settings = Settings.from_env()
    tessdata = Path(settings.tessdata) if settings.tessdata else None
    models = CpuModels(Path(settings.weights), tessdata, threads=vcpus())
    if "AWS_LAMBDA_INITIALIZATION_TYPE" in os.environ:
        models.load()  # Lambda gives a function more CPU while it starts. Elsewhere each is loaded when a page needs it.
    return Reader({Tier.CPU: models, Tier.VLM: ThoroughModels(models)})
