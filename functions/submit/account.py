"""The routes of the account: its plan and use, its ledger, the secret that signs its webhooks."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.event_handler import Response

from ocrchat import codec, rest, usecases
from ocrchat.errors import InvalidField
from ocrchat.openapi import Answer
from ocrchat.rest import Call
from ocrchat.telemetry import logger

routes = rest.Routes()


@routes.add("GET", "/api/v1/account/", answers={200: Answer("Your plan, and what is left of it.", "Account")})
def show(call: Call) -> Response[Any]:
    """See your account.

    `used` and `cap` are those of the limit that you will reach first; `daily` and `monthly` say when they begin anew. A
    credit is a page of the cpu tier.
    """
    account = call.account()
    return rest.answer(codec.account_to_json(account, call.cloud.accounts.questions(account.id, call.now), call.now))


@routes.add(
    "GET",
    "/api/v1/account/ledger/",
    parameters=(rest.LIMIT, rest.CURSOR),
    answers={200: Answer("Every movement of credits, newest first.", "Ledger")},
    errors=(InvalidField,),
)
def ledger(call: Call) -> Response[Any]:
    """See every movement of your credits.

    A job `reserve`s the credits of its pages when it is submitted; a `refund` at its end returns those of pages that were
    not read. The balance is the sum of the movements funded by it.
    """
    limit, after = call.number(rest.LIMIT), call.word(rest.CURSOR)
    movements, following = call.cloud.books.movements(call.account_id, limit, after)
    return rest.answer(
        {"movements": [codec.movement_to_json(movement) for movement in movements], "next_cursor": following}
    )


@routes.add("GET", "/api/v1/account/webhook-secret/", answers={200: Answer("The secret.", "WebhookSecret")})
def webhook_secret(call: Call) -> Response[Any]:
    """See the secret that signs your webhooks.

    Events are signed after the Standard Webhooks specification; its libraries check them with this secret.
    """
    return rest.answer(codec.webhook_secret_to_json(call.account(), call.now))


@routes.add("POST", "/api/v1/account/webhook-secret/", answers={200: Answer("The new secret.", "WebhookSecret")})
def rotate_webhook_secret(call: Call) -> Response[Any]:
    """Make a new secret for your webhooks.

    For 24 hours events are signed with the former secret too, so that none is refused while you change it.
    """
    account = usecases.rotate_webhook_secret(call.cloud, call.account(), call.now)
    logger.info("webhook secret rotated")
    return rest.answer(codec.webhook_secret_to_json(account, call.now))
