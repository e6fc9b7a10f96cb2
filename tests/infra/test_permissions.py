"""Who may do what: one role an entry file, and each holds what that file needs and nothing else."""

from __future__ import annotations

from datetime import UTC, datetime
from fnmatch import fnmatchcase

import pytest

from ocrchat import keys
from ocrchat.media import MediaType
from ocrchat.model import Job, JobOptions
from tests.infra.synthesised import Synthesised, flat, listed

DOCUMENTS = "StorageDocuments/"
SOURCE, CHUNKS, PAGES, VLM, RESULT, DOWNLOADS = (
    f"{DOCUMENTS}jobs/*/{end}" for end in ("source", "chunks/*", "pages/*", "vlm/*", "result.json", "downloads/*")
)
JOBS, UPLOADS = f"{DOCUMENTS}jobs/*", f"{DOCUMENTS}uploads/*"
LIST_JOBS = "s3:ListBucket StorageDocuments when StringLike s3:prefix jobs/*"
CHAT = f"{DOCUMENTS}jobs/*/chat/*"
TRANSLATION = f"{DOCUMENTS}jobs/*/translation/*"
LIST_TRANSLATION = "s3:ListBucket StorageDocuments when StringLike s3:prefix jobs/*/translation/*"
LIST_CHAT = "s3:ListBucket StorageDocuments when StringLike s3:prefix jobs/*/chat/*"
DROPS, RESULTS = "DropBucket/drop/*", "DropBucket/results/*"
LIST_DROPS = "s3:ListBucket DropBucket when StringLike s3:prefix drop/*"
SEND_RESULT = "sqs:SendMessage DropResults"
BUS = "arn:AWS::Partition:events:AWS::Region:AWS::AccountId:event-bus/default"
LANES = ("QueuesInteractive", "QueuesPriority", "QueuesBulk")
SEND_EVENT = "sqs:SendMessage EventsQueue"
EXECUTIONS = "arn:AWS::Partition:states:AWS::Region:AWS::AccountId:execution:WorkflowMachine:*"
CONSUME = ("ChangeMessageVisibility", "DeleteMessage", "GetQueueAttributes", "GetQueueUrl", "ReceiveMessage")

# Actions that IAM knows no resource for.
WITHOUT_RESOURCE = {
    "xray:PutTelemetryRecords",
    "xray:PutTraceSegments",
    "xray:GetSamplingRules",
    "xray:GetSamplingTargets",
    "states:SendTaskSuccess",
    "states:SendTaskFailure",
    # Step Functions delivers its log through these; CDK adds them.
    "logs:CreateLogDelivery",
    "logs:DeleteLogDelivery",
    "logs:DescribeLogGroups",
    "logs:DescribeResourcePolicies",
    "logs:GetLogDelivery",
    "logs:ListLogDeliveries",
    "logs:PutResourcePolicy",
    "logs:UpdateLogDelivery",
}


def items(*actions: str) -> set[str]:
    return {f"dynamodb:{action} StorageJobs" for action in actions}


def lanes(*actions: str) -> set[str]:
    return {f"sqs:{action} {queue}" for action in actions for queue in LANES}


