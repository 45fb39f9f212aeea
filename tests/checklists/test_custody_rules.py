"""The custody clocks in the library: faults are named with file and line, places of justice carry the rules they pin."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from app.store.checklist_files import Fault
from app.store.checklists import check, compile_checklist, load_library, read_compiled
from tests.checklists.test_library import INSTITUTION, line_of, small_library, text, written

ROOT = Path(__file__).parents[2]
RULES = "custody/rules.yaml"
JUSTICE = "institutions/small.yaml"


def rule(rule_id: str, **overrides: Any) -> dict[str, Any]:
    return {
        "id": rule_id,
        "kind": "within",
        "minutes": 1440,
        "from": "restriction",
        "to": ["court_order", "release"],
        "who": "suspect_minor",
        "valid_from": "2018-01-10",
        "valid_to": None,
        "text_seen_on": "2026-03-08",
        "status": "confirmed",
        "standard": "crc.37c",
        "text": text("limit"),
        **overrides,
    }


def library(**overrides: Any) -> dict[str, dict[str, Any]]:
    return {**small_library(), RULES: {"rules": [rule("K1", **overrides), rule("K2")]}}


FAULTS: list[tuple[str, str, Callable[[dict[str, Any]], object]]] = [
    ("hours:", "unknown key `hours`", lambda one: one.update(hours=24)),
    ("text:", "the text in `kk` is missing", lambda one: one["text"].pop("kk")),
    ("ru:", "are the same", lambda one: one["text"].update(ru="limit kk")),
    ("standard:", "there is no standard `crc.99`", lambda one: one.update(standard="crc.99")),
    ("- crc.98", "there is no standard `crc.98`", lambda one: one.update(also=["crc.98"])),
    ("from:", "there is no event `lunch`", lambda one: one.update({"from": "lunch"})),
    ("- lunch", "there is no event `lunch`", lambda one: one.update(to=["release", "lunch"])),
    ("- lunch", "there is no event `lunch`", lambda one: one.update(when_known=["lunch"])),
    ("who:", "no group of people `everybody`", lambda one: one.update(who="everybody")),
    ("exception:", "there is no exception `mercy`", lambda one: one.update(exception="mercy")),
    ("exception_minutes:", "needs an `exception`", lambda one: one.update(exception_minutes=10)),
    ("kind:", "none of `minutes`", lambda one: one.update(kind="at_once")),
    ("kind:", "one of `minutes`", lambda one: one.update(days=3)),
    ("kind:", "is not possible", lambda one: one.update(kind="soon")),
    ("valid_to:", "before `valid_from`", lambda one: one.update(valid_to="2017-01-01")),
    ("status:", "is not possible", lambda one: one.update(status="sure")),
    ("- id: K2", "used already", lambda one: one.update(id="K2")),
    ("- id: K1", "`who` is missing", lambda one: one.pop("who")),
]


def test_a_sound_rule_is_without_fault(tmp_path: Path) -> None:
    assert check(written(tmp_path, library())) == []


@pytest.mark.parametrize(("on_line", "said", "change"), FAULTS, ids=[f"{said} {line}" for line, said, _ in FAULTS])
def test_a_fault_of_a_rule_is_named_with_its_file_and_line(
    tmp_path: Path, on_line: str, said: str, change: Callable[[dict[str, Any]], object]
) -> None:
    files = library()
    change(files[RULES]["rules"][0])
    found: list[Fault] = [fault for fault in check(written(tmp_path, files)) if said in fault.text]
    assert found, [str(fault) for fault in check(tmp_path)]
    assert {fault.file for fault in found} == {RULES}
    assert any(on_line in line_of(tmp_path, fault) for fault in found), [str(fault) for fault in found]


def test_a_place_of_justice_carries_the_clocks_and_their_standards_a_place_of_care_does_not(tmp_path: Path) -> None:
    files = library(also=["crc.3"])
    files["institutions/care.yaml"] = {**files[INSTITUTION], "id": "care", "types": ["youth_house"]}
    read = load_library(written(tmp_path, files))
    justice = read_compiled(compile_checklist(read, "small").document)
    assert [one.id for one in justice.custody] == ["K1", "K2"]
    assert justice.custody == tuple(read.custody.values())
    assert "crc.3" in justice.standards
    care = compile_checklist(read, "care")
    assert b"custody" not in care.document
    assert read_compiled(care.document).custody == ()


def test_a_document_from_before_the_clocks_keeps_its_hash(tmp_path: Path) -> None:
    before = compile_checklist(load_library(written(tmp_path / "a", small_library())), "small")
    assert b"custody" not in before.document
    assert read_compiled(before.document).custody == ()


def test_the_real_rules_cite_standards_of_the_library_and_stand_in_the_compiled_checklist() -> None:
    real = load_library(ROOT / "checklists")
    police = read_compiled(compile_checklist(real, "police-holding").document)
    assert len(police.custody) == len(real.custody) > 30
    assert all(name in police.standards for one in police.custody for name in one.named_standards())
