"""Who can translate what: checked when a job is submitted, before anything is charged, and again when its languages are known."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from ocrchat import languages
from ocrchat.errors import TranslationUnavailable
from ocrchat.model import Document, PageResult
from ocrchat.translation.model import Translator

_NONE = (
    "This server translates nothing. Leave 'translate_to' out, or have its operator set translate_provider to 'aws' or "
    "'libretranslate': docs/translate.md says how."
)
_MORE = (
    "For others its operator can set translate_model, a model of Bedrock, beside translate_provider 'aws', or teach the "
    "LibreTranslate server more languages: see docs/translate.md."
)


def choose(translators: Sequence[Translator], source: str, target: str) -> Translator | None:
    """The first that has the pair. Raises what `Translator.pairs` does."""
    return next((one for one in translators if target in one.pairs().get(source, ())), None)


def targets(translators: Sequence[Translator], source: str | None = None) -> list[str]:
    """What can be translated to: from `source`, or from anything."""
    found: set[str] = set()
    for one in translators:
        pairs = one.pairs()
        found |= pairs.get(source, frozenset()) if source else frozenset[str]().union(*pairs.values())
    return sorted(found)


def check(translators: Sequence[Translator], language: str, target: str) -> None:
    """Raises TranslationUnavailable for a pair that cannot be had; of `auto` the target alone is known."""
    if not translators:
        raise TranslationUnavailable(_NONE)
    source = None if language == languages.AUTO else language
    if source != target and target not in (available := targets(translators, source)):
        raise TranslationUnavailable(refusal(source, target, available), available)


def refusal(source: str | None, target: str, available: Sequence[str]) -> str:
    """For people: what cannot be had, and what can."""
    begin = f"This server does not translate {f'from {_name(source)} ' if source else ''}to {_name(target)}."
    can = f"It translates {f'from {source} ' if source else ''}to: {', '.join(available) or 'nothing'}."
    return f"{begin} {can} {_MORE}"


def source_of(page: PageResult, main: str | None, asked: str) -> str | None:
    """The language that a page is in: the one that was asked for, or its own, or else `main`, that of most of the document."""
    if asked != languages.AUTO:
        return asked
    return _code(page.language) or main


def main_language(document: Document, asked: str) -> str | None:
    """What most of its text is in, or was said to be in; None where no page tells."""
    if asked != languages.AUTO:
        return asked
    letters: Counter[str] = Counter()
    for page in document.pages:
        if code := _code(page.language):
            letters[code] += len(page.text)
    return letters.most_common(1)[0][0] if letters else None


def _code(language: str | None) -> str | None:
    known = languages.find(language) if language else None
    return known.code if known else None


def _name(code: str) -> str:
    known = languages.find(code)
    return f"{known.name} ({code})" if known else code
