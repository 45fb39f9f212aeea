"""`baqylau standards report` and the page that it keeps true: what counsel and a native jurist have still to check."""

import csv
import re
from pathlib import Path

import pytest

from app.commands import terminal
from app.config import ROOT
from app.domain.library import Library, reference_of
from app.domain.standards import questions_by_standard, tallies, to_check, to_review
from app.export.law_page import BEGIN, END, NoPlaceForIt, generated_part, law_page
from app.store import checklist_cache
from app.store.checklists import load_library
from tests.cli.conftest import Run

LAW_PAGE = ROOT / "docs" / "law.md"


@pytest.fixture(scope="module")
def library() -> Library:
    return load_library(ROOT / "checklists")


def blocks(out: str) -> dict[str, list[list[str]]]:
    """The piped report: the rows under each title, without the line that names the columns."""
    found = {}
    for block in out.strip().split("\n\n"):
        title, _, *rows = block.splitlines()
        found[title.removeprefix("# ")] = [row.split("\t") for row in rows]
    return found


# ---- piped, on a terminal ----------------------------------------------------------------------------------------------


def test_every_provision_for_counsel_stands_on_a_line_of_its_own(run: Run, library: Library) -> None:
    said = run("standards", "report")
    assert (said.code, said.err) == (0, "")
    waiting = to_check(library.standards.values())
    questions = questions_by_standard(reference_of(library))
    rows = blocks(said.out)[f"To be checked by counsel: {len(waiting)}"]
    assert [row[0] for row in rows] == [one.provision.id for one in waiting]
    for row, one in zip(rows, waiting, strict=True):
        assert row[1] == f"{one.instrument.short.en} {one.provision.number}"
        assert (
            row[2]
            == {"unverified": "not compared with the text", "number-unverified": "content read, number not"}[
                one.provision.status
            ]
        )
        assert row[3] == one.provision.source
        assert row[4] == (", ".join(q.indicator_id for q in questions.get(one.provision.id, ())) or "–")


def test_every_marked_wording_is_listed_whatever_it_stands_in(run: Run, library: Library) -> None:
    marked = to_review(reference_of(library))
    (rows,) = (rows for title, rows in blocks(run("standards", "report").out).items() if "native jurist" in title)
    assert [row[1] for row in rows] == [one.item_id for one in marked]
    assert {row[0] for row in rows} >= {"provision", "question of the checklists", "guide"}
    assert {row[2] for row in rows} == {"kk"}


def test_instruments_are_counted_and_add_up(run: Run, library: Library) -> None:
    rows = blocks(run("standards", "report").out)["Provisions by instrument"]
    *each, whole = [[int(cell) for cell in row[1:]] for row in rows]
    assert len(each) == len(library.instruments)
    assert whole == [sum(column) for column in zip(*each, strict=True)]
    assert whole[0] == len(library.standards) == sum(whole[1:])


@pytest.mark.parametrize("language", ["kk", "ru", "en"])
def test_citations_come_in_the_language_that_is_asked_for(run: Run, library: Library, language: str) -> None:
    said = run("standards", "report", "--language", language).out
    one = to_check(library.standards.values())[0]
    assert f"{one.provision.id}\t{one.instrument.short.in_(language)} {one.provision.number}\t" in said


def test_a_language_that_there_is_not_is_refused(run: Run) -> None:
    assert run("standards", "report", "--language", "de").code == 2


