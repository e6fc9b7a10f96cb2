"""`make serve`, stopped: nothing is left behind."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from tests.documents import scanned_pdf
from tests.http.conftest import TOKEN, Server, start


def all_processes(folder: Path) -> list[int]:
    """Those whose temporary folder lies in `folder`: the server and all that it started."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and str(folder).encode() in (entry / "environ").read_bytes():
                found.append(int(entry.name))
        except OSError:
            continue  # it has just ended, or is not ours
    return found


def command_of(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ")
    except OSError:
        return ""


def processes_with(folder: Path) -> list[str]:
    return [command for pid in all_processes(folder) if (command := command_of(pid))]


@pytest.mark.skipif(
    not Path("/proc/self/environ").exists(), reason="finds processes through /proc, which only Linux has"
)
@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_stopped_in_the_middle_of_work_it_leaves_no_process_and_no_folder(tmp_path: Path, stop: signal.Signals) -> None:
    server = start(tmp_path)
    headers = {"Authorization": f"Bearer {TOKEN}"}
    httpx.post(f"{server.url}/api/v1/ocr/", headers=headers, files={"file": ("a.pdf", scanned_pdf(8))}, timeout=60)
    assert len(processes_with(server.folder)) > 2

    server.process.send_signal(stop)

    assert server.process.wait(20) == 0
    assert processes_with(server.folder) == []
    assert list(server.folder.iterdir()) == []


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends a child with its parent")
def test_killed_outright_it_takes_the_emulator_and_its_workers_along(tmp_path: Path) -> None:
    server = start(tmp_path)

    server.process.kill()

    server.process.wait(20)
    give_up = time.monotonic() + 10
    while left := processes_with(server.folder):
        assert time.monotonic() < give_up, left
        time.sleep(0.1)


@pytest.mark.skipif(
    not Path("/proc/self/environ").exists(), reason="finds processes through /proc, which only Linux has"
)
def test_when_the_emulator_dies_the_server_says_so_and_ends(tmp_path: Path) -> None:
    server = start(tmp_path)
    (emulator,) = [pid for pid in all_processes(server.folder) if "-m ministack" in command_of(pid)]

    os.kill(emulator, signal.SIGKILL)

    assert server.process.wait(20) == 1
    assert "The emulator has ended" in (tmp_path / "serve.log").read_text()
    assert processes_with(server.folder) == []


def test_a_port_that_is_no_number_is_said(tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": "layers/core/python:.", "PORT": "web"}
    ran = subprocess.run([sys.executable, "-m", "local", "serve"], env=environment, capture_output=True, text=True)

    assert (ran.returncode, ran.stdout.strip()) == (1, "PORT is not a number: web")


def test_a_taken_port_is_said_and_leaves_nothing(server: Server, tmp_path: Path) -> None:
    port = server.url.rsplit(":", 1)[1]
    environment = {**os.environ, "PYTHONPATH": "layers/core/python:.", "PORT": port, "TMPDIR": str(tmp_path)}

    second = subprocess.run(
        [sys.executable, "-m", "local", "serve"], env=environment, capture_output=True, text=True, timeout=60
    )

    assert second.returncode == 1
    assert f"Port {port}" in second.stdout
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(not Path("/proc/net/tcp").exists(), reason="finds sockets through /proc, which only Linux has")
def test_nothing_listens_beyond_this_machine(server: Server) -> None:
    """All that was started for the server, the emulator with its many services included."""
    inodes = set()
    for pid in all_processes(server.folder):
        with contextlib.suppress(OSError):
            links = [str(link.readlink()) for link in Path(f"/proc/{pid}/fd").iterdir()]
            inodes |= {link[len("socket:[") : -1] for link in links if link.startswith("socket:[")}
    listening = []
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        for line in Path(table).read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == "0A" and fields[9] in inodes:
                listening.append(fields[1].split(":")[0])

    assert len(listening) >= 2
    assert set(listening) <= {"0100007F", "0000000000000000FFFF00000100007F", "00000000000000000000000001000000"}
