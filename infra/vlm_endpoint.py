"""The endpoint: vLLM on a GPU behind SageMaker's real-time API, in copies of one inference component.

The numbers were chosen from what others have measured, see docs/adr/0016; none of it was ever deployed by us.
"""

from __future__ import annotations

import json

import aws_cdk as cdk
from aws_cdk import aws_applicationautoscaling as autoscaling
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sagemaker as sagemaker
from constructs import Construct

from infra.nag import accept_wildcard
from infra.vlm_weights import Weights

REPOSITORY = "vllm"
TAG = "0.30.0-gpu-py312-cu130-ubuntu24.04-sagemaker"
"""Never 0.27: LightOnOCR repeats itself there without end, say its authors."""

AMI = "al2-ami-sagemaker-inference-gpu-3-1"
"""Its driver runs CUDA 13. Without it the container does not start, and there is not even a log group."""

VARIANT = "AllTraffic"

START_SECONDS = 900
"""For the download of the weights, and again for the start of vLLM."""

WAKE_SECONDS = 600
"""A wake takes some 9 minutes, in which the alarm keeps firing: each time would otherwise add a copy."""

SERVER = {
    "SM_VLLM_MODEL": "/opt/ml/model",
    "SM_VLLM_HOST": "0.0.0.0",  # else SageMaker's ping fails, without a log
    "SM_VLLM_SERVED_MODEL_NAME": "ocr",
    "SM_VLLM_DTYPE": "bfloat16",
    "SM_VLLM_GPU_MEMORY_UTILIZATION": "0.85",
    "SM_VLLM_MAX_NUM_SEQS": "16",
    "SM_VLLM_LIMIT_MM_PER_PROMPT": json.dumps({"image": 1}),
    # No image comes twice.
    "SM_VLLM_MM_PROCESSOR_CACHE_GB": "0",
    "SM_VLLM_NO_ENABLE_PREFIX_CACHING": "true",
    "HF_HUB_OFFLINE": "1",  # the network is cut off: it would only wait for it
}
"""What `vllm serve` is told: SM_VLLM_X_Y=v becomes --x-y v."""

DIALECTS = {
    "lighton-grounding": {
        "SM_VLLM_MAX_MODEL_LEN": "18000",  # a page of 2,048 px and its answer
        "SM_VLLM_DEFAULT_CHAT_TEMPLATE_KWARGS": json.dumps({"enable_thinking": False}),
    },
    "dots": {
        "SM_VLLM_MAX_MODEL_LEN": "24576",  # up to 14,400 tokens of image
        "SM_VLLM_CHAT_TEMPLATE_CONTENT_FORMAT": "string",  # else a line break comes between image and prompt
        "SM_VLLM_TRUST_REMOTE_CODE": "true",  # its code is among the weights, at their revision
    },
}
"""What is added for the models that speak a dialect, the format in which text and boxes come."""


