"""Lines of text -> a paragraph of WordprocessingML (ECMA-376 Part 1, 17.3), its runs split where direction changes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from docx.oxml.ns import qn
from lxml.etree import _Element

from ocrchat.bidi import runs_leftwards
from ocrchat.export.direction import levels
from ocrchat.export.docx import fonts, tongues
from ocrchat.export.docx.elements import element, settings
from ocrchat.export.plain import legal


@dataclass(frozen=True, slots=True)
class Around:
    """What stands around a paragraph: the language of its page, and whether that, or its table, runs from right to left."""

    language: str | None = None
    leftwards: bool = False


def paragraph(
    lines: Sequence[str], style: str = "", place: Sequence[_Element] = (), around: Around = Around()
) -> _Element:
    """`lines` with breaks between them, in the style of this id. `place` is what its `w:pPr` has besides, in the schema's order.

    Runs from right to left where most of its letters do; without letters, as what stands around it.
    """
    leftwards = runs_leftwards("".join(lines), around.leftwards)
    told = [
        *([element("pStyle", val=style)] if style else []),
        *(each for each in place if each.tag != qn("w:ind")),
        *([element("bidi")] if leftwards else []),
        *(each for each in place if each.tag == qn("w:ind")),
    ]
    made = element("p", *settings("pPr", told))
    for number, line in enumerate(lines):
        if number:
            made.append(element("r", element("br")))
        made.extend(_run(text, is_leftward, around.language) for text, is_leftward in _parts(legal(line), leftwards))
    return made


def _parts(text: str, leftwards: bool) -> Iterator[tuple[str, bool]]:
    """Pieces that run in one direction, and whether that is from right to left."""
    found = levels(text, leftwards)
    if not found:
        if text:
            yield text, False
        return
    for is_leftward, some in groupby(zip(text, found, strict=True), key=lambda pair: pair[1] % 2 == 1):
        yield "".join(character for character, _ in some), is_leftward


def _run(text: str, is_leftward: bool, language: str | None) -> _Element:
    """`w:rtl` is for nothing else than what runs leftwards: on other letters, what it does is not specified."""
    told = [
        *fonts.for_text(text, language),
        *([element("rtl")] if is_leftward else []),
        *([tongues.element(language)] if language else []),
    ]
    content = element("t")
    content.text = text
    content.set(qn("xml:space"), "preserve")
    return element("r", *settings("rPr", told), content)
