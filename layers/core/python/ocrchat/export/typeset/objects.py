"""Objects -> the bytes of a PDF (ISO 32000-1, 7.5).

What is no stream is packed into object streams: the structure of a tagged PDF is many small objects, which compress to a tenth.
"""

from __future__ import annotations

import hashlib
import struct
import zlib

_PACKED = 200
"""Objects of one object stream. A reader unpacks it for any of them."""


class Objects:
    """The objects of a file. Numbers up to `reserved` are for objects that are put later."""

    def __init__(self, reserved: int) -> None:
        self._plain: dict[int, bytes] = {}
        self._streams: dict[int, bytes] = {}
        self.next = reserved + 1
        """The number of the next object."""

    def add(self, data: bytes) -> int:
        return self.put({self.next: data})

    def stream(self, data: bytes, entries: str = "") -> int:
        """`entries` of its dictionary beside those that say how it is packed."""
        self._streams[self.next] = _stream(data, entries)
        self.next += 1
        return self.next - 1

    def put(self, numbered: dict[int, bytes]) -> int:
        """Gives the number of the last."""
        self._plain |= numbered
        last = max(numbered)
        self.next = max(self.next, last + 1)
        return last

    def file(self, catalog: int, info: int) -> bytes:
        """Nothing can be added any more."""
        rows: dict[int, tuple[int, int, int]] = {0: (0, 0, 65535)}
        numbers = sorted(self._plain)
        for start in range(0, len(numbers), _PACKED):
            some = numbers[start : start + _PACKED]
            rows |= {number: (2, self.next, index) for index, number in enumerate(some)}
            self._pack(some)
        out = bytearray(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")
        for number, data in sorted(self._streams.items()):
            rows[number] = (1, len(out), 0)
            out += b"%d 0 obj\n%b\nendobj\n" % (number, data)
        rows[self.next] = (1, len(out), 0)
        table = b"".join(struct.pack(">BIH", *rows.get(number, (0, 0, 65535))) for number in range(self.next + 1))
        key = hashlib.sha256(out).hexdigest()[:32]
        entries = f"/Type/XRef/W[1 4 2]/Size {self.next + 1}/Root {catalog} 0 R/Info {info} 0 R/ID[<{key}><{key}>]"
        end = b"startxref\n%d\n%%%%EOF\n" % len(out)
        return bytes(out) + b"%d 0 obj\n%b\nendobj\n" % (self.next, _stream(table, entries)) + end

    def _pack(self, numbers: list[int]) -> None:
        """An object stream (7.5.7)."""
        places, at = [], 0
        for number in numbers:
            places.append(f"{number} {at}")
            at += len(self._plain[number]) + 1
        head = " ".join(places).encode() + b"\n"
        body = b"\n".join(self._plain[number] for number in numbers)
        self.stream(head + body, f"/Type/ObjStm/N {len(numbers)}/First {len(head)}")


def _stream(data: bytes, entries: str) -> bytes:
    packed = zlib.compress(data, 6)
    return b"<</Length %d/Filter/FlateDecode%b>>\nstream\n%b\nendstream" % (len(packed), entries.encode(), packed)


def string(text: str) -> str:
    """A text string (7.9.2.2)."""
    return f"<feff{text.encode('utf-16-be', 'replace').hex()}>"
