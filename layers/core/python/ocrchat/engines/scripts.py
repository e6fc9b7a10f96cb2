"""Lines in scripts that PP-OCRv6 has no letters of: which they are, and what Tesseract reads there.

PP-OCRv6 reads all lines first. What it does not know it reads as nonsense, with little confidence; then a few lines are tried
with one data set of each script. Only the right one reads letters of its script with confidence (docs/adr/0010), so this
takes no classifier. The language is found from what was read, and decides on the data for all lines of that script.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ocrchat import languages
from ocrchat.engines.quads import LINE_HEIGHT, Pixels
from ocrchat.engines.reading import Reading
from ocrchat.engines.tesseract import Tesseract
from ocrchat.languages.detection import detect_language


@dataclass(frozen=True, slots=True)
class _Script:
    """`data` is what it is tried with; `prefix` is how Unicode's names of its letters begin; `least` is what it must score."""

    code: str
    data: str
    prefix: str
    least: float = 0.5


_COMMON = (
    _Script("Cyrl", "Cyrillic", "CYRILLIC"),
    _Script("Arab", "ara", "ARABIC"),
    _Script("Deva", "Devanagari", "DEVANAGARI"),
    _Script("Hang", "kor", "HANGUL"),
    _Script("Grek", "ell", "GREEK"),
    _Script("Hebr", "heb", "HEBREW"),
    _Script("Laoo", "lao", "LAO"),  # before Thai, whose data is sure of Lao as well, and not the other way round
    _Script("Thai", "tha", "THAI", least=0.75),  # its data takes anything for Thai, with up to 0.73
)
"""Those that stand within pages of other scripts: for a few odd lines only these are tried."""

_SCRIPTS = (
    *_COMMON,
    _Script("Beng", "Bengali", "BENGALI"),
    _Script("Taml", "tam", "TAMIL"),
    _Script("Telu", "tel", "TELUGU"),
    _Script("Knda", "kan", "KANNADA"),
    _Script("Mlym", "mal", "MALAYALAM"),
    _Script("Gujr", "guj", "GUJARATI"),
    _Script("Guru", "pan", "GURMUKHI"),
    _Script("Orya", "ori", "ORIYA"),
    _Script("Sinh", "sin", "SINHALA"),
    _Script("Mymr", "mya", "MYANMAR"),
    _Script("Khmr", "khm", "KHMER"),
    _Script("Geor", "kat", "GEORGIAN"),
    _Script("Armn", "hye", "ARMENIAN"),
    _Script("Ethi", "amh", "ETHIOPIC"),
    _Script("Tibt", "bod", "TIBETAN"),
    _Script("Thaa", "div", "THAANA", least=0.4),  # detection cuts its lines; of other scripts it makes 0.33 at most
    _Script("Syrc", "syr", "SYRIAC"),
    _Script("Cans", "iku", "CANADIAN"),
    _Script("Cher", "chr", "CHEROKEE"),
)
"""In the order in which they are tried: more readers first."""

_LATIN = "Latn"
"""Its languages are the matter of `latin`."""

_FAMILIAR = 0.95
"""PP-OCRv6's mean confidence from which on a page is in scripts that it knows: it makes 0.95 to 0.99 of those."""

_LEGIBLE = 0.8
"""Confidence of lines that tell a language. A page that is read worse but is in some language is a bad copy, no other script."""

_SPARSE = 0.3
"""Characters per line height. A line has two, of ideographs one. Of Cyrillic, PP-OCRv6 reads the spaces and commas, which it is
sure of, and nothing else."""

_ODD = 0.85
"""On a familiar page, a line with less confidence may be in another script."""

_WIDE = 4 * LINE_HEIGHT
"""Pixels: a narrower line is too little to tell a script from."""

_TRIED_LINES = 2
_TRIED_WIDTH = 12 * LINE_HEIGHT

_CERTAIN = 0.7
"""Score at which no other script is tried. A score is Tesseract's confidence times the share of letters of the script: right
ones make 0.55 (Urdu) to 0.95, wrong ones 0.65 at most, and 0.58 where the right one is not among them."""

_BEHIND = 0.1
"""A script may come so far behind PP-OCRv6's confidence in its nonsense."""

_SURE = 0.9
_CLEAR = 0.6
"""On a page in the script, what PP-OCRv6 is `_SURE` of, like "CCCP", is replaced if Tesseract's confidence is `_CLEAR`."""

_IN_SCRIPT = 0.3
"""Share of letters of the script from which on a line is one of it: there may be a date or an English name in it."""

_SAMPLE = 6
"""Lines that a language is told from."""

_MORE_SCRIPTS = 2
"""Beside the page's own."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the page (from `quads.crop`) and what PP-OCRv6 made of it."""

    crop: Pixels
    text: str
    confidence: float

    @property
    def width(self) -> int:
        return int(self.crop.shape[1])

    @property
    def trust(self) -> float:
        """Its confidence, or 0 where it left most of the line out."""
        read = len("".join(self.text.split()))
        return self.confidence if read >= _SPARSE * self.width / LINE_HEIGHT else 0.0


