"""Taking a file in: where it comes from, what it costs, and the job that is made of it."""

from __future__ import annotations

import hashlib
import json
import time
import uuid
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from ocrchat import keys, selection
from ocrchat.aws.blobs import BlobMissing
from ocrchat.aws.books import KEY_LIFETIME, IdempotencyKey, KeyTaken, KeyUse, Overtaken
from ocrchat.billing import CREDITS_PER_PAGE, Account
from ocrchat.cloud import Cloud
from ocrchat.errors import (
    FileTooLarge,
    IdempotencyKeyReused,
    InvalidField,
    JobErased,
    PaymentRequired,
    TooManyPages,
    Unavailable,
    UploadMissing,
)
from ocrchat.filenames import base_name
from ocrchat.media import MediaType
from ocrchat.model import INLINE_PAGES, Drop, Job, JobOptions, JobStatus, Lane, PresignedUpload, Quote, Tier
from ocrchat.settings import VlmBackend
from ocrchat.translation import pairs
from ocrchat.translation.model import NotTranslated, Translator
from ocrchat.usecases.downloads import formats_to_prepare

MAX_PAGES = 3000
"""Pages of one file, whatever the plan."""

MAX_FILE_BYTES = 100_000_000
"""Of an uploaded or linked file. It passes through the memory of one function."""

DROP_KEY_LIFETIME = timedelta(days=7)
"""How long it is remembered that a dropped file was taken: longer than what S3 said of it can wait in a queue."""

UPLOAD_LIFETIME = timedelta(hours=1)
"""How long the address of an upload can be used. What is never submitted goes within a day."""

FETCH_SECONDS = 15.0


@dataclass(frozen=True, slots=True)
class SentFile:
    """A file that is in the request."""

    filename: str
    content: bytes


@dataclass(frozen=True, slots=True)
class UploadedFile:
    """A file that was put into the bucket before, by `create_upload`'s address."""

    id: str


@dataclass(frozen=True, slots=True)
class LinkedFile:
    """A file to be fetched: https, or s3 where the account may read."""

    url: str


@dataclass(frozen=True, slots=True)
class DroppedFile:
    """A file in the drop bucket, which is not larger than it may be."""

    drop: Drop


FileSource = SentFile | UploadedFile | LinkedFile | DroppedFile


@dataclass(frozen=True, slots=True)
class Request:
    """What a submission says."""

    file: FileSource
    options: JobOptions
    idempotency_key: str = ""

    @property
    def key(self) -> IdempotencyKey | None:
        """The key with what must be the same when it comes again."""
        if not self.idempotency_key:
            return None
        if isinstance(self.file, SentFile):
            file: object = [self.file.filename, hashlib.sha256(self.file.content).hexdigest()]
        else:
            file = [type(self.file).__name__, asdict(self.file)]
        said = json.dumps([file, asdict(self.options)], sort_keys=True, default=str)
        lifetime = DROP_KEY_LIFETIME if isinstance(self.file, DroppedFile) else KEY_LIFETIME
        return IdempotencyKey(self.idempotency_key, hashlib.sha256(said.encode()).hexdigest(), lifetime)


@dataclass(frozen=True, slots=True)
class Submitted:
    """The job of a submission; `replayed` if an earlier one with the same Idempotency-Key had made it."""

    job: Job
    replayed: bool


@dataclass(frozen=True, slots=True)
class _Measured:
    filename: str
    content: bytes
    media_type: MediaType
    source_pages: int
    page_count: int
    credits: int


def submit(
    cloud: Cloud, account: Account, request: Request, now: datetime, translators: Sequence[Translator] = ()
) -> Submitted:
    """Checks the file, keeps it, reserves its credits and starts the job. Of what is refused nothing is stored.

    `translators` are who may be asked for a translation. Raises a BadRequest, a PaymentRequired, IdempotencyKeyReused or
    JobErased. From the moment the job item is written the job will end, whatever happens here: an execution that could not be
    started is started by the reconciler. So the caller gets the job, not an error that would make it send the file again.
    """
    key = request.key
    if key and (use := cloud.books.key_use(account.id, key, now)):
        return _replay(cloud, key, use)
    _check_callback(cloud, request)
    _check_translation(request.options, translators)
    try:
        return _submit(cloud, account, request, now)
    except (KeyTaken, UploadMissing, PaymentRequired):
        # The same request a moment earlier may have taken the key, the upload, or the last credits.
        if key and (use := cloud.books.key_use(account.id, key, now)):
            return _replay(cloud, key, use)
        raise


