from __future__ import annotations

import struct
import subprocess
import sys
from base64 import b64decode
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from ocrchat import images
from ocrchat.errors import DamagedFile, TooManyPixels
from ocrchat.media import MediaType
from ocrchat.model import PageImage
from tests import hostile


def encoded(image: Image.Image, kind: str, **options: Any) -> bytes:
    file = BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def pixel(page: PageImage, x: int, y: int) -> tuple[int, int, int]:
    start = (y * page.width + x) * 3
    red, green, blue = page.pixels[start : start + 3]
    return red, green, blue


def halves(mode: str, left: Any, right: Any) -> Image.Image:
    """20 x 10 pixels, the left half in one colour and the right half in another."""
    image = Image.new(mode, (20, 10), right)
    image.paste(left, (0, 0, 10, 10))
    return image


def frames(count: int) -> list[Image.Image]:
    return [Image.new("L", (20 + 2 * n, 10), 50 * n) for n in range(count)]


# Two HEVC pictures of 64 x 64 pixels and what a decoder has to know of both. x265 made them: Pillow cannot write HEIC.
HVCC = b64decode(
    "AAAAcmh2Y0MBBAgAAACf+AAAAAAe8AD8/Pj4AAAPA2AAAQAXQAEMAf//BAgAAAMAn/gAAAMAAB66AkBhAAEAJkIBAQQIAAADAJ/4AAADAAAewIIEFlup"
    "JKa5sCAAAAMDIAAAAwAhYgABAAdEAcFysCJA"
)
BLACK_AND_WHITE = b64decode("AAAAGSgBrhPAO4jr///uierk8/1VTVLx//x8/+A=")  # the left half and the right half
GREY = b64decode("AAAACigBrhPAPzw3ycA=")


def box(kind: bytes, *parts: bytes) -> bytes:
    content = b"".join(parts)
    return struct.pack(">I4s", 8 + len(content), kind) + content


