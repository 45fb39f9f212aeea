"""The checklist library: faults are named with file, line and id; what is right compiles to the same bytes."""

import copy
import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from sqlmodel import SQLModel

from app.clock import SystemClock
from app.domain.checklist import INSTITUTION_TYPES, types_of
from app.domain.library_counts import counts_of
from app.domain.standards import questions_by_standard
from app.errors import ChecklistBroken, ChecklistNotHere, ChecklistTooNew, NotThere
from app.store import attachments, checklist_files
from app.store.checklist_cache import library_from
from app.store.checklist_files import Fault
from app.store.checklists import (
    Shelf,
    check,
    compile_checklist,
    keep_document,
    load_library,
    pinned,
    read_compiled,
)
from app.store.db import open_sqlite
from app.store.node import open_node

ROOT = Path(__file__).parents[2]
INDICATORS, STANDARDS, INSTITUTION = "indicators/B-small.yaml", "standards/crc.yaml", "institutions/small.yaml"
FACTS = "indicators/P-small.yaml"
SCRIPT, GUIDE = "interviews/child.yaml", "guides/danger.yaml"
Change = Callable[[dict[str, Any]], object]


def text(said: str = "text") -> dict[str, str]:
    return {"kk": f"{said} kk", "ru": f"{said} ru", "en": f"{said} en"}


def indicator(indicator_id: str, **overrides: Any) -> dict[str, Any]:
    cards = ("yes", "partly", "no", "not_applicable", "not_seen", "example", "counter_example")
    return {
        "id": indicator_id,
        "text": text(),
        "guidance": text(),
        "card": {card: text(card) for card in cards},
        "applies_to": ["ALL"],
        "sources": ["observation"],
        "measures": "outcome",
        "answer": {"rating": True, "fields": []},
        "severity": 2,
        "standards": ["crc.37c"],
        **overrides,
    }


def script() -> dict[str, Any]:
    say = [{"say": text()}]
    topic = {"id": "day", "title": text(), "ask": [text()], "indicators": ["B1"]}
    return {
        "id": "child",
        "version": 1,
        "audience": "child",
        "ages": [7, 10],
        "title": text(),
        "minutes": 30,
        "before": [text()],
        "consent": say,
        "opening": say,
        "topics": [topic],
        "stop": {"signs": [text()], "say": text("aloud")},
        "disclosure": {"do": [text()], "do_not": [text()], "say": text()},
        "closing": say,
        "safety_plan": [text()],
        "standards": ["crc.3"],
    }


def guide() -> dict[str, Any]:
    part = {"id": "first", "title": text(), "steps": [text()], "ordered": True, "standards": ["crc.3"]}
    return {"id": "danger", "version": 1, "title": text(), "intro": text(), "parts": [part]}


def small_library() -> dict[str, dict[str, Any]]:
    """A whole library in four files, without a fault: P1 asks numbers, B1 and B2 a rating."""
    area = {"key": "area", "type": "measure", "label": text(), "unit": "m2", "min": 0.5, "max": 500, "decimals": 1}
    people = {"key": "girls", "type": "count", "label": text(), "unit": "persons", "min": 0, "max": 100}
    part = {"key": "seen", "type": "share", "label": text(), "of": text()}
    often = {"key": "often", "type": "choice", "label": text(), "options": [{"key": "never", "label": text()}]}
    each = {"key": "each", "label": text(), "unit": "m2", "numerator": "area", "denominator": "girls"}
    bound = {"field": "each", "level": "national", "rule": "at_least", "value": 4, "unit": "m2", "standard": "crc.37c"}
    provision = {"number": "37(c)", "year": "1989", "topic": "separation", "status": "read", "source": "the text"}
    dates = {"from": "1994-09-11", "to": None}
    facts = {"rating": False, "fields": [area, people, part, often], "derived": [each]}
    sections = [
        {"id": "facts", "title": text(), "hint": text(), "indicators": ["P1"]},
        {"id": "cells", "title": text(), "hint": text(), "indicators": ["B1", "B2"]},
    ]
    names = {"short": {"kk": "CRC", "ru": "CRC", "en": "CRC"}, "name": text("Convention")}
    return {
        STANDARDS: {
            "instrument": {"id": "crc", "level": "international", **names},
            "provisions": [
                {"id": "crc.37c", **provision, "text": text(), "in_force": dates, "differs": ["crc.3"]},
                {"id": "crc.3", **provision, "text": text("other")},
            ],
        },
        FACTS: {"indicators": [indicator("P1", answer=facts, thresholds=[bound])]},
        INDICATORS: {
            "indicators": [
                indicator("B1", when={"field": "P1.girls", "at_least": 1}),
                indicator("B2", severity="danger", when={"answer": "B1", "in": ["no"]}),
            ]
        },
        INSTITUTION: {
            "id": "small",
            "version": 1,
            "types": ["ivs"],
            "title": text(),
            "sections": sections,
            "must": ["B2"],
            "short": ["P1", "B2"],
        },
    }