def _submit(cloud: Cloud, account: Account, request: Request, now: datetime) -> Submitted:
    file = _measure(cloud, account, request)
    account.reserve(file.credits, now, "")  # to refuse before anything is stored; what counts is the transaction below
    job = Job(
        id=uuid.uuid4().hex,
        account_id=account.id,
        filename=file.filename,
        media_type=file.media_type,
        source_pages=file.source_pages,
        options=request.options,
        created_at=now,
        retention_days=account.plan.retention_days,
        priority=account.plan.priority,
        credits=file.credits,
        drop=request.file.drop if isinstance(request.file, DroppedFile) else None,
    )
    upload = keys.upload(account.id, request.file.id) if isinstance(request.file, UploadedFile) else ""
    cloud.jobs.announce(job, upload)
    try:
        _keep(cloud, account, request.file, file, job)
        job = cloud.books.open(job, request.key, has_upload=bool(upload))
    except (UploadMissing, KeyTaken, PaymentRequired, Overtaken):
        # Not any Unavailable: after a lost answer the job may be there. If it is not, the reconciler finds what was stored.
        cloud.blobs.erase(keys.job_prefix(job))
        cloud.jobs.withdraw(job.id)
        raise
    _start(cloud, job)
    if upload:
        try:
            cloud.blobs.delete(upload)
            cloud.jobs.withdraw(job.id)
        except Unavailable:
            pass  # the reconciler does it
    return Submitted(job, replayed=False)


def _start(cloud: Cloud, job: Job) -> None:
    try:
        cloud.workflow.start(job, formats_to_prepare(job))
    except Unavailable:
        pass  # the reconciler starts it


def quote(
    cloud: Cloud, account: Account, request: Request, now: datetime, translators: Sequence[Translator] = ()
) -> Quote:
    """What `submit` would take, from the file itself. Nothing is stored, nothing charged. Raises a BadRequest."""
    _check_callback(cloud, request)
    _check_translation(request.options, translators)
    file = _measure(cloud, account, request)
    try:
        account.reserve(file.credits, now, "")
        affordable = True
    except PaymentRequired:
        affordable = False
    used, cap = account.narrowest(now)
    return Quote(request.options, file.source_pages, file.page_count, file.credits, affordable, used, cap)


def await_end(cloud: Cloud, job: Job, deadline: float, max_waiters: int) -> Job:
    """Waits for the end of a small job until `deadline` (on time.monotonic), and returns the job as it is then.

    Not when `max_waiters` small jobs are open already. They are counted in the table, not by a counter that could drift.
    """
    if job.page_count > INLINE_PAGES or cloud.jobs.count_open(Lane.INTERACTIVE, max_waiters + 1) > max_waiters:
        return job
    pause = 0.05
    while not job.status.ended and time.monotonic() + pause < deadline:
        time.sleep(pause)
        pause = min(pause * 1.3, 1.0)
        job = cloud.jobs.get(job.id) or job
    return job


def create_upload(cloud: Cloud, account: Account, filename: str, size: int, now: datetime) -> PresignedUpload:
    """An address to which the account can send one file of at most `size` bytes. Raises FileTooLarge."""
    if size > MAX_FILE_BYTES:
        raise FileTooLarge(
            f"A file may have {MAX_FILE_BYTES // 1_000_000} MB. Save it smaller (scans at 150 to 300 dpi in JPEG), or split it."
        )
    upload_id = uuid.uuid4().hex
    return cloud.blobs.presign_upload(
        upload_id, keys.upload(account.id, upload_id), filename, size, now + UPLOAD_LIFETIME
    )


