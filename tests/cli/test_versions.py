"""`baqylau checklists publish`, `check` and `diff`: what was given out does not change unseen."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from app.store.checklists import compile_checklist, load_library
from tests.checklists.test_library import INDICATORS, INSTITUTION, b1, small_library, written
from tests.cli.conftest import Run


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A small library without a fault."""
    return written(tmp_path / "checklists", small_library())


@pytest.fixture
def reword(folder: Path) -> Callable[[], None]:
    """Lets an editor put B1 in other words."""

    def change() -> None:
        files = small_library()
        b1(files)["text"]["en"] = "In other words?"
        written(folder, files)

    return change


def test_a_published_version_may_not_change(run: Run, folder: Path, reword: Callable[[], None]) -> None:
    said = run("checklists", "publish", "small", "--folder", folder)
    assert (said.code, said.err) == (0, "")
    assert run("checklists", "check", folder).code == 0
    reword()
    faults = run("checklists", "check", folder)
    assert faults.code == 1
    line = next(n for n, text in enumerate((folder / INSTITUTION).read_text().splitlines(), 1) if "version:" in text)
    assert f"{INSTITUTION}:{line}: small version 1: " in faults.err
    assert "make a new version" in faults.err


def test_the_file_names_id_version_and_hash_of_the_document(run: Run, folder: Path) -> None:
    run("checklists", "publish", "small", "--folder", folder)
    sha256 = compile_checklist(load_library(folder), "small").sha256
    listed = json.loads((folder / "published.json").read_text())
    assert listed == {"published": [{"id": "small", "version": 1, "sha256": sha256}]}


def test_publishing_twice_is_no_change_and_publishing_other_words_is_refused(
    run: Run, folder: Path, reword: Callable[[], None]
) -> None:
    run("checklists", "publish", "small", "--folder", folder)
    before = (folder / "published.json").read_text()
    assert run("checklists", "publish", "small", "--folder", folder).code == 0
    reword()
    refused = run("checklists", "publish", "small", "--folder", folder)
    assert refused.code == 2
    assert "Make version 2" in refused.err
    assert (folder / "published.json").read_text() == before


def test_a_new_version_in_place_of_the_old_file_is_right_again(
    run: Run, folder: Path, reword: Callable[[], None]
) -> None:
    run("checklists", "publish", "small", "--folder", folder)
    reword()
    text = (folder / INSTITUTION).read_text().replace("version: 1", "version: 2")
    (folder / INSTITUTION).unlink()
    (folder / "institutions" / "small-2.yaml").write_text(text)
    assert run("checklists", "check", folder).code == 0
    assert run("checklists", "publish", "small", "--folder", folder).code == 0
    assert [one["version"] for one in json.loads((folder / "published.json").read_text())["published"]] == [1, 2]


def test_nobody_publishes_a_checklist_that_is_not_there(run: Run, folder: Path) -> None:
    assert run("checklists", "publish", "none", "--folder", folder).code == 2
    assert not (folder / "published.json").exists()


@pytest.mark.parametrize("text", ["{", "[]", '{"published": [{"id": "small"}]}'])
def test_a_damaged_list_is_a_fault_and_not_an_empty_one(run: Run, folder: Path, text: str) -> None:
    (folder / "published.json").write_text(text)
    said = run("checklists", "check", folder)
    assert said.code == 1
    assert "published.json:1:" in said.err


# ---- diff --------------------------------------------------------------------------------------------------------------


def test_a_version_does_not_differ_from_itself(run: Run, folder: Path) -> None:
    said = run("checklists", "diff", "small", "1", "1", "--folder", folder)
    assert (said.code, said.out.strip()) == (0, "Nothing differs.")


def test_what_changed_is_told_with_both_wordings_and_what_it_means(run: Run, folder: Path, tmp_path: Path) -> None:
    files = small_library()
    b1(files)["text"]["en"] = "In other words?"
    files[INDICATORS]["indicators"][1]["severity"] = 3
    newer = written(tmp_path / "newer", files)
    said = run("checklists", "diff", "small", "1", newer, "--folder", folder)
    assert said.code == 0
    assert "en: text en → In other words?" in said.out
    assert "comparable with care" in said.out
    assert said.out.index("B2") < said.out.index("B1")  # what counts as danger is the graver change


def test_a_compiled_document_can_be_compared_too(run: Run, folder: Path, tmp_path: Path) -> None:
    document = tmp_path / "pinned.json"
    document.write_bytes(compile_checklist(load_library(folder), "small").document)
    assert "Nothing differs." in run("checklists", "diff", "small", document, "1", "--folder", folder).out
    assert run("checklists", "diff", "other", document, document, "--folder", folder).code == 2


def test_what_is_no_version_is_refused_by_name(run: Run, folder: Path) -> None:
    said = run("checklists", "diff", "small", "yesterday", "1", "--folder", folder)
    assert said.code == 2
    assert "yesterday" in said.err
    assert run("checklists", "diff", "small", "1", "7", "--folder", folder).code == 2
