from __future__ import annotations

from io import BytesIO
from itertools import pairwise
from pathlib import Path
from typing import Any

import pymupdf
import pytest
from PIL import Image, ImageChops, ImageDraw

from ocrchat import images, pdf
from ocrchat.errors import DamagedFile
from ocrchat.export import searchable
from ocrchat.export.direction import as_seen
from ocrchat.export.searchable.font import Codes
from ocrchat.media import MediaType
from ocrchat.model import Block, Box, Document, Line, PageResult, Word
from tests.documents import digital_pdf, scanned_pdf

DPI = 200.0
WIDTH, HEIGHT = 800, 400


@pytest.fixture
def written(tmp_path: Path) -> Any:
    """Writes a document over the bytes of a source, and opens the result."""

    def write(source: bytes, *pages: PageResult, media_type: MediaType = MediaType.PDF) -> pymupdf.Document:
        path = tmp_path / "source"
        path.write_bytes(source)
        return pymupdf.open("pdf", searchable.write(Document(pages), path, media_type))

    return write


def line(*words: tuple[str, Box], text: str = "") -> Line:
    parts = tuple(Word(text, box) for text, box in words)
    return Line(text or " ".join(word.text for word in parts), Box.around(word.box for word in parts), 0.9, parts)


def result(*lines: Line, index: int = 0, width: int = WIDTH, height: int = HEIGHT, **more: Any) -> PageResult:
    fields = {"dpi": DPI, "engine": "ocr", **more}
    return PageResult(index, width, height, blocks=tuple(Block((each,)) for each in lines), **fields)


def picture(mode: str = "L", width: int = WIDTH, height: int = HEIGHT, *boxes: Box) -> Image.Image:
    """White paper with black boxes."""
    image = Image.new("L", (width, height), 255)
    for box in boxes:
        ImageDraw.Draw(image).rectangle((box.x0, box.y0, box.x1 - 1, box.y1 - 1), 0)
    return image.convert(mode)


def file_of(image: Image.Image, kind: str, **options: Any) -> bytes:
    output = BytesIO()
    image.save(output, kind, **{"dpi": (DPI, DPI), **options})
    return output.getvalue()


def places(page: pymupdf.Page, text: str, dpi: float = DPI) -> list[Box]:
    """Where a reader finds `text`: pixels of the page as it is shown."""
    matrix = page.rotation_matrix * pymupdf.Matrix(dpi / 72, dpi / 72)
    rects = [rect * matrix for rect in page.search_for(text)]
    return [Box(rect.x0, rect.y0, rect.x1, rect.y1) for rect in rects]


def apart(a: Box, b: Box) -> float:
    """The largest distance of two edges."""
    return max(abs(a.x0 - b.x0), abs(a.y0 - b.y0), abs(a.x1 - b.x1), abs(a.y1 - b.y1))


def darkest(image: Image.Image) -> Box:
    """What is black in the picture."""
    found = image.convert("L").point(lambda value: 255 if value < 128 else 0).getbbox()
    assert found
    return Box(*map(float, found))


def rendered(page: pymupdf.Page, dpi: float = DPI) -> Image.Image:
    pixels = page.get_pixmap(dpi=round(dpi), alpha=False, colorspace=pymupdf.csRGB)
    return Image.frombytes("RGB", (pixels.width, pixels.height), pixels.samples)


def difference(a: Image.Image, b: Image.Image) -> int:
    """Of the two most different pixels, 0..255."""
    assert abs(a.width - b.width) <= 1 >= abs(a.height - b.height)  # resolutions are rounded
    size = (0, 0, min(a.width, b.width), min(a.height, b.height))
    a, b = a.crop(size), b.crop(size)
    extrema = ImageChops.difference(a.convert("L"), b.convert("L")).getextrema()
    return int(extrema[1])  # type: ignore[arg-type]


LATIN = line(("Where", Box(50, 100, 190, 140)), ("words", Box(205, 101, 330, 141)), ("stand", Box(345, 102, 470, 142)))
SCAN = file_of(picture(), "PNG")


def test_words_can_be_found_where_they_stand(written: Any) -> None:
    (page,) = written(SCAN, result(LATIN), media_type=MediaType.PNG)

    for word in LATIN.words:
        (place,) = places(page, word.text)
        assert apart(place, word.box) < 1
    assert page.get_text() == "Where words stand\n"


