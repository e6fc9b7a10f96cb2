"""Telling callers that their jobs have ended: a queue of events, and the function that posts them."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda_event_sources as event_sources
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.function import Entrypoint, Layers
from infra.queue import LONGEST_RETENTION, queue
from ocrchat.settings import Settings

EVENT_TRIES = 8
"""The first, and one for each entry of the schedule in functions/export/webhook.py."""

TIMEOUT = cdk.Duration.seconds(30)
"""Twice what a receiver is given."""

CONCURRENCY = 20
"""Slow receivers hold so many functions at most, and none of those that read pages."""


class EventQueue(Construct):
    """An event that nobody took in a day is parked for a person to look at."""

    def __init__(self, scope: Construct, id: str, *, key: kms.IKey | None) -> None:
        super().__init__(scope, id)
        self.parking = queue(self, "Parking", retention=LONGEST_RETENTION, key=key)
        self.queue = queue(
            self,
            "Queue",
            consumer_timeout=TIMEOUT,
            then=sqs.DeadLetterQueue(queue=self.parking, max_receive_count=EVENT_TRIES),
            key=key,
        )

    def allow_send(self, grantee: iam.IGrantable) -> None:
        iam.Grant.add_to_principal(grantee=grantee, actions=["sqs:SendMessage"], resource_arns=[self.queue.queue_arn])


class Webhooks(Construct):
    def __init__(self, scope: Construct, id: str, *, events: EventQueue, settings: Settings, layers: Layers) -> None:
        super().__init__(scope, id)
        self.tell = Entrypoint(
            self,
            "Tell",
            module="export.webhook",
            settings=settings,
            layers=(layers.core,),
            timeout=TIMEOUT,
            memory_mb=512,
        ).function
        # One event a call: a receiver that keeps us waiting delays no other's.
        self.tell.add_event_source(
            event_sources.SqsEventSource(
                events.queue, batch_size=1, max_concurrency=CONCURRENCY, report_batch_item_failures=True
            )
        )
