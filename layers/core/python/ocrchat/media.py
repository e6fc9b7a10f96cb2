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
    HEIC = "image/heic"
    AVIF = "image/avif"
    JPEG2000 = "image/jp2"
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
    (b"\x00\x00\x00\x0cjP  \r\n\x87\n", MediaType.JPEG2000),
    (b"\xff\x4f\xff\x51", MediaType.JPEG2000),  # a bare codestream
)


_BRANDS = {
    **dict.fromkeys((b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs"), MediaType.HEIC),
    **dict.fromkeys((b"avif", b"avis"), MediaType.AVIF),
}
"""How an image in an ISO base media file is coded. mif1 and msf1 do not tell: another brand stands beside them."""


def sniff(head: bytes) -> MediaType | None:
    """The media type of a file that starts with `head`; None when it is not an accepted one."""
    for signature, media_type in _SIGNATURES:
        if head.startswith(signature):
            return media_type
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return MediaType.WEBP
    if head[4:8] == b"ftyp":
        return _coding(head[8 : int.from_bytes(head[:4])])
    # Readers accept a PDF header anywhere in the first 1024 bytes (ISO 32000-1, Annex H, note 13), and mailers rely on it.
    if b"%PDF-" in head[:SNIFFED_BYTES]:
        return MediaType.PDF
    return None


def _coding(ftyp: bytes) -> MediaType | None:
    """By the first brand that tells it: the major one, or the first of the compatible ones, behind the minor version."""
    brands = [ftyp[:4], *(ftyp[start : start + 4] for start in range(8, len(ftyp), 4))]
    return next((_BRANDS[brand] for brand in brands if brand in _BRANDS), None)
