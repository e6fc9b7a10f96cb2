"""The table of languages is held against what reads them, and texts against the detector."""

from __future__ import annotations

from pathlib import Path

import onnxruntime
import pytest

from functions.submit import form
from ocrchat import languages
from ocrchat.engines.ppocr import SMALL
from ocrchat.errors import InvalidField
from ocrchat.languages import LANGUAGES, TESSERACT
from ocrchat.languages.detection import detect_language

ROOT = Path(__file__).resolve().parents[2]

LETTERS = {
    "az": "çəğıöşüİ", "br": "ñù", "bs": "čćđšž", "ca": "àçèéíïòóúü·", "ch": "的一是", "chinese_cht": "這個國", "co": "àèìòù",
    "cs": "áčďéěíňóřšťúůýž", "cy": "âêîôûŵŷ", "da": "æøå", "de": "äöüßÄÖÜ", "eo": "ĉĝĥĵŝŭ", "es": "áéíñóúü", "et": "äõöüšž",
    "fi": "äöå", "fo": "áðíóúýæø", "fr": "àâæçéèêëîïôœùûüÿ", "fy": "âêôûú", "ga": "áéíóú", "gd": "àèìòù", "haw": "āēīōū",
    "hr": "čćđšž", "ht": "èòà", "hu": "áéíóöőúüű", "is": "áðéíóúýþæö", "it": "àèéìòù", "ja": "あいうアイウ日本語", "jv": "éè",
    "ku": "çêîşû", "lb": "äëé", "lt": "ąčęėįšųūž", "lv": "āčēģīķļņšūž", "mi": "āēīōū", "mt": "ċġħż", "nl": "éëï", "nn": "æøå",
    "no": "æøå", "oc": "áàçéèíïóòúü", "pl": "ąćęłńóśźż", "pt": "ãáâàçéêíõóôú", "ro": "ăâîșț", "rs_latin": "čćđšž",
    "sk": "áäčďéíĺľňóôŕšťúýž", "sl": "čšž", "sq": "çë", "sv": "åäö", "tk": "äçňöşüýž", "to": "āēīōū", "tr": "çğıöşüİ",
    "se": "áčđŋšŧž", "ug-Latn": "éöü", "wo": "àéëñóŋ",
}  # fmt: skip
"""Of each language that PP-OCRv6 is to read, the letters beyond a-z (of Chinese and Japanese, a few). Not among them is the
turned comma of Hawaiian, Tongan and Uzbek: it comes out as a quotation mark."""


def test_there_are_more_than_110_and_each_word_means_one() -> None:
    words: dict[str, str] = {}
    for language in LANGUAGES:
        for word in (language.code, language.name, *language.aliases):
            assert languages.find(word) is language
            assert words.setdefault(word.casefold(), language.code) == language.code

    assert len(LANGUAGES) > 110
    assert languages.AUTO not in words


@pytest.mark.parametrize(
    ("word", "code"),
    [
        *(("ch", "ch"), ("zh", "ch"), ("ZH_cn", "ch"), ("zh-Hant", "chinese_cht"), ("chinese_cht", "chinese_cht")),
        *(
            ("japan", "ja"),
            ("jpn", "ja"),
            ("Korean", "ko"),
            ("sr", "sr"),
            ("rs_cyrillic", "sr"),
            ("sr-Latn", "rs_latin"),
        ),
        *(("german", "de"), ("GERMAN", "de"), ("ug", "ug"), ("uig", "ug"), ("fa", "fa"), ("farsi", "fa"), ("nb", "no")),
        *(("pt-BR", "pt"), ("en_US", "en"), ("es-419", "es"), (" scottish  gaelic ", "gd")),
    ],
)
def test_paddles_codes_iso_codes_names_and_regions_are_understood(word: str, code: str) -> None:
    found = languages.find(word)

    assert found is not None
    assert found.code == code


