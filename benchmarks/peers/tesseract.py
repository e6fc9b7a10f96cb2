"""Tesseract with tessdata_fast (TESSDATA_PREFIX), automatic page segmentation (psm 3), given the language of the page."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import tesserocr
from PIL import Image
from worker import Unsupported

PACKAGES = ("tesserocr",)
TESSDATA = Path(os.environ["TESSDATA_PREFIX"])

NAMES = {
    **{"ar": "ara", "cs": "ces", "da": "dan", "de": "deu", "el": "ell", "en": "eng", "fa": "fas", "fr": "fra"},
    **{"ja": "jpn", "ko": "kor", "ru": "rus", "sk": "slk", "sr": "srp", "te": "tel", "th": "tha", "zh": "chi_sim"},
    **{"zho": "chi_sim", "yue": "chi_tra", "aii": "syr", "nno": "nor", "tgl": "fil", "mul": "eng+deu+fra+ita+spa+por"},
}
"""Where the name of the data is not the ISO 639-3 code."""

OTHER_SCRIPT = {("jav", "Java"), ("msa", "Arab"), ("uig", "Latn")}
"""Languages whose data is of another script than this."""


class Reader:
    """Data of one language is open at a time; opening it is not reading."""

    def __init__(self) -> None:
        self._name = ""
        self._engine: Any = None

    def prepare(self, request: dict[str, Any]) -> None:
        name = _name(request["language"], request.get("script"))
        if name == self._name:
            return
        if self._engine:
            self._engine.End()
        self._engine = tesserocr.PyTessBaseAPI(path=str(TESSDATA), lang=name, psm=tesserocr.PSM.AUTO)
        self._name = name

    def read(self, request: dict[str, Any]) -> dict[str, Any]:
        return {"text": "\n\n".join(self._page(image) for image in request["images"])}

    def _page(self, path: str) -> str:
        with Image.open(path) as image:
            self._engine.SetImage(image)
            return str(self._engine.GetUTF8Text())


def _name(language: str, script: str | None) -> str:
    """Of the data for a language, that of the script where there is one. Raises Unsupported."""
    if (language, script) not in OTHER_SCRIPT:
        for name in (f"{language}_{script}".lower(), NAMES.get(language, language)):
            if all((TESSDATA / f"{part}.traineddata").exists() for part in name.split("+")):
                return name
    raise Unsupported(language)
