"""What wakes a person: each alarm says where its section of the runbook is, and somebody is told."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.infra.synthesised import Synthesised, flat

ROOT = Path(__file__).resolve().parent.parent.parent
RUNBOOK = ROOT / "docs" / "runbook.md"


@pytest.fixture
def alarms(stack: Synthesised) -> dict[str, Any]:
    """By the name of its section."""
    found = {}
    for alarm in stack.properties("CloudWatch::Alarm").values():
        file, _, section = alarm["AlarmDescription"].rpartition(" See ")[2].partition("#")
        assert ROOT / file == RUNBOOK
        found[section] = alarm
    return found


def metrics(alarm: dict[str, Any]) -> set[tuple[str, str]]:
    """(namespace, name) of what it looks at."""
    stats = [it["MetricStat"]["Metric"] for it in alarm.get("Metrics", []) if "MetricStat" in it] or [alarm]
    return {(stat["Namespace"], stat["MetricName"]) for stat in stats}


def test_every_alarm_has_a_section_of_the_runbook_and_every_section_an_alarm(alarms: dict[str, Any]) -> None:
    sections = re.findall(r"^## (\w+)$", RUNBOOK.read_text(), re.MULTILINE)

    assert len(set(sections)) == len(sections)
    assert set(sections) == set(alarms)


def test_they_look_at_pages_jobs_answers_and_throttles(alarms: dict[str, Any]) -> None:
    assert {name: metrics(alarm) for name, alarm in alarms.items()} == {
        "pagesfailed": {("OcrChat", "PagesFailed"), ("OcrChat", "PagesRead")},
        "pageerrors": {("OcrChat", "PageErrors"), ("OcrChat", "PagesRead")},
        "pagesparked": {("AWS/SQS", "ApproximateNumberOfMessagesVisible")},
        "dropsparked": {("AWS/SQS", "ApproximateNumberOfMessagesVisible")},
        "webhookerrors": {("OcrChat", "WebhookErrors")},
        "pageswait": {("AWS/SQS", "ApproximateAgeOfOldestMessage")},
        "jobage": {("OcrChat", "OldestJobSeconds")},
        "servererrors": {("AWS/ApiGateway", "5XXError"), ("AWS/ApiGateway", "Count")},
        "steperrors": {("AWS/Lambda", "Errors")},
        "throttles": {("AWS/Lambda", "Throttles")},
    }


def test_the_parking_queue_of_pages_that_nobody_could_record_is_to_be_empty(alarms: dict[str, Any]) -> None:
    alarm = alarms["pagesparked"]
    ((dimension),) = alarm["Dimensions"]
    assert (flat(dimension["Value"]), alarm["Threshold"]) == ("QueuesParking", 1)


def test_so_are_those_of_the_drop_bucket(alarms: dict[str, Any]) -> None:
    stats = [it["MetricStat"]["Metric"] for it in alarms["dropsparked"]["Metrics"] if "MetricStat" in it]
    assert {flat(stat["Dimensions"][0]["Value"]) for stat in stats} == {"DropDropsParking", "DropResultsParking"}


def test_silence_of_the_reconciler_is_an_alarm_and_silence_of_pages_is_not(alarms: dict[str, Any]) -> None:
    missing = {name: alarm["TreatMissingData"] for name, alarm in alarms.items()}
    assert missing == {**dict.fromkeys(alarms, "notBreaching"), "jobage": "breaching"}


def test_what_functions_count_is_what_alarms_and_the_dashboard_look_for(stack: Synthesised) -> None:
    """A name that was mistyped would be an alarm that never fires."""
    looked_for = set(re.findall(r'"OcrChat","(\w+)","service","([\w.]+)"', dashboard(stack)))
    for alarm in stack.properties("CloudWatch::Alarm").values():
        for it in [it["MetricStat"]["Metric"] for it in alarm.get("Metrics", []) if "MetricStat" in it] or [alarm]:
            if it["Namespace"] == "OcrChat":
                (dimension,) = it["Dimensions"]
                looked_for.add((it["MetricName"], dimension["Value"]))

    assert looked_for
    for name, entry in looked_for:
        source = (ROOT / "functions" / entry.replace(".", "/")).with_suffix(".py").read_text()
        assert re.search(rf'\b(count|measure)\("{name}"', source), (name, entry)


def test_a_person_is_told_that_it_began_and_that_it_is_over(stack: Synthesised, configured: Synthesised) -> None:
    for alarm in stack.properties("CloudWatch::Alarm").values():
        assert [flat(it) for it in (*alarm["AlarmActions"], *alarm["OKActions"])] == ["AlarmsTopic", "AlarmsTopic"]
    assert not stack.resources("SNS::Subscription")
    subscription = configured.only("SNS::Subscription")
    assert (subscription["Protocol"], subscription["Endpoint"]) == ("email", "operator@example.com")


def test_the_topic_takes_the_accounts_alarms_and_no_plain_http(stack: Synthesised) -> None:
    statements = stack.only("SNS::TopicPolicy")["PolicyDocument"]["Statement"]
    allowed = [it for it in statements if it["Effect"] == "Allow"]
    assert [(it["Principal"], it["Action"]) for it in allowed] == [
        ({"Service": "cloudwatch.amazonaws.com"}, "sns:Publish")
    ]
    assert allowed[0]["Condition"] == {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}}
    assert [it["Condition"] for it in statements if it["Effect"] == "Deny"] == [
        {"Bool": {"aws:SecureTransport": "false"}}
    ]


def test_an_alarm_looks_at_no_more_metrics_than_cloudwatch_lets_it(stack: Synthesised) -> None:
    for alarm in stack.properties("CloudWatch::Alarm").values():
        assert sum("MetricStat" in it for it in alarm.get("Metrics", [])) <= 10


def test_there_is_one_dashboard_with_cost_times_and_queues(stack: Synthesised) -> None:
    titles = re.findall(r'"title":"([^"]+)"', dashboard(stack))
    assert {"Pages", "Seconds a page", "The oldest, in seconds", "Lambda's compute, dollars an hour (estimate)"} <= set(
        titles
    )


def dashboard(stack: Synthesised) -> str:
    """Its JSON, with references as they are."""
    body = stack.only("CloudWatch::Dashboard")["DashboardBody"]
    return "".join(part if isinstance(part, str) else json.dumps(part) for part in body["Fn::Join"][1])
