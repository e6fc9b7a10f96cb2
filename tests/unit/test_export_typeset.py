"""The re-typeset PDF, read back with PyMuPDF."""

from __future__ import annotations

import re

import pymupdf
import pytest

from ocrchat.export import direction, typeset
from ocrchat.languages import LANGUAGES
from ocrchat.model import Block, BlockType, Box, Cell, Document, Line, PageResult, Table

ARTICLE_1 = {
    "Arab": "يولد جميع الناس أحرارا متساوين في الكرامة والحقوق",
    "Armn": "Բոլոր մարդիկ ծնվում են ազատ ու հավասար",
    "Beng": "সমস্ত মানুষ স্বাধীনভাবে সমান মর্যাদা এবং অধিকার নিয়ে জন্মগ্রহণ করে",
    "Cans": "ᐃᓅᔪᓕᒫᑦ ᐊᓂᖅᑎᕆᔪᓕᒫᑦ ᐃᓅᓕᕋᒥᒃ",
    "Cher": "ᏂᎦᏓ ᎠᏂᏴᏫ ᏂᎨᎫᏓᎸᎾ ᎠᎴ ᎤᏂᏠᏱ",
    "Cyrl": "Все люди рождаются свободными и равными в своём достоинстве",
    "Deva": "सभी मनुष्यों को गौरव और अधिकारों के विषय में जन्मजात स्वतन्त्रता",
    "Ethi": "የሰው ልጅ ሁሉ ሲወለድ ነጻና በክብርና በመብትም እኩልነት ያለው ነው",
    "Geor": "ყველა ადამიანი იბადება თავისუფალი და თანასწორი",
    "Grek": "Όλοι οι άνθρωποι γεννιούνται ελεύθεροι και ίσοι",
    "Gujr": "પ્રતિષ્ઠા અને અધિકારોની દૃષ્ટિએ સર્વ માનવો જન્મથી સ્વતંત્ર",
    "Guru": "ਸਾਰਾ ਮਨੁੱਖੀ ਪਰਿਵਾਰ ਆਪਣੀ ਮਹਿਮਾ ਸ਼ਾਨ ਅਤੇ ਹੱਕਾਂ ਦੇ ਪੱਖੋਂ",
    "Hang": "모든 인간은 태어날 때부터 자유로우며 존엄과 권리에 있어 동등하다",
    "Hans": "人人生而自由,在尊严和权利上一律平等",
    "Hant": "人人生而自由﹐在尊嚴和權利上一律平等",
    "Hebr": "כל בני האדם נולדו בני חורין ושווים בערכם ובזכויותיהם",
    "Jpan": "すべての人間は、生まれながらにして自由であり",
    "Khmr": "មនុស្សទាំងអស់ កើតមកមានសេរីភាព និងសមភាព",
    "Knda": "ಎಲ್ಲಾ ಮಾನವರೂ ಸ್ವತಂತ್ರರಾಗಿಯೇ ಜನಿಸಿದ್ದಾರೆ",
    "Laoo": "ມະນຸດທຸກຄົນເກີດມາມີກຽດສັກສີ",
    "Latn": "Všichni lidé rodí se svobodní a sobě rovní Mọi người sinh ra đều được tự do",
    "Mlym": "മനുഷ്യരെല്ലാവരും തുല്യാവകാശങ്ങളോടും അന്തസ്സോടും",
    "Mymr": "လူတိုင်းသည် တူညီ လွတ်လပ်သော ဂုဏ်သိက္ခာဖြင့်",
    "Orya": "ସବୁ ମନୁଷ୍ୟ ଜନ୍ମକାଳରୁ ସ୍ୱାଧୀନ ଏବଂ ମର୍ଯ୍ୟାଦା",
    "Sinh": "සියලු මනුෂ්‍යයෝ නිදහස්ව උපත ලබා ඇත",
    "Syrc": "ܒܪܢܫܐ ܒܪܝܐ ܐܝܬܘܗܝ ܚܐܪܐ",
    "Taml": "மனிதப் பிறவியினர் சகலரும் சுதந்திரமாகவே பிறக்கின்றனர்",
    "Telu": "ప్రతిపత్తిస్వత్వముల విషయమున మానవులెల్లరును",
    "Thaa": "ހުރިހާ އިންސާނުން ވެސް އުފަންވަނީ",
    "Thai": "มนุษย์ทั้งหลายเกิดมามีอิสระและเสมอภาคกัน",
    "Tibt": "འགྲོ་བ་མིའི་རིགས་རྒྱུད་ཡོངས་ལ་སྐྱེས་ཙམ་ཉིད་ནས",
}


