from __future__ import annotations

import re
from collections.abc import Callable

import pymupdf
import pytest

from ocrchat import pdf, textlayer
from ocrchat.model import Box, Line
from tests.documents import digital_pdf

PROSE = (
    "The committee reads the report about the water of the northern counties",
    "and decides which of the measures should be taken before the winter.",
)
WHITE = (1, 1, 1)


def made(draw: Callable[[pymupdf.Page], object], width: float = 595, height: float = 842) -> bytes:
    with pymupdf.open() as document:
        draw(document.new_page(width=width, height=height))
        return bytes(document.tobytes())


def lines_of(data: bytes) -> list[Line]:
    with pdf.open_bytes(data) as document:
        lines = document.page(0).text_layer()
    assert lines is not None
    return lines


def texts_of(data: bytes) -> list[str]:
    return [line.text for line in lines_of(data)]


def in_a_font_of_its_own(page: pymupdf.Page) -> None:
    page.insert_font(fontname="F0", fontbuffer=pymupdf.Font("helv").buffer)
    page.insert_text((72, 100), PROSE, fontname="F0")


def with_wrong_letters(data: bytes) -> bytes:
    """Its font says of each small letter that it is the next one of the alphabet; it looks as before."""
    with pymupdf.open("pdf", data) as document:
        for xref in range(1, document.xref_length()):
            stream = document.xref_stream(xref) or b""
            if b"beginbfrange" in stream:
                document.update_stream(xref, re.sub(rb"(<\w+> <\w+> )<0061>", rb"\1<0062>", stream))
        return bytes(document.tobytes())


def as_outlines(data: bytes) -> bytes:
    """Its letters drawn as paths."""
    with pymupdf.open("pdf", data) as document, pymupdf.open("svg", document[0].get_svg_image().encode()) as drawing:
        return bytes(drawing.convert_to_pdf())


def test_words_stand_where_they_are_drawn() -> None:
    data = made(lambda page: page.insert_text((50, 100), "Total 12.50", fontsize=20))

    (line,) = lines_of(data)

    assert [word.text for word in line.words] == ["Total", "12.50"]
    scale, size = pdf.DPI / 72, pymupdf.get_text_length
    first, second = line.words
    assert first.box.x0 == pytest.approx(50 * scale, abs=1)
    assert first.box.x1 == pytest.approx((50 + size("Total", fontsize=20)) * scale, abs=1)
    assert second.box.x0 == pytest.approx((50 + size("Total ", fontsize=20)) * scale, abs=1)
    assert Box.around(word.box for word in line.words) == line.box


@pytest.mark.parametrize("rotation", [90, 180, 270])
def test_words_of_a_turned_page_stand_where_they_are_shown(rotation: int) -> None:
    def draw(page: pymupdf.Page) -> None:
        page.insert_text((50, 100), "left right", fontsize=20)
        page.set_rotation(rotation)

    with pdf.open_bytes(made(draw, 300, 200)) as document:
        page = document.page(0)
        (line,) = page.text_layer() or []
        images = [page.render(word.box) for word in line.words]
        between = page.render(Box(*(_between(line.words[0].box, line.words[1].box))))

    assert [word.text for word in line.words] == ["left", "right"]
    assert all(len(set(image.pixels)) > 1 for image in images)
    assert set(between.pixels) == {255}


def _between(a: Box, b: Box) -> tuple[float, float, float, float]:
    """The gap of two boxes on a level or upright line."""
    if abs(a.x0 - b.x0) > abs(a.y0 - b.y0):
        left, right = sorted((a, b), key=lambda box: box.x0)
        return left.x1 + 2, left.y0, right.x0 - 2, left.y1
    above, below = sorted((a, b), key=lambda box: box.y0)
    return above.x0, above.y1 + 2, above.x1, below.y0 - 2


def test_an_ideograph_is_a_word_and_a_korean_word_is_one() -> None:
    data = made(lambda page: page.insert_text((50, 100), "PDF文件 한국어 문서", fontname="korea"))

    (line,) = lines_of(data)

    assert line.text == "PDF文件 한국어 문서"
    assert [word.text for word in line.words] == ["PDF", "文", "件", "한국어", "문서"]


