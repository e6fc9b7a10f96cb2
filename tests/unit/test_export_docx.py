from __future__ import annotations

import io
import time
import zipfile
from typing import Any

import docx as word
import pytest
from docx.oxml.ns import qn

from ocrchat.export import docx
from ocrchat.model import Block, BlockType, Box, Cell, Document, Line, PageResult
from tests.documents import SALES, table_of

WIDTH, HEIGHT, DPI = 1654, 2339, 200.0


def block(type_: BlockType, *lines: str, level: int = 0) -> Block:
    """Lines of one width from the left margin, full where they are long."""
    return Block(
        tuple(Line(text, Box(100, 30 * i, 100 + 14 * len(text), 30 * i + 25)) for i, text in enumerate(lines)),
        type_,
        level,
    )


def page(
    index: int, *blocks: Block, width: int = WIDTH, height: int = HEIGHT, language: str | None = None
) -> PageResult:
    return PageResult(index, width, height, DPI, "test", blocks, language=language)


def written(*pages: PageResult) -> Any:
    return word.Document(io.BytesIO(docx.write(Document(pages))))


def texts(document: Any) -> list[str]:
    return [paragraph.text for paragraph in document.paragraphs if paragraph.text]


def test_headings_captions_and_running_heads_have_their_styles() -> None:
    document = written(
        page(
            0,
            block(BlockType.HEADER, "Annual report"),
            block(BlockType.HEADING, "Results", level=2),
            block(BlockType.TEXT, "Sales grew."),
            block(BlockType.CAPTION, "Figure 1: Sales"),
            block(BlockType.FOOTNOTE, "1 Unaudited."),
            block(BlockType.FOOTER, "7"),
        )
    )

    assert [(p.style.name, p.text) for p in document.paragraphs] == [
        ("Page Head", "Annual report"),
        ("Heading 2", "Results"),
        ("Normal", "Sales grew."),
        ("Caption", "Figure 1: Sales"),
        ("Page Note", "1 Unaudited."),
        ("Page Foot", "7"),
    ]


def test_footnotes_of_a_column_come_behind_the_text_of_the_page_and_before_its_feet() -> None:
    document = written(
        page(
            0,
            block(BlockType.TEXT, "Left column"),
            block(BlockType.FOOTNOTE, "1 Of the left"),
            table_of(Cell(0, 0, "x")),
            block(BlockType.TEXT, "Right column"),
            block(BlockType.FOOTNOTE, "2 Of the right"),
            block(BlockType.FOOTER, "7"),
        )
    )

    assert texts(document) == ["Left column", "Right column", "1 Of the left", "2 Of the right", "7"]
    assert document.tables[0].cell(0, 0).text == "x"


def test_lines_of_a_paragraph_are_joined_and_those_of_an_address_are_kept() -> None:
    prose = block(
        BlockType.TEXT,
        "The committee has found that the meas-",
        "ures taken were sufficient and that no",
        "further action is needed at this point.",
    )

    document = written(page(0, prose, block(BlockType.TEXT, "Jane Roe", "12 High Street", "London")))

    assert texts(document) == [
        "The committee has found that the measures taken were sufficient and that no further action is needed at this point.",
        "Jane Roe\n12 High Street\nLondon",
    ]


def numbering(document: Any) -> list[tuple[str, int | None, str | None, int | None]]:
    """Text, level, kind and start of each paragraph."""
    definitions = document.part.numbering_part.element
    found = []
    for paragraph in document.paragraphs:
        properties = paragraph._p.pPr.numPr if paragraph._p.pPr is not None else None
        if properties is None:
            found.append((paragraph.text, None, None, None))
            continue
        number = definitions.num_having_numId(properties.numId.val)
        kind = next(
            each
            for each in definitions.iterchildren(qn("w:abstractNum"))
            if each.get(qn("w:abstractNumId")) == str(number.abstractNumId.val)
        )
        level = properties.ilvl.val
        start = number.find(f"{qn('w:lvlOverride')}/{qn('w:startOverride')}")
        form = kind.findall(qn("w:lvl"))[level]
        found.append(
            (
                paragraph.text,
                level,
                form.find(qn("w:lvlText")).get(qn("w:val")),
                int(start.get(qn("w:val"))) if start is not None else None,
            )
        )
    return found


