"""Weights from the hub into S3: the library's real requests to a hub on loopback, boto3's to moto.

Not tested here: Xet, the protocol in which the real hub offers large files to this library first.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from huggingface_hub import constants
from moto import mock_aws

from infra import stage_weights
from infra.stage_weights import Manifest, StagingFailed, stage
from infra.vlm_weights import Weights
from tests.infra.hub import Hub, serving, sha256

REVISION = "0123456789abcdef0123456789abcdef01234567"
WEIGHTS = Weights.at("s3://models/ocr", "owner/model", REVISION)
TENSORS = bytes(range(256)) * 40_000  # 10 MB: more than one part of an upload
CONFIG = b'{"model_type": "tiny"}\n'


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    files = {"config.json": CONFIG, "processor/preprocessor_config.json": b"{}", ".gitattributes": b"* lfs"}
    with serving(Hub("owner/model", REVISION, {"model.safetensors": TENSORS}, files)) as hub:
        # What HF_ENDPOINT sets, which is read when the library is imported.
        monkeypatch.setattr(constants, "ENDPOINT", hub.url)
        monkeypatch.setattr(
            constants, "HUGGINGFACE_CO_URL_TEMPLATE", hub.url + "/{repo_id}/resolve/{revision}/{filename}"
        )
        yield hub


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    with mock_aws():
        s3 = boto3.client("s3")
        s3.create_bucket(Bucket="models")
        yield s3


def objects(s3: Any) -> dict[str, bytes]:
    """Name in the folder -> content."""
    keys = [it["Key"] for it in s3.list_objects_v2(Bucket="models").get("Contents", [])]
    assert all(key.startswith(f"ocr/owner/model/{REVISION}/") for key in keys)
    return {key.removeprefix(WEIGHTS.folder): s3.get_object(Bucket="models", Key=key)["Body"].read() for key in keys}


def test_a_model_is_put_into_a_folder_of_its_own_with_a_manifest(hub: Hub, s3: Any, tmp_path: Path) -> None:
    manifest = stage(s3, WEIGHTS, tmp_path)

    staged = objects(s3)
    assert Manifest.loads(staged.pop("manifest.json").decode()) == manifest
    assert staged == {"model.safetensors": TENSORS, "config.json": CONFIG, "processor/preprocessor_config.json": b"{}"}
    assert manifest == Manifest("owner/model", REVISION, {name: sha256(content) for name, content in staged.items()})


def test_what_is_in_s3_already_is_neither_fetched_nor_put_again(hub: Hub, s3: Any, tmp_path: Path) -> None:
    first = stage(s3, WEIGHTS, tmp_path / "first")
    hub.fetched.clear()
    before = s3.head_object(Bucket="models", Key=WEIGHTS.folder + "config.json")["LastModified"]

    again = stage(s3, WEIGHTS, tmp_path / "again")

    assert again == first
    # Of small files the hub has only Git's digest, so that they are fetched to be compared.
    assert set(hub.fetched) == {"config.json", "processor/preprocessor_config.json"}
    assert s3.head_object(Bucket="models", Key=WEIGHTS.folder + "config.json")["LastModified"] == before


def test_with_a_manifest_nothing_has_to_be_fetched_again(hub: Hub, s3: Any, tmp_path: Path) -> None:
    manifest = stage(s3, WEIGHTS, tmp_path / "first")
    hub.fetched.clear()

    assert stage(s3, WEIGHTS, tmp_path / "again", manifest) == manifest
    assert hub.fetched == []


def test_an_object_that_is_not_the_file_is_replaced(hub: Hub, s3: Any, tmp_path: Path) -> None:
    s3.put_object(Bucket="models", Key=WEIGHTS.folder + "model.safetensors", Body=TENSORS)  # nobody says its digest
    s3.put_object(Bucket="models", Key=WEIGHTS.folder + "config.json", Body=b"{}", Metadata={"sha256": sha256(CONFIG)})

    stage(s3, WEIGHTS, tmp_path)

    head = s3.head_object(Bucket="models", Key=WEIGHTS.folder + "model.safetensors")
    assert head["Metadata"] == {"sha256": sha256(TENSORS)}
    assert objects(s3)["config.json"] == CONFIG


@pytest.mark.parametrize("name", ["model.safetensors", "config.json"])
def test_a_damaged_download_is_not_staged_and_the_next_try_mends_it(
    hub: Hub, s3: Any, tmp_path: Path, name: str
) -> None:
    whole = (hub.large | hub.small)[name]
    hub.served[name] = whole[:-1] + b"!"

    with pytest.raises(StagingFailed, match=name):
        stage(s3, WEIGHTS, tmp_path)
    staged = objects(s3)
    assert name not in staged
    assert "manifest.json" not in staged

    hub.served.clear()
    stage(s3, WEIGHTS, tmp_path)
    assert objects(s3)[name] == whole


def test_a_manifest_that_the_hub_contradicts_stops_before_anything_is_put(hub: Hub, s3: Any, tmp_path: Path) -> None:
    manifest = stage(s3, WEIGHTS, tmp_path / "first")
    s3.delete_object(Bucket="models", Key=WEIGHTS.folder + "config.json")
    hub.large["model.safetensors"] = b"other weights"

    with pytest.raises(StagingFailed, match=r"other files than the manifest: model\.safetensors"):
        stage(s3, WEIGHTS, tmp_path / "again", manifest)
    assert "config.json" not in objects(s3)


def test_a_small_file_is_held_against_the_manifest_too(hub: Hub, s3: Any, tmp_path: Path) -> None:
    manifest = stage(s3, WEIGHTS, tmp_path / "first")
    s3.delete_object(Bucket="models", Key=WEIGHTS.folder + "config.json")
    hub.small["config.json"] = b'{"auto_map": "other code"}'

    with pytest.raises(StagingFailed, match=r"config\.json"):
        stage(s3, WEIGHTS, tmp_path / "again", manifest)


def test_a_manifest_of_another_revision_is_refused(hub: Hub, s3: Any, tmp_path: Path) -> None:
    with pytest.raises(StagingFailed, match="ffff"):
        stage(s3, WEIGHTS, tmp_path, Manifest("owner/model", "f" * 40, {}))


def test_what_is_no_part_of_the_model_is_not_left_where_the_endpoint_would_load_it(
    hub: Hub, s3: Any, tmp_path: Path
) -> None:
    s3.put_object(Bucket="models", Key=WEIGHTS.folder + "old.safetensors", Body=b"")

    with pytest.raises(StagingFailed, match=r"old\.safetensors"):
        stage(s3, WEIGHTS, tmp_path)


def test_the_command_stages_what_cdk_json_names_unless_told_otherwise(
    hub: Hub, s3: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(stage_weights, "ROOT", tmp_path)
    context = {"vlm_model": "owner/model", "vlm_revision": REVISION}
    (tmp_path / "cdk.json").write_text(json.dumps({"context": context}))

    stage_weights.main(["s3://models/ocr/"])

    said = capsys.readouterr().out
    assert "[1/3] model.safetensors, 10.2 MB: downloading" in said
    assert WEIGHTS.uri in said
    assert set(objects(s3)) == {
        "model.safetensors",
        "config.json",
        "processor/preprocessor_config.json",
        "manifest.json",
    }

    stage_weights.main(["s3://models/ocr/"])
    assert "[1/3] model.safetensors, 10.2 MB: is there" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["models/ocr"], "Say s3://bucket/prefix/"),
        (["s3://models/ocr", "--revision", "main"], "40 hexadecimal digits"),
        (["s3://models/ocr", "--model", "LightOnOCR"], "owner/name"),
        (["s3://models/ocr", "--model", "owner/other"], "404"),
        (["s3://nowhere/ocr"], "NoSuchBucket"),
        (["s3://models/ocr", "--manifest", "missing.json"], "missing.json"),
    ],
)
def test_what_cannot_be_staged_is_said_in_a_line(
    hub: Hub, s3: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], said: str
) -> None:
    monkeypatch.setattr(stage_weights, "ROOT", tmp_path)
    context = {"vlm_model": "owner/model", "vlm_revision": REVISION}
    (tmp_path / "cdk.json").write_text(json.dumps({"context": context}))

    with pytest.raises(SystemExit, match=said):
        stage_weights.main(arguments)


def test_a_hub_that_does_not_answer_is_said_too(s3: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(constants, "ENDPOINT", "http://127.0.0.1:9")

    with pytest.raises(SystemExit, match="stage-weights: "):
        stage_weights.main(["s3://models/ocr/", "--model", "owner/model", "--revision", REVISION])
    with pytest.raises(ClientError, match="404"):
        s3.head_object(Bucket="models", Key=WEIGHTS.folder + "manifest.json")
