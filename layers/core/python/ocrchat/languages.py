"""The languages that can be asked for: `auto` and what PP-OCRv6 was trained on and has the letters of.

PaddleOCR's codes, as the published API uses them (`ch`, `japan`), with the ISO 639-1 code beside where it differs. Vietnamese
is left out although the model claims it: its dictionary lacks 44 of the 70 letters with tone marks. One model reads them all,
so the code is checked and kept, and changes nothing yet in how the page is read.
"""

from __future__ import annotations

_PP_OCRV6 = """
    ch chinese_cht en japan af az bs ca cs cy da de es et eu fi fr ga gl hr hu id is it ku la lb lt lv mi ms mt nl no oc pl pt
    qu rm ro rs_latin sk sl sq sv sw tl tr uz
"""
_ISO = "zh ja"

CODES = frozenset({"auto", *_PP_OCRV6.split(), *_ISO.split()})
