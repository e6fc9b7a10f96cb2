"""Emulator + stack + a demo account: everything that stands behind the front."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import httpx

from local import deploy
from local.emulator import Emulator, EmulatorFailed, isolate
from ocrchat import usecases
from ocrchat.cloud import Cloud
from ocrchat.model import Lane
from ocrchat.settings import (
    ChatProvider,
    Settings,
    TranslateProvider,
    VlmBackend,
    chat_problem,
    translate_problem,
    vlm_problem,
)
from ocrchat.vlm.dialects import DIALECTS

DEMO_ACCOUNT = "demo"
CREDITS = 1_000_000
WEIGHTS = deploy.ROOT / ".build" / "weights"
TESSDATA = deploy.ROOT / ".build" / "tessdata"

WARM_UP_SECONDS = 120
"""For three digital pages: two seconds on a machine that has nothing else to do."""

_VLM = {
    "vlm_backend": VlmBackend.EMBEDDED.value,
    "vlm_dialect": "lighton-grounding",
    "vlm_model": "",
    "vlm_endpoint": "",
    "vlm_url": "",
    "vlm_secret": "",
    "vlm_max_wait": "1800",
    "vlm_endpoint_url": "",
}
"""What may be set, and what it is else; `vlm_endpoint_url` is where a stand-in for SageMaker's runtime listens."""

_CHAT = {
    "chat_provider": ChatProvider.EXTRACTIVE.value,
    "chat_model": "",
    "chat_url": "",
    "chat_secret": "",
    "chat_context": "8000",
    "chat_endpoint_url": "",
}
"""Likewise, of who answers questions; so small a context since that is what local servers have unless they are told.
`chat_endpoint_url` is where a stand-in for Bedrock's runtime listens."""

_TRANSLATE = {
    "translate_provider": TranslateProvider.NONE.value,
    "translate_model": "",
    "translate_url": "",
    "translate_secret": "",
    "translate_endpoint_url": "",
}
"""Likewise, of who translates. `translate_endpoint_url` is where a stand-in for Amazon Translate and Bedrock listens."""

_WORKER_MB = 1100
"""What an OCR worker takes at most, with the process that reads its pages: a dense page of the vlm tier."""


@dataclass(frozen=True)
class Running:
    """A running stack. `api_url` is the emulator's address of the API stage; `outputs` are CloudFormation's."""

    endpoint: str
    api_url: str
    token: str
    outputs: dict[str, str]
    emulator: Emulator
    cloud: Cloud

    def gate(self, event: dict[str, Any]) -> dict[str, Any]:
        """Invokes the authorizer's function, as API Gateway does."""
        client = deploy.session().client("lambda", endpoint_url=self.endpoint)
        answer = client.invoke(FunctionName=self.outputs["GateFunctionName"], Payload=json.dumps(event).encode())
        policy: dict[str, Any] = json.load(answer["Payload"])
        return policy


@contextmanager
def run(token: str | None = None, wait_scale: float = 1.0, workers_endpoint: str = "") -> Iterator[Running]:
    """`wait_scale` and `workers_endpoint` are the emulator's. Raises EmulatorFailed."""
    isolate()
    with Emulator(invocations(), wait_scale, workers_endpoint) as emulator:
        outputs = deploy.deploy(emulator.endpoint, machine(emulator.endpoint))
        cloud = connect(emulator.endpoint, outputs)
        yield Running(
            endpoint=emulator.endpoint,
            api_url=outputs["ApiUrl"].removesuffix("/"),
            token=open_account(cloud, DEMO_ACCOUNT, token),
            outputs=outputs,
            emulator=emulator,
            cloud=cloud,
        )


def machine(endpoint: str) -> dict[str, Any]:
    """What the template leaves open, as it is on this machine, for the emulator at `endpoint`. Raises EmulatorFailed."""
    return {
        "endpoint": endpoint,
        "weights": str(WEIGHTS),
        "tessdata": tessdata(),
        "ocr_concurrency": ocr_workers(),
        "inline_waiters": str(inline_waiters()),
        "allow_private_addresses": str(allow_private_addresses()),
        **vlm(endpoint),
        **chat(endpoint),
        **translate(endpoint),
    }


def invocations() -> int:
    """At once. Beside the OCR workers of each lane: as many who ask the model, as many webhooks, as many who take dropped files
    and put results beside them, the waiting submits, and the functions that move jobs on."""
    return (len(Lane) + 4) * ocr_workers() + inline_waiters() + 8


def warm_up(running: Running) -> None:
    """Sends a document through the whole system, for an account of its own: proves that it works, starts its functions.

    Raises EmulatorFailed with what came back instead.
    """
    token = open_account(running.cloud, "warm-up")
    with httpx.Client(headers={"Authorization": f"Bearer {token}"}, timeout=30, trust_env=False) as client:
        jobs = f"{running.api_url}/api/v1/ocr/"
        answer = client.post(
            jobs, files={"file": ("report.pdf", (deploy.ROOT / "examples" / "report.pdf").read_bytes())}
        )
        give_up = time.monotonic() + WARM_UP_SECONDS
        while answer.is_success and answer.json()["status"] in ("pending", "processing") and time.monotonic() < give_up:
            time.sleep(0.5)
            answer = client.get(f"{jobs}{answer.json()['uuid']}/")
    if answer.status_code != 200 or answer.json()["status"] != "done":
        raise EmulatorFailed(f"The stack runs but does not work: {answer.status_code} {answer.text[:500]}")


