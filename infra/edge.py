"""Before the API, where the operator asks for it: a host name of its own, and AWS WAF."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_certificatemanager as acm
from aws_cdk import aws_wafv2 as wafv2
from constructs import Construct

MANAGED_RULES = ("AWSManagedRulesAmazonIpReputationList", "AWSManagedRulesKnownBadInputsRuleSet")
"""Not the common rule set: it takes bodies over 8 KB, and the bytes of pictures, for attacks. What a file holds is checked where
it is opened."""


class Domain(Construct):
    """The operator points a CNAME (or an alias of Route 53) for `domain` at `target`."""

    def __init__(
        self, scope: Construct, id: str, *, domain: str, certificate: str, rest_api: apigateway.RestApi
    ) -> None:
        super().__init__(scope, id)
        name = apigateway.DomainName(
            self,
            "Name",
            domain_name=domain,
            certificate=acm.Certificate.from_certificate_arn(self, "Certificate", certificate),
            endpoint_type=apigateway.EndpointType.REGIONAL,
            security_policy=apigateway.SecurityPolicy.TLS_1_2,
        )
        name.add_base_path_mapping(rest_api)
        self.target = name.domain_name_alias_domain_name


class WebAcl(Construct):
    def __init__(self, scope: Construct, id: str, *, stage: apigateway.Stage, rate: int) -> None:
        """`rate`: requests of one address in 5 minutes. It counts before any token is looked at."""
        super().__init__(scope, id)
        rules = [
            wafv2.CfnWebACL.RuleProperty(
                name="rate",
                priority=0,
                action=wafv2.CfnWebACL.RuleActionProperty(block={}),
                statement=wafv2.CfnWebACL.StatementProperty(
                    rate_based_statement=wafv2.CfnWebACL.RateBasedStatementProperty(
                        aggregate_key_type="IP", limit=rate, evaluation_window_sec=300
                    )
                ),
                visibility_config=_visible("rate"),
            ),
            *(
                wafv2.CfnWebACL.RuleProperty(
                    name=name,
                    priority=priority,
                    override_action=wafv2.CfnWebACL.OverrideActionProperty(none={}),
                    statement=wafv2.CfnWebACL.StatementProperty(
                        managed_rule_group_statement=wafv2.CfnWebACL.ManagedRuleGroupStatementProperty(
                            vendor_name="AWS", name=name
                        )
                    ),
                    visibility_config=_visible(name),
                )
                for priority, name in enumerate(MANAGED_RULES, 1)
            ),
        ]
        acl = wafv2.CfnWebACL(
            self,
            "Acl",
            scope="REGIONAL",
            default_action=wafv2.CfnWebACL.DefaultActionProperty(allow={}),
            rules=rules,
            visibility_config=_visible(cdk.Stack.of(self).stack_name),
        )
        wafv2.CfnWebACLAssociation(self, "Association", resource_arn=stage.stage_arn, web_acl_arn=acl.attr_arn)


def _visible(name: str) -> wafv2.CfnWebACL.VisibilityConfigProperty:
    """Without samples: a sampled request shows its headers and query, where tokens are."""
    return wafv2.CfnWebACL.VisibilityConfigProperty(
        cloud_watch_metrics_enabled=True, metric_name=name, sampled_requests_enabled=False
    )