def _replay(cloud: Cloud, key: IdempotencyKey, use: KeyUse) -> Submitted:
    if use.fingerprint != key.fingerprint:
        raise IdempotencyKeyReused(
            "This Idempotency-Key was sent with another file or other fields within the last 24 hours. Use a new key for each "
            "job, and the same one only to repeat a request."
        )
    job = cloud.jobs.get(use.job_id)
    if job is None:
        raise JobErased(
            "The job that this Idempotency-Key had started was deleted. Use a new key to read the file again."
        )
    if job.status is JobStatus.PENDING:
        _start(cloud, job)  # whoever has made the job may have died before; a second start is the same start
    return Submitted(job, replayed=True)


def _check_callback(cloud: Cloud, request: Request) -> None:
    if request.options.callback_url:
        from ocrchat import web

        web.check_url(request.options.callback_url, field="callback_url", allow_private=cloud.allow_private_addresses)


def _check_translation(options: JobOptions, translators: Sequence[Translator]) -> None:
    """Raises TranslationUnavailable; Unavailable where nobody says what can be had."""
    if not options.translate_to:
        return
    try:
        pairs.check(translators, options.language, options.translate_to)
    except NotTranslated as error:
        raise Unavailable(
            "The service that translates for this server is not set up. Tell its operator; or leave 'translate_to' out."
        ) from error


def _measure(cloud: Cloud, account: Account, request: Request) -> _Measured:
    from ocrchat import inspection

    filename, content = _load(cloud, account, request.file)
    source = inspection.inspect(content, MAX_PAGES)
    page_count = len(selection.parse(request.options.pages, source.page_count))
    if page_count > account.plan.file_pages:
        raise TooManyPages(
            f"The plan '{account.plan.name}' reads {account.plan.file_pages} pages of a file, and these are {page_count}. "
            f"Choose some with pages=1-{account.plan.file_pages}, split the file, or take a larger plan.",
            account.plan.upgrade,
        )
    # Without a model the embedded parser answers, which is the cpu tier and costs what that does.
    tier = Tier.CPU if cloud.vlm_backend is VlmBackend.EMBEDDED else request.options.tier
    credits = page_count * CREDITS_PER_PAGE[tier]
    return _Measured(filename, content, source.media_type, source.page_count, page_count, credits)


def _load(cloud: Cloud, account: Account, file: FileSource) -> tuple[str, bytes]:
    """Name and content."""
    match file:
        case SentFile():
            return file.filename, file.content
        case UploadedFile():
            try:
                return cloud.blobs.get_upload(keys.upload(account.id, file.id))
            except BlobMissing as error:
                raise _upload_missing() from error
        case LinkedFile():
            return _fetch(cloud, account, file.url)
        case DroppedFile(drop):
            return base_name(drop.key) or "file", cloud.drops.get(drop.key, drop.etag)


def _upload_missing() -> UploadMissing:
    return UploadMissing(
        "There is no file under this upload id: it was not sent yet, was submitted already, or has expired. "
        "POST /api/v1/uploads/, send the file to the url with the fields given there, then submit the upload."
    )


def _fetch(cloud: Cloud, account: Account, url: str) -> tuple[str, bytes]:
    if url[:5].lower() != "s3://":
        from ocrchat import web

        found = web.fetch(
            url, max_bytes=MAX_FILE_BYTES, seconds=FETCH_SECONDS, allow_private=cloud.allow_private_addresses
        )
        return found.filename, found.content
    bucket, _, key = url[5:].partition("/")
    if not any(f"s3://{bucket}/{key}".startswith(prefix) for prefix in account.readable):
        raise InvalidField(
            "file_url: this account may not read there. The operator of this server can allow it: "
            "make admin ARGS='allow-read <account> s3://bucket/prefix/'."
        )
    try:
        return key.rpartition("/")[2] or "file", cloud.blobs.get_elsewhere(bucket, key, MAX_FILE_BYTES)
    except BlobMissing as error:
        raise InvalidField("file_url: there is no such object, or this server may not read it.") from error


def _keep(cloud: Cloud, account: Account, origin: FileSource, file: _Measured, job: Job) -> None:
    if isinstance(origin, UploadedFile):
        try:
            cloud.blobs.copy(keys.upload(account.id, origin.id), keys.source(job))
        except BlobMissing as error:
            raise _upload_missing() from error
    else:
        cloud.blobs.put(keys.source(job), file.content, file.media_type.value)