def heic(
    *pictures: bytes,
    brands: bytes = b"heic\0\0\0\0mif1heic",
    primary: int = 1,
    size: tuple[int, int] = (64, 64),
    left_turns: int = 0,
    orientation: int = 1,
) -> bytes:
    """`pictures` in the container of a HEIC, which says how they are turned; EXIF in it says `orientation`."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    items = [(b"hvc1", picture) for picture in pictures] + [(b"Exif", struct.pack(">I", 6) + exif.tobytes())]
    version = bytes(4)
    count = struct.pack(">H", len(items))

    def meta(start: int) -> bytes:
        places, kinds, properties = b"", b"", b""
        for number, (kind, content) in enumerate(items, 1):
            places += struct.pack(">HHHII", number, 0, 1, start, len(content))
            kinds += box(b"infe", b"\2\0\0\0", struct.pack(">HH4sx", number, 0, kind))
            start += len(content)
        for number in range(1, len(items)):
            properties += struct.pack(">HB3B", number, 3, 0x81, 2, 0x83)
        return box(
            b"meta",
            version,
            box(b"hdlr", version, bytes(4), b"pict", bytes(13)),
            box(b"pitm", version, struct.pack(">H", primary)),
            box(b"iloc", version, b"\x44\0", count, places),
            box(b"iinf", version, count, kinds),
            box(b"iref", version, box(b"cdsc", struct.pack(">HHH", len(items), 1, primary))),
            box(
                b"iprp",
                box(b"ipco", HVCC, box(b"ispe", version, struct.pack(">II", *size)), box(b"irot", bytes([left_turns]))),
                box(b"ipma", version, struct.pack(">I", len(items) - 1), properties),
            ),
        )

    head = box(b"ftyp", brands)
    return head + meta(len(head) + len(meta(0)) + 8) + box(b"mdat", *(content for _, content in items))


def tiff(bits: tuple[int, ...], photometric: int, pixels: bytes, byte_order: str = "<") -> bytes:
    """16 x 1 pixels, as scanners store them and Pillow does not write them."""
    tags = [(256, 16), (257, 1), (258, bits), (259, 1), (262, photometric), (273, 8), (277, len(bits)), (278, 1)]
    tags.append((279, len(pixels)))
    entries, beyond = b"", 8 + len(pixels)
    for tag, value in tags:
        values = value if isinstance(value, tuple) else (value,)
        content = struct.pack(f"{byte_order}{len(values)}H", *values)
        if len(content) > 4:
            content = struct.pack(f"{byte_order}I", beyond)
        entries += struct.pack(f"{byte_order}HHI4s", tag, 3, len(values), content)
    bits_apart = struct.pack(f"{byte_order}{len(bits)}H", *bits)
    start = beyond + len(bits_apart)
    head = (b"II" if byte_order == "<" else b"MM") + struct.pack(f"{byte_order}HI", 42, start)
    return head + pixels + bits_apart + struct.pack(f"{byte_order}H", len(tags)) + entries + bytes(4)


def bmp(bits: int, rows: bytes, compression: int = 0, height: int = 1, colours: bytes = b"") -> bytes:
    """Four pixels across, as other programs write it."""
    head = struct.pack("<IiiHHIIiiII", 40, 4, height, 1, bits, compression, len(rows), 0, 0, len(colours) // 4, 0)
    start = 14 + len(head) + len(colours)
    return b"BM" + struct.pack("<IHHI", start + len(rows), 0, 0, start) + head + colours + rows


WHITE, BLACK, RED, BLUE = COLOURS = [(255, 255, 255), (0, 0, 0), (255, 0, 0), (0, 0, 255)]


def gif(*frames: tuple[int, int, int, tuple[int, int, int]]) -> bytes:
    """20 x 10 pixels. Each frame: what becomes of it, then the left edge, the width and the colour of the part it fills."""
    data = (
        b"GIF89a" + struct.pack("<HHBBB", 20, 10, 0x81, 0, 0) + bytes(value for colour in COLOURS for value in colour)
    )
    for disposal, left, width, colour in frames:
        codes = (
            b"\x80" + bytes([COLOURS.index(colour)] * width)
        ) * 10 + b"\x81"  # a row, not compressed: clear, pixels
        data += b"!\xf9\x04" + bytes([disposal << 2, 0, 0, 0, 0])
        data += b"," + struct.pack("<HHHHB", left, 0, width, 10, 0) + b"\x07" + bytes([len(codes)]) + codes + b"\0"
    return data + b";"


@pytest.mark.parametrize("kind", ["TIFF", "GIF"])
def test_every_frame_of_a_tiff_or_gif_is_a_page(kind: str) -> None:
    first, *rest = frames(3)
    data = encoded(first, kind, save_all=True, append_images=rest)

    assert images.inspect(data, MediaType[kind], 10) == 3
    assert [pixel(images.frame(data, index), 5, 5)[0] for index in range(3)] == [0, 50, 100]


def test_the_frames_of_a_tiff_keep_their_own_sizes_and_colours() -> None:
    first, second = Image.new("1", (20, 10), 1), Image.new("CMYK", (30, 40), (0, 255, 255, 0))
    data = encoded(first, "TIFF", save_all=True, append_images=[second])

    pages = [images.frame(data, index) for index in range(2)]

    assert [(page.width, page.height) for page in pages] == [(20, 10), (30, 40)]
    assert [pixel(page, 5, 5) for page in pages] == [(255, 255, 255), (255, 0, 0)]


@pytest.mark.parametrize(
    ("disposal", "left_behind"),
    [
        pytest.param(0, RED, id="unspecified"),
        pytest.param(1, RED, id="stays"),
        pytest.param(2, WHITE, id="becomes background"),
        pytest.param(3, BLACK, id="becomes what was before"),
    ],
)
def test_a_frame_of_a_gif_is_what_a_viewer_shows_and_not_the_part_that_it_changes(
    disposal: int, left_behind: tuple[int, int, int]
) -> None:
    data = gif((1, 0, 20, BLACK), (disposal, 0, 5, RED), (1, 10, 5, BLUE))

    first, second, third = ([pixel(images.frame(data, n), x, 5) for x in (2, 12, 17)] for n in range(3))

    assert first == [BLACK, BLACK, BLACK]
    assert second == [RED, BLACK, BLACK]
    assert third == [left_behind, BLUE, BLACK]


@pytest.mark.parametrize("kind", ["WEBP", "PNG", "AVIF"])
def test_an_animation_is_one_page_its_first_frame(kind: str) -> None:
    first, *rest = (Image.new("RGB", (20, 10), colour) for colour in ("red", "green", "blue"))
    data = encoded(first, kind, save_all=True, append_images=rest)

    assert images.inspect(data, MediaType[kind], 10) == 1
    assert pixel(images.frame(data, 0), 5, 5) == pytest.approx((255, 0, 0), abs=5)


STORED = {
    1: (),
    2: (Image.Transpose.FLIP_LEFT_RIGHT,),
    3: (Image.Transpose.ROTATE_180,),
    4: (Image.Transpose.FLIP_TOP_BOTTOM,),
    5: (Image.Transpose.FLIP_LEFT_RIGHT, Image.Transpose.ROTATE_90),
    6: (Image.Transpose.ROTATE_90,),
    7: (Image.Transpose.FLIP_LEFT_RIGHT, Image.Transpose.ROTATE_270),
    8: (Image.Transpose.ROTATE_270,),
}
"""What was done to a scene before it was stored with an EXIF orientation."""


@pytest.mark.parametrize("orientation", STORED)
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF"])
def test_a_picture_is_turned_as_its_camera_says(kind: str, orientation: int) -> None:
    picture = Image.new("RGB", (40, 20), "white")
    picture.paste("black", (0, 0, 20, 10))
    for step in STORED[orientation]:
        picture = picture.transpose(step)
    exif = Image.Exif()
    exif[0x0112] = orientation

    page = images.frame(encoded(picture, kind, exif=exif), 0)

    assert (page.width, page.height) == (40, 20)
    corners = [pixel(page, x, y)[0] for x, y in ((5, 3), (35, 3), (5, 17), (35, 17))]
    assert corners == pytest.approx([0, 255, 255, 255], abs=5)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF"])
def test_the_resolution_of_a_picture_is_turned_with_it(kind: str) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6

    page = images.frame(encoded(Image.new("L", (20, 40)), kind, exif=exif, dpi=(100, 200)), 0)

    assert (page.width, page.height, page.dpi) == (40, 40, pytest.approx(200, abs=0.1))


def test_a_heic_is_turned_once_as_its_container_says() -> None:
    page = images.frame(heic(BLACK_AND_WHITE, left_turns=3, orientation=6), 0)

    assert pixel(page, 32, 5) == (0, 0, 0)
    assert pixel(page, 32, 58) == (255, 255, 255)


def test_exif_alone_does_not_turn_a_heic() -> None:
    page = images.frame(heic(BLACK_AND_WHITE, orientation=6), 0)

    assert pixel(page, 5, 32) == (0, 0, 0)
    assert pixel(page, 58, 32) == (255, 255, 255)


@pytest.mark.parametrize("primary", [1, 2])
def test_a_heic_is_one_page_its_primary_image(primary: int) -> None:
    data = heic(BLACK_AND_WHITE, GREY, primary=primary)

    assert images.inspect(data, MediaType.HEIC, 10) == 1
    assert pixel(images.frame(data, 0), 5, 32)[0] == (0, 128)[primary - 1]


@pytest.mark.parametrize("brands", [b"mif1\0\0\0\0heic", b"miaf\0\0\0\0mif1heic", b"heix\0\0\0\0mif1"])
def test_a_heic_is_decoded_whichever_of_its_brands_comes_first(brands: bytes) -> None:
    page = images.frame(heic(BLACK_AND_WHITE, brands=brands), 0)

    assert (page.width, page.height) == (64, 64)


def test_only_a_heic_loads_the_decoder_of_heic(tmp_path: Path) -> None:
    picture = halves("RGB", "black", "white")
    (tmp_path / "0").write_bytes(encoded(picture, "PNG"))
    (tmp_path / "1").write_bytes(encoded(picture, "AVIF"))
    (tmp_path / "2").write_bytes(heic(GREY))
    script = """