def test_on_a_terminal_it_is_a_table(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(terminal.console, "_force_terminal", True)
    said = re.sub(r"\x1b\[[0-9;]*m", "", run("standards", "report").out)
    assert "To be checked by counsel" in said
    assert "┃" in said and "\t" not in said


# ---- files -------------------------------------------------------------------------------------------------------------


def test_the_table_for_excel_has_all_that_waits_with_its_text(run: Run, library: Library, tmp_path: Path) -> None:
    file = tmp_path / "counsel.csv"
    said = run("standards", "report", "--csv", file, "--language", "kk")
    assert said.code == 0
    assert str(file) in said.out
    assert file.read_bytes().startswith(b"\xef\xbb\xbf")  # else Excel garbles Kazakh
    with file.open(encoding="utf-8-sig", newline="") as source:
        rows = list(csv.DictReader(source))
    reference = reference_of(library)
    waiting = {one.provision.id for one in to_check(reference.standards)}
    assert {row["id"] for row in rows if row["what"] == "provision" and row["status"] != "read"} == waiting
    marked = {(one.kind, one.item_id) for one in to_review(reference)}
    assert {(row["what"], row["id"]) for row in rows if row["review"]} == marked
    for row in rows:
        if row["what"] == "provision":
            assert row["text"] == library.standards[row["id"]].provision.text.kk


def test_a_folder_that_is_not_there_is_not_made_for_a_report(run: Run, tmp_path: Path) -> None:
    assert run("standards", "report", "--data", tmp_path / "none").code == 0
    assert not (tmp_path / "none").exists()


def test_a_nodes_cache_is_enough(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "data").mkdir()
    first = run("standards", "report", "--data", tmp_path / "data")
    monkeypatch.setattr(checklist_cache, "load_library", lambda _: pytest.fail("YAML was read"))
    assert run("standards", "report", "--data", tmp_path / "data") == first


# ---- docs/law.md -------------------------------------------------------------------------------------------------------


def test_the_page_of_the_law_is_what_the_library_says(library: Library) -> None:
    page = LAW_PAGE.read_text("utf-8")
    assert law_page(page, reference_of(library)) == page, "run: baqylau standards report --markdown docs/law.md"


def test_the_page_names_every_instrument_and_all_that_was_not_verified(library: Library) -> None:
    page = LAW_PAGE.read_text("utf-8")
    for count in tallies(library.standards.values()):
        numbers = f"{count.provisions} | {count.read} | {count.number_unverified} | {count.unverified} |"
        assert f"| `{count.instrument.id}` | {count.instrument.level} | {numbers}" in page
    for one in to_check(library.standards.values()):
        assert f"| `{one.provision.id}` |" in page


def test_the_page_names_no_place_of_a_machine() -> None:
    page = LAW_PAGE.read_text("utf-8").casefold()
    for word in ("/work", "/home", "/root", "/tmp", "pypi", "npmjs", "npm registry", "registry", "commit "):
        assert word not in page, word


def test_the_page_is_renewed_between_its_marks_only(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "law.md"
    file.write_text(f"# Ours\n\n{BEGIN}\nold\n{END}\n\nAlso ours\n", "utf-8")
    assert run("standards", "report", "--markdown", file).code == 0
    page = file.read_text("utf-8")
    assert page.startswith(f"# Ours\n\n{BEGIN}\n## In numbers\n")
    assert page.endswith(f"\n{END}\n\nAlso ours\n")
    assert "old\n" not in page


@pytest.mark.parametrize("content", ["# Ours", f"{END} {BEGIN}", BEGIN, None])
def test_a_page_without_a_place_for_it_is_left_alone(run: Run, tmp_path: Path, content: str | None) -> None:
    file = tmp_path / "law.md"
    if content is not None:
        file.write_text(content, "utf-8")
    said = run("standards", "report", "--markdown", file)
    assert said.code == 2
    assert str(file) in said.err
    assert (file.read_text("utf-8") if file.exists() else None) == content


def test_a_bar_in_a_source_does_not_break_the_table(library: Library) -> None:
    one = to_check(library.standards.values())[0]
    provision = one.provision.model_copy(update={"source": "a | b"})
    reference = reference_of(library).model_copy(
        update={"standards": (one.model_copy(update={"provision": provision}),)}
    )
    assert r"| a \| b |" in generated_part(reference)
    with pytest.raises(NoPlaceForIt):
        law_page("", reference)
