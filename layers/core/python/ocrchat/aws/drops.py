"""The drop bucket: files that were put into it, and what is put beside them. Whose they are, their keys say: see `keys`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from os.path import commonprefix
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from ocrchat.aws.blobs import BlobMissing
from ocrchat.aws.failures import code, translated
from ocrchat.errors import ObjectUnreadable, Unavailable

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


class Replaced(Exception):
    """Another file has been put under this key since."""


@dataclass(frozen=True, slots=True)
class Put:
    """What S3 says of a file that was put, `at` the time when all of it had come. Of two that were put under one key the later
    has the larger `sequencer`, which is the same whenever S3 says it again."""

    key: str
    etag: str
    sequencer: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Dropped:
    """A file as it is there now."""

    etag: str
    size: int
    put_at: datetime
    metadata: dict[str, str]


class DropBucket:
    def __init__(self, client: S3Client, bucket: str, documents: str) -> None:
        """`documents` is the bucket that results are copied from."""
        self._client = client
        self.name = bucket
        self._documents = documents

    def look(self, key: str) -> Dropped | None:
        """What is under the key; None where nothing is. Raises ObjectUnreadable."""
        with translated():
            try:
                answer = self._client.head_object(Bucket=self.name, Key=key)
            except ClientError as error:
                self._check_missing(key, error)
                return None
        return Dropped(
            answer["ETag"].strip('"'), answer["ContentLength"], answer["LastModified"], dict(answer["Metadata"])
        )

    def get(self, key: str, etag: str) -> bytes:
        """The content, if it is still the one of this `etag`. Raises Replaced, BlobMissing or ObjectUnreadable."""
        with translated():
            try:
                answer = self._client.get_object(Bucket=self.name, Key=key, IfMatch=f'"{etag}"')
            except ClientError as error:
                if code(error) == "PreconditionFailed":
                    raise Replaced from error
                self._check_missing(key, error)
                raise BlobMissing(key) from error
            with answer["Body"] as body:
                return body.read()

    def present(self, keys: Sequence[str], before: datetime | None = None) -> list[str]:
        """Those of `keys` that are there, put `before` then. They should begin alike: what begins so is listed."""
        start = commonprefix(keys)  # noqa: RUF071  # a prefix of S3 ends anywhere
        found: set[str] = set()
        with translated():
            for page in self._client.get_paginator("list_objects_v2").paginate(Bucket=self.name, Prefix=start):
                found.update(
                    it["Key"] for it in page.get("Contents", []) if before is None or it["LastModified"] < before
                )
        return [key for key in keys if key in found]

    def put(self, key: str, data: bytes, content_type: str) -> None:
        with translated():
            self._client.put_object(Bucket=self.name, Key=key, Body=data, ContentType=content_type)

    def copy_in(self, key: str, to: str) -> None:
        """An object of the bucket of documents, without its bytes coming here. Raises BlobMissing."""
        with translated():
            try:
                self._client.copy_object(Bucket=self.name, Key=to, CopySource={"Bucket": self._documents, "Key": key})
            except ClientError as error:
                if code(error) in _NOT_THERE:
                    raise BlobMissing(key) from error
                raise

    def delete(self, keys: Sequence[str]) -> None:
        """Up to 1,000. What is not there is no error."""
        if not keys:
            return
        with translated():
            answer = self._client.delete_objects(
                Bucket=self.name, Delete={"Objects": [{"Key": key} for key in keys], "Quiet": True}
            )
        if answer.get("Errors"):
            raise Unavailable("Not everything could be erased. Try again in a few seconds.")

    def _check_missing(self, key: str, error: ClientError) -> None:
        """That an error means that nothing is under the key. Raises ObjectUnreadable if something is, and any other error."""
        if code(error) not in _NOT_THERE | _NOT_TO_BE_READ:
            raise error
        # Where nothing is, S3 says "access denied" to a role that may list by prefix only. So the list is asked.
        found = self._client.list_objects_v2(Bucket=self.name, Prefix=key, MaxKeys=1).get("Contents", [])
        if [it["Key"] for it in found] == [key]:
            raise ObjectUnreadable(
                "The file is there, but this server cannot read it: it lies in an archive (its storage class), or is encrypted "
                "with a key of your own. Put it again, as STANDARD and with the bucket's encryption."
            ) from error


_NOT_THERE = frozenset({"NoSuchKey", "AccessDenied", "404", "403"})
_NOT_TO_BE_READ = frozenset({"InvalidObjectState", "InvalidRequest", "KMS.DisabledException", "400"})
"""In an archive; with a key that the caller would have to send along, which a HEAD calls a bad request; with a key of KMS."""
