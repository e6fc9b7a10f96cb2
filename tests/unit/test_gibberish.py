from __future__ import annotations

import codecs

import pytest

from ocrchat.gibberish import is_gibberish

ENGLISH = "The committee decides which of the measures should be taken before the winter and reports about its work."
TEXTS = [
    ENGLISH,
    "Der Ausschuss entscheidet, welche der Maßnahmen vor dem Winter getroffen werden sollen, und berichtet darüber.",
    "Komisja zdecyduje, które środki powinny zostać podjęte przed zimą, i złoży sprawozdanie ze swojej działalności.",
    "Ủy ban quyết định những biện pháp nào cần được thực hiện trước mùa đông và báo cáo về công việc của mình ở đây.",
    "Valiokunta päättää, mihin toimenpiteisiin on ryhdyttävä ennen talvea, ja antaa kertomuksen toiminnastaan kaupungille.",
    "Комиссия решает, какие из мер следует принять до наступления зимы, и отчитывается о своей работе перед городом.",
    "委员会决定在冬天之前应当采取哪些措施，并且报告自己的工作情况。市政府已经同意这个计划，将于下个月开始实施有关的工程。",
    "위원회는 겨울이 오기 전에 어떤 조치를 취해야 하는지 결정하고 그 활동에 대하여 보고하며 시청은 다음 달부터 사업을 시작한다.",
    "Part no. XJ-4471-KQ, 12 pcs., 99.50 EUR",
    "",
]


@pytest.mark.parametrize("text", TEXTS)
def test_text_of_any_language_is_none(text: str) -> None:
    assert not is_gibberish(text)


def moved(text: str, by: int) -> str:
    """Each character but the space replaced by the one that stands `by` places further on."""
    return "".join(c if c == " " else chr(ord(c) + by) for c in text)


@pytest.mark.parametrize(
    "text",
    [
        codecs.encode(ENGLISH, "rot13"),
        moved(ENGLISH, -29),  # glyph numbers taken for characters: the commonest fault of all
        moved(ENGLISH, 1),
        moved(ENGLISH, 0x0180),  # Latin letters that no text is made of
        moved(TEXTS[6], 1111),
        moved(TEXTS[7], 137),
        "A dеcision оf thе cоmmittee оn tаking mеasures bеforе wintеr wаs rеported tоday, thеn agrееd",  # half Cyrillic
        "كتووووب كبيووووور مدرسووووة جديوووودة قلووووم صغيوووور بيووووت قديووووم شاروووع طوووويل ولوووود",  # joins
    ],
)
def test_letters_that_follow_each_other_in_no_language_are_gibberish(text: str) -> None:
    assert is_gibberish(text)
