"""The drop bucket: files are put into it, become jobs, and have their results put beside them."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda_event_sources as event_sources
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.bucket import bucket
from infra.function import Entrypoint, Layers
from infra.nag import accept, accept_wildcard, arn
from infra.queue import LONGEST_RETENTION, queue
from ocrchat import keys
from ocrchat.settings import Settings

TRIES = 5
"""One more than the schedules in functions/submit/drop.py and functions/export/publish.py are long."""

TAKE_TIMEOUT = cdk.Duration.seconds(120)
PUBLISH_TIMEOUT = cdk.Duration.seconds(300)

CONCURRENCY = 10
"""A burst of drops of one account meets at its item in the table."""

ACCOUNT_TAG = "ocrchat-account"
"""Of an IAM user or role: the account that it drops for."""


EVENT_SOURCE = "ocrchat"
"""The name that ocrchat.aws.bus gives; a test holds them together."""


class DropBucket(Construct):
    """A bucket of its own, so that what is put beside a file starts nothing, and nobody who may drop is near what is kept.

    What S3 says waits in a queue; what nobody could take is parked for a person to look at. So do jobs that have ended.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        removal_policy: cdk.RemovalPolicy,
        key: kms.IKey | None,
        log_bucket: str,
        days: int,
    ) -> None:
        """Files and results are kept for so many days."""
        super().__init__(scope, id)
        self.drops, drops_parking = self._queues("Drops", TAKE_TIMEOUT, key)
        self.results, results_parking = self._queues("Results", PUBLISH_TIMEOUT, key)
        self.parking = (drops_parking, results_parking)
        # By account and not by bucket: the bucket is made after the queue's policy, and asks it whether it may.
        self.drops.add_to_resource_policy(
            iam.PolicyStatement(
                principals=[iam.ServicePrincipal("s3.amazonaws.com")],
                actions=["sqs:SendMessage"],
                resources=[self.drops.queue_arn],
                conditions={"StringEquals": {"aws:SourceAccount": cdk.Aws.ACCOUNT_ID}},
            )
        )
        kept = cdk.Duration.days(days)
        self.bucket = bucket(
            self,
            "Bucket",
            removal_policy=removal_policy,
            key=key,
            log_bucket=log_bucket,
            log_prefix=f"{cdk.Stack.of(self).stack_name}-drop/",
            lifecycle_rules=[s3.LifecycleRule(prefix=prefix, expiration=kept) for prefix in (keys.DROPS, keys.RESULTS)],
        )
        self._notify()
        self.droppers = self._policy(key)

    def allow_send_results(self, grantee: iam.IGrantable) -> None:
        iam.Grant.add_to_principal(grantee=grantee, actions=["sqs:SendMessage"], resource_arns=[self.results.queue_arn])

    def allow(self, grantee: iam.IGrantable, action: str, *prefixes: str) -> None:
        """`action` on the objects under each of `prefixes`."""
        iam.Grant.add_to_principal(
            grantee=grantee,
            actions=[action],
            resource_arns=[self.bucket.arn_for_objects(f"{prefix}*") for prefix in prefixes],
        )
        for prefix in prefixes:
            accept_wildcard(
                grantee, f"{arn(self.bucket)}/{prefix}*", "Files of all accounts: their keys are the droppers'."
            )

    def allow_list(self, grantee: iam.IGrantable, *prefixes: str) -> None:
        iam.Grant.add_to_principal(
            grantee=grantee,
            actions=["s3:ListBucket"],
            resource_arns=[self.bucket.bucket_arn],
            conditions={"StringLike": {"s3:prefix": [f"{prefix}*" for prefix in prefixes]}},
        )

    def _queues(self, id: str, consumer_timeout: cdk.Duration, key: kms.IKey | None) -> tuple[sqs.Queue, sqs.Queue]:
        """One to work from, and the one that its messages are parked in."""
        parking = queue(self, f"{id}Parking", retention=LONGEST_RETENTION, key=key)
        then = sqs.DeadLetterQueue(queue=parking, max_receive_count=TRIES)
        return queue(self, id, consumer_timeout=consumer_timeout, then=then, key=key), parking

    def _notify(self) -> None:
        """In the bucket's own words: CDK's are a function that may configure every bucket of the AWS account."""
        resource = self.bucket.node.default_child
        assert isinstance(resource, s3.CfnBucket)
        under_drop = s3.CfnBucket.S3KeyFilterProperty(
            rules=[s3.CfnBucket.FilterRuleProperty(name="prefix", value=keys.DROPS)]
        )
        resource.notification_configuration = s3.CfnBucket.NotificationConfigurationProperty(
            queue_configurations=[
                s3.CfnBucket.QueueConfigurationProperty(
                    event="s3:ObjectCreated:*",
                    queue=self.drops.queue_arn,
                    filter=s3.CfnBucket.NotificationFilterProperty(s3_key=under_drop),
                )
            ]
        )
        self.bucket.node.add_dependency(self.drops)  # with its policy: S3 tries the queue when it is told of it

    def _policy(self, key: kms.IKey | None) -> iam.ManagedPolicy:
        """For those who drop: whose account they are, their tag says. Without the tag it allows nothing."""
        account = f"${{aws:PrincipalTag/{ACCOUNT_TAG}}}"
        mine = [self.bucket.arn_for_objects(f"{prefix}{account}/*") for prefix in (keys.DROPS, keys.RESULTS)]
        policy = iam.ManagedPolicy(
            self,
            "Droppers",
            description="Put files into the drop bucket of ocrchat, and read results, for the account of the tag ocrchat-account",
            statements=[
                iam.PolicyStatement(
                    actions=["s3:PutObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts"],
                    resources=mine[:1],
                ),
                iam.PolicyStatement(actions=["s3:GetObject"], resources=mine),
                iam.PolicyStatement(
                    actions=["s3:ListBucket"],
                    resources=[self.bucket.bucket_arn],
                    conditions={
                        "StringLike": {
                            "s3:prefix": [f"{prefix}{account}/*" for prefix in (keys.DROPS, keys.RESULTS)],
                        }
                    },
                ),
            ],
        )
        if key:
            policy.add_statements(
                iam.PolicyStatement(
                    actions=["kms:Decrypt", "kms:GenerateDataKey"],
                    resources=[key.key_arn],
                    conditions={"StringEquals": {"kms:ViaService": f"s3.{cdk.Aws.REGION}.{cdk.Aws.URL_SUFFIX}"}},
                )
            )
        for prefix in (keys.DROPS, keys.RESULTS):
            reason = "The files of one account: their keys are the droppers'."
            accept(policy, f"IAM5[Resource::{arn(self.bucket)}/{prefix}<aws:PrincipalTag/{ACCOUNT_TAG}>/*]", reason)
        return policy