def line(text: str, y: float = 100.0, width: float = 700.0) -> Line:
    return Line(text, Box(50.0, y, 50.0 + width, y + 20.0))


def block(text: str, kind: BlockType = BlockType.TEXT, level: int = 0) -> Block:
    return Block((line(text),), kind, level)


def page(*blocks: Block, index: int = 0, width: int = 800, height: int = 1100) -> PageResult:
    return PageResult(index, width, height, 100.0, "test", blocks)


def table(rows: list[list[str]], headers: int = 0) -> Block:
    cells = tuple(
        Cell(i, j, text, is_header=i < headers) for i, texts in enumerate(rows) for j, text in enumerate(texts)
    )
    return Block((line("table"),), BlockType.TABLE, table=Table(len(rows), len(rows[0]), cells))


def opened(*pages: PageResult) -> pymupdf.Document:
    return pymupdf.open("pdf", typeset.write(Document(pages)))


def text_of(*blocks: Block) -> str:
    return str(opened(page(*blocks))[0].get_text())


def test_each_script_of_the_product_is_tried_here() -> None:
    assert {language.script for language in LANGUAGES} <= set(ARTICLE_1)


@pytest.mark.parametrize("script", ARTICLE_1)
def test_text_of_each_script_is_copied_as_it_was_read(script: str) -> None:
    copied = "".join(text_of(block(ARTICLE_1[script])).split())
    if script == "Thaa":
        copied = copied[::-1]  # MuPDF turns Arabic, Hebrew and Syriac around, but not Thaana; pdfium does
    assert copied == "".join(ARTICLE_1[script].split())


@pytest.mark.parametrize("script", ARTICLE_1)
def test_fonts_have_the_letters_of_each_script(script: str) -> None:
    from ocrchat.export.typeset.fonts import Fonts

    fonts = Fonts()
    assert [c for c in ARTICLE_1[script] if not fonts.face(c).has(c)] == []


def test_a_character_that_no_font_has_is_copied_all_the_same() -> None:
    assert "a\uf123b" in text_of(block("a\uf123b"))


def test_lines_of_a_paragraph_are_set_as_one() -> None:
    texts = ["The proliferation of disinformation has made automated fact-", "checking a crucial application of language pro-",
             "cessing, and so the goal is to find evidence and to make a", "verdict about it."]  # fmt: skip
    lines = tuple(line(text, 100 + 25 * i, 700 if i < 3 else 200) for i, text in enumerate(texts))
    assert "language processing, and" in " ".join(text_of(Block(lines)).split())


def test_a_page_begins_on_a_new_page_and_takes_as_many_as_it_needs() -> None:
    long = page(*(block(f"Paragraph number {i}") for i in range(100)))
    with opened(page(block("first")), long, page(), page(block("last"))) as pdf:
        texts = [page.get_text().strip() for page in pdf]
    assert texts[0] == "first"
    assert texts[1].startswith("Paragraph number 0")
    assert texts[-3].endswith("Paragraph number 99")
    assert texts[-2:] == ["", "last"]


def test_a_page_that_could_not_be_read_says_so() -> None:
    with opened(page(block("First")), PageResult.failed(1, "page_unreadable")) as document:
        assert document[1].get_text().strip() == "[Page 2 could not be read]"


def test_a_page_lies_or_stands_as_it_did() -> None:
    with opened(page(), page(width=1100, height=800)) as pdf:
        assert [(round(p.rect.width), round(p.rect.height)) for p in pdf] == [(595, 842), (842, 595)]


def test_headings_are_the_outline() -> None:
    first = page(block("One", BlockType.HEADING, 1), block("Deeper", BlockType.HEADING, 3))
    with opened(first, page(block("Zwei", BlockType.HEADING, 1), index=1)) as pdf:
        assert [(level, title, number) for level, title, number in pdf.get_toc()] == [
            (1, "One", 1),
            (2, "Deeper", 1),
            (1, "Zwei", 2),
        ]


def test_a_heading_is_larger_than_text_and_a_running_head_is_smaller_and_grey() -> None:
    kinds = (BlockType.HEADING, BlockType.TEXT, BlockType.HEADER)
    with opened(page(*(block(kind.value, kind, 1) for kind in kinds))) as pdf:
        spans = {
            s["text"].strip(): s for b in pdf[0].get_text("dict")["blocks"] for ln in b["lines"] for s in ln["spans"]
        }
    assert spans["heading"]["size"] > spans["text"]["size"] > spans["header"]["size"]
    assert spans["text"]["color"] == 0 != spans["header"]["color"]


