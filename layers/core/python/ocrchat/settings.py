"""The environment of every function: the only module that knows its variable names.

Infrastructure writes `Settings(...).to_env()`, functions read `Settings.from_env()`: a name exists once.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum

_PREFIX = "OCRCHAT_"


class VlmBackend(StrEnum):
    """Who answers pages of the vlm tier; with `none` the tier is refused."""

    NONE = "none"
    EMBEDDED = "embedded"
    SAGEMAKER = "sagemaker"
    OPENAI = "openai"

    @property
    def is_remote(self) -> bool:
        """Whether pages are sent to a model."""
        return self in (VlmBackend.SAGEMAKER, VlmBackend.OPENAI)


class ChatProvider(StrEnum):
    """Who answers questions about documents."""

    EXTRACTIVE = "extractive"
    BEDROCK = "bedrock"
    OPENAI = "openai"


class TranslateProvider(StrEnum):
    """Who translates; with `none` a job that asks for it is refused."""

    NONE = "none"
    AWS = "aws"
    LIBRETRANSLATE = "libretranslate"


@dataclass(frozen=True, slots=True)
class Settings:
    """Where things are. `state_machine` is empty in the functions that the state machine itself calls (it would be a cycle)."""

    table: str
    bucket: str
    interactive_queue: str
    priority_queue: str
    bulk_queue: str
    vlm_queue: str
    event_queue: str
    plans: str
    """As `plans.write` makes it."""
    drop_bucket: str = ""
    drop_queue: str = ""
    """What S3 says of files that are put into the drop bucket."""
    result_queue: str = ""
    """Jobs of dropped files that have ended."""
    state_machine: str = ""
    weights: str = ""
    """Folder of the networks that a function runs: of OCR, or of chat."""
    tessdata: str = ""
    """Folder of Tesseract's data in the ocr_page function. Empty where there is none: then its languages are refused."""
    inline_waiters: int = 0
    """How many small jobs are waited for at once. Beyond it a POST answers at once, so that waiting never starves workers."""

    vlm_backend: VlmBackend = VlmBackend.EMBEDDED
    vlm_model: str = ""
    """What the model is called: by an OpenAI-compatible server, and in `engine` of the pages that it reads."""
    vlm_dialect: str = "lighton-grounding"
    vlm_endpoint: str = ""
    """Of SageMaker: the name of the endpoint and of its inference component."""
    vlm_url: str = ""
    """Of an OpenAI-compatible server: its base address, as in http://localhost:11434/v1."""
    vlm_secret: str = ""
    """The secret in Secrets Manager that holds its API key; empty where it needs none."""
    vlm_max_wait: int = 0
    """Seconds that a page waits for a model that is not running before the embedded parser answers it."""

    chat_provider: ChatProvider = ChatProvider.EXTRACTIVE
    chat_model: str = ""
    """Of Bedrock: the id of an inference profile. Of an OpenAI-compatible server: what it calls the model."""
    chat_url: str = ""
    """Of an OpenAI-compatible server: its base address, as in http://localhost:11434/v1."""
    chat_secret: str = ""
    """The secret in Secrets Manager that holds its API key; empty where it needs none."""
    chat_context: int = 0
    """Tokens that the model takes. Of documents that are longer it is shown the pages that a question is about."""

    translate_provider: TranslateProvider = TranslateProvider.NONE
    translate_model: str = ""
    """Of Bedrock: the id of an inference profile, for the languages that Amazon Translate lacks; empty for none."""
    translate_url: str = ""
    """Of a LibreTranslate server: its base address, as in http://localhost:5000."""
    translate_secret: str = ""
    """The secret in Secrets Manager that holds its API key; empty where it needs none."""

    monthly_cap: int = 0
    """Credits that all accounts together may use in a month; 0 is no cap."""
    allow_private_addresses: bool = False
    """Whether `file_url` and `callback_url` may lead into a private network: for a laptop, never for a server."""

    def to_env(self) -> dict[str, str]:
        return {_PREFIX + name.upper(): str(value) for name, value in asdict(self).items() if value}

    @classmethod
    def from_env(cls, environ: Mapping[str, str] | None = None) -> Settings:
        """Raises KeyError, naming the variable, where a required one is missing."""
        env = os.environ if environ is None else environ
        return cls(
            table=env[_PREFIX + "TABLE"],
            bucket=env[_PREFIX + "BUCKET"],
            interactive_queue=env[_PREFIX + "INTERACTIVE_QUEUE"],
            priority_queue=env[_PREFIX + "PRIORITY_QUEUE"],
            bulk_queue=env[_PREFIX + "BULK_QUEUE"],
            vlm_queue=env[_PREFIX + "VLM_QUEUE"],
            event_queue=env[_PREFIX + "EVENT_QUEUE"],
            plans=env[_PREFIX + "PLANS"],
            drop_bucket=env.get(_PREFIX + "DROP_BUCKET", ""),
            drop_queue=env.get(_PREFIX + "DROP_QUEUE", ""),
            result_queue=env.get(_PREFIX + "RESULT_QUEUE", ""),
            state_machine=env.get(_PREFIX + "STATE_MACHINE", ""),
            weights=env.get(_PREFIX + "WEIGHTS", ""),
            tessdata=env.get(_PREFIX + "TESSDATA", ""),
            inline_waiters=int(env.get(_PREFIX + "INLINE_WAITERS", "0")),
            vlm_backend=VlmBackend(env.get(_PREFIX + "VLM_BACKEND", VlmBackend.EMBEDDED)),
            vlm_model=env.get(_PREFIX + "VLM_MODEL", ""),
            vlm_dialect=env.get(_PREFIX + "VLM_DIALECT", "lighton-grounding"),
            vlm_endpoint=env.get(_PREFIX + "VLM_ENDPOINT", ""),
            vlm_url=env.get(_PREFIX + "VLM_URL", ""),
            vlm_secret=env.get(_PREFIX + "VLM_SECRET", ""),
            vlm_max_wait=int(env.get(_PREFIX + "VLM_MAX_WAIT", "0")),
            chat_provider=ChatProvider(env.get(_PREFIX + "CHAT_PROVIDER", ChatProvider.EXTRACTIVE)),
            chat_model=env.get(_PREFIX + "CHAT_MODEL", ""),
            chat_url=env.get(_PREFIX + "CHAT_URL", ""),
            chat_secret=env.get(_PREFIX + "CHAT_SECRET", ""),
            chat_context=int(env.get(_PREFIX + "CHAT_CONTEXT", "0")),
            translate_provider=TranslateProvider(env.get(_PREFIX + "TRANSLATE_PROVIDER", TranslateProvider.NONE)),
            translate_model=env.get(_PREFIX + "TRANSLATE_MODEL", ""),
            translate_url=env.get(_PREFIX + "TRANSLATE_URL", ""),
            translate_secret=env.get(_PREFIX + "TRANSLATE_SECRET", ""),
            monthly_cap=int(env.get(_PREFIX + "MONTHLY_CAP", "0")),
            allow_private_addresses=env.get(_PREFIX + "ALLOW_PRIVATE_ADDRESSES", "") == "True",
        )

    @classmethod
    def from_outputs(cls, outputs: Mapping[str, str]) -> Settings:
        """For who stands outside of the stack: the operator's command, the embedded runtime. Raises KeyError."""
        return cls(
            table=outputs["TableName"],
            bucket=outputs["BucketName"],
            interactive_queue=outputs["InteractiveQueueUrl"],
            priority_queue=outputs["PriorityQueueUrl"],
            bulk_queue=outputs["BulkQueueUrl"],
            vlm_queue=outputs["VlmQueueUrl"],
            event_queue=outputs["EventQueueUrl"],
            plans=outputs["Plans"],
            drop_bucket=outputs["DropBucketName"],
            drop_queue=outputs["DropQueueUrl"],
            result_queue=outputs["ResultQueueUrl"],
            state_machine=outputs["StateMachineArn"],
        )