def test_the_text_is_not_seen(written: Any) -> None:
    (page,) = written(SCAN, result(LATIN), media_type=MediaType.PNG)

    assert difference(rendered(page), picture("RGB")) == 0


def test_there_is_a_space_where_one_was_read_and_none_where_none_was(written: Any) -> None:
    near = line(
        *((c, Box(50 + 45 * n, 50, 89 + 45 * n, 90)) for n, c in enumerate("人人生而自由")), text="人人生而自由"
    )
    tight = line(("as", Box(50, 200, 100, 240)), ("it", Box(101, 200, 130, 240)), ("is", Box(129, 200, 160, 240)))

    (page,) = written(SCAN, result(near, tight), media_type=MediaType.PNG)

    assert page.get_text() == "人人生而自由\nas it is\n"


def test_words_of_large_print_stay_within_3_pixels_of_where_they_stand(written: Any) -> None:
    large = line(("Large", Box(50, 50, 380, 350)), ("print", Box(386, 50, 700, 350)))

    (page,) = written(SCAN, result(large), media_type=MediaType.PNG)

    for word in large.words:
        (place,) = places(page, word.text)
        assert apart(place, word.box) < 3


def test_lines_come_in_reading_order(written: Any) -> None:
    columns = [
        line((f"{side}{row}", Box(x, 50 + 40 * row, x + 100, 85 + 40 * row)))
        for side, x in (("L", 50), ("R", 400))
        for row in range(3)
    ]

    (page,) = written(SCAN, result(*columns), media_type=MediaType.PNG)

    assert page.get_text().split() == ["L0", "L1", "L2", "R0", "R1", "R2"]


def test_a_line_without_words_lies_in_its_box(written: Any) -> None:
    box = Box(50, 100, 470, 140)

    (page,) = written(SCAN, result(Line("Where words stand", box)), media_type=MediaType.PNG)

    (place,) = places(page, "Where words stand")
    assert apart(place, box) < 1


@pytest.mark.parametrize("text", ["公司报告", "upended"])
def test_a_column_of_characters_lies_in_its_box(written: Any, text: str) -> None:
    column = Box(100, 50, 140, 300)

    (page,) = written(SCAN, result(Line(text, column)), media_type=MediaType.PNG)

    (place,) = places(page, text)
    assert apart(place, column) < 1


RIGHT_TO_LEFT = {
    "Arabic": "تتألف الحكومة من مجلس الوزراء",
    "Hebrew": "כל בני האדם נולדו בני חורין",
    "Hebrew with points": "בְּרֵאשִׁית בָּרָא אֱלֹהִים אֵת הַשָּׁמַיִם",
    "Uyghur": "ھەممە ئادەم زانىدىنلا ئەركىن ھۆرمەت",
    "Syriac": "ܟܠ ܒܪܢܫܐ ܒܪܝܠܗ ܚܐܪܐ",
}


def leftwards(text: str) -> Line:
    """Its words one left of the other."""
    edges = [WIDTH - 50]
    for word in text.split():
        edges.append(edges[-1] - 14 * len(word) - 12)
    boxes = [Box(left + 12, 100, right, 140) for right, left in pairwise(edges)]
    return line(*zip(text.split(), boxes, strict=True))


@pytest.mark.parametrize("text", RIGHT_TO_LEFT.values(), ids=RIGHT_TO_LEFT)
def test_right_to_left_text_is_copied_as_it_is_read_from_where_it_stands(written: Any, text: str) -> None:
    (page,) = written(SCAN, result(leftwards(text)), media_type=MediaType.PNG)

    assert page.get_text().strip() == text
    place = Box.around(places(page, text.split()[2]))
    assert apart(place, leftwards(text).words[2].box) < 1


@pytest.mark.parametrize(
    ("text", "leftwards", "seen"),
    [
        ("plain", False, "plain"),
        ("אבג", True, "גבא"),
        ("אב 12 גד", True, "דג 12 בא"),
        ("אב 1,250.5 גד", True, "דג 1,250.5 בא"),
        ("אב Word 10 גד", True, "דג Word 10 בא"),
        ("אב Two Words גד", True, "דג Two Words בא"),
        ("in אבג גד end", False, "in דג גבא end"),
        ("בְּרֵא", True, "בְּרֵא"[::-1]),
        ("ھەممە 35 نەپىرى", True, "ىرىپەن 35 ەممەھ"),
    ],
)
def test_lines_are_drawn_as_they_are_seen(text: str, leftwards: bool, seen: str) -> None:
    assert as_seen(text, leftwards) == seen


