"""Chat: the function that answers questions about documents, and the model that it may ask."""

from __future__ import annotations

from dataclasses import replace

from constructs import Construct

from infra.api import TIMEOUT
from infra.bedrock import allow_model
from infra.function import Entrypoint, Layers
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
            allow_model(self.answer, "InvokeModelWithResponseStream", settings.chat_model, key="chat_model")
        if settings.chat_provider is ChatProvider.OPENAI and settings.chat_secret:
            allow_secret(self.answer, settings.chat_secret)
