"""Secrets of the operator."""

from __future__ import annotations

import boto3

from ocrchat.aws.failures import translated


def secret(name: str) -> str:
    """The text of a secret in Secrets Manager, as it is now."""
    client = boto3.client("secretsmanager")
    with translated():
        return client.get_secret_value(SecretId=name)["SecretString"]
