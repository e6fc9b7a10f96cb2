"""The GPU endpoint: off unless asked for, scaled to zero, cut off from the network, and with no right too many."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.infra.conftest import synthesise
from tests.infra.synthesised import Synthesised, flat, listed

ROOT = Path(__file__).resolve().parent.parent.parent
WEIGHTS = "s3://models/ocr/"
FOLDER = "ocr/lightonai/LightOnOCR-3-0.8B/a00da38601ef40871294b9dbfd525b7ffaa4db39/"
Build = Callable[..., Synthesised]


@pytest.fixture(scope="module")
def build() -> Build:
    """The stack alone, as cdk.json has it but for what is given: without the functions and layers beside it."""
    import aws_cdk as cdk
    from aws_cdk.assertions import Template

    from infra.config import Config, defaults
    from infra.vlm_stack import VlmStack

    def build(**context: object) -> Synthesised:
        context = {**defaults(), "vlm_stack": True, "vlm_weights": WEIGHTS, **context}
        app = cdk.App(context=context, analytics_reporting=False)
        return Synthesised(
            dict(Template.from_stack(VlmStack(app, "OcrChatVlm", config=Config.read(context))).to_json())
        )

    return build


@pytest.fixture(scope="module")
def vlm(build: Build) -> Synthesised:
    return build()


def variant(vlm: Synthesised) -> dict[str, Any]:
    (variant,) = vlm.only("SageMaker::EndpointConfig")["ProductionVariants"]
    return dict(variant)


def container(vlm: Synthesised) -> dict[str, Any]:
    return dict(vlm.only("SageMaker::Model")["PrimaryContainer"])


def policies(vlm: Synthesised) -> dict[str, dict[str, Any]]:
    """By type: target tracking, and steps."""
    return {it["PolicyType"]: it for it in vlm.properties("ApplicationAutoScaling::ScalingPolicy").values()}


# -- optional ----------------------------------------------------------------------------------------------------------


def test_the_endpoint_is_off_unless_asked_for_and_changes_nothing_in_the_main_stack(
    stack: Synthesised, tmp_path_factory: pytest.TempPathFactory
) -> None:
    with_endpoint = synthesise(tmp_path_factory, vlm_stack="true", vlm_weights=WEIGHTS)

    assert not [it for it in stack.template["Resources"].values() if "SageMaker" in it["Type"]]
    assert json.dumps(with_endpoint.template) == json.dumps(stack.template)


def test_both_are_in_one_app_by_their_names(tmp_path: Path) -> None:
    from infra.app import build

    for asked, stacks in ((False, {"OcrChat"}), ("false", {"OcrChat"}), (True, {"OcrChat", "OcrChatVlm"})):
        app, _ = build(str(tmp_path), **{"aws:cdk:bundling-stacks": [], "vlm_stack": asked, "vlm_weights": WEIGHTS})
        assert {child.node.id for child in app.node.children} & {"OcrChat", "OcrChatVlm"} == stacks


def test_make_deploys_each_stack_by_its_name() -> None:
    lines = (ROOT / "Makefile").read_text().splitlines()
    assert [line.strip() for line in lines if "$(CDK) deploy" in line] == [
        "$(CDK) deploy OcrChat --outputs-file cdk.out/outputs.json $(CONTEXT)",
        "$(CDK) deploy OcrChatVlm -c vlm_stack=true $(CONTEXT)",
    ]


# -- the container -----------------------------------------------------------------------------------------------------


def test_the_image_is_that_of_aws_for_cuda_13_and_so_is_the_driver(vlm: Synthesised) -> None:
    image = "763104351884.dkr.ecr.AWS::Region.AWS::URLSuffix/vllm:0.30.0-gpu-py312-cu130-ubuntu24.04-sagemaker"
    assert flat(container(vlm)["Image"]) == image
    assert variant(vlm)["InferenceAmiVersion"] == "al2-ami-sagemaker-inference-gpu-3-1"


def test_the_image_of_a_region_with_another_account_can_be_named(build: Build) -> None:
    elsewhere = build(vlm_image_account="626614931356")
    assert flat(container(elsewhere)["Image"]).startswith("626614931356.dkr.ecr.")
    assert any(":ecr:AWS::Region:626614931356:repository/vllm" in grant for grant in granted(elsewhere))


def test_vllm_serves_one_image_a_request_under_a_name_that_does_not_change(vlm: Synthesised) -> None:
    environment = container(vlm)["Environment"]
    assert environment == environment | {
        "SM_VLLM_MODEL": "/opt/ml/model",
        "SM_VLLM_HOST": "0.0.0.0",
        "SM_VLLM_SERVED_MODEL_NAME": "ocr",
        "SM_VLLM_MAX_MODEL_LEN": "18000",
        "HF_HUB_OFFLINE": "1",
    }
    assert json.loads(environment["SM_VLLM_LIMIT_MM_PER_PROMPT"]) == {"image": 1}
    assert json.loads(environment["SM_VLLM_DEFAULT_CHAT_TEMPLATE_KWARGS"]) == {"enable_thinking": False}


def test_dots_needs_its_own_code_and_a_prompt_that_is_left_alone(build: Build) -> None:
    environment = container(build(vlm_dialect="dots"))["Environment"]
    assert environment["SM_VLLM_TRUST_REMOTE_CODE"] == "true"
    assert environment["SM_VLLM_CHAT_TEMPLATE_CONTENT_FORMAT"] == "string"
    assert "SM_VLLM_DEFAULT_CHAT_TEMPLATE_KWARGS" not in environment


@pytest.mark.parametrize("dialect", ["lighton-grounding", "dots"])
def test_the_environment_is_within_sagemakers_limits(build: Build, dialect: str) -> None:
    environment = container(build(vlm_dialect=dialect))["Environment"]
    assert len(environment) <= 16
    assert all(re.fullmatch(r"[a-zA-Z_]\w*", name) and len(name) <= 1024 for name in environment)
    assert all(isinstance(value, str) and len(value) <= 1024 for value in environment.values())


def test_the_container_has_no_network_and_reads_the_pinned_weights_from_s3(vlm: Synthesised) -> None:
    assert vlm.only("SageMaker::Model")["EnableNetworkIsolation"] is True
    assert container(vlm)["ModelDataSource"]["S3DataSource"] == {
        "S3Uri": f"s3://models/{FOLDER}",
        "S3DataType": "S3Prefix",
        "CompressionType": "None",
    }
    assert "ModelDataUrl" not in container(vlm)


def test_another_model_or_revision_is_another_folder(build: Build) -> None:
    other = build(vlm_model="lightonai/LightOnOCR-3-4B", vlm_revision="f" * 40)
    uri = container(other)["ModelDataSource"]["S3DataSource"]["S3Uri"]
    assert uri == f"s3://models/ocr/lightonai/LightOnOCR-3-4B/{'f' * 40}/"


# -- the endpoint ------------------------------------------------------------------------------------------------------


def test_the_endpoint_is_one_for_inference_components(vlm: Synthesised) -> None:
    config = vlm.only("SageMaker::EndpointConfig")
    assert config["ExecutionRoleArn"] == vlm.only("SageMaker::Model")["ExecutionRoleArn"]
    assert "ModelName" not in variant(vlm)
    assert variant(vlm) == variant(vlm) | {
        "InstanceType": "ml.g6.xlarge",
        "InitialInstanceCount": 1,
        "ManagedInstanceScaling": {"Status": "ENABLED", "MinInstanceCount": 0, "MaxInstanceCount": 2},
        "RoutingConfig": {"RoutingStrategy": "LEAST_OUTSTANDING_REQUESTS"},
        "ModelDataDownloadTimeoutInSeconds": 900,
        "ContainerStartupHealthCheckTimeoutInSeconds": 900,
    }


def test_a_copy_has_a_gpu_and_little_is_asked_beside_it(vlm: Synthesised) -> None:
    component = vlm.only("SageMaker::InferenceComponent")
    assert component["VariantName"] == variant(vlm)["VariantName"]
    assert component["RuntimeConfig"] == {"CopyCount": 1}  # none is refused at creation
    assert component["Specification"]["ComputeResourceRequirements"] == {
        "NumberOfAcceleratorDevicesRequired": 1,
        "NumberOfCpuCoresRequired": 1,
        "MinMemoryRequiredInMb": 1024,
    }
    assert component["Specification"]["StartupParameters"] == {
        "ModelDataDownloadTimeoutInSeconds": 900,
        "ContainerStartupHealthCheckTimeoutInSeconds": 900,
    }


def test_endpoint_and_component_have_the_name_that_the_main_stack_calls(build: Build) -> None:
    named = build(vlm_endpoint="pages")
    assert named.only("SageMaker::Endpoint")["EndpointName"] == "pages"
    component = named.only("SageMaker::InferenceComponent")
    assert (component["EndpointName"], component["InferenceComponentName"]) == ("pages", "pages")
    target = named.only("ApplicationAutoScaling::ScalableTarget")
    assert target["ResourceId"] == "inference-component/pages"


def test_each_part_is_made_after_what_it_needs_and_deleted_before_it(vlm: Synthesised) -> None:
    def id_of(type_: str) -> str:
        (name,) = vlm.resources(type_)
        return name

    def after(type_: str) -> set[str]:
        (it,) = vlm.resources(type_).values()
        return set(it.get("DependsOn", []))

    assert id_of("SageMaker::Endpoint") in after("SageMaker::InferenceComponent")
    assert id_of("SageMaker::InferenceComponent") in after("ApplicationAutoScaling::ScalableTarget")
    # SageMaker tries the role when these are made, and its policy is a resource of its own.
    assert id_of("IAM::Policy") in after("SageMaker::Model")
    assert id_of("IAM::Policy") in after("SageMaker::EndpointConfig")


# -- scaling -----------------------------------------------------------------------------------------------------------


def test_copies_follow_the_requests_and_may_go_to_zero(vlm: Synthesised) -> None:
    from infra.config import REQUESTS_PER_COPY

    target = vlm.only("ApplicationAutoScaling::ScalableTarget")
    assert (target["MinCapacity"], target["MaxCapacity"]) == (0, 2)
    assert target["ScalableDimension"] == "sagemaker:inference-component:DesiredCopyCount"
    tracking = policies(vlm)["TargetTrackingScaling"]["TargetTrackingScalingPolicyConfiguration"]
    metric = tracking.pop("PredefinedMetricSpecification")["PredefinedMetricType"]
    assert metric == "SageMakerInferenceComponentConcurrentRequestsPerCopyHighResolution"
    assert tracking == {"TargetValue": REQUESTS_PER_COPY, "ScaleInCooldown": 300, "ScaleOutCooldown": 60}


def test_the_first_page_that_finds_no_copy_wakes_one_and_no_second_one_while_it_starts(vlm: Synthesised) -> None:
    alarm = vlm.only("CloudWatch::Alarm")
    assert (alarm["Namespace"], alarm["MetricName"]) == ("AWS/SageMaker", "NoCapacityInvocationFailures")
    assert alarm["Dimensions"] == [{"Name": "InferenceComponentName", "Value": "ocrchat-vlm"}]
    assert (alarm["Statistic"], alarm["Period"], alarm["EvaluationPeriods"]) == ("Sum", 60, 1)
    assert (alarm["ComparisonOperator"], alarm["Threshold"]) == ("GreaterThanOrEqualToThreshold", 1)
    assert alarm["TreatMissingData"] == "notBreaching"
    (action,) = alarm["AlarmActions"]
    assert flat(action) == "ScalingWake"
    steps = policies(vlm)["StepScaling"]["StepScalingPolicyConfiguration"]
    assert steps["AdjustmentType"] == "ChangeInCapacity"
    assert steps["StepAdjustments"] == [{"MetricIntervalLowerBound": 0, "ScalingAdjustment": 1}]
    assert steps["MetricAggregationType"] == "Maximum"
    assert steps["Cooldown"] == 600


def test_a_copy_that_never_sleeps_needs_nothing_to_wake_it(build: Build) -> None:
    awake = build(vlm_min_copies="1")

    assert set(policies(awake)) == {"TargetTrackingScaling"}
    assert not awake.resources("CloudWatch::Alarm")
    assert awake.only("ApplicationAutoScaling::ScalableTarget")["MinCapacity"] == 1
    assert variant(awake)["ManagedInstanceScaling"]["MinInstanceCount"] == 1


# -- rights ------------------------------------------------------------------------------------------------------------


def granted(vlm: Synthesised) -> set[str]:
    return vlm.grants(vlm.only("SageMaker::Model")["ExecutionRoleArn"])


def test_the_role_reads_these_weights_and_this_image_writes_its_logs_and_nothing_else(vlm: Synthesised) -> None:
    here = "AWS::Region:AWS::AccountId"
    groups = [
        f"arn:AWS::Partition:logs:{here}:log-group:/aws/sagemaker/{kind}/ocrchat-vlm"
        for kind in ("Endpoints", "InferenceComponents")
    ]
    image = "arn:AWS::Partition:ecr:AWS::Region:763104351884:repository/vllm"
    assert granted(vlm) == {
        f"s3:GetObject arn:AWS::Partition:s3:::models/{FOLDER}*",
        f"s3:ListBucket arn:AWS::Partition:s3:::models when StringLike s3:prefix {FOLDER}*",
        *(
            f"ecr:{action} {image}"
            for action in ("BatchGetImage", "GetDownloadUrlForLayer", "BatchCheckLayerAvailability")
        ),
        *(
            f"logs:{action} {group}{end}"
            for action in ("CreateLogGroup", "CreateLogStream", "PutLogEvents")
            for group in groups
            for end in ("", ":*")
        ),
        "ecr:GetAuthorizationToken *",
        "cloudwatch:PutMetricData *",
    }


def test_no_action_is_a_wildcard_and_only_sagemaker_takes_the_role(vlm: Synthesised) -> None:
    for policy in vlm.properties("IAM::Policy").values():
        for statement in policy["PolicyDocument"]["Statement"]:
            assert not any("*" in action for action in listed(statement["Action"]))
    role = vlm.only("IAM::Role")
    assert "ManagedPolicyArns" not in role
    (trust,) = role["AssumeRolePolicyDocument"]["Statement"]
    assert trust["Principal"] == {"Service": "sagemaker.amazonaws.com"}
