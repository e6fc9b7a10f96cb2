"""What wakes a person. Each alarm has a section in docs/runbook.md, which its description leads to."""

from __future__ import annotations

from collections.abc import Sequence

import aws_cdk as cdk
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from constructs import Construct

from infra.drop import DropBucket
from infra.metrics import (
    FIVE_MINUTES,
    QUARTER,
    counted,
    oldest,
    percent,
    requests,
    server_errors,
    together,
    waiting,
)
from infra.nag import accept
from infra.pages import PageQueues

RUNBOOK = "docs/runbook.md"


class Alarms(Construct):
    """Of what the system repairs itself, a try that failed, a message that came twice, none tells."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        queues: PageQueues,
        drops: DropBucket,
        rest_api: apigateway.RestApi,
        steps: Sequence[lambda_.Function],
        callers: Sequence[lambda_.Function],
        email: str,
        key: kms.Key | None,
    ) -> None:
        """`steps` are the functions whose errors nobody else counts: the workflow's, the reconciler, and those behind queues.
        `callers` are those that people or pages wait for, whose throttles matter: ten of each at most."""
        super().__init__(scope, id)
        self.topic = _topic(self, email, key)
        failed = together(
            [
                counted(self, "PagesFailed", entry, period=QUARTER)
                for entry in ("ocr_page.dead_letter", "ocr_page.handler")
            ],
            label="failed",
            period=QUARTER,
        )
        errors = counted(self, "PageErrors", "ocr_page.handler", period=QUARTER)
        read = counted(self, "PagesRead", "ocr_page.handler", period=QUARTER)
        self._alarm(
            "PagesFailed",
            "5 % of the pages of a quarter of an hour were given up after five tries.",
            percent(failed, read, of_at_least=5, label="pages given up, %", period=QUARTER),
            threshold=5,
        )
        self._alarm(
            "PageErrors",
            "A fifth of the tries to read a page fail: soon pages will be given up.",
            percent(errors, read, of_at_least=10, label="tries that failed, %", period=QUARTER),
            threshold=20,
        )
        self._alarm(
            "PagesParked",
            "A page could be neither read nor recorded as failed.",
            waiting(queues.parking),
            threshold=1,
        )
        self._alarm(
            "DropsParked",
            "A dropped file could not be taken, or its results not be put beside it.",
            together([waiting(parking) for parking in drops.parking], label="messages", period=FIVE_MINUTES),
            threshold=1,
        )
        self._alarm(
            "WebhookErrors",
            "Webhooks could not be sent, for a reason that is not their receivers'.",
            counted(self, "WebhookErrors", "export.webhook", period=QUARTER),
            threshold=5,
        )
        self._alarm(
            "PagesWait",
            "Pages of small jobs have waited 5 minutes for a worker.",
            cloudwatch.MathExpression(
                expression="MAX([interactive, priority])",
                using_metrics={"interactive": oldest(queues.interactive), "priority": oldest(queues.priority)},
                label="the oldest page of a small job, s",
                period=FIVE_MINUTES,
            ),
            threshold=300,
            periods=2,
        )
        self._alarm(
            "JobAge",
            "The oldest job has run for an hour, or the reconciler, which says so, does not run.",
            counted(self, "OldestJobSeconds", "submit.reconcile", statistic="Maximum", period=QUARTER),
            threshold=3600,
            missing=cloudwatch.TreatMissingData.BREACHING,
            periods=2,
        )
        self._alarm(
            "ServerErrors",
            "2 % of the requests were answered with a 5xx.",
            cloudwatch.MathExpression(
                expression="IF(FILL(errors, 0) >= 5, 100 * errors / requests, 0)",
                using_metrics={"errors": server_errors(rest_api), "requests": requests(rest_api)},
                label="requests answered with 5xx, %",
                period=FIVE_MINUTES,
            ),
            threshold=2,
            periods=2,
        )
        self._alarm(
            "StepErrors",
            "Functions that nobody waits for crash again and again.",
            together([step.metric_errors(period=QUARTER) for step in steps], label="errors", period=QUARTER),
            threshold=5,
        )
        self._alarm(
            "Throttles",
            "Lambda turns calls away: the account has too few concurrent executions.",
            together(
                [it.metric_throttles(period=FIVE_MINUTES) for it in callers], label="throttles", period=FIVE_MINUTES
            ),
            threshold=10,
            periods=3,
        )

    def _alarm(
        self,
        id: str,
        what: str,
        metric: cloudwatch.IMetric,
        *,
        threshold: float,
        periods: int = 1,
        missing: cloudwatch.TreatMissingData = cloudwatch.TreatMissingData.NOT_BREACHING,
    ) -> None:
        alarm = cloudwatch.Alarm(
            self,
            id,
            metric=metric,
            threshold=threshold,
            evaluation_periods=periods,
            comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
            treat_missing_data=missing,
            alarm_description=f"{what} See {RUNBOOK}#{id.lower()}",
        )
        alarm.add_alarm_action(actions.SnsAction(self.topic))
        alarm.add_ok_action(actions.SnsAction(self.topic))


def _topic(scope: Construct, email: str, key: kms.Key | None) -> sns.Topic:
    topic = sns.Topic(scope, "Topic", master_key=key, enforce_ssl=True)
    # A topic with a policy of its own loses the one that let the account's alarms in.
    topic.add_to_resource_policy(
        iam.PolicyStatement(
            principals=[iam.ServicePrincipal("cloudwatch.amazonaws.com")],
            actions=["sns:Publish"],
            resources=[topic.topic_arn],
            conditions={"StringEquals": {"aws:SourceAccount": cdk.Aws.ACCOUNT_ID}},
        )
    )
    if email:
        topic.add_subscription(subscriptions.EmailSubscription(email))
    if key is None:
        accept(
            topic,
            "SNS2",
            "CloudWatch cannot publish under AWS's own key, only under one of the customer: set customer_key. A message holds "
            "the name and the state of an alarm.",
        )
    return topic
