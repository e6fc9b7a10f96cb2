"""The structure of a tagged PDF (ISO 32000-1, 14.7 and 14.8): what the pieces of its pages are, in reading order.

It tells a screen reader what is a heading, an item of a list, the header of a column.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from ocrchat.bidi import has_right_to_left
from ocrchat.export.typeset.objects import string

Place = tuple[int, int]
"""A page, from 0, and the number of a piece of marked content on it (its MCID)."""


@dataclass(eq=False, slots=True)
class Element:
    """`kind` is a standard structure type; `kids` are elements and places, in reading order."""

    kind: str
    attributes: str = ""
    kids: list[Element | Place] = field(default_factory=list)


class Structure:
    """Grows in reading order: content belongs to the element that was entered last and not left."""

    def __init__(self) -> None:
        self._root = Element("Document")
        self._path = [self._root]
        self._lists: list[tuple[int, Element]] = []
        self._owners: list[list[Element]] = []

    @property
    def current(self) -> Element:
        return self._path[-1]

    @contextmanager
    def within(self, kind: str, attributes: str = "") -> Iterator[None]:
        """`attributes` are entries of the element's dictionary."""
        element = Element(kind, attributes)
        self.current.kids.append(element)
        with self._entered(element):
            yield

    @contextmanager
    def item(self, level: int, is_first: bool) -> Iterator[None]:
        """An item of a list; `is_first` begins one. A deeper one than the item before is in a list within that item."""
        if is_first:
            self._lists.clear()
        while len(self._lists) > 1 and self._lists[-1][0] > level:
            self._lists.pop()
        if not self._lists or self._lists[-1][0] < level:
            parent = self._lists[-1][1].kids[-1] if self._lists else self.current
            assert isinstance(parent, Element)
            begun = Element("L")
            parent.kids.append(begun)
            self._lists.append((level, begun))
        with self._entered(self._lists[-1][1]), self.within("LI"):
            yield

    def set_aside(self) -> None:
        """What is entered until `resume` is not kept."""
        self._path.append(Element("Div"))

    def resume(self) -> None:
        self._path.pop()

    def place(self, page: int) -> int:
        """The number of the next piece of content on `page`, which is of the current element."""
        while len(self._owners) <= page:
            self._owners.append([])
        owners = self._owners[page]
        owners.append(self.current)
        self.current.kids.append((page, len(owners) - 1))
        return len(owners) - 1

    def objects(self, first: int, pages: Sequence[int]) -> dict[int, bytes]:
        """The objects of the tree by number, its root `first`; `pages` has the number of each page's object."""
        elements = list(_with_parents(self._root, None))
        numbers = {element: first + 2 + i for i, (element, _) in enumerate(elements)}
        made = {
            first: f"<</Type/StructTreeRoot/K {first + 2} 0 R/ParentTree {first + 1} 0 R>>".encode(),
            first + 1: self._parent_tree(numbers),
        }
        for element, parent in elements:
            above = first if parent is None else numbers[parent]
            kids = " ".join(
                f"{numbers[kid]} 0 R"
                if isinstance(kid, Element)
                else f"<</Type/MCR/Pg {pages[kid[0]]} 0 R/MCID {kid[1]}>>"
                for kid in element.kids
            )
            made[numbers[element]] = f"<</S/{element.kind}/P {above} 0 R{element.attributes}/K[{kids}]>>".encode()
        return made

    def _parent_tree(self, numbers: dict[Element, int]) -> bytes:
        """From the pages' content back to the elements that it is of (14.7.4.4)."""
        rows = (
            f"{page}[{' '.join(f'{numbers[owner]} 0 R' for owner in owners)}]"
            for page, owners in enumerate(self._owners)
        )
        return f"<</Nums[{' '.join(rows)}]>>".encode()

    @contextmanager
    def _entered(self, element: Element) -> Iterator[None]:
        self._path.append(element)
        yield
        self._path.pop()


def spoken(text: str) -> str:
    """Attributes of what is not drawn in the order in which it is read (14.9.4): else screen readers read it backwards."""
    return f"/ActualText{string(text)}" if has_right_to_left(text) else ""


def _with_parents(element: Element, parent: Element | None) -> Iterator[tuple[Element, Element | None]]:
    """It and all below it. Not deep: the depth of lists is bounded."""
    yield element, parent
    for kid in element.kids:
        if isinstance(kid, Element):
            yield from _with_parents(kid, element)
