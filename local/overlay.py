"""The template for the emulator, derived from the one that CDK synthesises for AWS. Short on purpose: two truths drift.

    python -m local.overlay cdk.out/OcrChat.template.json > local/template.json

The result is committed (so running the product needs neither CDK nor Node), and a test compares it with a fresh one.
What changes:
  * code comes from this checkout by name (`functions/submit.zip`) instead of from an asset bucket by hash;
  * the container image of ocr_page becomes its zip twin: same handler, and its packages from the virtual environment;
  * the layers of documents, exports and chat go, since their packages are in the virtual environment too;
  * nobody is woken on a laptop: alarms, their topic and the dashboard go;
  * the API is reached at the emulator's address;
  * what depends on the machine is left open as `{"Local": name}`, for `fill` at deployment: how many pages at once, where
    the weights and Tesseract's data are, whether callers may name private addresses. (Not CloudFormation parameters: the
    emulator hands numbers on as text, and event sources then break.)
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

ASSET_BUCKET = "ocrchat-assets"
_FROM_VENV = ("layers/documents", "layers/exports", "layers/chat")
_OPEN = "Local"
_WATCHES = ("AWS::CloudWatch::", "AWS::SNS::")
"""The types of what watches the stack, and of what it tells."""

_OPEN_VARIABLES = {
    "OCRCHAT_WEIGHTS": "weights",
    "OCRCHAT_TESSDATA": "tessdata",
    "OCRCHAT_INLINE_WAITERS": "inline_waiters",
    "OCRCHAT_VLM_BACKEND": "vlm_backend",
    "OCRCHAT_VLM_DIALECT": "vlm_dialect",
    "OCRCHAT_VLM_MODEL": "vlm_model",
}
_VLM_VARIABLES = {
    "OCRCHAT_VLM_ENDPOINT": "vlm_endpoint",
    "OCRCHAT_VLM_URL": "vlm_url",
    "OCRCHAT_VLM_SECRET": "vlm_secret",
    "OCRCHAT_VLM_MAX_WAIT": "vlm_max_wait",
    "AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME": "vlm_endpoint_url",
}
"""Of the function that asks the model. The emulator has no endpoints of models, so where one is comes from outside."""

_CHAT_VARIABLES = {
    "OCRCHAT_CHAT_PROVIDER": "chat_provider",
    "OCRCHAT_CHAT_MODEL": "chat_model",
    "OCRCHAT_CHAT_URL": "chat_url",
    "OCRCHAT_CHAT_SECRET": "chat_secret",
    "OCRCHAT_CHAT_CONTEXT": "chat_context",
    "AWS_ENDPOINT_URL_BEDROCK_RUNTIME": "chat_endpoint_url",
}
_TRANSLATE_VARIABLES = {
    "OCRCHAT_TRANSLATE_PROVIDER": "translate_provider",
    "OCRCHAT_TRANSLATE_MODEL": "translate_model",
    "OCRCHAT_TRANSLATE_URL": "translate_url",
    "OCRCHAT_TRANSLATE_SECRET": "translate_secret",
    "AWS_ENDPOINT_URL_TRANSLATE": "translate_endpoint_url",
    "AWS_ENDPOINT_URL_BEDROCK_RUNTIME": "translate_endpoint_url",
}
_TRANSLATES = ("submit.api", "submit.drop", "export.translate")
_ANSWERS = "chat.api"
_ASKS = "ocr_page.vlm"
_CALLS_OUT = ("submit.api", "submit.drop", "export.webhook")
"""The entry files that reach addresses which callers name."""


def localise(template: dict[str, Any]) -> dict[str, Any]:
    resources: dict[str, Any] = {
        name: resource
        for name, resource in template["Resources"].items()
        if not resource["Type"].startswith(("AWS::CDK::Metadata", *_WATCHES))
    }
    assets = {name: resource.get("Metadata", {}).get("ocrchat:asset") for name, resource in resources.items()}
    core_layer = next(name for name, asset in assets.items() if asset == "layers/core")
    dropped = {name for name, asset in assets.items() if asset in _FROM_VENV}
    for name, resource in resources.items():
        properties = resource.get("Properties", {})
        if resource["Type"] == "AWS::Lambda::LayerVersion":
            properties["Content"] = _code(assets[name])
        elif resource["Type"] == "AWS::Lambda::Function":
            if properties.pop("PackageType", "Zip") == "Image":
                properties.pop("ImageConfig", None)
                properties |= {
                    "Runtime": "python3.12",
                    "Handler": resource["Metadata"]["ocrchat:handler"],
                    "Layers": [{"Ref": core_layer}],
                }
            properties["Code"] = _code(assets[name])
            properties["Layers"] = [layer for layer in properties["Layers"] if layer["Ref"] not in dropped]
            environment = properties["Environment"]["Variables"]
            for variable in environment.keys() & _OPEN_VARIABLES.keys():
                environment[variable] = {_OPEN: _OPEN_VARIABLES[variable]}
            if environment["POWERTOOLS_SERVICE_NAME"] in _CALLS_OUT:
                environment["OCRCHAT_ALLOW_PRIVATE_ADDRESSES"] = {_OPEN: "allow_private_addresses"}
            if environment["POWERTOOLS_SERVICE_NAME"] == _ASKS:
                environment |= {name: {_OPEN: value} for name, value in _VLM_VARIABLES.items()}
            if environment["POWERTOOLS_SERVICE_NAME"] == _ANSWERS:
                environment |= {name: {_OPEN: value} for name, value in _CHAT_VARIABLES.items()}
            if environment["POWERTOOLS_SERVICE_NAME"] in _TRANSLATES:
                environment |= {name: {_OPEN: value} for name, value in _TRANSLATE_VARIABLES.items()}
        elif resource["Type"] == "AWS::Lambda::EventSourceMapping" and "ScalingConfig" in properties:
            properties["ScalingConfig"] = {"MaximumConcurrency": {_OPEN: "ocr_concurrency"}}
        resource.pop("Metadata", None)
    outputs = {
        name: output
        for name, output in template["Outputs"].items()
        if not any(output["Value"] == {"Ref": gone} for gone in template["Resources"].keys() - resources.keys())
    }
    stage = [{_OPEN: "endpoint"}, "/restapis/", outputs["ApiId"]["Value"], "/", outputs["ApiStage"]["Value"]]
    outputs["ApiUrl"] = {"Value": {"Fn::Join": ["", [*stage, "/_user_request_/"]]}}
    return {
        "Resources": {name: resource for name, resource in resources.items() if name not in dropped},
        "Outputs": outputs,
    }


def fill(value: Any, machine: dict[str, Any]) -> Any:
    """The template with what was left open; what is empty on this machine is left out."""
    if isinstance(value, dict):
        if set(value) == {_OPEN}:
            return machine[value[_OPEN]]
        return {key: filled for key, v in value.items() if (filled := fill(v, machine)) != "" or v == ""}
    if isinstance(value, list):
        return [fill(item, machine) for item in value]
    return value


def _code(asset: str) -> dict[str, str]:
    return {"S3Bucket": ASSET_BUCKET, "S3Key": f"{asset}.zip"}


def dumps(template: dict[str, Any]) -> str:
    return json.dumps(template, indent=1, sort_keys=True) + "\n"


if __name__ == "__main__":
    print(dumps(localise(json.loads(Path(sys.argv[1]).read_text()))), end="")