def test_lists_are_numbered_by_word() -> None:
    items = ("1. One", "2. Two", "– Inner", "3. Three", "\uf0b7 Sign")
    blocks = [block(BlockType.LIST_ITEM, text, level=2 if text.startswith("–") else 1) for text in items]
    again = [
        block(BlockType.TEXT, "And then"),
        *(
            block(BlockType.LIST_ITEM, text, level=1)
            for text in ("7) Seven", "8) Eight", "(a) Other", "07. So", "٧. سبعة")
        ),
    ]

    found = numbering(written(page(0, *blocks, *again)))

    assert found == [
        ("One", 0, "%1.", 1),
        ("Two", 0, "%1.", 1),
        ("Inner", 1, "–", None),
        ("Three", 0, "%1.", 1),
        ("Sign", 0, "•", None),
        ("And then", None, None, None),
        ("Seven", 0, "%1)", 7),
        ("Eight", 0, "%1)", 7),
        *((text, None, None, None) for text in ("(a) Other", "07. So", "٧. سبعة")),
    ]


def test_a_new_list_begins_anew() -> None:
    first, second = (block(BlockType.LIST_ITEM, f"1. {text}", level=1) for text in ("One", "Uno"))
    document = written(page(0, first, block(BlockType.TEXT, "Text"), second))

    ids = [p._p.pPr.numPr.numId.val for p in document.paragraphs if p._p.pPr is not None and p._p.pPr.numPr is not None]
    assert len(set(ids)) == 2


def test_many_lists_are_written_quickly() -> None:
    items = [block(BlockType.LIST_ITEM, f"{i * 2 % 900}. x", level=1) for i in range(3000)]
    started = time.process_time()

    document = written(page(0, *items))

    assert time.process_time() - started < 2
    ids = [p._p.pPr.numPr.numId.val for p in document.paragraphs]
    assert len(set(ids)) == 3000


def test_a_table_has_its_spans_and_repeats_its_header() -> None:
    document = written(
        page(
            0,
            SALES,
        )
    )

    (made,) = document.tables
    assert [[cell.text for cell in row.cells] for row in made.rows] == [
        ["Region", "Sales", "Sales"],
        ["Region", "2023", "2024"],
        ["North", "5", "7"],
    ]
    assert made.cell(0, 0)._tc is made.cell(1, 0)._tc
    heads = [row._tr.trPr is not None and row._tr.trPr.find(qn("w:tblHeader")) is not None for row in made.rows]
    assert heads == [True, True, False]


def test_columns_are_as_wide_as_they_were() -> None:
    narrow, wide = Box(0, 0, 100, 20), Box(110, 0, 500, 20)
    document = written(
        page(0, table_of(Cell(0, 0, "a", box=narrow), Cell(0, 1, "b", box=wide))),
        page(
            1,
            block(BlockType.TEXT, "Text"),
            table_of(Cell(0, 0, "Donaudampfschifffahrtsgesellschaft", box=narrow), Cell(0, 1, "b", box=wide)),
        ),
    )

    (first, second), (longer, shorter) = ([column.width for column in each.columns] for each in document.tables)
    assert second > 3 * first
    assert longer > 1.3 * first, "a word is not broken"
    assert abs(first + second - longer - shorter) < 20 * 635, "twenty twentieths of a point"


def test_tables_one_behind_the_other_stay_two() -> None:
    document = written(page(0, table_of(Cell(0, 0, "a")), table_of(Cell(0, 0, "b"))))

    tags = [child.tag for child in document.element.body]
    assert tags == [qn(name) for name in ("w:tbl", "w:p", "w:tbl", "w:p", "w:sectPr")]


def breaks(document: Any) -> list[bool]:
    return [paragraph.paragraph_format.page_break_before is True for paragraph in document.paragraphs]


