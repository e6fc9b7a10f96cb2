"""Who may import whom: a layer that reaches up, or a heavy package in a light module, fails here."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
CORE = ROOT / "layers" / "core" / "python" / "ocrchat"

PURE = {
    *("model", "errors", "keys", "codec", "settings", "media", "languages", "asl", "problem", "selection", "billing"),
    *(
        "filenames",
        "openapi",
        "schemas",
        "published",
        "limits",
        "bidi",
        "gibberish",
        "drawings",
        "writing",
        "tools",
        "plans",
        "confinement",
        "tracebacks",
        "fields",
    ),
}
PAGE = PURE | {"pdf", "textlayer", "images", "layout", "tables", "engines", "structure", "reader", "export", "vlm"}

# module of ocrchat (or its first folder) -> (modules of ocrchat it may import, third-party packages it may import)
RULES: dict[str, tuple[set[str], set[str]]] = {
    **{name: (PURE, set()) for name in PURE},
    "languages": (PURE, {"pycld2"}),
    "layout": (PURE | {"layout"}, set()),
    "textlayer": (PURE, {"pymupdf"}),
    "pdf": (PURE | {"textlayer"}, {"pymupdf"}),
    "images": (PURE, {"PIL", "pillow_heif"}),
    "web": (PURE, {"httpx", "httpcore"}),
    "engines": (
        PURE | {"engines", "layout", "tables", "networks"},
        {"cv2", "numpy", "rapidocr_onnxruntime", "tesserocr"},
    ),
    "networks": (PURE, {"onnxruntime"}),
    "tables": (PURE | {"tables", "networks"}, {"cv2", "numpy"}),
    "schemas": (PURE | {"translation"}, set()),
    "codec": (PURE | {"tables", "tool_results"}, set()),
    "tool_results": (PURE | {"tables", "vlm"}, set()),
    "vlm": (PURE | {"layout", "tables", "vlm"}, {"httpx", "rapidfuzz"}),
    "chat": (PURE | {"chat", "networks", "vlm"}, {"Stemmer", "numpy", "rapidfuzz", "tokenizers"}),
    "translation": (PURE | {"chat", "export", "translation"}, {"httpx"}),
    "pictures": (PURE | {"vlm"}, {"PIL"}),
    "structure": (PAGE, set()),
    "reader": (PAGE, set()),
    "export": (PAGE, {"docx", "lxml", "pymupdf", "PIL", "uharfbuzz", "xlsxwriter"}),
    "aws": (
        PURE | {"aws", "chat", "translation", "vlm"},
        {
            *("boto3", "botocore", "tenacity", "urllib3"),
            *(
                "mypy_boto3_dynamodb",
                "mypy_boto3_events",
                "mypy_boto3_s3",
                "mypy_boto3_sqs",
                "mypy_boto3_stepfunctions",
            ),
            "mypy_boto3_bedrock_runtime",
            "mypy_boto3_sagemaker_runtime",
            "mypy_boto3_translate",
        },
    ),
    "scratch": (PURE | {"aws"}, set()),
    "page_process": (PURE | {"codec", "reader"}, set()),
    "inspection": (PURE | {"reader", "telemetry"}, set()),
    "supervised": (PURE | {"codec", "page_process", "telemetry"}, set()),
    "cloud": (PURE | {"aws", "chat", "translation", "vlm"}, {"boto3", "botocore"}),
    "usecases": (
        PAGE
        | {
            "aws",
            "chat",
            "cloud",
            "pictures",
            "inspection",
            "scratch",
            "tool_results",
            "translation",
            "usecases",
            "vlm",
            "web",
        },
        set(),
    ),
    "webhooks": (PAGE | {"aws", "cloud", "web"}, {"standardwebhooks"}),
    "telemetry": (PURE, {"aws_lambda_powertools"}),
    "rest": (PURE | {"aws", "cloud", "telemetry"}, {"aws_lambda_powertools"}),
}


def imports(path: Path) -> set[str]:
    """Dotted names of everything that a file imports, wherever in it."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are absolute"
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def third_party(names: set[str]) -> set[str]:
    first = {name.partition(".")[0] for name in names}
    return first - sys.stdlib_module_names - {"ocrchat", "functions", "infra", "local", "__future__"}


