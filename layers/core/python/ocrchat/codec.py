"""Model <-> JSON. What a page looks like in S3 is what it looks like in the API: one form, one code."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING, Any

from ocrchat.billing import CREDITS_PER_PAGE, Account, Movement, Usage
from ocrchat.fields.field import Field
from ocrchat.model import (
    Block,
    BlockType,
    Box,
    Cell,
    ConfidenceSource,
    Document,
    Drop,
    Job,
    JobStatus,
    Line,
    PageResult,
    PresignedUpload,
    Quote,
    Source,
    Table,
    Tries,
    Word,
)
from ocrchat.tables import markup
from ocrchat.tools import Kind

if TYPE_CHECKING:  # what finds fields is not loaded with a job
    from ocrchat.fields.items import Item
    from ocrchat.tool_results import FoundTable, Place, ToolResult

Json = dict[str, Any]


def dumps(value: Json) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def time_to_json(time: datetime | None) -> str | None:
    """ISO 8601 in UTC with a fixed width, so that times sort as text."""
    return None if time is None else time.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def time_from_json(text: str) -> datetime:
    return datetime.fromisoformat(text)


def page_to_json(page: PageResult, with_words: bool = True) -> Json:
    return {
        "index": page.index,
        "width": page.width,
        "height": page.height,
        "dpi": page.dpi,
        "rotation": page.rotation,
        "language": page.language,
        "engine": page.engine,
        "error": page.error,
        "warnings": list(page.warnings),
        "text": page.text,
        "blocks": [_block_to_json(block, with_words) for block in page.blocks],
    }


def page_from_json(data: Json, with_words: bool = True) -> PageResult:
    return PageResult(
        index=data["index"],
        width=data["width"],
        height=data["height"],
        dpi=data["dpi"],
        engine=data["engine"],
        error=data["error"],
        rotation=data["rotation"],
        language=data["language"],
        warnings=tuple(data.get("warnings", ())),
        blocks=tuple(_block_from_json(block, with_words) for block in data["blocks"]),
    )


def document_to_json(
    document: Document, markdown: str, tool_result: Json | None, translation: Json | None = None
) -> Json:
    """The finished part of a job: the keys of `NO_DOCUMENT`; pages without words, which are many."""
    return {
        "text": document.text,
        "markdown": markdown,
        "tool_result": tool_result,
        "translation": translation,
        "pages": [page_to_json(page, with_words=False) for page in document.pages],
    }


def tool_result_to_json(job: Job, result: ToolResult) -> Json:
    tool, fields = result.tool, result.fields
    text = "&text=translation" if tool.kind is Kind.TRANSLATION else ""
    return {
        "slug": tool.slug,
        "kind": tool.kind.value,
        "download": f"/api/v1/ocr/{job.id}/download/?format={tool.format}{text}",
        "tables": None if result.tables is None else [_found_table_to_json(table) for table in result.tables],
        "fields": None if fields is None else {name: field and _field_to_json(field) for name, field in fields.items()},
        "items": None if result.items is None else [_item_to_json(item) for item in result.items],
        "warnings": list(result.warnings),
    }


def _found_table_to_json(table: FoundTable) -> Json:
    first, *more = map(_place_to_json, table.places)
    return {**first, "rows": table.rows, "columns": table.columns, "continues": more}


def _place_to_json(place: Place) -> Json:
    return {"page": place.page, "block": place.block, "bbox": box_to_json(place.box)}


def _item_to_json(item: Item) -> Json:
    return {
        "description": item.description,
        "quantity": item.quantity,
        "unit_price": item.unit_price,
        "amount": item.amount,
        "page": item.page,
        "bbox": box_to_json(item.box),
    }


def _field_to_json(field: Field) -> Json:
    return {
        "value": field.value,
        "text": field.text,
        "page": field.page,
        "bbox": box_to_json(field.box),
        "confidence": field.confidence,
    }


def document_from_json(data: Json) -> Document:
    return Document(tuple(page_from_json(page) for page in data["pages"]))


NO_DOCUMENT: Json = {"text": "", "markdown": "", "tool_result": None, "translation": None, "pages": []}
"""What stands in place of the document while there is none."""


def job_to_json(job: Job, pages_done: int, document: Json) -> Json:
    """The job as the API shows it. Every key is there in every status."""
    return {**summary_to_json(job), "pages_done": pages_done, "next": None, **document}


def whole_job(job: Job, document: Json, pages: Iterable[bytes]) -> bytes:
    """As `job_to_json` of a job that is done, but for `pages`, which are taken as they are stored: they are too many to parse."""
    head = dumps(job_to_json(job, job.page_count, {**document, "pages": []}))
    return head.removesuffix(b"]}") + b",".join(pages) + b"]}"


def summary_to_json(job: Job) -> Json:
    """The job as a list shows it: without what was read, and without its progress."""
    return {
        "uuid": job.id,
        "status": job.status.value,
        "tier": job.options.tier.value,
        "language": job.options.language,
        "tool": job.options.tool or None,
        "translate_to": job.options.translate_to or None,
        "filename": job.filename,
        "page_count": job.page_count,
        "source_pages": job.source_pages,
        "failed_pages": list(job.failed_pages),
        "mean_confidence": job.mean_confidence,
        "credits_reserved": job.credits,
        "credits_charged": job.charged,
        "created_at": time_to_json(job.created_at),
        "ended_at": time_to_json(job.ended_at),
        "expires_at": time_to_json(job.expires_at),
        "error": failure_to_json(job),
    }


def part(job: Json, first_page: int, max_bytes: int, with_words: bool = False) -> Json:
    """The job with as many of its pages from `first_page` on as fit into `max_bytes`; `next` leads to the rest.

    The first part has what the tool has found, and the whole Markdown and text unless they do not fit: then the text goes, and
    if that is not enough the Markdown too, with those of its translation. Those that follow have only pages. A page goes out
    whole, and with its translation, so a part is over the limit if a single page is.
    """
    pages = job["pages"][first_page:]
    translated = job["translation"]["pages"][first_page:] if job["translation"] else []
    head = _with_pages(job, [], [])
    if first_page:
        head = _without(_without({**head, "tool_result": None}, "text"), "markdown")
    for name in ("text", "markdown"):
        if len(dumps(head)) > max_bytes:
            head = _without(head, name)
    room = max_bytes - len(dumps(head)) - _NEXT_BYTES
    count = 0
    for place, page in enumerate(pages[: WORDS_PAGES if with_words else None]):
        room -= sum(len(dumps(one)) + 1 for one in (page, *translated[place : place + 1]))
        if room < 0 and count:
            break
        count += 1
    rest = first_page + count if count < len(pages) else None
    following = f"?first_page={rest}{'&words=true' if with_words else ''}"
    return {
        **_with_pages(head, pages[:count], translated[:count]),
        "next": None if rest is None else following,
    }


def _with_pages(job: Json, pages: list[Json], translated: list[Json]) -> Json:
    translation = job["translation"]
    return {**job, "translation": translation and {**translation, "pages": translated}, "pages": pages}


def _without(job: Json, name: str) -> Json:
    """Without the text or the Markdown of all."""
    translation = job["translation"]
    return {**job, name: "", "translation": translation and {**translation, name: ""}}


_NEXT_BYTES = 60

WORDS_PAGES = 25
"""How many pages are answered at once with their words: each is an object of its own in the store."""


_TIMED_OUT = {
    "code": "timed_out",
    "detail": "The job did not finish in the time it is given. Submit the file again; if it happens again, send fewer pages.",
}
_CANCELLED = {
    "code": "cancelled",
    "detail": "The job was cancelled. The pages that had been read by then are charged, the others are not.",
}
_FAILURES = {
    "no_page_readable": {
        "code": "no_page_readable",
        "detail": "None of the pages could be read. Check that the file opens in a viewer, then send it again.",
    },
    "cancelled": _CANCELLED,
    "States.Timeout": _TIMED_OUT,
    "Stalled": _TIMED_OUT,
}
_INTERNAL = {
    "code": "internal",
    "detail": "Something broke on our side while the job ran. Submit the file again.",
}


def failure_to_json(job: Job) -> Json | None:
    """Why a job failed; None if it has not."""
    return _FAILURES.get(job.failure or "", _INTERNAL) if job.status is JobStatus.FAILED else None


def account_to_json(account: Account, questions: int, now: datetime) -> Json:
    """`questions`: how many were asked today."""
    used, cap = account.narrowest(now)
    plan = account.plan
    return {
        "account": account.id,
        "plan": plan.name,
        "used": used,
        "cap": cap,
        "balance": account.balance if plan.prepaid else None,
        "daily": _usage_to_json(account.daily(now)),
        "monthly": _usage_to_json(account.monthly(now)),
        "questions": _usage_to_json(Usage(questions, plan.questions_a_day, account.daily(now).resets_at)),
        "file_pages": plan.file_pages,
        "retention_days": plan.retention_days,
        "priority": plan.priority,
        "requests_per_minute": plan.requests_per_minute,
        "credits_per_page": {tier.value: credits for tier, credits in CREDITS_PER_PAGE.items()},
    }


def _usage_to_json(usage: Usage) -> Json:
    return {"used": usage.used, "cap": usage.cap, "resets_at": time_to_json(usage.resets_at)}


def quote_to_json(quote: Quote) -> Json:
    return {
        "dry_run": True,
        "tier": quote.options.tier.value,
        "page_count": quote.page_count,
        "source_pages": quote.source_pages,
        "credits": quote.credits,
        "affordable": quote.affordable,
        "used": quote.used,
        "cap": quote.cap,
    }


def upload_to_json(upload: PresignedUpload) -> Json:
    return {
        "upload": upload.id,
        "url": upload.url,
        "fields": upload.fields,
        "expires_at": time_to_json(upload.expires_at),
    }


def event_to_json(job: Job) -> Json:
    """What a callback is told: which job, and how it ended; nothing of what is in it."""
    return {
        "type": f"job.{job.status.value}",
        "timestamp": time_to_json(job.ended_at),
        "data": {
            "uuid": job.id,
            "status": job.status.value,
            "page_count": job.page_count,
            "failed_pages": list(job.failed_pages),
            "error": failure_to_json(job),
        },
    }


def job_ended_to_json(job: Job, drop: Drop, bucket: str, results: Mapping[str, str]) -> Json:
    """What the event bus is told: which job, of which dropped file, how it ended, and the keys of its results by format."""
    return {
        "id": f"evt_{job.id}",
        "uuid": job.id,
        "account": job.account_id,
        "status": job.status.value,
        "page_count": job.page_count,
        "failed_pages": list(job.failed_pages),
        "error": failure_to_json(job),
        "bucket": bucket,
        "key": drop.key,
        "results": dict(results),
    }


def webhook_secret_to_json(account: Account, now: datetime) -> Json:
    until = account.former_webhook_secret_until
    return {
        "secret": account.webhook_secret,
        "former_signs_until": time_to_json(until) if until and until > now else None,
    }


def movement_to_json(movement: Movement) -> Json:
    return {
        "at": time_to_json(movement.at),
        "kind": movement.kind.value,
        "credits": movement.credits,
        "funded_by": movement.funded_by.value,
        "job": movement.job_id,
        "note": movement.note,
    }


def tries_to_json(tries: Tries) -> Json:
    return {**asdict(tries), "since": time_to_json(tries.since)}


def tries_from_json(data: Json) -> Tries:
    counts = {name: int(data[name]) for name in ("busy", "broken", "cut", "bad")}
    return Tries(time_from_json(data["since"]), **counts, is_small=bool(data["is_small"]))


def _block_to_json(block: Block, with_words: bool) -> Json:
    return {
        "type": block.type.value,
        "level": block.level,
        "text": block.text,
        "bbox": box_to_json(block.box),
        "confidence": block.confidence,
        "confidence_source": block.confidence_source.value,
        "source": block.source.value,
        "support": block.support,
        "lines": [_line_to_json(line, with_words) for line in block.lines],
        "table": table_to_json(block.table) if block.table else None,
    }


def _block_from_json(data: Json, with_words: bool) -> Block:
    lines = tuple(_line_from_json(line, with_words) for line in data["lines"])
    box = Box(*data["bbox"])
    return Block(
        lines,
        BlockType(data["type"]),
        data["level"],
        table_from_json(data["table"]) if data["table"] else None,
        None if lines and box == Box.around(line.box for line in lines) else box,
        Source(data.get("source", Source.OCR)),
        data.get("support"),
        ConfidenceSource(data.get("confidence_source", ConfidenceSource.RECOGNITION)),
    )


def _line_to_json(line: Line, with_words: bool) -> Json:
    return {
        "text": line.text,
        "bbox": box_to_json(line.box),
        "confidence": round(line.confidence, 4),
        "words": [_word_to_json(word) for word in line.words] if with_words else [],
    }


def _line_from_json(data: Json, with_words: bool) -> Line:
    words = data["words"] if with_words else ()
    return Line(data["text"], Box(*data["bbox"]), data["confidence"], tuple(_word_from_json(word) for word in words))


def _word_to_json(word: Word) -> Json:
    return {"text": word.text, "bbox": box_to_json(word.box), "confidence": round(word.confidence, 4)}


def _word_from_json(data: Json) -> Word:
    return Word(data["text"], Box(*data["bbox"]), data["confidence"])


def table_to_json(table: Table) -> Json:
    return {
        "rows": table.rows,
        "columns": table.columns,
        "cells": [_cell_to_json(cell) for cell in table.cells],
        "html": markup.html(table),
    }


def table_from_json(data: Json) -> Table:
    return Table(data["rows"], data["columns"], tuple(_cell_from_json(cell) for cell in data["cells"]))


def _cell_to_json(cell: Cell) -> Json:
    return {
        "row": cell.row,
        "column": cell.column,
        "row_span": cell.row_span,
        "column_span": cell.column_span,
        "is_header": cell.is_header,
        "text": cell.text,
        "bbox": box_to_json(cell.box) if cell.box else None,
    }


def _cell_from_json(data: Json) -> Cell:
    return Cell(
        data["row"],
        data["column"],
        data["text"],
        data["row_span"],
        data["column_span"],
        data["is_header"],
        Box(*data["bbox"]) if data["bbox"] else None,
    )


def box_to_json(box: Box) -> list[float]:
    return [round(box.x0, 1), round(box.y0, 1), round(box.x1, 1), round(box.y1, 1)]
