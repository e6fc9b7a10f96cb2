"""What an operator says in cdk.json, or with -c: one field a key. A mistake is one line, not a traceback.

docs/deploy.md has the same keys as a table; a test holds the two together.
"""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from enum import StrEnum
from pathlib import Path
from typing import Any, get_type_hints

from infra.vlm_weights import Weights
from ocrchat import plans
from ocrchat.plans import Plans
from ocrchat.settings import ChatProvider, TranslateProvider, VlmBackend, chat_problem, translate_problem, vlm_problem
from ocrchat.vlm.dialects import DIALECTS

CDK_JSON = Path(__file__).resolve().parent.parent / "cdk.json"

REQUESTS_PER_COPY = 8
"""What a copy of the vlm endpoint reads at once. The main stack sends no more than this times the most copies; more copies
come when there are more."""

MOST_COPIES = 1000 // REQUESTS_PER_COPY
"""An event source has 1,000 functions at most."""

_LOG_DAYS = (1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653)
"""What CloudWatch Logs takes."""

_CERTIFICATE = re.compile(r"arn:aws[a-z-]*:acm:[a-z0-9-]+:\d{12}:certificate/[0-9a-f-]+")
_DOMAIN = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}")
_E_MAIL = re.compile(r"[^\s@]+@[^\s@]+\.[^\s@]+")
_SUBNET = re.compile(r"subnet-[0-9a-f]{8,17}")
_SECURITY_GROUP = re.compile(r"sg-[0-9a-f]{8,17}")
_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")


class InvalidContext(ValueError):
    """What stands in cdk.json, or was said with -c, cannot be deployed."""


