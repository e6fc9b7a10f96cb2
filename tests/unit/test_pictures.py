"""Pages as pictures that a model is shown."""

from __future__ import annotations

import random
from io import BytesIO
from math import sin

import pytest
from PIL import Image, ImageDraw

from ocrchat import pictures
from ocrchat.model import Box, PageImage
from ocrchat.pictures import MOST_BYTES, encode, ink, opened, shrunk
from ocrchat.vlm import check
from ocrchat.vlm.chat import Picture

WHOLE = Box(0, 0, 1654, 2339)


def page(image: Image.Image) -> PageImage:
    image = image.convert("RGB")
    return PageImage(image.tobytes(), image.width, image.height, 200.0)


def noise(width: int, height: int) -> PageImage:
    return PageImage(random.Random(5).randbytes(width * height * 3), width, height, 200.0)


def printed(paper: int = 255, print_: int = 0) -> Image.Image:
    """A page with twenty lines of text in its upper half."""
    image = Image.new("L", (1654, 2339), paper)
    draw = ImageDraw.Draw(image)
    for row in range(20):
        draw.text((150, 150 + 45 * row), "The quick brown fox jumps over the lazy dog.", print_, font_size=30)
    return image


def png(image: Image.Image) -> bytes:
    buffer = BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


def size(picture: Picture) -> tuple[int, int]:
    with Image.open(BytesIO(picture.content)) as image:
        assert image.get_format_mimetype() == picture.media_type
        return image.size


def test_a_page_is_a_png_that_is_no_larger_than_the_model_sees() -> None:
    picture = encode(page(printed()), 2048)

    assert picture.media_type == "image/png"
    assert (picture.width, picture.height) == size(picture) == (1448, 2048)


def test_a_small_page_stays_as_it_is() -> None:
    image = Image.effect_noise((300, 200), 60).convert("RGB")
    picture = encode(page(image), 2048)

    with Image.open(BytesIO(picture.content)) as same:
        assert same.tobytes() == image.tobytes()


def test_what_has_too_many_bytes_is_a_jpeg(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "MOST_BYTES", 200_000)
    picture = encode(noise(400, 400), 2048)

    assert picture.media_type == "image/jpeg"
    assert len(picture.content) <= 200_000
    assert size(picture) == (400, 400)


@pytest.mark.parametrize("most", [100_000, 20_000, 3000])
def test_no_picture_has_too_many_bytes(monkeypatch: pytest.MonkeyPatch, most: int) -> None:
    monkeypatch.setattr(pictures, "MOST_BYTES", most)
    picture = encode(noise(700, 500), 3360, 28)

    assert len(picture.content) <= most
    assert size(picture) == (picture.width, picture.height)
    assert picture.width % 28 == picture.height % 28 == 0


def test_a_request_may_have_so_many_bytes() -> None:
    assert len(Picture(bytes(MOST_BYTES), "image/jpeg", 1, 1).url) + 200_000 < 6_000_000


@pytest.mark.parametrize(("width", "height"), [(1654, 2339), (2339, 1654), (5000, 10), (10, 5000), (1, 1), (28, 28)])
def test_sides_are_multiples(width: int, height: int) -> None:
    picture = encode(page(Image.new("RGB", (width, height), "white")), 3360, 28)

    assert size(picture) == (picture.width, picture.height)
    assert picture.width % 28 == picture.height % 28 == 0
    assert min(picture.width, picture.height) >= 28
    assert max(picture.width, picture.height) <= 3360
    if min(width, height) > 1000:
        assert picture.width / picture.height == pytest.approx(width / height, rel=0.01)


def test_a_page_that_is_a_strip_has_a_pixel_across() -> None:
    assert size(encode(page(Image.new("RGB", (9000, 1), "white")), 2048)) == (2048, 1)


def test_a_picture_is_opened_and_shrunk() -> None:
    picture = encode(page(printed()), 2048)
    small = shrunk(picture, 1540)

    assert opened(picture.content) == picture
    assert size(small) == (small.width, small.height) == (1089, 1540)
    assert size(shrunk(encode(noise(300, 300), 2048), 200, 28)) == (196, 196)


@pytest.mark.parametrize("paper", [255, 235, 0, 128])
def test_a_blank_page_has_no_ink(paper: int) -> None:
    assert ink(png(Image.new("L", (1654, 2339), paper)), 1654, 2339)(WHOLE) == 0.0


def test_nor_have_the_grain_of_paper_and_the_shades_of_a_scanner() -> None:
    grain = Image.effect_noise((1654, 2339), 12).point(lambda value: value // 2 + 160)
    shade = Image.linear_gradient("L").resize((1654, 2339)).point(lambda value: 255 - value // 4)
    for image in (grain, shade):
        assert ink(png(image), 1654, 2339)(WHOLE) < check.INK


@pytest.mark.parametrize(("paper", "print_"), [(255, 0), (0, 255), (240, 120), (60, 200)])
def test_print_is_ink_dark_on_light_or_light_on_dark(paper: int, print_: int) -> None:
    share = ink(png(printed(paper, print_)), 1654, 2339)

    assert 0.005 < share(WHOLE) < 0.1
    assert share(Box(150, 150, 780, 1050)) > share(WHOLE)
    assert share(Box(100, 1200, 1500, 2300)) == 0.0
    assert share(Box(150, 190, 780, 192)) == 0.0, "nor have the gaps between its lines"


def test_a_note_in_pencil_is_ink() -> None:
    image = Image.new("L", (1654, 2339), 235)
    waves = [(200 + x, 600 + 25 * sin(x / 9)) for x in range(700)]
    for row in range(3):
        ImageDraw.Draw(image).line([(x, y + 100 * row) for x, y in waves], 185, width=3)

    assert ink(png(image), 1654, 2339)(WHOLE) > check.INK


def test_one_line_on_a_page_is_ink_in_its_place() -> None:
    image = Image.new("L", (1654, 2339), 255)
    ImageDraw.Draw(image).text((150, 1150), "7", 0, font_size=30)
    share = ink(png(image), 1654, 2339)

    assert share(Box(145, 1145, 185, 1190)) > check.INK
    assert share(Box(600, 1145, 640, 1190)) == 0.0


def test_places_are_in_pixels_of_the_page_whatever_the_size_of_its_picture() -> None:
    image = printed()
    small = image.resize((827, 1170))
    upper, lower = Box(100, 100, 1500, 1100), Box(100, 1200, 1500, 2300)

    share = ink(png(small), 1654, 2339)
    assert share(upper) > 0.01
    assert share(lower) == 0.0


@pytest.mark.parametrize(
    "box",
    [
        Box(0, 0, 0, 0),
        Box(5000, 5000, 6000, 6000),
        Box(-50, -50, -10, -10),
        Box(100, 100, 50, 50),
        Box(1654, 2339, 1654, 2339),
    ],
)
def test_any_place_can_be_asked_for(box: Box) -> None:
    assert 0 <= ink(png(printed()), 1654, 2339)(box) <= 1
