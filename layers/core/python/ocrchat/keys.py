"""Names of S3 objects. Everything of one job stands under one prefix, so that it can be erased whole.

The prefix begins with how long it is kept, since that is what a lifecycle rule of the bucket can go by.
"""

from __future__ import annotations

import hashlib
import re

from ocrchat.model import Job


def kept_for(days: int) -> str:
    """The prefix of all jobs that are kept for so many days."""
    return f"jobs/{days}/"


def prefix(job_id: str, retention_days: int) -> str:
    return f"{kept_for(retention_days)}{job_id}/"


def job_prefix(job: Job) -> str:
    return prefix(job.id, job.retention_days)


def source(job: Job) -> str:
    """The file as it was sent."""
    return f"{job_prefix(job)}source"


def chunk_source(job: Job, chunk: int) -> str:
    """The pages of one chunk of a long PDF, as a PDF of their own."""
    return f"{job_prefix(job)}chunks/{chunk:04d}.pdf"


def page_result(job: Job, page: int) -> str:
    return f"{job_prefix(job)}pages/{page:05d}.json"


def page_fallback(job: Job, page: int) -> str:
    """Of a page that waits for a model: what the embedded parser answers, and the lines that the model is checked by."""
    return f"{job_prefix(job)}vlm/{page:05d}.json"


def page_picture(job: Job, page: int) -> str:
    """Of a page that waits for a model: what the model is shown."""
    return f"{job_prefix(job)}vlm/{page:05d}.picture"


def translation(job: Job) -> str:
    """The prefix of pages in the language that was asked for, until they are a part of the result."""
    return f"{job_prefix(job)}translation/"


def translated_page(job: Job, page: int) -> str:
    return f"{translation(job)}{page:05d}.json"


def result(job: Job) -> str:
    """The finished document: text, markdown, pages, and its translation."""
    return f"{job_prefix(job)}result.json"


def download(job: Job, format_name: str) -> str:
    """The document in a format, once somebody has asked for it; `format_name` of its translation: see `usecases.downloads`."""
    return f"{job_prefix(job)}downloads/{format_name}"


def chat(job: Job, conversation: str = "") -> str:
    """The prefix of what was asked about the document: in one conversation, or in all of them."""
    return f"{job_prefix(job)}chat/{conversation}{'/' if conversation else ''}"


def exchange(job: Job, conversation: str, asked_at: str) -> str:
    """A question and its answer. `asked_at` has a fixed width, so that the names are in the order of time."""
    return f"{chat(job, conversation)}{asked_at}.json"


UPLOADS = "uploads/"


def upload(account_id: str, upload_id: str) -> str:
    """A file on its way: put there by a presigned POST, gone once it is submitted, or after a day."""
    return f"{UPLOADS}{account_id}/{upload_id}"


# -- in the drop bucket ------------------------------------------------------------------------------------------------

DROPS = "drop/"
RESULTS = "results/"

_LONGEST_PATH = 1000
"""Bytes. A key may have 1024, and the name of a result is longer than that of its file."""

_NOT_IN_XML = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
"""A key may have these, but S3 is told what to delete in XML 1.0, which may not."""


def drop_folders(key: str) -> tuple[str, list[str]]:
    """The account of a dropped file, and the folders below it: drop/<account>/<folders>/<name>. Empty for one in no folder."""
    account, *folders = key.removeprefix(DROPS).split("/")[:-1] or [""]
    return account, folders


def outcome(key: str, extension: str) -> str:
    """Beside a dropped file, under results/: its whole name, and one more extension.

    A path that cannot be repeated there (it would be too long, programs take `..` in it for another folder, or it could not
    be deleted again) is replaced by its hash, in the account's folder.
    """
    path = key.removeprefix(DROPS)
    if len(path.encode()) > _LONGEST_PATH or {".", ".."} & set(path.split("/")) or _NOT_IN_XML.search(path):
        account, _ = drop_folders(key)
        digest = hashlib.sha256(path.encode()).hexdigest()[:32]
        repeatable = account.strip(".") and len(account) <= 64 and not _NOT_IN_XML.search(account)
        path = f"{account}/{digest}" if repeatable else digest
    return f"{RESULTS}{path}.{extension}"
