"""Which kinds of files are accepted, told by their content; a file's name proves nothing."""

from __future__ import annotations

from enum import StrEnum


class MediaType(StrEnum):
    """IANA media types of what can be read."""

    PNG = "image/png"
    JPEG = "image/jpeg"
    WEBP = "image/webp"
    GIF = "image/gif"
    BMP = "image/bmp"
    TIFF = "image/tiff"
    PDF = "application/pdf"


SNIFFED_BYTES = 1024
"""How much of a file's start `sniff` looks at."""

_SIGNATURES = (
    (b"\x89PNG\r\n\x1a\n", MediaType.PNG),
    (b"\xff\xd8\xff", MediaType.JPEG),
    (b"GIF87a", MediaType.GIF),
    (b"GIF89a", MediaType.GIF),
    (b"BM", MediaType.BMP),
    (b"II*\x00", MediaType.TIFF),
    (b"MM\x00*", MediaType.TIFF),
    (b"II+\x00", MediaType.TIFF),  # BigTIFF
    (b"MM\x00+", MediaType.TIFF),
)


def sniff(head: bytes) -> MediaType | None:
    """The media type of a file that starts with `head`; None when it is not an accepted one."""
    for signature, media_type in _SIGNATURES:
        if head.startswith(signature):
            return media_type
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return MediaType.WEBP
    # Readers accept a PDF header anywhere in the first 1024 bytes (ISO 32000-1, Annex H, note 13), and mailers rely on it.
    if b"%PDF-" in head[:SNIFFED_BYTES]:
        return MediaType.PDF
    return None
