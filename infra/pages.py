"""Reading pages: three lanes of queues, the worker that reads, and what happens to a page that cannot be read."""

from __future__ import annotations

from dataclasses import replace

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda_event_sources as event_sources
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.function import Entrypoint, Layers
from infra.queue import LONGEST_RETENTION, queue
from ocrchat.settings import Settings

PAGE_TRIES = 5
"""As AWS advises: a throttled invocation counts as one. The worker waits longer before each."""

VLM_TRIES = 50
"""Waiting for a model to start is none that counts (see ocrchat.vlm.ladder), but SQS counts it."""

READ_TIMEOUT = cdk.Duration.seconds(120)
VLM_TIMEOUT = cdk.Duration.seconds(900)
"""The longest there is: a laptop may write for minutes, and a worker that is stopped in the middle has asked in vain."""

GIVE_UP_TIMEOUT = cdk.Duration.seconds(60)

TESSDATA = "/opt/tessdata"
"""In the image."""


class PageQueues(Construct):
    """Interactive, priority and bulk: a long document never stands in front of a receipt, nor in front of one paid for.
    Behind them one queue of pages that wait for a model, whose accounts and lanes SQS serves in turn.

    A page that failed five times (50, where it waits for a model) comes to the dead-letter queue, whose consumer records it so
    that its job ends. What that consumer cannot handle either is parked for a person to look at.
    """

    def __init__(self, scope: Construct, id: str, *, key: kms.IKey | None) -> None:
        super().__init__(scope, id)
        self.parking = queue(self, "Parking", retention=LONGEST_RETENTION, key=key)
        self.dead_letters = queue(
            self,
            "DeadLetters",
            retention=LONGEST_RETENTION,
            consumer_timeout=GIVE_UP_TIMEOUT,
            # A letter may bring the receives of its first queue along (it does in the emulator): at least five are left.
            then=sqs.DeadLetterQueue(queue=self.parking, max_receive_count=VLM_TRIES + 5),
            key=key,
        )
        given_up = sqs.DeadLetterQueue(queue=self.dead_letters, max_receive_count=PAGE_TRIES)
        self.interactive = queue(self, "Interactive", consumer_timeout=READ_TIMEOUT, then=given_up, key=key)
        self.priority = queue(self, "Priority", consumer_timeout=READ_TIMEOUT, then=given_up, key=key)
        self.bulk = queue(self, "Bulk", consumer_timeout=READ_TIMEOUT, then=given_up, key=key)
        self.vlm = queue(
            self,
            "Vlm",
            consumer_timeout=VLM_TIMEOUT,
            then=sqs.DeadLetterQueue(queue=self.dead_letters, max_receive_count=VLM_TRIES),
            key=key,
        )

    @property
    def lanes(self) -> tuple[sqs.Queue, ...]:
        return self.interactive, self.priority, self.bulk

    def allow_send(self, grantee: iam.IGrantable) -> None:
        self._allow(grantee, "sqs:SendMessage", *self.lanes)

    def allow_hand_over(self, grantee: iam.IGrantable) -> None:
        self._allow(grantee, "sqs:SendMessage", self.vlm)

    def allow_count(self, grantee: iam.IGrantable) -> None:
        self._allow(grantee, "sqs:GetQueueAttributes", *self.lanes, self.vlm)

    @staticmethod
    def _allow(grantee: iam.IGrantable, action: str, *queues: sqs.Queue) -> None:
        iam.Grant.add_to_principal(
            grantee=grantee, actions=[action], resource_arns=[queue.queue_arn for queue in queues]
        )


class PageWorkers(Construct):
    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        queues: PageQueues,
        settings: Settings,
        layers: Layers,
        concurrency: int,
    ) -> None:
        """`concurrency` bounds the workers of each lane; event sources take 2 at least.

        The function of the dead letters is a zip on purpose: it must work when the image does not.
        """
        super().__init__(scope, id)
        self.read = Entrypoint(
            self,
            "Read",
            module="ocr_page.handler",
            settings=replace(settings, weights="/opt/weights", tessdata=TESSDATA),
            timeout=READ_TIMEOUT,
            memory_mb=1769,  # one whole vCPU
            scratch_mb=1024,
        ).function
        self.give_up = Entrypoint(
            self,
            "GiveUp",
            module="ocr_page.dead_letter",
            settings=settings,
            layers=(layers.core,),
            timeout=GIVE_UP_TIMEOUT,
            memory_mb=256,
        ).function
        for lane in queues.lanes:
            # One page a worker: the pages of a job are read side by side, and one bad page spoils no other.
            self.read.add_event_source(
                event_sources.SqsEventSource(
                    lane, batch_size=1, max_concurrency=concurrency, report_batch_item_failures=True
                )
            )
        self.give_up.add_event_source(
            event_sources.SqsEventSource(queues.dead_letters, batch_size=10, report_batch_item_failures=True)
        )
