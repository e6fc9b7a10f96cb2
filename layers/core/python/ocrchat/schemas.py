"""The shapes of answers as JSON Schema (2020-12), each exactly what `codec` writes: a test holds the two together."""

from __future__ import annotations

from ocrchat import languages
from ocrchat.codec import Json
from ocrchat.errors import Upgrade
from ocrchat.model import BlockType, ConfidenceSource, JobStatus, Source, Tier
from ocrchat.tools import Kind
from ocrchat.translation.model import Status


def _object(text: str, /, **properties: Json) -> Json:
    return {
        "type": "object",
        "description": text,
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def _text(text: str, **more: object) -> Json:
    return {"type": "string", "description": text, **more}


def _whole(text: str, **more: object) -> Json:
    return {"type": "integer", "description": text, **more}


def _array(text: str, items: Json, **more: object) -> Json:
    return {"type": "array", "description": text, "items": items, **more}


def _or_null(schema: Json) -> Json:
    return {**schema, "type": [schema["type"], "null"]}


def _ref(name: str) -> Json:
    return {"$ref": f"#/components/schemas/{name}"}


def _time(text: str) -> Json:
    return _text(f"{text} ISO 8601, UTC.", format="date-time")


_UUID = _text("The job's id.", pattern="^[0-9a-f]{32}$")
_BBOX = _array(
    "Left, top, right, bottom in pixels of the page image; origin top left, y downwards.",
    {"type": "number"},
    minItems=4,
    maxItems=4,
)
_PAGE = _whole("Counted from 1, in the file that was sent: `index` + 1.", minimum=1)
_PLACE = {
    "page": _PAGE,
    "block": _whole("Its place, from 0, in the page's `blocks`.", minimum=0),
    "bbox": _BBOX,
}
_CONFIDENCE = {"type": "number", "minimum": 0, "maximum": 1, "description": "0 to 1; 1 for text that was in the file."}
_PAGE_INDEXES = _array("Indexes, counted from 0, of pages that could not be read.", {"type": "integer", "minimum": 0})
_FAILURE = {
    "description": "Why the job failed; null if it has not.",
    "oneOf": [
        _object(
            "A failure.",
            code=_text("Stable: `no_page_readable`, `cancelled`, `timed_out` or `internal`."),
            detail=_text("What happened, and what to do."),
        ),
        {"type": "null"},
    ],
}

_TRANSLATION_ERROR = {
    "description": "Why it was not translated, or not all of it; null if it was. The text of the job is not touched by that.",
    "oneOf": [
        _object(
            "A failure.",
            code=_text(
                "Stable: `translation_unavailable` (nobody here has this pair of languages), `language_unknown` (of the text) or "
                "`translation_failed`."
            ),
            detail=_text("What happened, and what to do."),
        ),
        {"type": "null"},
    ],
}

_SUMMARY: Json = {
    "uuid": _UUID,
    "status": _text("`done` and `failed` are final.", enum=[status.value for status in JobStatus]),
    "tier": _text("How pages are read.", enum=[tier.value for tier in Tier]),
    "language": _text("What was asked for: `auto`, or the code of a language."),
    "tool": _or_null(_text("The tool that was asked for; null for none.")),
    "translate_to": _or_null(_text("The language that was asked for; null for none.")),
    "filename": _text("Of the submitted file."),
    "page_count": _whole("Pages of the job: those that were chosen.", minimum=1),
    "source_pages": _whole("Pages of the file.", minimum=1),
    "failed_pages": _PAGE_INDEXES,
    "mean_confidence": _or_null(
        {**_CONFIDENCE, "description": "Over all text, by its length; null where there is none."}
    ),
    "credits_reserved": _whole("Taken at the submission.", minimum=0),
    "credits_charged": _or_null(_whole("Kept at the end; null until then.", minimum=0)),
    "created_at": _time("When it was submitted."),
    "ended_at": _or_null(_time("When it ended; null until then.")),
    "expires_at": _time("When the job and all that belongs to it are gone."),
    "error": _FAILURE,
}

_USAGE = {
    "used": _whole("Credits used.", minimum=0),
    "cap": _or_null(_whole("Credits that can be used; null is no cap.")),
    "resets_at": _time("When it begins anew."),
}

_UPGRADE = {
    "description": "The plan that would lift the limit; null if none does.",
    "oneOf": [
        _object(
            "A plan.",
            plan=_text("Its name."),
            file_pages=_whole("Pages of one file, at most."),
            daily_cap=_or_null(_whole("Credits a day; null is no cap.")),
            monthly_cap=_or_null(_whole("Credits a month; null is no cap.")),
        ),
        {"type": "null"},
    ],
}
assert set(_UPGRADE["oneOf"][0]["properties"]) == set(Upgrade.__dataclass_fields__)  # type: ignore[index]  # JSON, not a type

_CURSOR = _or_null(_text("For the query parameter `cursor`, to go on; null at the end."))

SCHEMAS: dict[str, Json] = {
    "Job": _object(
        "A job. Every key is there in every status.",
        **_SUMMARY,
        pages_done=_whole("Pages that have been read, or given up.", minimum=0),
        next=_or_null(
            _text(
                "Of a job too large for one answer: the query string for GET /api/v1/ocr/{uuid}/ with the rest of its pages. "
                "Where not even `text` and `markdown` fit, first the text and then the Markdown is left empty: download them."
            )
        ),
        text=_text("All text, in reading order; empty until the job is done."),
        markdown=_text("The document as Markdown; pages are separated by a thematic break."),
        tool_result={
            "description": "What the tool has found; null without a tool, before the job is done, and in the parts of a job that "
            "`next` leads to.",
            "oneOf": [_ref("ToolResult"), {"type": "null"}],
        },
        translation={
            "description": "All that is translated, if `translate_to` was asked for; null until the job is done, and of other "
            "jobs.",
            "oneOf": [_ref("Translation"), {"type": "null"}],
        },
        pages=_array("What was read on each page, in order.", _ref("Page")),
    ),
    "JobSummary": _object("A job without what was read, and without its progress.", **_SUMMARY),
    "JobList": _object("Jobs, newest first.", jobs=_array("A page of them.", _ref("JobSummary")), next_cursor=_CURSOR),
    "ToolResult": _object(
        "What a tool has made of the document.",
        slug=_text("The tool."),
        kind=_text("What it makes.", enum=[kind.value for kind in Kind]),
        download=_text("The path, below the address of this API, of the document in the tool's format."),
        tables={
            "description": "The tables, in reading order, each by where it stands: its cells are in `pages`. Null of tools that "
            "are not for tables.",
            "oneOf": [{"type": "array", "items": _ref("FoundTable")}, {"type": "null"}],
        },
        fields={
            "description": "What was looked for, by name; null of what was not found, and null of other tools.",
            "oneOf": [
                {"type": "object", "additionalProperties": {"oneOf": [_ref("Field"), {"type": "null"}]}},
                {"type": "null"},
            ],
        },
        items={
            "description": "The lines of goods of a receipt or an invoice; null of other tools.",
            "oneOf": [{"type": "array", "items": _ref("Item")}, {"type": "null"}],
        },
        warnings=_array(
            "What to know of it. `read_without_model`: the tool is for a vision-language model, and pages were read without one. "
            "`no_text`, `no_tables`, `no_fields`, `no_formulas`: there was none. `more_tables`: of the tables only the first "
            "10,000 are named. `first_pages_only`: fields and goods were looked for on the first 20 pages. "
            "`items_do_not_add_up`: the amounts of the goods are neither the subtotal nor the total. `total_does_not_add_up`: "
            "subtotal and tax are not the total. Then something was misread or missed, or the document has a discount, a second "
            "tax or the like.",
            {"type": "string"},
        ),
    ),
    "FoundTable": _object(
        "A table, by where it stands.",
        **_PLACE,
        rows=_whole("How many rows, of all its parts.", minimum=1),
        columns=_whole("How many columns.", minimum=1),
        continues=_array("Its other parts, where it goes on over pages.", _object("A part.", **_PLACE)),
    ),
    "Item": _object(
        "A line of goods.",
        description=_text("What it is; empty where only numbers were found."),
        quantity=_or_null(_text("How many, with a point: `2`, `2.5`. Null where it is not said, or cannot be told.")),
        unit_price=_or_null(_text("Of one, with a point.")),
        amount=_or_null(_text("Of all, with a point.")),
        page=_PAGE,
        bbox=_BBOX,
    ),
    "Field": _object(
        "A value of the document, and where it stands.",
        value=_or_null(
            _text(
                "For programs: dates as YYYY-MM-DD, amounts with a point, ISO 4217. Null where that cannot be told, as of "
                "03/04/2026."
            )
        ),
        text=_text("As it is written."),
        page=_PAGE,
        bbox=_BBOX,
        confidence=_CONFIDENCE,
    ),
    "Page": _object(
        "A page.",
        index=_whole("Counted from 0, in the file; the form field `pages` counts from 1.", minimum=0),
        width=_whole("Pixels of the page image.", minimum=0),
        height=_whole("Pixels of the page image.", minimum=0),
        dpi={"type": "number", "description": "Dots per inch of the page image."},
        rotation={
            "type": "number",
            "description": "Degrees clockwise by which the page was turned to stand upright. Width, height and boxes are those "
            "of the turned page.",
        },
        language=_or_null(
            _text("ISO 639 code of the language that most of its text is in; null where that is not known.")
        ),
        engine=_text("What read it."),
        error=_or_null(
            _text(
                "Why it could not be read; null if it was. Stable: `page_unreadable` (it is damaged), `page_too_costly` (it "
                "takes more memory or time than a page may), `page_crashed` (it brings down what reads it) or `page_failed` "
                "(tried again and again, in vain)."
            )
        ),
        warnings=_array(
            "What to know of how it was read. `vlm_unavailable`, `vlm_unusable`: no answer of the model, or none that could be "
            "believed, so the embedded parser of the cpu tier has read it. `vlm_truncated`: the model broke off. "
            "`vlm_missed_text`: blocks that only OCR has seen were added (`source` is `ocr`). `vlm_unsupported_text`: OCR sees "
            "nothing of some text (`support`). `vlm_unverified_text`: OCR reads nothing where some text stands (handwriting, "
            "pictures), so only the model vouches for it. `chart_values_estimated`: a chart's table is an estimate. "
            "`formulas_not_transcribed`, `handwriting_not_supported`: what the embedded parser cannot do.",
            {"type": "string"},
        ),
        text=_text("Its text, in reading order."),
        blocks=_array("Its blocks, in reading order.", _ref("Block")),
    ),
    "Translation": _object(
        "The document in another language, beside the original: the same pages, the same blocks in the same places.",
        language=_text("The code of the language it is in."),
        source_language=_or_null(_text("The code of what most of the original is in; null where that is not known.")),
        provider=_or_null(_text("Who translated; null where nobody had to, or could.")),
        skipped=_or_null(
            _text("`same_language`: the document was in the language already, and is as it was. Null otherwise.")
        ),
        error=_TRANSLATION_ERROR,
        withheld=_whole(
            "Blocks without a translation, or with cells without one, since what came back had lost a number, a code or an "
            "address, or was no translation. In text, Markdown and downloads `[Not translated]` stands in their place.",
            minimum=0,
        ),
        text=_text("All text; as that of the job, it may be left out of a job too large for one answer."),
        markdown=_text("As Markdown; likewise."),
        pages=_array("One for each of the job's `pages`, in the same order.", _ref("TranslatedPage")),
    ),
    "TranslatedPage": _object(
        "A page of a translation.",
        index=_whole("That of the page.", minimum=0),
        source_language=_or_null(_text("The code of what it was translated from; null where that is not known.")),
        provider=_or_null(_text("Who translated it; null where nobody had to, or could.")),
        error=_TRANSLATION_ERROR,
        text=_text("Its text; without what was withheld."),
        blocks=_array(
            "One for each of the page's `blocks`, in the same order; none with an `error`.",
            _object(
                "A block of a translation.",
                type=_text("What it is.", enum=[type_.value for type_ in BlockType]),
                level=_whole("As that of the original.", minimum=0),
                text=_text(
                    "Its text; empty if it is withheld. Numbers, codes and addresses are those of the original."
                ),
                bbox=_BBOX,
                status=_text(
                    "`translated`; `kept`, as in the original: nothing to translate, or it came back unchanged, as names do; "
                    "`withheld`, all of it, or some cells.",
                    enum=[status.value for status in Status],
                ),
                table={
                    "description": "The cells of a table; null of all else. What is withheld is empty.",
                    "oneOf": [_ref("Table"), {"type": "null"}],
                },
            ),
        ),
    ),
    "Block": _object(
        "Lines that belong together.",
        type=_text("What it is.", enum=[type_.value for type_ in BlockType]),
        level=_whole("1 to 6 of a heading; the depth of a list item, from 1 on; else 0.", minimum=0),
        text=_text("Its lines."),
        bbox=_BBOX,
        confidence=_CONFIDENCE,
        confidence_source=_text(
            "Where its confidence comes from: `recognition`, what the recogniser says of its own reading; `ocr-agreement`, how "
            "far OCR has read the same as the model, times OCR's confidence; `logprob`, what the model says of its own words.",
            enum=[source.value for source in ConfidenceSource],
        ),
        source=_text(
            "Who wrote its text: `ocr`, the file or an OCR engine; `vlm`, a model. A model's formulas are LaTeX.",
            enum=[source.value for source in Source],
        ),
        support=_or_null(
            {
                "type": "number",
                "minimum": 0,
                "maximum": 1,
                "description": "Of a model's text, the share that OCR has read in the same place too: near 0, it may be "
                "invented. Null where there is nothing to compare.",
            }
        ),
        lines=_array("Its lines, in reading order.", _ref("Line")),
        table={
            "description": "The cells of a table; null of all else, and where they could not be told.",
            "oneOf": [_ref("Table"), {"type": "null"}],
        },
    ),
    "Line": _object(
        "A line of text.",
        text=_text("Its text."),
        bbox=_BBOX,
        confidence=_CONFIDENCE,
        words=_array("Its words in logical order, if `words=true` was asked for; else empty.", _ref("Word")),
    ),
    "Word": _object(
        "A word; in scripts without spaces, a character.", text=_text("Its text."), bbox=_BBOX, confidence=_CONFIDENCE
    ),
    "Table": _object(
        "A grid, each place of it covered by one cell.",
        rows=_whole("How many rows.", minimum=1),
        columns=_whole("How many columns.", minimum=1),
        cells=_array("From top to bottom, and left to right in a row.", _ref("Cell")),
        html=_text("The table as HTML."),
    ),
    "Cell": _object(
        "A cell of a table.",
        row=_whole("Of its top left place, counted from 0.", minimum=0),
        column=_whole("Of its top left place, counted from 0.", minimum=0),
        row_span=_whole("Rows that it covers.", minimum=1),
        column_span=_whole("Columns that it covers.", minimum=1),
        is_header={"type": "boolean", "description": "Whether it names what stands below or beside it."},
        text=_text("Its text."),
        bbox={"description": "Where it is; null where it is empty.", "oneOf": [_BBOX, {"type": "null"}]},
    ),
    "Quote": _object(
        "What a job would cost.",
        dry_run={"const": True, "description": "Nothing was stored or charged."},
        tier=_text("How pages would be read.", enum=[tier.value for tier in Tier]),
        page_count=_whole("Pages that would be read.", minimum=1),
        source_pages=_whole("Pages of the file.", minimum=1),
        credits=_whole("What it would take.", minimum=1),
        affordable={"type": "boolean", "description": "Whether the account has that now."},
        used=_whole("Credits used of `cap`."),
        cap=_whole("Of the limit that is reached first."),
    ),
    "JobOrQuote": {"oneOf": [_ref("Job"), _ref("Quote")], "description": "A quote if `dry_run=true` was sent."},
    "Erased": _object(
        "A receipt.",
        uuid=_UUID,
        erased=_object(
            "How many there were.",
            source=_whole("Files: what was sent, and the parts it was cut into."),
            pages=_whole("Results of pages."),
            results=_whole("Documents and downloads."),
            chat=_whole("Conversations."),
            records=_whole("Items of the table."),
        ),
    ),
    "Upload": _object(
        "Where to send a file.",
        upload=_text("Its id, for the form field `upload`.", pattern="^[0-9a-f]{32}$"),
        url=_text("POST the form there."),
        fields={
            "type": "object",
            "description": "Fields of the form, all of them, before the file.",
            "additionalProperties": {"type": "string"},
        },
        expires_at=_time("Until when the address can be used."),
    ),
    "Account": _object(
        "An account. A credit is a page of the cpu tier.",
        account=_text("Its id."),
        plan=_text("The name of its plan."),
        used=_whole("Credits used of `cap`."),
        cap=_whole("Of the limit that is reached first."),
        balance=_or_null(_whole("Credits left; null for a plan that has allowances instead.")),
        daily=_object("Use of the day.", **_USAGE),
        monthly=_object("Use of the month.", **_USAGE),
        questions=_object("Questions about documents, of the day. They cost no credits.", **_USAGE),
        file_pages=_whole("Pages of one file, at most."),
        retention_days=_whole("How long jobs are kept."),
        priority={"type": "boolean", "description": "Whether long jobs have a queue of their own."},
        requests_per_minute=_whole("Submissions, uploads and questions; reading is not counted."),
        credits_per_page=_object("The price of a page.", **{tier.value: _whole("Credits.") for tier in Tier}),
    ),
    "Citation": _object(
        "A quotation that stands in the document.",
        page=_PAGE,
        snippet=_text("The words, as the page has them."),
        bbox=_array("The places of the lines it stands in.", _BBOX),
        blocks=_array("The places, from 0, of its blocks in the page's `blocks`.", {"type": "integer", "minimum": 0}),
        confidence={**_CONFIDENCE, "description": "OCR's confidence in these lines; 1 for text that was in the file."},
        verified={"const": True, "description": "It was found on this page. What was not found is not answered."},
    ),
    "Message": _object(
        "An answer.",
        role={"const": "assistant", "description": "Who speaks."},
        content=_text("In sentences, each with its pages, as in `The total is $42 (p. 1).`"),
        citations=_array("What it rests on; none where the document does not answer.", _ref("Citation")),
        engine=_text("Who answered: `extractive` only quotes, any other is a model that writes."),
        confidence=_or_null(
            {
                **_CONFIDENCE,
                "description": "How sure `extractive` is that its first quotation answers; below 0.5 it says `The closest "
                "passage is`. Null of models that write, which cannot tell.",
            }
        ),
        warnings=_array(
            "What to know of it. `statements_withheld`: the model said more, and it did not stand in the document. `cut_short`: "
            "the model broke off. `low_confidence_text`: OCR is not sure of a quotation. `loosely_supported`: a sentence shares "
            "no word with what it quotes.",
            {"type": "string"},
        ),
    ),
    "Reply": _object(
        "An answer, and the conversation that it belongs to.",
        conversation=_text("Send it with the next question to go on.", pattern="^[0-9a-f]{32}$"),
        message={**_ref("Message"), "description": "The answer."},
    ),
    "ChatHistory": _object(
        "What was asked about a document.",
        uuid=_UUID,
        exchanges=_array(
            "Oldest first, of all conversations.",
            _object(
                "A question and its answer.",
                conversation=_text("Which one it belongs to.", pattern="^[0-9a-f]{32}$"),
                question=_text("What was asked."),
                message={**_ref("Message"), "description": "The answer."},
                asked_at=_time("When."),
            ),
        ),
        next_cursor=_CURSOR,
    ),
    "Movement": _object(
        "A movement of credits.",
        at=_time("When."),
        kind=_text("What for.", enum=["grant", "reserve", "refund"]),
        credits=_whole("Signed: a reservation takes, grants and refunds give."),
        funded_by=_text("Where from, or where to.", enum=["balance", "allowance"]),
        job=_or_null(_text("The job's uuid.")),
        note=_text("What the operator says of a grant."),
    ),
    "Ledger": _object(
        "Movements, newest first.", movements=_array("A page of them.", _ref("Movement")), next_cursor=_CURSOR
    ),
    "WebhookSecret": _object(
        "What signs your webhooks.",
        secret=_text("As the libraries of Standard Webhooks take it.", pattern="^whsec_"),
        former_signs_until=_or_null(_time("Until when the former secret signs too; null if there is none.")),
    ),
    "Event": _object(
        "What a `callback_url` is told.",
        type=_text("What happened.", enum=["job.done", "job.failed"]),
        timestamp=_time("When."),
        data=_object(
            "Which job, and how it ended; nothing of what is in it.",
            uuid=_UUID,
            status=_text("How it ended.", enum=["done", "failed"]),
            page_count=_whole("Pages of the job.", minimum=1),
            failed_pages=_PAGE_INDEXES,
            error=_FAILURE,
        ),
    ),
    "Problem": {
        "type": "object",
        "description": "An error, after RFC 9457.",
        "properties": {
            "type": _text("Always `about:blank`: `code` says which error it is."),
            "title": _text("The error in a few words."),
            "status": _whole("The HTTP status."),
            "code": _text("Stable, for programs."),
            "detail": _text("What is wrong, and what to do."),
            "request_id": _text("To be named in a report."),
            "used": _whole("402: credits used of `cap`."),
            "cap": _whole("402: the limit that stands in the way."),
            "upgrade": _UPGRADE,
            "available": _array("translation_unavailable: languages that can be had instead.", {"type": "string"}),
            "upload": {
                "description": "file_too_large: an upload that is ready to be used; null if there is none.",
                "oneOf": [_ref("Upload"), {"type": "null"}],
            },
        },
        "required": ["type", "title", "status", "code", "detail", "request_id"],
        "additionalProperties": False,
    },
    "Languages": _object("What can be asked for.", languages=_array("By name.", _ref("Language"))),
    "Language": _object(
        "A language.",
        code=_text("What jobs say that were asked for in it."),
        name=_text("In English."),
        aliases=_array("What it may be asked for by too, beside its name; in any case.", {"type": "string"}),
        script=_text("ISO 15924."),
        engine=_text("Who reads it.", enum=[languages.PP_OCRV6, languages.TESSERACT, languages.BOTH]),
        available={"type": "boolean", "description": "Whether this server has what it takes."},
    ),
    "Tools": _object("What can be asked for.", tools=_array("All of them.", _ref("Tool"))),
    "Tool": _object(
        "A tool: settings of a job under a name.",
        slug=_text("For the form field `tool`."),
        title=_text("For people."),
        description=_text("What it is for."),
        sets=_object(
            "What it sets, where the form does not.",
            tier=_text("How pages are read.", enum=[tier.value for tier in Tier]),
            format=_text("The format of a download without a `format`."),
        ),
        returns=_text("What it makes: `kind` of the job's `tool_result`.", enum=[kind.value for kind in Kind]),
        available={"type": "boolean", "description": "Whether this server has what it takes."},
        unavailable=_or_null(_text("What it lacks, and what its operator can set; null if nothing.")),
    ),
    "OpenApi": {"type": "object", "description": "An OpenAPI document."},
    "JsonSchema": {"type": "object", "description": "A JSON Schema."},
}
"""By name; they refer to each other as parts of an OpenAPI document."""


def standalone(name: str) -> Json:
    """One of `SCHEMAS` as a JSON Schema document of its own, with those that it refers to."""
    used: dict[str, Json] = {}

    def copied(value: object) -> object:
        if isinstance(value, list):
            return [copied(item) for item in value]
        if not isinstance(value, dict):
            return value
        if "$ref" in value:
            return {**value, "$ref": f"#/$defs/{use(value['$ref'].rpartition('/')[2])}"}
        return {key: copied(item) for key, item in value.items()}

    def use(wanted: str) -> str:
        if wanted not in used:
            used[wanted] = {}
            made = copied(SCHEMAS[wanted])
            assert isinstance(made, dict)
            used[wanted] = made
        return wanted

    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": name,
        "$ref": f"#/$defs/{use(name)}",
        "$defs": used,
    }
