"""Objects in the bucket."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote

from botocore.exceptions import ClientError

from ocrchat import codec
from ocrchat.aws.failures import code, translated
from ocrchat.errors import FileTooLarge, Unavailable
from ocrchat.model import PresignedUpload

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import GetObjectOutputTypeDef


class BlobMissing(LookupError):
    """There is no object under this key."""


DOWNLOAD_SECONDS = 300
"""How long the address of a download can be used: it is followed at once."""

_AT_ONCE = 8
"""Requests side by side: botocore keeps 10 connections."""

_BATCH = 64
"""Objects that are in memory before the first of them is used."""

_FILENAME = "filename"
"""The metadata of an upload that holds its name, percent-encoded: S3 takes ASCII only."""

_METADATA_BYTES = 1900
"""S3 takes 2 KB, names and values together."""

_KEY_BYTES = 1024
"""The longest key that S3 has."""


class Blobs:
    def __init__(self, client: S3Client, bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def put(self, key: str, data: bytes, content_type: str) -> None:
        with translated():
            self._client.put_object(Bucket=self._bucket, Key=key, Body=data, ContentType=content_type)

    def put_json(self, key: str, value: codec.Json) -> None:
        self.put(key, codec.dumps(value), "application/json")

    def get(self, key: str) -> bytes:
        """Raises BlobMissing."""
        with translated():
            return self._opened(key)["Body"].read()

    def get_up_to(self, key: str, max_bytes: int) -> bytes | None:
        """The object, or None if it has more bytes. Raises BlobMissing."""
        with translated():
            answer = self._opened(key)
            with answer["Body"] as body:
                return body.read() if answer["ContentLength"] <= max_bytes else None

    def get_json(self, key: str) -> codec.Json:
        """Raises BlobMissing."""
        value: codec.Json = json.loads(self.get(key))
        return value

    def get_many(self, keys: Sequence[str]) -> Iterator[bytes]:
        """In the order of `keys`, some at a time: one after the other, the pages of a book take a minute. Raises BlobMissing."""
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            for start in range(0, len(keys), _BATCH):
                yield from pool.map(self.get, keys[start : start + _BATCH])

    def get_jsons(self, keys: Sequence[str]) -> Iterator[codec.Json]:
        """As `get_many`."""
        return map(json.loads, self.get_many(keys))

    def fetch(self, key: str, path: Path) -> None:
        """Downloads to `path`, whole or not at all. Raises BlobMissing."""
        partial = path.with_suffix(".partial")
        with translated():
            try:
                self._client.download_file(self._bucket, key, str(partial))
            except ClientError as error:
                raise _named(error, key) from error
        partial.replace(path)

    def copy(self, key: str, to: str) -> None:
        """Within the bucket, without the bytes coming here. Raises BlobMissing."""
        with translated():
            try:
                self._client.copy_object(Bucket=self._bucket, Key=to, CopySource={"Bucket": self._bucket, "Key": key})
            except ClientError as error:
                raise _named(error, key) from error

    def delete(self, key: str) -> None:
        """An object that is not there is no error."""
        with translated():
            self._client.delete_object(Bucket=self._bucket, Key=key)

    def keys(self, prefix: str) -> list[str]:
        """What is under `prefix`, in the order of its names."""
        return [key for some in self._listed(prefix) for key in some]

    def erase(self, prefix: str) -> list[str]:
        """Deletes everything under `prefix`, and says what it was."""
        erased: list[str] = []
        for keys in self._listed(prefix):
            with translated():
                answer = self._client.delete_objects(
                    Bucket=self._bucket, Delete={"Objects": [{"Key": key} for key in keys], "Quiet": True}
                )
            if answer.get("Errors"):
                raise Unavailable("Not everything could be erased. Try again in a few seconds.")
            erased += keys
        return erased

    def presign_upload(
        self, upload_id: str, key: str, filename: str, max_bytes: int, expires_at: datetime
    ) -> PresignedUpload:
        """S3 itself refuses what is larger, later, or under another key."""
        while len(quote(filename, safe="")) > _METADATA_BYTES:
            filename = filename[1:]  # the end of a name says more: its type
        fields = {f"x-amz-meta-{_FILENAME}": quote(filename, safe="")}
        signed = self._client.generate_presigned_post(
            self._bucket,
            key,
            Fields=dict(fields),
            Conditions=[*({name: value} for name, value in fields.items()), ["content-length-range", 0, max_bytes]],
            ExpiresIn=max(1, round((expires_at - datetime.now(UTC)).total_seconds())),
        )
        return PresignedUpload(upload_id, signed["url"], signed["fields"], expires_at)

    def get_upload(self, key: str) -> tuple[str, bytes]:
        """Name and content. Raises BlobMissing."""
        with translated():
            answer = self._opened(key)
            return unquote(answer["Metadata"].get(_FILENAME, "")) or "file", answer["Body"].read()

    def get_elsewhere(self, bucket: str, key: str, max_bytes: int) -> bytes:
        """An object of another bucket, which our role must be allowed to read. Raises BlobMissing or FileTooLarge."""
        if not 0 < len(key.encode()) <= _KEY_BYTES:
            raise BlobMissing(f"{bucket}/{key}")
        with translated():
            try:
                answer = self._client.get_object(Bucket=bucket, Key=key)
            except ClientError as error:
                raise _named(error, f"{bucket}/{key}") from error
            if answer["ContentLength"] > max_bytes:
                raise FileTooLarge(f"The object has more than {max_bytes // 1_000_000} MB. Split the document.")
            return answer["Body"].read()

    def presign_download(self, key: str, filename: str, content_type: str) -> str:
        """An address that answers with the object as a file to save."""
        return self._client.generate_presigned_url(
            "get_object",
            Params={
                "Bucket": self._bucket,
                "Key": key,
                "ResponseContentType": content_type,
                "ResponseContentDisposition": attachment(filename),
            },
            ExpiresIn=DOWNLOAD_SECONDS,
        )

    def _opened(self, key: str) -> GetObjectOutputTypeDef:
        try:
            return self._client.get_object(Bucket=self._bucket, Key=key)
        except ClientError as error:
            raise _named(error, key) from error

    def _listed(self, prefix: str) -> Iterator[list[str]]:
        """The keys under `prefix`, up to 1,000 at a time, as many as can be deleted in one call."""
        with translated():
            for answer in self._client.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=prefix):
                if keys := [found["Key"] for found in answer.get("Contents", [])]:
                    yield keys


def attachment(filename: str) -> str:
    """The Content-Disposition of a file to save. RFC 6266: its real name in UTF-8, and an ASCII one for what cannot read it."""
    plain = "".join(c if (c.isascii() and c.isalnum()) or c in "-_. " else "_" for c in filename)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(filename, safe='')}"


_NOT_TO_BE_HAD = frozenset({"NoSuchKey", "NoSuchBucket", "AccessDenied", "InvalidObjectState", "404", "403"})
"""What S3 says of an object that is not there, that we may not read, or that lies in an archive."""


def _named(error: ClientError, key: str) -> Exception:
    # Our roles may not list the bucket, and to such a caller S3 says "access denied" of an object that is not there.
    return BlobMissing(key) if code(error) in _NOT_TO_BE_HAD else error
