"""`make stage-weights TO=s3://bucket/prefix/`: a model of the hub, at a pinned commit, into the place that the endpoint reads.

Each file is held against the hub's own digest, SHA-256 of large files and Git's of small ones, and against a manifest of
an earlier staging if there is one. What is already in S3 is left there; manifest.json comes last, so that a folder that
has it is whole.
"""

from __future__ import annotations

import argparse
import hashlib
import json
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

import boto3
from boto3.exceptions import Boto3Error
from botocore.exceptions import BotoCoreError, ClientError
from httpx2 import HTTPError
from huggingface_hub import HfApi, hf_hub_download
from rich.progress import DownloadColumn, Progress, TransferSpeedColumn

from infra.vlm_weights import Weights

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

ROOT = Path(__file__).resolve().parent.parent
MANIFEST = "manifest.json"
DIGEST = "sha256"
"""Metadata of the object. S3's own checksum of a large one is made of those of its parts, and says nothing about the file."""


class StagingFailed(Exception):
    """What a person has to look at."""


@dataclass(frozen=True)
class RemoteFile:
    """A file of the repository: `sha256` where the hub says it (Git LFS), else only `blob`, the digest that Git gives it."""

    name: str
    size: int
    blob: str
    sha256: str | None


@dataclass(frozen=True)
class Manifest:
    """Name of a file -> its SHA-256."""

    model: str
    revision: str
    files: dict[str, str]

    def dumps(self) -> str:
        return json.dumps({"model": self.model, "revision": self.revision, "files": self.files}, indent=2) + "\n"

    @classmethod
    def loads(cls, text: str) -> Manifest:
        data = json.loads(text)
        return cls(data["model"], data["revision"], data["files"])


def stage(s3: S3Client, weights: Weights, downloads: Path, recorded: Manifest | None = None) -> Manifest:
    """`downloads` holds what was fetched: a second try goes on where the first one stopped. Raises StagingFailed."""
    files = _of_hub(weights)
    if recorded:
        _hold_against(recorded, weights, files)
    present = _in_s3(s3, weights)
    strays = present - {file.name for file in files} - {MANIFEST}
    if strays:
        # The endpoint would load them too.
        raise StagingFailed(
            f"{weights.uri} holds what is no part of the model: {', '.join(sorted(strays))}. Delete it."
        )
    digests = {}
    for number, file in enumerate(files, 1):
        wanted = recorded.files[file.name] if recorded else file.sha256
        print(f"[{number}/{len(files)}] {file.name}, {file.size / 1e6:.1f} MB: ", end="", flush=True)
        if wanted and file.name in present and _digest_in_s3(s3, weights, file) == wanted:
            print("is there")
            digests[file.name] = wanted
            continue
        print("downloading")
        path = _download(weights, file, downloads, wanted)
        digests[file.name] = _sha256(path)
        if file.name not in present or _digest_in_s3(s3, weights, file) != digests[file.name]:
            _upload(s3, weights, file, path, digests[file.name])
    manifest = Manifest(weights.model, weights.revision, dict(sorted(digests.items())))
    s3.put_object(Bucket=weights.bucket, Key=weights.folder + MANIFEST, Body=manifest.dumps().encode())
    return manifest


def _of_hub(weights: Weights) -> list[RemoteFile]:
    info = HfApi().model_info(weights.model, revision=weights.revision, files_metadata=True)
    if info.sha != weights.revision:
        raise StagingFailed(f"The hub answers with revision {info.sha} when asked for {weights.revision}.")
    files = []
    for it in info.siblings or []:
        if PurePosixPath(it.rfilename).name.startswith("."):
            continue  # .gitattributes
        if it.rfilename == MANIFEST:
            raise StagingFailed(f"The model has a file {MANIFEST} of its own.")
        if it.size is None or it.blob_id is None:
            raise StagingFailed(f"The hub does not say how large {it.rfilename} is, or its digest.")
        files.append(RemoteFile(it.rfilename, it.size, it.blob_id, it.lfs.sha256 if it.lfs else None))
    return files


def _hold_against(recorded: Manifest, weights: Weights, files: list[RemoteFile]) -> None:
    if (recorded.model, recorded.revision) != (weights.model, weights.revision):
        raise StagingFailed(f"The manifest is of {recorded.model} at {recorded.revision}.")
    changed = {file.name for file in files if file.sha256 and recorded.files.get(file.name) != file.sha256}
    changed |= recorded.files.keys() ^ {file.name for file in files}
    if changed:
        raise StagingFailed(f"The hub has other files than the manifest: {', '.join(sorted(changed))}.")


def _in_s3(s3: S3Client, weights: Weights) -> set[str]:
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=weights.bucket, Prefix=weights.folder)
    return {it["Key"].removeprefix(weights.folder) for page in pages for it in page.get("Contents", [])}


def _digest_in_s3(s3: S3Client, weights: Weights, file: RemoteFile) -> str | None:
    head = s3.head_object(Bucket=weights.bucket, Key=weights.folder + file.name)
    return head["Metadata"].get(DIGEST) if head["ContentLength"] == file.size else None


def _download(weights: Weights, file: RemoteFile, downloads: Path, sha256: str | None) -> Path:
    """The file, which is the one that hub and manifest mean: else it is deleted, so that the next try fetches it anew."""
    path = Path(hf_hub_download(weights.model, file.name, revision=weights.revision, local_dir=downloads))
    right = sha256 is None or _sha256(path) == sha256
    if file.sha256 is None:
        right = right and _git_blob(path) == file.blob
    if not right:
        path.unlink()
        raise StagingFailed(f"{file.name} is not the file that hub or manifest list. It was deleted; try again.")
    return path


def _upload(s3: S3Client, weights: Weights, file: RemoteFile, path: Path, sha256: str) -> None:
    with Progress(*Progress.get_default_columns(), DownloadColumn(), TransferSpeedColumn()) as progress:
        task = progress.add_task("uploading", total=file.size)
        s3.upload_file(
            str(path),
            weights.bucket,
            weights.folder + file.name,
            ExtraArgs={"Metadata": {DIGEST: sha256}},
            Callback=lambda sent: progress.advance(task, sent),
        )


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _git_blob(path: Path) -> str:
    """What Git calls the file: SHA-1 over its size and content."""
    content = path.read_bytes()
    return hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()


def _parser() -> argparse.ArgumentParser:
    context = json.loads((ROOT / "cdk.json").read_text())["context"]
    parser = argparse.ArgumentParser(prog="make stage-weights", description=__doc__)
    parser.add_argument("to", metavar="s3://bucket/prefix/", help="a folder for model and revision is made in it")
    parser.add_argument("--model", default=context["vlm_model"], help="default: %(default)s")
    parser.add_argument("--revision", default=context["vlm_revision"], help="the commit; default: %(default)s")
    parser.add_argument("--manifest", type=Path, help="manifest.json of an earlier staging, to be held against")
    return parser


def main(arguments: list[str] | None = None) -> None:
    given = _parser().parse_args(arguments)
    try:
        weights = Weights.at(given.to, given.model, given.revision)
        recorded = Manifest.loads(given.manifest.read_text()) if given.manifest else None
        manifest = stage(boto3.client("s3"), weights, ROOT / ".build" / "models" / weights.folder, recorded)
    except (StagingFailed, ValueError, OSError, HTTPError, Boto3Error, BotoCoreError, ClientError) as error:
        raise SystemExit(f"stage-weights: {error}") from None
    print(
        f"{len(manifest.files)} files of {weights.model} are in {weights.uri}; what they are stands in its {MANIFEST}."
    )


if __name__ == "__main__":
    main()
