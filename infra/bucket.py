"""The one S3 construct."""

from __future__ import annotations

from collections.abc import Sequence

import aws_cdk as cdk
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct

from infra.nag import accept


def bucket(
    scope: Construct,
    id: str,
    *,
    removal_policy: cdk.RemovalPolicy,
    key: kms.IKey | None,
    log_bucket: str,
    log_prefix: str,
    lifecycle_rules: Sequence[s3.LifecycleRule],
    cors: Sequence[s3.CorsRule] = (),
) -> s3.Bucket:
    """Private, over TLS alone, encrypted under `key` or under S3's own. With `log_bucket`, who reads what is logged there.

    The stack never empties it: that would take a function with rights over all of it, so `make destroy` does.
    """
    made = s3.Bucket(
        scope,
        id,
        block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
        encryption=s3.BucketEncryption.KMS if key else s3.BucketEncryption.S3_MANAGED,
        encryption_key=key,
        bucket_key_enabled=True if key else None,  # else each object is a call of KMS
        enforce_ssl=True,
        # What another AWS account puts there is ours to read.
        object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
        removal_policy=removal_policy,
        server_access_logs_bucket=s3.Bucket.from_bucket_name(scope, "LogBucket", log_bucket) if log_bucket else None,
        server_access_logs_prefix=log_prefix if log_bucket else None,
        lifecycle_rules=[
            s3.LifecycleRule(abort_incomplete_multipart_upload_after=cdk.Duration.days(1)),
            *lifecycle_rules,
        ],
        cors=list(cors) or None,
    )
    if not log_bucket:
        accept(
            made,
            "S1",
            "log_bucket names a bucket for access logs, which belongs to the account and not to this stack. Without it "
            "CloudTrail's data events can say who reads what.",
        )
    return made
