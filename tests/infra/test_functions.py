"""Every function: its own log, its settings, and the marks by which the local runtime finds its code."""

from __future__ import annotations

from pathlib import Path

from ocrchat import asl, plans
from ocrchat.settings import Settings
from tests.infra.synthesised import Synthesised, flat
from tests.plans import PLANS

ROOT = Path(__file__).resolve().parent.parent.parent
IMAGE = "ocr_page.handler"
START_JOBS = {"submit.api", "submit.drop", "submit.reconcile"}


def test_ocr_page_is_an_image_and_everything_else_a_zip(stack: Synthesised) -> None:
    for entry, function in stack.functions().items():
        properties = function["Properties"]
        assert properties.get("PackageType", "Zip") == ("Image" if entry == IMAGE else "Zip")
        assert properties["Architectures"] == ["x86_64"]
        if entry != IMAGE:
            assert properties["Runtime"] == "python3.12"


def test_handlers_are_files_of_this_repository(stack: Synthesised) -> None:
    for function in stack.functions().values():
        handler = function["Properties"].get("Handler") or function["Metadata"]["ocrchat:handler"]
        module, _, name = handler.rpartition(".")
        assert name == "handler"
        assert (ROOT / module.replace(".", "/")).with_suffix(".py").is_file()


def test_code_is_marked_with_the_name_of_its_asset(stack: Synthesised) -> None:
    for entry, function in stack.functions().items():
        assert function["Metadata"]["ocrchat:asset"] == f"functions/{entry.partition('.')[0]}"
    layers = {layer["Metadata"]["ocrchat:asset"] for layer in stack.resources("Lambda::LayerVersion").values()}
    assert layers == {"layers/core", "layers/documents", "layers/exports", "layers/chat"}


def test_every_function_has_a_log_group_of_its_own_that_forgets(stack: Synthesised) -> None:
    used = [function["Properties"]["LoggingConfig"]["LogGroup"]["Ref"] for function in stack.functions().values()]
    assert len(set(used)) == len(used)
    for group in stack.properties("Logs::LogGroup").values():
        assert group["RetentionInDays"] == 30


def test_functions_are_traced_and_can_read_their_settings(stack: Synthesised) -> None:
    for entry, function in stack.functions().items():
        properties = function["Properties"]
        assert properties["TracingConfig"] == {"Mode": "Active"}
        variables = properties["Environment"]["Variables"]
        assert variables["POWERTOOLS_METRICS_NAMESPACE"] == "OcrChat"
        # Without the machine where the machine would have to exist first, and where nothing starts it.
        assert Settings.from_env({name: flat(value) for name, value in variables.items()}) == Settings(
            table="StorageJobs",
            bucket="StorageDocuments",
            interactive_queue="QueuesInteractive",
            priority_queue="QueuesPriority",
            bulk_queue="QueuesBulk",
            vlm_queue="QueuesVlm",
            event_queue="EventsQueue",
            plans=plans.write(PLANS),
            drop_bucket="DropBucket",
            drop_queue="DropDrops",
            result_queue="DropResults",
            state_machine="WorkflowMachine" if entry in START_JOBS else "",
            weights="/opt/weights" if entry in (IMAGE, "chat.api") else "",
            tessdata="/opt/tessdata" if entry in (IMAGE, "submit.api", "submit.drop") else "",
            inline_waiters=50 if entry == "submit.api" else 0,
            vlm_model="lightonai/LightOnOCR-3-0.8B" if entry == "ocr_page.vlm" else "",
            vlm_endpoint="ocrchat-vlm" if entry == "ocr_page.vlm" else "",
            vlm_max_wait=1800 if entry == "ocr_page.vlm" else 0,
            chat_context=100_000 if entry == "chat.api" else 0,
        )


def test_who_reserves_or_refunds_credits_knows_the_cap_of_the_deployment(configured: Synthesised) -> None:
    caps = {
        entry: function["Properties"]["Environment"]["Variables"].get("OCRCHAT_MONTHLY_CAP")
        for entry, function in configured.functions().items()
    }
    assert {entry: cap for entry, cap in caps.items() if cap} == dict.fromkeys(
        ("submit.api", "submit.drop", "submit.reconcile", "export.assemble"), "5000"
    )


def test_the_state_machine_is_the_shared_definition_with_every_placeholder_filled(stack: Synthesised) -> None:
    machine = stack.only("StepFunctions::StateMachine")
    assert machine["DefinitionString"] == asl.definition()
    substitutions = {name: flat(value) for name, value in machine["DefinitionSubstitutions"].items()}
    assert set(substitutions) == asl.placeholders()
    assert stack.function_of(substitutions["SplitFunction"]) == "submit.split"
    assert stack.function_of(substitutions["PrepareFunction"]) == "export.prepare"
    assert stack.function_of(substitutions["AssembleFunction"]) == "export.assemble"
    assert substitutions["Table"] == "StorageJobs"


def test_the_state_machine_logs_errors_without_their_data(stack: Synthesised) -> None:
    """Task tokens are in the data."""
    machine = stack.only("StepFunctions::StateMachine")
    assert machine["StateMachineType"] == "STANDARD"
    assert machine["TracingConfiguration"] == {"Enabled": True}
    assert machine["LoggingConfiguration"]["Level"] == "ERROR"
    assert machine["LoggingConfiguration"]["IncludeExecutionData"] is False


def test_the_reconciler_runs_every_five_minutes(stack: Synthesised) -> None:
    rule = stack.only("Events::Rule")
    assert rule["ScheduleExpression"] == "rate(5 minutes)"
    assert [stack.function_of(target["Arn"]) for target in rule["Targets"]] == ["submit.reconcile"]


def test_outputs_are_what_clients_and_the_local_runtime_read(stack: Synthesised) -> None:
    assert set(stack.template["Outputs"]) == {
        "AlarmTopicArn",
        "ApiId",
        "ApiStage",
        "ApiUrl",
        "BucketName",
        "BulkQueueUrl",
        "DeadLetterQueueUrl",
        "DropBucketName",
        "DropQueueUrl",
        "DropperPolicyArn",
        "EventQueueUrl",
        "GateFunctionName",
        "InteractiveQueueUrl",
        "Plans",
        "PriorityQueueUrl",
        "ReconcileFunctionName",
        "ResultQueueUrl",
        "StateMachineArn",
        "TableName",
        "VlmQueueUrl",
    }
