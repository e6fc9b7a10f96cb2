"""A page in another language: what is cut out of it, what comes back, and what of that may be shown."""

from __future__ import annotations

import time
from http.server import BaseHTTPRequestHandler

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ocrchat.errors import TranslationUnavailable, Unavailable
from ocrchat.export import csv, markdown
from ocrchat.model import Block, BlockType, Box, Cell, Document, Line, PageResult, Source, Table
from ocrchat.translation import checks, codec, cutting, pages, pairs, rebuilding, units
from ocrchat.translation.libretranslate import LibreTranslate
from ocrchat.translation.model import (
    FAILED,
    NotTranslated,
    PageTranslation,
    Problem,
    Status,
    Translation,
)
from tests.loopback import listening
from tests.translation_servers import (
    Fails,
    Says,
    Server,
    changes_numbers,
    drops,
    echo,
    libretranslate,
    pseudo,
)

SOON = 20.0


def line(text: str, y: float, right: float = 400) -> Line:
    return Line(text, Box(10, y, right, y + 12), 0.9)


def table(*rows: tuple[str, str]) -> Block:
    cells = tuple(
        Cell(row, column, text, is_header=row == 0, box=Box(10 + 200 * column, 100 + 20 * row, 200, 115 + 20 * row))
        for row, texts in enumerate(rows)
        for column, text in enumerate(texts)
    )
    lines = tuple(line("  ".join(texts), 100 + 20 * row) for row, texts in enumerate(rows))
    return Block(lines, BlockType.TABLE, table=Table(len(rows), 2, cells))


PARAGRAPH = Block(
    (
        line("The lake is monitored by eleven buoys that send their", 40),
        line("readings every hour, and the invoice INV-2026/0417 of the", 54),
        line("operator amounts to 1,234.50 euros.", 68, 250),
    )
)
ADDRESS = Block((line("Northwind Traders", 200, 120), line("12 Harbour Road", 214, 110)))
FIGURES = table(("Item", "Cost"), ("Intake pipe", "4,000"), ("Total", "5,210"))
PAGE = PageResult(
    0,
    500,
    700,
    72,
    "test",
    (Block((line("Annual report", 10, 200),), BlockType.HEADING, 1), PARAGRAPH, FIGURES, ADDRESS),
    language="en",
)
DOCUMENT = Document((PAGE,))


def translated(server: Server, page: PageResult = PAGE) -> PageTranslation:
    return pages.translated(page, "en", "es", server.libretranslate, time.monotonic() + SOON)


def said_by(*outcomes: Says | Fails, page: PageResult = PAGE) -> PageTranslation:
    with libretranslate(*outcomes) as server:
        return translated(server, page)


def test_a_paragraph_is_one_text_an_address_is_its_lines_and_a_cell_is_one() -> None:
    heading, paragraph, cells, address = units.of_page(PAGE)

    assert heading == ["Annual report"]
    assert paragraph == [
        "The lake is monitored by eleven buoys that send their readings every hour, and the invoice INV-2026/0417 of the "
        "operator amounts to 1,234.50 euros."
    ]
    assert cells == ["Item", "Cost", "Intake pipe", "4,000", "Total", "5,210"]
    assert address == ["Northwind Traders\n12 Harbour Road"]


def test_formulas_and_figures_without_text_have_nothing_to_translate() -> None:
    formula = Block((line("a^2 + b^2", 10),), BlockType.FORMULA, source=Source.VLM)
    picture = Block((), BlockType.FIGURE, area=Box(0, 0, 9, 9))
    page = PageResult(0, 10, 10, 72, "test", (formula, picture))

    assert [block.status for block in said_by(page=page).blocks] == [Status.KEPT, Status.KEPT]
    assert said_by(page=page).blocks[0].text == "a^2 + b^2"


