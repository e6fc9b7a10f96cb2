"""Files that mean harm, made on the spot: small to send, large or endless to read."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Iterable, Sequence

from PIL import Image

from tests.documents import digital_pdf


def deflated(byte: bytes, megabytes: int, layers: int = 1) -> bytes:
    """`megabytes` of one byte, deflated; that again, and so on."""
    press = zlib.compressobj(9)
    content = b"".join(press.compress(byte * 2**20) for _ in range(megabytes)) + press.flush()
    for _ in range(layers - 1):
        content = zlib.compress(content, 9)
    return content


def pdf(objects: Sequence[bytes], trailer: bytes = b"") -> bytes:
    """A file of these objects, numbered from 1, the first of them the catalog."""
    content, places = b"%PDF-1.7\n", []
    for number, body in enumerate(objects, 1):
        places.append(len(content))
        content += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    index = b"".join(b"%010d 00000 n \n" % place for place in places)
    count = len(objects) + 1
    return content + b"xref\n0 %d\n0000000000 65535 f \n%strailer\n<< /Size %d /Root 1 0 R %s >>\nstartxref\n%d\n%%%%EOF" % (
        count, index, count, trailer, len(content),
    )  # fmt: skip


def stream(content: bytes, entries: bytes = b"") -> bytes:
    return b"<< /Length %d %s >>\nstream\n%s\nendstream" % (len(content), entries, content)


def page(
    content: bytes, *resources: bytes, catalog: bytes = b"", entries: bytes = b"", more: Iterable[bytes] = ()
) -> bytes:
    """One page: its content is a stream object; resources and what more there is have numbers from 5 on."""
    font = b"/Font << /F << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >>"
    return pdf(
        [
            b"<< /Type /Catalog /Pages 2 0 R %s >>" % catalog,
            b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R /Resources << %s %s >> %s >>"
            % (font, b" ".join(resources), entries),
            content,
            *more,
        ]
    )


def text(words: str = "Nothing but words") -> bytes:
    return stream(b"BT /F 24 Tf 72 700 Td (%s) Tj ET" % words.encode())


def content_bomb(megabytes: int, layers: int) -> bytes:
    """A page whose content is spaces, under so many layers of compression."""
    filters = b"/Filter [%s]" % (b"/FlateDecode " * layers)
    return page(stream(deflated(b" ", megabytes, layers), filters))


def image_bomb(side: int) -> bytes:
    """A page with a picture of `side` x `side` pixels, all of them white."""
    image = stream(
        deflated(b"\xff", side * side // 8 // 2**20 + 1),
        b"/Type /XObject /Subtype /Image /Width %d /Height %d /BitsPerComponent 1 /ColorSpace /DeviceGray "
        b"/Filter /FlateDecode" % (side, side),
    )
    return page(stream(b"612 0 0 792 0 0 cm /X Do"), b"/XObject << /X 5 0 R >>", more=[image])


def forms(levels: int, each: int) -> bytes:
    """Forms that draw `each` times the next one: each ** levels drawings in all."""
    bodies = [
        stream(
            b"/X Do " * each if level < levels - 1 else b"0 0 9 9 re f",
            b"/Type /XObject /Subtype /Form /BBox [0 0 612 792] /Resources << /XObject << /X %d 0 R >> >>"
            % (6 + level),
        )
        for level in range(levels)
    ]
    return page(stream(b"/X Do " * each), b"/XObject << /X 5 0 R >>", more=bodies)


def form_circle() -> bytes:
    """Two forms that draw each other, beside text."""
    bodies = [
        stream(
            b"/X Do", b"/Type /XObject /Subtype /Form /BBox [0 0 9 9] /Resources << /XObject << /X %d 0 R >> >>" % other
        )
        for other in (6, 5)
    ]
    return page(stream(b"BT /F 24 Tf 72 700 Td (Round and round) Tj ET /X Do"), b"/XObject << /X 5 0 R >>", more=bodies)


def page_tree(depth: int) -> bytes:
    """One page under so many nodes of the page tree."""
    nodes = [b"<< /Type /Pages /Count 1 /Parent %d 0 R /Kids [%d 0 R] >>" % (2 + n, 4 + n) for n in range(depth)]
    leaf = b"<< /Type /Page /Parent %d 0 R /MediaBox [0 0 99 99] >>" % (depth + 2)
    root = b"<< /Type /Pages /Count 1 /Kids [3 0 R] >>"
    return pdf([b"<< /Type /Catalog /Pages 2 0 R >>", root, *nodes, leaf])


def page_tree_circle() -> bytes:
    """A page tree that has itself among its kids."""
    return pdf(
        [
            b"<< /Type /Catalog /Pages 2 0 R >>",
            b"<< /Type /Pages /Count 2 /Kids [3 0 R 3 0 R] >>",
            b"<< /Type /Pages /Count 2 /Parent 2 0 R /Kids [2 0 R 3 0 R] >>",
        ]
    )


def page_tree_bomb(levels: int, each: int) -> bytes:
    """Every node has `each` times the next one as its kids: each ** levels pages, and no word of how many."""
    nodes = [b"<< /Type /Pages /Kids [%s] >>" % (b"%d 0 R " % (3 + n) * each) for n in range(levels)]
    leaf = b"<< /Type /Page /MediaBox [0 0 99 99] >>"
    return pdf([b"<< /Type /Catalog /Pages 2 0 R >>", *nodes, leaf])


def nested(depth: int) -> bytes:
    """Arrays in arrays, in the page's content and beside it."""
    arrays = b"[" * depth + b"]" * depth
    return page(stream(arrays + b" BT /F 24 Tf 72 700 Td (Deep) Tj ET"), entries=b"/Deep " + arrays)


