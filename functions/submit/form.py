"""The form of POST /api/v1/ocr/: its file, and its fields checked."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from io import BytesIO
from typing import TypeVar
from urllib.parse import parse_qsl, unquote

from multipart import MultipartError, MultipartParser, MultipartPart, parse_options_header

from ocrchat import languages, selection
from ocrchat.codec import Json
from ocrchat.errors import FileMissing, InvalidField, MalformedForm
from ocrchat.filenames import base_name
from ocrchat.languages import Language
from ocrchat.model import JobOptions, Tier
from ocrchat.settings import TranslateProvider, VlmBackend
from ocrchat.tools import TOOLS, Kind
from ocrchat.usecases import FileSource, LinkedFile, SentFile, UploadedFile

FIELDS: dict[str, Json] = {
    "file": {"type": "string", "format": "binary", "description": "The image or PDF, up to about 4.5 MB."},
    "upload": {"type": "string", "description": "In place of `file`: the id that POST /api/v1/uploads/ gave."},
    "file_url": {
        "type": "string",
        "maxLength": 2048,
        "description": "In place of `file`: where it is, `https://`, or `s3://` where your account may read.",
    },
    "tier": {
        "type": "string",
        "enum": [tier.value for tier in Tier],
        "default": Tier.CPU.value,
        "description": "How pages are read: `cpu`, fast, for print; `vlm`, by a vision-language model, for handwriting, "
        "formulas and intricate layouts. Pages that the model cannot answer are read by the `cpu` tier, and cost what it costs.",
    },
    "language": {
        "type": "string",
        "maxLength": 80,
        "examples": ["auto", "en", "ch", "ar"],
        "default": languages.AUTO,
        "description": "The language of the text: `auto`, or the code, an alias or the name of one of GET /api/v1/languages/.",
    },
    "tool": {
        "type": "string",
        "enum": list(TOOLS),
        "description": "What the job is for, one of GET /api/v1/tools/: sets what this form does not, and the format that the "
        "download has if none is asked for.",
    },
    "translate_to": {
        "type": "string",
        "maxLength": 80,
        "examples": ["en", "es", "ch"],
        "description": "The language that the document is translated to, beside the original: code, alias or name of one of "
        "GET /api/v1/languages/. The tool `translate` needs it.",
    },
    "pages": {
        "type": "string",
        "maxLength": 1000,
        "examples": ["1-3,7"],
        "description": "Which pages, counted from 1. Only these are read and charged.",
    },
    "callback_url": {
        "type": "string",
        "maxLength": 2048,
        "description": "An `https://` address that is told when the job has ended.",
    },
    "dry_run": {
        "type": "string",
        "enum": ["true", "false"],
        "default": "false",
        "description": "Only say what the job would cost.",
    },
}
"""Name -> JSON Schema, of every field."""

OPTIONS = tuple(name for name in FIELDS if name not in ("file", "upload", "file_url", "dry_run"))
"""Of them those that say what is to be done with a file, wherever it comes from."""

BODY: dict[str, Json] = {
    "multipart/form-data": {"type": "object", "properties": FIELDS},
    "application/x-www-form-urlencoded": {
        "type": "object",
        "properties": {name: schema for name, schema in FIELDS.items() if name != "file"},
    },
}

Value = TypeVar("Value")

_HOW = "Send multipart/form-data with the image or PDF in the field 'file', for example: curl -F file=@invoice.pdf"


@dataclass(frozen=True, slots=True)
class Fields:
    """A form that was understood."""

    file: FileSource
    options: JobOptions
    dry_run: bool


@dataclass(frozen=True, slots=True)
class Abilities:
    """What this server has: Tesseract's data, who answers pages of the vlm tier, and who translates.

    What needs another is refused.
    """

    tesseract: bool = True
    vlm_backend: VlmBackend = VlmBackend.OPENAI
    translate_provider: TranslateProvider = TranslateProvider.AWS


EVERYTHING = Abilities()


def parse(content_type: str, body: bytes, has: Abilities = EVERYTHING) -> Fields:
    """Raises a BadRequest that says which field is wrong and what it may be."""
    kind, options = parse_options_header(content_type)
    if kind == "application/x-www-form-urlencoded":
        return _fields(_once(parse_qsl(body.decode(errors="replace"), keep_blank_values=True)), None, has)
    if kind != "multipart/form-data" or not options.get("boundary"):
        raise FileMissing(f"The request is not a form with a file. {_HOW}")
    parts = _parts(options["boundary"], body)
    try:
        given = {name: _text(part) for name, part in parts.items() if name != "file"}
        return _fields(given, _sent(parts.get("file")), has)
    finally:
        for part in parts.values():
            part.close()


def _fields(given: dict[str, str], sent: SentFile | None, has: Abilities) -> Fields:
    for name in given:
        if name not in FIELDS:
            raise InvalidField(f"There is no field '{name[:80]}'. The fields are: {', '.join(FIELDS)}.")
    # Absent and empty both mean the default, since many clients send every field they know.
    values = {name: value.strip() for name, value in given.items() if value.strip()}
    dry_run = _choice("dry_run", values.get("dry_run", "false"), ["true", "false"]) == "true"
    job_options = options(values, has)
    return Fields(_file(values, sent), job_options, dry_run)


def options(values: Mapping[str, str], has: Abilities) -> JobOptions:
    """What is asked for by some of `OPTIONS`, none of them empty. Raises InvalidField."""
    tool = TOOLS[_choice("tool", values["tool"], list(TOOLS))] if "tool" in values else None
    if tool and "tier" not in values and (problem := tool.unavailable(has.vlm_backend, has.translate_provider)):
        raise InvalidField(f"tool={tool.slug}: {problem}")
    if tool and tool.kind is Kind.TRANSLATION and "translate_to" not in values:
        raise InvalidField(
            f"tool={tool.slug} needs the field 'translate_to': the language to translate to, as in translate_to=en."
        )
    return JobOptions(
        tier=_tier(values.get("tier", tool.tier if tool else Tier.CPU), has),
        language=_language(values.get("language", languages.AUTO), has),
        pages=selection.normalised(values.get("pages", "")),
        callback_url=values.get("callback_url", ""),
        tool=tool.slug if tool else "",
        translate_to=_known("translate_to", values["translate_to"]).code if "translate_to" in values else "",
    )


def _file(values: dict[str, str], sent: SentFile | None) -> FileSource:
    given: list[FileSource] = [sent] if sent else []
    if "upload" in values:
        given.append(UploadedFile(_upload_id(values["upload"])))
    if "file_url" in values:
        given.append(LinkedFile(values["file_url"]))
    if not given:
        raise FileMissing(f"The form has no file. {_HOW}")
    if len(given) > 1:
        raise InvalidField("The form has more than one of 'file', 'upload' and 'file_url'. Send one of them.")
    return given[0]


def _upload_id(value: str) -> str:
    if not re.fullmatch(r"[0-9a-f]{32}", value):
        raise InvalidField("upload is the id that POST /api/v1/uploads/ gave: 32 hexadecimal digits.")
    return value


def _parts(boundary: str, body: bytes) -> dict[str, MultipartPart]:
    try:
        # The body is in memory already; the limits that count are API Gateway's, in front of us.
        parser = MultipartParser(BytesIO(body), boundary, len(body), memory_limit=2 * len(body) + 1024)
        return _once((part.name, part) for part in parser)
    except MultipartError as error:
        raise MalformedForm(
            f"The form cannot be parsed: it is cut off or malformed, has too many parts, or a name in it is not UTF-8. {_HOW}"
        ) from error


def _once(pairs: Iterable[tuple[str, Value]]) -> dict[str, Value]:
    found: dict[str, Value] = {}
    for name, value in pairs:
        if not name:
            raise MalformedForm(f"A part of the form has no field name. {_HOW}")
        if name in found:
            raise InvalidField(f"The field '{name[:80]}' comes more than once. Send it once; one file a request.")
        found[name] = value
    return found


def _text(part: MultipartPart) -> str:
    try:
        return str(part.value)
    except (LookupError, ValueError) as error:  # of a charset that does not exist, or cannot be the name of one
        raise InvalidField(f"The field '{part.name[:80]}' is not text in UTF-8.") from error


def _sent(part: MultipartPart | None) -> SentFile | None:
    """The file of the form; an empty field without a name is what browsers send where no file was chosen."""
    if part is None or not (part.filename or part.size):
        return None
    return SentFile(base_name(_file_name(part)) or "file", part.raw)


def _tier(value: str, has: Abilities) -> Tier:
    tier = Tier(_choice("tier", value, [tier.value for tier in Tier]))
    if tier is Tier.VLM and has.vlm_backend is VlmBackend.NONE:
        raise InvalidField(
            "The tier 'vlm' is switched off on this server (its setting vlm_backend is 'none'). Leave the field out, or send "
            "tier=cpu."
        )
    return tier


def _language(value: str, has: Abilities) -> str:
    """Its code, whichever of its names was given."""
    if value.lower() == languages.AUTO:
        return languages.AUTO
    language = _known("language", value)
    if language.needs_tessdata and not has.tesseract:
        raise InvalidField(
            f"{language.name} is read with Tesseract, whose data is not on this machine. Run `make languages` there, and start "
            "the server again."
        )
    return language.code


def _known(name: str, value: str) -> Language:
    language = languages.find(value)
    if language is None:
        automatic = f"'{languages.AUTO}' or " if name == "language" else ""
        raise InvalidField(
            f"{name}='{value[:80]}' is not known. It is {automatic}one that GET /api/v1/languages/ lists: "
            f"{', '.join(sorted(known.code for known in languages.LANGUAGES))}."
        )
    return language


def _choice(name: str, value: str, allowed: list[str]) -> str:
    if value.lower() not in allowed:
        raise InvalidField(f"{name}='{value[:80]}' is not known. It is one of: {', '.join(allowed)}.")
    return value.lower()


def _file_name(part: MultipartPart) -> str:
    """RFC 8187's `filename*` where there is one: older clients send names beyond ASCII only so, and the parser ignores it."""
    extended = re.search(r"filename\*=UTF-8''([^;\s]+)", part.disposition, re.IGNORECASE)
    return unquote(extended[1]) if extended else part.filename or ""
