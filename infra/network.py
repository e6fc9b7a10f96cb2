"""The functions in a VPC of the operator's, where it is asked for."""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_

from infra.nag import accept_wildcard

_ACTIONS = (
    "CreateNetworkInterface",
    "DeleteNetworkInterface",
    "DescribeNetworkInterfaces",
    "DescribeSubnets",
    "AssignPrivateIpAddresses",
    "UnassignPrivateIpAddresses",
)
"""What Lambda asks for in the name of the function.

https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html, "Execution role"
"""


def place(functions: Sequence[lambda_.Function], *, subnets: Sequence[str], security_groups: Sequence[str]) -> None:
    """Lambda gives each function a network interface in every subnet. What AWS services and addresses it can reach from there
    is the operator's to see to: docs/deploy.md has the list."""
    for function in functions:
        resource = function.node.default_child
        assert isinstance(resource, lambda_.CfnFunction)
        resource.vpc_config = lambda_.CfnFunction.VpcConfigProperty(
            subnet_ids=list(subnets), security_group_ids=list(security_groups)
        )
        function.add_to_role_policy(
            iam.PolicyStatement(actions=[f"ec2:{action}" for action in _ACTIONS], resources=["*"])
        )
        accept_wildcard(function, "*", "Network interfaces that Lambda makes: of their ids none is known before.")