def object_stream_circle() -> bytes:
    """Lengths that refer to themselves and to each other."""
    return pdf(
        [
            b"<< /Type /Catalog /Pages 2 0 R >>",
            b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 99 99] /Contents 4 0 R >>",
            b"<< /Length 5 0 R >>\nstream\n0 0 9 9 re f\nendstream",
            b"6 0 R",
            b"5 0 R",
        ]
    )


def acting(port: int) -> bytes:
    """A page of text with everything that could run or be fetched as it is opened."""
    there = b"http://127.0.0.1:%d/" % port
    script = b"(app.launchURL('%s'); this.submitForm('%s');)" % (there, there)
    remote = b"<< /Type /Filespec /FS /URL /F (%s) >>" % there
    return page(
        b"[5 0 R 6 0 R]",
        b"/XObject << /X 7 0 R >>",
        catalog=b"/OpenAction << /S /JavaScript /JS %s /Next [<< /S /URI /URI (%s) >> << /S /Launch /F (/bin/sh) >> "
        b"<< /S /GoToR /F %s /D [0 /Fit] >> << /S /SubmitForm /F %s >> << /S /ImportData /F %s >>] >> "
        b"/AA << /WC << /S /JavaScript /JS %s >> >>" % (script, there, remote, remote, remote, script),
        entries=b"/AA << /O << /S /JavaScript /JS %s >> >>" % script,
        more=[
            text(),
            b"<< /Length 0 /F %s >>\nstream\n\nendstream" % remote,
            b"<< /Type /XObject /Subtype /Image /Width 9 /Height 9 /BitsPerComponent 8 /ColorSpace /DeviceGray /Length 0 "
            b"/F %s >>\nstream\n\nendstream" % remote,
        ],
    )


def reading(file: str) -> bytes:
    """A page of text whose content goes on in a file of the machine."""
    beside = b"<< /Length 0 /F (%s) >>\nstream\n\nendstream" % file.encode()
    return page(b"[5 0 R 6 0 R]", more=[text(), beside])


def chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def png(width: int, height: int, pixels: bytes, *before: bytes) -> bytes:
    """One bit a pixel; `pixels` are deflated. `before` are chunks before the pixels."""
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + b"".join(before) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


