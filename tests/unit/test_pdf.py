from __future__ import annotations

from pathlib import Path

import pymupdf
import pytest

from ocrchat import pdf
from ocrchat.errors import DamagedFile, PageUnreadable, PasswordNeeded
from ocrchat.model import Line
from tests.documents import digital_pdf, scanned_pdf

EXAMPLE = Path(__file__).parents[2] / "examples" / "report.pdf"


def text_layer(data: bytes, index: int = 0) -> list[Line] | None:
    with pdf.open_bytes(data) as document:
        return document.page(index).text_layer()


def page_over(picture_of: bytes, **text_options: object) -> bytes:
    """The first page of `picture_of` as a full-page picture, with other text drawn upon it."""
    with pymupdf.open("pdf", picture_of) as source, pymupdf.open() as made:
        picture = source[0].get_pixmap(dpi=60).tobytes("png")
        page = made.new_page()
        page.insert_image(page.rect, stream=picture)
        page.insert_text((72, 72), "Page number 0", **text_options)
        return bytes(made.tobytes())


def test_a_pdf_is_opened_from_bytes_and_from_a_file_of_any_name(tmp_path: Path) -> None:
    nameless = tmp_path / "d41d8cd98f00"
    nameless.write_bytes(digital_pdf(3))

    with pdf.open_file(nameless) as document:
        assert document.page_count == 3
    with pdf.open_bytes(digital_pdf(2)) as document:
        assert document.page_count == 2


def test_a_user_password_is_asked_for_and_an_owner_password_is_not() -> None:
    with pymupdf.open("pdf", digital_pdf(1)) as plain:
        locked = plain.tobytes(encryption=pymupdf.PDF_ENCRYPT_AES_256, user_pw="secret", owner_pw="boss")
        protected = plain.tobytes(encryption=pymupdf.PDF_ENCRYPT_AES_256, owner_pw="boss", permissions=0)

    with pytest.raises(PasswordNeeded, match="Send a copy without one"):
        pdf.open_bytes(locked)
    assert text_layer(protected)


@pytest.mark.parametrize("data", [b"%PDF-1.7\n%%EOF", b"%PDF-1.7 and then nothing of the kind", b"%PDF-"])
def test_what_only_begins_like_a_pdf_is_refused(data: bytes) -> None:
    with pytest.raises(DamagedFile, match="send it again"):
        pdf.open_bytes(data)


def test_a_pdf_that_was_cut_off_is_refused_and_not_read_by_half() -> None:
    data = EXAMPLE.read_bytes()

    for share in (0.5, 0.9, 0.99):
        with pytest.raises(DamagedFile, match=r"ends in the middle|has no pages|cannot be opened"):
            pdf.open_bytes(data[: int(len(data) * share)])


def test_a_cut_off_pdf_is_noticed_although_an_older_revision_in_it_is_whole() -> None:
    whole = digital_pdf(1)
    update = b"\n9 0 obj\n<< /Type /Page >>\nendobj\n10 0 obj\n<< /Length 9000 >>\nstream\nq 0 0 "

    with pytest.raises(DamagedFile, match="ends in the middle"):
        pdf.open_bytes(whole + update * 50)


def test_a_whole_pdf_with_rubbish_behind_it_or_a_broken_index_is_read() -> None:
    whole = digital_pdf(1)

    assert text_layer(whole + b"\x00\x17rubbish" * 500)
    assert text_layer(whole.replace(b"startxref", b"startxxxx"))


def test_the_text_layer_has_the_coordinates_of_the_rendered_page() -> None:
    with pymupdf.open() as made:
        page = made.new_page(width=300, height=200)
        page.insert_text((150, 100), "HERE", fontsize=40)
        data = made.tobytes()

    with pdf.open_bytes(data) as document:
        page_of_ours = document.page(0)
        lines, image = page_of_ours.text_layer(), page_of_ours.render()

    assert (image.width, image.height, image.dpi) == (page_of_ours.width, page_of_ours.height, page_of_ours.dpi)
    assert lines is not None
    assert [line.text for line in lines] == ["HERE"]
    box = lines[0].box
    dark = [
        (x, y) for y in range(image.height) for x in range(image.width) if image.pixels[(y * image.width + x) * 3] < 128
    ]
    assert all(box.x0 <= x <= box.x1 and box.y0 <= y <= box.y1 for x, y in dark)
    assert dark


@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
def test_a_page_is_read_and_rendered_as_it_is_shown(rotation: int) -> None:
    with pymupdf.open() as made:
        page = made.new_page(width=300, height=200)
        page.insert_text((20, 30), "corner")
        page.set_rotation(rotation)
        data = made.tobytes()

    with pdf.open_bytes(data) as document:
        shown = document.page(0)
        lines, image = shown.text_layer(), shown.render()

    assert (image.width, image.height) == (shown.width, shown.height)
    assert (shown.width > shown.height) is (rotation in (0, 180))
    assert lines is not None
    is_left, is_top = lines[0].box.x0 < shown.width / 2, lines[0].box.y0 < shown.height / 2
    assert (is_left, is_top) == {0: (True, True), 90: (False, True), 180: (False, False), 270: (True, False)}[rotation]