def test_a_list_item_hangs_behind_its_mark() -> None:
    with opened(page(block("• " + "word " * 60, BlockType.LIST_ITEM, 1))) as pdf:
        words = pdf[0].get_text("words")
        lefts = [min(w[0] for w in words if w[5:7] == place) for place in dict.fromkeys(w[5:7] for w in words)]
    assert words[0][4] == "•"
    assert lefts[0] < lefts[1] == pytest.approx(words[1][0], abs=0.5)


def test_a_right_to_left_paragraph_is_set_on_the_right() -> None:
    with opened(page(block(ARTICLE_1["Hebr"]), block("left"))) as pdf:
        words = {word[4]: word for word in pdf[0].get_text("words")}
    assert words["כל"][2] > 500
    assert words["left"][0] < 100


def test_cells_stand_in_their_columns_and_rows_and_spans_are_as_wide_as_what_they_span() -> None:
    cells = (
        Cell(0, 0, "both", column_span=2, is_header=True),
        Cell(0, 2, "tall", row_span=2),
        Cell(1, 0, "a"),
        Cell(1, 1, "b"),
    )
    with opened(page(Block((line("x"),), BlockType.TABLE, table=Table(2, 3, cells)))) as pdf:
        frames = [d["rect"] for d in pdf[0].get_drawings()]
        words = {word[4]: word for word in pdf[0].get_text("words")}
    both, tall, a, b = (
        next(f for f in frames if f.contains(pymupdf.Point(words[text][:2]))) for text in ("both", "tall", "a", "b")
    )
    assert both.width == pytest.approx(a.width + b.width, abs=0.1)
    assert tall.height == pytest.approx(both.height + a.height, abs=0.1)
    assert (b.x0, a.y0, tall.x0) == pytest.approx((a.x1, both.y1, both.x1), abs=0.1)


def test_what_stands_in_a_column_of_numbers_ends_where_they_end_and_words_begin_on_the_left() -> None:
    rows = [
        ["Name", "Sum"],
        ["first", "1,234.50"],
        ["2nd", "△747"],
        ["third", "5.3**"],
        ["fourth", "—"],
        ["last", "none"],
    ]
    with opened(page(table(rows, headers=1))) as pdf:
        places = {word[4]: word for word in pdf[0].get_text("words")}
    assert [places[text][2] for text in ("Sum", "△747", "5.3**", "—")] == pytest.approx(
        [places["1,234.50"][2]] * 4, abs=0.2
    )
    assert places["none"][0] < places["1,234.50"][0] + 1
    assert [places[text][0] for text in ("first", "2nd")] == pytest.approx([places["Name"][0]] * 2, abs=0.2)


def test_words_of_a_row_stand_on_one_line_whatever_their_script() -> None:
    with opened(page(table([["Latin", ARTICLE_1["Tibt"], "△747"]]))) as pdf:
        spans = [s for b in pdf[0].get_text("dict")["blocks"] for ln in b["lines"] for s in ln["spans"]]
    assert len(spans) == 3
    assert len({round(span["origin"][1], 1) for span in spans}) == 1


def test_header_rows_are_seen_on_each_page_of_a_long_table_but_copied_once() -> None:
    rows = [["Name", "Amount"], *([f"item {i}", f"{i}.00"] for i in range(150))]
    with opened(page(table(rows, headers=1))) as pdf:
        assert pdf.page_count > 2
        assert "".join(p.get_text() for p in pdf).split().count("Amount") == 1
        filled = [sum(d["type"] == "fs" for d in p.get_drawings()) for p in pdf]
    assert filled == [2] * len(filled)


def test_a_table_with_more_columns_than_fit_is_written_row_by_row() -> None:
    rows = [[f"{i}.{j}" for j in range(300)] for i in range(2)]
    with opened(page(table(rows))) as pdf:
        words = "".join(p.get_text() for p in pdf).split()
    assert words == [text for row in rows for text in row]


def test_a_cell_that_is_longer_than_a_page_goes_on() -> None:
    with opened(page(table([["word " * 5000, "b"]]))) as pdf:
        assert "".join(p.get_text() for p in pdf).split() == ["word"] * 5000 + ["b"]


@pytest.mark.parametrize("text", ["a" * 20_000, "ภาษา" * 5000, "مرحبا" * 4000, "a" + "\u0301" * 5000, "क्" * 5000])
def test_text_without_a_space_is_broken_where_the_line_ends(text: str) -> None:
    with opened(page(block(text))) as pdf:
        right = max(word[2] for p in pdf for word in p.get_text("words"))
        assert "".join("".join(p.get_text() for p in pdf).split()) == text
    assert right < 595 or text[1] == "\u0301"


def test_what_is_no_character_breaks_nothing() -> None:
    assert "xyz" in text_of(block("x\x00\x07y\ud800\ufffez\x1b"))