MOST_VLM_WAIT = 2700
"""Seconds that a page may wait for a model to wake: its queue has 50 deliveries for that, one a minute at least."""


def vlm_problem(*, backend: str, model: str, endpoint: str, url: str, max_wait: int) -> str | None:
    """Why these settings of the vlm tier would never answer a page, by their names; None if they may."""
    backends = [known.value for known in VlmBackend]
    if backend not in backends:
        return f"vlm_backend: '{backend}' is not one of {', '.join(backends)}."
    if backend == VlmBackend.OPENAI and not (model and url.startswith(("https://", "http://"))):
        return "vlm_backend: 'openai' needs vlm_url, as in http://localhost:11434/v1, and vlm_model."
    if backend == VlmBackend.SAGEMAKER and not endpoint:
        return "vlm_backend: 'sagemaker' needs vlm_endpoint, the name of the endpoint."
    if max_wait > MOST_VLM_WAIT:
        return f"vlm_max_wait: {MOST_VLM_WAIT} seconds at most."
    return None


def chat_problem(*, provider: str, model: str, url: str, context: int) -> str | None:
    """Why these settings of chat would never answer a question, by their names; None if they may."""
    providers = [known.value for known in ChatProvider]
    if provider not in providers:
        return f"chat_provider: '{provider}' is not one of {', '.join(providers)}."
    if provider == ChatProvider.BEDROCK and not model:
        return "chat_provider: 'bedrock' needs chat_model, the id of an inference profile."
    if provider == ChatProvider.OPENAI and not (model and url.startswith(("https://", "http://"))):
        return "chat_provider: 'openai' needs chat_url, as in http://localhost:11434/v1, and chat_model."
    if context < LEAST_CONTEXT:
        return f"chat_context: {LEAST_CONTEXT} tokens at least."
    return None


def translate_problem(*, provider: str, model: str, url: str) -> str | None:
    """Why these settings would never translate anything, by their names; None if they may."""
    providers = [known.value for known in TranslateProvider]
    if provider not in providers:
        return f"translate_provider: '{provider}' is not one of {', '.join(providers)}."
    if provider == TranslateProvider.LIBRETRANSLATE and not url.startswith(("https://", "http://")):
        return "translate_provider: 'libretranslate' needs translate_url, as in http://localhost:5000."
    if model and provider != TranslateProvider.AWS:
        return "translate_model: a model of Bedrock, which goes with translate_provider 'aws' alone."
    return None


LEAST_CONTEXT = 8000
"""Tokens: room for a long question, its answer and some pages."""


def vcpus(environ: Mapping[str, str] | None = None) -> int:
    """Whole vCPUs that this function has: Lambda gives one per 1,769 MB, whatever number of cores the machine shows."""
    env = os.environ if environ is None else environ
    return max(1, int(env["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"]) // 1769)
