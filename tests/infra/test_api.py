"""The REST API: where each request goes, and that API Gateway speaks like we do and tells no secrets."""

from __future__ import annotations

import json

import pytest

from tests.infra.synthesised import Synthesised, flat

SUBMIT, EXPORT, GATE, CHAT = "submit.api", "export.api", "submit.gate", "chat.api"

HEADERS = {
    "gatewayresponse.header.Content-Type": "'application/problem+json'",
    "gatewayresponse.header.Access-Control-Allow-Origin": "'*'",
    "gatewayresponse.header.Access-Control-Expose-Headers": "'Retry-After'",
}
"""Of what API Gateway answers itself."""


@pytest.fixture(scope="module")
def routes(stack: Synthesised) -> dict[tuple[str, str], str]:
    """(method, path) -> entry file."""
    resources = stack.properties("ApiGateway::Resource")

    def path(reference: dict[str, object]) -> str:
        if "Ref" not in reference:
            return ""  # the root, an attribute of the API
        resource = resources[str(reference["Ref"])]
        return f"{path(resource['ParentId'])}/{resource['PathPart']}"

    def entry(uri: str) -> str:
        name = uri.partition(":lambda:path/2015-03-31/functions/")[2].removesuffix("/invocations")
        return stack.function_of(name)

    return {
        (method["HttpMethod"], path(method["ResourceId"]) or "/"): entry(flat(method["Integration"]["Uri"]))
        for method in stack.properties("ApiGateway::Method").values()
    }


def test_every_step_of_a_path_answers_downloads_go_to_export_and_questions_to_chat(
    routes: dict[tuple[str, str], str],
) -> None:
    job = "/api/v1/ocr/{uuid}"
    steps = ("/", "/{proxy+}", "/api", "/api/v1", "/api/v1/ocr", job, f"{job}/{{proxy+}}")
    assert routes == {
        **{("ANY", step): SUBMIT for step in steps},
        ("POST", "/api/v1/ocr"): SUBMIT,
        ("GET", f"{job}/{{proxy+}}"): EXPORT,
        ("ANY", "/api/v1/chat/{proxy+}"): CHAT,
    }


def test_the_gate_stands_before_submissions_alone(stack: Synthesised) -> None:
    ((gate, _),) = stack.resources("ApiGateway::Authorizer").items()
    for method in stack.properties("ApiGateway::Method").values():
        if method["HttpMethod"] == "POST":
            assert method["AuthorizationType"] == "CUSTOM"
            assert method["AuthorizerId"] == {"Ref": gate}
        else:
            assert method["AuthorizationType"] == "NONE"
        assert method["Integration"]["Type"] == "AWS_PROXY"


def test_the_gate_is_asked_for_every_submission_with_or_without_a_token(stack: Synthesised) -> None:
    gate = stack.only("ApiGateway::Authorizer")
    assert gate["Type"] == "REQUEST"
    assert gate["AuthorizerResultTtlInSeconds"] == 0
    assert not gate.get("IdentitySource")
    function = flat(gate["AuthorizerUri"]).partition(":lambda:path/2015-03-31/functions/")[2]
    assert stack.function_of(function.removesuffix("/invocations")) == GATE


def test_only_this_api_may_invoke_its_functions(stack: Synthesised) -> None:
    permissions = [
        permission
        for permission in stack.properties("Lambda::Permission").values()
        if permission["Principal"] == "apigateway.amazonaws.com"
    ]
    assert {stack.function_of(permission["FunctionName"]) for permission in permissions} == {SUBMIT, EXPORT, GATE, CHAT}
    for permission in permissions:
        assert ":ApiRestApi/" in flat(permission["SourceArn"])


def test_every_body_is_bytes(stack: Synthesised) -> None:
    api = stack.only("ApiGateway::RestApi")
    assert api["BinaryMediaTypes"] == ["*/*"]
    assert api["EndpointConfiguration"] == {"Types": ["REGIONAL"]}


def test_a_request_that_is_too_large_is_told_of_uploads(stack: Synthesised) -> None:
    (response,) = [
        it
        for it in stack.properties("ApiGateway::GatewayResponse").values()
        if it["ResponseType"] == "REQUEST_TOO_LARGE"
    ]
    problem = json.loads(response["ResponseTemplates"]["application/json"])
    assert "POST /api/v1/uploads/" in problem["detail"]
    assert problem["upload"] is None


def test_what_the_gate_denies_with_is_the_whole_answer(stack: Synthesised) -> None:
    (response,) = [
        it for it in stack.properties("ApiGateway::GatewayResponse").values() if it["ResponseType"] == "ACCESS_DENIED"
    ]
    assert response["StatusCode"] == "400"
    assert response["ResponseTemplates"] == {"application/json": "$context.authorizer.problem"}
    assert response["ResponseParameters"] == HEADERS


def test_a_function_answers_before_api_gateway_gives_up(stack: Synthesised) -> None:
    for entry in (SUBMIT, EXPORT, GATE):
        assert stack.functions()[entry]["Properties"]["Timeout"] < 29


def test_the_stage_is_throttled(stack: Synthesised) -> None:
    (settings,) = stack.only("ApiGateway::Stage")["MethodSettings"]
    assert settings["ThrottlingRateLimit"] > 0
    assert settings["ThrottlingBurstLimit"] > 0


def test_no_log_of_the_api_holds_a_query_string_a_header_or_a_body(stack: Synthesised) -> None:
    """Tokens can be in them."""
    stage = stack.only("ApiGateway::Stage")
    logged = set(json.loads(stage["AccessLogSetting"]["Format"]).values())
    assert logged == {
        "$context.requestId",
        "$context.requestTimeEpoch",
        "$context.identity.sourceIp",
        "$context.httpMethod",
        "$context.path",
        "$context.status",
        "$context.responseLength",
        "$context.responseLatency",
        "$context.integrationLatency",
        "$context.error.responseType",
    }
    (settings,) = stage["MethodSettings"]
    assert settings["DataTraceEnabled"] is False
    assert settings.get("LoggingLevel", "OFF") == "OFF"  # execution logs hold headers


def test_an_account_wide_setting_is_left_alone(stack: Synthesised) -> None:
    assert not stack.resources("ApiGateway::Account")


def test_what_api_gateway_says_itself_is_a_problem_document(stack: Synthesised) -> None:
    said = {}
    for response in stack.properties("ApiGateway::GatewayResponse").values():
        later = {"gatewayresponse.header.Retry-After": "'5'"} if response["StatusCode"] in ("429", "504") else {}
        assert response["ResponseParameters"] == {**HEADERS, **later}
        if response["ResponseType"] == "ACCESS_DENIED":
            continue
        (template,) = response["ResponseTemplates"].values()
        problem = json.loads(template)
        members = ["type", "title", "status", "code", "detail", "request_id"]
        assert list(problem) == members + (["upload"] if problem["code"] == "file_too_large" else [])
        assert problem["type"] == "about:blank"
        assert problem["detail"].endswith(".")
        assert problem["request_id"] == "$context.requestId"
        assert str(problem["status"]) == response["StatusCode"]
        said[response["ResponseType"]] = problem["status"], problem["code"]
    assert said == {
        "REQUEST_TOO_LARGE": (400, "file_too_large"),
        "MISSING_AUTHENTICATION_TOKEN": (404, "route_not_found"),
        "THROTTLED": (429, "too_many_requests"),
        "INTEGRATION_TIMEOUT": (504, "gateway_timeout"),
        "DEFAULT_4XX": (400, "bad_request"),
        "DEFAULT_5XX": (500, "internal"),
    }
