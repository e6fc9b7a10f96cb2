"""What a function unpacks to, with its layers really built for Lambda's platform. Needs the network, or a cache."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from ocrchat.chat.embedder import MODEL, TOKENIZER
from tests.infra.synthesised import Synthesised

ROOT = Path(__file__).resolve().parent.parent.parent
LIMIT = 262_144_000
"""Lambda's 250 MB for a zip function and all of its layers, unpacked."""


@pytest.fixture(scope="module")
def layers(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Asset name -> folder."""
    from infra import assets

    core, documents, exports, chat = (
        tmp_path_factory.mktemp(name) for name in ("core", "documents", "exports", "chat")
    )
    lists = (
        assets.CORE_REQUIREMENTS, assets.DOCUMENTS_REQUIREMENTS, assets.EXPORTS_REQUIREMENTS, assets.CHAT_REQUIREMENTS
    )  # fmt: skip
    core_list, documents_list, exports_list, chat_list = (path.read_text() for path in lists)
    assets.build_layer(core_list, assets.CORE, core)
    assets.build_layer(assets.added(core_list, documents_list), None, documents)
    assets.build_layer(assets.added(documents_list, exports_list), None, exports)
    assets.build_layer(assets.added(core_list, chat_list), None, chat, assets.EMBEDDER)
    return {"layers/core": core, "layers/documents": documents, "layers/exports": exports, "layers/chat": chat}


def test_layers_hold_the_product_and_packages_for_lambda(layers: dict[str, Path]) -> None:
    core, documents, exports, chat = (folder / "python" for folder in layers.values())
    for name in (
        "ocrchat/asl/job.asl.json",
        "ocrchat/site/openapi.json",
        "boto3/__init__.py",
        "aws_lambda_powertools/__init__.py",
        "multipart.py",
    ):
        assert (core / name).is_file()
    assert (documents / "pymupdf" / "__init__.py").is_file()
    assert (exports / "docx" / "__init__.py").is_file()
    assert (chat / "onnxruntime" / "__init__.py").is_file()
    assert [(chat.parent / "weights" / name).is_file() for name in (MODEL, TOKENIZER)] == [True, True]
    assert list((documents / "PIL").glob("_imaging.cpython-312-x86_64-linux-gnu.so"))
    compiled = list((core / "ocrchat").glob("__pycache__/keys.cpython-312.pyc"))
    assert len(compiled) == (sys.version_info[:2] == (3, 12)), "bytecode for Lambda's Python, and for no other"


def test_no_package_is_in_two_layers(layers: dict[str, Path]) -> None:
    names = [path.name for folder in layers.values() for path in (folder / "python").iterdir() if path.name != "bin"]
    assert len(set(names)) == len(names)


def test_each_layer_is_locked_with_the_versions_of_those_below_it() -> None:
    """Files of one lock: were they to drift, the layers would be tried together for the first time on AWS."""
    from infra import assets

    lists = (assets.CORE_REQUIREMENTS, assets.DOCUMENTS_REQUIREMENTS, assets.EXPORTS_REQUIREMENTS)
    core, documents, exports = (set(pins(path.read_text())) for path in lists)
    assert core <= documents <= exports
    assert core <= set(pins(assets.CHAT_REQUIREMENTS.read_text()))


def test_every_zip_function_fits_with_its_layers(stack: Synthesised, layers: dict[str, Path]) -> None:
    asset_of = {
        name: layer["Metadata"]["ocrchat:asset"] for name, layer in stack.resources("Lambda::LayerVersion").items()
    }
    for entry, function in stack.functions().items():
        if "Layers" in function["Properties"]:
            used = [layers[asset_of[layer["Ref"]]] for layer in function["Properties"]["Layers"]]
            total = sum(map(size, used)) + size(ROOT / function["Metadata"]["ocrchat:asset"])
            print(f"{entry}: {total / 1e6:.1f} MB")
            assert total < LIMIT, entry


def size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def pins(requirements: str) -> list[str]:
    return [line.split()[0] for line in requirements.splitlines() if "==" in line and line[0].isalnum()]


def test_what_is_staged_can_be_read_by_every_user(tmp_path: Path) -> None:
    from infra import assets

    (tmp_path / "folder").mkdir(mode=0o700)
    secret = tmp_path / "folder" / "api.py"
    secret.touch(mode=0o600)

    assets.make_readable(tmp_path)

    assert secret.stat().st_mode & 0o444 == 0o444
    assert secret.parent.stat().st_mode & 0o555 == 0o555
