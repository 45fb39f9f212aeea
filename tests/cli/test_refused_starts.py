"""What a start refuses, each with a sentence, and what its process forbids itself."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from app.config import ROOT
from app.store.checklist_cache import library_from
from app.store.db import open_sqlite
from app.store.folder import make_private
from app.store.slots import make_vault
from app.store.vault import Cost
from tests.builders import ANA
from tests.cli.conftest import Run, free_port

pytestmark = pytest.mark.skipif(os.name == "nt", reason="the rights of POSIX")


@pytest.mark.parametrize("role", ["device", "central"])
@pytest.mark.parametrize("mode", [0o705, 0o755, 0o777, 0o701])
def test_a_data_folder_that_others_can_look_into_is_refused(run: Run, tmp_path: Path, role: str, mode: int) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    folder.chmod(mode)
    said = run(role, "--data", folder, "--port", free_port())
    assert said.code == 2 and f"chmod 700 {folder}" in said.err.replace("\n", " ")
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("language", ["kk", "ru", "en"])
def test_the_refusal_is_said_in_each_language(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, language: str
) -> None:
    monkeypatch.setenv("BAQYLAU_LANGUAGE", language)
    (tmp_path / "data").mkdir()
    (tmp_path / "data").chmod(0o755)
    words = {"kk": "оқи алады", "ru": "могут читать", "en": "can read"}
    assert words[language] in run("device", "--data", tmp_path / "data", "--port", free_port()).err


def test_what_the_program_makes_is_its_owners_alone(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        make_private(tmp_path / "a")
        make_vault(tmp_path / "b", ANA, "river lamp seven horse", Cost(1, 1, 1))
        open_sqlite(tmp_path / "c", None).close()
        library_from(ROOT / "checklists", tmp_path / "d")
    finally:
        os.umask(before)
    assert {path.stat().st_mode & 0o777 for path in tmp_path.iterdir()} == {0o700}


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="Linux")
def test_a_server_leaves_no_dump_of_its_memory() -> None:
    look = (
        "import ctypes, resource; from app.commands.hardening import forbid_dumps; forbid_dumps();"
        "print(resource.getrlimit(resource.RLIMIT_CORE), ctypes.CDLL(None).prctl(3, 0, 0, 0, 0))"
    )
    said = subprocess.run([sys.executable, "-c", look], capture_output=True, text=True, check=True)
    assert said.stdout == "(0, 0) 0\n"
