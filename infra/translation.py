"""Translation in the stack: its settings, and what the functions that translate, or say what can be translated, may reach."""

from __future__ import annotations

from dataclasses import replace

from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from constructs import Node

from infra import context
from infra.bedrock import allow_model
from infra.context import InvalidContext
from infra.secrets import allow_secret
from ocrchat.settings import Settings, TranslateProvider, translate_problem


def with_translation(settings: Settings, node: Node) -> Settings:
    """Without the secret: it takes none to say what can be translated. Raises InvalidContext for what would never translate."""
    provider = context.one_of(node, "translate_provider", TranslateProvider)
    model, url = context.text(node, "translate_model"), context.text(node, "translate_url")
    if problem := translate_problem(provider=provider, model=model, url=url):
        raise InvalidContext(problem)
    return replace(settings, translate_provider=TranslateProvider(provider), translate_model=model, translate_url=url)


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
    """Of Amazon Translate IAM knows no resource that these could name."""
    function.add_to_role_policy(
        iam.PolicyStatement(actions=[f"translate:{action}" for action in actions], resources=["*"])
    )
