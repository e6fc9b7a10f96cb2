"""Where everything is kept: one bucket for documents, one table for jobs and accounts."""

from __future__ import annotations

from collections.abc import Sequence

import aws_cdk as cdk
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct

from infra.bucket import bucket
from infra.nag import accept_wildcard, arn
from ocrchat import keys
from ocrchat.plans import RETENTIONS

OPEN_JOBS_INDEX = "open-jobs"
ACCOUNT_JOBS_INDEX = "account-jobs"
"""The names that ocrchat.aws.jobs_table asks for; a test holds them together."""


class Storage(Construct):
    """With `KEPT`, both survive the stack: they hold what people sent.

    The `allow_` methods stand in for CDK's `grant_`, which give more than an entry file needs: bucket.grant_read lists
    the whole bucket, table.grant reaches every index.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        removal_policy: cdk.RemovalPolicy,
        key: kms.IKey | None,
        log_bucket: str,
    ) -> None:
        """Encrypted under `key`, or under AWS's own."""
        super().__init__(scope, id)
        self.bucket = bucket(
            self,
            "Documents",
            removal_policy=removal_policy,
            key=key,
            log_bucket=log_bucket,
            log_prefix=f"{cdk.Stack.of(self).stack_name}/",
            lifecycle_rules=[
                s3.LifecycleRule(prefix=keys.UPLOADS, expiration=cdk.Duration.days(1)),
                *(
                    s3.LifecycleRule(prefix=keys.kept_for(days), expiration=cdk.Duration.days(days))
                    for days in RETENTIONS
                ),
            ],
            # For pages in a browser: presigned uploads and downloads. What may be done, the address itself says.
            cors=[
                s3.CorsRule(
                    allowed_methods=[s3.HttpMethods.GET, s3.HttpMethods.POST],
                    allowed_origins=["*"],
                    allowed_headers=["*"],
                    exposed_headers=["ETag"],
                )
            ],
        )
        self.table = dynamodb.Table(
            self,
            "Jobs",
            partition_key=_text("pk"),
            sort_key=_text("sk"),
            billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
            encryption=dynamodb.TableEncryption.CUSTOMER_MANAGED if key else dynamodb.TableEncryption.AWS_MANAGED,
            encryption_key=key,
            point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
                point_in_time_recovery_enabled=True
            ),
            time_to_live_attribute="expires_at",
            removal_policy=removal_policy,
        )
        # Sparse: `open_lane` is there only while a job runs. Times are ISO 8601 text, whose order is that of time.
        self.table.add_global_secondary_index(
            index_name=OPEN_JOBS_INDEX,
            partition_key=_text("open_lane"),
            sort_key=_text("created_at"),
            projection_type=dynamodb.ProjectionType.KEYS_ONLY,
        )
        # Only job items have both attributes. All of each, since a list of jobs shows what is in them.
        self.table.add_global_secondary_index(
            index_name=ACCOUNT_JOBS_INDEX,
            partition_key=_text("account_id"),
            sort_key=_text("created_at"),
            projection_type=dynamodb.ProjectionType.ALL,
        )

    def allow_get(self, grantee: iam.IGrantable, *patterns: str) -> None:
        self._allow_objects(grantee, "s3:GetObject", patterns)

    def allow_put(self, grantee: iam.IGrantable, *patterns: str) -> None:
        self._allow_objects(grantee, "s3:PutObject", patterns)

    def allow_delete(self, grantee: iam.IGrantable, *patterns: str) -> None:
        self._allow_objects(grantee, "s3:DeleteObject", patterns)

    def allow_list(self, grantee: iam.IGrantable, pattern: str) -> None:
        """To list what is under a prefix; of the rest of the bucket not even the names."""
        iam.Grant.add_to_principal(
            grantee=grantee,
            actions=["s3:ListBucket"],
            resource_arns=[self.bucket.bucket_arn],
            conditions={"StringLike": {"s3:prefix": pattern}},
        )

    def allow_items(self, grantee: iam.IGrantable, *actions: str) -> None:
        iam.Grant.add_to_principal(
            grantee=grantee,
            actions=[f"dynamodb:{action}" for action in actions],
            resource_arns=[self.table.table_arn],
        )

    def allow_query_index(self, grantee: iam.IGrantable, *indexes: str) -> None:
        iam.Grant.add_to_principal(
            grantee=grantee,
            actions=["dynamodb:Query"],
            resource_arns=[f"{self.table.table_arn}/index/{index}" for index in indexes],
        )

    def _allow_objects(self, grantee: iam.IGrantable, action: str, patterns: tuple[str, ...]) -> None:
        iam.Grant.add_to_principal(
            grantee=grantee,
            actions=[action],
            resource_arns=[self.bucket.arn_for_objects(pattern) for pattern in patterns],
        )
        for pattern in patterns:
            accept_wildcard(
                grantee,
                f"{arn(self.bucket)}/{pattern}",
                "One kind of object of every job or upload: their ids are known at run time alone.",
            )


def allow_read_elsewhere(grantee: iam.IGrantable, buckets: Sequence[str]) -> None:
    """To read objects of other buckets, which their owners must allow too where the account is another one."""
    if buckets:
        iam.Grant.add_to_principal(
            grantee=grantee,
            actions=["s3:GetObject"],
            resource_arns=[f"arn:{cdk.Aws.PARTITION}:s3:::{name}/*" for name in buckets],
        )
        for name in buckets:
            accept_wildcard(
                grantee,
                f"arn:<AWS::Partition>:s3:::{name}/*",
                "The operator has named the bucket. Which prefixes an account may name is checked at each request.",
            )


def _text(name: str) -> dynamodb.Attribute:
    return dynamodb.Attribute(name=name, type=dynamodb.AttributeType.STRING)