def test_right_to_left_text_comes_out_in_reading_order() -> None:
    data = made(lambda page: page.insert_htmlbox((20, 20, 575, 180), '<p dir="rtl">שלום עולם (טוב) مرحبا</p>'))

    (line,) = lines_of(data)

    assert line.text == "שלום עולם (טוב) مرحبا"
    assert [word.text for word in line.words] == line.text.split()
    places = [word.box.x1 for word in line.words]
    assert places == sorted(places, reverse=True)


def test_a_line_says_how_it_is_set() -> None:
    def draw(page: pymupdf.Page) -> None:
        page.insert_text((50, 100), "Heading", fontsize=24, fontname="hebo")
        page.insert_text((50, 150), "aside", fontsize=10, fontname="heit")

    heading, aside = (line.style for line in lines_of(made(draw)))

    assert heading
    assert aside
    assert (heading.bold, heading.italic) == (True, False)
    assert (aside.bold, aside.italic) == (False, True)
    assert heading.size == pytest.approx(24 * pdf.DPI / 72, abs=0.1)


def test_bold_type_made_by_drawing_twice_is_there_once() -> None:
    def draw(page: pymupdf.Page) -> None:
        for offset in (0, 0.6):
            page.insert_text((50 + offset, 100), PROSE, fontsize=12)

    assert texts_of(made(draw)) == list(PROSE)


def test_the_same_word_in_the_next_row_is_another() -> None:
    assert texts_of(made(lambda page: page.insert_text((50, 100), ["Ditto", "Ditto"], fontsize=12))) == ["Ditto"] * 2


def test_what_cannot_be_seen_is_left_out() -> None:
    def draw(page: pymupdf.Page) -> None:
        page.insert_text((50, 100), PROSE)
        page.insert_text((50, 200), "white on white", color=WHITE)
        page.insert_text((50, 250), "too small", fontsize=0.5)
        page.insert_text((50, 300), "not painted", render_mode=3)
        page.insert_text((50, 350), "clear as glass", fill_opacity=0.01)
        page.insert_text((50, 900), "below the page")

    assert texts_of(made(draw)) == list(PROSE)


def test_white_text_on_a_dark_ground_is_seen() -> None:
    def draw(page: pymupdf.Page) -> None:
        page.draw_rect((40, 80, 300, 120), fill=(0, 0, 0.4))
        page.insert_text((50, 100), "Balance sheet", color=WHITE)

    assert texts_of(made(draw)) == ["Balance sheet"]


@pytest.mark.parametrize("text", ["", "nothing to see"])
def test_a_page_that_draws_only_white_is_blank(text: str) -> None:
    def draw(page: pymupdf.Page) -> None:
        page.draw_rect(page.rect, color=WHITE, fill=WHITE)
        page.insert_text((50, 100), text, color=WHITE)

    assert lines_of(made(draw)) == []


def test_a_mark_without_a_character_before_an_entry_is_a_bullet() -> None:
    def draw(page: pymupdf.Page) -> None:
        page.insert_font(fontname="F0", fontbuffer=pymupdf.Font("helv").buffer)
        page.insert_text((72, 100), "\ue000 first entry of the list", fontname="F0")

    assert texts_of(made(draw)) == ["• first entry of the list"]


def test_a_font_that_says_wrong_letters_is_doubted_and_refuted_by_what_is_seen() -> None:
    right = made(in_a_font_of_its_own)

    with pdf.open_bytes(right) as document:
        assert document.page(0).doubtful() == ()
    with pdf.open_bytes(with_wrong_letters(right)) as document:
        doubtful = document.page(0).doubtful()

    assert {line.text[:6] for line in doubtful} == {"Tif dp", "boe ef"}
    for line, text in zip(doubtful, PROSE, strict=True):
        assert not textlayer.agrees(line, [Line(text, line.box, 0.95)])


def test_a_doubtful_line_stands_unless_something_else_is_surely_seen() -> None:
    box = Box(0, 0, 9, 9)
    line = Line("IBM POWER8 S822LC 8335-GTA", box)

    assert textlayer.agrees(line, [Line("IBM P0WER8 S822LC", box, 0.9), Line("8335-GTA", box, 0.9)])
    assert textlayer.agrees(line, [])
    assert textlayer.agrees(line, [Line("nothing of the kind at all", box, 0.3)])
    assert not textlayer.agrees(line, [Line("nothing of the kind at all", box, 0.9)])