import sys
from pathlib import Path
from ocrchat import images
for name in "012":
    images.frame(Path(name).read_bytes(), 0)
    print("pillow_heif" in sys.modules)
"""
    source = str(Path(images.__file__).parents[1])
    ran = subprocess.run(
        [sys.executable, "-c", script], env={"PYTHONPATH": source}, cwd=tmp_path, capture_output=True, text=True
    )

    assert ran.stdout.split() == ["False", "False", "True"], ran.stderr


@pytest.mark.parametrize(
    ("mode", "dark", "light"),
    [
        ("1", 0, 1),
        ("L", 0, 255),
        ("P", 0, 255),
        ("RGB", (0, 0, 0), (255, 255, 255)),
        ("CMYK", (0, 0, 0, 255), (0, 0, 0, 0)),
        ("I;16", 0, 65535),
        ("I;16B", 0, 65535),
        ("F", -1.0, 3.0),
    ],
)
def test_dark_is_dark_and_light_is_light_in_every_mode(mode: str, dark: Any, light: Any) -> None:
    if mode == "P":
        image = halves("L", dark, light).convert("P")
    elif mode.startswith("I;16"):
        image = Image.frombytes(mode, (20, 10), (struct.pack("<H", dark) * 10 + struct.pack("<H", light) * 10) * 10)
    else:
        image = halves(mode, dark, light)

    page = images.frame(encoded(image, "TIFF"), 0)

    assert max(pixel(page, 2, 5)) <= 5
    assert min(pixel(page, 17, 5)) >= 250


def test_sixteen_bits_are_scaled_and_not_clipped() -> None:
    image = Image.frombytes("I;16", (2, 1), struct.pack("<HH", 0x4000, 0xC000))

    page = images.frame(encoded(image, "PNG"), 0)

    assert [pixel(page, x, 0)[0] for x in (0, 1)] == pytest.approx([64, 191], abs=1)


@pytest.mark.parametrize(
    ("bits", "photometric", "dark", "light"),
    [
        pytest.param((1,), 0, b"\xff", b"\x00", id="1 bit, white is zero"),
        pytest.param((1,), 1, b"\x00", b"\xff", id="1 bit, black is zero"),
        pytest.param((4,), 0, b"\xff" * 4, b"\x00" * 4, id="4 bits, white is zero"),
        pytest.param((8,), 0, b"\xff" * 8, b"\x00" * 8, id="8 bits, white is zero"),
        pytest.param((16,), 1, bytes(16), b"\xff" * 16, id="16 bits"),
        pytest.param((16,) * 3, 2, bytes(48), b"\xff" * 48, id="16 bits RGB"),
        pytest.param((16,) * 4, 5, b"\xff" * 64, bytes(64), id="16 bits CMYK"),
    ],
)
@pytest.mark.parametrize("byte_order", ["<", ">"])
def test_dark_is_dark_and_light_is_light_in_every_tiff(
    byte_order: str, bits: tuple[int, ...], photometric: int, dark: bytes, light: bytes
) -> None:
    page = images.frame(tiff(bits, photometric, dark + light, byte_order), 0)

    assert page.width == 16
    assert pixel(page, 2, 0) == (0, 0, 0)
    assert pixel(page, 13, 0) == (255, 255, 255)


@pytest.mark.parametrize("photometric", [0, 1])
def test_a_fax_is_black_on_white_however_it_counts(photometric: int) -> None:
    data = encoded(halves("1", 1 - photometric, photometric), "TIFF", compression="group4")
    black_is_zero = struct.pack("<HHIH", 262, 3, 1, 1)
    assert black_is_zero in data

    page = images.frame(data.replace(black_is_zero, struct.pack("<HHIH", 262, 3, 1, photometric)), 0)

    assert pixel(page, 2, 5) == BLACK
    assert pixel(page, 17, 5) == WHITE


def test_a_cmyk_jpeg_of_adobe_is_no_negative() -> None:
    data = encoded(halves("CMYK", (0, 0, 0, 255), (0, 255, 255, 0)), "JPEG", quality=95, subsampling=0)
    assert b"Adobe" in data  # its inks are stored inverted then

    page = images.frame(data, 0)

    assert pixel(page, 2, 5) == pytest.approx((0, 0, 0), abs=5)
    assert pixel(page, 17, 5) == pytest.approx((255, 0, 0), abs=5)


BLACK_THEN_RED = struct.pack("<II", 0x000000, 0xFF0000)


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(bmp(1, b"\x30\0\0\0", colours=BLACK_THEN_RED), id="1 bit"),
        pytest.param(bmp(4, b"\x00\x11\0\0", colours=BLACK_THEN_RED), id="4 bits"),
        pytest.param(bmp(8, b"\0\0\1\1", colours=BLACK_THEN_RED), id="8 bits"),
        pytest.param(bmp(8, b"\2\0\2\1\0\1", compression=1, colours=BLACK_THEN_RED), id="8 bits, run lengths"),
        pytest.param(bmp(16, b"\0\0\0\0\x00\x7c\x00\x7c"), id="16 bits"),
        pytest.param(bmp(24, bytes(6) + b"\0\0\xff" * 2), id="24 bits"),
        pytest.param(bmp(24, bytes(6) + b"\0\0\xff" * 2 + b"\xff" * 12, height=-2), id="from top to bottom"),
        pytest.param(bmp(32, bytes(8) + b"\0\0\xff\0" * 2), id="32 bits, the fourth byte unused"),
    ],
)
def test_a_bmp_of_any_kind_shows_its_colours(data: bytes) -> None:
    page = images.frame(data, 0)

    assert [pixel(page, x, 0) for x in range(4)] == [(0, 0, 0), (0, 0, 0), (255, 0, 0), (255, 0, 0)]


def test_what_is_transparent_is_paper() -> None:
    page = images.frame(encoded(halves("RGBA", (0, 0, 0, 255), (0, 0, 0, 0)), "PNG"), 0)

    assert pixel(page, 2, 5) == (0, 0, 0)
    assert pixel(page, 17, 5) == (255, 255, 255)


def test_white_ink_on_nothing_stays_readable() -> None:
    page = images.frame(encoded(halves("LA", (255, 255), (255, 0)), "PNG"), 0)

    assert pixel(page, 2, 5) != pixel(page, 17, 5)


def test_the_resolution_is_the_files_if_it_can_be_true() -> None:
    image = Image.new("L", (20, 10))

    assert images.frame(encoded(image, "TIFF", dpi=(300, 300)), 0).dpi == pytest.approx(300)
    assert images.frame(encoded(image, "TIFF", dpi=(1, 1)), 0).dpi == images.DEFAULT_DPI
    assert images.frame(encoded(image, "BMP", dpi=(0, 0)), 0).dpi == images.DEFAULT_DPI
    assert images.frame(encoded(image, "GIF"), 0).dpi == images.DEFAULT_DPI


def test_a_fax_gets_square_pixels() -> None:
    page = images.frame(encoded(Image.new("1", (1728, 1100)), "TIFF", dpi=(204, 98)), 0)

    assert (page.width, page.height, page.dpi) == (1728, pytest.approx(2290, abs=1), 204)


def test_a_very_large_picture_becomes_a_smaller_page(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(images, "PAGE_PIXELS", 5_000)

    page = images.frame(encoded(Image.new("L", (200, 100)), "PNG", dpi=(200, 200)), 0)

    assert (page.width, page.height) == (100, 50)
    assert page.dpi == pytest.approx(100, abs=0.1)


def test_a_picture_with_too_many_pixels_is_refused_before_it_is_decoded() -> None:
    bomb = b"GIF89a" + struct.pack("<HH", 65535, 65535) + b"\x00\x00\x00" + b",\x00\x00\x00\x00"
    bomb += struct.pack("<HH", 65535, 65535) + b"\x00\x02\x02D\x01\x00;"

    with pytest.raises(TooManyPixels, match="120 million"):
        images.inspect(bomb, MediaType.GIF, 10)


def test_a_heic_with_too_many_pixels_is_refused_before_it_is_decoded() -> None:
    with pytest.raises(TooManyPixels, match="120 million"):
        images.inspect(heic(GREY, size=(30_000, 30_000)), MediaType.HEIC, 10)


def test_a_heic_that_holds_more_than_it_declares_is_refused() -> None:
    with pytest.raises(DamagedFile):
        images.inspect(heic(GREY, size=(8, 8)), MediaType.HEIC, 10)


def test_a_heic_with_fewer_bits_of_grey_than_it_declares_is_refused_and_does_not_spoil_memory() -> None:
    fifteen_bits = HVCC[:25] + b"\xff" + HVCC[26:]

    with pytest.raises(DamagedFile):
        images.inspect(heic(GREY).replace(HVCC, fifteen_bits), MediaType.HEIC, 10)


def test_a_heic_that_was_cut_off_is_refused_at_once() -> None:
    data = heic(BLACK_AND_WHITE)
    for end in (20, len(data) // 2, data.index(BLACK_AND_WHITE) + len(BLACK_AND_WHITE) // 2):
        with pytest.raises(DamagedFile, match="send it again"):
            images.inspect(data[:end], MediaType.HEIC, 10)
        with pytest.raises(DamagedFile):
            images.frame(data[:end], 0)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "BMP", "GIF", "AVIF", "JPEG2000"])
def test_a_picture_that_was_cut_off_is_refused_at_once(kind: str) -> None:
    data = encoded(Image.effect_noise((200, 200), 80).convert("RGB"), kind)

    with pytest.raises(DamagedFile, match="send it again"):
        images.inspect(data[: len(data) // 2], MediaType[kind], 10)
    with pytest.raises(DamagedFile):
        images.frame(data[: len(data) // 2], 0)


def test_a_frame_that_is_not_there_is_an_error_of_ours() -> None:
    with pytest.raises(DamagedFile):
        images.frame(encoded(Image.new("L", (20, 10)), "TIFF"), 5)


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB", "RGBA", "CMYK", "I;16", "F"])
def test_a_large_image_of_any_kind_is_reduced_and_keeps_its_look(mode: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(images, "PAGE_PIXELS", 5_000)
    dark_above = Image.new("L", (200, 100), 255)
    dark_above.paste(0, (0, 0, 200, 50))
    picture = (
        dark_above.convert("I").point(lambda v: v * 257).convert("I;16") if mode == "I;16" else dark_above.convert(mode)
    )
    file = BytesIO()
    picture.save(file, "TIFF")

    page = images.frame(file.getvalue(), 0)

    assert page.width * page.height <= 5_000
    assert page.width == 2 * page.height
    rows = [page.pixels[row * page.width * 3] for row in (page.height // 4, page.height * 3 // 4)]
    assert rows[0] < 30
    assert rows[1] > 225


def test_a_large_turned_jpeg_is_reduced_and_turned(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(images, "PAGE_PIXELS", 5_000)
    picture = Image.new("RGB", (400, 200), "white")
    picture.paste("black", (0, 0, 400, 100))
    exif = picture.getexif()
    exif[0x0112] = 6  # shown turned a quarter to the right: its top is on the right then
    file = BytesIO()
    picture.save(file, "JPEG", exif=exif, dpi=(300, 300))

    page = images.frame(file.getvalue(), 0)

    assert page.height == 2 * page.width
    assert page.width * page.height <= 5_000
    assert page.dpi == pytest.approx(300 * page.height / 400)
    middle = page.pixels[page.height // 2 * page.width * 3 :][: page.width * 3]
    assert middle[0] > 225
    assert middle[-1] < 30


@pytest.mark.parametrize(
    ("kind", "millions", "options"),
    [
        ("PNG", 120, {"compress_level": 1}),
        ("WEBP", 64, {"method": 0}),
        ("AVIF", 64, {"speed": 10}),
        ("JPEG2000", 30, {}),
    ],
)
def test_the_largest_image_fits_into_a_worker(
    kind: str, millions: int, options: dict[str, int], tmp_path: Path
) -> None:
    """1,769 MB are the worker's; the engine takes up to 500 of them."""
    side = int((millions * 1_000_000) ** 0.5)
    Image.new("RGBA", (side, side), (255, 255, 255, 128)).save(tmp_path / "large", kind, **options)
    script = """
import resource
from pathlib import Path
from ocrchat import images
resource.setrlimit(resource.RLIMIT_AS, (1_500_000_000, -1))
images.frame(Path("large").read_bytes(), 0)
"""
    source = str(Path(images.__file__).parents[1])
    ran = subprocess.run(
        [sys.executable, "-c", script], env={"PYTHONPATH": source}, cwd=tmp_path, capture_output=True, text=True
    )

    assert ran.returncode == 0, ran.stderr


