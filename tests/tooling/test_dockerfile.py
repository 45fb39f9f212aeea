"""The Dockerfile keeps hadolint's rules. Building it needs a Docker engine; docs/docker.md says how it was tried."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
HADOLINT = Path(sys.executable).with_name("hadolint.exe" if os.name == "nt" else "hadolint")


def hadolint(dockerfile: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([HADOLINT, "-"], input=dockerfile, capture_output=True, text=True)


def test_hadolint_finds_what_is_wrong() -> None:
    result = hadolint("FROM debian\nRUN cd /srv && sudo ls\n")
    assert result.returncode != 0
    assert {"DL3003", "DL3004", "DL3006"} <= set(result.stdout.split())


def test_hadolint_has_nothing_to_say_about_our_dockerfile() -> None:
    result = hadolint((ROOT / "Dockerfile").read_text(encoding="utf-8"))
    assert (result.returncode, result.stdout) == (0, "")


def test_every_folder_that_the_image_copies_is_let_through() -> None:
    """.dockerignore keeps everything out but what it names: what the Dockerfile copies must be named there."""
    lines = (ROOT / "Dockerfile").read_text(encoding="utf-8").splitlines()
    copied = {name for line in lines if line.startswith("COPY") and "--from" not in line for name in line.split()[1:-1]}
    let_through = {
        line[1:] for line in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines() if line[:1] == "!"
    }
    assert {Path(name).parts[0] for name in copied} == let_through


def test_the_program_does_not_run_as_root() -> None:
    lines = (ROOT / "Dockerfile").read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if line.startswith("USER")] == ["USER 10001:10001"]
