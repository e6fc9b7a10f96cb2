"""Services that refuse for a while, with what they say then."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.awsrequest import AWSRequest, AWSResponse

from chaos.refusals import Service, throttled
from functions.ocr_page.messages import hold
from ocrchat import usecases
from ocrchat.cloud import Cloud
from ocrchat.errors import Unavailable
from ocrchat.model import Job, PageTask
from ocrchat.scratch import Scratch
from ocrchat.settings import Settings
from tests.aws.conftest import Raw
from tests.aws.test_handlers import delivered


@pytest.fixture
def runs_executions() -> bool:
    return False


class Busy:
    """Refuses so many calls of one operation."""

    def __init__(self, client: Any, service: Service, operation: str, times: int) -> None:
        self.left = times
        self._service, self._refusal = service, throttled(service, operation)
        client.meta.events.register_first(f"before-send.{service}.{operation}", self._refuse)

    def _refuse(self, request: AWSRequest, **_: Any) -> AWSResponse | None:
        if not self.left:
            return None
        self.left -= 1
        body = Raw(self._refusal.body(self._service))
        return AWSResponse(request.url, self._refusal.status, self._refusal.headers(self._service), body)


def test_a_split_is_tried_again_while_a_service_is_busy(cloud: Cloud, job: Job, tmp_path: Path) -> None:
    busy = Busy(cloud.page_sets._client, "dynamodb", "PutItem", times=7)  # botocore tries three times

    usecases.split(cloud, job.id, "token", Scratch(tmp_path), patience=60)

    assert not busy.left
    fan_in = cloud.page_sets.fan_in(job.id)
    assert fan_in is not None
    assert fan_in.task_token == "token"


def test_a_split_without_time_is_not(cloud: Cloud, job: Job, tmp_path: Path) -> None:
    Busy(cloud.page_sets._client, "dynamodb", "PutItem", times=7)

    with pytest.raises(Unavailable):
        usecases.split(cloud, job.id, "token", Scratch(tmp_path))


def test_a_message_that_cannot_be_held_is_worked_on_all_the_same(
    cloud: Cloud, session: boto3.Session, settings: Settings, job: Job
) -> None:
    event = delivered(cloud, session, settings, PageTask(job.id, 0, 0))
    busy = Busy(cloud.queue._client, "sqs", "ChangeMessageVisibility", times=3)

    hold(cloud.queue, event, 120)

    assert not busy.left