class Endpoint(Construct):
    """The endpoint and its inference component have the same name."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        name: str,
        weights: Weights,
        dialect: str,
        image_account: str,
        instance_type: str,
        min_copies: int,
        max_copies: int,
    ) -> None:
        super().__init__(scope, id)
        role = _role(self, name, weights, image_account)
        model = sagemaker.CfnModel(
            self,
            "Model",
            execution_role_arn=role.role_arn,
            enable_network_isolation=True,
            primary_container=sagemaker.CfnModel.ContainerDefinitionProperty(
                image=f"{image_account}.dkr.ecr.{cdk.Aws.REGION}.{cdk.Aws.URL_SUFFIX}/{REPOSITORY}:{TAG}",
                environment=SERVER | DIALECTS[dialect],
                # As it is: unpacking an archive would be a part of every wake.
                model_data_source=sagemaker.CfnModel.ModelDataSourceProperty(
                    s3_data_source=sagemaker.CfnModel.S3DataSourceProperty(
                        s3_uri=weights.uri, s3_data_type="S3Prefix", compression_type="None"
                    )
                ),
            ),
        )
        # SageMaker tries what the role may do when the model is made.
        model.node.add_dependency(role)
        config = sagemaker.CfnEndpointConfig(
            self,
            "Config",
            # With inference components the role stands here, and the variant names no model.
            execution_role_arn=role.role_arn,
            production_variants=[
                sagemaker.CfnEndpointConfig.ProductionVariantProperty(
                    variant_name=VARIANT,
                    instance_type=instance_type,
                    initial_instance_count=max(1, min_copies),
                    inference_ami_version=AMI,
                    model_data_download_timeout_in_seconds=START_SECONDS,
                    container_startup_health_check_timeout_in_seconds=START_SECONDS,
                    # A copy has an accelerator for itself; on an instance with one, copies are instances.
                    managed_instance_scaling=sagemaker.CfnEndpointConfig.ManagedInstanceScalingProperty(
                        status="ENABLED", min_instance_count=min_copies, max_instance_count=max_copies
                    ),
                    routing_config=sagemaker.CfnEndpointConfig.RoutingConfigProperty(
                        routing_strategy="LEAST_OUTSTANDING_REQUESTS"
                    ),
                )
            ],
        )
        config.node.add_dependency(role)
        endpoint = sagemaker.CfnEndpoint(
            self, "Endpoint", endpoint_name=name, endpoint_config_name=config.attr_endpoint_config_name
        )
        self.component = sagemaker.CfnInferenceComponent(
            self,
            "Component",
            inference_component_name=name,
            endpoint_name=name,
            variant_name=VARIANT,
            specification=sagemaker.CfnInferenceComponent.InferenceComponentSpecificationProperty(
                model_name=model.attr_model_name,
                startup_parameters=sagemaker.CfnInferenceComponent.InferenceComponentStartupParametersProperty(
                    model_data_download_timeout_in_seconds=START_SECONDS,
                    container_startup_health_check_timeout_in_seconds=START_SECONDS,
                ),
                # Memory is what is left beside AWS's own: 4,096 MB were refused on an instance of 16 GB.
                compute_resource_requirements=sagemaker.CfnInferenceComponent.InferenceComponentComputeResourceRequirementsProperty(
                    number_of_accelerator_devices_required=1,
                    number_of_cpu_cores_required=1,
                    min_memory_required_in_mb=1024,
                ),
            ),
            # It cannot be made with none: a deployment pays for a GPU until the first scale-in.
            runtime_config=sagemaker.CfnInferenceComponent.InferenceComponentRuntimeConfigProperty(
                copy_count=max(1, min_copies)
            ),
        )
        self.component.node.add_dependency(endpoint)


class Scaling(Construct):
    """Copies follow the requests that wait for them. What follows requests cannot leave zero: an alarm does that."""

    def __init__(
        self, scope: Construct, id: str, *, endpoint: Endpoint, min_copies: int, max_copies: int, requests_per_copy: int
    ) -> None:
        super().__init__(scope, id)
        component = endpoint.component.inference_component_name
        assert component
        target = autoscaling.CfnScalableTarget(
            self,
            "Target",
            service_namespace="sagemaker",
            resource_id=f"inference-component/{component}",
            scalable_dimension="sagemaker:inference-component:DesiredCopyCount",
            min_capacity=min_copies,
            max_capacity=max_copies,
        )
        target.node.add_dependency(endpoint.component)
        autoscaling.CfnScalingPolicy(
            self,
            "Track",
            policy_name="requests-per-copy",
            policy_type="TargetTrackingScaling",
            scaling_target_id=target.ref,
            target_tracking_scaling_policy_configuration=autoscaling.CfnScalingPolicy.TargetTrackingScalingPolicyConfigurationProperty(
                target_value=requests_per_copy,
                scale_in_cooldown=300,
                scale_out_cooldown=60,
                predefined_metric_specification=autoscaling.CfnScalingPolicy.PredefinedMetricSpecificationProperty(
                    predefined_metric_type="SageMakerInferenceComponentConcurrentRequestsPerCopyHighResolution"
                ),
            ),
        )
        if min_copies == 0:
            self._wake(component, target)

    def _wake(self, component: str, target: autoscaling.CfnScalableTarget) -> None:
        policy = autoscaling.CfnScalingPolicy(
            self,
            "Wake",
            policy_name="wake",
            policy_type="StepScaling",
            scaling_target_id=target.ref,
            step_scaling_policy_configuration=autoscaling.CfnScalingPolicy.StepScalingPolicyConfigurationProperty(
                adjustment_type="ChangeInCapacity",
                metric_aggregation_type="Maximum",
                cooldown=WAKE_SECONDS,
                step_adjustments=[
                    autoscaling.CfnScalingPolicy.StepAdjustmentProperty(
                        metric_interval_lower_bound=0, scaling_adjustment=1
                    )
                ],
            ),
        )
        cloudwatch.CfnAlarm(
            self,
            "Needed",
            alarm_description="A page came while the endpoint had no copy. This wakes it; it is no fault.",
            namespace="AWS/SageMaker",
            metric_name="NoCapacityInvocationFailures",
            dimensions=[
                cloudwatch.CfnAlarm.DimensionProperty(name="InferenceComponentName", value=component),
            ],
            statistic="Sum",
            period=60,
            evaluation_periods=1,
            # AWS's example has "greater than 1", and so sleeps through the first page.
            threshold=1,
            comparison_operator="GreaterThanOrEqualToThreshold",
            treat_missing_data="notBreaching",
            alarm_actions=[policy.ref],
        )


_LOGGED = ("Endpoints", "InferenceComponents")


def _role(scope: Construct, name: str, weights: Weights, image_account: str) -> iam.Role:
    """What SageMaker does for the endpoint: read these weights, pull this image, write its logs and metrics."""
    here = f"{cdk.Aws.REGION}:{cdk.Aws.ACCOUNT_ID}"
    bucket = f"arn:{cdk.Aws.PARTITION}:s3:::{weights.bucket}"
    log_groups = [f"arn:{cdk.Aws.PARTITION}:logs:{here}:log-group:/aws/sagemaker/{kind}/{name}" for kind in _LOGGED]
    statements = [
        iam.PolicyStatement(actions=["s3:GetObject"], resources=[f"{bucket}/{weights.folder}*"]),
        iam.PolicyStatement(
            actions=["s3:ListBucket"],
            resources=[bucket],
            conditions={"StringLike": {"s3:prefix": f"{weights.folder}*"}},
        ),
        iam.PolicyStatement(
            actions=["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer", "ecr:BatchCheckLayerAvailability"],
            resources=[
                f"arn:{cdk.Aws.PARTITION}:ecr:{cdk.Aws.REGION}:{image_account}:repository/{REPOSITORY}",
            ],
        ),
        iam.PolicyStatement(
            actions=["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"],
            resources=[arn for group in log_groups for arn in (group, f"{group}:*")],
        ),
        # IAM knows no resource for these.
        iam.PolicyStatement(actions=["ecr:GetAuthorizationToken", "cloudwatch:PutMetricData"], resources=["*"]),
    ]
    role = iam.Role(scope, "Role", assumed_by=iam.ServicePrincipal("sagemaker.amazonaws.com"))
    for statement in statements:
        role.add_to_policy(statement)
    accept_wildcard(role, "*", "A login at the registry, and metrics: IAM knows no resource for these.")
    accept_wildcard(
        role, f"arn:<AWS::Partition>:s3:::{weights.bucket}/{weights.folder}*", "The files of one model at one commit."
    )
    for kind in _LOGGED:
        accept_wildcard(
            role,
            f"arn:<AWS::Partition>:logs:<AWS::Region>:<AWS::AccountId>:log-group:/aws/sagemaker/{kind}/{name}:*",
            "The streams of the endpoint's own log groups, which SageMaker names.",
        )
    return role