ALLOWED = {
    "submit.api": {
        f"s3:PutObject {SOURCE}",
        f"s3:GetObject {RESULT}",
        *(f"s3:{action} {UPLOADS}" for action in ("PutObject", "GetObject", "DeleteObject")),
        LIST_JOBS,
        f"s3:DeleteObject {JOBS}",
        *items("GetItem", "BatchGetItem", "PutItem", "UpdateItem", "DeleteItem", "Query"),
        "dynamodb:Query StorageJobs/index/open-jobs",
        "dynamodb:Query StorageJobs/index/account-jobs",
        SEND_EVENT,
        SEND_RESULT,
        f"s3:GetObject {DROPS}",
        *(f"s3:DeleteObject {objects}" for objects in (DROPS, RESULTS)),
        f"{LIST_DROPS} or results/*",
        "states:StartExecution WorkflowMachine",
        "states:SendTaskFailure *",
    },
    "submit.drop": {
        f"s3:PutObject {SOURCE}",
        LIST_JOBS,
        f"s3:DeleteObject {JOBS}",
        *items("GetItem", "PutItem", "UpdateItem", "DeleteItem"),
        f"s3:GetObject {DROPS}",
        *(f"s3:{action} {RESULTS}" for action in ("PutObject", "DeleteObject")),
        f"{LIST_DROPS} or results/*",
        *(f"sqs:{action} DropDrops" for action in CONSUME),
        "states:StartExecution WorkflowMachine",
    },
    "submit.gate": {f"s3:PutObject {UPLOADS}", *items("GetItem", "UpdateItem")},
    "chat.api": {
        f"s3:GetObject {RESULT}",
        *(f"s3:{action} {CHAT}" for action in ("GetObject", "PutObject", "DeleteObject")),
        LIST_CHAT,
        *items("GetItem", "UpdateItem"),
    },
    "submit.split": {
        f"s3:GetObject {SOURCE}",
        f"s3:PutObject {CHUNKS}",
        LIST_JOBS,
        f"s3:DeleteObject {JOBS}",
        *items("GetItem", "BatchGetItem", "PutItem", "UpdateItem", "DeleteItem"),
        *lanes("SendMessage"),
        "states:SendTaskSuccess *",
        "states:SendTaskFailure *",
    },
    "submit.reconcile": {
        LIST_JOBS,
        f"s3:DeleteObject {JOBS}",
        f"s3:DeleteObject {UPLOADS}",
        *items("GetItem", "BatchGetItem", "PutItem", "UpdateItem"),
        "dynamodb:Query StorageJobs/index/open-jobs",
        *lanes("SendMessage", "GetQueueAttributes"),
        "sqs:GetQueueAttributes QueuesVlm",
        SEND_EVENT,
        SEND_RESULT,
        "states:StartExecution WorkflowMachine",
        f"states:DescribeExecution {EXECUTIONS}",
        "states:SendTaskSuccess *",
        "states:SendTaskFailure *",
    },
    "ocr_page.handler": {
        f"s3:GetObject {SOURCE}",
        f"s3:GetObject {CHUNKS}",
        f"s3:PutObject {PAGES}",
        f"s3:DeleteObject {PAGES}",
        *(f"s3:{action} {VLM}" for action in ("GetObject", "PutObject", "DeleteObject")),
        *items("GetItem", "BatchGetItem", "UpdateItem"),
        *lanes("SendMessage", *CONSUME),
        "sqs:SendMessage QueuesVlm",
        "states:SendTaskSuccess *",
    },
    "ocr_page.vlm": {
        *(f"s3:{action} {VLM}" for action in ("GetObject", "DeleteObject")),
        *(f"s3:{action} {PAGES}" for action in ("PutObject", "DeleteObject")),
        *items("GetItem", "BatchGetItem", "UpdateItem"),
        *lanes("SendMessage"),
        *(f"sqs:{action} QueuesVlm" for action in CONSUME),
        "states:SendTaskSuccess *",
    },
    "ocr_page.dead_letter": {
        *(f"s3:{action} {VLM}" for action in ("GetObject", "DeleteObject")),
        *(f"s3:{action} {PAGES}" for action in ("PutObject", "DeleteObject")),
        *items("GetItem", "BatchGetItem", "UpdateItem"),
        *lanes("SendMessage"),
        *(f"sqs:{action} QueuesDeadLetters" for action in CONSUME),
        "states:SendTaskSuccess *",
    },
    "export.translate": {
        f"s3:GetObject {PAGES}",
        *(f"s3:{action} {TRANSLATION}" for action in ("PutObject", "DeleteObject")),
        LIST_TRANSLATION,
        *items("GetItem", "BatchGetItem"),
    },
    "export.assemble": {
        f"s3:GetObject {PAGES}",
        f"s3:GetObject {TRANSLATION}",
        LIST_TRANSLATION,
        f"s3:PutObject {RESULT}",
        f"s3:DeleteObject {RESULT}",
        *items("GetItem", "BatchGetItem", "PutItem", "UpdateItem"),
        SEND_EVENT,
        SEND_RESULT,
    },
    "export.api": {
        *(f"s3:GetObject {objects}" for objects in (SOURCE, PAGES, RESULT)),
        *(f"s3:{action} {DOWNLOADS}" for action in ("PutObject", "GetObject", "DeleteObject")),
        *items("GetItem"),
    },
    "export.prepare": {
        *(f"s3:GetObject {objects}" for objects in (SOURCE, PAGES, RESULT)),
        *(f"s3:{action} {DOWNLOADS}" for action in ("PutObject", "DeleteObject")),
        *items("GetItem"),
    },
    "export.publish": {
        *(f"s3:GetObject {objects}" for objects in (SOURCE, PAGES, RESULT)),
        *(f"s3:{action} {DOWNLOADS}" for action in ("PutObject", "GetObject", "DeleteObject")),
        *items("GetItem"),
        f"s3:GetObject {DROPS}",
        *(f"s3:{action} {RESULTS}" for action in ("PutObject", "DeleteObject")),
        LIST_DROPS,
        *(f"sqs:{action} DropResults" for action in CONSUME),
        f"events:PutEvents {BUS} when StringEquals events:source ocrchat",
    },
    "export.webhook": {*items("GetItem"), *(f"sqs:{action} EventsQueue" for action in CONSUME)},
}


