"""Secrets of the operator, which a function may read."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_

from infra.nag import accept_wildcard


def allow_secret(function: lambda_.Function, name: str) -> None:
    secret = cdk.Stack.of(function).format_arn(
        service="secretsmanager",
        resource="secret",
        resource_name=f"{name}-??????",  # Secrets Manager adds six characters to the name
        arn_format=cdk.ArnFormat.COLON_RESOURCE_NAME,
    )
    function.add_to_role_policy(iam.PolicyStatement(actions=["secretsmanager:GetSecretValue"], resources=[secret]))
    accept_wildcard(
        function,
        f"arn:<AWS::Partition>:secretsmanager:<AWS::Region>:<AWS::AccountId>:secret:{name}-??????",
        "The one secret of this name: Secrets Manager chooses the six characters at its end.",
    )