def test_letters_drawn_as_paths_are_a_picture_to_read() -> None:
    original = made(lambda page: page.insert_text((72, 100), PROSE * 3))
    with pymupdf.open("pdf", as_outlines(original)) as document:
        document[0].insert_text((72, 800), "stamped later")
        data = document.tobytes()

    with pdf.open_bytes(data) as document:
        page = document.page(0)
        lines, pictures = page.text_layer(), page.pictures()

    assert [line.text for line in lines or []] == ["stamped later"]
    (picture,) = pictures
    hidden = Box.around(line.box for line in lines_of(original))
    assert (picture.x0, picture.y0) == pytest.approx((hidden.x0, hidden.y0), abs=15)
    assert (picture.x1, picture.y1) == pytest.approx((hidden.x1, hidden.y1), abs=15)


def test_the_cells_of_a_shaded_table_are_no_letters() -> None:
    def draw(page: pymupdf.Page) -> None:
        page.insert_text((50, 50), PROSE)
        for row in range(20):
            for column in range(20):
                page.draw_rect((50 + 20 * column, 100 + 20 * row, 66 + 20 * column, 112 + 20 * row), fill=(0.8, 0.9, 1))

    with pdf.open_bytes(made(draw)) as document:
        assert document.page(0).pictures() == []


def test_a_picture_of_two_lines_is_worth_reading() -> None:
    def draw(page: pymupdf.Page) -> None:
        page.insert_text((50, 50), PROSE)
        pixmap = pymupdf.Pixmap(pymupdf.csGRAY, (0, 0, 300, 60), False)
        page.insert_image((50, 100, 350, 160), pixmap=pixmap)

    with pdf.open_bytes(made(draw)) as document:
        (picture,) = document.page(0).pictures()
    assert picture.width == pytest.approx(300 * pdf.DPI / 72, abs=2)


def test_rulings_are_lines_flat_rectangles_and_the_sides_of_frames() -> None:
    def draw(page: pymupdf.Page) -> None:
        page.draw_line((36, 72), (144, 72))
        page.draw_rect((36, 90, 144, 91), color=None, fill=(0, 0, 0))
        page.draw_rect((36, 108, 144, 144))
        page.draw_line((36, 200), (144, 300))
        page.draw_rect((36, 400, 144, 440), color=None, fill=(0.8, 0.8, 0.8))

    with pdf.open_bytes(made(draw)) as document:
        rulings = document.page(0).rulings()

    level = sorted(round(ruling.y0 * 72 / pdf.DPI) for ruling in rulings if ruling.width > ruling.height)
    upright = sorted(round(ruling.x0 * 72 / pdf.DPI) for ruling in rulings if ruling.width < ruling.height)
    assert level == pytest.approx([72, 90, 108, 144], abs=1)
    assert upright == pytest.approx([36, 144], abs=1)
    assert all(ruling.width == pytest.approx(300, abs=4) for ruling in rulings if ruling.width > ruling.height)


def test_a_map_of_very_many_paths_has_no_rulings() -> None:
    def draw(page: pymupdf.Page) -> None:
        contents = page.parent.get_new_xref()
        page.parent.update_object(contents, "<<>>")
        page.parent.update_stream(contents, b"0 0 m 99 0 l S " * 30_000)
        page.set_contents(contents)

    with pdf.open_bytes(made(draw)) as document:
        assert document.page(0).rulings() == []


def test_more_text_than_a_page_can_hold_is_looked_at_and_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf, "_MAX_CHARACTERS", 20)

    with pdf.open_bytes(digital_pdf(1)) as document:
        assert document.page(0).text_layer() is None


def test_a_part_is_rendered_again_with_more_dots() -> None:
    with pdf.open_bytes(digital_pdf(1)) as document:
        page = document.page(0)
        part = Box(100, 100, 300, 200)
        coarse, fine = page.render(part), page.render(part, dpi=400)
        huge = page.render(dpi=4000)

    assert (fine.width, fine.height, fine.dpi) == (2 * coarse.width, 2 * coarse.height, 400)
    assert max(huge.width, huge.height) <= pdf.LONGEST_SIDE