def test_marks_and_characters_beyond_16_bits_are_copied(written: Any) -> None:
    text = "e\u0301te\u0301 \U0001f600\U00020000 ක්‍ෂ ภาษาไทยที่"

    (page,) = written(SCAN, result(Line(text, Box(50, 50, 700, 90))), media_type=MediaType.PNG)

    assert page.get_text("text", flags=pymupdf.TEXT_PRESERVE_WHITESPACE).strip() == text


def boxed_pdf(rotate: int = 0, crop: bool = False, unit: float = 1.0) -> bytes:
    """A page with a black box, somewhere."""
    with pymupdf.open() as document:
        page = document.new_page(width=300, height=200)
        page.draw_rect(pymupdf.Rect(70, 60, 150, 75), fill=(0, 0, 0), color=None, width=0)
        if crop:
            page.set_cropbox(pymupdf.Rect(40, 30, 280, 190))
        if unit != 1:
            document.xref_set_key(page.xref, "UserUnit", str(unit))
        page.set_rotation(rotate)
        return bytes(document.tobytes())


@pytest.mark.parametrize("rotate", [0, 90, 180, 270])
@pytest.mark.parametrize(("crop", "unit"), [(False, 1.0), (True, 1.0), (True, 2.0)])
def test_pages_may_be_turned_cut_off_and_measured_in_another_unit(
    written: Any, rotate: int, crop: bool, unit: float
) -> None:
    source = boxed_pdf(rotate, crop, unit)
    with pdf.open_bytes(source) as document:
        image = document.page(0).render()
    box = darkest(Image.frombytes("RGB", (image.width, image.height), image.pixels))
    read = result(line(("HERE", box)), width=image.width, height=image.height, dpi=image.dpi)

    (page,) = written(source, read)

    # As it is shown, with its rotation: PyMuPDF's own matrix for that knows nothing of units.
    content = pymupdf.TextPage(page.get_displaylist().get_textpage())
    (place,) = (quad.rect * pymupdf.Matrix(image.dpi / 72, image.dpi / 72) for quad in content.search("HERE"))
    assert apart(Box(*place), box) < 2


TURNS = [90.0, 180.0, 270.0, 2.5, 357.2, 92.5]
MARK = Box(100, 60, 260, 100)


def turned(image: Image.Image, clockwise: float) -> Image.Image:
    """About its middle, on paper that holds all of it."""
    return image.rotate(-clockwise, Image.Resampling.BICUBIC, expand=True, fillcolor="white")


@pytest.mark.parametrize("rotation", TURNS)
def test_text_of_a_page_that_was_turned_to_be_read_lies_on_the_page_as_it_was(written: Any, rotation: float) -> None:
    scan = picture("L", WIDTH, HEIGHT, MARK)
    upright = turned(scan, rotation)
    read = result(line(("X", darkest(upright))), width=upright.width, height=upright.height, rotation=rotation)

    (page,) = written(file_of(scan, "PNG"), read, media_type=MediaType.PNG)
    page.set_rotation(0)

    (place,) = places(page, "X")
    assert (place.x0 + place.x1) / 2 == pytest.approx((MARK.x0 + MARK.x1) / 2, abs=2)
    assert (place.y0 + place.y1) / 2 == pytest.approx((MARK.y0 + MARK.y1) / 2, abs=2)


@pytest.mark.parametrize(("rotation", "shown"), [(0.0, 0), (90.0, 90), (271.5, 270), (2.5, 0), (358.0, 0)])
def test_an_image_is_shown_the_way_up_in_which_it_was_read(written: Any, rotation: float, shown: int) -> None:
    (page,) = written(SCAN, result(LATIN, rotation=rotation), media_type=MediaType.PNG)

    assert page.rotation == shown


def test_a_pdf_that_has_its_text_is_given_back_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "source.pdf"
    path.write_bytes(digital_pdf(2))
    pages = tuple(result(LATIN, index=index, engine="text-layer") for index in range(2))

    assert searchable.write(Document(pages), path, MediaType.PDF) == path.read_bytes()


