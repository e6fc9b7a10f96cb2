"""What a dropper asks for, and where results go: from the key and the metadata of an object."""

from __future__ import annotations

from datetime import UTC, datetime
from xml.etree import ElementTree
from xml.sax.saxutils import escape

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from functions.submit import drop_options, form
from ocrchat import export, keys
from ocrchat.aws.accounts import ACCOUNT_ID
from ocrchat.errors import InvalidField
from ocrchat.media import MediaType
from ocrchat.model import Drop, Job, JobOptions, Lane, Tier
from ocrchat.settings import VlmBackend
from ocrchat.usecases import DropOptions
from ocrchat.usecases.dropping import outcomes

SERVER = form.Abilities()


def read(key: str, **metadata: str) -> DropOptions:
    return drop_options.read(key, metadata, SERVER)


def test_nothing_said_is_the_default_of_the_form() -> None:
    assert read("drop/acme/a.pdf") == DropOptions(JobOptions(), ("json", "md"))


def test_folders_say_options_and_the_nearer_one_counts_more() -> None:
    asked = read("drop/acme/tier=vlm/language=de/in/language=French/pages=1-3,7/a.pdf")

    assert asked.options == JobOptions(tier=Tier.VLM, language="fr", pages="1-3,7")


def test_metadata_counts_more_than_any_folder() -> None:
    assert read("drop/acme/tier=vlm/formats=docx/a.pdf", tier="cpu", formats="csv, TXT").options.tier is Tier.CPU
    assert read("drop/acme/formats=docx/a.pdf", formats="csv, TXT").formats == ("json", "md", "csv", "txt")


def test_an_empty_value_in_the_metadata_is_the_default_again() -> None:
    assert read("drop/acme/tier=vlm/a.pdf", tier="").options.tier is Tier.CPU


@pytest.mark.parametrize("key", ["drop/acme/year=2026/month=11/a.pdf", "drop/acme/a=b/=/==/tier/a.pdf"])
def test_folders_of_other_programs_are_theirs(key: str) -> None:
    assert read(key, mtime="1764000000", mode="33188") == DropOptions(JobOptions(), ("json", "md"))


def test_the_name_of_the_file_and_the_account_say_nothing() -> None:
    assert read("drop/tier=vlm/tier=vlm") == DropOptions(JobOptions(), ("json", "md"))


@pytest.mark.parametrize("name", ["file", "upload", "file_url", "dry_run"])
def test_what_a_form_says_of_its_file_cannot_be_said(name: str) -> None:
    assert read("drop/acme/a.pdf", **{name: "true"}) == DropOptions(JobOptions(), ("json", "md"))


def test_a_tool_brings_its_format_unless_formats_are_named() -> None:
    assert read("drop/acme/a.pdf", tool="pdf-to-word").formats == ("json", "md", "docx")
    assert read("drop/acme/a.pdf", tool="pdf-to-word", formats="txt").formats == ("json", "md", "txt")
    assert read("drop/acme/a.pdf", tool="pdf-to-markdown").formats == ("json", "md")


@pytest.mark.parametrize(
    ("metadata", "says"),
    [
        ({"tier": "gpu"}, "tier='gpu'"),
        ({"formats": "docx,,pdf"}, "formats: ''"),
        ({"formats": "docx pdf"}, "formats: 'docx pdf'"),
        ({"pages": "9-1"}, "pages='9-1'"),
    ],
)
def test_a_value_that_is_not_allowed_is_refused_as_in_the_form(metadata: dict[str, str], says: str) -> None:
    with pytest.raises(InvalidField) as raised:
        read("drop/acme/a.pdf", **metadata)

    assert says in raised.value.detail


def test_a_tier_that_is_switched_off_is_refused() -> None:
    with pytest.raises(InvalidField):
        drop_options.read("drop/acme/tier=vlm/a.pdf", {}, form.Abilities(vlm_backend=VlmBackend.NONE))


def test_results_mirror_the_path_and_no_two_formats_share_a_name() -> None:
    assert keys.outcome("drop/acme/in/a.b.pdf", "md") == "results/acme/in/a.b.pdf.md"
    found = outcomes("drop/acme/a.pdf")
    assert len(set(found)) == len(export.FORMATS) + 1
    assert {"results/acme/a.pdf.pdf", "results/acme/a.pdf.text.pdf", "results/acme/a.pdf.error.json"} <= set(found)


@given(path=st.text(st.characters(codec="utf-8"), min_size=1, max_size=1019))
@example(path="acme/a\x01.pdf")
@example(path="acme/\ufffe/a\r.pdf")
@example(path="ac\x00me/a.pdf")
def test_wherever_a_file_lies_its_results_have_a_key_that_s3_takes_and_no_client_resolves(path: str) -> None:
    path = path.encode()[:1019].decode(errors="ignore") or "a"
    account, _ = keys.drop_folders(f"drop/{path}")

    for key in outcomes(f"drop/{path}"):
        assert len(key.encode()) <= 1024
        assert key.startswith("results/")
        assert not {".", ".."} & set(key.split("/"))
        in_xml = escape(key, {"\r": "&#xD;"})  # as botocore writes what is to be deleted
        assert ElementTree.fromstring(f"<Key>{in_xml}</Key>").text == key
        if ACCOUNT_ID.fullmatch(account):
            assert key.startswith(f"results/{account}/"), "where its dropper may read"


@pytest.mark.parametrize(
    ("key", "folders"),
    [
        ("drop/acme/a.pdf", ("acme", [])),
        ("drop/acme/b/c/a.pdf", ("acme", ["b", "c"])),
        ("drop/a.pdf", ("", [])),
        ("drop//a.pdf", ("", [])),
        ("drop/acme/drop/acme/a.pdf", ("acme", ["drop", "acme"])),
    ],
)
def test_the_account_is_the_first_folder(key: str, folders: tuple[str, list[str]]) -> None:
    assert keys.drop_folders(key) == folders


def test_a_dropped_job_is_told_of_and_stands_in_no_interactive_lane() -> None:
    now = datetime.now(UTC)
    sent = Job("1" * 32, "a", "f.pdf", MediaType.PDF, 1, JobOptions(), created_at=now)
    dropped = Job(
        "1" * 32, "a", "f.pdf", MediaType.PDF, 1, JobOptions(), created_at=now, drop=Drop("drop/a/f", "e", now)
    )

    assert (sent.is_told, sent.lane) == (False, Lane.INTERACTIVE)
    assert (dropped.is_told, dropped.lane) == (True, Lane.BULK)
