"""Where cdk-nag's rules (AwsSolutions) do not hold, and why: said beside the construct, checked by tests/infra/test_nag.py."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from constructs import IConstruct


def accept(construct: IConstruct, rule: str, reason: str) -> None:
    """For `construct` and all below it. Nothing of this is in the template."""
    cdk.Validations.of(construct).acknowledge(cdk.Acknowledgment(id=f"AwsSolutions-{rule}", reason=reason))


def accept_wildcard(grantee: iam.IGrantable, resource: str, reason: str) -> None:
    """A `*` in a resource that a role may reach. `resource` is as cdk-nag writes it: `<LogicalId.Arn>/jobs/*`."""
    role = grantee.grant_principal
    assert isinstance(role, iam.Role)
    accept(role, f"IAM5[Resource::{resource}]", reason)


def arn(resource: IConstruct) -> str:
    """The ARN of a resource of this stack, as cdk-nag writes it."""
    return f"<{logical_id(resource)}.Arn>"


def logical_id(resource: IConstruct) -> str:
    """Its name in the template."""
    element = resource.node.default_child
    assert isinstance(element, cdk.CfnElement)
    return str(cdk.Stack.of(resource).resolve(element.logical_id))