def test_scanned_pages_are_seen_as_before_and_can_be_searched(written: Any) -> None:
    source = scanned_pdf(2)
    before = [rendered(page) for page in pymupdf.open("pdf", source)]
    read = [result(LATIN, index=index, width=1654, height=2339) for index in range(2)]

    after = written(source, *read)

    assert [difference(rendered(page), image) for page, image in zip(after, before, strict=True)] == [0, 0]
    assert [page.get_text() for page in after] == ["Where words stand\n"] * 2


def test_only_the_pages_that_were_asked_for_are_in_it(written: Any) -> None:
    read = [result(index=index, engine="text-layer") for index in (1, 3)]

    after = written(digital_pdf(5), *read)

    assert [page.get_text().split("\n")[0] for page in after] == ["Page number 1", "Page number 3"]


def test_a_page_that_could_not_be_read_stays_without_text(written: Any) -> None:
    after = written(scanned_pdf(2), result(LATIN), PageResult.failed(1, "page_unreadable"))

    assert [page.get_text() for page in after] == ["Where words stand\n", ""]


def with_picture() -> bytes:
    """A digital page with a picture under its text."""
    with pymupdf.open("pdf", digital_pdf(1)) as document:
        document[0].insert_image(pymupdf.Rect(72, 300, 360, 444), stream=SCAN)
        return bytes(document.tobytes())


def test_of_a_page_with_pictures_only_what_is_in_them_is_added(written: Any) -> None:
    source = with_picture()
    with pdf.open_bytes(source) as document:
        page = document.page(0)
        own = page.text_layer()
        assert own
        width, height = page.width, page.height
    seen = line(("Seen", Box(250, 900, 350, 940)), ("there", Box(365, 900, 470, 940)))

    (after,) = written(source, result(*own, seen, width=width, height=height, engine="text-layer+ocr"))

    assert sorted(after.get_text().splitlines()) == sorted([*(each.text for each in own), "Seen there"])


def test_what_was_recognised_before_is_replaced_and_links_stay(written: Any) -> None:
    with pymupdf.open("pdf", scanned_pdf(1)) as document:
        document[0].insert_text((72, 100), "Whcre w0rds stond", render_mode=3)
        document[0].insert_link(
            {"kind": pymupdf.LINK_URI, "from": pymupdf.Rect(50, 50, 90, 90), "uri": "https://example.org/"}
        )
        source = bytes(document.tobytes())

    (page,) = written(source, result(LATIN, width=1654, height=2339))

    assert page.get_text() == "Where words stand\n"
    assert [link["uri"] for link in page.get_links()] == ["https://example.org/"]


def test_text_that_says_something_else_than_what_is_seen_is_seen_but_not_copied(written: Any) -> None:
    source = digital_pdf(1)
    before = rendered(pymupdf.open("pdf", source)[0])

    (page,) = written(source, result(LATIN, width=1654, height=2339))

    assert page.get_text().split() == ["Where", "words", "stand"]
    assert difference(rendered(page), before) == 0


def test_resources_of_other_pages_are_not_lost(written: Any) -> None:
    source = b"""%PDF-1.4
1 0 obj <</Type/Catalog/Pages 2 0 R>> endobj
2 0 obj <</Type/Pages/Kids[3 0 R 4 0 R]/Count 2/MediaBox[0 0 288 144]/Resources 5 0 R>> endobj
3 0 obj <</Type/Page/Parent 2 0 R>> endobj
4 0 obj <</Type/Page/Parent 2 0 R/Contents 6 0 R>> endobj
5 0 obj <</Font<</F 7 0 R>>>> endobj
6 0 obj <</Length 37>> stream
BT /F 12 Tf 50 100 Td (Inherited) Tj ET
endstream endobj
7 0 obj <</Type/Font/Subtype/Type1/BaseFont/Helvetica>> endobj
trailer <</Root 1 0 R/Size 8>>
%%EOF
"""

    after = written(source, result(LATIN), result(index=1, engine="text-layer"))

    assert [page.get_text() for page in after] == ["Where words stand\n", "Inherited\n"]
    assert [font[3] for font in after[1].get_fonts()] == ["Helvetica", "OcrchatInvisible"]


