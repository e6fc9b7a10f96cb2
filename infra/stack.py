"""The whole system: composes the constructs and says, entry file by entry file, who may do what."""

from __future__ import annotations

from dataclasses import replace

import aws_cdk as cdk
from constructs import Construct

from infra import context
from infra.api import STAGE, Api
from infra.chat import Chat
from infra.drop import DropBucket, DropWorkers, allow_tell
from infra.function import Layers
from infra.pages import TESSDATA, PageQueues, PageWorkers
from infra.storage import ACCOUNT_JOBS_INDEX, OPEN_JOBS_INDEX, Storage, allow_read_elsewhere
from infra.vlm_worker import VlmWorker
from infra.webhooks import EventQueue, Webhooks
from infra.workflow import Reconciler, Workflow, allow_task_answers
from ocrchat import keys
from ocrchat.settings import ChatProvider, Settings, VlmBackend
from ocrchat.vlm.dialects import DIALECTS

JOBS = "jobs/*"
SOURCE = "jobs/*/source"
CHUNKS = "jobs/*/chunks/*"
PAGES = "jobs/*/pages/*"
VLM = "jobs/*/vlm/*"
RESULT = "jobs/*/result.json"
DOWNLOADS = "jobs/*/downloads/*"
CHAT = "jobs/*/chat/*"
UPLOADS = "uploads/*"


