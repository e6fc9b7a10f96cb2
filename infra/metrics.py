"""The numbers that alarms and the dashboard look at: what functions count themselves, and what AWS counts."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.function import metrics_namespace

QUARTER = cdk.Duration.minutes(15)
FIVE_MINUTES = cdk.Duration.minutes(5)


def counted(
    scope: Construct, name: str, entry: str, *, statistic: str = "Sum", period: cdk.Duration = QUARTER
) -> cloudwatch.Metric:
    """What the entry file `entry`, as in "ocr_page.handler", adds to `name` by ocrchat.telemetry."""
    return cloudwatch.Metric(
        namespace=metrics_namespace(scope),
        metric_name=name,
        dimensions_map={"service": entry},
        statistic=statistic,
        period=period,
    )


def waiting(queue: sqs.IQueue) -> cloudwatch.Metric:
    """Messages that nobody has taken."""
    return queue.metric_approximate_number_of_messages_visible(statistic="Maximum", period=FIVE_MINUTES)


def oldest(queue: sqs.IQueue) -> cloudwatch.Metric:
    """Seconds that the oldest message has waited."""
    return queue.metric_approximate_age_of_oldest_message(statistic="Maximum", period=FIVE_MINUTES)


def requests(api: apigateway.RestApi) -> cloudwatch.Metric:
    return api.deployment_stage.metric_count(period=FIVE_MINUTES)


def server_errors(api: apigateway.RestApi) -> cloudwatch.Metric:
    return api.deployment_stage.metric_server_error(statistic="Sum", period=FIVE_MINUTES)


def together(metrics: list[cloudwatch.IMetric], *, label: str, period: cdk.Duration) -> cloudwatch.MathExpression:
    """Their sum. An alarm looks at ten at most; `label`, a word, also names the parts, which in one graph must differ."""
    using = {f"{label}{number}": metric for number, metric in enumerate(metrics)}
    return cloudwatch.MathExpression(
        expression=" + ".join(f"FILL({name}, 0)" for name in using), using_metrics=using, label=label, period=period
    )


def percent(
    part: cloudwatch.IMetric, rest: cloudwatch.IMetric, *, of_at_least: int, label: str, period: cdk.Duration
) -> cloudwatch.MathExpression:
    """The share of `part` in both; 0 while `part` has fewer than `of_at_least`: one of two is 50 %, and says nothing."""
    return cloudwatch.MathExpression(
        expression=(f"IF(FILL(part, 0) >= {of_at_least}, 100 * FILL(part, 0) / (FILL(part, 0) + FILL(rest, 0)), 0)"),
        using_metrics={"part": part, "rest": rest},
        label=label,
        period=period,
    )


def gigabyte_seconds(functions: list[lambda_.Function]) -> tuple[str, dict[str, cloudwatch.IMetric]]:
    """A metric-math expression of what Lambda bills for `functions` beside their calls, and its metrics."""
    durations = {f"d{number}": function.metric_duration(statistic="Sum") for number, function in enumerate(functions)}
    parts = []
    for name, function in zip(durations, functions, strict=True):
        resource = function.node.default_child
        assert isinstance(resource, lambda_.CfnFunction)
        assert resource.memory_size
        parts.append(f"FILL({name}, 0) / 1000 * {resource.memory_size / 1024:.3f}")
    return " + ".join(parts), dict(durations)