def test_every_block_comes_back_in_its_place_with_its_numbers_codes_and_cells() -> None:
    made = said_by(pseudo)

    heading, paragraph, cells, address = made.blocks
    assert [block.status for block in made.blocks] == [Status.TRANSLATED] * 4
    assert heading.text == "Annualo reporto"
    assert "INV-2026/0417" in paragraph.text
    assert "1,234.50" in paragraph.text
    assert "\n" not in paragraph.text
    assert cells.table is not None
    assert [cell.text for cell in cells.table.cells] == ["Itemo", "Costo", "Intakeo pipeo", "4,000", "Totalo", "5,210"]
    assert cells.text == "Itemo  Costo\nIntakeo pipeo  4,000\nTotalo  5,210"
    assert address.text == "Northwindo Traderso\n12 Harbouro Roado"
    assert (made.provider, made.source) == ("libretranslate", "en")


def test_what_has_no_words_is_not_sent_and_the_same_words_once() -> None:
    with libretranslate() as server:
        translated(server, PageResult(0, 500, 700, 72, "test", (table(("Total", "5,210"), ("Total", "Total")),)))
        assert server.texts() == ["Total"]


def test_a_changed_number_is_asked_for_once_more_and_then_withheld_never_shown_in_the_source() -> None:
    with libretranslate(changes_numbers) as server:
        made = translated(server)
        sent = server.texts()

    heading, paragraph, cells, address = made.blocks
    assert (paragraph.status, paragraph.text) == (Status.WITHHELD, "")
    assert (address.status, address.text) == (Status.WITHHELD, "")
    assert heading.status is Status.TRANSLATED
    assert cells.status is Status.TRANSLATED, "its numbers were not sent"
    assert [sent.count(units.of_page(PAGE)[place][0]) for place in (0, 1)] == [1, 2]


def test_what_fails_once_and_comes_back_right_is_shown() -> None:
    assert [block.status for block in said_by(changes_numbers, pseudo).blocks] == [Status.TRANSLATED] * 4


@pytest.mark.parametrize("lie", [echo, drops])
def test_a_page_that_comes_back_unchanged_or_not_at_all_is_withheld(lie: Says) -> None:
    made = said_by(lie)

    assert [block.status for block in made.blocks] == [Status.WITHHELD] * 4
    assert [block.text for block in made.blocks] == ["", "", "\n4,000\n5,210", ""]


def test_a_name_that_comes_back_unchanged_is_kept_and_said_so() -> None:
    made = said_by(lambda text: text if "Northwind" in text and "Road" not in text else pseudo(text), page=names())

    assert [(block.status, block.text) for block in made.blocks] == [
        (Status.KEPT, "Northwind Traders"),
        (Status.TRANSLATED, pseudo("has paid for the harbour road")),
    ]


def names() -> PageResult:
    texts = ("Northwind Traders", "has paid for the harbour road")
    return PageResult(0, 500, 700, 72, "test", tuple(Block((line(text, y * 40.0),)) for y, text in enumerate(texts)))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("The total is 1,234.50 euros", "El total es de 1.234,50 euros"),
        ("The total is 12,000 euros", "Le total est de 12 000 euros"),
        ("On 3 March 2026 we met", "我们于2026年3月3日见面"),
        ("The price is 25 dollars", "السعر ٢٥ دولارا"),
        ("Write to info@acme.example, or see https://acme.example/a?b=1.", "Escriba a info@acme.example o vea https://acme.example/a?b=1."),
        ("Invoice INV-2026/0417 is due", "La factura INV-2026/0417 vence"),
        ("On the 3rd floor at 10AM", "En el piso 3 a las 10 horas"),
        ("See table A4 on page two", "Véase la tabla A4 en la página 2"),
        ("二〇二六年に完成した橋", "The bridge that was finished in 2026"),
        ("第12号 中华人民共和国", "No. 12, People's Republic of China"),
    ],
)  # fmt: skip
def test_what_a_translator_rightly_does_passes(text: str, said: str) -> None:
    assert checks.judge(text, said) is Status.TRANSLATED


