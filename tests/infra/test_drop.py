"""The drop bucket: what S3 tells whom, how long things stay, and what those who drop may do."""

from __future__ import annotations

import json
import re
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import pytest

from functions.export import publish
from functions.submit import drop
from ocrchat import keys
from ocrchat.aws import bus
from ocrchat.usecases import intake
from tests.infra.synthesised import Synthesised, flat, listed
from tests.plans import PLANS

ROOT = Path(__file__).resolve().parent.parent.parent
BUCKET = "DropBucket"


def bucket(stack: Synthesised) -> dict[str, Any]:
    return stack.named("S3::Bucket", BUCKET)


def test_it_is_private_and_what_is_in_it_is_ours(stack: Synthesised) -> None:
    assert set(bucket(stack)["PublicAccessBlockConfiguration"].values()) == {True}
    assert bucket(stack)["OwnershipControls"]["Rules"] == [{"ObjectOwnership": "BucketOwnerEnforced"}]
    (rule,) = bucket(stack)["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert rule["ServerSideEncryptionByDefault"]["SSEAlgorithm"] == "AES256"
    (policy,) = [it for it in stack.properties("S3::BucketPolicy").values() if flat(it["Bucket"]) == BUCKET]
    (statement,) = policy["PolicyDocument"]["Statement"]
    assert (statement["Effect"], statement["Condition"]) == ("Deny", {"Bool": {"aws:SecureTransport": "false"}})


def test_s3_tells_the_queue_of_what_is_dropped_and_not_of_results(stack: Synthesised) -> None:
    (told,) = bucket(stack)["NotificationConfiguration"]["QueueConfigurations"]
    assert told["Event"] == "s3:ObjectCreated:*"
    assert flat(told["Queue"]) == "DropDrops"
    assert told["Filter"] == {"S3Key": {"Rules": [{"Name": "prefix", "Value": keys.DROPS}]}}
    assert not keys.outcome("drop/a/b.pdf", "md").startswith(keys.DROPS)


def test_only_s3_and_only_for_this_aws_account_may_write_into_the_queue(stack: Synthesised) -> None:
    (policy,) = [
        it for it in stack.properties("SQS::QueuePolicy").values() if [flat(q) for q in it["Queues"]] == ["DropDrops"]
    ]
    allowing = [it for it in policy["PolicyDocument"]["Statement"] if it["Effect"] == "Allow"]
    assert [
        (it["Principal"], it["Action"], flat(it["Resource"]), it["Condition"]) for it in allowing
    ] == [
        (
            {"Service": "s3.amazonaws.com"},
            "sqs:SendMessage",
            "DropDrops",
            {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}},
        )
    ]  # fmt: skip


def test_the_bucket_is_made_when_its_queue_lets_s3_in(stack: Synthesised) -> None:
    (resource,) = [
        it for it in stack.resources("S3::Bucket").values() if "NotificationConfiguration" in it["Properties"]
    ]
    (policy,) = [
        name
        for name, it in stack.resources("SQS::QueuePolicy").items()
        if flat(it["Properties"]["Queues"][0]) == "DropDrops"
    ]
    assert policy in listed(resource["DependsOn"])


