"""The AWS services as one value, made once at the edge and passed down."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import boto3
from botocore.config import Config

from ocrchat import plans
from ocrchat.aws.accounts import Accounts
from ocrchat.aws.blobs import Blobs
from ocrchat.aws.books import Books
from ocrchat.aws.drops import DropBucket
from ocrchat.aws.events import EventQueue
from ocrchat.aws.jobs_table import JobsTable
from ocrchat.aws.page_sets import PageSets
from ocrchat.aws.queue import PageQueue
from ocrchat.aws.workflow import Workflow
from ocrchat.model import Lane
from ocrchat.settings import ChatProvider, Settings, TranslateProvider, VlmBackend, vcpus

if TYPE_CHECKING:
    from ocrchat.chat.embedder import Embedder
    from ocrchat.chat.model import ChatModel, Nearness
    from ocrchat.translation.model import Translator
    from ocrchat.vlm.backend import Backend


@dataclass(frozen=True)
class Cloud:
    accounts: Accounts
    blobs: Blobs
    books: Books
    drops: DropBucket
    drop_events: EventQueue
    """What S3 says of files that are put into the drop bucket."""
    events: EventQueue
    results: EventQueue
    """Jobs of dropped files that have ended."""
    jobs: JobsTable
    page_sets: PageSets
    queue: PageQueue
    vlm_queue: PageQueue
    """Pages that wait for a model; one queue for all lanes."""
    workflow: Workflow
    allow_private_addresses: bool
    """Whether callers may name addresses of a private network: for a laptop, never for a server."""
    vlm_backend: VlmBackend
    vlm_dialect: str

    @classmethod
    def connect(
        cls, settings: Settings, session: boto3.Session | None = None, endpoint_url: str | None = None
    ) -> Cloud:
        """On AWS only `settings` is given. An emulator is reached through `endpoint_url` with a session of its own."""
        session = session or boto3.Session()
        # Short time-outs and botocore's own retries with jitter; s3v4 since presigned URLs are refused with the old signature.
        config = Config(
            signature_version="s3v4",
            retries={"mode": "standard", "max_attempts": 3},
            connect_timeout=3,
            read_timeout=10,
        )
        dynamodb = session.client("dynamodb", config=config, endpoint_url=endpoint_url)
        s3 = session.client("s3", config=config, endpoint_url=endpoint_url)
        sqs = session.client("sqs", config=config, endpoint_url=endpoint_url)
        accounts = Accounts(dynamodb, settings.table, plans.read(settings.plans))
        return cls(
            accounts=accounts,
            blobs=Blobs(s3, settings.bucket),
            drops=DropBucket(s3, settings.drop_bucket, settings.bucket),
            drop_events=EventQueue(sqs, settings.drop_queue),
            results=EventQueue(sqs, settings.result_queue),
            books=Books(dynamodb, settings.table, accounts, settings.monthly_cap),
            events=EventQueue(sqs, settings.event_queue),
            jobs=JobsTable(dynamodb, settings.table),
            page_sets=PageSets(dynamodb, settings.table),
            queue=PageQueue(
                sqs,
                {
                    Lane.INTERACTIVE: settings.interactive_queue,
                    Lane.PRIORITY: settings.priority_queue,
                    Lane.BULK: settings.bulk_queue,
                },
            ),
            vlm_queue=PageQueue(sqs, dict.fromkeys(Lane, settings.vlm_queue)),
            workflow=Workflow(
                session.client("stepfunctions", config=config, endpoint_url=endpoint_url), settings.state_machine
            ),
            allow_private_addresses=settings.allow_private_addresses,
            vlm_backend=settings.vlm_backend,
            vlm_dialect=settings.vlm_dialect,
        )


@lru_cache(maxsize=1)
def cloud() -> Cloud:
    """This function's own, from its environment. Built on the first call, never at import."""
    return Cloud.connect(Settings.from_env())


def connect_model(settings: Settings) -> Backend:
    """The model that these settings name. Raises ValueError where they name none."""
    match settings.vlm_backend:
        case VlmBackend.SAGEMAKER:
            from ocrchat.aws.endpoint import SageMakerEndpoint

            return SageMakerEndpoint.connect(settings.vlm_endpoint, settings.vlm_model)
        case VlmBackend.OPENAI:
            from ocrchat.aws.secrets import secret
            from ocrchat.vlm.openai import OpenAiServer

            key = secret(settings.vlm_secret) if settings.vlm_secret else ""
            return OpenAiServer(settings.vlm_url, settings.vlm_model, key)
        case other:
            raise ValueError(f"vlm_backend is '{other.value}': no page should have been put to a model")


def connect_chat(settings: Settings) -> ChatModel:
    """Who answers questions by these settings."""
    match settings.chat_provider:
        case ChatProvider.BEDROCK:
            from ocrchat.aws.bedrock import BedrockModel

            return BedrockModel.connect(settings.chat_model, settings.chat_context, _nearness(settings))
        case ChatProvider.OPENAI:
            from ocrchat.aws.secrets import secret
            from ocrchat.chat.openai import OpenAiModel

            key = secret(settings.chat_secret) if settings.chat_secret else ""
            return OpenAiModel(settings.chat_url, settings.chat_model, key, settings.chat_context, _nearness(settings))
        case ChatProvider.EXTRACTIVE:
            from ocrchat.chat.extractive import Extractive

            return Extractive.load(Path(settings.weights), threads=vcpus())


def _nearness(settings: Settings) -> Nearness:
    """The embedder's. It is loaded when a document is too long for a model, which most are not."""

    @lru_cache(maxsize=1)
    def embedder() -> Embedder:
        from ocrchat.chat.embedder import Embedder

        return Embedder(Path(settings.weights), threads=vcpus())

    return lambda question, texts: embedder().nearness(question, texts)


@lru_cache(maxsize=1)
def connect_translators(settings: Settings) -> tuple[Translator, ...]:
    """Who translates by these settings, the first before the next; none where nobody does. Made once, since they know by
    then which languages they have."""
    match settings.translate_provider:
        case TranslateProvider.AWS:
            from ocrchat.aws.bedrock_translate import BedrockTranslator
            from ocrchat.aws.translate import AmazonTranslate

            model = settings.translate_model
            return (AmazonTranslate.connect(), *((BedrockTranslator.connect(model),) if model else ()))
        case TranslateProvider.LIBRETRANSLATE:
            from ocrchat.aws.secrets import secret
            from ocrchat.translation.libretranslate import LibreTranslate

            key = secret(settings.translate_secret) if settings.translate_secret else ""
            return (LibreTranslate(settings.translate_url, key),)
        case TranslateProvider.NONE:
            return ()
