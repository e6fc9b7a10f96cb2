"""Objects in the bucket."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from ocrchat import codec
from ocrchat.aws.failures import code, translated

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


class BlobMissing(LookupError):
    """There is no object under this key."""


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
            try:
                return self._client.get_object(Bucket=self._bucket, Key=key)["Body"].read()
            except ClientError as error:
                raise _named(error, key) from error

    def get_json(self, key: str) -> codec.Json:
        """Raises BlobMissing."""
        value: codec.Json = json.loads(self.get(key))
        return value

    def fetch(self, key: str, path: Path) -> None:
        """Downloads to `path`, whole or not at all. Raises BlobMissing."""
        partial = path.with_suffix(".partial")
        with translated():
            try:
                self._client.download_file(self._bucket, key, str(partial))
            except ClientError as error:
                raise _named(error, key) from error
        partial.replace(path)


def _named(error: ClientError, key: str) -> Exception:
    # Our roles may not list the bucket, and to such a caller S3 says "access denied" of an object that is not there.
    return BlobMissing(key) if code(error) in ("NoSuchKey", "AccessDenied", "404", "403") else error