def test_what_is_encrypted_without_a_password_to_open_it_opens(written: Any) -> None:
    with pymupdf.open("pdf", scanned_pdf(1)) as document:
        source = bytes(document.tobytes(encryption=pymupdf.PDF_ENCRYPT_AES_256, owner_pw="owner", user_pw=""))  # type: ignore[attr-defined]

    after = written(source, result(LATIN, width=1654, height=2339))

    assert not after.needs_pass
    assert after[0].get_text() == "Where words stand\n"


def test_a_file_that_is_no_pdf_is_damaged(written: Any) -> None:
    with pytest.raises(DamagedFile):
        written(b"%PDF-1.4 nothing", result(LATIN))


def test_outlines_stay(written: Any) -> None:
    with pymupdf.open("pdf", scanned_pdf(3)) as document:
        document.set_toc([[1, "First", 1], [1, "Third", 3]])
        source = bytes(document.tobytes())

    after = written(source, result(LATIN), result(LATIN, index=2))

    assert after.get_toc() == [[1, "First", 1], [1, "Third", 2]]


RAW = {
    MediaType.JPEG: file_of(picture("RGB", WIDTH, HEIGHT, MARK), "JPEG"),
    MediaType.JPEG2000: file_of(picture("RGB", WIDTH, HEIGHT, MARK), "JPEG2000"),
}


@pytest.mark.parametrize("media_type", RAW)
def test_jpeg_and_jpeg_2000_are_put_in_as_they_were_sent(written: Any, media_type: MediaType) -> None:
    after = written(RAW[media_type], result(), media_type=media_type)

    ((number, *_),) = after.get_page_images(0)
    assert after.xref_stream_raw(number) == RAW[media_type]


def test_a_bare_jpeg_2000_codestream_becomes_a_file_around_it(written: Any) -> None:
    drawing = shades("RGB")
    codestream = file_of(drawing, "JPEG2000", no_jp2=True)

    after = written(codestream, result(), media_type=MediaType.JPEG2000)

    ((number, *_),) = after.get_page_images(0)
    data = after.xref_stream_raw(number)
    assert data.endswith(codestream)
    with Image.open(BytesIO(data)) as opened:
        assert opened.size == drawing.size
        assert difference(opened, drawing) == 0
    assert "<pdfaid:part>2</pdfaid:part>" in after.get_xml_metadata()


def test_the_rows_of_a_png_are_put_in_as_they_were_sent(written: Any) -> None:
    after = written(SCAN, result(), media_type=MediaType.PNG)

    ((number, *_),) = after.get_page_images(0)
    assert after.xref_stream_raw(number) in SCAN


def shades(mode: str) -> Image.Image:
    """Not symmetric in any way, and with all values."""
    image = Image.linear_gradient("L").resize((90, 60))
    ImageDraw.Draw(image).rectangle((5, 5, 30, 20), 0)
    ImageDraw.Draw(image).rectangle((60, 40, 70, 55), 255)
    return image.convert(mode)


KINDS: list[tuple[MediaType, str, dict[str, Any]]] = [
    *((MediaType.PNG, mode, {}) for mode in ("1", "L", "P", "RGB", "RGBA", "LA", "I;16")),
    (MediaType.BMP, "RGB", {}),
    (MediaType.GIF, "P", {}),
    (MediaType.WEBP, "RGB", {"lossless": True}),
    *((MediaType.TIFF, "1", {"compression": how}) for how in ("group3", "group4", "raw", "tiff_lzw")),
    *((MediaType.TIFF, mode, {"compression": "tiff_lzw"}) for mode in ("L", "RGB", "CMYK", "I;16")),
]


