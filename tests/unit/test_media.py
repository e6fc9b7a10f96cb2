from __future__ import annotations

from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from ocrchat.media import MediaType, sniff
from tests.documents import digital_pdf

PICTURES = [kind for kind in MediaType if kind not in (MediaType.PDF, MediaType.HEIC)]  # Pillow cannot write HEIC


@pytest.mark.parametrize("kind", PICTURES)
def test_every_accepted_picture_is_known_by_its_content(kind: MediaType) -> None:
    file = BytesIO()
    Image.new("RGB", (8, 8)).save(file, kind.name)

    assert sniff(file.getvalue()) is kind


@pytest.mark.parametrize("byte_order", [b"II+\x00", b"MM\x00+"])
def test_a_big_tiff_is_a_tiff(byte_order: bytes) -> None:
    assert sniff(byte_order + b"\x08\x00\x00\x00") is MediaType.TIFF


def test_a_bare_jpeg_2000_codestream_is_one() -> None:
    file = BytesIO()
    Image.new("RGB", (8, 8)).save(file, "JPEG2000", no_jp2=True)

    assert sniff(file.getvalue()) is MediaType.JPEG2000


@pytest.mark.parametrize(
    ("brands", "kind"),
    [
        (b"heic", MediaType.HEIC),
        (b"heix....mif1", MediaType.HEIC),
        (b"hevc....msf1hevc", MediaType.HEIC),
        (b"mif1....mif1heic", MediaType.HEIC),
        (b"msf1....hevcmsf1", MediaType.HEIC),
        (b"miaf....MiHBheis", MediaType.HEIC),
        (b"avif....mif1miaf", MediaType.AVIF),
        (b"avis....avifmsf1", MediaType.AVIF),
        (b"mif1....miafavif", MediaType.AVIF),
        (b"mif1....mif1", None),
        (b"isomavifmp41", None),  # the minor version, not a brand
        (b"qt  ....qt  ", None),
    ],
)
def test_the_brands_of_a_container_tell_how_its_image_is_coded(brands: bytes, kind: MediaType | None) -> None:
    start = (8 + len(brands)).to_bytes(4) + b"ftyp" + brands

    assert sniff(start + b"heic, but this is another box") is kind


def test_a_pdf_header_may_stand_behind_other_bytes() -> None:
    assert sniff(digital_pdf(1)) is MediaType.PDF
    assert sniff(b"\r\n" * 500 + b"%PDF-1.7") is MediaType.PDF
    assert sniff(b"\r\n" * 600 + b"%PDF-1.7") is None


@pytest.mark.parametrize(
    "head",
    [
        b"",
        b"\x89",
        b"<html><body>not a picture",
        b"PK\x03\x04 a zip, or a docx",
        b"\x7fELF",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"RIFF\x00\x00\x00\x00WAVE",
        b"\x00\x00\x00\x20ftyp",
    ],
)
def test_other_files_are_not_accepted(head: bytes) -> None:
    assert sniff(head) is None


@given(st.binary(max_size=64))
def test_any_bytes_get_an_answer(head: bytes) -> None:
    assert sniff(head) in {None, *MediaType}
