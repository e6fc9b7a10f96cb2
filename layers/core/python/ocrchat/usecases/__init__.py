"""The whole flow, a file a stage: intake -> pages (-> vlm_pages) -> fan_in (-> translating) -> ending, `repair` for what was
lost between them, `results` to see it, `downloads` to take it away, `conversing` to ask about it. Files in the drop bucket come
in by `dropping`, and their results go out by `publishing`.

Every step may run twice, late, or beside itself; each says why that does no harm. Nothing here knows of Lambda events.

The stages bring PyMuPDF (`reader`, `pdf`) only where it is used: the functions that only keep the books (dead letters,
reconciler, assembly) run without the documents layer, and start faster.
"""

from ocrchat.usecases.accounts import open_account, rotate_webhook_secret
from ocrchat.usecases.asking import Model
from ocrchat.usecases.conversing import Kept, Library, Message, answer, ask, asked_before, record
from ocrchat.usecases.downloads import Download, download, prepare
from ocrchat.usecases.dropping import DropOptions, Fate, give_up_drop, take_drop
from ocrchat.usecases.ending import assemble, cancel, erase
from ocrchat.usecases.fan_in import fail_page
from ocrchat.usecases.intake import (
    FileSource,
    LinkedFile,
    Request,
    SentFile,
    Submitted,
    UploadedFile,
    await_end,
    create_upload,
    quote,
    submit,
)
from ocrchat.usecases.pages import read_page, split
from ocrchat.usecases.publishing import give_up_results, publish
from ocrchat.usecases.repair import REPAIR_AFTER, longest_run, reconcile
from ocrchat.usecases.results import JobView, find_job, list_jobs, view
from ocrchat.usecases.translating import translate
from ocrchat.usecases.vlm_pages import Asked, ask_model, give_up

__all__ = [
    "REPAIR_AFTER",
    "Asked",
    "Download",
    "DropOptions",
    "Fate",
    "FileSource",
    "JobView",
    "Kept",
    "Library",
    "LinkedFile",
    "Message",
    "Model",
    "Request",
    "SentFile",
    "Submitted",
    "UploadedFile",
    "answer",
    "ask",
    "ask_model",
    "asked_before",
    "assemble",
    "await_end",
    "cancel",
    "create_upload",
    "download",
    "erase",
    "fail_page",
    "find_job",
    "give_up",
    "give_up_drop",
    "give_up_results",
    "list_jobs",
    "longest_run",
    "open_account",
    "prepare",
    "publish",
    "quote",
    "read_page",
    "reconcile",
    "record",
    "rotate_webhook_secret",
    "split",
    "submit",
    "take_drop",
    "translate",
    "view",
]
