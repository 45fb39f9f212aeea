"""`baqylau checklists`: editors correct files by what it says."""

import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from app.config import ROOT
from tests.cli.conftest import Run, free_port


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return shutil.copytree(ROOT / "checklists", tmp_path / "checklists")


def test_our_checklists_have_no_faults_and_types_without_one_are_a_notice(run: Run, folder: Path) -> None:
    said = run("checklists", "check")
    assert (said.code, said.err) == (0, "")
    assert "no checklist yet for" not in said.out
    assert "no faults" in said.out
    (folder / "institutions" / "infant-home.yaml").unlink()
    said = run("checklists", "check", folder)
    assert said.code == 0
    assert "no checklist yet for infant_home" in said.out


def test_a_fault_is_named_with_file_line_and_place(run: Run, folder: Path) -> None:
    path = folder / "indicators" / "B-separation.yaml"
    lines = path.read_text("utf-8").splitlines()
    at = next(number for number, line in enumerate(lines) if line.strip().startswith("severity:"))
    lines[at] = lines[at].replace("severity:", "severty:")
    path.write_text("\n".join(lines), "utf-8")
    said = run("checklists", "check", folder)
    assert said.code == 1
    assert f"indicators/B-separation.yaml:{at + 1}: B1" in said.err
    assert "severty" in said.err


def test_a_folder_that_is_not_there_is_a_fault(run: Run, tmp_path: Path) -> None:
    assert run("checklists", "check", tmp_path / "none").code == 1


@pytest.mark.parametrize("role", ["device", "central"])
def test_no_node_starts_on_broken_checklists(
    run: Run, folder: Path, tmp_path: Path, role: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "indicators" / "B-separation.yaml").write_text("indicators: [")
    monkeypatch.setenv("BAQYLAU_CHECKLISTS_DIR", str(folder))
    said = run(role, "--port", free_port(), "--data", tmp_path / "data")
    assert said.code == 2
    assert "indicators/B-separation.yaml:" in said.err


def test_stats_count_what_waits_for_counsel(run: Run) -> None:
    said = run("checklists", "stats")
    assert said.code == 0
    assert "to be checked by counsel" in said.out


def test_the_preview_serves_until_it_is_stopped(tmp_path: Path) -> None:
    port = free_port()
    command = [sys.executable, "-m", "app", "checklists", "preview", "police-holding", "--port", str(port)]
    program = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, env={**os.environ, "BAQYLAU_LANGUAGE": "en"})
    try:
        assert program.stdout is not None
        assert program.stdout.readline().decode().strip() == f"http://127.0.0.1:{port}"
        assert b"<article" in asked(f"http://127.0.0.1:{port}/sections/1")
    finally:
        program.send_signal(signal.SIGINT)
        assert program.wait(30) == 0


def asked(url: str) -> bytes:
    """The page, as soon as the program listens."""
    for _ in range(100):
        try:
            with urllib.request.urlopen(url, timeout=60) as reply:
                found: bytes = reply.read()
                return found
        except urllib.error.URLError:
            time.sleep(0.1)
    raise AssertionError(url)