class DropWorkers(Construct):
    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        drops: DropBucket,
        take_settings: Settings,
        publish_settings: Settings,
        layers: Layers,
    ) -> None:
        super().__init__(scope, id)
        self.take = Entrypoint(
            self,
            "Take",
            module="submit.drop",
            settings=take_settings,
            layers=(layers.core, layers.documents),
            timeout=TAKE_TIMEOUT,
            memory_mb=1769,  # a file of 100 MB passes through it, and is opened
        ).function
        self.publish = Entrypoint(
            self,
            "Publish",
            module="export.publish",
            settings=publish_settings,
            layers=(layers.core, layers.documents, layers.exports),
            timeout=PUBLISH_TIMEOUT,
            memory_mb=3008,  # as what prepares downloads
            scratch_mb=1024,
        ).function
        # One a call: a file on which a function dies spoils no other.
        for function, source in ((self.take, drops.drops), (self.publish, drops.results)):
            function.add_event_source(
                event_sources.SqsEventSource(
                    source, batch_size=1, max_concurrency=CONCURRENCY, report_batch_item_failures=True
                )
            )


def allow_tell(grantee: iam.IGrantable, scope: Construct) -> None:
    """To put our events on the default bus."""
    bus = cdk.Stack.of(scope).format_arn(service="events", resource="event-bus", resource_name="default")
    iam.Grant.add_to_principal(
        grantee=grantee,
        actions=["events:PutEvents"],
        resource_arns=[bus],
        conditions={"StringEquals": {"events:source": EVENT_SOURCE}},
    )
