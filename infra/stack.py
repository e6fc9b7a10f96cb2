"""The whole system: composes the constructs and says, entry file by entry file, who may do what."""

from __future__ import annotations

from dataclasses import replace

import aws_cdk as cdk
from aws_cdk import aws_logs as logs
from constructs import Construct

from infra import network
from infra.alarms import Alarms
from infra.api import Api
from infra.chat import Chat
from infra.config import Config
from infra.dashboard import Dashboard
from infra.drop import DropBucket, DropWorkers, allow_tell
from infra.edge import Domain, WebAcl
from infra.function import Entrypoint, Layers
from infra.key import allow_use, customer_key
from infra.nag import accept
from infra.pages import TESSDATA, PageQueues, PageWorkers
from infra.storage import ACCOUNT_JOBS_INDEX, OPEN_JOBS_INDEX, Storage, allow_read_elsewhere
from infra.translation import allow_listing, allow_translation, with_translation
from infra.vlm_worker import VlmWorker
from infra.webhooks import EventQueue, Webhooks
from infra.workflow import Reconciler, Workflow, allow_task_answers
from ocrchat import keys, plans
from ocrchat.settings import Settings

JOBS = "jobs/*"
SOURCE = "jobs/*/source"
CHUNKS = "jobs/*/chunks/*"
PAGES = "jobs/*/pages/*"
VLM = "jobs/*/vlm/*"
TRANSLATION = "jobs/*/translation/*"
RESULT = "jobs/*/result.json"
DOWNLOADS = "jobs/*/downloads/*"
CHAT = "jobs/*/chat/*"
UPLOADS = "uploads/*"

KEPT = cdk.RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE
"""What people sent outlives the stack; of a first deployment that fails nothing stays."""