@pytest.mark.parametrize(("media_type", "mode", "options"), KINDS)
def test_what_has_lost_nothing_before_loses_nothing(
    written: Any, media_type: MediaType, mode: str, options: dict[str, Any]
) -> None:
    data = file_of(shades("L" if mode == "I;16" else mode).convert(mode), media_type.name, **options)
    page = images.frame(data, 0)
    seen = Image.frombytes("RGB", (page.width, page.height), page.pixels)

    after = written(data, result(), media_type=media_type)

    assert difference(rendered(after[0], page.dpi), seen) <= 1


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("media_type", [MediaType.JPEG, MediaType.PNG, MediaType.TIFF])
def test_pictures_are_upright_as_the_camera_says(written: Any, media_type: MediaType, orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    data = file_of(shades("L"), media_type.name, exif=exif, dpi=(100, 100))
    page = images.frame(data, 0)
    seen = Image.frombytes("RGB", (page.width, page.height), page.pixels)

    after = written(data, result(), media_type=media_type)

    assert difference(rendered(after[0], 100), seen) <= 2


@pytest.mark.parametrize(("media_type", "options"), [(MediaType.WEBP, {"quality": 80}), (MediaType.AVIF, {})])
def test_what_pdf_has_no_filter_for_loses_little_and_stays_small(
    written: Any, media_type: MediaType, options: dict[str, Any]
) -> None:
    data = file_of(Image.linear_gradient("L").convert("RGB").rotate(30), media_type.name, **options)
    page = images.frame(data, 0)

    after = written(data, result(), media_type=media_type)

    seen = Image.frombytes("RGB", (page.width, page.height), page.pixels)
    assert difference(rendered(after[0], page.dpi), seen) < 40
    ((number, *_),) = after.get_page_images(0)
    assert after.xref_get_key(number, "Filter") == ("name", "/DCTDecode")


def test_a_fax_stays_one_and_as_small(written: Any) -> None:
    text = Image.new("1", (1728, 1100), 1)
    for n in range(1000):
        x, y = n * 773 % 1700, n * 977 % 1080
        ImageDraw.Draw(text).arc((x, y, x + 10 + n % 17, y + 10 + n % 13), 0, 300, 0, 2)
    data = file_of(text, "TIFF", compression="group4", dpi=(204, 98))

    after = written(data, result(), media_type=MediaType.TIFF)

    ((number, *_),) = after.get_page_images(0)
    assert after.xref_get_key(number, "Filter") == ("name", "/CCITTFaxDecode")
    assert len(after.xref_stream_raw(number)) <= len(data)
    assert after[0].rect.width == pytest.approx(72 * 1728 / 204)
    assert after[0].rect.height == pytest.approx(72 * 1100 / 98)


@pytest.mark.parametrize(("media_type", "kind"), [(MediaType.TIFF, "TIFF"), (MediaType.GIF, "GIF")])
def test_an_image_of_many_pages_has_them_all(written: Any, media_type: MediaType, kind: str) -> None:
    pages = [picture("L", 100 + 10 * n, 50, Box(n * 20, 10, n * 20 + 20, 40)) for n in range(3)]
    data = file_of(pages[0], kind, save_all=True, append_images=pages[1:], disposal=2)
    read = [result(line((f"n{n}", Box(n * 20, 10, n * 20 + 20, 40))), index=n, width=100, height=50) for n in (0, 2)]

    after = written(data, *read, media_type=media_type)

    assert [page.get_text().strip() for page in after] == ["n0", "n2"]
    shown = [images.frame(data, n) for n in (0, 2)]
    for page, frame in zip(after, shown, strict=True):
        assert darkest(rendered(page, frame.dpi)) == darkest(
            Image.frombytes("RGB", (frame.width, frame.height), frame.pixels)
        )


def test_a_page_of_an_image_that_cannot_be_decoded_is_empty(written: Any) -> None:
    pages = [picture("L", 100, 50, Box(0, 0, 10, 10)), picture("L", 100, 50, Box(5, 5, 20, 20))]
    data = file_of(pages[0], "TIFF", save_all=True, append_images=pages[1:], compression="tiff_lzw")
    with Image.open(BytesIO(data)) as image:
        image.seek(1)
        start = image.tag_v2[273][0]  # type: ignore[attr-defined]
    broken = data[:start] + b"\xff" * 20 + data[start + 20 :]

    after = written(broken, result(), PageResult.failed(1, "page_unreadable"), media_type=MediaType.TIFF)

    assert [len(page.get_images()) for page in after] == [1, 0]


def test_a_page_is_as_large_as_its_image_says(written: Any) -> None:
    (page,) = written(file_of(picture(), "PNG", dpi=(300, 300)), result(), media_type=MediaType.PNG)

    assert page.rect.width == pytest.approx(WIDTH / 300 * 72, abs=0.1)


@pytest.mark.parametrize("dpi", [72, 96])
def test_a_photo_without_a_resolution_is_as_long_as_a_sheet_of_paper(written: Any, dpi: int) -> None:
    box = Box(1000, 2000, 1400, 2060)
    read = result(line(("Total", box)), width=3000, height=4000, dpi=float(dpi))

    (page,) = written(file_of(picture("L", 3000, 4000), "JPEG", dpi=(dpi, dpi)), read, media_type=MediaType.JPEG)

    assert (page.rect.width, page.rect.height) == pytest.approx((631, 842), abs=1)
    (place,) = places(page, "Total", 72 * 4000 / page.rect.height)
    assert apart(place, box) < 3


def test_a_sheet_that_is_too_large_for_a_page_is_measured_in_a_larger_unit(written: Any) -> None:
    data = file_of(Image.new("1", (20_000, 100)), "PNG", dpi=(90, 90))
    read = result(line(("far", Box(19_000, 20, 19_900, 80))), width=20_000, height=100, dpi=90.0)

    (page,) = written(data, read, media_type=MediaType.PNG)

    assert page.mediabox.width <= 14_400
    assert page.rect.width == pytest.approx(16_000, rel=1e-3)
    (place,) = places(page, "far", 90)
    assert apart(place, read.lines[0].box) < 3


def test_an_image_becomes_a_pdf_for_archives(written: Any) -> None:
    after = written(SCAN, result(LATIN), media_type=MediaType.PNG)

    assert "<pdfaid:part>2</pdfaid:part>" in after.get_xml_metadata()
    intents = after.xref_get_key(after.pdf_catalog(), "OutputIntents")
    assert intents[0] == "array"
    assert after.xref_get_key(-1, "ID")[0] == "array"


def test_a_picture_in_ink_colours_does_not_claim_to_be_one(written: Any) -> None:
    data = file_of(shades("CMYK"), "JPEG")

    after = written(data, result(LATIN), media_type=MediaType.JPEG)

    assert after.get_xml_metadata() == ""
    page = images.frame(data, 0)
    seen = Image.frombytes("RGB", (page.width, page.height), page.pixels)
    assert difference(rendered(after[0], page.dpi), seen) < 40


@pytest.mark.parametrize(
    ("source", "media_type"), [(SCAN, MediaType.PNG), (scanned_pdf(1), MediaType.PDF)], ids=["image", "pdf"]
)
def test_the_same_input_gives_the_same_bytes(tmp_path: Path, source: bytes, media_type: MediaType) -> None:
    path = tmp_path / "source"
    path.write_bytes(source)
    document = Document((result(LATIN),))

    assert searchable.write(document, path, media_type) == searchable.write(document, path, media_type)


def test_it_is_hardly_larger_than_its_source(tmp_path: Path) -> None:
    path = tmp_path / "source.pdf"
    path.write_bytes(scanned_pdf(3))
    dense = [
        line(*((f"word{n}", Box(80 * n, 40 * row, 80 * n + 70, 40 * row + 35)) for n in range(10))) for row in range(50)
    ]
    pages = tuple(result(*dense, index=index, width=1654, height=2339) for index in range(3))

    content = searchable.write(Document(pages), path, MediaType.PDF)

    assert len(content) < 1.1 * path.stat().st_size + 3 * 15_000


@pytest.mark.parametrize(
    "hostile",
    [
        Line("\x00\x07control\x1f", Box(10, 10, 100, 40)),
        Line("lone \ud800 surrogate\udfff", Box(10, 10, 100, 40)),
        Line("\ufeff\ufffe\uffff", Box(10, 10, 100, 40)),
        Line("no area", Box(10, 10, 10, 10)),
        Line("inside out", Box(100, 40, 10, 10)),
        Line("far outside", Box(-5000, -5000, 90_000, 90_000)),
        Line("", Box(10, 10, 100, 40)),
        Line("\u0301\u0302", Box(10, 10, 100, 40)),
        Line("(x) Tj ET Q 1 0 0 rg 0 0 999 999 re f", Box(10, 10, 100, 40)),
        Line("א" * 1000 + "a" * 100_000, Box(10, 10, 700, 40)),
    ],
    ids=lambda value: ascii(value.text[:12]),
)
def test_no_text_breaks_the_file(written: Any, hostile: Line) -> None:
    (page,) = written(SCAN, result(hostile, LATIN), media_type=MediaType.PNG)

    assert "Where words stand" in page.get_text()
    assert difference(rendered(page), picture("RGB")) == 0


def test_there_are_never_more_codes_than_fit() -> None:
    codes = Codes()

    given = [codes.code(chr(value)) for value in range(0x20, 0x30000)]

    assert max(given) < 0x10000
    assert len(codes.to_unicode()) < 2_000_000
