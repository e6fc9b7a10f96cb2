from __future__ import annotations

import struct
import subprocess
import sys
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from ocrchat import images
from ocrchat.errors import DamagedFile, TooManyPixels
from ocrchat.media import MediaType
from ocrchat.model import PageImage


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


@pytest.mark.parametrize("kind", ["TIFF", "GIF"])
def test_every_frame_of_a_tiff_or_gif_is_a_page(kind: str) -> None:
    first, *rest = frames(3)
    data = encoded(first, kind, save_all=True, append_images=rest)

    assert images.inspect(data, MediaType[kind]) == 3
    assert [pixel(images.frame(data, index), 5, 5)[0] for index in range(3)] == [0, 50, 100]


@pytest.mark.parametrize("kind", ["WEBP", "PNG"])
def test_an_animation_is_one_page_its_first_frame(kind: str) -> None:
    first, *rest = (Image.new("RGB", (20, 10), colour) for colour in ("red", "green", "blue"))
    data = encoded(first, kind, save_all=True, append_images=rest, lossless=True)

    assert images.inspect(data, MediaType[kind]) == 1
    assert pixel(images.frame(data, 0), 5, 5) == (255, 0, 0)


def test_a_picture_is_turned_as_its_camera_says() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # the top of the scene is on the right
    data = encoded(halves("RGB", "black", "white"), "PNG", exif=exif)

    page = images.frame(data, 0)

    assert (page.width, page.height) == (10, 20)
    assert pixel(page, 5, 2) == (0, 0, 0)
    assert pixel(page, 5, 17) == (255, 255, 255)


@pytest.mark.parametrize(
    ("mode", "dark", "light"),
    [
        ("1", 0, 1),
        ("L", 0, 255),
        ("P", 0, 255),
        ("RGB", (0, 0, 0), (255, 255, 255)),
        ("CMYK", (0, 0, 0, 255), (0, 0, 0, 0)),
        ("I;16", 0, 65535),
        ("F", -1.0, 3.0),
    ],
)
def test_dark_is_dark_and_light_is_light_in_every_mode(mode: str, dark: Any, light: Any) -> None:
    if mode == "P":
        image = halves("L", dark, light).convert("P")
    elif mode == "I;16":
        image = Image.frombytes("I;16", (20, 10), (struct.pack("<H", dark) * 10 + struct.pack("<H", light) * 10) * 10)
    else:
        image = halves(mode, dark, light)

    page = images.frame(encoded(image, "TIFF"), 0)

    assert max(pixel(page, 2, 5)) <= 5
    assert min(pixel(page, 17, 5)) >= 250


def test_sixteen_bits_are_scaled_and_not_clipped() -> None:
    image = Image.frombytes("I;16", (2, 1), struct.pack("<HH", 0x4000, 0xC000))

    page = images.frame(encoded(image, "PNG"), 0)

    assert [pixel(page, x, 0)[0] for x in (0, 1)] == pytest.approx([64, 191], abs=1)


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
        images.inspect(bomb, MediaType.GIF)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "BMP", "GIF"])
def test_a_picture_that_was_cut_off_is_refused_at_once(kind: str) -> None:
    data = encoded(Image.effect_noise((200, 200), 80).convert("RGB"), kind)

    with pytest.raises(DamagedFile, match="send it again"):
        images.inspect(data[: len(data) // 2], MediaType[kind])
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


def test_the_largest_image_fits_into_a_worker() -> None:
    """1,769 MB are the worker's; the engine takes up to 500 of them."""
    script = """
import io, resource
from PIL import Image
from ocrchat import images
side = int(images.MAX_PIXELS**0.5)
file = io.BytesIO()
Image.new("RGBA", (side, side), (255, 255, 255, 128)).save(file, "PNG", compress_level=1)
made = file.getvalue()
del file
resource.setrlimit(resource.RLIMIT_AS, (1_500_000_000, -1))
images.frame(made, 0)
"""
    source = str(Path(images.__file__).parents[1])
    ran = subprocess.run([sys.executable, "-c", script], env={"PYTHONPATH": source}, capture_output=True, text=True)

    assert ran.returncode == 0, ran.stderr


def test_a_page_of_square_pixels_keeps_to_the_limit_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(images, "PAGE_PIXELS", 5_000)
    file = BytesIO()
    Image.new("1", (60, 60), 1).save(file, "PNG", dpi=(1200, 50))

    page = images.frame(file.getvalue(), 0)

    assert page.width * page.height <= 5_100
    assert page.height == pytest.approx(24 * page.width, rel=0.1)