@pytest.mark.parametrize(
    ("text", "said"),
    [
        pytest.param("The total is 1,234.50 euros", "El total es de 1.234,05 euros", id="another number"),
        pytest.param("From 20 to 20 it rose", "Subió de 20", id="one of two equal numbers"),
        pytest.param("The total is 215 euros", "El total es de 215 euros, y 999 más", id="a number too much"),
        pytest.param("Invoice INV-0417 is due", "La factura FAC-0417 vence", id="another code"),
        pytest.param("Job 9f2c1b7e4a has ended", "El trabajo 9f2c1b7e4b ha terminado", id="another id"),
        pytest.param("Write to info@acme.example", "Escriba a info@otro.example", id="another address"),
        pytest.param("See https://acme.example/a today", "Vea https://evil.example/a hoy", id="another link"),
        pytest.param("The lake is monitored by buoys", "The lake is monitored by buoys", id="the source"),
        pytest.param("The lake is monitored by buoys", "the lake is monitored, by buoys!", id="the source, nearly"),
        pytest.param(
            "湖の水質は十一個の浮標で観測する", "湖の水質は十一個の浮標で観測する", id="the source, without spaces"
        ),
        pytest.param("The lake is monitored by buoys", "  ", id="nothing"),
        pytest.param("The lake is monitored by buoys. " * 10, "El lago.", id="a part"),
        pytest.param("The lake is monitored", "Ahora sigue otra cosa. " * 20, id="much more"),
    ],
)
def test_what_is_no_translation_of_it_is_not_shown(text: str, said: str) -> None:
    assert checks.judge(text, said) is None


@pytest.mark.parametrize("name", ["Northwind Traders", "東京都庁", "NASA", "Total"])
def test_a_name_may_come_back_as_it_was(name: str) -> None:
    assert checks.judge(name, name) is Status.KEPT


