"""`baqylau checklists`: editors correct files by what it says."""

import os
import re
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
from app.domain.checklist import INSTITUTION_TYPES
from app.domain.library_counts import counts_of
from app.store.checklists import load_library
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
    # A process of its own: what a child of the launcher says does not come through pytest's own streams.
    command = [sys.executable, "-m", "app", role, "--port", str(free_port()), "--data", tmp_path / "data"]
    said = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
    assert said.returncode == 2
    assert "indicators/B-separation.yaml:" in said.stderr


# ---- stats -------------------------------------------------------------------------------------------------------------


def counts(out: str) -> dict[str, list[str]]:
    """The cells after the first of every line of the tables."""
    rows = [re.split(r"\s{2,}", line.strip()) for line in out.splitlines() if line.startswith(" ")]
    return {first: rest for first, *rest in rows}


def test_stats_count_types_domains_languages_severities_and_verification(run: Run) -> None:
    said = run("checklists", "stats")
    assert (said.code, said.err) == (0, "")
    counted, library = counts(said.out), load_library(ROOT / "checklists")
    whole = counts_of(library)
    for kind in INSTITUTION_TYPES:
        checklist = library.for_type(kind)
        asked = sum(len(section.indicators) for section in checklist.sections) if checklist else 0
        short = len(checklist.short) if checklist else 0
        assert counted[kind] == [checklist.id if checklist else "none yet", str(asked), str(short)]
    assert {letter: int(counted[letter][-1]) for letter in whole.by_domain} == whole.by_domain
    for language in ("kk", "ru", "en"):
        assert counted[language][-1] == "100"
    assert {name: int(counted[name][0]) for name in whole.by_severity} == whole.by_severity
    assert {name: int(counted[name][0]) for name in whole.by_status} == whole.by_status
    assert int(counted["to be checked by counsel"][0]) == whole.unverified


def test_stats_say_the_whole_in_one_line(run: Run) -> None:
    library = load_library(ROOT / "checklists")
    covered = len(INSTITUTION_TYPES) - len(library.types_without_checklist())
    last = run("checklists", "stats").out.splitlines()[-1]
    assert last == (
        f"{covered} types, {len(library.indicators)} indicators, {len(library.standards)} provisions, "
        "3 languages at 100 %"
    )


def test_the_library_is_as_large_as_was_asked_for() -> None:
    whole = counts_of(load_library(ROOT / "checklists"))
    assert whole.indicators >= 166
    assert whole.provisions >= 639


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