def test_a_scan_has_no_text_layer() -> None:
    assert text_layer(scanned_pdf(1)) is None


def test_invisible_text_over_a_scan_is_someone_elses_ocr_and_not_trusted() -> None:
    assert text_layer(page_over(digital_pdf(1), render_mode=3)) is None


def test_text_under_a_page_sized_picture_cannot_be_seen_and_is_not_trusted() -> None:
    with pymupdf.open("pdf", digital_pdf(1)) as covered:
        page = covered[0]
        page.insert_image(page.rect, stream=page.get_pixmap(dpi=60).tobytes("png"))
        content = bytes(covered.tobytes())

    assert text_layer(content) is None


def test_a_stamp_on_a_scan_is_text_and_the_scan_is_a_picture_to_read() -> None:
    with pdf.open_bytes(page_over(digital_pdf(1))) as document:
        page = document.page(0)

        assert [line.text for line in page.text_layer() or []] == ["Page number 0"]
        (picture,) = page.pictures()
        assert (picture.width, picture.height) == pytest.approx((page.width, page.height), abs=1)


def test_a_logo_is_not_worth_reading() -> None:
    with pymupdf.open("pdf", digital_pdf(1)) as made:
        logo = pymupdf.Pixmap(pymupdf.csRGB, (0, 0, 80, 80), False)
        made[0].insert_image((400, 40, 500, 140), pixmap=logo)
        content = bytes(made.tobytes())

    with pdf.open_bytes(content) as document:
        assert document.page(0).pictures() == []


def test_text_of_unmapped_glyphs_is_not_trusted() -> None:
    with pymupdf.open() as made:
        page = made.new_page()
        page.insert_font(fontname="F0", fontbuffer=pymupdf.Font("helv").buffer)
        page.insert_text((72, 72), "\ue000\ue001\ue002 \ue003\ue004 ok", fontname="F0")
        data = made.tobytes()

    assert text_layer(data) is None


def test_a_blank_page_is_known_to_be_blank() -> None:
    with pymupdf.open() as made:
        made.new_page()
        data = made.tobytes()

    assert text_layer(data) == []


@pytest.mark.parametrize(("width", "height"), [(14400, 14400), (14400, 20), (1, 1)])
def test_a_page_of_any_size_is_rendered_within_bounds(width: float, height: float) -> None:
    with pymupdf.open() as made:
        made.new_page(width=width, height=height)
        data = made.tobytes()

    with pdf.open_bytes(data) as document:
        image = document.page(0).render()

    assert 1 <= min(image.width, image.height) <= max(image.width, image.height) <= pdf.LONGEST_SIDE
    assert len(image.pixels) == image.width * image.height * 3


def test_a_page_that_is_not_there_is_unreadable_and_the_others_are_read() -> None:
    circular = b"""%PDF-1.4
    1 0 obj <</Type/Catalog/Pages 2 0 R>> endobj
    2 0 obj <</Type/Pages/Count 2/Kids[3 0 R 2 0 R]>> endobj
    3 0 obj <</Type/Page/Parent 2 0 R/MediaBox[0 0 200 200]>> endobj
    trailer <</Root 1 0 R>>
    %%EOF"""

    with pdf.open_bytes(circular) as document:
        assert document.page(0).text_layer() == []
        for index in (1, 99):
            with pytest.raises(PageUnreadable, match=f"Page {index + 1} "):
                document.page(index)


def test_a_form_that_draws_itself_ends() -> None:
    with pymupdf.open() as made:
        page = made.new_page()
        form = made.get_new_xref()
        made.update_object(
            form, f"<</Type/XObject/Subtype/Form/BBox[0 0 99 99]/Resources<</XObject<</X {form} 0 R>>>>>>"
        )
        made.update_stream(form, b"/X Do /X Do")
        made.xref_set_key(page.xref, "Resources", f"<</XObject<</X {form} 0 R>>>>")
        contents = made.get_new_xref()
        made.update_object(contents, "<<>>")
        made.update_stream(contents, b"/X Do")
        page.set_contents(contents)
        data = made.tobytes()

    with pdf.open_bytes(data) as document:
        assert document.page(0).render().width


def test_pages_are_cut_into_a_pdf_of_their_own() -> None:
    with pdf.open_bytes(digital_pdf(5)) as document:
        part = document.cut(range(1, 4))

    with pdf.open_bytes(part) as document:
        assert document.page_count == 3
        lines = document.page(0).text_layer()
    assert lines is not None
    assert lines[0].text == "Page number 1"


def test_chosen_pages_are_cut_in_their_order() -> None:
    with pdf.open_bytes(digital_pdf(9)) as document, pdf.open_bytes(document.cut([0, 2, 3, 8])) as part:
        texts = [(part.page(index).text_layer() or [])[0].text for index in range(part.page_count)]

    assert texts == [f"Page number {index}" for index in (0, 2, 3, 8)]


def test_a_part_of_a_long_pdf_is_small() -> None:
    whole = scanned_pdf(8)

    with pdf.open_bytes(whole) as document:
        assert len(document.cut(range(2))) < len(whole) / 2
