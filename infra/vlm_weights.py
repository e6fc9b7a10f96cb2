"""Where the weights of the vlm endpoint lie in S3: a folder for each model and revision, so that a folder never changes."""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Weights:
    """`prefix` is that of `vlm_weights`, with a slash at its end or empty; `revision` a commit of the model's repository."""

    bucket: str
    prefix: str
    model: str
    revision: str

    @classmethod
    def at(cls, location: str, model: str, revision: str) -> Weights:
        """`location` is s3://bucket/prefix/. Raises ValueError."""
        found = re.fullmatch(r"s3://([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:/(.*))?", location)
        if not found:
            raise ValueError(f"'{location}' is no place for weights. Say s3://bucket/prefix/.")
        if not re.fullmatch(r"[\w.-]+/[\w.-]+", model):
            raise ValueError(f"'{model}' is no model. Say owner/name, as on the model hub.")
        # A branch or a tag would be other weights tomorrow.
        if not re.fullmatch(r"[0-9a-f]{40}", revision):
            raise ValueError(f"'{revision}' is no revision. Say the 40 hexadecimal digits of a commit.")
        prefix = (found[2] or "").strip("/")
        return cls(found[1], f"{prefix}/" if prefix else "", model, revision)

    @property
    def folder(self) -> str:
        """The prefix of the keys. SageMaker takes an S3 prefix for a folder only with the slash at its end."""
        return f"{self.prefix}{self.model}/{self.revision}/"

    @property
    def uri(self) -> str:
        return f"s3://{self.bucket}/{self.folder}"