class Stage(StrEnum):
    """`dev` may be destroyed with all that is in it; of `prod` the documents and jobs outlive the stack."""

    DEV = "dev"
    PROD = "prod"

    @property
    def keeps_data(self) -> bool:
        return self is Stage.PROD

    @property
    def suffix(self) -> str:
        """Of stack names: both can be in one account, and none is ever turned into the other."""
        return "" if self is Stage.PROD else "Dev"


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """Defaults stand in cdk.json and nowhere else."""

    local: bool
    """Whether the assembly is for the embedded AWS: no image to build, and packages from the virtual environment."""
    stage: Stage
    """`prod`: documents and jobs outlive the stack. `dev`: `make destroy` takes them along; the stack is called OcrChatDev."""
    domain: str
    """The API's own host name, as in ocr.example.com; empty for API Gateway's."""
    certificate: str
    """The ARN of its certificate in ACM, of the same region."""
    alarm_email: str
    """Who is told of alarms. AWS sends a link there first, which has to be followed."""
    log_days: int
    """How long logs are kept. Documents are kept as long as the account's plan says."""
    log_bucket: str
    """A bucket of the same region and account for S3's server access logs; empty for none."""
    customer_key: bool
    """Whether bucket, table, queues and alarms are encrypted under a KMS key of the stack's own, in place of AWS's keys."""
    vpc_subnets: tuple[str, ...]
    """Subnets that the functions are in; none for Lambda's own network."""
    vpc_security_groups: tuple[str, ...]
    """Their security groups there."""
    web_acl: bool
    """Whether AWS WAF stands before the API."""
    web_acl_rate: int
    """Requests that one address may make in 5 minutes before WAF refuses it."""
    api_rate: int
    """Requests a second that the whole API takes. Each account has a limit of its own besides, by its plan."""
    api_burst: int
    """How many it takes at once beyond that."""
    api_gateway_log_role: bool
    """Whether to set the role by which API Gateway writes logs. There is one an account and region: only where none is set."""

    ocr_concurrency: int
    """Pages that each of the three lanes reads at once."""
    inline_waiters: int
    """Small jobs that a POST waits for at once."""
    monthly_credit_cap: int
    """Credits that all accounts together may use in a month; 0 is no cap."""
    plans: Plans
    """What accounts may be entitled to, in the order of what they offer."""
    readable_buckets: tuple[str, ...]
    """Buckets that accounts may be allowed to name in `file_url`."""

    vlm_backend: VlmBackend
    """Who reads pages of the vlm tier; with `none` the tier is off."""
    vlm_model: str
    """The model: of the stack OcrChatVlm as owner/name on the hub, of another server what it is called there."""
    vlm_dialect: str
    """The format of its prompt and answer."""
    vlm_endpoint: str
    """Of SageMaker: the name of the endpoint and of its inference component."""
    vlm_url: str
    """Of an OpenAI-compatible server: its base address."""
    vlm_secret: str
    """The name of the secret in Secrets Manager that holds the server's API key; empty where it needs none."""
    vlm_max_wait: int
    """Seconds that a page waits for a model that is not running before the embedded parser answers it."""
    vlm_max_copies: int
    """Copies of the model that run at most: each is an instance."""

    vlm_stack: bool
    """Whether OcrChatVlm, the GPU endpoint, is in the app. `make deploy-vlm` says so itself."""
    vlm_min_copies: int
    """Copies that are always awake."""
    vlm_revision: str
    """The commit of the model's repository on the hub."""
    vlm_weights: str
    """s3://bucket/prefix/ of the weights."""
    vlm_instance_type: str
    """What a copy runs on."""
    vlm_image_account: str
    """The account of AWS that has the container image."""

    chat_provider: ChatProvider
    """Who answers questions about documents."""
    chat_model: str
    """Of Bedrock: the id of an inference profile. Of another server: what it calls the model."""
    chat_url: str
    """Of an OpenAI-compatible server: its base address."""
    chat_secret: str
    """As `vlm_secret`, of that server."""
    chat_context: int
    """Tokens that the model takes."""

    translate_provider: TranslateProvider
    """Who translates: `aws` is Amazon Translate."""
    translate_model: str
    """Of `aws`: the id of an inference profile of Bedrock, for languages that Amazon Translate lacks; empty for none."""
    translate_url: str
    """Of `libretranslate`: the server's base address."""
    translate_secret: str
    """As `vlm_secret`, of that server."""

    @classmethod
    def read(cls, context: Mapping[str, Any]) -> Config:
        """Raises InvalidContext. What has a ':' or a '/' in its name is CDK's own."""
        kinds = get_type_hints(cls)
        for key in context:
            if key not in kinds and ":" not in key and "/" not in key:
                raise InvalidContext(f"{key}: there is no such setting. See docs/deploy.md.")
        for key in kinds:
            if key not in context:
                raise InvalidContext(f"{key}: is missing.")
        config = cls(**{key: _READERS[kind](key, context[key]) for key, kind in kinds.items()})
        problem = config._problem() or (config._problem_of_vlm_stack() if config.vlm_stack else None)
        if problem:
            raise InvalidContext(problem)
        return config

    @property
    def weights(self) -> Weights:
        return Weights.at(self.vlm_weights, self.vlm_model, self.vlm_revision)

    def _problem(self) -> str | None:
        """Why this could not be deployed, or would never answer; None if it may."""
        if bool(self.domain) != bool(self.certificate):
            return "domain and certificate: give both, or neither."
        if self.domain and not _DOMAIN.fullmatch(self.domain):
            return f"domain: '{self.domain}' is no host name, as in ocr.example.com."
        if self.certificate and not _CERTIFICATE.fullmatch(self.certificate):
            return f"certificate: '{self.certificate}' is no ARN of a certificate in ACM."
        if self.alarm_email and not _E_MAIL.fullmatch(self.alarm_email):
            return f"alarm_email: '{self.alarm_email}' is no address."
        if self.log_days not in _LOG_DAYS:
            return f"log_days: CloudWatch keeps logs for {', '.join(map(str, _LOG_DAYS))} days."
        if self.log_bucket and not _BUCKET.fullmatch(self.log_bucket):
            return f"log_bucket: '{self.log_bucket}' is no name of a bucket."
        if bool(self.vpc_subnets) != bool(self.vpc_security_groups):
            return "vpc_subnets and vpc_security_groups: give both, or neither."
        for name, known in (("vpc_subnets", _SUBNET), ("vpc_security_groups", _SECURITY_GROUP)):
            if wrong := next((it for it in getattr(self, name) if not known.fullmatch(it)), None):
                return f"{name}: '{wrong}' is no id."
        if not self.api_rate or not self.api_burst:
            return "api_rate, api_burst: 1 at least, since with 0 every request is refused."
        if self.web_acl_rate < 10:
            return "web_acl_rate: WAF counts from 10 requests on."
        if not 2 <= self.ocr_concurrency <= 1000:
            return "ocr_concurrency: 2 to 1000, the bounds of an event source."
        for name in ("vlm_secret", "chat_secret", "translate_secret"):
            if ":" in getattr(self, name):
                return f"{name}: the name of the secret, not its ARN."
        if self.vlm_dialect not in DIALECTS:
            return f"vlm_dialect: '{self.vlm_dialect}' is not one of {', '.join(DIALECTS)}."
        if not 1 <= self.vlm_max_copies <= MOST_COPIES:
            return f"vlm_max_copies: 1 to {MOST_COPIES}."
        return (
            vlm_problem(
                backend=self.vlm_backend,
                model=self.vlm_model,
                endpoint=self.vlm_endpoint,
                url=self.vlm_url,
                max_wait=self.vlm_max_wait,
            )
            or chat_problem(
                provider=self.chat_provider, model=self.chat_model, url=self.chat_url, context=self.chat_context
            )
            or translate_problem(provider=self.translate_provider, model=self.translate_model, url=self.translate_url)
        )

    def _problem_of_vlm_stack(self) -> str | None:
        if not re.fullmatch(r"[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}", self.vlm_endpoint):
            return f"vlm_endpoint: '{self.vlm_endpoint}' is no name. Use letters, digits and '-', 63 at most."
        if self.vlm_instance_type.startswith("ml.g4dn."):
            return f"vlm_instance_type: {self.vlm_instance_type} has no bfloat16. Take ml.g6.xlarge or ml.g5.xlarge."
        if self.vlm_max_copies < self.vlm_min_copies:
            return f"vlm_max_copies: {self.vlm_max_copies} is fewer than vlm_min_copies, {self.vlm_min_copies}."
        if not self.vlm_weights:
            return (
                "vlm_weights is missing. Put the weights into a bucket of the region of the endpoint, "
                "make stage-weights TO=s3://bucket/prefix/, and name the same place: -c vlm_weights=s3://bucket/prefix/, "
                "or in cdk.json. See docs/vlm.md."
            )
        try:
            Weights.at(self.vlm_weights, self.vlm_model, self.vlm_revision)
        except ValueError as error:
            return f"vlm_weights, vlm_model, vlm_revision: {error}"
        return None


