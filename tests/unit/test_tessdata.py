"""layers/tessdata/fetch.py, with small files for data and stand-ins for package managers: nothing is downloaded."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import shutil
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]
FILES = {"Cyrillic.traineddata": b"Cyrillic data", "ara.traineddata": b"Arabic data", "tha.traineddata": b"Thai data"}
TOOLS = ("sh", "cp", "mkdir", "tar")

# Each leaves what its package has under the present folder, as fetch.py calls it. $STORE holds the data.
APT_GET = 'echo "$@" > "$STORE/asked"; : > a.deb'
DPKG_DEB = 'mkdir -p "$3/usr/share/tesseract-ocr/5/tessdata"; cp "$STORE"/*.traineddata "$3/usr/share/tesseract-ocr/5/tessdata"'
DNF = 'echo "$@" > "$STORE/asked"; : > "$3/a.rpm"'
RPM2CPIO = ":"
CPIO = (
    "mkdir -p usr/share/tesseract/tessdata/script; cp $STORE/[a-z]*.traineddata usr/share/tesseract/tessdata; "
    "cp $STORE/C*.traineddata usr/share/tesseract/tessdata/script"
)
BREW = 'if [ "$*" = "--prefix tesseract-lang" ]; then echo "$STORE/opt"; else echo "cannot link" >&2; exit 1; fi'
DOCKER = (
    'if [ "$1" = build ]; then shift; while [ "$1" != --iidfile ]; do shift; done; echo sha256:ab > "$2"; '
    'else [ "$3" = sha256:ab ] && tar -cf - -C "$STORE" .; fi'
)


@pytest.fixture
def fetch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The module, wanting FILES, where there is no package manager. Data that is really installed is not what it wants."""
    spec = importlib.util.spec_from_file_location("tessdata_fetch", ROOT / "layers" / "tessdata" / "fetch.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    listed = "".join(f"{hashlib.sha256(data).hexdigest()}  {name}\n" for name, data in FILES.items())
    for name in ("layer", "bin", "store"):
        (tmp_path / name).mkdir()
    (tmp_path / "layer" / "tessdata.txt").write_text(listed)
    for tool in TOOLS:
        (tmp_path / "bin" / tool).symlink_to(shutil.which(tool) or "")
    monkeypatch.setattr(module, "HERE", tmp_path / "layer")
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setenv("STORE", str(tmp_path / "store"))
    return module


@pytest.fixture
def dest(tmp_path: Path) -> Path:
    return tmp_path / "dest"


def put(folder: Path, files: dict[str, bytes]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in files.items():
        (folder / name).write_bytes(data)


def install(tmp_path: Path, **commands: str) -> None:
    """Puts stand-ins on the PATH, and what they hand out into the store."""
    for name, script in commands.items():
        command = tmp_path / "bin" / name.replace("_", "-")
        command.write_text(f"#!/bin/sh\n{script}\n")
        command.chmod(0o755)
    put(tmp_path / "store", FILES)


def content(dest: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in dest.iterdir()}


def test_installed_data_is_copied_scripts_from_their_subfolder(
    fetch: ModuleType, dest: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetch, "INSTALLED", (str(tmp_path / "nowhere"), str(tmp_path / "installed")))
    put(tmp_path / "installed", {**FILES, "eng.traineddata": b"not asked for"})
    put(tmp_path / "installed" / "script", {"Cyrillic.traineddata": FILES["Cyrillic.traineddata"]})
    (tmp_path / "installed" / "Cyrillic.traineddata").unlink()

    fetch.fetch(dest)

    assert content(dest) == FILES


def test_other_data_of_the_same_name_is_refused(
    fetch: ModuleType, dest: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetch, "INSTALLED", (str(tmp_path / "installed"),))
    put(tmp_path / "installed", {**FILES, "tha.traineddata": b"Thai data of another version"})

    with pytest.raises(SystemExit, match=r"1 files could not be had: tha\.traineddata"):
        fetch.fetch(dest)

    assert "tha.traineddata" not in content(dest)


def test_what_is_there_and_right_stays_and_what_is_wrong_is_replaced(
    fetch: ModuleType, dest: Path, tmp_path: Path
) -> None:
    install(tmp_path, apt_get=APT_GET, dpkg_deb=DPKG_DEB)
    put(dest, {**FILES, "ara.traineddata": b"half of the Ara"})
    os.utime(dest / "tha.traineddata", (1, 1))

    fetch.fetch(dest)

    assert content(dest) == FILES
    assert (dest / "tha.traineddata").stat().st_mtime == 1
    assert (tmp_path / "store" / "asked").read_text() == "download tesseract-ocr-ara\n"


def test_a_full_folder_asks_nobody(fetch: ModuleType, dest: Path, tmp_path: Path) -> None:
    put(dest, FILES)
    install(tmp_path, apt_get=APT_GET, dnf=DNF, brew=APT_GET, docker=APT_GET)

    fetch.fetch(dest)

    assert not (tmp_path / "store" / "asked").exists()


def test_debians_packages_are_downloaded_and_unpacked(fetch: ModuleType, dest: Path, tmp_path: Path) -> None:
    install(tmp_path, apt_get=APT_GET, dpkg_deb=DPKG_DEB)

    fetch.fetch(dest)

    assert content(dest) == FILES
    asked = (tmp_path / "store" / "asked").read_text().split()
    assert asked == ["download", "tesseract-ocr-script-cyrl", "tesseract-ocr-ara", "tesseract-ocr-tha"]


def test_fedoras_packages_are_downloaded_and_unpacked(fetch: ModuleType, dest: Path, tmp_path: Path) -> None:
    install(tmp_path, dnf=DNF, rpm2cpio=RPM2CPIO, cpio=CPIO)

    fetch.fetch(dest)

    assert content(dest) == FILES
    asked = (tmp_path / "store" / "asked").read_text().split()
    assert asked[:2] == ["download", "--destdir"]
    assert asked[3:] == ["tesseract-script-cyrillic", "tesseract-langpack-ara", "tesseract-langpack-tha"]


def test_brews_data_is_found_though_brew_could_not_link_it(fetch: ModuleType, dest: Path, tmp_path: Path) -> None:
    install(tmp_path, brew=BREW)
    put(tmp_path / "store" / "opt" / "share" / "tessdata", FILES)

    fetch.fetch(dest)

    assert content(dest) == FILES


def test_docker_makes_up_for_a_package_manager_that_fails(fetch: ModuleType, dest: Path, tmp_path: Path) -> None:
    install(tmp_path, apt_get="exit 100", docker=DOCKER)

    fetch.fetch(dest)

    assert content(dest) == FILES


def test_the_image_has_the_stage_that_docker_is_asked_for() -> None:
    dockerfile = (ROOT / "functions" / "ocr_page" / "Dockerfile").read_text()

    assert " AS tessdata\n" in dockerfile
    assert "fetch.py /opt/tessdata\n" in dockerfile


@pytest.mark.parametrize(
    "commands", [{}, {"apt_get": "exit 100", "dnf": "exit 1", "brew": "exit 1", "docker": "exit 1"}]
)
def test_where_every_way_fails_the_user_is_told_what_to_do(
    commands: dict[str, str], fetch: ModuleType, dest: Path, tmp_path: Path
) -> None:
    install(tmp_path, **commands)

    with pytest.raises(SystemExit) as told:
        fetch.fetch(dest)

    for word in (*FILES, "apt-get update", "dnf install", "Homebrew", "Docker", str(dest)):
        assert word in str(told.value)
