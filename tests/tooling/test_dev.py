"""`dev` is what everyone types first: it must refuse an old Python with a sentence and say what it can do."""

import json
import os
import subprocess
import sys
import types
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def dev(*args: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, ROOT / "dev", *args], capture_output=True, text=True)


def test_without_a_command_it_lists_the_commands() -> None:
    result = dev()
    assert result.returncode == 0
    assert all(f"./dev {command}" in result.stdout for command in ("demo", "run", "check", "test", "lock"))


def test_an_unknown_command_is_refused() -> None:
    assert dev("dmeo").returncode == 2


def test_a_python_that_is_too_old_gets_a_sentence(tmp_path: Path) -> None:
    script = (
        (ROOT / "dev").read_text(encoding="utf-8").replace("sys.version_info < (3, 11)", "sys.version_info < (99,)")
    )
    (tmp_path / "dev").write_text(script, encoding="utf-8")
    result = subprocess.run([sys.executable, tmp_path / "dev", "demo"], capture_output=True, text=True)
    assert result.returncode == 2
    assert "needs Python 3.11 or newer" in result.stdout
    assert not (tmp_path / ".venv").exists()


def test_the_scripts_can_be_executed() -> None:
    assert os.access(ROOT / "dev", os.X_OK) or os.name == "nt"
    assert os.access(ROOT / ".ci" / "run", os.X_OK) or os.name == "nt"


def test_a_known_hole_in_what_is_shipped_is_named() -> None:
    module = types.ModuleType("dev")
    module.__file__ = str(ROOT / "dev")
    exec(compile((ROOT / "dev").read_text(encoding="utf-8"), "dev", "exec"), module.__dict__)  # noqa: S102 - our own script
    report = {
        "dependencies": [
            {"name": "sound", "version": "1.0", "vulns": []},
            {"name": "holed", "version": "0.9", "vulns": [{"id": "CVE-2026-1"}]},
            {"name": "unknown", "skip_reason": "not found"},
        ]
    }
    assert module.holes_in(json.dumps(report)) == (2, ["holed 0.9: CVE-2026-1"])
    assert module.holes_in("") == (0, [])  # nobody answered
