"""Translation in the stack: its settings, and what the functions that translate, or say what can be translated, may reach."""

from __future__ import annotations

from dataclasses import replace

from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_

from infra.bedrock import allow_model
from infra.config import Config
from infra.nag import accept_wildcard
from infra.secrets import allow_secret
from ocrchat.settings import Settings, TranslateProvider


def with_translation(settings: Settings, config: Config) -> Settings:
    """Without the secret: it takes none to say what can be translated."""
    return replace(
        settings,
        translate_provider=config.translate_provider,
        translate_model=config.translate_model,
        translate_url=config.translate_url,
    )


def allow_listing(function: lambda_.Function, settings: Settings) -> None:
    if settings.translate_provider is TranslateProvider.AWS:
        _allow(function, "ListLanguages")


def allow_translation(function: lambda_.Function, settings: Settings) -> None:
    if settings.translate_provider is TranslateProvider.AWS:
        _allow(function, "ListLanguages", "TranslateText")
        if settings.translate_model:
            allow_model(function, "InvokeModel", settings.translate_model, key="translate_model")
    if settings.translate_provider is TranslateProvider.LIBRETRANSLATE and settings.translate_secret:
        allow_secret(function, settings.translate_secret)


def _allow(function: lambda_.Function, *actions: str) -> None:
    function.add_to_role_policy(
        iam.PolicyStatement(actions=[f"translate:{action}" for action in actions], resources=["*"])
    )
    accept_wildcard(function, "*", "Of Amazon Translate IAM knows no resource that these could name.")
