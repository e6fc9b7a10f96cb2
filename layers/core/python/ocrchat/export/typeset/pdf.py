"""A PDF written from nothing: pages, the fonts that they use, an outline (ISO 32000-1). Same input, same bytes."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ocrchat.export import tounicode
from ocrchat.export.typeset import cff
from ocrchat.export.typeset.fonts import Font
from ocrchat.export.typeset.objects import Objects, string
from ocrchat.export.typeset.structure import Structure

_FONT_NAME = "Ocrchat"
_BOX = (0, -293, 1000, 1069)
"""Of the letters of Noto Serif, in thousandths of the size: readers mark text so high."""
_RESERVED = _CATALOG, _PAGES, _INFO, _RESOURCES, _OUTLINES = 1, 2, 3, 4, 5


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the outline: the page, from 0, and the height on it in points from the bottom. `level` counts from 1."""

    title: str
    level: int
    page: int
    y: float


class Writer:
    """Collects pages, then gives the file. Pages are kept compressed."""

    def __init__(self) -> None:
        self._objects = Objects(len(_RESERVED))
        self._kids: list[int] = []

    def page(self, content: bytes, width: float, height: float) -> None:
        stream = self._objects.stream(content)
        self._kids.append(
            self._objects.add(
                f"<</Type/Page/Parent {_PAGES} 0 R/MediaBox[0 0 {width:g} {height:g}]"
                f"/Resources {_RESOURCES} 0 R/Contents {stream} 0 R/StructParents {len(self._kids)}/Tabs/S>>".encode()
            )
        )

    def finished(
        self, fonts: Iterable[Font], outline: Sequence[Entry], structure: Structure, title: str, language: str
    ) -> bytes:
        """`fonts` are those that contents use, by their names."""
        named = "".join(f"/{font.name} {self._font(font)} 0 R" for font in fonts)
        kids = " ".join(f"{kid} 0 R" for kid in self._kids)
        tree = self._objects.next
        self._objects.put(structure.objects(tree, self._kids))
        catalog = f"<</Type/Catalog/Pages {_PAGES} 0 R/StructTreeRoot {tree} 0 R/MarkInfo<</Marked true>>"
        if title:
            catalog += "/ViewerPreferences<</DisplayDocTitle true>>"
        if language:
            catalog += f"/Lang {string(language)}"
        if outline:
            self._outline(outline)
            catalog += f"/Outlines {_OUTLINES} 0 R/PageMode/UseOutlines"
        self._objects.put(
            {
                _CATALOG: f"{catalog}>>".encode(),
                _PAGES: f"<</Type/Pages/Count {len(self._kids)}/Kids[{kids}]>>".encode(),
                _INFO: f"<</Producer(ocrchat){f'/Title {string(title)}' if title else ''}>>".encode(),
                _RESOURCES: f"<</Font<<{named}>>>>".encode(),
            }
        )
        return self._objects.file(_CATALOG, _INFO)

    def _font(self, font: Font) -> int:
        """A composite font (9.7) whose codes are its glyphs."""
        program = cff.program(_FONT_NAME, font.charstrings, _BOX)
        name = f"{_tag(program)}+{_FONT_NAME}"
        file = self._objects.stream(program, "/Subtype/CIDFontType0C")
        descriptor = self._objects.add(
            f"<</Type/FontDescriptor/FontName/{name}/Flags 4/FontBBox[{' '.join(map(str, _BOX))}]/ItalicAngle 0"
            f"/Ascent {_BOX[3]}/Descent {_BOX[1]}/CapHeight {_BOX[3]}/StemV 80/FontFile3 {file} 0 R>>".encode()
        )
        widths = " ".join(map(str, font.widths[1:]))
        descendant = self._objects.add(
            f"<</Type/Font/Subtype/CIDFontType0/BaseFont/{name}/CIDSystemInfo<</Registry(Adobe)/Ordering(Identity)"
            f"/Supplement 0>>/FontDescriptor {descriptor} 0 R/DW 0/W[1[{widths}]]>>".encode()
        )
        unicode = self._objects.stream(tounicode.cmap(enumerate(font.texts[1:], 1)))
        return self._objects.add(
            f"<</Type/Font/Subtype/Type0/BaseFont/{name}/Encoding/Identity-H"
            f"/DescendantFonts[{descendant} 0 R]/ToUnicode {unicode} 0 R>>".encode()
        )

    def _outline(self, entries: Sequence[Entry]) -> None:
        """Items as a tree (12.3.3): deeper levels are under the last entry above them."""
        numbers = range(self._objects.next, self._objects.next + len(entries))
        children: dict[int, list[int]] = {_OUTLINES: []}
        parents: list[int] = []
        path: list[tuple[int, int]] = [(0, _OUTLINES)]
        for number, entry in zip(numbers, entries, strict=True):
            while path[-1][0] >= entry.level:
                path.pop()
            parents.append(path[-1][1])
            children.setdefault(path[-1][1], []).append(number)
            path.append((entry.level, number))
        places = {number: (some, i) for some in children.values() for i, number in enumerate(some)}
        for number, entry, parent in zip(numbers, entries, parents, strict=True):
            siblings, i = places[number]
            item = f"<</Title {string(entry.title)}/Parent {parent} 0 R"
            item += f"/Dest[{self._kids[entry.page]} 0 R/XYZ null {entry.y:.0f} null]"
            item += f"/Prev {siblings[i - 1]} 0 R" if i else ""
            item += f"/Next {siblings[i + 1]} 0 R" if i + 1 < len(siblings) else ""
            if own := children.get(number):
                item += f"/First {own[0]} 0 R/Last {own[-1]} 0 R/Count -{len(own)}"
            self._objects.put({number: f"{item}>>".encode()})
        top = children[_OUTLINES]
        whole = f"<</Type/Outlines/First {top[0]} 0 R/Last {top[-1]} 0 R/Count {len(top)}>>"
        self._objects.put({_OUTLINES: whole.encode()})


def _tag(program: bytes) -> str:
    """Six capital letters, other ones for another subset (9.6.4)."""
    number = int.from_bytes(hashlib.sha256(program).digest()[:8], "big")
    return "".join(chr(65 + number // 26**i % 26) for i in range(6))
