"""What a dropper asks for: in the metadata of the object, or in folders of its key (drop/<account>/tier=vlm/language=de/...)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from functions.submit import form
from ocrchat import export, keys
from ocrchat.errors import InvalidField
from ocrchat.model import JobOptions
from ocrchat.tools import TOOLS
from ocrchat.usecases import DropOptions

FORMATS = "formats"
NAMES = (*form.OPTIONS, FORMATS)

ALWAYS = ("json", "md")


def read(key: str, metadata: Mapping[str, str], has: form.Abilities) -> DropOptions:
    """The metadata counts more than folders, and of these the nearer one. Names of other programs are theirs, and passed over.

    Raises InvalidField, as a form with the same fields does.
    """
    _, folders = keys.drop_folders(key)
    pairs = [*(folder.partition("=")[::2] for folder in folders), *metadata.items()]
    said = {name.lower(): value.strip() for name, value in pairs if name.lower() in NAMES}
    values = {name: value for name, value in said.items() if value}
    formats = values.pop(FORMATS, "")
    options = form.options(values, has)
    return DropOptions(options, tuple(dict.fromkeys((*ALWAYS, *_formats(formats, options)))))


def _formats(text: str, options: JobOptions) -> Iterable[str]:
    """Where none is named, that of the tool."""
    if not text:
        return (TOOLS[options.tool].format,) if options.tool else ()
    names = [name.strip().lower() for name in text.split(",")]
    for name in names:
        if name not in export.FORMATS:
            raise InvalidField(
                f"formats: '{name[:80]}' is not known. Name some of {', '.join(export.FORMATS)}, with commas between them."
            )
    return names