def test_each_page_begins_on_a_new_one_blank_and_failed_ones_too() -> None:
    text = block(BlockType.TEXT, "Text")
    figure = Block((), BlockType.FIGURE, area=Box(0, 0, 10, 10))
    document = written(
        page(0, text, text), page(1), PageResult.failed(2, "page_unreadable"), page(3, figure), page(4, text)
    )

    assert breaks(document) == [False, False, True, True, True, True]
    assert len(document.sections) == 1


def test_a_blank_page_before_one_of_another_size_has_a_paragraph_besides_the_one_that_ends_its_section() -> None:
    text = block(BlockType.TEXT, "Text")
    document = written(page(0, text), page(1), page(2, text, width=HEIGHT, height=WIDTH))

    ends = [p._p.pPr is not None and p._p.pPr.sectPr is not None for p in document.paragraphs]
    assert (breaks(document), ends) == ([False, True, False, False], [False, False, True, False])


def test_a_page_with_little_on_it_is_set_larger_than_one_with_much() -> None:
    def size(lines: int) -> float:
        some = block(BlockType.TEXT, *(["Words that a page is full of, again and again until its end"] * lines))
        points: float = (
            written(page(0, *[some] * 4)).styles.element.find(f".//{qn('w:rPrDefault')}//{qn('w:sz')}").val.pt
        )
        return points

    assert 8 <= size(50) < size(5) <= 11


def test_a_page_that_begins_with_a_table_begins_on_a_new_one() -> None:
    document = written(
        page(0, block(BlockType.TEXT, "Text")), page(1, table_of(Cell(0, 0, "a")), block(BlockType.TEXT, "b"))
    )

    assert breaks(document) == [False, True, False, False]


def test_pages_have_the_size_that_they_had() -> None:
    text = block(BlockType.TEXT, "Text")
    document = written(
        page(0, text),
        page(1, text, width=WIDTH + 9),
        page(2, text, width=HEIGHT, height=WIDTH),
        page(3, text, width=40_000, height=30_000),
    )

    sizes = [(round(s.page_width.inches, 1), round(s.page_height.inches, 1)) for s in document.sections]
    assert sizes == [(8.3, 11.7), (11.7, 8.3), (11.7, 8.8)]
    assert breaks(document) == [False, True, False, False]


def test_a_page_that_could_not_be_read_says_so() -> None:
    assert texts(written(page(0), PageResult.failed(1, "page_unreadable"))) == ["[Page 2 could not be read]"]


ARABIC = "يولد جميع الناس أحرارا متساوين"


def test_arabic_runs_from_right_to_left_and_stays_in_logical_order() -> None:
    document = written(page(0, block(BlockType.TEXT, ARABIC), table_of(Cell(0, 0, ARABIC)), language="ar"))

    paragraph = document.paragraphs[0]
    assert paragraph.text == ARABIC
    assert paragraph._p.pPr.find(qn("w:bidi")) is not None
    assert paragraph.runs[0].font.rtl is True
    assert document.tables[0]._tbl.tblPr.find(qn("w:bidiVisual")) is not None


def directions(paragraph: Any) -> list[tuple[str, bool]]:
    return [(run.text, run.font.rtl is True) for run in paragraph.runs]


def test_what_stands_in_arabic_text_but_runs_the_other_way_is_marked_so() -> None:
    (arabic, english) = written(
        page(0, block(BlockType.TEXT, "نسخة Word 2024 من"), block(BlockType.TEXT, "He said (مرحبا) to 5 of us"))
    ).paragraphs

    assert directions(arabic) == [("نسخة ", True), ("Word 2024", False), (" من", True)]
    assert directions(english) == [("He said (", False), ("مرحبا", True), (") to 5 of us", False)]
    assert english._p.pPr is None


def test_numbers_of_an_arabic_table_are_aligned_as_its_text() -> None:
    document = written(
        page(0, table_of(Cell(0, 0, ARABIC), Cell(0, 1, "12.50"), Cell(0, 2, "Only English words here")))
    )

    (cells,) = (row.cells for row in document.tables[0].rows)
    assert [cell.paragraphs[0]._p.pPr.find(qn("w:bidi")) is not None for cell in cells] == [True, True, False]


