"""The routes of jobs: submit, see, list, cancel, delete."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.event_handler import Response

from functions.submit import form
from ocrchat import codec, rest, usecases
from ocrchat.cloud import connect_translators
from ocrchat.errors import (
    DailyLimitReached,
    DamagedFile,
    DeploymentCapReached,
    FileEmpty,
    FileMissing,
    FileTooCostly,
    FileTooLarge,
    FileUrlFailed,
    IdempotencyKeyReused,
    InvalidField,
    JobEnded,
    JobErased,
    JobNotFound,
    MalformedForm,
    MonthlyLimitReached,
    OutOfCredits,
    PasswordNeeded,
    SpendCapReached,
    TooManyPages,
    TooManyPixels,
    TooManyRequests,
    TranslationUnavailable,
    UnsupportedFile,
    UploadMissing,
)
from ocrchat.model import JobStatus
from ocrchat.openapi import Answer, Parameter
from ocrchat.rest import Call
from ocrchat.settings import Settings
from ocrchat.telemetry import count, logger

ANSWER_MARGIN_SECONDS = 6.0
"""Kept of this function's 28 s for the answer, and for a cold start, which counts for API Gateway's 29 s alone."""

STATUS = Parameter(
    "status", "query", "Only jobs in this status.", {"type": "string", "enum": [status.value for status in JobStatus]}
)
IDEMPOTENCY_KEY = rest.idempotency_key_of(
    "A word of your choice, new for each job. A request that is repeated with it within 24 hours gets the job of the first "
    "one, and nothing is charged again: safe to send after any lost answer.",
)

routes = rest.Routes()


@routes.add(
    "POST",
    "/api/v1/ocr/",
    parameters=(IDEMPOTENCY_KEY, rest.WORDS),
    body=form.BODY,
    answers={
        200: Answer(
            "The job; with `dry_run=true` what it would cost.",
            "JobOrQuote",
            headers={**rest.RATE_HEADERS, "Idempotency-Replayed": "`true` if the job is that of an earlier request."},
        )
    },
    errors=(
        FileMissing, FileEmpty, FileTooLarge, FileTooCostly, UnsupportedFile, DamagedFile, PasswordNeeded, TooManyPages,
        TooManyPixels, MalformedForm, InvalidField, UploadMissing, FileUrlFailed, DailyLimitReached, MonthlyLimitReached,
        OutOfCredits, SpendCapReached, DeploymentCapReached, JobErased, IdempotencyKeyReused, TooManyRequests,
        TranslationUnavailable,
    ),
)  # fmt: skip
def submit(call: Call) -> Response[Any]:
    """Submit a file.

    A form with the file in the field `file`, or with an `upload` id, or a `file_url`. Jobs of 5 pages or fewer come back
    `done`, or at least `processing` if they take long; larger ones come back `pending`: poll them until `status` is `done`
    or `failed`. The credits of all pages are reserved now; those of pages that could not be read come back at the end.
    """
    account = call.admit()
    with_words = call.word(rest.WORDS) == "true"
    settings = Settings.from_env()
    has = form.Abilities(bool(settings.tessdata), settings.vlm_backend, settings.translate_provider)
    fields = form.parse(call.header("Content-Type"), call.body(), has)
    request = usecases.Request(fields.file, fields.options, call.idempotency_key())
    translators = connect_translators(settings) if fields.options.translate_to else ()
    if fields.dry_run:
        return rest.answer(codec.quote_to_json(usecases.quote(call.cloud, account, request, call.now, translators)))
    submitted = usecases.submit(call.cloud, account, request, call.now, translators)
    job = submitted.job
    if submitted.replayed:
        call.answer_headers["Idempotency-Replayed"] = "true"
    else:
        logger.info("job submitted", job_id=job.id, pages=job.page_count, media_type=job.media_type.value)
        count("JobsSubmitted")
    deadline = call.ends_at - ANSWER_MARGIN_SECONDS
    job = usecases.await_end(call.cloud, job, deadline, settings.inline_waiters)
    return rest.job_answer(call, usecases.view(call.cloud, job, 0, with_words).to_json(), 0, with_words)


@routes.add(
    "GET",
    "/api/v1/ocr/",
    parameters=(rest.LIMIT, rest.CURSOR, STATUS),
    answers={200: Answer("Your jobs, newest first.", "JobList")},
    errors=(InvalidField,),
)
def list_(call: Call) -> Response[Any]:
    """List your jobs.

    Newest first, without what was read. With a `status` a page can be shorter than `limit`, or empty, and still have a
    `next_cursor`: the list ends where that is null.
    """
    account_id = call.account_id
    status = call.word(STATUS)
    jobs, following = usecases.list_jobs(
        call.cloud, account_id, JobStatus(status) if status else None, call.number(rest.LIMIT), call.word(rest.CURSOR)
    )
    return rest.answer({"jobs": [codec.summary_to_json(job) for job in jobs], "next_cursor": following})


@routes.add(
    "GET",
    "/api/v1/ocr/{uuid}/",
    parameters=(rest.UUID, rest.FIRST_PAGE, rest.WORDS),
    answers={200: Answer("The job, in whatever status.", "Job")},
    errors=(InvalidField, JobNotFound),
)
def show(call: Call, uuid: str) -> Response[Any]:
    """See a job.

    Poll it every second or two until `status` is `done` or `failed`; `pages_done` counts up meanwhile. An answer that would
    be too large for AWS comes in parts: `next` leads to the rest of the pages.
    """
    job = usecases.find_job(call.cloud, call.account_id, uuid)
    first_page, with_words = call.number(rest.FIRST_PAGE), call.word(rest.WORDS) == "true"
    return rest.job_answer(
        call, usecases.view(call.cloud, job, first_page, with_words).to_json(), first_page, with_words
    )


@routes.add(
    "DELETE",
    "/api/v1/ocr/{uuid}/",
    parameters=(rest.UUID,),
    answers={200: Answer("What was erased.", "Erased")},
    errors=(JobNotFound,),
)
def erase(call: Call, uuid: str) -> Response[Any]:
    """Delete a job.

    Erases the file, the pages, the results, the chat and the records of the job, now, and says how many of each there were.
    A job that still runs is cancelled first. The ledger keeps the uuid and the credits, and an Idempotency-Key its hashes
    for a day; nothing of the document.
    """
    job = usecases.find_job(call.cloud, call.account_id, uuid)
    erased = usecases.erase(call.cloud, job, call.now)
    logger.info("job erased", job_id=job.id, objects=erased)
    return rest.answer({"uuid": job.id, "erased": erased})


@routes.add(
    "POST",
    "/api/v1/ocr/{uuid}/cancel/",
    parameters=(rest.UUID,),
    answers={200: Answer("The job, `failed` with the error code `cancelled`.", "Job")},
    errors=(JobNotFound, JobEnded),
)
def cancel(call: Call, uuid: str) -> Response[Any]:
    """Cancel a job.

    Ends it where it is. Pages that were read by then are charged, all others are refunded.
    """
    job = usecases.find_job(call.cloud, call.account_id, uuid)
    job = usecases.cancel(call.cloud, job, call.now)
    logger.info("job cancelled", job_id=job.id)
    return rest.job_answer(call, usecases.view(call.cloud, job).to_json())
