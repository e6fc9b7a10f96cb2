"""Elements of WordprocessingML (ECMA-376 Part 1, 17): children in the order of its schema, which Word insists on."""

from __future__ import annotations

from collections.abc import Sequence

from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from lxml.etree import _Element


def element(name: str, *children: _Element, **attributes: object) -> _Element:
    """`w:<name>`; attributes are in the same namespace."""
    made: _Element = OxmlElement(f"w:{name}")
    for key, value in attributes.items():
        made.set(qn(f"w:{key}"), str(value))
    made.extend(children)
    return made


def settings(name: str, some: Sequence[_Element]) -> list[_Element]:
    """`w:<name>` with them in it, if there are any."""
    return [element(name, *some)] if some else []
