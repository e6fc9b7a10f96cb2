"""The committed template of the embedded AWS is the one that CDK synthesises, as `local/overlay.py` changes it."""

from __future__ import annotations

import copy

from local import deploy, overlay
from tests.infra.synthesised import Synthesised


def test_the_committed_local_template_is_up_to_date(stack: Synthesised) -> None:
    fresh = overlay.dumps(overlay.localise(copy.deepcopy(stack.template)))

    assert deploy.TEMPLATE.read_text() == fresh, "run `make template` and commit local/template.json"


def test_every_function_runs_the_same_handler_locally(stack: Synthesised) -> None:
    local = overlay.localise(copy.deepcopy(stack.template))["Resources"]

    handlers = {it["Properties"]["Handler"] for it in local.values() if it["Type"] == "AWS::Lambda::Function"}

    assert handlers == {f"functions.{entry}.handler" for entry in stack.functions()}


def test_the_local_zips_hold_what_the_assets_for_aws_hold(stack: Synthesised) -> None:
    names = dict(deploy.asset_files("functions/submit"))

    assert {"functions/__init__.py", "functions/submit/__init__.py", "functions/submit/api.py"} <= set(names)
    assert "python/ocrchat/usecases/__init__.py" in dict(deploy.asset_files("layers/core"))
    assert "python/ocrchat/asl/job.asl.json" in dict(deploy.asset_files("layers/core"))
    assert "python/ocrchat/site/openapi.json" in dict(deploy.asset_files("layers/core"))


def test_only_functions_that_reach_what_callers_name_can_be_let_into_a_private_network(stack: Synthesised) -> None:
    local = overlay.localise(copy.deepcopy(stack.template))["Resources"].values()

    opened = {
        variables["POWERTOOLS_SERVICE_NAME"]
        for it in local
        if it["Type"] == "AWS::Lambda::Function"
        and "OCRCHAT_ALLOW_PRIVATE_ADDRESSES" in (variables := it["Properties"]["Environment"]["Variables"])
    }

    assert opened == {"submit.api", "submit.drop", "export.webhook"}


def test_all_that_ask_for_a_translation_are_told_by_the_machine_who_translates(stack: Synthesised) -> None:
    local = overlay.localise(copy.deepcopy(stack.template))["Resources"].values()

    told = {
        variables["POWERTOOLS_SERVICE_NAME"]
        for it in local
        if it["Type"] == "AWS::Lambda::Function"
        and (variables := it["Properties"]["Environment"]["Variables"]).get("OCRCHAT_TRANSLATE_URL")
        == {"Local": "translate_url"}
    }

    assert told == {"submit.api", "submit.drop", "export.translate"}
