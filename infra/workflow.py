"""The state machine of a job, its tasks, and the schedule that repairs what it lost."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from infra.function import Entrypoint, Layers
from infra.nag import accept, accept_wildcard, arn, logical_id
from infra.storage import Storage
from ocrchat import asl
from ocrchat.settings import Settings


class Workflow(Construct):
    """The definition is the text of ocrchat.asl. CDK cannot see into it, so what it calls is granted by hand."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        storage: Storage,
        split_settings: Settings,
        prepare_settings: Settings,
        translate_settings: Settings,
        assemble_settings: Settings,
        layers: Layers,
    ) -> None:
        super().__init__(scope, id)
        self.split = Entrypoint(
            self,
            "Split",
            module="submit.split",
            settings=split_settings,
            layers=(layers.core, layers.documents),
            timeout=cdk.Duration.seconds(300),
            memory_mb=2048,
        ).function
        self.prepare = Entrypoint(
            self,
            "Prepare",
            module="export.prepare",
            settings=prepare_settings,
            layers=(layers.core, layers.documents, layers.exports),
            timeout=cdk.Duration.seconds(900),
            memory_mb=3008,  # the most that new accounts have
            scratch_mb=1024,
        ).function
        self.translate = Entrypoint(
            self,
            "Translate",
            module="export.translate",
            settings=translate_settings,
            layers=(layers.core,),
            timeout=cdk.Duration.seconds(300),
            memory_mb=1769,
        ).function
        self.assemble = Entrypoint(
            self,
            "Assemble",
            module="export.assemble",
            settings=assemble_settings,
            layers=(layers.core,),
            timeout=cdk.Duration.seconds(300),
            memory_mb=1769,
        ).function
        self.machine = sfn.StateMachine(
            self,
            "Machine",
            definition_body=sfn.DefinitionBody.from_string(asl.definition()),
            definition_substitutions={
                "SplitFunction": self.split.function_name,
                "PrepareFunction": self.prepare.function_name,
                "TranslateFunction": self.translate.function_name,
                "AssembleFunction": self.assemble.function_name,
                "Table": storage.table.table_name,
            },
            state_machine_type=sfn.StateMachineType.STANDARD,
            logs=sfn.LogOptions(
                destination=logs.LogGroup(
                    self, "Logs", retention=logs.RetentionDays.ONE_MONTH, removal_policy=cdk.RemovalPolicy.DESTROY
                ),
                level=sfn.LogLevel.ERROR,
                include_execution_data=False,  # task tokens are in it
            ),
            tracing_enabled=True,
        )
        accept(
            self.machine, "SF1", "Errors are logged, and every step's function logs itself. The data holds task tokens."
        )
        accept_wildcard(
            self.machine,
            "*",
            "Sending traces, and delivery of its log: IAM knows no resource for these. A test lists them.",
        )
        for function in (self.split, self.prepare, self.translate, self.assemble):
            function.grant_invoke(self.machine)
            accept_wildcard(self.machine, f"{arn(function)}:*", "The versions of one function, as CDK grants it.")
        storage.allow_items(self.machine, "UpdateItem")

    def allow_describe(self, grantee: iam.IGrantable) -> None:
        self.machine.grant_execution(grantee, "states:DescribeExecution")
        name = f'{{"Fn::Select":[6,{{"Fn::Split":[":",{{"Ref":"{logical_id(self.machine)}"}}]}}]}}'
        accept_wildcard(
            grantee,
            f"arn:<AWS::Partition>:states:<AWS::Region>:<AWS::AccountId>:execution:{name}:*",
            "The executions of one machine, one a job: their names are known at run time alone.",
        )


class Reconciler(Construct):
    """Ends what nothing else ended."""

    def __init__(self, scope: Construct, id: str, *, settings: Settings, layers: Layers, every: cdk.Duration) -> None:
        super().__init__(scope, id)
        self.function = Entrypoint(
            self,
            "Reconcile",
            module="submit.reconcile",
            settings=settings,
            layers=(layers.core,),
            timeout=cdk.Duration.seconds(120),
            memory_mb=512,
        ).function
        events.Rule(
            self, "Schedule", schedule=events.Schedule.rate(every), targets=[targets.LambdaFunction(self.function)]
        )


def allow_task_answers(function: lambda_.IFunction, *actions: str) -> None:
    """`SendTask*` knows no resource in IAM: the token itself, which only this system has, is the permission."""
    function.add_to_role_policy(
        iam.PolicyStatement(actions=[f"states:{action}" for action in actions], resources=["*"])
    )
