"""Asking the model: the worker of the queue of pages that wait for one, and what it may reach."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda_event_sources as event_sources
from constructs import Construct

from infra.config import REQUESTS_PER_COPY
from infra.function import Entrypoint, Layers
from infra.pages import VLM_TIMEOUT, PageQueues
from infra.secrets import allow_secret
from ocrchat.settings import Settings, VlmBackend


class VlmWorker(Construct):
    """Little memory: it waits, and aligns text. Without a model its queue stays empty."""

    def __init__(
        self, scope: Construct, id: str, *, queues: PageQueues, settings: Settings, layers: Layers, max_copies: int
    ) -> None:
        """As many at once as the endpoint reads: more would only be turned away."""
        super().__init__(scope, id)
        self.ask = Entrypoint(
            self,
            "Ask",
            module="ocr_page.vlm",
            settings=settings,
            layers=(layers.core, layers.documents),
            timeout=VLM_TIMEOUT,
            memory_mb=512,
        ).function
        self.ask.add_event_source(
            event_sources.SqsEventSource(
                queues.vlm,
                batch_size=1,
                max_concurrency=REQUESTS_PER_COPY * max_copies,
                report_batch_item_failures=True,
            )
        )
        stack = cdk.Stack.of(self)
        if settings.vlm_backend is VlmBackend.SAGEMAKER:
            self._allow(
                # Streaming has an action of its own; AWS's pages on inference components name the first alone.
                ["sagemaker:InvokeEndpoint", "sagemaker:InvokeEndpointWithResponseStream"],
                *(
                    stack.format_arn(service="sagemaker", resource=kind, resource_name=settings.vlm_endpoint)
                    for kind in ("endpoint", "inference-component")
                ),
            )
        if settings.vlm_backend is VlmBackend.OPENAI and settings.vlm_secret:
            allow_secret(self.ask, settings.vlm_secret)

    def _allow(self, actions: list[str], *resources: str) -> None:
        self.ask.add_to_role_policy(iam.PolicyStatement(actions=actions, resources=list(resources)))