def test_the_same_document_gives_the_same_bytes() -> None:
    document = Document((page(*(block(text) for text in ARTICLE_1.values()), table([["a", "b"]], headers=1)),))
    assert typeset.write(document) == typeset.write(document)


def test_only_the_letters_that_occur_are_embedded() -> None:
    assert len(typeset.write(Document((page(block(ARTICLE_1["Hans"])),)))) < 20_000


@pytest.mark.parametrize(
    ("text", "leftwards", "expected"),
    [
        ("abc", False, ()),
        ("אב 12", True, (1, 1, 1, 2, 2)),
        ("אב-ג, d", True, (1, 1, 1, 1, 1, 1, 2)),
        ("a (אב) c", False, (0, 0, 0, 1, 1, 0, 0, 0)),
        ("a אב 1,5 c", False, (0, 0, 1, 1, 1, 2, 2, 2, 0, 0)),
        ("مر 1,5", True, (1, 1, 1, 2, 2, 2)),
    ],
)
def test_directions_are_those_of_the_bidirectional_algorithm(
    text: str, leftwards: bool, expected: tuple[int, ...]
) -> None:
    assert direction.levels(text, leftwards) == expected


def test_runs_are_reordered_as_they_are_seen() -> None:
    assert direction.visual([0, 1, 2, 1, 0]) == [0, 3, 2, 1, 4]


def structure_of(*blocks: Block) -> str:
    """The structure tree as nested types: "Document(Sect(P))"."""
    pdf = opened(page(*blocks))

    def told(xref: int) -> str:
        text = pdf.xref_object(xref, compressed=True)
        kids = re.search(r"/K\[(.*)\]", text)
        below = re.findall(r"(\d+) 0 R", re.sub("<<.*?>>", "", kids[1])) if kids else []
        attributes = "".join(re.findall(r"/(?:Col|Row)Span \d+", text))
        inside = ",".join(told(int(kid)) for kid in below)
        return re.search(r"/S/(\w+)", text)[1] + attributes + (f"({inside})" if inside else "")  # type: ignore[index]

    root = int(pdf.xref_get_key(pdf.pdf_catalog(), "StructTreeRoot/K")[1].split()[0])
    return told(root)


def test_blocks_are_tagged_as_what_they_are() -> None:
    kinds = (BlockType.HEADING, BlockType.TEXT, BlockType.CAPTION)
    assert structure_of(*(block("text", kind, 2) for kind in kinds)) == "Document(Sect(H2,P,Caption))"


def test_a_deeper_list_is_tagged_within_the_item_above_it() -> None:
    items = [block(f"{i}. text", BlockType.LIST_ITEM, level) for i, level in enumerate((1, 2, 2, 1))]
    inner = "L(LI(LBody),LI(LBody))"
    assert structure_of(*items) == f"Document(Sect(L(LI(LBody,{inner}),LI(LBody))))"
    assert structure_of(items[0], block("between"), items[0]).count("L(") == 2


def test_cells_are_tagged_in_their_rows_with_their_spans() -> None:
    cells = (Cell(0, 0, "both", column_span=2, is_header=True), Cell(1, 0, "a"), Cell(1, 1, "b"))
    found = structure_of(Block((line("x"),), BlockType.TABLE, table=Table(2, 2, cells)))
    assert found == "Document(Sect(Table(TR(TH/ColSpan 2),TR(TD,TD))))"


def test_a_header_row_that_is_seen_again_is_tagged_once() -> None:
    rows = [["Name", "Amount"], *([f"item {i}", f"{i}.00"] for i in range(150))]
    assert structure_of(table(rows, headers=1)).count("TH") == 2


def test_everything_on_a_page_is_content_with_a_tag_or_an_ornament() -> None:
    rows = [["Name", "Amount"], *([f"item {i}", f"{i}.00"] for i in range(150))]
    note = block("1 note", BlockType.FOOTNOTE)
    with opened(page(table(rows, headers=1), block(ARTICLE_1["Hebr"]), note)) as pdf:
        for each in pdf:
            depth = 0
            for operators in each.read_contents().decode("ascii").splitlines():
                depth += operators.count("BDC") + operators.count("BMC")
                assert depth or not re.search(r"\b(?:TJ|S|f)\b", operators)
                depth -= operators.count("EMC")
            assert depth == 0


def test_right_to_left_text_is_read_out_in_its_order() -> None:
    with opened(page(block(ARTICLE_1["Hebr"]))) as pdf:
        spoken = [pdf.xref_get_key(xref, "ActualText")[1] for xref in range(1, pdf.xref_length())]
    assert [text.strip() for text in spoken if text != "null"] == [ARTICLE_1["Hebr"]]
