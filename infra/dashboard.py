"""One dashboard: is it working, is it keeping up, what does it cost."""

from __future__ import annotations

from collections.abc import Sequence

import aws_cdk as cdk
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from infra.drop import DropBucket
from infra.metrics import FIVE_MINUTES, counted, gigabyte_seconds, oldest, requests, server_errors, together, waiting
from infra.pages import PageQueues
from infra.webhooks import EventQueue

GIGABYTE_SECOND = 0.0000166667
"""Dollars, of x86 in us-east-1, from memory; elsewhere up to a third more. An estimate, and no bill."""

HOUR = cdk.Duration.hours(1)
WIDTH = 12


class Dashboard(Construct):
    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        queues: PageQueues,
        drops: DropBucket,
        events: EventQueue,
        rest_api: apigateway.RestApi,
        functions: Sequence[lambda_.Function],
    ) -> None:
        super().__init__(scope, id)
        read = counted(self, "PagesRead", "ocr_page.handler", period=FIVE_MINUTES)
        lanes = {"interactive": queues.interactive, "priority": queues.priority, "bulk": queues.bulk, "vlm": queues.vlm}
        stage = rest_api.deployment_stage
        dashboard = cloudwatch.Dashboard(self, "Dashboard", default_interval=cdk.Duration.hours(12))
        dashboard.add_widgets(
            _graph(
                "Pages",
                read,
                counted(self, "PageErrors", "ocr_page.handler", period=FIVE_MINUTES),
                counted(self, "PagesFailed", "ocr_page.dead_letter", period=FIVE_MINUTES).with_(
                    label="given up by the queue"
                ),
                counted(self, "PagesFailed", "ocr_page.handler", period=FIVE_MINUTES).with_(label="given up at once"),
                counted(self, "VlmPages", "ocr_page.vlm", period=FIVE_MINUTES),
                counted(self, "VlmFallbacks", "ocr_page.vlm", period=FIVE_MINUTES),
            ),
            _graph(
                "Seconds a page",
                *(
                    counted(self, "PageSeconds", "ocr_page.handler", statistic=statistic, period=FIVE_MINUTES)
                    for statistic in ("p50", "p95", "Maximum")
                ),
            ),
        )
        dashboard.add_widgets(
            _graph("Pages that wait", *(waiting(queue).with_(label=name) for name, queue in lanes.items())),
            _graph(
                "The oldest, in seconds",
                *(oldest(queue).with_(label=name) for name, queue in lanes.items()),
                counted(self, "OldestJobSeconds", "submit.reconcile", statistic="Maximum", period=FIVE_MINUTES),
            ),
        )
        dashboard.add_widgets(
            _graph(
                "Requests",
                requests(rest_api).with_(label="all"),
                stage.metric_client_error(statistic="Sum", period=FIVE_MINUTES).with_(label="4xx"),
                server_errors(rest_api).with_(label="5xx"),
            ),
            _graph(
                "Answer times, ms",
                *(stage.metric_latency(statistic=statistic, period=FIVE_MINUTES) for statistic in ("p50", "p95")),
            ),
        )
        dashboard.add_widgets(
            _graph(
                "Functions",
                together(
                    [it.metric_errors(period=FIVE_MINUTES) for it in functions], label="errors", period=FIVE_MINUTES
                ),
                together(
                    [it.metric_throttles(period=FIVE_MINUTES) for it in functions],
                    label="throttles",
                    period=FIVE_MINUTES,
                ),
            ),
            _graph(
                "For a person to look at",
                waiting(queues.parking).with_(label="pages parked"),
                waiting(events.parking).with_(label="webhooks that nobody took"),
                together([waiting(it) for it in drops.parking], label="drops", period=FIVE_MINUTES),
                counted(self, "WebhookErrors", "export.webhook", period=FIVE_MINUTES),
            ),
        )
        dashboard.add_widgets(*self._cost(list(functions), read))

    def _cost(self, functions: list[lambda_.Function], read: cloudwatch.Metric) -> list[cloudwatch.IWidget]:
        """Of Lambda's compute alone, which is most of it: docs/cost.md says what else there is."""
        expression, metrics = gigabyte_seconds(functions)
        dollars = f"({expression}) * {GIGABYTE_SECOND:.10f}"
        return [
            _graph(
                "Lambda's compute, dollars an hour (estimate)",
                cloudwatch.MathExpression(expression=dollars, using_metrics=metrics, label="$ an hour", period=HOUR),
            ),
            _graph(
                "The same for 1,000 pages",
                cloudwatch.MathExpression(
                    expression=f"IF(FILL(pages, 0) > 0, 1000 * {dollars} / pages, 0)",
                    using_metrics={**metrics, "pages": read},
                    label="$ for 1,000 pages",
                    period=HOUR,
                ),
            ),
        ]


def _graph(title: str, *metrics: cloudwatch.IMetric) -> cloudwatch.GraphWidget:
    return cloudwatch.GraphWidget(title=title, left=list(metrics), width=WIDTH)