class OcrChatStack(cdk.Stack):
    def __init__(self, scope: Construct, id: str) -> None:
        super().__init__(scope, id, description="ocrchat: OCR as a REST API")
        layers = Layers(self, "Layers")
        storage = Storage(self, "Storage")
        queues = PageQueues(self, "Queues")
        events = EventQueue(self, "Events")
        drops = DropBucket(self, "Drop")
        # Without the machine, for the functions that it calls and for those that only hold its tokens.
        settings = Settings(
            table=storage.table.table_name,
            bucket=storage.bucket.bucket_name,
            interactive_queue=queues.interactive.queue_url,
            priority_queue=queues.priority.queue_url,
            bulk_queue=queues.bulk.queue_url,
            vlm_queue=queues.vlm.queue_url,
            event_queue=events.queue.queue_url,
            drop_bucket=drops.bucket.bucket_name,
            drop_queue=drops.drops.queue_url,
            result_queue=drops.results.queue_url,
            vlm_backend=VlmBackend(context.one_of(self.node, "vlm_backend", VlmBackend)),
            vlm_dialect=context.one_of(self.node, "vlm_dialect", DIALECTS),
        )
        # For the functions that reserve credits or refund them.
        with_cap = replace(settings, monthly_cap=context.count(self.node, "monthly_credit_cap"))
        pages = PageWorkers(
            self,
            "Pages",
            queues=queues,
            settings=settings,
            layers=layers,
            concurrency=context.count(self.node, "ocr_concurrency"),
        )
        vlm = VlmWorker(
            self,
            "Vlm",
            queues=queues,
            settings=replace(
                settings,
                vlm_model=context.text(self.node, "vlm_model"),
                vlm_endpoint=context.text(self.node, "vlm_endpoint"),
                vlm_url=context.text(self.node, "vlm_url"),
                vlm_secret=context.secret_name(self.node, "vlm_secret"),
                vlm_max_wait=context.count(self.node, "vlm_max_wait"),
            ),
            layers=layers,
            max_copies=context.count(self.node, "vlm_max_copies"),
        )
        workflow = Workflow(
            self,
            "Workflow",
            storage=storage,
            split_settings=settings,
            prepare_settings=settings,
            assemble_settings=with_cap,
            layers=layers,
        )
        with_machine = replace(with_cap, state_machine=workflow.machine.state_machine_arn)
        reconciler = Reconciler(self, "Reconciler", settings=with_machine, layers=layers, every=cdk.Duration.minutes(5))
        webhooks = Webhooks(self, "Webhooks", events=events, settings=settings, layers=layers)
        dropping = DropWorkers(
            self,
            "Dropping",
            drops=drops,
            take_settings=replace(with_machine, tessdata=TESSDATA),
            publish_settings=settings,
            layers=layers,
        )
        chat = Chat(
            self,
            "Chat",
            settings=replace(
                settings,
                chat_provider=ChatProvider(context.one_of(self.node, "chat_provider", ChatProvider)),
                chat_model=context.text(self.node, "chat_model"),
                chat_url=context.text(self.node, "chat_url"),
                chat_secret=context.secret_name(self.node, "chat_secret"),
                chat_context=context.count(self.node, "chat_context"),
            ),
            layers=layers,
        )
        api = Api(
            self,
            "Api",
            submit_settings=replace(
                with_machine, inline_waiters=context.count(self.node, "inline_waiters"), tessdata=TESSDATA
            ),
            export_settings=settings,
            gate_settings=settings,
            chat=chat.answer,
            layers=layers,
            make_log_role=str(self.node.get_context("api_gateway_log_role")).lower() == "true",
        )

        # A submission puts the file, or copies an upload; what is presigned is signed with this role.
        storage.allow_put(api.submit, SOURCE, UPLOADS)
        storage.allow_get(api.submit, RESULT, UPLOADS)
        storage.allow_list(api.submit, JOBS)
        storage.allow_delete(api.submit, JOBS, UPLOADS)
        storage.allow_items(api.submit, "GetItem", "BatchGetItem", "PutItem", "UpdateItem", "DeleteItem", "Query")
        storage.allow_query_index(api.submit, OPEN_JOBS_INDEX, ACCOUNT_JOBS_INDEX)
        allow_read_elsewhere(api.submit, _names(self.node.get_context("readable_buckets")))
        events.allow_send(api.submit)
        workflow.machine.grant_start_execution(api.submit)
        allow_task_answers(api.submit, "SendTaskFailure")

        # Downloads are made of these, and taken back if the job is erased meanwhile.
        for function in (api.export, workflow.prepare, dropping.publish):
            storage.allow_get(function, SOURCE, PAGES, RESULT)
            storage.allow_put(function, DOWNLOADS)
            storage.allow_delete(function, DOWNLOADS)
            storage.allow_items(function, "GetItem")
        storage.allow_get(api.export, DOWNLOADS)
        storage.allow_get(dropping.publish, DOWNLOADS)

        # A question of a job that is erased meanwhile is taken back.
        storage.allow_get(chat.answer, RESULT, CHAT)
        storage.allow_put(chat.answer, CHAT)
        storage.allow_delete(chat.answer, CHAT)
        storage.allow_list(chat.answer, CHAT)
        storage.allow_items(chat.answer, "GetItem", "UpdateItem")

        # An upload is presigned with this role.
        storage.allow_put(api.gate, UPLOADS)
        storage.allow_items(api.gate, "GetItem", "UpdateItem")

        storage.allow_get(workflow.split, SOURCE)
        storage.allow_put(workflow.split, CHUNKS)
        # Of a job that is erased meanwhile, split and the workers take back what they have written.
        storage.allow_list(workflow.split, JOBS)
        storage.allow_delete(workflow.split, JOBS)
        storage.allow_items(workflow.split, "GetItem", "BatchGetItem", "PutItem", "UpdateItem", "DeleteItem")
        queues.allow_send(workflow.split)
        allow_task_answers(workflow.split, "SendTaskSuccess", "SendTaskFailure")

        storage.allow_get(pages.read, SOURCE, CHUNKS, VLM)
        storage.allow_put(pages.read, PAGES, VLM)
        storage.allow_delete(pages.read, PAGES, VLM)
        queues.allow_hand_over(pages.read)
        for function in (vlm.ask, pages.give_up):
            storage.allow_get(function, VLM)
            storage.allow_put(function, PAGES)
            storage.allow_delete(function, PAGES, VLM)
        # The page that empties its chunk sends the next chunk's; receiving and retrying came with the event source.
        for function in (pages.read, vlm.ask, pages.give_up):
            storage.allow_items(function, "GetItem", "BatchGetItem", "UpdateItem")
            queues.allow_send(function)
            allow_task_answers(function, "SendTaskSuccess")

        storage.allow_get(workflow.assemble, PAGES)
        storage.allow_put(workflow.assemble, RESULT)
        storage.allow_delete(workflow.assemble, RESULT)

        storage.allow_query_index(reconciler.function, OPEN_JOBS_INDEX)
        queues.allow_send(reconciler.function)
        queues.allow_count(reconciler.function)
        workflow.machine.grant_start_execution(reconciler.function)
        workflow.machine.grant_execution(reconciler.function, "states:DescribeExecution")
        allow_task_answers(reconciler.function, "SendTaskSuccess", "SendTaskFailure")

        # Who ends a job settles it: the account, the ledger, the event of its callback, and of its dropper.
        for function in (workflow.assemble, reconciler.function):
            storage.allow_items(function, "GetItem", "BatchGetItem", "PutItem", "UpdateItem")
            events.allow_send(function)
            drops.allow_send_results(function)
        drops.allow_send_results(api.submit)

        # A dropped file is submitted like one of a form.
        storage.allow_put(dropping.take, SOURCE)
        storage.allow_list(dropping.take, JOBS)
        storage.allow_delete(dropping.take, JOBS)
        storage.allow_items(dropping.take, "GetItem", "PutItem", "UpdateItem")
        workflow.machine.grant_start_execution(dropping.take)
        # What is beside a file is replaced with it.
        for function in (dropping.take, dropping.publish):
            drops.allow(function, "s3:GetObject", keys.DROPS)
            drops.allow(function, "s3:PutObject", keys.RESULTS)
            drops.allow(function, "s3:DeleteObject", keys.RESULTS)
        drops.allow_list(dropping.take, keys.DROPS, keys.RESULTS)
        drops.allow_list(dropping.publish, keys.DROPS)
        allow_tell(dropping.publish, self)
        # Both go with the job when that is erased.
        drops.allow(api.submit, "s3:GetObject", keys.DROPS)
        drops.allow(api.submit, "s3:DeleteObject", keys.DROPS, keys.RESULTS)
        drops.allow_list(api.submit, keys.DROPS, keys.RESULTS)

        storage.allow_items(webhooks.tell, "GetItem")

        outputs = {
            "ApiId": api.rest_api.rest_api_id,
            "ApiStage": STAGE,
            "ApiUrl": api.rest_api.url,
            "BucketName": storage.bucket.bucket_name,
            "BulkQueueUrl": queues.bulk.queue_url,
            "DeadLetterQueueUrl": queues.dead_letters.queue_url,
            "DropBucketName": drops.bucket.bucket_name,
            "DropQueueUrl": drops.drops.queue_url,
            "DropperPolicyArn": drops.droppers.managed_policy_arn,
            "EventQueueUrl": events.queue.queue_url,
            "GateFunctionName": api.gate.function_name,
            "InteractiveQueueUrl": queues.interactive.queue_url,
            "PriorityQueueUrl": queues.priority.queue_url,
            "ReconcileFunctionName": reconciler.function.function_name,
            "ResultQueueUrl": drops.results.queue_url,
            "StateMachineArn": workflow.machine.state_machine_arn,
            "VlmQueueUrl": queues.vlm.queue_url,
            "TableName": storage.table.table_name,
        }
        for name, value in outputs.items():
            cdk.CfnOutput(self, name, value=value)


def _names(context: object) -> list[str]:
    """A list in cdk.json; text with commas if it comes from the command line."""
    given = context.split(",") if isinstance(context, str) else context
    assert isinstance(given, list)
    return [name.strip() for name in given if name.strip()]
