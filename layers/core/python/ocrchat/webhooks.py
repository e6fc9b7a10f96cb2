"""Telling the caller of a job that it has ended, after the Standard Webhooks specification."""

from __future__ import annotations

from datetime import UTC, datetime
from http import HTTPStatus

from standardwebhooks.webhooks import Webhook

from ocrchat import codec, web
from ocrchat.cloud import Cloud

POST_SECONDS = 15.0


def deliver(cloud: Cloud, job_id: str) -> None:
    """Posts the event of an ended job to its callback, under the same id whenever it is posted again.

    Nothing to do is no error: the job was erased, or the receiver answers 410, that it wants no more. Raises
    web.Undelivered for any other answer than 2xx, and for none.
    """
    job = cloud.jobs.get(job_id)
    account = cloud.accounts.get(job.account_id) if job else None
    if job is None or account is None or not job.options.callback_url:
        return
    now = datetime.now(UTC)
    event_id = f"evt_{job.id}"
    body = codec.dumps(codec.event_to_json(job))
    signatures = [Webhook(secret).sign(event_id, now, body.decode()) for secret in account.webhook_secrets(now)]
    status = web.post(
        job.options.callback_url,
        body=body,
        headers={
            "content-type": "application/json",
            "user-agent": "ocrchat",
            "webhook-id": event_id,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": " ".join(signatures),
        },
        seconds=POST_SECONDS,
        allow_private=cloud.allow_private_addresses,
    )
    if status // 100 != 2 and status != HTTPStatus.GONE:
        raise web.Undelivered("The receiver did not take the event.", status)