def test_nothing_stays_longer_than_any_plan_promises(stack: Synthesised) -> None:
    rules = bucket(stack)["LifecycleConfiguration"]["Rules"]
    expiring = {rule["Prefix"]: rule["ExpirationInDays"] for rule in rules if "Prefix" in rule}
    assert expiring == dict.fromkeys((keys.DROPS, keys.RESULTS), min(plan.retention_days for plan in PLANS.values()))
    assert {"AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 1}, "Status": "Enabled"} in rules


@pytest.mark.parametrize(
    ("queue", "retries"), [("DropDrops", drop.RETRY_SECONDS), ("DropResults", publish.RETRY_SECONDS)]
)
def test_the_receive_behind_the_last_try_is_the_last(stack: Synthesised, queue: str, retries: tuple[int, ...]) -> None:
    properties = stack.named("SQS::Queue", queue)
    assert properties["RedrivePolicy"]["maxReceiveCount"] == len(retries) + 1
    assert sum(retries) + len(retries) * properties["VisibilityTimeout"] < 4 * 24 * 3600


def test_that_a_file_was_taken_is_remembered_for_longer_than_its_message_can_wait(stack: Synthesised) -> None:
    of_sqs = 4 * 24 * 3600
    waits = stack.named("SQS::Queue", "DropDrops").get("MessageRetentionPeriod", of_sqs)
    assert intake.DROP_KEY_LIFETIME.total_seconds() > waits


def test_the_source_of_events_is_the_one_that_may_be_put(stack: Synthesised) -> None:
    from infra.drop import EVENT_SOURCE

    assert bus.SOURCE == EVENT_SOURCE


def allowed_to(stack: Synthesised, account: str) -> list[tuple[str, str, str]]:
    """(action, resource, prefix) of the policy for droppers, for one whose tag names the account.

    IAM puts the tag in the place of the variable, and lets `*` stand for any characters, which is what fnmatch does too. That
    IAM does so is not tested here: neither moto nor the emulator knows tags of principals.
    """
    document = stack.named("IAM::ManagedPolicy", "DropDroppers")["PolicyDocument"]
    assert {statement["Effect"] for statement in document["Statement"]} == {"Allow"}
    return [
        (
            action,
            flat(resource).replace("${aws:PrincipalTag/ocrchat-account}", account),
            prefix.replace("${aws:PrincipalTag/ocrchat-account}", account),
        )
        for statement in document["Statement"]
        for action in listed(statement["Action"])
        for resource in listed(statement["Resource"])
        for prefix in listed(statement.get("Condition", {}).get("StringLike", {}).get("s3:prefix", "*"))
    ]


def may(stack: Synthesised, account: str, action: str, key: str) -> bool:
    return any(
        granted == action and fnmatchcase(f"{BUCKET}/{key}", resource)
        for granted, resource, _ in allowed_to(stack, account)
    )


def may_list(stack: Synthesised, account: str, prefix: str) -> bool:
    return any(
        (action, resource) == ("s3:ListBucket", BUCKET) and fnmatchcase(prefix, pattern)
        for action, resource, pattern in allowed_to(stack, account)
    )


def test_a_dropper_puts_and_reads_under_its_own_prefix(stack: Synthesised) -> None:
    assert may(stack, "acme", "s3:PutObject", "drop/acme/in/a b.pdf")
    assert may(stack, "acme", "s3:GetObject", "drop/acme/in/a b.pdf")
    assert may(stack, "acme", "s3:GetObject", "results/acme/in/a b.pdf.json")
    assert may_list(stack, "acme", "drop/acme/")
    assert may_list(stack, "acme", "results/acme/in/")


@pytest.mark.parametrize("other", ["acme-2", "acm", "bolt", ""])
def test_a_dropper_neither_reads_nor_writes_nor_lists_what_is_anothers(stack: Synthesised, other: str) -> None:
    actions = {action for action, _, _ in allowed_to(stack, "acme")} - {"s3:ListBucket"}
    for action in actions:
        for key in (f"drop/{other}/a.pdf", f"results/{other}/a.pdf.json", "drop/acme", f"jobs/{other}/a"):
            assert not may(stack, "acme", action, key)
    for prefix in ("", "drop/", "results/", "drop/acme", f"drop/{other}/", f"results/{other}/"):
        assert not may_list(stack, "acme", prefix)


def test_a_dropper_writes_no_results_and_deletes_nothing(stack: Synthesised) -> None:
    assert {action for action, _, _ in allowed_to(stack, "acme")} == {
        "s3:PutObject",
        "s3:AbortMultipartUpload",
        "s3:ListMultipartUploadParts",
        "s3:GetObject",
        "s3:ListBucket",
    }
    assert not may(stack, "acme", "s3:PutObject", "results/acme/a.pdf.json")


def test_the_policy_in_the_documentation_is_the_one_of_the_stack(stack: Synthesised) -> None:
    blocks = re.findall(r"```json\n(.*?)```", (ROOT / "docs" / "drop.md").read_text(), re.DOTALL)
    (shown,) = [json.loads(block) for block in blocks if "Statement" in block]
    ours = stack.named("IAM::ManagedPolicy", "DropDroppers")["PolicyDocument"]

    def said(document: dict[str, Any]) -> set[tuple[str, frozenset[str], frozenset[str], str]]:
        return {
            (
                it["Effect"],
                frozenset(listed(it["Action"])),
                frozenset(flat(resource).replace(BUCKET, "arn:aws:s3:::BUCKET") for resource in listed(it["Resource"])),
                json.dumps(it.get("Condition"), sort_keys=True),
            )
            for it in document["Statement"]
        }

    assert said(shown) == said(ours)


def test_the_policy_is_attached_to_nobody_by_us(stack: Synthesised) -> None:
    policy = stack.named("IAM::ManagedPolicy", "DropDroppers")
    assert not {"Roles", "Users", "Groups"} & set(policy)
