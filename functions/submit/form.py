"""The multipart form of POST /api/v1/ocr/: its file, and its fields checked."""

from __future__ import annotations

import re
from io import BytesIO
from pathlib import PurePosixPath, PureWindowsPath
from urllib.parse import unquote

from multipart import MultipartError, MultipartParser, MultipartPart, parse_options_header

from ocrchat import languages
from ocrchat.errors import FileMissing, InvalidField, MalformedForm
from ocrchat.model import JobOptions, Tier
from ocrchat.usecases import Upload

_FIELDS = ("file", "tier", "language", "tool", "translate_to")
_HOW = "Send multipart/form-data with the image or PDF in the field 'file', for example: curl -F file=@invoice.pdf"


def parse(content_type: str, body: bytes) -> tuple[Upload, JobOptions]:
    """Raises a BadRequest that says which field is wrong and what it may be."""
    parts = _parts(content_type, body)
    try:
        for name in parts:
            if name not in _FIELDS:
                raise InvalidField(f"There is no field '{name[:80]}'. The fields are: {', '.join(_FIELDS)}.")
        if "file" not in parts or not (parts["file"].filename or parts["file"].size):
            raise FileMissing(f"The form has no file. {_HOW}")
        for name in ("tool", "translate_to"):
            if _text(parts, name, ""):
                raise InvalidField(
                    f"This server has no tools yet, so '{name}' has no allowed value. Leave the field out."
                )
        options = JobOptions(
            tier=_tier(_text(parts, "tier", "cpu")), language=_language(_text(parts, "language", "auto"))
        )
        return Upload(_base_name(_file_name(parts["file"])), parts["file"].raw), options
    finally:
        for part in parts.values():
            part.close()


def _parts(content_type: str, body: bytes) -> dict[str, MultipartPart]:
    kind, options = parse_options_header(content_type)
    if kind != "multipart/form-data" or not options.get("boundary"):
        raise FileMissing(f"The request is not a form with a file. {_HOW}")
    parts: dict[str, MultipartPart] = {}
    try:
        # The body is in memory already; the limits that count are API Gateway's, in front of us.
        for part in MultipartParser(BytesIO(body), options["boundary"], len(body), memory_limit=2 * len(body) + 1024):
            if not part.name:
                raise MalformedForm(f"A part of the form has no field name. {_HOW}")
            if part.name in parts:
                raise InvalidField(
                    f"The field '{part.name[:80]}' comes more than once. Send it once; one file a request."
                )
            parts[part.name] = part
    except MultipartError as error:
        raise MalformedForm(f"The form cannot be parsed: it is cut off or malformed. {_HOW}") from error
    return parts


def _text(parts: dict[str, MultipartPart], name: str, default: str) -> str:
    """The value of a text field; absent and empty mean the default, since many clients send every field they know."""
    if name not in parts:
        return default
    try:
        return parts[name].value.strip().lower() or default
    except (LookupError, UnicodeError) as error:  # LookupError: a charset that does not exist
        raise InvalidField(f"The field '{name}' is not text in UTF-8.") from error


def _tier(value: str) -> Tier:
    if value == Tier.VLM:
        raise InvalidField("The tier 'vlm' is not set up on this server. Leave the field out, or send tier=cpu.")
    if value != Tier.CPU:
        raise InvalidField(f"'{value[:80]}' is not a tier. The tiers are: cpu, vlm.")
    return Tier.CPU


def _language(value: str) -> str:
    if value not in languages.CODES:
        raise InvalidField(
            f"'{value[:80]}' is not a language that this server reads. The languages are: "
            f"{', '.join(sorted(languages.CODES))}."
        )
    return value


def _file_name(part: MultipartPart) -> str:
    """RFC 8187's `filename*` where there is one: older clients send names beyond ASCII only so, and the parser ignores it."""
    extended = re.search(r"filename\*=UTF-8''([^;\s]+)", part.disposition, re.IGNORECASE)
    return unquote(extended[1]) if extended else part.filename or ""


def _base_name(filename: str) -> str:
    """The name without any folder, Windows' included (old browsers send them), bounded, never empty."""
    name = PurePosixPath(PureWindowsPath(filename).name).name
    printable = "".join(character for character in name if character.isprintable())
    return printable[:255] if printable.strip(". ") else "file"
