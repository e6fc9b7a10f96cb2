"""What an entry point may load. The OCR stack unpacks to 380 MB: in the wrong function it does not even deploy."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

HEAVY = {"cv2", "onnxruntime", "numpy", "rapidocr_onnxruntime", "shapely"}
DOCUMENTS = {"pymupdf", "PIL"}


def loaded_by(module: str) -> set[str]:
    """Top-level modules in a fresh interpreter after importing `module`."""
    script = (
        f"import sys, json, {module}; print(json.dumps(sorted({{name.partition('.')[0] for name in sys.modules}})))"
    )
    environment = {
        "PYTHONPATH": "layers/core/python:.",
        "POWERTOOLS_SERVICE_NAME": "test",
        "POWERTOOLS_METRICS_NAMESPACE": "test",
    }
    output = subprocess.run([sys.executable, "-c", script], env=environment, check=True, capture_output=True).stdout
    return set(json.loads(output))


@pytest.mark.parametrize(
    "module",
    [
        "submit.api",
        "submit.gate",
        "submit.split",
        "submit.drop",
        "submit.reconcile",
        "ocr_page.dead_letter",
        "export.assemble",
        "export.translate",
        "export.api",
        "export.publish",
        "chat.api",
    ],
)
def test_functions_outside_the_image_never_load_the_ocr_stack(module: str) -> None:
    assert not loaded_by(f"functions.{module}") & HEAVY


@pytest.mark.parametrize(
    "module",
    ["submit.reconcile", "ocr_page.dead_letter", "export.assemble", "export.translate", "export.api", "chat.api"],
)
def test_functions_without_the_documents_layer_do_not_need_it(module: str) -> None:
    assert not loaded_by(f"functions.{module}") & DOCUMENTS


def test_the_gate_loads_neither_boto3_nor_powertools_nor_documents_before_a_file_that_is_too_large() -> None:
    assert not loaded_by("functions.submit.gate") & (HEAVY | DOCUMENTS | {"boto3", "botocore", "aws_lambda_powertools"})


def test_a_worker_opens_no_file_itself() -> None:
    assert not loaded_by("functions.ocr_page.handler") & (HEAVY | DOCUMENTS)
