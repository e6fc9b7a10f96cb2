"""Translations <-> JSON."""

from __future__ import annotations

from collections.abc import Sequence

from ocrchat import codec
from ocrchat.codec import Json
from ocrchat.model import Block, Document, PageResult
from ocrchat.translation.model import BlockTranslation, PageTranslation, Problem, Status, Translation


def page_to_json(page: PageResult, made: PageTranslation) -> Json:
    """Beside each translated block what is the same in the original: what it is, and where."""
    blocks = [_block_to_json(block, said) for block, said in zip(page.blocks, made.blocks, strict=not made.problem)]
    return {
        "index": made.index,
        "source_language": made.source,
        "provider": made.provider,
        "error": _problem_to_json(made.problem),
        "text": "\n\n".join(block["text"] for block in blocks if block["text"]),
        "blocks": blocks,
    }


def page_from_json(data: Json) -> PageTranslation:
    return PageTranslation(
        data["index"],
        data["source_language"],
        tuple(_block_from_json(block) for block in data["blocks"]),
        data["provider"],
        Problem(**data["error"]) if data["error"] else None,
    )


def to_json(document: Document, made: Translation, source: str | None, rebuilt: Document, markdown: str) -> Json:
    """`source`: the language of most of the document. `rebuilt` is it with its translation, `markdown` of that."""
    return {
        "language": made.language,
        "source_language": source,
        "provider": made.provider,
        "skipped": made.skipped,
        "error": _problem_to_json(made.problem),
        "withheld": made.withheld,
        "text": "" if made.is_empty else rebuilt.text,
        "markdown": "" if made.is_empty else markdown,
        "pages": [page_to_json(page, said) for page, said in zip(document.pages, made.pages, strict=True)],
    }


def from_json(data: Json) -> Translation:
    pages: Sequence[Json] = data["pages"]
    return Translation(data["language"], tuple(page_from_json(page) for page in pages))


def _block_to_json(block: Block, said: BlockTranslation) -> Json:
    return {
        "type": block.type.value,
        "level": block.level,
        "text": said.text,
        "bbox": codec.box_to_json(block.box),
        "status": said.status.value,
        "table": codec.table_to_json(said.table) if said.table else None,
    }


def _block_from_json(data: Json) -> BlockTranslation:
    table = codec.table_from_json(data["table"]) if data["table"] else None
    return BlockTranslation(Status(data["status"]), data["text"], table)


def _problem_to_json(problem: Problem | None) -> Json | None:
    return None if problem is None else {"code": problem.code, "detail": problem.detail}
