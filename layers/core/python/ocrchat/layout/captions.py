"""How captions begin."""

from __future__ import annotations

import re

_NAMES = (
    r"fig(?:ure)?s?|tab(?:le)?s?|abb(?:ildung)?|tabelle|figura|tabla|tabela|tableau|рис(?:унок)?|таблица|图|圖|図|表"
)

CAPTION = re.compile(
    rf"(?i:{_NAMES})\.?\s*[A-Z]?\d+(?:[-.–]\d+)*[a-z]?(?:\s*[.:：|—–-](?:\s|$)|\s+(?=[^\W\d_a-zа-я])|\s*$)"
)
"""A name, a number, and then a mark or a capital letter: "Table 3 shows" is the beginning of a sentence."""
