"""The benchmark's own logic: what is compared with what, and how an engine is asked."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from benchmarks import cold_start, pack, peers, scores
from benchmarks.contenders import BASE, CONTENDERS, SUPPORTED_BY
from benchmarks.pack import Item
from benchmarks.peers import NotAvailable, Process
from benchmarks.scores import Reading
from tests.documents import digital_pdf, scanned_pdf


def item(id: str, folder: str = "B", group: str = "some", *, is_image: bool = True, pages: int = 1) -> Item:
    return Item(id, folder, group, Path(f"{id}.pdf"), pages, is_image, "en", None)


def reading(contender: str, document: Item, cpu_s: float, **more: Any) -> Reading:
    return Reading(contender, document, cpu_s, cpu_s, **more)


def write_pack(folder: Path, entries: list[dict[str, Any]]) -> Path:
    (folder / "B").mkdir()
    (folder / "B" / "manifest.json").write_text(json.dumps({"items": entries}))
    (folder / "B" / "digital.pdf").write_bytes(digital_pdf(2))
    (folder / "B" / "scan.pdf").write_bytes(scanned_pdf(1, dpi=72))
    return folder


def entry(id: str, file: str, **more: Any) -> dict[str, Any]:
    return {"id": id, "file": file, "group": "mixed", "truth": "truth.txt", "lang": "en", **more}


def test_a_group_that_mixes_digital_documents_and_scans_becomes_two(tmp_path: Path) -> None:
    evaluation = write_pack(tmp_path, [entry("a", "digital.pdf"), entry("b", "scan.pdf")])

    digital, scan = pack.items(evaluation, ["B"])

    assert (digital.group, digital.is_image, digital.pages) == ("mixed", False, 2)
    assert (scan.group, scan.is_image, scan.pages) == ("mixed-image", True, 1)


def test_a_quick_look_takes_the_first_documents_of_each_group(tmp_path: Path) -> None:
    entries = [entry(id, "scan.pdf", group=group) for id, group in (("a", "x"), ("b", "x"), ("c", "y"), ("d", "x"))]

    found = pack.items(write_pack(tmp_path, entries), ["B"], limit=1)

    assert [each.id for each in found] == ["a", "c"]


def test_documents_without_a_truth_are_not_read(tmp_path: Path) -> None:
    unscored = entry("a", "scan.pdf")
    del unscored["truth"]

    assert pack.items(write_pack(tmp_path, [unscored]), ["B"]) == []


def test_single_languages_go_by_the_wider_code_that_engines_know(tmp_path: Path) -> None:
    evaluation = write_pack(tmp_path, [entry("a", "scan.pdf", lang="pes"), entry("b", "scan.pdf", lang="deu")])

    assert [each.language for each in pack.items(evaluation, ["B"])] == ["fas", "deu"]


def test_only_scans_are_rendered_for_engines_that_read_pictures(tmp_path: Path) -> None:
    evaluation = write_pack(tmp_path, [entry("a", "scan.pdf")])
    (document,) = pack.items(evaluation, ["B"])

    (picture,) = pack.pictures(document, tmp_path)

    assert Path(picture).read_bytes().startswith(b"\x89PNG")


def test_engines_that_only_read_pictures_are_not_given_digital_documents() -> None:
    readers = {contender.name for contender in CONTENDERS if contender.reads(item("a", is_image=False))}

    assert readers == {"ocrchat", "ocrchat, vlm embedded", "pymupdf4llm", "text layer"}


def test_costs_are_compared_on_the_documents_that_both_have_read() -> None:
    both, alone = item("both"), item("alone")
    base = {"both": reading(BASE, both, 4.0)}

    assert scores.ratio([reading("ocrchat", both, 1.0), reading("ocrchat", alone, 100.0)], base) == 0.25


def test_costs_of_documents_that_the_base_has_not_read_are_not_compared() -> None:
    assert scores.ratio([reading("ocrchat", item("alone"), 1.0)], {}) is None


def test_a_long_document_weighs_its_pages_in_cost_and_once_in_score() -> None:
    short, long = item("short"), item("long", pages=9)
    readings = [reading("ocrchat", short, 1.0), reading("ocrchat", long, 1.0)]

    figures = scores.summary(readings, {("ocrchat", "short"): {"primary": 1.0}, ("ocrchat", "long"): {"primary": 0.0}})

    assert figures["B"]["some"]["ocrchat"] == {
        **{"n": 2, "pages": 10, "primary": 0.5, "cpu_s_a_page": 0.2, "wall_s_a_page": 0.2},
    }


def test_a_document_in_an_unsupported_language_counts_in_the_score_and_not_in_the_cost() -> None:
    read, refused = item("read"), item("refused")
    readings = [reading("tesseract", read, 2.0), reading("tesseract", refused, 0.0, unsupported=True)]
    readings += [reading(BASE, read, 4.0), reading(BASE, refused, 4.0)]
    scored = {(name, id): {"primary": 1.0} for name in (BASE, "tesseract") for id in ("read", "refused")}
    scored["tesseract", "refused"] = {"primary": 0.0}

    figures = scores.summary(readings, scored)["B"]["some"]["tesseract"]

    assert (figures["primary"], figures["unsupported"]) == (0.5, 1)
    assert (figures["cpu_s_a_page"], figures["cpu_ratio"]) == (2.0, 0.5)


def test_the_mean_over_listed_languages_is_of_the_same_rendered_pages_for_all() -> None:
    listed, other, photo = (
        item(id, "E", group) for id, group in (("a", "udhr-latin"), ("b", "udhr-other"), ("c", "real"))
    )
    readings = [reading(name, each, 1.0) for name in (BASE, "ocrchat") for each in (listed, other, photo)]
    readings += [reading(SUPPORTED_BY, each, 1.0, unsupported=each is other) for each in (listed, other, photo)]
    scored = {(each.contender, each.item.id): {"cer": 0.1} for each in readings}

    figures = scores.summary(readings, scored)["E"]["supported"]

    assert {name: row["n"] for name, row in figures.items()} == {BASE: 1, "ocrchat": 1, SUPPORTED_BY: 1}


def test_the_script_of_a_text_is_that_of_most_of_its_letters() -> None:
    assert scores.script_of("Статья 1, Article 1: Все люди рождаются") == "CYRILLIC"
    assert scores.script_of("12, 34.") is None


def test_cold_starts_are_medians() -> None:
    assert cold_start.medians([{"cpu_s": 9.0}, {"cpu_s": 1.0}, {"cpu_s": 2.0}]) == {"cpu_s": 2.0}


@pytest.fixture
def peer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> peers.Peer:
    """An engine that prints while it loads, knows no `xx`, and does what stands in the file that it reads."""
    (tmp_path / "worker.py").write_text((peers.HERE / "worker.py").read_text())
    (tmp_path / "odd.py").write_text(
        "import os, time\n"
        "from pathlib import Path\n"
        "from worker import Unsupported\n"
        "PACKAGES = ('pytest',)\n"
        "class Reader:\n"
        "    def __init__(self):\n"
        "        print('loading ...')\n"
        "        if Path('no-weights').exists(): raise OSError('no weights')\n"
        "    def prepare(self, request):\n"
        "        if request.get('language') == 'xx': raise Unsupported('xx')\n"
        "    def read(self, request):\n"
        "        text = Path(request['file']).read_text()\n"
        "        if text == 'die': os._exit(3)\n"
        "        if text == 'hang': time.sleep(60)\n"
        "        return {'text': text}\n"
    )
    for name in ("HERE", "ENVIRONMENTS"):
        monkeypatch.setattr(peers, name, tmp_path)
    monkeypatch.setattr(peers, "PAGE_SECONDS", 0.5)
    monkeypatch.chdir(tmp_path)
    for text in ("words", "die", "hang"):
        (tmp_path / text).write_text(text)
    return peers.Peer("odd", "odd", None)


@pytest.fixture
def process(peer: peers.Peer) -> Iterator[Process]:
    started = Process(peer)
    yield started
    started.stop()


def test_an_engine_answers_whatever_it_prints(process: Process) -> None:
    answer = process.ask({"file": "words"})

    assert process.versions == {"pytest": pytest.__version__}
    assert answer["text"] == "words"
    assert answer["process_cpu_s"] > answer["cpu_s"] >= 0
    assert answer["peak_rss_mb"] > 1


def test_an_engine_goes_on_after_a_page_that_it_fails_on(process: Process) -> None:
    assert process.ask({"file": "none"})["error"].startswith("FileNotFoundError")
    assert process.ask({"file": "words"})["text"] == "words"


def test_a_language_that_an_engine_does_not_have_is_no_error(process: Process) -> None:
    answer = process.ask({"file": "words", "language": "xx"})

    assert (answer["text"], answer["unsupported"]) == ("", True)


def test_an_engine_that_dies_is_told_from_one_that_fails(process: Process) -> None:
    assert process.ask({"file": "die"}) == {"error": "the process ended with status 3", "ended": True}
    assert process.ask({"file": "words"})["ended"]


def test_a_page_that_takes_too_long_costs_the_time_it_was_given(process: Process) -> None:
    answer = process.ask({"file": "hang"})

    assert (answer["cpu_s"], answer["ended"]) == (0.5, True)


def test_an_engine_without_its_weights_is_not_available(peer: peers.Peer) -> None:
    Path("no-weights").touch()

    with pytest.raises(NotAvailable, match="no weights"):
        Process(peer)