def test_every_entry_file_is_listed_here(stack: Synthesised) -> None:
    assert set(stack.functions()) == set(ALLOWED)


@pytest.mark.parametrize("entry", ALLOWED)
def test_a_function_may_do_what_is_listed_write_its_own_log_and_nothing_else(stack: Synthesised, entry: str) -> None:
    function = stack.functions()[entry]["Properties"]
    log_group = flat(function["LoggingConfig"]["LogGroup"])
    own_log = {f"logs:{action} {log_group}" for action in ("CreateLogStream", "PutLogEvents")}
    traces = {"xray:PutTelemetryRecords *", "xray:PutTraceSegments *"}

    assert stack.grants(function["Role"]) == ALLOWED[entry] | own_log | traces


def test_no_two_functions_share_a_role(stack: Synthesised) -> None:
    roles = [flat(function["Properties"]["Role"]) for function in stack.functions().values()]
    assert len(set(roles)) == len(roles)


def test_roles_hold_no_policy_that_is_written_elsewhere(stack: Synthesised) -> None:
    """AWS's managed policies reach every log group, every queue."""
    for role in stack.properties("IAM::Role").values():
        assert "ManagedPolicyArns" not in role


def test_a_wildcard_resource_stands_only_where_iam_knows_no_other(stack: Synthesised) -> None:
    for policy in stack.properties("IAM::Policy").values():
        for statement in policy["PolicyDocument"]["Statement"]:
            assert not any("*" in action for action in listed(statement["Action"]))
            if "*" in listed(statement["Resource"]):
                assert set(listed(statement["Action"])) <= WITHOUT_RESOURCE


def test_the_state_machine_invokes_its_tasks_and_marks_jobs_failed(stack: Synthesised) -> None:
    machine = stack.only("StepFunctions::StateMachine")
    with_resource = {grant for grant in stack.grants(machine["RoleArn"]) if not grant.endswith(" *")}
    assert with_resource == {
        "lambda:InvokeFunction WorkflowSplitFunction",
        "lambda:InvokeFunction WorkflowSplitFunction:*",
        "lambda:InvokeFunction WorkflowPrepareFunction",
        "lambda:InvokeFunction WorkflowPrepareFunction:*",
        "lambda:InvokeFunction WorkflowTranslateFunction",
        "lambda:InvokeFunction WorkflowTranslateFunction:*",
        "lambda:InvokeFunction WorkflowAssembleFunction",
        "lambda:InvokeFunction WorkflowAssembleFunction:*",
        "dynamodb:UpdateItem StorageJobs",
    }


def test_buckets_are_listed_by_prefix_only(stack: Synthesised) -> None:
    for entry, function in stack.functions().items():
        listing = {grant for grant in stack.grants(function["Properties"]["Role"]) if grant.startswith("s3:List")}
        assert listing <= {LIST_JOBS, LIST_CHAT, LIST_TRANSLATION, LIST_DROPS, f"{LIST_DROPS} or results/*"}, entry


def test_only_submit_reads_the_buckets_that_the_context_names(configured: Synthesised) -> None:
    reading = {
        entry: {grant for grant in configured.grants(function["Properties"]["Role"]) if ":s3:::" in grant}
        for entry, function in configured.functions().items()
    }
    assert {entry: grants for entry, grants in reading.items() if grants} == {
        "submit.api": {
            "s3:GetObject arn:AWS::Partition:s3:::invoices/*",
            "s3:GetObject arn:AWS::Partition:s3:::contracts/*",
        }
    }


def test_the_granted_prefixes_are_those_of_the_keys() -> None:
    job = Job("1" * 32, "a", "f.pdf", MediaType.PDF, 1, JobOptions(), created_at=datetime.now(UTC))
    granted = {
        SOURCE: keys.source(job),
        CHUNKS: keys.chunk_source(job, 3),
        PAGES: keys.page_result(job, 7),
        RESULT: keys.result(job),
        TRANSLATION: keys.translated_page(job, 7),
        DOWNLOADS: keys.download(job, "pdf"),
        UPLOADS: keys.upload("a", "2" * 32),
    }
    for pattern, key in granted.items():
        assert [p for p in granted if fnmatchcase(DOCUMENTS + key, p)] == [pattern]
        assert fnmatchcase(DOCUMENTS + key, JOBS) == (pattern != UPLOADS)
    assert fnmatchcase(keys.job_prefix(job), "jobs/*")