def inside(names: set[str], package: str) -> set[str]:
    return {name.split(".")[1] for name in names if name.startswith(f"{package}.")}


@pytest.mark.parametrize("path", sorted(CORE.rglob("*.py")), ids=lambda path: str(path.relative_to(CORE)))
def test_core_modules_import_only_what_their_layer_may(path: Path) -> None:
    module = path.relative_to(CORE).parts[0].removesuffix(".py")
    if module == "__init__":
        assert not imports(path)
        return
    own, packages = RULES[module]
    names = imports(path)
    assert inside(names, "ocrchat") <= own
    assert third_party(names) <= packages
    assert not inside(names, "functions")


@pytest.mark.parametrize(
    "path", sorted((ROOT / "functions").rglob("*.py")), ids=lambda path: str(path.relative_to(ROOT))
)
def test_functions_are_thin(path: Path) -> None:
    """ocrchat, Powertools, a form parser, their own folder. Never boto3, never another function."""
    names = imports(path)
    assert third_party(names) <= {"aws_lambda_powertools", "multipart"}
    assert inside(names, "functions") <= {path.parent.name}


@pytest.mark.parametrize("path", sorted((ROOT / "infra").rglob("*.py")), ids=lambda path: path.name)
def test_infra_knows_only_pure_modules(path: Path) -> None:
    names = imports(path)
    if path.name == "stage_weights.py":  # a command of its own, which the CDK app does not import
        assert third_party(names) <= {"boto3", "botocore", "httpx2", "huggingface_hub", "mypy_boto3_s3", "rich"}
    elif path.name == "deployment.py":  # likewise
        assert third_party(names) <= {"boto3", "botocore"}
    else:
        assert third_party(names) <= {"aws_cdk", "constructs", "jsii"}
    assert inside(names, "ocrchat") <= {"settings", "asl", "model", "errors", "problem", "plans", "keys", "vlm"}
    assert not inside(names, "functions")


@pytest.mark.parametrize("path", sorted((ROOT / "local").rglob("*.py")), ids=lambda path: path.name)
def test_local_starts_the_emulator_as_a_process_and_never_imports_it_or_a_function(path: Path) -> None:
    names = imports(path)
    assert third_party(names) <= {"boto3", "httpx", "hypercorn", "rich", "starlette"}
    assert not inside(names, "functions")


@pytest.mark.parametrize("path", sorted((ROOT / "admin").rglob("*.py")), ids=lambda path: path.name)
def test_the_operators_command_is_a_face_of_the_product(path: Path) -> None:
    names = imports(path)
    assert third_party(names) <= {"boto3", "rich", "typer"}
    assert not inside(names, "functions")
    assert not inside(names, "local")


@pytest.mark.parametrize("path", sorted((ROOT / "smoke").rglob("*.py")), ids=lambda path: path.name)
def test_the_smoke_test_knows_nothing_of_the_product_but_its_api(path: Path) -> None:
    names = imports(path)
    assert third_party(names) <= {"httpx"}
    assert not inside(names, "ocrchat")
    assert not inside(names, "functions")


@pytest.mark.parametrize("path", sorted((ROOT / "chaos").rglob("*.py")), ids=lambda path: path.name)
def test_faults_are_made_from_outside(path: Path) -> None:
    """By who knows the product, which knows nothing of them: no other package may import chaos."""
    names = imports(path)
    assert third_party(names) <= {
        "PIL",
        "benchmarks",
        "boto3",
        "botocore",
        "chaos",
        "httpx",
        "jinja2",
        "moto",
        "psutil",
        "rich",
        "standardwebhooks",
        "tests",
    }
