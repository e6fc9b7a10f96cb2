"""Models of Amazon Bedrock, which a function may invoke."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_

from infra.config import InvalidContext
from infra.nag import accept_wildcard


def allow_model(function: lambda_.Function, action: str, model: str, key: str) -> None:
    """The inference profile, and the model in whatever region the profile sends a request to; nothing else.

    Of `eu.anthropic.claude-...` the profile is all of it, and the model what stands behind the first dot. `key` is that of
    cdk.json where it is said. Raises InvalidContext.
    """
    geography, _, name = model.partition(".")
    if geography not in ("global", "us", "eu", "apac", "jp", "au", "us-gov", "ca") or not name:
        raise InvalidContext(
            f"{key}: '{model}' is no inference profile, as in eu.anthropic.claude-...: models are not to be had by "
            "their bare ids."
        )
    profile = cdk.Stack.of(function).format_arn(service="bedrock", resource="inference-profile", resource_name=model)
    models = f"arn:{cdk.Aws.PARTITION}:bedrock:*::foundation-model/{name}"
    function.add_to_role_policy(iam.PolicyStatement(actions=[f"bedrock:{action}"], resources=[profile, models]))
    accept_wildcard(
        function,
        f"arn:<AWS::Partition>:bedrock:*::foundation-model/{name}",
        "One model, in whatever region its inference profile sends a request to.",
    )
