"""The REST API: routes to three functions, a gate before submissions, and what API Gateway answers on its own."""

from __future__ import annotations

import json

import aws_cdk as cdk
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct

from infra.function import Entrypoint, Layers
from infra.nag import accept
from ocrchat import problem
from ocrchat.errors import OcrChatError
from ocrchat.settings import Settings

TIMEOUT = cdk.Duration.seconds(28)
"""API Gateway waits 29 s. A function that ends first answers for itself."""

# Neither the query string nor any header: an API token can be in both.
ACCESS_LOG = {
    "request_id": "$context.requestId",
    "time": "$context.requestTimeEpoch",
    "ip": "$context.identity.sourceIp",
    "method": "$context.httpMethod",
    "path": "$context.path",
    "status": "$context.status",
    "response_bytes": "$context.responseLength",
    "latency_ms": "$context.responseLatency",
    "integration_ms": "$context.integrationLatency",
    "error": "$context.error.responseType",
}

# What API Gateway answers before or instead of our code.
_GATEWAY_RESPONSES = {
    apigateway.ResponseType.REQUEST_TOO_LARGE: problem.TOO_LARGE,
    apigateway.ResponseType.MISSING_AUTHENTICATION_TOKEN: problem.UNKNOWN_ROUTE,
    apigateway.ResponseType.THROTTLED: problem.TOO_OFTEN,
    apigateway.ResponseType.INTEGRATION_TIMEOUT: problem.NO_ANSWER,
    apigateway.ResponseType.DEFAULT_4_XX: problem.NOT_UNDERSTOOD,
    apigateway.ResponseType.DEFAULT_5_XX: problem.BUG,
}


class Api(Construct):
    """The functions authenticate. The one authorizer, the gate, looks at the size of submissions: docs/adr/0007."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        submit_settings: Settings,
        export_settings: Settings,
        gate_settings: Settings,
        chat: lambda_.IFunction,
        layers: Layers,
        stage: str,
        rate: int,
        burst: int,
        make_log_role: bool,
    ) -> None:
        """`rate` requests a second are taken, and `burst` at once beyond.

        `make_log_role`: API Gateway writes logs with one role per account and region. Where none is set, set one.
        """
        super().__init__(scope, id)
        self.submit = Entrypoint(
            self,
            "Submit",
            module="submit.api",
            settings=submit_settings,
            layers=(layers.core, layers.documents),
            timeout=TIMEOUT,
            memory_mb=1769,  # an upload of 100 MB passes through it, and is opened
        ).function
        self.export = Entrypoint(
            self,
            "Export",
            module="export.api",
            settings=export_settings,
            layers=(layers.core, layers.documents, layers.exports),
            timeout=TIMEOUT,
            memory_mb=3008,  # a download of 3,000 pages may pass through it, if the workflow has not made it yet
        ).function
        self.gate = Entrypoint(
            self,
            "Gate",
            module="submit.gate",
            settings=gate_settings,
            layers=(layers.core,),
            timeout=cdk.Duration.seconds(10),
            memory_mb=512,
        ).function
        self.rest_api = self._rest_api(stage, rate, burst, make_log_role)
        self._route(self.rest_api, _integration(chat))
        for response_type, error in _GATEWAY_RESPONSES.items():
            self._respond(response_type, error, json.dumps(problem.document(error, "$context.requestId")))
        # What the gate denies with: a whole problem document, and all of them have this status.
        self._respond(apigateway.ResponseType.ACCESS_DENIED, problem.TOO_LARGE, "$context.authorizer.problem")

    def _rest_api(self, stage: str, rate: int, burst: int, make_log_role: bool) -> apigateway.RestApi:
        log_group = logs.LogGroup(
            self, "AccessLogs", retention=logs.RetentionDays.ONE_MONTH, removal_policy=cdk.RemovalPolicy.DESTROY
        )
        rest_api = apigateway.RestApi(
            self,
            "RestApi",
            rest_api_name=cdk.Aws.STACK_NAME,
            endpoint_types=[apigateway.EndpointType.REGIONAL],
            # Every body is bytes to us. Narrower lists turn downloads into base64 for clients that accept anything.
            binary_media_types=["*/*"],
            cloud_watch_role=make_log_role,
            deploy_options=apigateway.StageOptions(
                stage_name=stage,
                throttling_rate_limit=rate,
                throttling_burst_limit=burst,
                tracing_enabled=True,
                access_log_destination=apigateway.LogGroupLogDestination(log_group),
                access_log_format=apigateway.AccessLogFormat.custom(json.dumps(ACCESS_LOG)),
            ),
        )
        rest_api.node.try_remove_child("Endpoint")  # an output with a generated name; the stack has its own
        accept(rest_api, "APIG2", "The functions check requests, and answer with problems that say what to do.")
        accept(rest_api, "APIG4", "The functions authenticate: docs/adr/0007. An authorizer cannot read ?api_token=.")
        accept(rest_api, "COG4", "Accounts have API tokens of this product, and no users of a pool.")
        accept(
            rest_api, "APIG6", "Execution logs hold headers and query strings, and tokens in them. Access logs are on."
        )
        return rest_api

    def _route(self, rest_api: apigateway.RestApi, chat: apigateway.Integration) -> None:
        """ANY on every step: a resource without a method answers 403 itself, before the proxy beside it is tried."""
        submit = _integration(self.submit)
        root = rest_api.root
        root.add_method("ANY", submit)
        root.add_resource("{proxy+}").add_method("ANY", submit)
        resource: apigateway.IResource = root
        for step in ("api", "v1", "ocr", "{uuid}"):
            resource = resource.add_resource(step)
            resource.add_method("ANY", submit)
            if step == "v1":
                resource.add_resource("chat").add_resource("{proxy+}").add_method("ANY", chat)
            if step == "ocr":
                resource.add_method("POST", submit, authorizer=self._authorizer())
        below_job = resource.add_resource("{proxy+}")  # not "download": a proxy surely takes a trailing slash too
        below_job.add_method("GET", _integration(self.export))
        below_job.add_method("ANY", submit)

    def _authorizer(self) -> apigateway.IAuthorizer:
        """Asked anew for every request, with or without a token."""
        return apigateway.RequestAuthorizer(
            self, "Authorizer", handler=self.gate, identity_sources=[], results_cache_ttl=cdk.Duration.seconds(0)
        )

    def _respond(self, response_type: apigateway.ResponseType, error: OcrChatError, body: str) -> None:
        self.rest_api.add_gateway_response(
            response_type.response_type,
            type=response_type,
            status_code=str(error.status),
            response_headers={
                "Content-Type": f"'{problem.CONTENT_TYPE}'",
                "Access-Control-Allow-Origin": "'*'",
                "Access-Control-Expose-Headers": "'Retry-After'",
                **{name: f"'{value}'" for name, value in error.headers.items()},
            },
            templates={"application/json": body},
        )


def _integration(function: lambda_.IFunction) -> apigateway.LambdaIntegration:
    """One permission a function, for the whole of this API, instead of two a method."""
    return apigateway.LambdaIntegration(function, scope_permission_to_method=False)
