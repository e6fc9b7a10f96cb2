"""The one SQS construct."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sqs as sqs
from constructs import Construct

LONGEST_RETENTION = cdk.Duration.days(14)
"""For dead letters: a message keeps its age when it moves."""


def queue(
    scope: Construct,
    id: str,
    *,
    retention: cdk.Duration | None = None,
    consumer_timeout: cdk.Duration | None = None,
    then: sqs.DeadLetterQueue | None = None,
    key: kms.IKey | None = None,
) -> sqs.Queue:
    """A message stays hidden six times as long as its consumer may run: AWS's rule, for tries that are throttled.

    Encrypted under `key`, or under SQS's own.
    """
    return sqs.Queue(
        scope,
        id,
        encryption=sqs.QueueEncryption.KMS if key else sqs.QueueEncryption.SQS_MANAGED,
        encryption_master_key=key,
        enforce_ssl=True,
        retention_period=retention,
        visibility_timeout=cdk.Duration.seconds(6 * consumer_timeout.to_seconds()) if consumer_timeout else None,
        dead_letter_queue=then,
    )