@pytest.mark.parametrize("word", ["", "-", "klingon", "auto", "en-english", "x" * 5000])
def test_what_is_no_language_is_not_found(word: str) -> None:
    assert languages.find(word) is None


def test_pp_ocrv6_has_every_letter_of_the_languages_that_it_is_to_read(weights: Path) -> None:
    model = onnxruntime.InferenceSession(str(weights / SMALL), providers=["CPUExecutionProvider"])
    known = set(model.get_modelmeta().custom_metadata_map["character"].split("\n"))
    ours = {language.code for language in LANGUAGES if language.engine != TESSERACT}

    assert set(LETTERS) <= ours
    for code, letters in LETTERS.items():
        assert set(letters) <= known, code
    assert set("abcdefghijklmnopqrstuvwxyz") <= known
    # Why these two are Tesseract's.
    assert not set("ạảấầẩẫậắằẳẵặẹẻẽếềểễệ") <= known
    assert not set("ẹọṣ") <= known


def test_tesseracts_languages_have_data_and_no_data_is_fetched_for_nothing() -> None:
    listed = {line.split()[1] for line in (ROOT / "layers" / "tessdata" / "tessdata.txt").read_text().splitlines()}

    assert {f"{language.tessdata}.traineddata" for language in LANGUAGES if language.tessdata} == listed


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Alle Menschen sind frei und gleich an Würde und Rechten geboren.", "de"),
        ("Все люди рождаются свободными и равными в своем достоинстве и правах.", "ru"),
        ("כל בני האדם נולדו בני חורין ושווים בערכם ובזכויותיהם.", "he"),
        ("すべての人間は、生まれながらにして自由であり、かつ、尊厳と権利とについて平等である。", "ja"),
        ("ھەممە ئادەم زانىدىنلا ئەركىن، ئىززەت-ھۆرمەت ۋە ھوقۇقتا باپباراۋەر بولۇپ تۇغۇلغان.", "ug"),
        ("Tất cả mọi người sinh ra đều được tự do và bình đẳng về nhân phẩm và quyền lợi.", "vi"),
    ],
)
def test_the_language_of_a_text_is_told(text: str, code: str) -> None:
    assert detect_language(text) == code


def test_too_little_text_is_in_no_language() -> None:
    assert detect_language("") is None
    assert detect_language("Total 12.50 EUR") is None
    assert detect_language("0123456789 " * 100) is None


def test_characters_that_are_none_do_not_stop_the_detector() -> None:
    text = "All human beings are born free\x00 and equal\x0b in dignity\ud800 and rights.\uffff"

    assert detect_language(text) == "en"
    assert all(detect_language(chr(code) * 50) is None for code in (0, 0x85, 0xD800, 0xFFFE, 0x10FFFF))


def test_codes_of_detected_languages_are_understood_when_they_are_sent_back() -> None:
    """A caller may ask for what an answer said."""
    for code in ("zh", "ja", "he", "jv", "ro", "sr", "tl", "nn", "no", "ku", "iu", "chr"):
        assert languages.find(code), code


def submitted(language: str, has_tesseract: bool) -> str:
    body = f"file_url=https://example.com/a.pdf&language={language}".encode()
    return form.parse(
        "application/x-www-form-urlencoded", body, form.Abilities(tesseract=has_tesseract)
    ).options.language


def test_whichever_name_is_sent_the_job_has_the_code() -> None:
    assert submitted("Russian", has_tesseract=True) == "ru"
    assert submitted("zh-TW", has_tesseract=False) == "chinese_cht"
    assert submitted("AUTO", has_tesseract=False) == "auto"


def test_without_tesseracts_data_its_languages_are_refused_with_the_command_that_gets_it() -> None:
    with pytest.raises(InvalidField, match="make languages"):
        submitted("ru", has_tesseract=False)


def test_a_language_that_nobody_reads_is_refused_with_those_that_can_be_asked_for() -> None:
    with pytest.raises(InvalidField, match=r"/api/v1/languages/.*\bug\b"):
        submitted("klingon", has_tesseract=True)
