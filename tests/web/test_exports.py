"""What leaves the office: at each level only what may, no cell that computes, and figures in which nobody is recognised."""

from __future__ import annotations

import csv
import io
import json
import re
import zipfile
from collections.abc import Mapping
from typing import Any

import openpyxl
import pytest
from httpx2 import Response

from app.clock import uuid7
from app.domain.answers import answer_subject
from app.domain.journal import Draft, Json
from app.store import audit, journal, reads
from app.store.checklists import Shelf, keep_document
from tests.web.nodes import (
    INSTITUTION,
    INSTITUTION_ID,
    PERSON_IDS,
    START_MS,
    Browser,
    Node,
    limit,
    person_name,
    text_of,
)

CHECKLIST = "police-holding"
PURPOSE = "For the yearly talk with the ministry"
OVER = "2026-1"  # the clock of these tests stands in November 2026
HOSTILE = (
    "=HYPERLINK(0)",
    "+1+1",
    "-2+3",
    "@SUM(A1)",
    "\t=1+1",
    "\r=1+1",
    "\n=1+1",
    "＝1+1",
    "'=1",
    '";=1+1;"',
    "=cmd|' /C calc'!A0",
    "\x0b=1\x00\ufffe",
)


def put(node: Node, *drafts: Draft) -> None:
    with node.database.write() as session:
        journal.append_all(session, drafts, PERSON_IDS["ana"])


