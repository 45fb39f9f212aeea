"""docs/threat-model.md is held against the tests: each row says what is done and names the tests that prove it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DOCS = [*sorted((ROOT / "docs").glob("*.md")), ROOT / "README.md", ROOT / "SECURITY.md"]
MODEL = (ROOT / "docs" / "threat-model.md").read_text("utf-8")


def named_in(text: str) -> set[str]:
    return {name.removeprefix("tests/") for name in re.findall(r"`((?:tests/)?(?:\w+/)?test_\w+\.py)`", text)}


def rows() -> list[tuple[str, str, str]]:
    """(threat, what is done, proof) of the table."""
    table = MODEL.partition("| Threat |")[2].partition("\n\n")[0].splitlines()[2:]
    return [tuple(cell.strip() for cell in line.strip("|").split(" | ")) for line in table]  # type: ignore[misc]


@pytest.mark.parametrize("page", DOCS, ids=lambda page: page.name)
def test_every_test_that_a_page_names_is_there(page: Path) -> None:
    assert [name for name in named_in(page.read_text("utf-8")) if not (ROOT / "tests" / name).is_file()] == []


def test_every_threat_has_something_against_it_and_a_proof() -> None:
    assert len(rows()) >= 28
    assert [row for row in rows() if len(row) != 3 or not all(row) or not named_in(row[2])] == []


def test_what_is_not_protected_is_said() -> None:
    said = MODEL.partition("## What is not protected")[2]
    for what in ("unlocked screen", "made to unlock", "operating system", "deniability", "password manager"):
        assert what in said.lower(), what