class OcrChatStack(cdk.Stack):
    def __init__(self, scope: Construct, id: str, *, config: Config) -> None:
        super().__init__(scope, id, stack_name=f"{id}{config.stage.suffix}", description="ocrchat: OCR as a REST API")
        layers = Layers(self, "Layers")
        removal_policy = KEPT if config.stage.keeps_data else cdk.RemovalPolicy.DESTROY
        key = customer_key(self, "Key", removal_policy=removal_policy) if config.customer_key else None
        storage = Storage(self, "Storage", removal_policy=removal_policy, key=key, log_bucket=config.log_bucket)
        queues = PageQueues(self, "Queues", key=key)
        events = EventQueue(self, "Events", key=key)
        drops = DropBucket(
            self,
            "Drop",
            removal_policy=removal_policy,
            key=key,
            log_bucket=config.log_bucket,
            # As long as the plan that keeps the shortest: nobody's file is kept for longer than was promised.
            days=min(plan.retention_days for plan in config.plans.values()),
        )
        # Without the machine, for the functions that it calls and for those that only hold its tokens.
        settings = Settings(
            table=storage.table.table_name,
            bucket=storage.bucket.bucket_name,
            interactive_queue=queues.interactive.queue_url,
            priority_queue=queues.priority.queue_url,
            bulk_queue=queues.bulk.queue_url,
            vlm_queue=queues.vlm.queue_url,
            event_queue=events.queue.queue_url,
            plans=plans.write(config.plans),
            drop_bucket=drops.bucket.bucket_name,
            drop_queue=drops.drops.queue_url,
            result_queue=drops.results.queue_url,
            vlm_backend=config.vlm_backend,
            vlm_dialect=config.vlm_dialect,
        )
        # For the functions that reserve credits or refund them.
        with_cap = replace(settings, monthly_cap=config.monthly_credit_cap)
        pages = PageWorkers(
            self, "Pages", queues=queues, settings=settings, layers=layers, concurrency=config.ocr_concurrency
        )
        vlm = VlmWorker(
            self,
            "Vlm",
            queues=queues,
            settings=replace(
                settings,
                vlm_model=config.vlm_model,
                vlm_endpoint=config.vlm_endpoint,
                vlm_url=config.vlm_url,
                vlm_secret=config.vlm_secret,
                vlm_max_wait=config.vlm_max_wait,
            ),
            layers=layers,
            max_copies=config.vlm_max_copies,
        )
        translating = replace(with_translation(settings, config), translate_secret=config.translate_secret)
        workflow = Workflow(
            self,
            "Workflow",
            storage=storage,
            split_settings=settings,
            prepare_settings=settings,
            translate_settings=translating,
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
            take_settings=with_translation(replace(with_machine, tessdata=TESSDATA), config),
            publish_settings=settings,
            layers=layers,
        )
        chat = Chat(
            self,
            "Chat",
            settings=replace(
                settings,
                chat_provider=config.chat_provider,
                chat_model=config.chat_model,
                chat_url=config.chat_url,
                chat_secret=config.chat_secret,
                chat_context=config.chat_context,
            ),
            layers=layers,
        )
        submitting = with_translation(
            replace(with_machine, inline_waiters=config.inline_waiters, tessdata=TESSDATA), config
        )
        api = Api(
            self,
            "Api",
            submit_settings=submitting,
            export_settings=settings,
            gate_settings=settings,
            chat=chat.answer,
            layers=layers,
            stage=config.stage,
            rate=config.api_rate,
            burst=config.api_burst,
            make_log_role=config.api_gateway_log_role,
        )

        # A submission puts the file, or copies an upload; what is presigned is signed with this role.
        storage.allow_put(api.submit, SOURCE, UPLOADS)
        storage.allow_get(api.submit, RESULT, UPLOADS)
        storage.allow_list(api.submit, JOBS)
        storage.allow_delete(api.submit, JOBS, UPLOADS)
        storage.allow_items(api.submit, "GetItem", "BatchGetItem", "PutItem", "UpdateItem", "DeleteItem", "Query")
        storage.allow_query_index(api.submit, OPEN_JOBS_INDEX, ACCOUNT_JOBS_INDEX)
        allow_read_elsewhere(api.submit, config.readable_buckets)
        allow_listing(api.submit, submitting)
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

        # Pages in another language; of a job that is erased meanwhile they are taken back.
        storage.allow_get(workflow.translate, PAGES)
        storage.allow_put(workflow.translate, TRANSLATION)
        storage.allow_delete(workflow.translate, TRANSLATION)
        storage.allow_list(workflow.translate, TRANSLATION)
        storage.allow_items(workflow.translate, "GetItem", "BatchGetItem")
        allow_translation(workflow.translate, translating)

        storage.allow_get(workflow.assemble, PAGES, TRANSLATION)
        storage.allow_list(workflow.assemble, TRANSLATION)
        storage.allow_put(workflow.assemble, RESULT)
        storage.allow_delete(workflow.assemble, RESULT)

        storage.allow_query_index(reconciler.function, OPEN_JOBS_INDEX)
        # Of jobs that were announced and never created; of others, the upload that they were made of.
        storage.allow_list(reconciler.function, JOBS)
        storage.allow_delete(reconciler.function, JOBS, UPLOADS)
        queues.allow_send(reconciler.function)
        queues.allow_count(reconciler.function)
        workflow.machine.grant_start_execution(reconciler.function)
        workflow.allow_describe(reconciler.function)
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
        storage.allow_items(dropping.take, "GetItem", "PutItem", "UpdateItem", "DeleteItem")
        workflow.machine.grant_start_execution(dropping.take)
        allow_listing(dropping.take, submitting)
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

        functions = [it.function for it in self.node.find_all() if isinstance(it, Entrypoint)]
        if key:
            allow_use(key, workflow.machine, *functions)
        if config.vpc_subnets:
            network.place(functions, subnets=config.vpc_subnets, security_groups=config.vpc_security_groups)
        alarms = Alarms(
            self,
            "Alarms",
            queues=queues,
            drops=drops,
            rest_api=api.rest_api,
            steps=[
                workflow.split,
                workflow.prepare,
                workflow.translate,
                workflow.assemble,
                reconciler.function,
                dropping.take,
                dropping.publish,
                webhooks.tell,
            ],
            callers=[
                api.submit,
                api.export,
                api.gate,
                chat.answer,
                pages.read,
                vlm.ask,
                workflow.split,
                workflow.assemble,
            ],
            email=config.alarm_email,
            key=key,
        )
        Dashboard(
            self, "Dashboard", queues=queues, drops=drops, events=events, rest_api=api.rest_api, functions=functions
        )
        if config.web_acl:
            WebAcl(self, "WebAcl", stage=api.rest_api.deployment_stage, rate=config.web_acl_rate)
        else:
            accept(api.rest_api, "APIG3", "AWS WAF costs by the month, and is there if asked for: web_acl.")
        for it in self.node.find_all():
            if isinstance(it, logs.CfnLogGroup):
                it.retention_in_days = config.log_days

        outputs = {
            "AlarmTopicArn": alarms.topic.topic_arn,
            "ApiId": api.rest_api.rest_api_id,
            "ApiStage": config.stage,
            "ApiUrl": f"https://{config.domain}/" if config.domain else api.rest_api.url,
            "BucketName": storage.bucket.bucket_name,
            "BulkQueueUrl": queues.bulk.queue_url,
            "DeadLetterQueueUrl": queues.dead_letters.queue_url,
            "DropBucketName": drops.bucket.bucket_name,
            "DropQueueUrl": drops.drops.queue_url,
            "DropperPolicyArn": drops.droppers.managed_policy_arn,
            "EventQueueUrl": events.queue.queue_url,
            "GateFunctionName": api.gate.function_name,
            "Plans": settings.plans,
            "InteractiveQueueUrl": queues.interactive.queue_url,
            "PriorityQueueUrl": queues.priority.queue_url,
            "ReconcileFunctionName": reconciler.function.function_name,
            "ResultQueueUrl": drops.results.queue_url,
            "StateMachineArn": workflow.machine.state_machine_arn,
            "VlmQueueUrl": queues.vlm.queue_url,
            "TableName": storage.table.table_name,
        }
        if config.domain:
            domain = Domain(self, "Domain", domain=config.domain, certificate=config.certificate, rest_api=api.rest_api)
            outputs["DomainTarget"] = domain.target
        for name, value in outputs.items():
            cdk.CfnOutput(self, name, value=value)
