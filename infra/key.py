"""The one KMS key of the operator's own, if there is to be one."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from constructs import Construct

_USE = ("Decrypt", "DescribeKey", "Encrypt", "GenerateDataKey", "ReEncryptFrom", "ReEncryptTo")
"""What S3, SQS and DynamoDB ask for in the name of who reads and writes there."""


def customer_key(scope: Construct, id: str, *, removal_policy: cdk.RemovalPolicy) -> kms.Key:
    """What was encrypted under it cannot be read without it, so it goes no sooner than the data."""
    key = kms.Key(
        scope,
        id,
        description=f"{cdk.Aws.STACK_NAME}: documents, jobs and queues",
        enable_key_rotation=True,
        removal_policy=removal_policy,
    )
    # An alarm is published by CloudWatch itself, and S3 itself says what was dropped.
    key.add_to_resource_policy(
        iam.PolicyStatement(
            principals=[iam.ServicePrincipal(f"{name}.amazonaws.com") for name in ("cloudwatch", "s3")],
            actions=["kms:Decrypt", "kms:GenerateDataKey"],
            resources=["*"],
            conditions={"StringEquals": {"aws:SourceAccount": cdk.Aws.ACCOUNT_ID}},
        )
    )
    return key


def allow_use(key: kms.IKey, *grantees: iam.IGrantable) -> None:
    for grantee in grantees:
        iam.Grant.add_to_principal(
            grantee=grantee, actions=[f"kms:{action}" for action in _USE], resource_arns=[key.key_arn]
        )