def connect(endpoint: str, outputs: dict[str, str]) -> Cloud:
    """The product's own adapters on the running stack."""
    settings = replace(
        Settings.from_outputs(outputs),
        allow_private_addresses=allow_private_addresses(),
        vlm_backend=VlmBackend(os.environ.get("OCRCHAT_VLM_BACKEND") or VlmBackend.EMBEDDED),
    )
    return Cloud.connect(settings, deploy.session(), endpoint)


def allow_private_addresses() -> bool:
    """Whether `file_url` and `callback_url` may lead to this machine and its network, for who develops against them."""
    return os.environ.get("OCRCHAT_ALLOW_PRIVATE_ADDRESSES") == "1"


def vlm(endpoint: str) -> dict[str, str]:
    """The model that pages of the vlm tier are put to, from the environment: the same names as on AWS.

    An API key is kept where the function looks for it: as a secret, in the emulator. Raises EmulatorFailed for a backend that
    there is not, or that lacks what it needs.
    """
    given = {name: os.environ.get(f"OCRCHAT_{name.upper()}") or default for name, default in _VLM.items()}
    if not given["vlm_max_wait"].isdecimal():
        raise EmulatorFailed("OCRCHAT_VLM_MAX_WAIT: a number of seconds.")
    problem = vlm_problem(
        backend=given["vlm_backend"],
        model=given["vlm_model"],
        endpoint=given["vlm_endpoint"],
        url=given["vlm_url"],
        max_wait=int(given["vlm_max_wait"]),
    )
    if problem:
        raise EmulatorFailed(f"{problem} Here the names are OCRCHAT_VLM_BACKEND and so on.")
    if given["vlm_dialect"] not in DIALECTS:
        raise EmulatorFailed(f"OCRCHAT_VLM_DIALECT: '{given['vlm_dialect']}' is not one of {', '.join(DIALECTS)}.")
    return given | _secret(endpoint, "vlm")


def chat(endpoint: str) -> dict[str, str]:
    """Who answers questions about documents, likewise. Raises EmulatorFailed."""
    given = {name: os.environ.get(f"OCRCHAT_{name.upper()}") or default for name, default in _CHAT.items()}
    if not given["chat_context"].isdecimal():
        raise EmulatorFailed("OCRCHAT_CHAT_CONTEXT: a number of tokens.")
    problem = chat_problem(
        provider=given["chat_provider"],
        model=given["chat_model"],
        url=given["chat_url"],
        context=int(given["chat_context"]),
    )
    if problem:
        raise EmulatorFailed(f"{problem} Here the names are OCRCHAT_CHAT_PROVIDER and so on.")
    if given["chat_provider"] == ChatProvider.BEDROCK and not given["chat_endpoint_url"]:
        # The emulator would answer, with words of its own.
        raise EmulatorFailed("OCRCHAT_CHAT_PROVIDER: 'bedrock' answers on AWS alone. Here take extractive, or openai.")
    return given | _secret(endpoint, "chat")


def translate(endpoint: str) -> dict[str, str]:
    """Who translates, likewise. Raises EmulatorFailed."""
    given = {name: os.environ.get(f"OCRCHAT_{name.upper()}") or default for name, default in _TRANSLATE.items()}
    problem = translate_problem(
        provider=given["translate_provider"], model=given["translate_model"], url=given["translate_url"]
    )
    if problem:
        raise EmulatorFailed(f"{problem} Here the names are OCRCHAT_TRANSLATE_PROVIDER and so on.")
    if given["translate_provider"] == TranslateProvider.AWS and not given["translate_endpoint_url"]:
        raise EmulatorFailed("OCRCHAT_TRANSLATE_PROVIDER: 'aws' translates on AWS alone. Here take libretranslate.")
    return given | _secret(endpoint, "translate")


def _secret(endpoint: str, of: str) -> dict[str, str]:
    """The API key of a model, put where its function looks for it."""
    key = os.environ.get(f"OCRCHAT_{of.upper()}_API_KEY")
    if not key:
        return {}
    name = f"ocrchat/{of}"
    deploy.session().client("secretsmanager", endpoint_url=endpoint).create_secret(Name=name, SecretString=key)
    return {f"{of}_secret": name}


def ocr_workers() -> int:
    """Pages read at once, in each lane: one a core, all within 3/4 of the memory. Event sources take 2 at least."""
    memory_mb = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2**20
    return max(2, min(os.cpu_count() or 1, memory_mb * 3 // 4 // len(Lane) // _WORKER_MB))


def tessdata() -> str:
    """The folder that `make languages` fills, once it is full."""
    return str(TESSDATA) if (TESSDATA / ".ready").exists() else ""


def inline_waiters() -> int:
    return 2 * ocr_workers()


def open_account(cloud: Cloud, account_id: str, token: str | None = None) -> str:
    """Opens an account of the largest plan, and returns its token."""
    now = datetime.now(UTC)
    usecases.open_account(cloud, account_id, next(reversed(cloud.accounts.plans.values())))
    cloud.books.grant(account_id, CREDITS, "make serve", now)
    return cloud.accounts.issue_token(account_id, "make serve", now, token)
