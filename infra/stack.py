"""The whole system: composes the constructs and says, entry file by entry file, who may do what."""

from __future__ import annotations

from dataclasses import replace

import aws_cdk as cdk
from constructs import Construct

from infra.api import STAGE, Api
from infra.function import Layers
from infra.pages import PageQueues, PageWorkers
from infra.storage import Storage
from infra.workflow import Reconciler, Workflow, allow_task_answers
from ocrchat.settings import Settings

SOURCE = "jobs/*/source"
CHUNKS = "jobs/*/chunks/*"
PAGES = "jobs/*/pages/*"
RESULT = "jobs/*/result.json"


class OcrChatStack(cdk.Stack):
    def __init__(self, scope: Construct, id: str) -> None:
        super().__init__(scope, id, description="ocrchat: OCR as a REST API")
        layers = Layers(self, "Layers")
        storage = Storage(self, "Storage")
        queues = PageQueues(self, "Queues")
        # Without the machine, for the functions that it calls and for those that only hold its tokens.
        settings = Settings(
            table=storage.table.table_name,
            bucket=storage.bucket.bucket_name,
            interactive_queue=queues.interactive.queue_url,
            bulk_queue=queues.bulk.queue_url,
        )
        pages = PageWorkers(
            self,
            "Pages",
            queues=queues,
            settings=settings,
            layers=layers,
            concurrency=int(self.node.get_context("ocr_concurrency")),
        )
        workflow = Workflow(self, "Workflow", storage=storage, settings=settings, layers=layers)
        with_machine = replace(settings, state_machine=workflow.machine.state_machine_arn)
        reconciler = Reconciler(self, "Reconciler", settings=with_machine, layers=layers, every=cdk.Duration.minutes(5))
        api = Api(
            self,
            "Api",
            submit_settings=replace(with_machine, inline_waiters=int(self.node.get_context("inline_waiters"))),
            export_settings=settings,
            layers=layers,
            make_log_role=str(self.node.get_context("api_gateway_log_role")).lower() == "true",
        )

        storage.allow_put(api.submit, SOURCE)
        storage.allow_get(api.submit, RESULT)
        storage.allow_items(api.submit, "GetItem", "BatchGetItem", "PutItem")
        storage.allow_query_open_jobs(api.submit)
        workflow.machine.grant_start_execution(api.submit)

        storage.allow_get(api.export, RESULT)
        storage.allow_items(api.export, "GetItem")

        storage.allow_get(workflow.split, SOURCE)
        storage.allow_put(workflow.split, CHUNKS)
        storage.allow_items(workflow.split, "GetItem", "BatchGetItem", "PutItem", "UpdateItem")
        queues.allow_send(workflow.split)
        allow_task_answers(workflow.split, "SendTaskSuccess", "SendTaskFailure")

        storage.allow_get(pages.read, SOURCE, CHUNKS)
        storage.allow_put(pages.read, PAGES)
        # The page that empties its chunk sends the next chunk's; receiving and retrying came with the event source.
        for function in (pages.read, pages.give_up):
            storage.allow_items(function, "GetItem", "BatchGetItem", "UpdateItem")
            queues.allow_send(function)
            allow_task_answers(function, "SendTaskSuccess")

        storage.allow_get(workflow.assemble, PAGES)
        storage.allow_put(workflow.assemble, RESULT)
        storage.allow_items(workflow.assemble, "GetItem", "BatchGetItem", "UpdateItem")

        storage.allow_items(reconciler.function, "GetItem", "BatchGetItem", "UpdateItem")
        storage.allow_query_open_jobs(reconciler.function)
        queues.allow_send(reconciler.function)
        queues.allow_count(reconciler.function)
        workflow.machine.grant_start_execution(reconciler.function)
        workflow.machine.grant_execution(reconciler.function, "states:DescribeExecution")
        allow_task_answers(reconciler.function, "SendTaskSuccess", "SendTaskFailure")

        outputs = {
            "ApiId": api.rest_api.rest_api_id,
            "ApiStage": STAGE,
            "ApiUrl": api.rest_api.url,
            "BucketName": storage.bucket.bucket_name,
            "BulkQueueUrl": queues.bulk.queue_url,
            "DeadLetterQueueUrl": queues.dead_letters.queue_url,
            "InteractiveQueueUrl": queues.interactive.queue_url,
            "ReconcileFunctionName": reconciler.function.function_name,
            "StateMachineArn": workflow.machine.state_machine_arn,
            "TableName": storage.table.table_name,
        }
        for name, value in outputs.items():
            cdk.CfnOutput(self, name, value=value)
