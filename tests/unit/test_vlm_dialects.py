"""How models answer: what they write is understood as far as it goes, and never breaks anything."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ocrchat.model import Box
from ocrchat.vlm.answer import MOST_REGIONS, Region, box_of, paragraphs, trimmed
from ocrchat.vlm.dialects import DIALECTS, Dialect

SIZE = (1540, 2016)
GROUNDING, DOTS = DIALECTS["lighton-grounding"], DIALECTS["dots"]
BOTH = pytest.mark.parametrize("dialect", DIALECTS.values(), ids=DIALECTS)

hostile = st.text("!\\[](){}1,0 \n\tat+-_\"'<>$é漢\u2028", max_size=40)
markers = st.sampled_from(
    [
        "![text](1,2,3,4)",
        "![alt](url)",
        "!\\[",
        "![",
        "!",
        "![text+](1,2,3",
        '{"bbox":[1,2,3,4],',
        '"}]',
        "}{",
        "\\n",
        "$$",
    ]
)
texts = st.lists(st.text() | hostile | markers, max_size=4).map("".join).map(trimmed)
labels = st.from_regex(r"[a-z][a-z0-9_]{0,30}", fullmatch=True)


def of_grid(width: int, height: int) -> st.SearchStrategy[Box]:
    """Boxes that a dialect can say: whole numbers of its grid."""
    xs = st.tuples(st.integers(0, width), st.integers(0, width)).map(sorted)
    ys = st.tuples(st.integers(0, height), st.integers(0, height)).map(sorted)
    scaled = st.builds(
        lambda x, y: [n * 1000 / side for n, side in zip((x[0], y[0], x[1], y[1]), (width, height) * 2, strict=True)],
        xs,
        ys,
    )
    return scaled.map(lambda values: Box(*values))


def regions(width: int, height: int) -> st.SearchStrategy[list[Region]]:
    return st.lists(st.builds(Region, labels, texts, of_grid(width, height)), max_size=5)


@given(regions(1000, 1000))
def test_grounding_says_what_was_meant(some: list[Region]) -> None:
    assert GROUNDING.parse(GROUNDING.render(some, SIZE), SIZE).regions == tuple(some)


@given(regions(*SIZE))
def test_dots_say_what_was_meant(some: list[Region]) -> None:
    assert DOTS.parse(DOTS.render(some, SIZE), SIZE).regions == tuple(some)


@BOTH
@given(text=st.lists(st.text() | hostile | markers, max_size=8).map("".join))
def test_any_text_is_parsed(dialect: Dialect, text: str) -> None:
    answer = dialect.parse(text, SIZE)
    assert len(answer.regions) == len(answer.spans)
    assert all(0 <= start <= end <= len(text) for start, end in answer.spans)
    for region in answer.regions:
        if box := region.box:
            assert 0 <= box.x0 <= box.x1 <= 1000
            assert 0 <= box.y0 <= box.y1 <= 1000


@BOTH
@given(data=st.data())
def test_an_answer_that_breaks_off_yields_the_regions_up_to_there(dialect: Dialect, data: st.DataObject) -> None:
    some = data.draw(regions(7, 7).filter(bool))
    whole = dialect.render(some, (7, 7))
    parsed = dialect.parse(whole[: data.draw(st.integers(0, len(whole)))], (7, 7)).regions
    meant = dialect.parse(whole, (7, 7)).regions[: len(parsed)]
    assert parsed[:-1] == meant[:-1]
    for part, last in zip(parsed[-1:], meant[-1:], strict=True):
        assert (part.label, part.box) == (last.label, last.box)
        assert last.text.startswith(part.text[:-1].rstrip())


@BOTH
def test_spans_say_where_each_text_stands(dialect: Dialect) -> None:
    some = [Region("title", "One"), Region("text", "and two"), Region("text", "three")]
    text = dialect.render([Region(each.label, each.text, Box(0, 0, 100, 100)) for each in some], SIZE)
    answer = dialect.parse(text, SIZE)
    for region, (start, end) in zip(answer.regions, answer.spans, strict=True):
        assert region.text in text[start:end]
        assert "100" not in text[start:end], "the numbers of the box are no text"


EXAMPLE = """\
![image](309,90,691,516) Model architecture diagram showing NaViT, Projection, Embedding, ...
![caption](400,555,591,566) Figure 1: Model architecture.
![title](113,608,263,623) ## 2.2 LightOnOCR-1
![text](112,640,882,698) The first version of LightOnOCR [13], established the core architecture ...
![text+](112,700,882,720) continuation of the previous block (next column/page)
![table](195,448,801,566) <table><thead>...</thead></table>
![formula](300,20,700,60) $$E = mc^2$$
![page_number](491,935,505,950) 3
"""


def test_the_example_of_the_authors() -> None:
    found = GROUNDING.parse(EXAMPLE, SIZE).regions

    assert [each.label for each in found] == [
        *("image", "caption", "title", "text", "text", "table", "formula", "page_number"),
    ]
    assert found[2] == Region("title", "## 2.2 LightOnOCR-1", Box(113, 608, 263, 623))
    assert found[4].text == "continuation of the previous block (next column/page)"


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("![text](1,2,3,4) a ![alt](url) b", [("text", "a ![alt](url) b")]),
        ("![text](1,2,3,4) a [link](1,2) b", [("text", "a [link](1,2) b")]),
        ("![stamp_2](1,2,3,4) a", [("stamp_2", "a")]),
        ("![Text]( 1 , 2 , 3 ,4 )a", [("text", "a")]),
        ("![text](1,2,3,4)\na\nb\n\n![text](1,2,3,4)\n", [("text", "a\nb"), ("text", "")]),
        ("![list](1,2,3,4)\n  - a\n    - b", [("list", "  - a\n    - b")]),
        ("![text](1,2,3,4) a ![text](5,6", [("text", "a")]),
        ("![text](1,2,3,4) a ![tex", [("text", "a")]),
        ("![text](1,2,3,4) a !", [("text", "a !")]),
        ("Here it is:\n\n![text](1,2,3,4) a", [("text", "Here it is:"), ("text", "a")]),
        ("no marker at all", []),
        (f"![text]({'9' * 10_000},2,3,4) a", []),
    ],
)
def test_markers(text: str, meant: list[tuple[str, str]]) -> None:
    assert [(each.label, each.text) for each in GROUNDING.parse(text, SIZE).regions] == meant


@pytest.mark.parametrize(
    ("numbers", "box"),
    [
        ((1, 2, 3, 4), Box(1, 2, 3, 4)),
        ((900, 800, 100, 200), Box(100, 200, 900, 800)),
        ((0, 0, 1200, 999_999), Box(0, 0, 1000, 1000)),
    ],
)
def test_boxes_are_in_bounds_and_the_right_way_round(numbers: tuple[int, ...], box: Box) -> None:
    assert GROUNDING.parse(f"![text]({','.join(map(str, numbers))}) a", SIZE).regions[0].box == box
    scaled = [n * side / 1000 for n, side in zip(numbers, SIZE * 2, strict=True)]
    found = DOTS.parse(json.dumps([{"bbox": scaled, "category": "Text", "text": "a"}]), SIZE).regions[0].box
    assert found is not None
    assert (found.x0, found.y0, found.x1, found.y1) == pytest.approx((box.x0, box.y0, box.x1, box.y1))


def said(text: str) -> list[tuple[str, str, bool]]:
    return [(each.label, each.text, each.box is not None) for each in DOTS.parse(text, SIZE).regions]


ONE = '{"bbox":[120,88,940,131],"category":"Section-header","text":"## 1 Introduction"}'
TWO = '{"bbox":[118,150,940,610],"category":"Text","text":"A {brace} and \\\\frac{a}{b}"}'
THREE = '{"bbox":[1,2,3,4],"category":"Picture"}'
MEANT = [
    ("section_header", "## 1 Introduction", True),
    ("text", "A {brace} and \\frac{a}{b}", True),
    ("picture", "", True),
]


@pytest.mark.parametrize(
    "text",
    [
        f"[{ONE},{TWO},{THREE}]",
        f"[{ONE}{TWO} {THREE}",
        f"```json\n[{ONE},\n{TWO},{THREE},]\n```",
        f'{{"layout": [{ONE},{TWO},{THREE}]}}',
        f'{{"layout": [{ONE},{TWO},{THREE}, {{"bbox": [1, 2, 3, 4], "cate',
        f'[{ONE},{TWO},{THREE},{{"bbox":[118,150,940,610],"category":"Text","text":"cut of',
        f'{{{{{{"a": [{ONE},{{"b": {TWO}, "c": {{}}}}, {THREE}]',
    ],
)
def test_whole_objects_are_found_whatever_is_around_them(text: str) -> None:
    assert said(text) == MEANT


@pytest.mark.parametrize(
    "box", ["null", "[1,2,3]", "[1,2,3,4,5]", '"1,2,3,4"', '[1,2,3,"4"]', "[[1],2,3,4]", "{}", "[NaN,1,2,3]"]
)
def test_what_is_no_box_costs_the_text_only_its_place(box: str) -> None:
    assert said(f'[{{"bbox":{box},"category":"Text","text":"a"}}]') == [("text", "a", False)]
    assert said('[{"category":"Text","text":"a"}]') == [("text", "a", False)]


@pytest.mark.parametrize("number", ["9" * 10_000, "1e999", "Infinity", "-5", "1.5"])
def test_any_number_is_one(number: str) -> None:
    assert said(f'[{{"bbox":[{number},1,2,3],"category":"Text","text":"a"}}]') == [("text", "a", True)]


@pytest.mark.parametrize("rest", ['"text":null', '"text":""', '"x":1'])
def test_a_text_may_be_missing(rest: str) -> None:
    assert said(f'[{{"bbox":[1,2,3,4],"category":"Picture",{rest}}}]') == [("picture", "", True)]


@pytest.mark.parametrize("rest", ['"category":5,"text":"a"', '"category":"Text","text":["a"]', '"text":"a"', '"a":{}'])
def test_what_is_no_region_is_left_out(rest: str) -> None:
    assert said(f'[{{"bbox":[1,2,3,4],{rest}}},{THREE}]') == MEANT[2:]


@pytest.mark.timeout(30)  # a guard against hanging, no measure: what it costs is in ADR 0018
@BOTH
@pytest.mark.parametrize(
    "part",
    ["{", '{"a":', "[", '{"a":[', '{"', '{"category":"Text"},', '{"a":{}', "\\", "![", "![a", "![a](", "![a](1,", "![a](1,2,3,4)",
     "!\\[", "\n\n", "\n"],
)  # fmt: skip
def test_rubbish_is_read(dialect: Dialect, part: str) -> None:
    answer = dialect.parse(part * 30_000, SIZE)
    assert len(answer.regions) <= MOST_REGIONS
    assert dialect.parse('{"k":[' * 500 + "1," * 90_000, SIZE).regions == ()


def test_only_what_was_trained_on_is_asked() -> None:
    picture, prompt = GROUNDING.content("data:image/png;base64,AA")
    assert picture == {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA"}}
    assert prompt == {"type": "text", "text": "grounding"}
    picture, prompt = DOTS.content("data:image/png;base64,AA")
    assert picture["image_url"] == {"url": "data:image/png;base64,AA"}
    assert prompt["text"].startswith("<|img|><|imgpad|><|endofimg|>Please output the layout information")


@given(texts)
def test_without_places_each_paragraph_is_a_region(text: str) -> None:
    answer = paragraphs(text)
    for region, (start, end) in zip(answer.regions, answer.spans, strict=True):
        assert text[start:end] == region.text
        assert region.box is None
    assert "".join("".join(region.text.split()) for region in answer.regions) == "".join(text.split())


def test_a_paragraph_with_a_hash_is_a_heading() -> None:
    assert paragraphs("# A\n\nb\nc\n\n\n\nd").regions == (
        Region("title", "# A"),
        Region("text", "b\nc"),
        Region("text", "d"),
    )


def test_of_an_answer_that_was_cut_the_last_region_may_be_half_of_one() -> None:
    assert paragraphs("a\n\nb").without_last() == paragraphs("a")
    assert paragraphs("").without_last() == paragraphs("")


def test_infinite_boxes_are_bounded() -> None:
    assert box_of(float("-inf"), 0, float("inf"), 5) == Box(0, 0, 1000, 5)
