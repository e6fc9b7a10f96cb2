"""The real engine with the real weights: loads models, takes seconds."""

from __future__ import annotations

from pathlib import Path

import pytest

from ocrchat import engines, images, pdf
from ocrchat.engines.null import NullEngine
from ocrchat.model import PageImage
from tests.documents import scanned_pdf

EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.fixture(scope="module")
def engine(weights: Path) -> engines.OcrEngine:
    return engines.load(weights, threads=1)


def blank(width: int, height: int) -> PageImage:
    return PageImage(b"\xff" * (width * height * 3), width, height, 96.0)


def rendered(data: bytes) -> PageImage:
    with pdf.open_bytes(data) as document:
        return document.page(0).render()


def test_a_scanned_sentence_is_read_word_by_word(engine: engines.OcrEngine) -> None:
    image = rendered(scanned_pdf(1, dpi=150))

    lines = sorted(engine.read(image), key=lambda line: line.box.y0)

    assert [line.text for line in lines] == ["Page number 0", "The quick brown fox jumps over the lazy dog."]
    assert all(line.confidence > 0.9 for line in lines)


def test_boxes_are_upright_and_in_pixels_of_the_page(engine: engines.OcrEngine) -> None:
    image = rendered(scanned_pdf(1, dpi=150))  # 2,200 pixels high or more: the engine reduces it

    first = min(engine.read(image), key=lambda line: line.box.y0)

    point = image.dpi / 72
    assert first.box.x0 == pytest.approx(72 * point, abs=6 * point)
    assert first.box.y0 < 72 * point < first.box.y1 + 4 * point
    assert first.box.height < 30 * point


def test_a_real_typed_letter_is_read(engine: engines.OcrEngine) -> None:
    text = " ".join(line.text for line in engine.read(images.frame((EXAMPLES / "scan.jpg").read_bytes(), 0)))

    for words in (
        "UNIVERSITY OF CALIFORNIA",
        "Berkeley, March 20, 1905.",
        "the Academic Senate",
        "Very sincerely yours,",
    ):
        assert all(word in text for word in words.split())


def test_a_photo_is_read_in_both_its_scripts(engine: engines.OcrEngine) -> None:
    text = " ".join(line.text for line in engine.read(images.frame((EXAMPLES / "photo.jpg").read_bytes(), 0)))

    assert "愚园路" in text
    assert "Yuyuan Rd." in text


@pytest.mark.parametrize("size", [(400, 300), (1, 1), (5000, 3), (3, 5000), (2000, 40)])
def test_a_page_without_text_has_no_lines_whatever_its_shape(engine: engines.OcrEngine, size: tuple[int, int]) -> None:
    assert engine.read(blank(*size)) == []


def test_reading_again_gives_the_same_lines(engine: engines.OcrEngine) -> None:
    image = rendered(scanned_pdf(1))

    assert engine.read(image) == engine.read(image)


def test_what_the_engine_package_lets_be_set_is_set(engine: engines.OcrEngine) -> None:
    """A contract with rapidocr-onnxruntime 1.4.4: two of its settings are attributes, which another version may not read."""
    package = engine._engine  # type: ignore[attr-defined]

    assert package.use_cls is False
    assert package.text_det.get_preprocess(2000).limit_side_len == 960
    assert package.text_det.get_preprocess(2000).limit_type == "max"
    assert (package.text_rec.rec_batch_num, package.text_rec.rec_image_shape) == (1, [3, 48, 48])
    assert len(package.text_rec.postprocess_op.character) > 18_000
    for session in (package.text_det.infer.session, package.text_rec.session.session):
        options = session.get_session_options()
        assert options.enable_cpu_mem_arena is True
        assert (options.intra_op_num_threads, options.inter_op_num_threads) == (1, 1)


def test_missing_weights_are_noticed_at_loading(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        engines.load(tmp_path, threads=1)


def test_the_null_engine_reads_nothing() -> None:
    assert NullEngine().read(blank(10, 10)) == []