def defaults() -> dict[str, Any]:
    """The context of cdk.json: our keys, and CDK's own."""
    context: dict[str, Any] = json.loads(CDK_JSON.read_text())["context"]
    return context


def default_plans() -> Plans:
    """Those of cdk.json."""
    return plans.read(defaults()["plans"])


def given(arguments: Sequence[str]) -> dict[str, Any]:
    """`-c key=value`, as CDK's command line has it: that hands its own over by the environment, and gives us none."""
    parser = argparse.ArgumentParser()
    parser.add_argument("-c", metavar="key=value", action="append", default=[])
    pairs = [pair.partition("=") for pair in parser.parse_args(arguments).c]
    return {key: value for key, _, value in pairs}


def keys() -> list[str]:
    return [field.name for field in fields(Config)]


def _text(key: str, given: Any) -> str:
    return str(given).strip()


def _count(key: str, given: Any) -> int:
    """A whole number, 0 or more. On the command line it is text."""
    text = _text(key, given)
    if not (text.isascii() and text.isdecimal()):
        raise InvalidContext(f"{key}: '{text}' is no whole number.")
    return int(text)


def _yes(key: str, given: Any) -> bool:
    text = _text(key, given).lower()
    if text not in ("true", "false"):
        raise InvalidContext(f"{key}: '{text}' is not one of true, false.")
    return text == "true"


def _names(key: str, given: Any) -> tuple[str, ...]:
    """A list in cdk.json; text with commas if it comes from the command line."""
    given = given.split(",") if isinstance(given, str) else given
    if not isinstance(given, list) or not all(isinstance(name, str) for name in given):
        raise InvalidContext(f"{key}: a list of names.")
    return tuple(name.strip() for name in given if name.strip())


def _plans(key: str, given: Any) -> Plans:
    """An object in cdk.json; its text if it comes from the command line."""
    try:
        read = plans.read(given)
        plans.write(read)
    except ValueError as error:
        raise InvalidContext(f"{key}: {error}.") from error
    return read


def _one_of(kind: type[StrEnum]) -> Any:
    def read(key: str, given: Any) -> StrEnum:
        text = _text(key, given)
        if text not in list(kind):
            raise InvalidContext(f"{key}: '{text}' is not one of {', '.join(kind)}.")
        return kind(text)

    return read


_READERS: dict[Any, Any] = {
    str: _text,
    int: _count,
    bool: _yes,
    tuple[str, ...]: _names,
    Plans: _plans,
    **{kind: _one_of(kind) for kind in (Stage, VlmBackend, ChatProvider, TranslateProvider)},
}
