"""The cpu tier with more time: what it reads again, and what it leaves as it is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest
from PIL import Image, ImageFilter
from rapidfuzz import fuzz

from ocrchat import engines, images
from ocrchat.engines.ppocr import Networks
from ocrchat.engines.reading import Reading
from ocrchat.engines.thorough import ThoroughEngine
from ocrchat.model import PageImage

EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.fixture(scope="module")
def cpu(weights: Path) -> engines.CpuModels:
    return engines.CpuModels(weights, None, threads=1)


@pytest.fixture(scope="module")
def thorough(cpu: engines.CpuModels) -> engines.ThoroughModels:
    return engines.ThoroughModels(cpu)


@pytest.fixture(scope="module")
def letter() -> PageImage:
    """The upper half of it."""
    whole = images.frame((EXAMPLES / "scan.jpg").read_bytes(), 0)
    height = whole.height // 2
    return PageImage(whole.pixels[: whole.width * height * 3], whole.width, height, whole.dpi)


@pytest.fixture(scope="module")
def faint(letter: PageImage) -> PageImage:
    """The letter as a bad copy: out of focus, pale, on speckled paper."""
    picture = Image.frombytes("RGB", (letter.width, letter.height), letter.pixels)
    pixels = 255 - 0.35 * (255.0 - np.asarray(picture.filter(ImageFilter.GaussianBlur(2))))
    pixels += np.random.default_rng(1).normal(0, 30, pixels.shape[:2])[..., None]
    return PageImage(pixels.clip(0, 255).astype(np.uint8).tobytes(), letter.width, letter.height, letter.dpi)


def text(read: engines.Recognised) -> str:
    return "\n".join(line.text for line in sorted(read.lines, key=lambda line: line.box.y0))


def test_a_page_that_is_read_well_is_left_as_it_is(
    cpu: engines.CpuModels, thorough: engines.ThoroughModels, letter: PageImage
) -> None:
    assert thorough.ocr.read(letter).lines == cpu.ocr.read(letter).lines


def test_a_page_that_is_read_badly_is_read_better_and_the_cpu_tier_reads_it_as_before(
    cpu: engines.CpuModels, thorough: engines.ThoroughModels, letter: PageImage, faint: PageImage
) -> None:
    clear = text(cpu.ocr.read(letter))

    quick, careful, again = (models.ocr.read(faint) for models in (cpu, thorough, cpu))

    assert fuzz.ratio(text(careful), clear) > fuzz.ratio(text(quick), clear) + 1
    assert len(text(careful).split()) > len(text(quick).split())
    assert again.lines == quick.lines


def test_networks_are_not_loaded_twice(cpu: engines.CpuModels, thorough: engines.ThoroughModels) -> None:
    assert thorough.layout is cpu.layout
    assert thorough.tables is cpu.tables


@dataclass
class Lines:
    """Stands in for the detector: `count` lines from the top of the page."""

    count: int

    def find(self, page: Any, dpi: float, is_foreign: bool = False) -> Any:
        tops = range(10, 10 + 30 * self.count, 30)
        quads = [[[10, y], [210, y], [210, y + 20], [10, y + 20]] for y in tops]
        return np.array(quads, float).reshape(-1, 4, 2)


@dataclass
class Readings:
    """Stands in for a recogniser: says one after the other, then the last again and again."""

    said: Sequence[Reading]
    asked: int = 0
    _left: Iterator[Reading] = field(init=False)

    def __post_init__(self) -> None:
        self._left = iter(self.said)

    def read(self, strip: Any) -> Reading:
        self.asked += 1
        return next(self._left, self.said[-1])


def engine(lines: Lines, tiny: Readings, small: Readings) -> ThoroughEngine:
    return ThoroughEngine(Networks(cast(Any, lines), cast(Any, tiny), cast(Any, small), None))


def page() -> PageImage:
    pixels = np.full((400, 220, 3), 255, np.uint8)
    pixels[::7] = 0
    return PageImage(pixels.tobytes(), 220, 400, 96.0)


WEAK = Reading("Ihe quick", 0.6)


def test_of_several_readings_the_sure_one_that_others_agree_with_is_kept() -> None:
    small = Readings([WEAK, Reading("The quick", 0.8), Reading("mmmmmmmmmm", 0.85), Reading("The quick", 0.8)])

    read = engine(Lines(1), Readings([WEAK]), small).read(page(), may_turn=False)

    assert [line.text for line in read.lines] == ["The quick"]
    assert 0.3 < read.lines[0].confidence < 0.8


def test_a_reading_that_is_hardly_surer_does_not_take_the_place_of_the_first() -> None:
    small = Readings([WEAK, Reading("Ihe quiek", 0.61), WEAK])

    read = engine(Lines(1), Readings([WEAK]), small).read(page(), may_turn=False)

    assert [line.text for line in read.lines] == ["Ihe quick"]


def test_a_blank_page_is_not_looked_at() -> None:
    tiny = Readings([WEAK])
    white = PageImage(b"\xff" * (100 * 100 * 3), 100, 100, 96.0)

    assert engine(Lines(1), tiny, tiny).read(white).lines == []
    assert tiny.asked == 0
