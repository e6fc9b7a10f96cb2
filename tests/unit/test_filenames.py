from __future__ import annotations

import pytest

from ocrchat.filenames import base_name, with_extension


@pytest.mark.parametrize(
    ("sent", "name"),
    [
        ("a.pdf", "a.docx"),
        ("Scan.JPEG", "Scan.docx"),
        ("résumé v1.2 final", "résumé v1.2 final.docx"),
        ("Contract 12.05.2024", "Contract 12.05.2024.docx"),
        ("archive.tar.pdf", "archive.tar.docx"),
        (".pdf", ".pdf.docx"),
        ("file", "file.docx"),
    ],
)
def test_a_download_has_its_extension_in_place_of_the_files(sent: str, name: str) -> None:
    assert with_extension(sent, "docx") == name


@pytest.mark.parametrize("letter", ["x", "é", "中", "🙂"])
def test_the_name_of_a_download_is_one_that_file_systems_take(letter: str) -> None:
    name = with_extension(base_name(f"{letter * 300}.pdf"), "docx")

    assert len(name.encode()) <= 255
    assert set(name.removesuffix(".docx")) == {letter}


def test_a_long_name_keeps_its_end() -> None:
    assert base_name(f"C:\\folder\\{'x' * 300}.pdf") == f"{'x' * 251}.pdf"
    assert base_name("x" * 300) == "x" * 255
    assert base_name("..") == ""