def add_place(node: Node, number: int, kind: str = "ivs", region: str = "almaty", **names: str) -> str:
    place_id = uuid7(START_MS, bytes([100 + number // 200, number % 200] * 5))
    fields: dict[str, Json] = {**INSTITUTION, "name_ru": f"Место {number}", "type": kind, "region": region, **names}
    put(node, Draft("institution", place_id, "reference", fields))
    return place_id


def add_visit(
    node: Node,
    shelf: Shelf,
    place_id: str,
    answers: Mapping[str, Mapping[str, Json]],
    on: str = "2026-03-10",
    state: str = "approved",
    repeats: Mapping[str, str] | None = None,
    **fields: Json,
) -> str:
    """A visit as it stands when all is done; an answer's key is an indicator, or indicator/repeat."""
    compiled = shelf.named(CHECKLIST)
    assert compiled is not None
    visit_id = node.clock.new_id()
    scope = f"visit:{visit_id}"
    ana = PERSON_IDS["ana"]
    told: dict[str, Json] = {"institution": place_id, "visited_on": on, "state": state, "kind": "periodic"}
    told |= {"legal_basis": "commissioner", "team": [ana], f"role.{ana}": "team_lead", "checklist_id": CHECKLIST}
    told |= {"checklist_version": 1, "checklist_sha256": compiled.sha256, "announced": False, **fields}
    with node.database.write() as session:
        keep_document(session, compiled)
    rooms = [
        Draft("repeat", key, scope, {"kind": kind, "section": "cells" if kind == "room" else "files", "name": name})
        for key, (kind, name) in ((k, v.split(":", 1)) for k, v in (repeats or {}).items())
    ]
    given = [
        Draft("answer", answer_subject(visit_id, *key.split("/")), scope, dict(sets)) for key, sets in answers.items()
    ]
    put(node, Draft("visit", visit_id, scope, told), *rooms, *given)
    return visit_id


def export(browser: Browser, **typed: str) -> Response:
    chosen = {"level": "internal", "format": "xlsx", "purpose": PURPOSE} | typed
    return browser.post("/exports", data=chosen)


def publish(browser: Browser, period: str = OVER, way: str = "type", **typed: str) -> Response:
    chosen = {"period": period, "way": way, "format": "xlsx", "purpose": PURPOSE, "confirmed": "on"} | typed
    return browser.post("/exports/figures", data=chosen)


def cells_of(reply: Response) -> list[Any]:
    assert reply.status_code == 200, text_of(reply.text)
    book = openpyxl.load_workbook(io.BytesIO(reply.content))
    return [cell for sheet in book.worksheets for row in sheet.iter_rows() for cell in row if cell.value is not None]


def told_in(reply: Response) -> str:
    return "\n".join(str(cell.value) for cell in cells_of(reply))


def rows_of(reply: Response, sheet: str) -> list[dict[str, Any]]:
    found = openpyxl.load_workbook(io.BytesIO(reply.content))[sheet]
    heads, *rows = [[cell.value for cell in row] for row in found.iter_rows()]
    return [dict(zip(heads, row, strict=True)) for row in rows]


def noted(node: Node, what: str) -> list[Mapping[str, Json]]:
    with node.database.read() as session:
        return [one.told for one in audit.search(session, audit.Asked(what=what), 10)]


@pytest.fixture
def visited(central: Node, shelf: Shelf) -> str:
    """A visit with everything that a level may or may not show."""
    answers: dict[str, dict[str, Json]] = {
        "B1": {"value": "no", "note": "КАНАРЕЙКА-заметка", "source.child": True, "confidence": "high"},
    }
    return add_visit(central, shelf, INSTITUTION_ID, answers, received_by_role="КАНАРЕЙКА-дежурный", arrived_at="10:07")


# ---- findings ------------------------------------------------------------------------------------------------------------


def test_within_the_office_notes_and_names_stand_in_the_file(ben: Browser, visited: str) -> None:
    told = told_in(export(ben))
    for needed in ("КАНАРЕЙКА-заметка", person_name("ana"), "10:07", INSTITUTION["name_ru"], person_name("ben")):
        assert needed in told


@pytest.mark.parametrize("language", ["kk", "ru", "en"])
def test_an_authority_gets_the_finding_and_nothing_of_who_told(ben: Browser, visited: str, language: str) -> None:
    told = told_in(export(ben.speak(language), level="authority"))
    assert INSTITUTION["name_kk" if language == "kk" else "name_ru"] in told and "B1" in told
    for kept in ("КАНАРЕЙКА", person_name("ana"), person_name("ben"), "10:07", visited, PERSON_IDS["ana"]):
        assert kept not in told


def test_of_a_sampled_file_an_authority_learns_neither_name_nor_times(
    ben: Browser, central: Node, shelf: Shelf
) -> None:
    file_id, found = central.clock.new_id(), shelf.named(CHECKLIST)
    assert found is not None
    compiled = found.checklist
    section = next(one for one in compiled.checklist.sections if one.repeat == "file")
    indicator = next(
        one
        for one in (compiled.indicators[key] for key in section.indicators)
        if one.answer.rating and any(field.type in ("count", "measure", "moment") for field in one.answer.fields)
    )
    field = next(one for one in indicator.answer.fields if one.type in ("count", "measure", "moment"))
    answer: dict[str, Json] = {
        "value": "no",
        f"field.{field.key}": 4321 if field.type != "moment" else "2026-03-01T09:30",
    }
    visit = add_visit(
        central, shelf, INSTITUTION_ID, {f"{indicator.id}/{file_id}": answer}, repeats={file_id: "file:Иванов"}
    )
    scope = f"visit:{visit}"
    put(central, Draft("repeat", central.clock.new_id(), scope, {"kind": "room", "section": "cells", "name": "К4"}))
    within, outside = told_in(export(ben)), told_in(export(ben, level="authority"))
    assert "Иванов" in within and ("4321" in within or "09:30" in within or "9:30" in within)
    assert "Иванов" not in outside and "4321" not in outside and "9:30" not in outside
    assert "a sampled file" in outside


def test_a_talk_is_in_no_file_not_even_its_code(ben: Browser, central: Node, visited: str) -> None:
    fields: dict[str, Json] = {"code": "Б-77", "held_on": "2026-03-10", "half": "am", "state": "closed"}
    put(central, Draft("interview", central.clock.new_id(), f"visit:{visited}", fields))
    assert "Б-77" not in told_in(export(ben))


def test_visits_are_chosen_by_days_kind_and_region(ben: Browser, central: Node, shelf: Shelf, visited: str) -> None:
    add_visit(central, shelf, add_place(central, 1, "remand_centre", "abai"), {"B1": {"value": "no"}}, "2026-05-01")
    add_visit(central, shelf, add_place(central, 2), {"B1": {"value": "no"}}, "2026-05-02", "finished")

    def names(**typed: str) -> set[str]:
        return {row["Institution"] for row in rows_of(export(ben, **typed), "Visits")}

    assert names() == {INSTITUTION["name_ru"], "Место 1", "Место 2"}
    assert names(level="authority") == {INSTITUTION["name_ru"], "Место 1"}  # approved ones only
    assert names(from_day="2026-05-01", until_day="2026-05-01") == {"Место 1"}
    assert names(type="remand_centre") == names(region="abai") == {"Место 1"}
    assert export(ben, region="west").status_code == 422


@pytest.mark.parametrize("typed", [{"purpose": "why"}, {"level": "public"}, {"level": ""}, {"from_day": "yesterday"}])
def test_an_export_without_its_purpose_or_level_is_refused(
    ben: Browser, central: Node, visited: str, typed: dict[str, str]
) -> None:
    reply = export(ben, **typed)
    assert reply.status_code == 422 and f'href="#field-{next(iter(typed))}"' in reply.text
    assert noted(central, "exported") == []


def test_an_export_leaves_who_what_for_how_much_and_the_files_mark(ben: Browser, central: Node, visited: str) -> None:
    reply = export(ben, format="csv", type="ivs")
    (told,) = noted(central, "exported")
    assert told["level"] == "internal" and told["purpose"] == PURPOSE and told["type"] == "ivs"
    assert (told["visits"], told["findings"]) == (1, 1)
    assert re.fullmatch("[0-9a-f]{64}", str(told["sha256"]))
    assert re.fullmatch(r'attachment; filename="table-2026-11-22\.zip"', reply.headers["Content-Disposition"])
    assert reply.headers["Cache-Control"] == "no-store"


def test_only_who_may_export_sees_the_page(central: Node, ben: Browser) -> None:
    assert ben.get("/exports").status_code == 200
    for name in ("adm", "ana", "tom"):
        browser = central.browser(name)
        assert browser.get("/exports").status_code == 403 and export(browser).status_code == 403
        assert "/exports" not in browser.get("/guides").text


def test_figures_of_the_whole_office_are_not_for_who_sees_a_part(central: Node) -> None:
    limit(central, "ben", regions=["almaty"])
    ben = central.browser("ben")
    assert "/exports/figures" not in ben.get("/exports").text
    assert ben.get("/exports/figures?period=2025&way=type").status_code == 403
    assert ben.submit("/exports/figures", period="2025", way="type", purpose="x", confirmed="on").status_code == 403


@pytest.fixture
def hostile(central: Node, shelf: Shelf) -> None:
    """Every text that somebody types begins a formula."""
    compiled = shelf.named(CHECKLIST)
    assert compiled is not None
    texts = [one for one in compiled.checklist.indicators.values() for f in one.answer.fields if f.type == "text"]
    for number, text in enumerate(HOSTILE):
        place = add_place(central, number, name_kk=text, name_ru=text, place=text)
        room = central.clock.new_id()
        answers: dict[str, dict[str, Json]] = {
            "B1": {"value": "no", "note": text, "reason": text},
            f"B2/{room}": {"value": "no", "note": text},
        }
        for one in texts[:5]:
            shown = {f"field.{field.key}": text for field in one.answer.fields if field.type == "text"}
            answers[one.id] = {"value": "no", "flagged": True, "note": text, **shown}
        visit = add_visit(
            central, shelf, place, answers, repeats={room: f"room:{text}"}, received_by_role=text, arrived_at=text
        )
        refusal: dict[str, Json] = {"at": text, "who_role": text, "reason": text}
        put(central, Draft("refusal", central.clock.new_id(), f"visit:{visit}", refusal))


def test_no_cell_of_a_workbook_is_a_formula(ben: Browser, hostile: None) -> None:
    for level in ("internal", "authority"):
        cells = cells_of(export(ben, level=level, purpose="=1+1 and a purpose"))
        assert len(cells) > 100 and any(str(cell.value).startswith("=") for cell in cells)
        assert {cell.data_type for cell in cells} <= {"s", "n"}
        assert all(isinstance(cell.value, int | float) for cell in cells if cell.data_type == "n")


def test_no_field_of_a_csv_begins_a_formula(ben: Browser, hostile: None) -> None:
    for level in ("internal", "authority"):
        reply = export(ben, level=level, format="csv", purpose="@SUM(A1) purpose")
        packed = zipfile.ZipFile(io.BytesIO(reply.content))
        assert packed.namelist() == ["visits.csv", "findings.csv", "about.csv"]
        raw = [packed.read(name).decode("utf-8-sig") for name in packed.namelist()]
        assert all(one.startswith('"') for one in raw)
        fields = [field for one in raw for row in csv.reader(io.StringIO(one, newline="")) for field in row]
        assert "'=HYPERLINK(0)" in fields and len(fields) > 100
        assert [field for field in fields if field.startswith(tuple("=+-@\t\r\n＝＋－＠"))] == []


# ---- figures -------------------------------------------------------------------------------------------------------------


@pytest.fixture
def country(central: Node, shelf: Shelf) -> None:
    """30 places: 14 holding facilities, 9 police stations, 7 remand centres... and two crisis centres in one region."""
    kinds = ["ivs"] * 14 + ["police_station"] * 9 + ["remand_centre"] * 7 + ["crisis_centre"] * 2
    for number, kind in enumerate(kinds):
        region = ("almaty", "abai", "west")[number % 3]
        b1 = "no" if number in (0, 3, 14, 15, 16, 17, 18, 30) or 23 <= number < 30 else "yes"
        answers: dict[str, dict[str, Json]] = {
            "B1": {"value": b1, "note": "КАНАРЕЙКА"},
            "B2": {"value": "no" if number == 5 else "yes"},
            "B4": {"value": "yes"},
        }
        add_visit(central, shelf, add_place(central, number, kind, region), answers)


def indicator(reply: Response, indicator_id: str) -> dict[str, tuple[Any, Any, Any]]:
    rows = [row for row in rows_of(reply, "Indicators") if row["Indicator"] == indicator_id]
    return {row["By kind of place"]: (row["Found wanting"], row["In order"], row["Not known"]) for row in rows}


def test_small_groups_are_put_together_and_small_cells_hidden(ben: Browser, country: None) -> None:
    reply = publish(ben)
    places = {row["By kind of place"]: row["Places visited"] for row in rows_of(reply, "Places")}
    assert places["All"] == 32 and min(places.values()) >= 5
    assert "Other kinds: Crisis centre, Remand centre" in places
    b1 = indicator(reply, "B1")
    assert b1["All"] == (15, 17, 0)
    assert b1["Temporary holding facility"][0] == "hidden"  # 2 of 14
    assert b1["Other kinds: Crisis centre, Remand centre"][:2] == ("hidden", "hidden")  # 8 and 1
    assert set(indicator(reply, "B2").values()) == {("hidden",) * 3}  # found once in the country
    assert indicator(reply, "B4")["All"] == (0, 32, 0)


def test_the_public_file_names_nobody_and_no_place(ben: Browser, central: Node, country: None) -> None:
    told = told_in(publish(ben))
    with central.database.read() as session:
        kept = [one.text(name) for one in reads.institutions(session).values() for name in ("name_ru", "name_kk")]
        kept += [one.name for one in reads.people(session).values()]
    assert [name for name in (*kept, "КАНАРЕЙКА", PURPOSE, "reviewer") if name in told] == []
    assert "2026, first half" in told and "Baqylau 0." in told and "no total score" in told


def test_the_body_may_ask_for_larger_numbers(ben: Browser, central: Node, country: None) -> None:
    state = central.app.state
    state.settings = state.settings.model_copy(update={"public_least": 10})
    reply = publish(ben)
    places = {row["By kind of place"]: row["Places visited"] for row in rows_of(reply, "Places")}
    assert min(places.values()) >= 10 and "numbers under 10 are hidden" in told_in(reply)
    assert indicator(reply, "B4")["All"] == (0, 32, 0)


def test_a_place_counts_once_however_often_it_was_visited(ben: Browser, central: Node, shelf: Shelf) -> None:
    """Five visits to one place would look like five places."""
    for number in range(5):
        place = add_place(central, number)
        for day in ("2026-02-01", "2026-03-01"):
            add_visit(central, shelf, place, {"B1": {"value": "no"}, "B4": {"value": "yes"}}, day)
    reply = publish(ben)
    assert {row["By kind of place"]: row["Places visited"] for row in rows_of(reply, "Places")}["All"] == 5
    assert indicator(reply, "B4")["All"] == (0, 5, 0)
    assert set(indicator(reply, "B1").values()) == {("hidden",) * 3}  # found in all of them


def test_the_check_names_who_could_be_recognised_and_never_a_typed_word(ben: Browser, country: None) -> None:
    html = ben.get(f"/exports/figures?period={OVER}&way=type").text
    told = text_of(html)
    assert "Crisis centre" in told and "put together, for each is small" in told
    assert "left empty: too few in all" in told and "B2" in told
    assert "КАНАРЕЙКА" not in html and "Место" not in html


def test_nothing_is_published_before_somebody_looked(ben: Browser, central: Node, country: None) -> None:
    reply = publish(ben, confirmed="")
    assert reply.status_code == 422 and "field-confirmed" in reply.text
    assert noted(central, "published") == [] and noted(central, "exported") == []
    assert publish(ben).status_code == 200
    (told,) = noted(central, "published")
    assert told["places"] == 32 and isinstance(told["hidden"], int) and told["hidden"] > 3


def test_what_was_published_stays_whatever_comes_later(
    ben: Browser, bek: Browser, central: Node, shelf: Shelf, country: None
) -> None:
    first = publish(ben)
    add_visit(central, shelf, add_place(central, 90), {"B1": {"value": "no"}})
    assert "You get just these figures" in text_of(bek.get(f"/exports/figures?period={OVER}&way=type").text)
    again = publish(bek, confirmed="")
    for sheet in ("Places", "Indicators"):
        assert rows_of(again, sheet) == rows_of(first, sheet)
    assert len(noted(central, "published")) == 1 and len(noted(central, "exported")) == 2


def test_a_second_way_to_cut_a_period_is_refused(ben: Browser, country: None) -> None:
    assert publish(ben).status_code == 200
    for then, why in (
        ({"way": "region"}, "cut in the other way"),
        ({"period": "2025"}, "Fewer than 5"),
        ({"period": "2026"}, "not over yet"),
        ({"period": "2026-2"}, "not over yet"),
        ({"period": "2026-3"}, "Choose a period"),
        ({"period": "٢٠٢٦"}, "Choose a period"),
        ({"way": "place"}, "how the places are put"),
    ):
        reply = publish(ben, **then)
        assert reply.status_code == 422 and why in text_of(reply.text), then


def test_a_year_and_its_halves_exclude_each_other(ben: Browser, central: Node, country: None) -> None:
    assert publish(ben).status_code == 200
    central.clock.advance(hours=24 * 60)
    ben = central.browser("ben")
    reply = publish(ben, period="2026")
    assert reply.status_code == 422 and "2026-1 is published already, and the two overlap" in text_of(reply.text)


def test_a_release_never_leaves_central(ben: Browser, central: Node, country: None) -> None:
    publish(ben)
    with central.database.read() as session:
        (release,) = reads.records(session, "release")
    assert release.scope == "office"
    assert "hidden" not in release.fields["figures"] and json.loads(release.text("figures"))["visited"] == 32  # type: ignore[operator]
