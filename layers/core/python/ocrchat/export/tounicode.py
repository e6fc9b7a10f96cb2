"""What the codes of a PDF's font mean, for who copies its text: the ToUnicode CMap (ISO 32000-1, 9.10.3). Pure."""

from __future__ import annotations

from collections.abc import Iterable

_SECTION = 100
"""So many mappings may stand in one section of a CMap."""

_CMAP = """/CIDInit/ProcSet findresource begin 12 dict begin begincmap
/CIDSystemInfo<</Registry(Adobe)/Ordering(UCS)/Supplement 0>>def
/CMapName/Adobe-Identity-UCS def /CMapType 2 def
1 begincodespacerange
<0000> <ffff>
endcodespacerange
{}
endcmap CMapName currentdict/CMap defineresource pop end end"""


def cmap(meanings: Iterable[tuple[int, str]]) -> bytes:
    """Of codes of 2 bytes, each with its text."""
    rows = [f"<{code:04x}> <{text.encode('utf-16-be', 'replace').hex()}>" for code, text in meanings]
    sections = [rows[start : start + _SECTION] for start in range(0, len(rows), _SECTION)]
    return _CMAP.format(
        "\n".join("\n".join([f"{len(some)} beginbfchar", *some, "endbfchar"]) for some in sections)
    ).encode()
