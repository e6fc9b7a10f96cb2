"""Chat: the function that answers questions about documents, and the model that it may ask."""

from __future__ import annotations

from dataclasses import replace

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from constructs import Construct

from infra.api import TIMEOUT
from infra.config import InvalidContext
from infra.function import Entrypoint, Layers
from infra.nag import accept_wildcard
from infra.secrets import allow_secret
from ocrchat.settings import ChatProvider, Settings


class Chat(Construct):
    def __init__(self, scope: Construct, id: str, *, settings: Settings, layers: Layers) -> None:
        """Raises InvalidContext for a model of Bedrock that has no inference profile."""
        super().__init__(scope, id)
        self.answer = Entrypoint(
            self,
            "Answer",
            module="chat.api",
            settings=replace(settings, weights="/opt/weights"),  # where its layer has them
            layers=(layers.core, layers.chat),
            timeout=TIMEOUT,
            memory_mb=3008,  # two vCPUs for the embedder; a document of 3,000 pages is in memory
        ).function
        if settings.chat_provider is ChatProvider.BEDROCK:
            self.answer.add_to_role_policy(
                iam.PolicyStatement(
                    actions=["bedrock:InvokeModelWithResponseStream"], resources=_models(self, settings.chat_model)
                )
            )
            accept_wildcard(
                self.answer,
                f"arn:<AWS::Partition>:bedrock:*::foundation-model/{settings.chat_model.partition('.')[2]}",
                "One model, in whatever region its inference profile sends a request to.",
            )
        if settings.chat_provider is ChatProvider.OPENAI and settings.chat_secret:
            allow_secret(self.answer, settings.chat_secret)


def _models(scope: Construct, model: str) -> list[str]:
    """The inference profile, and the model in whatever region the profile sends a request to.

    Of `eu.anthropic.claude-...` the profile is all of it, and the model what stands behind the first dot.
    """
    geography, _, name = model.partition(".")
    if geography not in ("global", "us", "eu", "apac", "jp", "au", "us-gov", "ca") or not name:
        raise InvalidContext(
            f"chat_model: '{model}' is no inference profile, as in eu.anthropic.claude-...: models are not to be had by their "
            "bare ids."
        )
    profile = cdk.Stack.of(scope).format_arn(service="bedrock", resource="inference-profile", resource_name=model)
    return [profile, f"arn:{cdk.Aws.PARTITION}:bedrock:*::foundation-model/{name}"]