@pytest.mark.parametrize(
    ("text", "language", "kind", "font"),
    [
        ("人人生而自由", "zh", "eastAsia", "Microsoft YaHei"),
        ("人人生而自由", "chinese_cht", "eastAsia", "Microsoft JhengHei"),
        ("人人生而自由", "ja", "eastAsia", "Yu Gothic"),
        ("すべての人間は", None, "eastAsia", "Yu Gothic"),
        ("모든 인간은", "ko", "eastAsia", "Malgun Gothic"),
        ("सभी मनुष्यों को", "hi", "cs", "Nirmala UI"),
        ("มนุษย์ทั้งปวง", "th", "cs", "Leelawadee UI"),
        ("སྐྱེ་བོ", "bo", "cs", "Microsoft Himalaya"),
        ("Größe, Ελλάδα, мир, שלום, مرحبا", "de", "cs", None),
    ],
)
def test_a_script_that_the_usual_font_lacks_is_given_one_that_has_it(
    text: str, language: str | None, kind: str, font: str | None
) -> None:
    runs = written(page(0, block(BlockType.TEXT, text), language=language)).paragraphs[0].runs

    fonts = [run._r.find(f"{qn('w:rPr')}/{qn('w:rFonts')}") for run in runs]
    assert {None if each is None else each.get(qn(f"w:{kind}")) for each in fonts} == {font}


@pytest.mark.parametrize(
    ("language", "kind", "tag"),
    [
        ("zh", "eastAsia", "zh-CN"),
        ("ar", "bidi", "ar"),
        ("th", "bidi", "th"),
        ("de", "val", "de"),
        ("en", "val", "en-US"),
    ],
)
def test_word_is_told_the_language_of_the_page_and_of_most_of_the_document(language: str, kind: str, tag: str) -> None:
    text = block(BlockType.TEXT, "Text")
    document = written(*(page(i, text, language=language) for i in range(2)), page(2, text, language="fr"))

    usual = document.styles.element.find(f".//{qn('w:rPrDefault')}//{qn('w:lang')}")
    told = [p.runs[0]._r.rPr.find(qn("w:lang")) for p in document.paragraphs]
    assert usual.get(qn(f"w:{kind}")) == tag
    assert [each.get(qn(f"w:{kind}")) for each in told[:2]] == [tag, tag]
    assert told[2].get(qn("w:val")) == "fr"


def test_letters_of_arabic_are_as_large_and_bold_as_those_of_latin() -> None:
    heading = written(page(0, block(BlockType.HEADING, ARABIC, level=1))).styles["Heading 1"].element.rPr

    assert heading.find(qn("w:bCs")) is not None
    assert heading.find(qn("w:szCs")).get(qn("w:val")) == heading.find(qn("w:sz")).get(qn("w:val"))


def test_what_no_xml_can_hold_is_left_out_and_what_means_something_in_xml_is_text() -> None:
    document = written(page(0, block(BlockType.TEXT, "a\x00\x0b\ud800\ufffeb <w:p/> & ]]>")))

    assert texts(document) == ["ab <w:p/> & ]]>"]


def test_the_same_document_gives_the_same_bytes_which_say_nothing_that_nobody_knows() -> None:
    content = Document((page(0, block(BlockType.TEXT, "Text")),))
    data = docx.write(content)

    assert data == docx.write(content)
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        assert b"python-docx" not in package.read("docProps/core.xml")
        assert {entry.date_time[0] for entry in package.infolist()} == {1980}


def test_a_page_without_a_size_is_written_all_the_same() -> None:
    content = Document((PageResult(0, 0, 0, 0.0, "test", (block(BlockType.TEXT, "Text"),)),))

    assert texts(word.Document(io.BytesIO(docx.write(content)))) == ["Text"]


def test_a_document_without_pages_is_an_empty_file_that_opens() -> None:
    assert texts(written()) == []


def test_of_a_table_of_more_columns_than_word_opens_the_last_ones_become_one() -> None:
    document = written(page(0, table_of(*(Cell(0, column, str(column)) for column in range(200)))))

    (made,) = document.tables
    assert len(made.columns) == 63
    assert made.cell(0, 61).text == "61"
    assert made.cell(0, 62).text == " ".join(map(str, range(62, 200)))
