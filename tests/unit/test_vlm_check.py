"""A model's answer beside what OCR has read: what is believed, what is flagged, what is added."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import count

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ocrchat import codec
from ocrchat.model import Block, BlockType, Box, ConfidenceSource, Line, PageResult, Source, Word
from ocrchat.vlm.answer import Answer, Region, box_of
from ocrchat.vlm.check import (
    CHART_VALUES,
    INK,
    MISSED_TEXT,
    UNSUPPORTED_TEXT,
    UNVERIFIED_TEXT,
    Checked,
    Log,
    check,
)

WIDTH, HEIGHT = 1654, 2339
SURE = 0.97

MOUNTAIN = (
    "The observatory stands on a ridge above the valley, where the",
    "nights are dry and the wind comes from the west. Its first dome",
    "was built in 1931, the second after the war; both are still used",
    "by students of the university, who come up on Thursdays in July.",
)
RAIN = (
    "Rain gauges are read every morning at seven. Seventeen of them",
    "were lost in the flood of 1954 and replaced by a newer kind that",
    "empties itself, but nobody wrote down how much the old ones held.",
)
INVENTED = (
    "Shareholders approved the quarterly dividend without discussion, and the chairman thanked all employees "
    "for an exceptional result in difficult markets."
)


def line(text: str, x: float, y: float, confidence: float = SURE) -> Line:
    """Words in a font of twelve pixels a character."""
    words, position = [], 0
    for word in text.split():
        position = text.index(word, position)
        end = position + len(word)
        words.append(Word(word, Box(x + 12 * position, y, x + 12 * end, y + 26), confidence))
        position = end
    return Line(text, Box(x, y, x + 12 * len(text), y + 26), confidence, tuple(words))


def block(
    texts: Sequence[str], x: float, y: float, type_: BlockType = BlockType.TEXT, confidence: float = SURE
) -> Block:
    return Block(tuple(line(text, x, y + 34 * row, confidence) for row, text in enumerate(texts)), type_)


def page(*blocks: Block) -> PageResult:
    return PageResult(0, WIDTH, HEIGHT, 200.0, "ocr", blocks)


def at(box: Box) -> Box:
    return box_of(box.x0 * 1000 / WIDTH, box.y0 * 1000 / HEIGHT, box.x1 * 1000 / WIDTH, box.y1 * 1000 / HEIGHT)


def region(text: str, box: Box | None, label: str = "text") -> Region:
    return Region(label, text, at(box) if box else None)


def said(some: Block, label: str = "text") -> Region:
    """A block as a model reads it: one paragraph."""
    return region(" ".join(each.text for each in some.lines), some.box, label)


def checked(
    seen: PageResult, *regions: Region, ink: Callable[[Box], float] = lambda _: 0.1, logprob: float | None = None
) -> Checked:
    starts = count(0, 100)
    spans = tuple((start, start + 100) for start in (next(starts) for _ in regions))
    tokens = [("x" * 100, logprob) for _ in regions] if logprob is not None else []
    return check(Answer(regions, spans), Log.of(tokens), seen, ink, "vlm:m")


def texts(page: PageResult) -> list[str]:
    return [" ".join(each.text.split()) for each in page.blocks]


def flowing(some: Sequence[str]) -> str:
    return " ".join(some)


HEADING = block(["2 The station"], 150, 150, BlockType.HEADING)
FIRST = block(MOUNTAIN, 150, 240)
SECOND = block(RAIN, 150, 440)
FOOT = block(["7"], 800, 2250, BlockType.FOOTER)
PAGE = page(HEADING, FIRST, SECOND, FOOT)
RIGHT = (said(HEADING, "title"), said(FIRST), said(SECOND), said(FOOT, "page_number"))


def test_a_right_answer_is_supported_and_as_sure_as_ocr() -> None:
    found = checked(PAGE, *RIGHT)

    assert [each.support for each in found.page.blocks] == [1.0] * 4
    assert [each.confidence for each in found.page.blocks] == pytest.approx([SURE] * 4)
    assert {each.source for each in found.page.blocks} == {Source.VLM}
    assert {each.confidence_source for each in found.page.blocks} == {ConfidenceSource.AGREEMENT}
    assert [each.type.value for each in found.page.blocks] == ["heading", "text", "text", "footer"]
    assert (found.page.warnings, found.flaws, found.page.engine) == ((), (), "vlm:m")


def test_its_lines_are_those_of_ocr() -> None:
    assert checked(PAGE, *RIGHT).page.lines == PAGE.lines


def test_three_altered_words_cost_a_little() -> None:
    text = flowing(MOUNTAIN).replace("valley", "village").replace("west", "east").replace("1931", "1937")
    found = checked(PAGE, RIGHT[0], region(text, FIRST.box), *RIGHT[2:])

    altered = found.page.blocks[1]
    assert altered.support is not None
    assert 0.9 < altered.support < 0.98
    assert 0.87 < altered.confidence < 0.95
    assert " ".join(altered.text.split()) == text
    assert (found.page.warnings, found.flaws) == ((), ())


def test_a_word_that_ocr_has_not_read_makes_its_line_less_sure_than_the_others() -> None:
    text = flowing(MOUNTAIN).replace("university", "monastery")
    altered = checked(PAGE, RIGHT[0], region(text, FIRST.box), *RIGHT[2:]).page.blocks[1]

    words = {word.text: word.confidence for word in altered.lines[3].words}
    assert words["monastery,"] < 0.5
    assert {words[text] for text in ("students", "the", "Thursdays")} == {SURE}
    assert [each.confidence for each in altered.lines[:3]] == [SURE] * 3
    assert altered.lines[3].confidence < 0.9
    assert altered.lines[3].box == FIRST.lines[3].box


def test_an_invented_paragraph_in_a_blank_place_is_flagged() -> None:
    found = checked(PAGE, *RIGHT, region(INVENTED, Box(150, 1200, 1400, 1300)), ink=lambda box: 0.0)

    last = found.page.blocks[-1]
    assert (last.support, last.confidence, last.text) == (0.0, 0.0, INVENTED)
    assert found.page.warnings == (UNSUPPORTED_TEXT,)


def test_an_invented_paragraph_over_other_text_is_flagged_and_the_text_comes_back() -> None:
    found = checked(PAGE, RIGHT[0], region(INVENTED, FIRST.box), *RIGHT[2:])

    invented = next(each for each in found.page.blocks if each.text == INVENTED)
    assert invented.support is not None
    assert invented.support < 0.05
    assert set(found.page.warnings) == {MISSED_TEXT, UNSUPPORTED_TEXT}
    assert FIRST in found.page.blocks


def test_an_answer_that_is_mostly_invented_is_not_used() -> None:
    assert "unsupported" in checked(PAGE, RIGHT[0], region(INVENTED, FIRST.box), RIGHT[3]).flaws
    assert checked(page(), region(INVENTED, FIRST.box), ink=lambda _: 0.0).flaws == ("unsupported",)


def test_the_same_paragraph_said_twice_is_supported_once() -> None:
    for box in (FIRST.box, Box(150, 1200, 1400, 1300)):
        found = checked(PAGE, RIGHT[0], region(flowing(MOUNTAIN), box), *RIGHT[1:], ink=lambda _: 0.0)
        supports = [each.support for each in found.page.blocks]
        assert sorted(supports[1:3], key=float) == [0.0, 1.0]
        assert found.page.warnings == (UNSUPPORTED_TEXT,)


def test_a_dropped_paragraph_comes_back_in_its_place() -> None:
    for dropped in (0, 1, 2):
        found = checked(PAGE, *RIGHT[:dropped], *RIGHT[dropped + 1 :])
        assert found.page.lines == PAGE.lines
        assert found.page.blocks[dropped] == PAGE.blocks[dropped]
        assert found.page.blocks[dropped].source is Source.OCR
        assert found.page.warnings == (MISSED_TEXT,)


def test_half_a_paragraph_that_was_dropped_comes_back_behind_the_other_half() -> None:
    found = checked(PAGE, RIGHT[0], region(flowing(MOUNTAIN[:2]), FIRST.box), *RIGHT[2:])

    assert found.page.blocks[1].lines == FIRST.lines[:2]
    assert found.page.blocks[2] == replace(FIRST, lines=FIRST.lines[2:])
    assert found.page.warnings == (MISSED_TEXT,)


def test_what_ocr_is_not_sure_of_and_what_is_short_is_not_missed() -> None:
    seen = page(HEADING, FIRST, block(["Gmpl, oi;"], 150, 1000, confidence=0.6), block(["17"], 150, 1100))

    assert checked(seen, *RIGHT[:2]).page.warnings == ()


ROWS = [f"Row {row} of the stock, {13 * row}.00 EUR" for row in range(1, 25)]
TABLE = block(ROWS, 150, 600, BlockType.TABLE)


def html(rows: Sequence[str]) -> str:
    cells = ["".join(f"<td>{part.strip()}</td>" for part in row.split(",")) for row in rows]
    return f"<table>{''.join(f'<tr>{row}</tr>' for row in cells)}</table>"


def test_a_table_is_supported_and_its_cells_have_boxes() -> None:
    found = checked(page(TABLE), region(html(ROWS), TABLE.box, "table")).page.blocks[0]

    assert found.type is BlockType.TABLE
    assert found.support == 1.0
    assert found.table is not None
    assert (found.table.rows, found.table.columns) == (24, 2)
    fifth = found.table.by_row[4][1]
    assert fifth.text == "65.00 EUR"
    assert fifth.box == Box.around(word.box for word in TABLE.lines[4].words[5:])


def test_a_table_that_was_cut_short_gives_back_its_missed_lines() -> None:
    found = checked(page(HEADING, TABLE, FOOT), RIGHT[0], region(html(ROWS[:15]), TABLE.box, "table"), RIGHT[3])

    assert found.page.warnings == (MISSED_TEXT,)
    assert [each.type.value for each in found.page.blocks] == ["heading", "table", "text", "footer"]
    assert found.page.blocks[2].lines == TABLE.lines[15:]
    assert found.page.blocks[2].source is Source.OCR


def test_short_cells_are_found_in_any_order() -> None:
    columns = [["a1", "b2", "c3"], ["7", "12", "5"], ["0.00", "0.00", "0.00"]]
    lines = [
        line(text, 150 + 300 * x, 600 + 40 * y) for x, column in enumerate(columns) for y, text in enumerate(column)
    ]
    seen = page(Block(tuple(lines)))
    rows = [",".join(row) for row in zip(*columns, strict=True)]

    found = checked(seen, region(html(rows), seen.blocks[0].box, "table")).page.blocks[0]

    assert found.support == 1.0
    assert found.table is not None
    assert [cell.box for cell in found.table.cells if cell.text in ("7", "b2")] == [
        lines[3].words[0].box,
        lines[1].words[0].box,
    ]


def test_twenty_lines_that_say_the_same_are_each_matched_once() -> None:
    same = block(["0.00 EUR"] * 20, 900, 400)
    found = checked(page(same), said(same))
    assert (found.page.blocks[0].support, found.page.warnings) == (1.0, ())
    assert found.page.lines == same.lines

    fewer = region(" ".join(["0.00 EUR"] * 17), same.box)
    found = checked(page(same), fewer)
    assert found.page.blocks[0].support == 1.0
    assert len(found.page.lines) == 20

    more = region(" ".join(["0.00 EUR"] * 25), same.box)
    assert checked(page(same), more).page.blocks[0].support == pytest.approx(0.8)


def test_rows_that_say_the_same_in_several_tables_are_found_in_each() -> None:
    tables = [block(["12.500 EUR, paid in May"] * 20, 150 + 400 * (n % 3), 60 + 720 * (n // 3)) for n in range(9)]
    found = checked(
        page(*tables), *(region(html([each.text for each in some.lines]), some.box, "table") for some in tables)
    )

    assert [each.support for each in found.page.blocks] == [1.0] * 9
    assert found.page.warnings == ()


def test_of_handwriting_the_models_own_word_is_taken() -> None:
    written = block(["Dcor Mrs Hnlmes, tbank yau", "fcr yonr letler of Mondoy"], 150, 600, confidence=0.5)
    text = "Dear Mrs Holmes, thank you for your letter of Monday"
    found = checked(page(HEADING, written), RIGHT[0], region(text, written.box), logprob=-0.05)

    note = found.page.blocks[1]
    assert note.confidence_source is ConfidenceSource.LOGPROB
    assert note.confidence == pytest.approx(0.9 * 0.951, abs=0.001)
    assert found.page.warnings == ()
    without = checked(page(HEADING, written), RIGHT[0], region(text, written.box)).page
    assert without.blocks[1].confidence_source is ConfidenceSource.AGREEMENT
    assert without.warnings == (), "who reads badly is no witness against it either"


def test_ink_that_ocr_has_read_nothing_in_is_the_models_word_alone() -> None:
    found = checked(PAGE, *RIGHT, region("Dear Mrs Holmes", Box(150, 1200, 700, 1260)), logprob=-0.1)

    note = found.page.blocks[-1]
    assert (note.text, note.support, note.confidence_source) == ("Dear Mrs Holmes", None, ConfidenceSource.LOGPROB)
    assert note.confidence == pytest.approx(0.814, abs=0.001)
    assert found.page.warnings == (UNVERIFIED_TEXT,)
    assert checked(PAGE, *RIGHT, region("Dear Mrs Holmes", Box(150, 1200, 700, 1260))).page.blocks[-1].confidence == 0.0


def test_a_note_between_lines_of_print_has_no_witness() -> None:
    """They are near enough to hold words of a box that is a little off, and say nothing of what stands between them."""
    above, below = block(MOUNTAIN[:1], 150, 500), block(MOUNTAIN[1:2], 150, 560)
    note = region("signed by Dr Watson", Box(160, 530, 500, 556))

    found = checked(page(above, below), said(above), note, said(below), logprob=-0.1)

    assert [each.support for each in found.page.blocks] == [1.0, None, 1.0]


def test_formulas_are_the_models_word_and_what_ocr_has_read_there_is_not_missed() -> None:
    read = block(["E = m c2 + S i=0 xi dx"], 500, 600)
    seen = page(FIRST, read, block(RAIN, 150, 632))
    formula = region(r"$$E = mc^2 + \sum_{i=0} x_i\,dx$$", read.box, "formula")

    found = checked(seen, said(FIRST), formula, said(seen.blocks[2]), logprob=-0.2)

    assert found.page.warnings == ()
    made = found.page.blocks[1]
    assert (made.type, made.text) == (BlockType.FORMULA, r"E = mc^2 + \sum_{i=0} x_i\,dx")
    assert made.confidence_source is ConfidenceSource.LOGPROB
    assert made.confidence == pytest.approx(0.737, abs=0.001)
    assert len(found.page.blocks) == 3
    assert found.page.blocks[2].support == 1.0, "the line below keeps its witness"


def test_a_formula_over_a_paragraph_does_not_swallow_it() -> None:
    found = checked(PAGE, RIGHT[0], region("$$E = mc^2$$", FIRST.box, "formula"), *RIGHT[2:])

    assert FIRST in found.page.blocks
    assert found.page.warnings == (MISSED_TEXT,)


def test_a_formula_where_nothing_stands_is_invented() -> None:
    formula = region("$$E = mc^2$$", Box(300, 1500, 1300, 1560), "formula")

    found = checked(PAGE, *RIGHT, formula, ink=lambda _: 0.0, logprob=-0.1)

    made = found.page.blocks[-1]
    assert (made.support, made.confidence) == (0.0, 0.0)
    assert found.page.warnings == (UNSUPPORTED_TEXT,)


def test_a_figure_holds_its_labels_and_not_what_the_model_says_of_it() -> None:
    labels = block(["Axis of time", "0.5 million"], 400, 900)
    figure = region("A bar chart that shows how sales rose", Box(300, 850, 1300, 1400), "image")

    found = checked(page(FIRST, labels), said(FIRST), figure)

    assert found.page.blocks[1].type is BlockType.FIGURE
    assert found.page.blocks[1].lines == labels.lines
    assert found.page.blocks[1].area is not None
    assert (found.page.warnings, found.flaws) == ((), ())


def test_a_figure_without_a_place_is_none() -> None:
    assert checked(PAGE, *RIGHT, region("A dog", None, "image")).page.lines == PAGE.lines


def test_a_page_of_which_the_model_says_that_it_is_a_picture_is_not_read() -> None:
    found = checked(PAGE, region("A page of text", Box(0, 0, WIDTH, HEIGHT), "image"))

    assert found.flaws == ("incomplete",)
    assert set(found.page.lines) == set(PAGE.lines)


def test_values_of_charts_are_estimates() -> None:
    chart = region("<table><tr><td>2023</td><td>5</td></tr></table>", Box(300, 850, 1300, 1400), "chart")
    assert CHART_VALUES in checked(PAGE, *RIGHT, chart).page.warnings


def test_an_answer_without_places_gets_them_from_ocr() -> None:
    found = checked(PAGE, *(replace(each, box=None) for each in RIGHT))

    assert found.flaws == ("unplaced",)
    assert [each.support for each in found.page.blocks] == [1.0] * 4
    assert found.page.lines == PAGE.lines


def test_an_invented_paragraph_without_a_place_finds_nothing_on_a_long_page() -> None:
    seen = page(*(block(MOUNTAIN + RAIN, 150, 100 + 250 * row) for row in range(8)))
    found = checked(seen, region(INVENTED, None)).page.blocks

    assert [each.support for each in found if each.source is Source.VLM] == [0.0]


def test_an_answer_that_leaves_most_out_is_incomplete() -> None:
    assert checked(PAGE, RIGHT[0], RIGHT[3]).flaws == ("incomplete",)
    assert checked(PAGE).flaws == ("incomplete",)
    assert checked(PAGE, *RIGHT[:2]).flaws == ()


def test_where_ocr_is_weak_it_does_not_say_what_is_missing() -> None:
    weak = page(block(MOUNTAIN, 150, 240, confidence=0.5), block(RAIN, 150, 440, confidence=0.6))
    assert checked(weak, region("Something else entirely", FIRST.box)).flaws == ()


def test_a_page_of_a_few_letters_is_answered_in_its_place_too() -> None:
    assert checked(page(FOOT), region("7", None)).flaws == ("unplaced",)
    assert checked(page(FOOT), region("7", FOOT.box)).flaws == ()
    assert checked(page(FOOT), region("7", FOOT.box)).page.lines == FOOT.lines


def test_the_order_of_the_answer_is_kept() -> None:
    left, right = block(MOUNTAIN, 100, 200), block(RAIN, 900, 200)
    for order in ((left, right), (right, left)):
        found = checked(page(left, right), *map(said, order)).page
        assert [each.lines for each in found.blocks] == [each.lines for each in order]


def test_columns_that_ocr_has_mixed_are_told_apart() -> None:
    """Lines of OCR may go through both columns: a text has the part that is its own."""
    rows = [f"{a}   {b}" for a, b in zip(MOUNTAIN, (*RAIN, ""), strict=True)]
    seen = page(block(rows, 100, 200))
    box = seen.blocks[0].box
    middle = 100 + 12 * 66

    found = checked(
        seen,
        region(flowing(MOUNTAIN), Box(100, box.y0, middle, box.y1)),
        region(flowing(RAIN), Box(middle, box.y0, box.x1, box.y1)),
    )

    assert [each.support for each in found.page.blocks] == pytest.approx([1.0, 1.0], abs=0.02)
    assert texts(found.page) == [flowing(MOUNTAIN), flowing(RAIN)]
    assert found.page.blocks[1].lines[0].box.x0 > middle - 30
    assert found.page.warnings == ()


def test_both_columns_in_one_region_in_another_order_are_supported() -> None:
    left, right = block(MOUNTAIN, 100, 200), block(RAIN, 900, 200)
    seen = page(
        *(Block((a,)) for pair in zip(left.lines, right.lines, strict=False) for a in pair), Block(left.lines[3:])
    )

    found = checked(seen, region(flowing(MOUNTAIN + RAIN), Box.around(each.box for each in seen.blocks)))

    assert found.page.blocks[0].support == pytest.approx(1.0, abs=0.04)
    assert texts(found.page) == [flowing(MOUNTAIN + RAIN)]


def test_a_box_that_is_off_by_a_few_lines_costs_nothing() -> None:
    moved = [
        replace(each, box=at(Box(b.x0, b.y0 + 110, b.x1, b.y1 + 110)))
        for each, b in ((RIGHT[1], FIRST.box), (RIGHT[2], SECOND.box))
    ]
    found = checked(PAGE, RIGHT[0], *moved, RIGHT[3])

    assert [each.support for each in found.page.blocks] == pytest.approx([1.0] * 4)
    assert found.page.lines == PAGE.lines
    assert found.page.warnings == ()


def test_regions_that_cover_the_whole_page_cost_nothing() -> None:
    whole = Box(0, 0, WIDTH, HEIGHT)
    found = checked(PAGE, *(replace(each, box=at(whole)) for each in RIGHT))

    assert [each.support for each in found.page.blocks] == [1.0] * 4
    assert found.page.lines == PAGE.lines


def test_a_form_whose_label_stands_twice_and_is_said_once_gets_the_other_back() -> None:
    twice = page(block(["Signature and date:"], 150, 400), FIRST, block(["Signature and date:"], 150, 900))
    found = checked(twice, said(twice.blocks[0]), said(FIRST))

    assert found.page.lines == twice.lines
    assert found.page.warnings == (MISSED_TEXT,)


def test_a_text_uses_no_more_of_ocr_than_it_says() -> None:
    """A paragraph that stands twice, said once and longer: the other is missed."""
    again = block(MOUNTAIN, 150, 900)
    found = checked(page(FIRST, again), region(f"{flowing(MOUNTAIN)} And nobody ever came back.", FIRST.box))

    assert found.page.warnings == (MISSED_TEXT,)
    assert again in found.page.blocks


CHINESE = ("北京是中华人民共和国的首都，位于华北平原的北部。", "这座城市有三千多年的历史，是全国的政治中心。")
JAPANESE = ("東京の夏はとても暑いですが、", "秋には美しい紅葉が見られます。")
ARABIC = ("كانت المدينة القديمة محاطة بسور حجري", "وفيها أربعة أبواب كبيرة تغلق عند الغروب")
HINDI = ("भारत एक विशाल देश है जहाँ अनेक भाषाएँ", "बोली जाती हैं और कई त्योहार मनाए जाते हैं")
KOREAN = ("서울은 대한민국의 수도이자 가장 큰 도시이며", "한강이 도시를 가로질러 흐르고 있다")
FRENCH = ("L’été dernier, la forêt était désertée", "et les élèves rêvaient déjà de Noël")


@pytest.mark.parametrize("script", [CHINESE, JAPANESE, ARABIC, HINDI, KOREAN, FRENCH])
def test_scripts(script: tuple[str, str]) -> None:
    seen = page(block(script, 150, 300), FIRST)
    joined = "" if script in (CHINESE, JAPANESE) else " "
    text = joined.join(script)

    found = checked(seen, region(text, seen.blocks[0].box), said(FIRST))
    assert found.page.lines == seen.lines
    assert found.page.warnings == ()

    middle = len(text) // 3
    altered = text[:middle] + {CHINESE: "好", JAPANESE: "好"}.get(script, "ж") * 2 + text[middle + 2 :]
    less = checked(seen, region(altered, seen.blocks[0].box), said(FIRST)).page.blocks[0]
    assert less.support is not None
    assert 0.8 < less.support < 1
    assert len(less.lines) == 2
    assert "".join(less.text.split()) == "".join(altered.split())

    other = checked(seen, region(INVENTED, seen.blocks[0].box), said(FIRST)).page
    assert set(other.warnings) == {MISSED_TEXT, UNSUPPORTED_TEXT}
    assert seen.blocks[0].lines[0] in other.lines


def test_texts_without_letters_are_not_compared() -> None:
    rule = checked(PAGE, *RIGHT, region("* * *", Box(700, 1200, 900, 1230))).page
    assert rule.blocks[-1].support is None
    assert rule.warnings == ()


def test_short_texts_have_to_be_words() -> None:
    seen = page(FIRST, block(["1975 - 7 - 2"], 150, 1000))
    found = checked(seen, said(FIRST), region("7", Box(150, 1000, 300, 1030))).page
    assert found.blocks[-1].support == 1.0
    assert found.blocks[-1].lines[0].words[0].box == seen.blocks[1].lines[0].words[2].box

    found = checked(page(FIRST, block(["1975"], 150, 1000)), said(FIRST), region("97", Box(150, 1000, 300, 1030))).page
    assert found.blocks[-1].support == 0.0
    assert UNSUPPORTED_TEXT not in found.warnings, "two letters are soon misread"


def test_of_an_answer_that_says_nothing_the_page_is_that_of_ocr() -> None:
    assert checked(PAGE).page.lines == HEADING.lines + FIRST.lines + SECOND.lines


def test_a_probability_is_that_of_the_tokens_between_two_places() -> None:
    log = Log.of([("ab", 0.0), ("cd", -1.0), ("", -5.0), ("ef", -3.0)])
    assert log.probability(0, 2) == 1.0
    assert log.probability(2, 4) == pytest.approx(0.3679, abs=0.001)
    assert log.probability(3, 6) is not None
    assert log.probability(6, 9) is None
    assert Log().probability(0, 9) is None


words = st.sampled_from((flowing(MOUNTAIN + RAIN) + " 7 — 北京 $x^2$ \\frac{a}{b} - 1. <td> <b>").split())
places = st.tuples(*[st.integers(0, 1000)] * 4).map(lambda numbers: box_of(*numbers))
answers = st.lists(
    st.builds(
        Region,
        st.sampled_from(["text", "title", "list", "table", "chart", "image", "formula", "footer", "odd"]),
        st.lists(words, max_size=30).map(" ".join)
        | st.lists(words, max_size=9).map(lambda some: html([", ".join(some)])),
        st.none() | places,
    ),
    max_size=8,
)


@settings(max_examples=60)
@given(answers, st.sampled_from([0.0, 0.1]), st.sampled_from([0.5, SURE]), st.none() | st.floats(-20, 0))
def test_any_answer_becomes_a_page(some: list[Region], share: float, sure: float, logprob: float | None) -> None:
    seen = page(HEADING, block(MOUNTAIN, 150, 240, confidence=sure), SECOND, FOOT)
    found = checked(seen, *some, ink=lambda _: share, logprob=logprob).page

    assert codec.page_from_json(codec.page_to_json(found)) is not None
    for each in found.blocks:
        assert each.support is None or 0 <= each.support <= 1
        assert 0 <= each.confidence <= 1
        assert each.lines or each.area


def dense(rows: int = 140) -> PageResult:
    some = MOUNTAIN + RAIN
    return page(*(block([f"{row} {some[row % 7]}"], 100, 20 + 16 * row) for row in range(rows)))


def hostile() -> dict[str, list[Region]]:
    everywhere = Box(0, 0, 1000, 1000)
    prose = flowing(MOUNTAIN + RAIN)
    return {
        "one region": [Region("text", (prose + " ") * 70, everywhere)],
        "many regions": [Region("text", f"{prose[:80]} {n}", everywhere) for n in range(370)],
        "one letter": [Region("text", "a" * 30_000, everywhere)],
        "two letters": [Region("text", "0 1 " * 7500, everywhere)],
        "rows": [Region("text", "7\n" * 15_000, everywhere)],
        "cells": [Region("table", f"<table><tr>{'<td>7' * 6000}</table>", everywhere)],
        "list": [Region("list", "- 7\n" * 7500, everywhere)],
        "no place": [Region("text", prose, None) for _ in range(66)],
    }


@pytest.mark.timeout(30)  # a guard against hanging, no measure: what it costs is in ADR 0018
@pytest.mark.parametrize("name", hostile())
def test_a_hostile_answer_of_30_000_characters_is_checked(name: str) -> None:
    page = checked(dense(), *hostile()[name]).page

    assert codec.page_from_json(codec.page_to_json(page)) is not None


def test_the_least_ink_is_less_than_a_word() -> None:
    assert 0 < INK < 0.01