@pytest.mark.parametrize("piece", ["a.", "a", "a@", "a1-", "1,", "http://", "A1é", "a. "])
def test_texts_that_are_made_to_be_slow_are_judged_at_once(piece: str) -> None:
    """A page of 200,000 letters; what looks through them once for each takes minutes."""
    text = piece * (200_000 // len(piece))

    checks.has_words(text)
    checks.judge(text, text[:-1])
    assert "".join(cutting.cut(text, 2000)) == text


@pytest.mark.parametrize("text", ["4,000", "12.03.2026", "INV-2026/0417", "info@acme.example", "—", "$ 12.50", ""])
def test_what_is_the_same_in_every_language_has_no_words(text: str) -> None:
    assert not checks.has_words(text)


@given(st.text(alphabet=st.sampled_from("ab.!? \n水。ب"), max_size=400), st.integers(4, 60))
def test_a_long_text_is_cut_into_parts_that_fit_and_are_together_the_text(text: str, most: int) -> None:
    parts = cutting.cut(text, most)

    assert "".join(parts) == text
    assert all(cutting.size(part) <= most for part in parts)


def test_a_long_text_is_cut_between_sentences_and_put_together_again() -> None:
    sentences = [f"This is sentence number {number} of the report." for number in range(300)]
    page = PageResult(0, 500, 700, 72, "test", (Block((line(" ".join(sentences), 10),)),))

    with libretranslate() as server:
        (block,) = translated(server, page).blocks
        sent = server.texts()

    assert block.text == " ".join(map(pseudo, sentences))
    assert len(sent) > 1
    assert all(len(text.encode()) <= LibreTranslate.most_bytes for text in sent)
    assert all(text.rstrip().endswith(".") for text in sent)


def test_parts_of_a_script_without_spaces_are_joined_without() -> None:
    assert cutting.joined(["One. ", "Two."], ["一。", "二。"]) == "一。二。"
    assert cutting.joined(["一。", "二。"], ["One.", "Two."]) == "One. Two."
    assert cutting.joined(["One.\n", "Two."], ["Uno.", "Dos."]) == "Uno.\nDos."


def test_a_translation_is_the_same_after_it_was_stored() -> None:
    for made in (said_by(pseudo), said_by(changes_numbers), pages.kept(PAGE, "en")):
        assert codec.page_from_json(codec.page_to_json(PAGE, made)) == made
    failed = pages.without(PAGE, None, Problem(FAILED, "why"))
    assert codec.page_from_json(codec.page_to_json(PAGE, failed)) == failed


def rebuilt(*outcomes: Says) -> Document:
    return rebuilding.document(DOCUMENT, Translation("es", (said_by(*outcomes),)))


def test_exports_of_the_translation_have_its_words_where_the_original_has_its_own() -> None:
    document = rebuilt(pseudo)

    written = markdown.document(document)
    assert written.startswith("# Annualo reporto\n\n")
    assert "| Intakeo pipeo | 4,000 |" in written
    assert "Intake pipe" in markdown.document(DOCUMENT)
    assert 'Intakeo pipeo,"4,000"' in csv.write(document).decode("utf-8-sig")
    assert [block.box for block in document.pages[0].blocks] == [block.box for block in PAGE.blocks]
    assert [line.text for line in document.pages[0].blocks[3].lines] == ["Northwindo Traderso", "12 Harbouro Roado"]
    assert [line.box for line in document.pages[0].blocks[3].lines] == [line.box for line in ADDRESS.lines]
    assert document.pages[0].language == "es"
    into_chinese = rebuilding.document(DOCUMENT, Translation("ch", (said_by(pseudo),)))
    assert into_chinese.pages[0].language == "zh"


def test_what_is_withheld_is_marked_and_the_source_is_nowhere() -> None:
    document = rebuilt(echo)

    assert document.text.count(rebuilding.NOT_TRANSLATED) == 7  # three blocks, four cells
    for word in ("Annual", "lake", "Intake", "Northwind", "Total"):
        assert word not in document.text
        assert word not in markdown.document(document)


def test_a_page_that_could_not_be_translated_says_so_and_one_that_could_not_be_read_says_that() -> None:
    unread = PageResult.failed(1, "page_unreadable")
    made = Translation("es", (pages.without(PAGE, "en", Problem(FAILED, "why")), PageTranslation(1, None)))

    document = rebuilding.document(Document((PAGE, unread)), made)

    assert [page.text for page in document.pages] == [rebuilding.NOT_TRANSLATED, ""]
    assert document.pages[1].error == "page_unreadable"
    assert (made.problem, made.is_empty) == (Problem(FAILED, "why"), True)


def test_a_page_in_the_language_already_is_kept_and_the_document_says_it_was_skipped() -> None:
    made = Translation("en", (pages.kept(PAGE, "en"),))

    assert (made.skipped, made.problem, made.provider) == ("same_language", None, None)
    assert {block.status for block in made.pages[0].blocks} == {Status.KEPT}
    assert rebuilding.document(DOCUMENT, made).text == DOCUMENT.text


def test_the_language_of_a_page_is_that_which_was_asked_for_or_its_own_or_that_of_most() -> None:
    unknown = PageResult(1, 1, 1, 72, "test", (Block((line("Total", 1),)),))
    document = Document((PAGE, unknown, PageResult(2, 1, 1, 72, "test", (ADDRESS,), language="zh")))

    main = pairs.main_language(document, "auto")
    assert [pairs.source_of(page, main, "auto") for page in document.pages] == ["en", "en", "ch"]
    assert [pairs.source_of(page, main, "fr") for page in document.pages] == ["fr", "fr", "fr"]
    assert pairs.main_language(document, "fr") == "fr"
    assert pairs.main_language(Document((unknown,)), "auto") is None


def test_a_pair_that_cannot_be_had_is_refused_with_what_can_and_what_to_configure() -> None:
    with libretranslate(languages=["en", "es", "de"]) as server:
        server.targets = {"de": ["en"]}
        some = [server.libretranslate]
        pairs.check(some, "auto", "es")
        pairs.check(some, "en", "es")
        pairs.check(some, "es", "es")
        for language, target, available in (
            ("auto", "ja", ["de", "en", "es"]),
            ("de", "es", ["en"]),
            ("ja", "en", []),
        ):
            with pytest.raises(
                TranslationUnavailable, match=f"{', '.join(available) or 'nothing'}.*translate_model"
            ) as refused:
                pairs.check(some, language, target)
            assert refused.value.members == {"available": available}
    with pytest.raises(TranslationUnavailable, match="translate_provider"):
        pairs.check((), "auto", "es")


def test_libretranslate_is_told_its_own_codes_and_answers_in_ours() -> None:
    with libretranslate(languages=["en", "zh", "zt", "nb"]) as server:
        known = server.libretranslate.pairs()
        server.libretranslate.translate(["Hello there"], "en", "ch", time.monotonic() + SOON)
        body = server.requests[-1][1]

    assert known["en"] == {"ch", "no"}
    assert (body["source"], body["target"], body["q"]) == ("en", "zh", ["Hello there"])
    assert "api_key" not in body


def test_languages_are_asked_for_once() -> None:
    with libretranslate() as server:
        translator = server.libretranslate
        for _ in range(3):
            translator.pairs()
        assert [operation for operation, _ in server.requests] == ["languages"]


def test_an_api_key_is_sent_with_what_is_translated() -> None:
    with libretranslate() as server:
        LibreTranslate(server.url + "/", " secret\n").translate(["Hello"], "en", "es", time.monotonic() + SOON)
        assert server.requests[-1][1]["api_key"] == "secret"


def test_texts_go_in_requests_of_a_size_that_servers_take() -> None:
    texts = [f"{'word ' * 100}number {number}" for number in range(60)]
    with libretranslate() as server:
        said = server.libretranslate.translate(texts, "en", "es", time.monotonic() + SOON)
        sizes = [sum(map(len, body["q"])) for operation, body in server.requests if operation == "translate"]

    assert said == [pseudo(text).strip() for text in texts]
    assert max(sizes) <= LibreTranslate.most_bytes


@pytest.mark.parametrize(
    ("outcome", "error"),
    [
        (Fails(429, "slow down"), Unavailable),
        (Fails(500, "broken"), Unavailable),
        (Fails(403, "wrong key"), NotTranslated),
        (Fails(400, "en is not supported"), NotTranslated),
    ],
)
def test_what_may_help_later_and_what_never_will(outcome: Fails, error: type[Exception]) -> None:
    with libretranslate(outcome) as server:
        translator = server.libretranslate
        with pytest.raises(error):
            translator.translate(["Hello"], "en", "es", time.monotonic() + SOON)


def test_a_server_that_is_none_is_told_from_one_that_is_not_there() -> None:
    with pytest.raises(Unavailable):
        LibreTranslate("http://127.0.0.1:9").pairs()
    with pytest.raises(NotTranslated, match="translate_url"):
        LibreTranslate("htp://nowhere").pairs()


def test_behind_the_deadline_no_request_begins() -> None:
    with libretranslate() as server:
        translator = server.libretranslate
        with pytest.raises(Unavailable):
            translator.translate(["Hello"], "en", "es", time.monotonic() - 1)
        assert all(operation == "languages" for operation, _ in server.requests)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Our 5-Year Plan", "Nuestro plan a 5 años"),
        ("24-Hour Service", "Servicio de 24 horas"),
        ("Die Covid-19-Pandemie hat alles verändert", "The Covid-19 pandemic has changed everything"),
        ("Call 0171-555-0199 now", "Llame ahora al 0171 555 0199"),
        ("Frost of -40 degrees", "Helada de –40 grados"),
    ],
)
def test_words_with_numbers_are_translated_and_numbers_may_be_parted_otherwise(text: str, said: str) -> None:
    assert checks.has_words(text)
    assert checks.judge(text, said) is Status.TRANSLATED


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("The customer agrees to all of these terms", "Translation: The customer agrees to all of these terms"),
        ("The customer agrees to all of these terms", "El cliente. The customer agrees to all of these terms!"),
        ("本合同自双方签字盖章之日起生效", "翻译：本合同自双方签字盖章之日起生效"),
        ("Account number 00420042 is closed", "La cuenta 420042 está cerrada"),
        ("Call 0171-555-0199 now", "Llame al 171-555-0199 ahora"),
        ("Frost of -40 degrees", "Helada de 40 grados"),
        ("Discount -$40", "Descuento 40 $"),
    ],
)
def test_the_source_with_something_around_it_and_a_lost_zero_or_minus_are_no_translation(text: str, said: str) -> None:
    assert checks.judge(text, said) is None


def test_an_answer_that_is_not_encoded_as_it_says_is_none() -> None:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Encoding", "gzip")
            self.send_header("Content-Length", "4")
            self.end_headers()
            self.wfile.write(b"[{}]")

        def log_message(self, *_: object) -> None:
            pass

    with listening(Handler) as port, pytest.raises(NotTranslated, match="not encoded"):
        LibreTranslate(f"http://127.0.0.1:{port}").pairs()