def png_bomb(side: int) -> bytes:
    return png(side, side, deflated(b"\0", side * (side // 8 + 1) // 2**20 + 1))


def png_text_bomb(megabytes: int) -> bytes:
    """A small picture with a comment that is large once it is inflated."""
    comment = chunk(b"zTXt", b"Comment\0\0" + deflated(b"x", megabytes))
    return png(80, 80, zlib.compress(bytes(80 * 11)), comment)


def jpeg_scans(side: int, count: int) -> bytes:
    """A progressive JPEG that goes over all its pixels, `side` x `side`, `count` times more to change none of them."""

    def segment(marker: int, content: bytes) -> bytes:
        return struct.pack(">BBH", 0xFF, marker, len(content) + 2) + content

    blocks = (side // 8) ** 2
    head = segment(0xDB, b"\0" + b"\1" * 64) + segment(0xC2, struct.pack(">BHHB", 8, side, side, 1) + b"\x01\x11\0")
    one_code = b"\1" + bytes(15)
    codes = segment(0xC4, b"\0" + one_code + b"\0") + segment(0xC4, b"\x10" + one_code + b"\xe0")
    first = segment(0xDA, b"\x01\x01\0\0\0\0") + bytes(blocks // 8 + 1)
    # The one code says that 2 ** 14 blocks, and as many more as the 14 bits behind it count, change nothing from here on.
    skips = int(("0" + "1" * 13 + "0") * (blocks // 32_767 + 1) + "0", 2)
    size = (15 * (blocks // 32_767 + 1) + 8) // 8
    scan = segment(0xDA, b"\x01\x01\0\x01\x3f\0") + (skips << 1).to_bytes(size + 8)[-size:].replace(b"\xff", b"\xff\0")
    return b"\xff\xd8" + head + codes + first + scan * count + b"\xff\xd9"


def frames(kind: str, count: int) -> bytes:
    """A picture of so many frames of one pixel each."""
    if kind == "TIFF":
        return _tiff(count)
    file = io.BytesIO()
    Image.new("P", (1, 1)).save(file, "GIF")
    start = file.getvalue()
    head, frame = start[: start.index(b",")], start[start.index(b",") : -1]
    return head + frame * count + b";"


def _tiff(count: int) -> bytes:
    """Directories that all show the same pixel."""
    tags = [(256, 1), (257, 1), (258, 8), (259, 1), (262, 1), (273, 8), (277, 1), (278, 1), (279, 1)]
    entries = struct.pack("<H", len(tags)) + b"".join(struct.pack("<HHII", tag, 3, 1, value) for tag, value in tags)
    nexts = (10 + number * (len(entries) + 4) for number in range(1, count))
    directories = b"".join(entries + struct.pack("<I", following) for following in nexts)
    return b"II*\0" + struct.pack("<I", 10) + b"\xff\0" + directories + entries + bytes(4)


def zipped(name: str = "a.txt", content: bytes = b"hidden") -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(name, content)
    return file.getvalue()


def pdf_and_zip() -> bytes:
    """Whole as a PDF, and whole as a ZIP."""
    return digital_pdf(1) + b"\n" + zipped()


def jpeg_and_html() -> bytes:
    """A JPEG whose comment is a page of HTML with a script."""
    file = io.BytesIO()
    comment = b"--><html><body><script>alert(1)</script></body></html><!--"
    Image.new("L", (200, 100), 255).save(file, "JPEG", comment=comment)
    return file.getvalue()


XXE = b"""<?xml version="1.0"?><!DOCTYPE svg [<!ENTITY x SYSTEM "file:///etc/passwd">]>
<svg xmlns="http://www.w3.org/2000/svg" width="200" height="50"><text y="20">&x;</text></svg>"""

XMP_XXE = b"""<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?><!DOCTYPE x [<!ENTITY x SYSTEM "file:///etc/passwd">]>
<x:xmpmeta xmlns:x="adobe:ns:meta/"><y>&x;</y></x:xmpmeta>"""