def reread(lines: Sequence[Line], language: str, tesseract: Tesseract) -> list[Reading | None]:
    """For each line what Tesseract read there; None where PP-OCRv6's reading stands. `language` is a code, or `auto`."""
    page = _Page(lines, tesseract)
    everywhere = range(len(lines))
    if asked := languages.find(language):
        if asked.tessdata and asked.script != _LATIN:
            page.read(everywhere, asked.tessdata, _prefix(asked.script), _SURE)
        return page.readings
    told = detect_language("\n".join(line.text for line in lines if line.trust >= _LEGIBLE))
    if told is None and page.mean_trust < _FAMILIAR:
        widest = page.widest(everywhere, _FAMILIAR)
        if script := page.script_of(widest[:_TRIED_LINES], _SCRIPTS):
            page.read(everywhere, page.data_for(widest[:_SAMPLE], script), script.prefix, _SURE)
    for _ in range(_MORE_SCRIPTS):
        odd = page.widest((index for index in everywhere if page.readings[index] is None), _ODD)
        script = page.script_of(odd[:_TRIED_LINES], _COMMON, _CERTAIN)
        if script is None:
            break
        page.read(odd, page.data_for(odd[:_SAMPLE], script), script.prefix, 0.0)
    return page.readings


class _Page:
    """Lines, by their index, and what Tesseract read in their place."""

    def __init__(self, lines: Sequence[Line], tesseract: Tesseract) -> None:
        self.readings: list[Reading | None] = [None] * len(lines)
        self._lines = lines
        self._tesseract = tesseract

    @property
    def mean_trust(self) -> float:
        width = sum(line.width for line in self._lines)
        return sum(line.trust * line.width for line in self._lines) / max(width, 1)

    def widest(self, indexes: Iterable[int], below: float) -> list[int]:
        """Those that PP-OCRv6 is trusted less with than `below`, wide ones only, the widest first."""
        some = [i for i in indexes if self._lines[i].trust < below and self._lines[i].width >= _WIDE]
        return sorted(some, key=lambda index: self._lines[index].width, reverse=True)

    def script_of(self, indexes: Sequence[int], candidates: Sequence[_Script], least: float = 0.0) -> _Script | None:
        """The one whose data reads these lines best, if it scores enough, and `least`."""
        lines = [self._lines[index] for index in indexes]
        if not lines:
            return None
        best = max(least, sum(line.trust for line in lines) / len(lines) - _BEHIND)
        found = None
        for script in candidates:
            needed = max(best, script.least)
            score = self._score(lines, script, needed)
            if score > needed:
                best, found = score, script
            if found is script and score >= _CERTAIN:
                break
        return found

    def _score(self, lines: Sequence[Line], script: _Script, needed: float) -> float:
        """The mean over `lines`, or 0 once it cannot be more than `needed`: most scripts are out after one line."""
        total = 0.0
        for left, line in zip(range(len(lines) - 1, -1, -1), lines, strict=True):
            reading = self._tesseract.read(line.crop[:, :_TRIED_WIDTH], script.data)
            total += reading.confidence * _share(reading.text, script.prefix)
            if total + left <= needed * len(lines):
                return 0.0
        return total / len(lines)

    def data_for(self, sample: Sequence[int], script: _Script) -> str:
        """Tesseract's data for the language of these lines; for their script where that has none of its own."""
        text = "\n".join(self._tesseract.read(self._lines[index].crop, script.data).text for index in sample)
        language = languages.find(detect_language(text) or "")
        return language.tessdata if language and language.script == script.code else script.data

    def read(self, indexes: Iterable[int], data: str, prefix: str, doubted: float) -> None:
        """Keeps what `data` reads better: in the script, all that PP-OCRv6 is trusted less with than `doubted`."""
        for index in indexes:
            line = self._lines[index]
            if line.trust >= _LEGIBLE and detect_language(line.text):
                continue  # an English line on a Russian page
            reading = self._tesseract.read(line.crop, data)
            if _share(reading.text, prefix) < _IN_SCRIPT:
                is_better = reading.confidence > line.trust
            else:
                is_better = line.trust < doubted or reading.confidence >= _CLEAR
            if is_better:
                self.readings[index] = reading


def _prefix(script: str) -> str:
    return next(known.prefix for known in _SCRIPTS if known.code == script)


def _share(text: str, prefix: str) -> float:
    """Of its characters but spaces, those of the script: letters, signs and marks. Digits are not: nonsense is full of them."""
    characters = [character for character in text if not character.isspace()]
    known = [c for c in characters if not c.isdigit() and unicodedata.name(c, "").startswith(prefix)]
    return len(known) / max(len(characters), 1)
