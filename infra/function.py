"""The one Lambda construct: an entry file with a role, a log group and settings of its own."""

from __future__ import annotations

from collections.abc import Sequence

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct

from infra import assets
from infra.nag import accept, accept_wildcard
from ocrchat.settings import Settings


class Layers(Construct):
    """`core` is every function's, `documents` goes on top of it where files are opened, `exports` on both where they are made;
    `chat` goes on `core`."""

    def __init__(self, scope: Construct, id: str) -> None:
        super().__init__(scope, id)
        self.core = self._version("Core", "layers/core", assets.core_layer())
        self.documents = self._version("Documents", "layers/documents", assets.documents_layer())
        self.exports = self._version("Exports", "layers/exports", assets.exports_layer())
        self.chat = self._version("Chat", "layers/chat", assets.chat_layer())

    def _version(self, id: str, asset: str, code: lambda_.Code) -> lambda_.LayerVersion:
        layer = lambda_.LayerVersion(
            self,
            id,
            code=code,
            compatible_runtimes=[lambda_.Runtime.PYTHON_3_12],
            compatible_architectures=[lambda_.Architecture.X86_64],
        )
        _describe(layer, "ocrchat:asset", asset)
        return layer


class Entrypoint(Construct):
    """`module`, for example "submit.api", is the file under functions/ whose `handler` is called.

    Without `layers` the function is the container image, which cannot have any. The metadata tells the local runtime
    where code comes from, and which handler the image stands for: see local/overlay.py.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        module: str,
        settings: Settings,
        timeout: cdk.Duration,
        memory_mb: int,
        layers: Sequence[lambda_.ILayerVersion] = (),
        scratch_mb: int = 512,
    ) -> None:
        super().__init__(scope, id)
        folder = module.partition(".")[0]
        handler = f"functions.{module}.handler"
        log_group = logs.LogGroup(
            self, "Logs", retention=logs.RetentionDays.ONE_MONTH, removal_policy=cdk.RemovalPolicy.DESTROY
        )
        # A role made here holds what is granted below and nothing else; CDK's own would write to every log group.
        role = iam.Role(self, "Role", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
        log_group.grant_write(role)
        accept_wildcard(
            role,
            "*",
            "Sending traces and answering tasks of Step Functions: IAM knows no resource for these actions. A test lists them.",
        )
        self.function = lambda_.Function(
            self,
            "Function",
            runtime=lambda_.Runtime.PYTHON_3_12 if layers else lambda_.Runtime.FROM_IMAGE,
            handler=handler if layers else lambda_.Handler.FROM_IMAGE,
            code=assets.function_zip(folder) if layers else assets.ocr_page_image(),
            layers=list(layers) or None,
            architecture=lambda_.Architecture.X86_64,
            timeout=timeout,
            memory_size=memory_mb,
            ephemeral_storage_size=cdk.Size.mebibytes(scratch_mb),
            environment={
                **settings.to_env(),
                "POWERTOOLS_SERVICE_NAME": module,
                "POWERTOOLS_METRICS_NAMESPACE": metrics_namespace(self),
            },
            role=role,
            log_group=log_group,
            tracing=lambda_.Tracing.ACTIVE,
        )
        accept(
            self.function,
            "L1",
            "Python 3.12 is the newest that rapidocr-onnxruntime runs on, and all run the same one.",
        )
        _describe(self.function, "ocrchat:asset", f"functions/{folder}")
        if not layers:
            _describe(self.function, "ocrchat:handler", handler)


def metrics_namespace(scope: Construct) -> str:
    """Of what functions count: the stack's name, so that two stacks of an account are counted apart."""
    return cdk.Stack.of(scope).stack_name


def _describe(construct: Construct, key: str, value: str) -> None:
    resource = construct.node.default_child
    assert isinstance(resource, cdk.CfnResource)
    resource.add_metadata(key, value)