@pytest.mark.filterwarnings("ignore:Image size")  # Pillow's, which the application does not show
@pytest.mark.parametrize(("kind", "millions"), [("WEBP", 64), ("AVIF", 64), ("JPEG2000", 30)])
def test_what_takes_more_memory_may_have_fewer_pixels(kind: str, millions: int) -> None:
    data = encoded(Image.new("L", (millions * 100 + 1, 10_000)), kind)

    with pytest.raises(TooManyPixels, match=f"{millions} million"):
        images.inspect(data, MediaType[kind], 10)


def test_a_page_of_square_pixels_keeps_to_the_limit_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(images, "PAGE_PIXELS", 5_000)
    file = BytesIO()
    Image.new("1", (60, 60), 1).save(file, "PNG", dpi=(1200, 50))

    page = images.frame(file.getvalue(), 0)

    assert page.width * page.height <= 5_100
    assert page.height == pytest.approx(24 * page.width, rel=0.1)


@pytest.mark.parametrize("kind", ["TIFF", "GIF"])
def test_frames_are_not_counted_further_than_it_matters(kind: str) -> None:
    """To the end of these it would take minutes."""
    data = hostile.frames(kind, 40_000 if kind == "TIFF" else 1_000_000)

    assert images.inspect(data, MediaType[kind], 3001) == 3001