def written(folder: Path, files: dict[str, dict[str, Any]]) -> Path:
    """The library as files under `folder`."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(yaml.safe_dump(content, allow_unicode=True, sort_keys=False), "utf-8")
    return folder


def line_of(folder: Path, fault: Fault) -> str:
    return (folder / fault.file).read_text("utf-8").splitlines()[fault.line - 1]


def b1(files: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = files[INDICATORS]["indicators"][0]
    return found


def b2(files: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = files[INDICATORS]["indicators"][1]
    return found


def p1(files: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = files[FACTS]["indicators"][0]
    return found


def p1_field(files: dict[str, Any], key: str) -> dict[str, Any]:
    found: dict[str, Any] = next(one for one in p1(files)["answer"]["fields"] if one["key"] == key)
    return found


def sections(files: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = files[INSTITUTION]["sections"]
    return found


def another_checklist(files: dict[str, Any], **changes: Any) -> None:
    files["institutions/other.yaml"] = {**copy.deepcopy(files[INSTITUTION]), "id": "other", **changes}


def where(field: str, at_least: float) -> dict[str, Any]:
    return {"field": field, "at_least": at_least}


# file, where the fault is said to be, the text on its line, what is said, and the change that makes it
FAULTS: list[tuple[str, str, str, str, Change]] = [
    (INDICATORS, "B1", "severe:", "unknown key `severe`", lambda f: b1(f).update(severe=1)),
    (INDICATORS, "B1", "- id: B1", "`guidance` is missing", lambda f: b1(f).pop("guidance")),
    (INDICATORS, "B1", "text:", "the text in `kk` is missing", lambda f: b1(f)["text"].pop("kk")),
    (INDICATORS, "B1", "ru:", "the text in `ru` is empty", lambda f: b1(f)["text"].update(ru="")),
    (INDICATORS, "B1", "ru:", "the text in `ru` is empty", lambda f: b1(f)["text"].update(ru=None)),
    (INDICATORS, "B1", "ru:", "the text in `ru` is empty", lambda f: b1(f)["text"].update(ru="  ")),
    (INDICATORS, "B1", "ru: text kk", "are the same", lambda f: b1(f)["text"].update(ru="text kk")),
    (
        INDICATORS,
        "B1",
        "en: Прокурор",
        "are the same",
        lambda f: b1(f)["text"].update(kk="x", ru="Прокурор", en="Прокурор"),
    ),
    (INDICATORS, "B1", "measures:", "must be 'structural'", lambda f: b1(f).update(measures="result")),
    (INDICATORS, "B1", "- crc.99", "there is no standard `crc.99`", lambda f: b1(f)["standards"].append("crc.99")),
    (FACTS, "P1", "standard:", "no standard", lambda f: p1(f)["thresholds"][0].update(standard="crc.9")),
    (STANDARDS, "crc.37c", "- crc.9", "no standard", lambda f: f[STANDARDS]["provisions"][0].update(differs=["crc.9"])),
    (INDICATORS, "B1", "- id: B1", "used already, in indicators/B-small.yaml line 2", lambda f: b2(f).update(id="B1")),
    (STANDARDS, "crc.37c", "- id:", "used already", lambda f: f[STANDARDS]["provisions"][1].update(id="crc.37c")),
    (
        INSTITUTION,
        "small version 1",
        "id:",
        "used already",
        lambda f: f.update({"institutions/a.yaml": f[INSTITUTION]}),
    ),
    (INSTITUTION, "small version 1", "- B9", "no indicator `B9`", lambda f: sections(f)[1]["indicators"].append("B9")),
    (INSTITUTION, "small version 1", "- B1", "twice", lambda f: sections(f)[1]["indicators"].append("B1")),
    (INSTITUTION, "small version 1", "- B1", "waits for `P1`", lambda f: sections(f).reverse()),
    (INSTITUTION, "small version 1", "- B1", "many answers", lambda f: sections(f)[0].update(repeat="room")),
    (INSTITUTION, "small version 1", "- P9", "stands in no section", lambda f: f[INSTITUTION]["must"].append("P9")),
    (INSTITUTION, "small version 1", "must: []", "no indicator is required", lambda f: f[INSTITUTION].update(must=[])),
    (INSTITUTION, "small version 1", "- P9", "but in no section", lambda f: f[INSTITUTION]["short"].append("P9")),
    (INSTITUTION, "small version 1", "short:", "not in the short", lambda f: f[INSTITUTION].update(short=["P1"])),
    (INSTITUTION, "small version 1", "short: []", "no short variant", lambda f: f[INSTITUTION].update(short=[])),
    (INSTITUTION, "small version 1", "short:", "too many", lambda f: f[INSTITUTION]["short"].extend(["P1"] * 44)),
    (FACTS, "P1", "field: beds", "no number `beds`", lambda f: p1(f)["thresholds"][0].update(where=where("beds", 1))),
    (FACTS, "P1", "where:", "`at_least` or", lambda f: p1(f)["thresholds"][0].update(where={"field": "girls"})),
    (FACTS, "P1", "- JAIL", "no group `JAIL`", lambda f: p1(f)["thresholds"][0].update(applies_to=["JAIL"])),
    (INSTITUTION, "small version 1", "- gaol", "no institution type", lambda f: f[INSTITUTION]["types"].append("gaol")),
    (INSTITUTION, "small version 1", "- B1", "does not apply to ivs", lambda f: b1(f).update(applies_to=["SIZ"])),
    (INSTITUTION, "small version 1", "id: facts", "used twice", lambda f: sections(f)[1].update(id="facts")),
    (INSTITUTION, "small version 1", "indicators: []", "asks nothing", lambda f: sections(f)[0].update(indicators=[])),
    (
        INSTITUTION,
        "small version 1",
        "- ivs",
        "has the checklist `other`",
        lambda f: another_checklist(f),
    ),
    (
        "institutions/other.yaml",
        "small version 2",
        "id: small",
        "must be named",
        lambda f: another_checklist(f, id="small", version=2),
    ),
    (INDICATORS, "B1", "- PRISON", "there is no group `PRISON`", lambda f: b1(f).update(applies_to=["JUS", "PRISON"])),
    (
        INDICATORS,
        "B1",
        "when:",
        "the skip rule is none of",
        lambda f: b1(f).update(when={"answer": "P1", "at_least": 1}),
    ),
    (INDICATORS, "B1", "answer: B9", "does not exist", lambda f: b1(f).update(when={"answer": "B9", "in": ["yes"]})),
    (INDICATORS, "B2", "answer: B2", "its own question", lambda f: b2(f)["when"].update(answer="B2")),
    (INDICATORS, "B1", "field: P1.boys", "no such field", lambda f: b1(f)["when"].update(field="P1.boys")),
    (INDICATORS, "B1", "field: P1.often", "needs a number", lambda f: b1(f)["when"].update(field="P1.often")),
    (INDICATORS, "B1", "at_least: 101", "can never hold", lambda f: b1(f)["when"].update(at_least=101)),
    (
        INDICATORS,
        "B1",
        "- daily",
        "no option `daily`",
        lambda f: b1(f).update(when={"field": "P1.often", "in": ["daily"]}),
    ),
    (
        INDICATORS,
        "B1",
        "field: P1.girls",
        "needs a choice",
        lambda f: b1(f).update(when={"field": "P1.girls", "in": ["x"]}),
    ),
    (INDICATORS, "B2", "- maybe", "none of the five answers", lambda f: b2(f)["when"].update({"in": ["maybe"]})),
    (INDICATORS, "B2", "in: []", "can never hold", lambda f: b2(f)["when"].update({"in": []})),
    (INDICATORS, "B1", "- 'yes'", "can never hold", lambda f: b1(f).update(when={"answer": "P1", "in": ["yes"]})),
    (INDICATORS, "B2", "any: []", "`any` is empty", lambda f: b2(f).update(when={"any": []})),
    (
        INDICATORS,
        "B2",
        "- answer: B1",
        "cannot be all of that",
        lambda f: b2(f).update(when={"all": [{"answer": "B1", "in": ["no"]}, {"answer": "B1", "in": ["yes"]}]}),
    ),
    (FACTS, "P1", "field: beds", "no field or derived value", lambda f: p1(f)["thresholds"][0].update(field="beds")),
    (FACTS, "P1", "field: often", "is no number", lambda f: p1(f)["thresholds"][0].update(field="often")),
    (FACTS, "P1", "unit: h", "`each` is in `m2`", lambda f: p1(f)["thresholds"][0].update(unit="h")),
    (FACTS, "P1", "- field:", "`unit` is missing", lambda f: p1(f)["thresholds"][0].pop("unit")),
    (FACTS, "P1", "numerator:", "no field here", lambda f: p1(f)["answer"]["derived"][0].update(numerator="beds")),
    (FACTS, "P1", "denominator:", "is no number", lambda f: p1(f)["answer"]["derived"][0].update(denominator="seen")),
    (FACTS, "P1", "- key: often", "has no options", lambda f: p1_field(f, "often").pop("options")),
    (FACTS, "P1", "- key: area", "has no unit", lambda f: p1_field(f, "area").pop("unit")),
    (FACTS, "P1", "unit: feet", "no unit", lambda f: p1_field(f, "area").update(unit="feet")),
    (FACTS, "P1", "unit: m", "no unit", lambda f: p1_field(f, "seen").update(unit="m")),
    (FACTS, "P1", "- key: seen", "`of` is missing", lambda f: p1_field(f, "seen").pop("of")),
    (FACTS, "P1", "of:", "only a share", lambda f: p1_field(f, "girls").update(of=text())),
    (FACTS, "P1", "decimals: 1", "only a measure", lambda f: p1_field(f, "girls").update(decimals=1)),
    (FACTS, "P1", "min: 1", "only a count or a measure", lambda f: p1_field(f, "seen").update(min=1)),
    (FACTS, "P1", "min: 501", "above `max`", lambda f: p1_field(f, "area").update(min=501)),
    (FACTS, "P1", "- key: area", "used twice", lambda f: p1_field(f, "girls").update(key="area")),
    (
        FACTS,
        "P1",
        "key: never",
        "twice",
        lambda f: p1_field(f, "often")["options"].append({"key": "never", "label": text()}),
    ),
    (INDICATORS, "B1", "fields: []", "at least one field", lambda f: b1(f)["answer"].update(rating=False)),
    (INDICATORS, "C1", "- id: C1", "belongs into a file `C-", lambda f: b2(f).update(id="C1")),
    (STANDARDS, "cat", "id: cat", "must be named `cat.yaml`", lambda f: f[STANDARDS]["instrument"].update(id="cat")),
    (
        STANDARDS,
        "cat.1",
        "- id: cat.1",
        "must begin with `crc`",
        lambda f: f[STANDARDS]["provisions"][1].update(id="cat.1"),
    ),
    (STANDARDS, "", "notes:", "unknown key `notes`", lambda f: f[STANDARDS].update(notes=1)),
    (STANDARDS, "crc.3", "year: 1989", "put it in quotes", lambda f: f[STANDARDS]["provisions"][1].update(year=1989)),
    (INDICATORS, "", "indicators: []", "at least one item", lambda f: f[INDICATORS].update(indicators=[])),
]


def test_the_small_library_is_without_fault(tmp_path: Path) -> None:
    assert check(written(tmp_path, small_library())) == []


@pytest.mark.parametrize(("file", "where", "on_line", "said", "change"), FAULTS, ids=[f"{f[3]} {f[2]}" for f in FAULTS])
def test_a_fault_is_named_with_its_file_its_line_and_its_id(
    tmp_path: Path, file: str, where: str, on_line: str, said: str, change: Change
) -> None:
    files = small_library()
    change(files)
    found = [fault for fault in check(written(tmp_path, files)) if said in fault.text]
    assert found, [str(fault) for fault in check(tmp_path)]
    matching = [fault for fault in found if fault.file == file and on_line in line_of(tmp_path, fault)]
    assert matching, [(str(fault), line_of(tmp_path, fault)) for fault in found]
    assert matching[0].where.startswith(where)


def test_all_faults_are_told_at_once_and_an_item_with_a_fault_causes_no_second_one(tmp_path: Path) -> None:
    files = small_library()
    b1(files)["severity"] = 9  # B2 waits for B1, and the checklist names it: both stay right
    p1(files)["answer"]["fields"][0].pop("unit")
    files[INSTITUTION]["must"].append("B9")
    faults = check(written(tmp_path, files))
    assert [(fault.file, fault.where.split()[0]) for fault in faults] == [
        (INDICATORS, "B1"),
        (FACTS, "P1"),
        (INSTITUTION, "small"),
    ]
    with pytest.raises(ChecklistBroken) as broken:
        load_library(tmp_path)
    assert all(str(fault) in str(broken.value) for fault in faults)


def test_a_key_that_stands_twice_is_a_fault(tmp_path: Path) -> None:
    path = written(tmp_path, small_library()) / INDICATORS
    path.write_text(path.read_text("utf-8").replace("  severity: 2\n", "  severity: 2\n  severity: 3\n"), "utf-8")
    (fault,) = check(tmp_path)
    assert "`severity` stands here twice" in fault.text
    assert line_of(tmp_path, fault) == "  severity: 3"


@pytest.mark.parametrize(
    ("content", "line", "said"),
    [
        (b"indicators:\n  - id: [B1\n", 3, "not YAML"),
        (b"indicators:\n  - id: \xff\n", 1, "not UTF-8"),
        (b"- B1\n", 1, "not a map"),
        (b"", 1, "not a map"),
    ],
)
def test_a_file_that_cannot_be_read_is_one_fault(tmp_path: Path, content: bytes, line: int, said: str) -> None:
    (written(tmp_path, small_library()) / "indicators" / "C-new.yaml").write_bytes(content)
    (fault,) = check(tmp_path)
    assert (fault.file, fault.line) == ("indicators/C-new.yaml", line)
    assert said in fault.text


def test_bare_yes_and_no_are_texts_and_a_bare_date_is_a_date(tmp_path: Path) -> None:
    path = written(tmp_path, small_library()) / INDICATORS
    path.write_text(
        path.read_text("utf-8").replace("'yes':", "yes:").replace("'no':", "no:").replace("'no'", "no"), "utf-8"
    )
    path = tmp_path / STANDARDS
    path.write_text(path.read_text("utf-8").replace("'1994-09-11'", "1994-09-11"), "utf-8")
    assert check(tmp_path) == []
    in_force = load_library(tmp_path).standards["crc.37c"].provision.in_force
    assert in_force is not None
    assert str(in_force.start) == "1994-09-11"


def test_the_next_version_of_a_checklist_is_a_new_file_beside_the_old_one(tmp_path: Path) -> None:
    files = small_library()
    files["institutions/small-2.yaml"] = {**files[INSTITUTION], "version": 2}
    library = load_library(written(tmp_path, files))
    assert compile_checklist(library, "small").version == 2
    assert compile_checklist(library, "small", 1).version == 1
    with pytest.raises(NotThere):
        compile_checklist(library, "small", 3)


def test_types_without_a_checklist_are_no_fault(tmp_path: Path) -> None:
    library = load_library(written(tmp_path, small_library()))
    assert "ivs" not in library.types_without_checklist()
    assert "juvenile_colony" in library.types_without_checklist()
    counted = counts_of(library)
    assert (counted.indicators, counted.danger, counted.types_covered) == (3, 1, 1)


def test_the_checklist_made_for_the_fewest_types_is_proposed(tmp_path: Path) -> None:
    files = small_library()
    files[INSTITUTION]["types"] = ["police_station", "ivs"]
    another_checklist(files, types=["police_station"])
    shelf = library_from(written(tmp_path / "files", files), tmp_path / "data")
    proposed = {kind: shelf.for_type(kind) for kind in ("police_station", "ivs")}
    assert {kind: one and one.checklist_id for kind, one in proposed.items()} == {
        "police_station": "other",
        "ivs": "small",
    }


@pytest.fixture(scope="module")
def real_shelf(tmp_path_factory: pytest.TempPathFactory) -> Shelf:
    return library_from(ROOT / "checklists", tmp_path_factory.mktemp("real"))


# ---- compiling -------------------------------------------------------------------------------------------------------


def test_a_checklist_compiles_to_the_same_bytes_in_whatever_order_files_are_written(tmp_path: Path) -> None:
    first = compile_checklist(load_library(written(tmp_path / "a", small_library())), "small")
    turned = {name: dict(reversed(content.items())) for name, content in reversed(small_library().items())}
    turned[STANDARDS]["provisions"] = list(reversed(turned[STANDARDS]["provisions"]))
    second = compile_checklist(load_library(written(tmp_path / "b", turned)), "small")
    assert first.document == second.document
    assert first.sha256 == hashlib.sha256(first.document).hexdigest()


def test_a_compiled_checklist_carries_all_that_it_names_and_reads_back_the_same(tmp_path: Path) -> None:
    library = load_library(written(tmp_path, small_library()))
    kept = read_compiled(compile_checklist(library, "small").document)
    assert kept.indicators == library.indicators
    assert set(kept.standards) == {"crc.37c", "crc.3"}  # crc.3: what crc.37c differs from
    assert kept.checklist == library.latest("small")


def test_a_compiled_checklist_carries_only_the_thresholds_of_its_types(tmp_path: Path) -> None:
    files = small_library()
    p1(files)["thresholds"] = [
        {**p1(files)["thresholds"][0], "value": value, "applies_to": groups}
        for value, groups in ((1, ["POL"]), (2, ["SIZ"]), (3, []))
    ]
    compiled = compile_checklist(load_library(written(tmp_path, files)), "small")
    assert [one.value for one in compiled.checklist.indicators["P1"].thresholds] == [1, 3]


def test_a_narrowed_checklist_asks_only_what_was_chosen_in_the_same_order(tmp_path: Path) -> None:
    whole = compile_checklist(load_library(written(tmp_path, small_library())), "small").checklist
    narrow = whole.narrowed(["B2"])
    assert [(section.id, section.indicators) for section in narrow.checklist.sections] == [("cells", ("B2",))]
    assert narrow.checklist.must == ("B2",)
    assert whole.narrowed(["P1", "B1", "B2"]) == whole


def test_a_document_of_a_newer_version_is_refused_with_a_sentence(tmp_path: Path) -> None:
    document = compile_checklist(load_library(written(tmp_path, small_library())), "small").document
    newer = json.dumps({**json.loads(document), "format": 2}).encode()
    with pytest.raises(ChecklistTooNew):
        read_compiled(newer)


# ---- the cache -------------------------------------------------------------------------------------------------------


def test_a_warm_start_reads_the_documents_and_checks_nothing_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = written(tmp_path / "checklists", small_library())
    cold = library_from(folder, tmp_path / "cache")
    monkeypatch.setattr(checklist_files, "read_library", lambda _: pytest.fail("the library was read again"))
    assert library_from(folder, tmp_path / "cache") == cold
    found = cold.for_type("ivs")
    assert found is not None
    assert found.checklist.checklist.id == "small"
    assert cold.for_type("juvenile_colony") is None
    assert "juvenile_colony" in cold.uncovered


def test_a_changed_file_is_compiled_anew_and_the_old_document_goes(tmp_path: Path) -> None:
    files, cache = small_library(), tmp_path / "cache"
    before = library_from(written(tmp_path / "c", files), cache).named("small")
    b1(files)["text"]["en"] = "other words"
    after = library_from(written(tmp_path / "c", files), cache).named("small")
    assert before is not None
    assert after is not None
    assert before.sha256 != after.sha256
    assert sorted(path.name for path in (cache / "checklists").iterdir()) == sorted(
        ["index.json", "reference.json", f"{after.sha256}.json"]
    )


def test_a_damaged_cache_costs_time_and_nothing_else(tmp_path: Path) -> None:
    folder, cache = written(tmp_path / "checklists", small_library()), tmp_path / "cache"
    good = library_from(folder, cache)
    document, reference = good.compiled[0].document, good.reference
    for path in (cache / "checklists").iterdir():
        kept = path.read_bytes()
        for damage in (b"", kept[:-9], b"[]", b"!" * len(kept)):
            path.write_bytes(damage)
            found = library_from(folder, cache)
            assert found == good
            assert (found.compiled[0].document, found.reference) == (document, reference)
            path.write_bytes(kept)
    (tmp_path / "file").write_bytes(b"")
    assert library_from(folder, tmp_path / "file") == good  # no folder can be made there


def test_a_document_that_is_damaged_while_the_program_runs_is_compiled_again(tmp_path: Path) -> None:
    folder, cache = written(tmp_path / "checklists", small_library()), tmp_path / "cache"
    one = library_from(folder, cache).compiled[0]
    document = one.document
    path = cache / "checklists" / f"{one.sha256}.json"
    path.write_bytes(b"!" * len(document))
    assert one.document == document
    b1_changed = small_library()
    b1(b1_changed)["text"]["en"] = "other words"
    written(folder, b1_changed)
    with pytest.raises(ChecklistBroken):  # the files are others by now: nothing is passed off as what was pinned
        one.document  # noqa: B018 - reading it is what is tested


def test_the_reference_holds_every_standard_script_and_guide(tmp_path: Path) -> None:
    files = small_library() | {"interviews/child.yaml": script(), "guides/danger.yaml": guide()}
    reference = library_from(written(tmp_path / "c", files), tmp_path / "cache").reference
    assert [one.provision.id for one in reference.standards] == ["crc.37c", "crc.3"][::-1]
    assert ([one.id for one in reference.scripts], [one.id for one in reference.guides]) == (["child"], ["danger"])
    found = reference.standard("crc.3")
    assert found is not None
    assert found.instrument.id == "crc"


def test_the_reference_says_what_each_question_and_its_thresholds_rest_on_without_reading_yaml(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = small_library()
    b1(files)["review"] = "kk"
    p1(files)["standards"] = []
    p1(files)["thresholds"][0]["standard"] = "crc.3"
    folder = written(tmp_path / "c", files)
    cold = library_from(folder, tmp_path / "cache").reference
    monkeypatch.setattr(checklist_files, "read_library", lambda _: pytest.fail("the library was read again"))
    warm = library_from(folder, tmp_path / "cache").reference
    assert warm == cold
    library = {one.indicator_id: one for one in warm.questions}
    assert list(library) == ["B1", "B2", "P1"]
    assert library["B1"].text.en == b1(files)["text"]["en"]
    assert library["B1"].standards == ("crc.37c",)
    assert library["P1"].standards == ("crc.3",)  # of its threshold
    assert (library["B1"].review, library["P1"].review) == ("kk", None)
    assert [one.indicator_id for one in questions_by_standard(warm)["crc.37c"]] == ["B1", "B2"]


SCRIPT_FAULTS: list[tuple[str, str, str, str, Change]] = [
    (SCRIPT, "child", "- crc.9", "no standard `crc.9`", lambda f: f[SCRIPT]["standards"].append("crc.9")),
    (SCRIPT, "child", "- B9", "no indicator `B9`", lambda f: f[SCRIPT]["topics"][0]["indicators"].append("B9")),
    (SCRIPT, "child", "version:", "`ages` is missing", lambda f: f[SCRIPT].pop("ages")),
    (SCRIPT, "child", "consent: []", "`consent` is missing", lambda f: f[SCRIPT].update(consent=[])),
    (SCRIPT, "child", "ru: aloud ru", "are the same", lambda f: f[SCRIPT]["stop"]["say"].update(kk="aloud ru")),
    (SCRIPT, "child", "hurry:", "unknown key", lambda f: f[SCRIPT]["stop"].update(hurry=1)),
    (SCRIPT, "kid", "id: kid", "must be named `kid.yaml`", lambda f: f[SCRIPT].update(id="kid")),
    (GUIDE, "danger", "- crc.9", "no standard `crc.9`", lambda f: f[GUIDE]["parts"][0]["standards"].append("crc.9")),
    (GUIDE, "danger", "parts:", "the text in `kk` is missing", lambda f: f[GUIDE]["title"].pop("kk")),
]


@pytest.mark.parametrize(("file", "item", "on", "said", "change"), SCRIPT_FAULTS)
def test_a_fault_in_a_script_or_guide_is_named_with_its_file_and_id(
    tmp_path: Path, file: str, item: str, on: str, said: str, change: Change
) -> None:
    files = small_library() | {SCRIPT: script(), GUIDE: guide()}
    assert check(written(tmp_path / "good", files)) == []
    change(files)
    (fault,) = check(written(tmp_path / "bad", files))
    assert (fault.file, fault.where.split()[0]) == (file, item)
    assert said in fault.text


def test_a_broken_library_is_never_taken_from_the_cache(tmp_path: Path) -> None:
    files, cache = small_library(), tmp_path / "cache"
    library_from(written(tmp_path / "c", files), cache)
    b1(files).pop("text")
    with pytest.raises(ChecklistBroken):
        library_from(written(tmp_path / "c", files), cache)


# ---- what visits pin -------------------------------------------------------------------------------------------------


def test_a_visit_reads_the_document_it_pinned_and_its_text_stays_when_the_files_change(tmp_path: Path) -> None:
    files = small_library()
    was = compile_checklist(load_library(written(tmp_path / "c", files)), "small")
    b1(files)["text"]["en"] = "other words"
    written(tmp_path / "c", files)
    database = open_sqlite(tmp_path / "data", None)
    SQLModel.metadata.create_all(database.engine)
    open_node(database, SystemClock(), "central")
    with database.write() as session:
        assert keep_document(session, was) == was.sha256
    with database.read() as session:
        assert pinned(session, was.sha256).indicators["B1"].text.en == "text en"
        assert attachments.scope_of(session, was.sha256) == "reference"  # every team's devices may fetch it
        with pytest.raises(ChecklistNotHere):
            pinned(session, "0" * 64)
    database.close()


# ---- the real library ------------------------------------------------------------------------------------------------


def test_the_real_library_has_no_fault_and_covers_every_type_with_every_indicator(tmp_path: Path) -> None:
    assert [str(fault) for fault in check(ROOT / "checklists")] == []
    shelf = library_from(ROOT / "checklists", tmp_path)
    assert shelf.uncovered == ()
    assert len(shelf.compiled) >= 17
    asked: set[str] = set()
    for one in shelf.compiled:
        sections = one.checklist.checklist.sections
        names = [name for section in sections for name in section.indicators]
        assert len(one.checklist.indicators) == len(names)
        assert 30 <= len(one.checklist.checklist.short) <= 45, one.checklist_id
        asked |= set(names)
    assert asked == set(load_library(ROOT / "checklists").indicators)
    assert len(asked) >= 166
    assert len(shelf.reference.standards) >= 639


@pytest.mark.parametrize("kind", INSTITUTION_TYPES)
def test_each_institution_type_has_a_checklist_that_fits_it(kind: str, real_shelf: Shelf) -> None:
    found = real_shelf.for_type(kind)
    assert found is not None
    assert kind in found.types
    assert all(kind in types_of(one.applies_to) for one in found.checklist.indicators.values())
    assert found.checklist.checklist.must
