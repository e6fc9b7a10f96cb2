"""A file that was put into the drop bucket becomes a job, or what stands in its way is written beside it.

What S3 says can come twice, late, and in any order. It names a file by key, ETag and sequencer: a file that was taken before is
left alone, and so is one in whose place there is another by now, of which S3 says the same. What is done is always done to the
file that is there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from ocrchat import codec, export, keys, problem
from ocrchat.aws.accounts import ACCOUNT_ID
from ocrchat.aws.blobs import BlobMissing
from ocrchat.aws.books import IdempotencyKey
from ocrchat.aws.drops import Put, Replaced
from ocrchat.cloud import Cloud
from ocrchat.errors import (
    AccountNotFound,
    FileTooLarge,
    IdempotencyKeyReused,
    JobErased,
    ObjectUnreadable,
    OcrChatError,
    UploadMissing,
)
from ocrchat.model import Drop, Job, JobOptions
from ocrchat.translation.model import Translator
from ocrchat.usecases.intake import MAX_FILE_BYTES, DroppedFile, Request, submit

ERROR = "error.json"


@dataclass(frozen=True, slots=True)
class DropOptions:
    """What the dropper wants to be done: the job's options, and the formats of its results."""

    options: JobOptions
    formats: tuple[str, ...]


ReadOptions = Callable[[str, Mapping[str, str]], DropOptions]
"""Of a file's key and its metadata. Raises InvalidField."""


class Fate(StrEnum):
    """What has become of what S3 said."""

    TAKEN = "taken"
    REFUSED = "refused"
    KNOWN = "known"
    """It was taken before."""
    REPLACED = "replaced"
    FOLDER = "folder"
    """Nothing but the mark of an empty folder, as the console makes them."""


@dataclass(frozen=True, slots=True)
class Taken:
    """For the log: `code` is why a file was refused."""

    fate: Fate
    job: Job | None = None
    code: str | None = None


def take_drop(
    cloud: Cloud,
    put: Put,
    read_options: ReadOptions,
    request_id: str,
    now: datetime,
    translators: Sequence[Translator] = (),
) -> Taken:
    """Makes a job of the file, or refuses it: what is wrong is then beside it, for whoever dropped it. `translators` are who may
    be asked for a translation.

    Raises what another try may mend.
    """
    if put.key.endswith("/"):
        return Taken(Fate.FOLDER)
    if _was_taken(cloud, put, now):
        return Taken(Fate.KNOWN)
    try:
        return Taken(Fate.TAKEN, _take(cloud, put, read_options, now, translators))
    except Replaced:
        return Taken(Fate.REPLACED)
    except (IdempotencyKeyReused, JobErased):
        return Taken(Fate.KNOWN)  # the same message at the same moment, and the file or its job have changed since
    except OcrChatError as error:
        if error.retryable:
            raise
        if _is_replaced(cloud, put):
            return Taken(Fate.REPLACED)
        refuse(cloud, put.key, problem.document(error, request_id))
        return Taken(Fate.REFUSED, code=error.code)


def give_up_drop(cloud: Cloud, put: Put, request_id: str, now: datetime) -> bool:
    """Tells the dropper that the file could not be taken however often it was tried. False if it was, or is another by now."""
    if _was_taken(cloud, put, now) or _is_replaced(cloud, put):
        return False
    refuse(cloud, put.key, problem.document(problem.BUG, request_id))
    return True


def refuse(cloud: Cloud, key: str, document: codec.Json) -> None:
    """Writes the problem beside the file. Nothing else is beside it then."""
    error = keys.outcome(key, ERROR)
    cloud.drops.put(error, codec.dumps(document), problem.CONTENT_TYPE)
    cloud.drops.delete([other for other in outcomes(key) if other != error])


def outcomes(key: str) -> list[str]:
    """The keys of all that may be beside a file."""
    return [keys.outcome(key, ERROR), *(result_key(key, name) for name in export.FORMATS)]


def result_key(key: str, format_name: str) -> str:
    """Where a result in one of `export.FORMATS` is put. `pdf-text` is a PDF too, and must not stand in the other's place."""
    extension = export.FORMATS[format_name].extension
    return keys.outcome(key, extension if format_name == extension else f"{format_name.rpartition('-')[2]}.{extension}")


def _take(cloud: Cloud, put: Put, read_options: ReadOptions, now: datetime, translators: Sequence[Translator]) -> Job:
    account_id, _ = keys.drop_folders(put.key)
    account = cloud.accounts.get(account_id) if ACCOUNT_ID.fullmatch(account_id) else None
    if account is None:
        raise AccountNotFound(
            f"There is no account '{account_id[:64]}'. Files go under drop/<account>/; ask the operator of this server which "
            "account is yours."
        )
    found = cloud.drops.look(put.key)
    if found is None:
        if cloud.drops.present(outcomes(put.key)):
            raise Replaced  # what is beside it is of a file that was here later, and is not to be lost
        raise _gone()
    if found.etag != put.etag:
        raise Replaced
    # Results of another file that was here before are not this one's. What is younger than the file is: the same message may be
    # here a second time, and have stood still while the first one's job has ended. (S3 dates what is there by when a multipart
    # upload began, and in seconds.)
    cloud.drops.delete(cloud.drops.present(outcomes(put.key), before=put.at.replace(microsecond=0)))
    if found.size > MAX_FILE_BYTES:
        raise FileTooLarge(
            f"The file has {found.size / 1e6:.0f} MB, and may have {MAX_FILE_BYTES // 1_000_000}. Save it smaller (scans at 150 "
            "to 300 dpi in JPEG), or split it."
        )
    asked = read_options(put.key, found.metadata)
    file = DroppedFile(Drop(put.key, put.etag, found.put_at, asked.formats))
    try:
        return submit(cloud, account, Request(file, asked.options, _idempotency_key(put)), now, translators).job
    except BlobMissing as error:
        raise _gone() from error


def _was_taken(cloud: Cloud, put: Put, now: datetime) -> bool:
    account_id, _ = keys.drop_folders(put.key)
    return cloud.books.key_use(account_id, IdempotencyKey(_idempotency_key(put), ""), now) is not None


def _is_replaced(cloud: Cloud, put: Put) -> bool:
    """Whether another file is there by now, which what is beside it will be about."""
    try:
        found = cloud.drops.look(put.key)
    except ObjectUnreadable:
        return False
    return found is not None and found.etag != put.etag


def _idempotency_key(put: Put) -> str:
    """One that no caller of the API can have sent: theirs are one line."""
    return "\n".join(("drop", put.key, put.etag, put.sequencer))


def _gone() -> UploadMissing:
    return UploadMissing("The file was deleted or moved before it could be read. Put it again.")
