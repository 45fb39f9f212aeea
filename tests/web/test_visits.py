"""A visit from its plan to its signatures."""

from __future__ import annotations

import itertools
import re

import pytest

from app.domain.journal import Draft
from app.domain.visits import MOVES, STATES
from app.services.visits import signature_is_sound
from app.store import journal, reads
from app.store.checklists import Shelf
from tests.web.nodes import (
    INSTITUTION_ID,
    PERSON_IDS,
    Browser,
    Node,
    Visiting,
    person_name,
    plan_by_service,
    text_of,
)

LANGUAGES = ("kk", "ru", "en")


def plan_form(**changes: object) -> dict[str, object]:
    """The form as the page fills it in, for Ana and Dana."""
    ana, dana = PERSON_IDS["ana"], PERSON_IDS["dana"]
    form: dict[str, object] = {
        "visit": "01900000-0000-7000-8000-00000000abcd",
        "institution": INSTITUTION_ID,
        "kind": "periodic",
        "announced": "no",
        "legal_basis": "commissioner",
        "visited_on": "2026-11-22",
        "checklist": "police-holding",
        "member": [ana, dana],
        f"role.{ana}": "team_lead",
        f"role.{dana}": "monitor",
    }
    return form | changes


def put_in_state(visit: Visiting, state: str) -> None:
    """Writes the state as an entry, without asking whether the move is allowed."""
    with visit.node.database.write() as session:
        heads = visit.records().visit.heads
        journal.append(
            session,
            Draft("visit", visit.visit_id, f"visit:{visit.visit_id}", {"state": state}, heads),
            PERSON_IDS["ana"],
        )


# ---- plan --------------------------------------------------------------------------------------------------------------


def test_a_plan_sent_twice_makes_one_visit(ana: Browser, device: Node) -> None:
    for _ in range(2):
        reply = ana.post("/visits", data=plan_form())
        assert (reply.status_code, reply.headers["Location"]) == (303, f"/visits/{plan_form()['visit']}")
    visit = Visiting(str(plan_form()["visit"]), device)
    assert ana.get("/visits").text.count(f'href="{visit.url}"') == 1
    with device.database.read() as session:
        assert len(journal.entries_of(session, visit.visit_id)) == 1


def test_a_planned_visit_pins_its_checklist(ana: Browser, device: Node, shelf: Shelf) -> None:
    ana.post("/visits", data=plan_form())
    planned = Visiting(str(plan_form()["visit"]), device).records().visit
    compiled = shelf.named("police-holding")
    assert compiled and (planned.checklist_id, planned.checklist_version, planned.checklist_sha256) == (
        "police-holding",
        1,
        compiled.sha256,
    )
    assert planned.roles == {PERSON_IDS["ana"]: "team_lead", PERSON_IDS["dana"]: "monitor"}
    assert (planned.state, planned.legal_basis, planned.is_announced) == ("planned", "commissioner", False)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"institution": "none"}, "institution"),
        ({"kind": "surprise"}, "kind"),
        ({"legal_basis": "curiosity"}, "legal_basis"),
        ({"visited_on": "2026-02-30"}, "visited_on"),
        ({"visited_on": ""}, "visited_on"),
        ({"visited_on": "0001-01-01"}, "visited_on"),
        ({"member": []}, "member"),
        ({"member": ["nobody"]}, "member"),
        ({f"role.{PERSON_IDS['ana']}": "monitor"}, "member"),
        ({f"role.{PERSON_IDS['dana']}": "king"}, "member"),
        ({"checklist": "another"}, "checklist"),
    ],
)
def test_a_plan_that_cannot_be_is_refused_beside_its_field_and_keeps_the_rest(
    ana: Browser, changes: dict[str, object], field: str
) -> None:
    reply = ana.post("/visits", data=plan_form(kind="special") | changes)
    assert reply.status_code == 422
    assert f'href="#field-{field}"' in reply.text
    assert 'value="01900000-0000-7000-8000-00000000abcd"' in reply.text
    if "kind" not in changes:
        assert re.search(r'value="special" checked', reply.text)
    assert "/visits/01900000" not in ana.get("/visits").text


def test_a_plan_with_an_unsound_id_is_refused(ana: Browser, device: Node) -> None:
    for visit_id in ("", "../x", "a/b", "reference", "1"):
        assert ana.post("/visits", data=plan_form(visit=visit_id)).status_code == 422, visit_id
        with device.database.read() as session:
            assert reads.record(session, visit_id) is None


def test_a_plan_cannot_take_the_id_of_something_else(ana: Browser, device: Node) -> None:
    ana.post("/visits", data=plan_form(visit=PERSON_IDS["cy"]))
    with device.database.read() as session:
        assert len(journal.entries_of(session, PERSON_IDS["cy"])) == 1


@pytest.mark.parametrize(
    ("basis", "members", "announced", "status"),
    [
        ("commissioner", 1, "no", 303),
        ("npm", 1, "no", 303),
        ("onk", 2, "yes", 303),
        ("onk", 1, "yes", 422),  # PEC 38(2): at least two members
        ("onk", 2, "no", 422),  # and notice of at least one day
    ],
)
def test_the_legal_basis_drives_team_size_and_notice(
    ana: Browser, basis: str, members: int, announced: str, status: int
) -> None:
    team = [PERSON_IDS["ana"], PERSON_IDS["dana"]][:members]
    assert (
        ana.post("/visits", data=plan_form(legal_basis=basis, member=team, announced=announced)).status_code == status
    )


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_rule_of_the_legal_basis_is_said_with_its_number(ana: Browser, language: str) -> None:
    reply = ana.speak(language).post("/visits", data=plan_form(legal_basis="onk", member=[PERSON_IDS["ana"]]))
    assert reply.status_code == 422
    assert re.search(r'id="errors".*?\b2\b', reply.text, re.S)
    assert "%(" not in reply.text


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_institution_is_found_by_either_of_its_names(ana: Browser, language: str) -> None:
    for wanted in ("алмалы поли", "АЛМАЛИНСКИЙ", "алматы"):
        assert INSTITUTION_ID in ana.speak(language).get("/visits/new", params={"search": wanted}).text
    assert INSTITUTION_ID not in ana.get("/visits/new", params={"search": "Семей"}).text


def test_only_a_team_lead_or_reviewer_plans(dana: Browser, ben: Browser) -> None:
    assert dana.post("/visits", data=plan_form()).status_code == 403
    assert ben.post("/visits", data=plan_form()).status_code == 303


# ---- at the gate -------------------------------------------------------------------------------------------------------


def test_the_arrival_starts_the_visit_and_stands_on_the_hub(ana: Browser, visit: Visiting) -> None:
    reply = ana.submit(f"{visit.url}/arrival", arrived_at="13:10", waiting_minutes="25", received_by_role="кезекші")
    assert (reply.status_code, reply.headers["Location"]) == (303, visit.url)
    assert visit.state == "in_progress"
    hub = text_of(ana.get(visit.url).text)
    assert "Came at 13:10, let in after 25 minutes" in hub and "кезекші" in hub


IMPOSSIBLE = [
    ("25:00", "0"),
    ("1310", "0"),
    ("", "0"),
    ("13:60", "0"),
    ("²3:10", "0"),
    ("13:1²", "0"),
    ("-1:30", "0"),
    ("013:10", "0"),
    ("13:10", "-5"),
    ("13:10", "1441"),
    ("13:10", "²"),
    ("13:10", "he"),
]


def test_an_impossible_arrival_is_refused_and_stays_typed(ana: Browser, visit: Visiting) -> None:
    for at, waiting in IMPOSSIBLE:
        reply = ana.submit(
            f"{visit.url}/arrival", arrived_at=at, waiting_minutes=waiting, received_by_role="кезекші бастық"
        )
        assert reply.status_code == 422, (at, waiting)
        assert f'name="arrived_at" type="time" value="{at}"' in reply.text
        assert f'name="waiting_minutes" type="text" value="{waiting}"' in reply.text
        assert "кезекші бастық" in reply.text and 'id="errors"' in reply.text
    assert visit.state == "planned"


def test_each_member_declares_for_themselves(ana: Browser, dana: Browser, visit: Visiting) -> None:
    assert ana.submit(f"{visit.url}/declaration", conflict="none").status_code == 303
    assert dana.submit(f"{visit.url}/declaration", conflict="has", text="Ағам сонда жұмыс істейді").status_code == 303
    assert len(visit.records().declarations) == 2
    assert f"{person_name('dana')}: has a conflict of interest: Ағам сонда жұмыс істейді" in text_of(
        ana.get(visit.url).text
    )


def test_a_declaration_can_be_changed_and_stays_one(ana: Browser, visit: Visiting) -> None:
    ana.submit(f"{visit.url}/declaration", conflict="none")
    ana.submit(f"{visit.url}/declaration", conflict="has", text="есімде болмапты")
    (mine,) = visit.records().declarations
    assert mine.text("conflict") == "has" and mine.conflicts == {}


@pytest.mark.parametrize(("conflict", "text"), [("", ""), ("maybe", ""), ("has", "  ")])
def test_a_conflict_of_interest_needs_its_reason(ana: Browser, visit: Visiting, conflict: str, text: str) -> None:
    assert ana.submit(f"{visit.url}/declaration", conflict=conflict, text=text).status_code == 422
    assert visit.records().declarations == ()


def test_a_refusal_is_a_finding_and_lets_one_finish_without_a_reason(ana: Browser, visit: Visiting) -> None:
    assert (
        ana.submit(f"{visit.url}/refusal", who_role="бастық", at="13:20", reason="рұқсат жоқ деді").status_code == 303
    )
    assert visit.state == "planned"
    assert ana.submit(f"{visit.url}/finish").status_code == 303
    assert visit.state == "finished"
    report = text_of(ana.get(f"{visit.url}/report").text)
    assert "Access refused: 13:20 · бастық: рұқсат жоқ деді" in report
    assert "access refused" in text_of(ana.get("/visits").text)


def test_a_refusal_says_who_when_and_why_and_keeps_what_was_typed(ana: Browser, visit: Visiting) -> None:
    for missing in ("who_role", "at", "reason"):
        form = {"who_role": "бастық", "at": "13:20", "reason": "рұқсат жоқ деді"} | {missing: " "}
        reply = ana.submit(f"{visit.url}/refusal", **form)
        assert reply.status_code == 422
        assert all(value in reply.text for name, value in form.items() if name != missing)
        assert f'href="#field-{missing}"' in reply.text
    assert visit.records().refusals == ()


# ---- finish and sign ---------------------------------------------------------------------------------------------------


def test_finishing_with_open_must_items_needs_a_reason(ana: Browser, visit: Visiting) -> None:
    ana.tap(visit.answer_url("B1"), value="yes")
    refused = ana.submit(f"{visit.url}/finish", reason="  ")
    assert refused.status_code == 422
    assert 'href="#field-reason"' in refused.text
    assert visit.state == "in_progress"
    assert (
        ana.submit(f"{visit.url}/finish", reason="Бізді ішке кіргізбеді").headers["Location"] == f"{visit.url}/finish"
    )
    assert visit.state == "finished"
    assert "Бізді ішке кіргізбеді" in ana.get(f"{visit.url}/report").text


def test_finishing_twice_is_refused_and_finishes_once(ana: Browser, visit: Visiting) -> None:
    ana.submit(f"{visit.url}/finish", reason="x")
    assert ana.submit(f"{visit.url}/finish", reason="y").status_code == 409
    assert visit.records().visit.finish_reason == "x"


ACTIONS = {"in_progress": ("/arrival", {"arrived_at": "10:00"}), "finished": ("/finish", {"reason": "x"})}


@pytest.mark.parametrize(("before", "after"), list(itertools.product(STATES, ACTIONS)))
def test_the_team_makes_only_the_allowed_moves(ana: Browser, visit: Visiting, before: str, after: str) -> None:
    put_in_state(visit, before)
    path, form = ACTIONS[after]
    reply = ana.submit(visit.url + path, **form)
    is_allowed = after in MOVES[before] or (
        after == "in_progress" and before in ("in_progress", "returned")
    )  # more is told, nothing moves
    assert reply.status_code == (303 if is_allowed else 409)
    assert visit.state == (after if after in MOVES[before] else before)


@pytest.mark.parametrize("state", ["planned", "in_progress", "returned", "approved"])
def test_only_a_finished_visit_is_signed(ana: Browser, visit: Visiting, state: str) -> None:
    put_in_state(visit, state)
    assert ana.submit(f"{visit.url}/signature").status_code == 409
    assert visit.records().sign_offs == ()


@pytest.fixture
def finished(ana: Browser, visit: Visiting) -> Visiting:
    ana.tap(visit.answer_url("B1"), value="no")
    ana.submit(f"{visit.url}/finish", reason="уақыт болмады")
    return visit


def test_a_signature_verifies_under_the_members_own_key(ana: Browser, device: Node, finished: Visiting) -> None:
    assert ana.submit(f"{finished.url}/signature").status_code == 303
    (record,) = finished.records().sign_offs
    key = device.database.node.person_keys[PERSON_IDS["ana"]]
    assert record.text("public_key") == key.public_key().public_bytes_raw().hex()
    assert record.texts("heads") == finished.records().heads()
    assert signature_is_sound(finished.visit_id, record.fields)


@pytest.mark.parametrize(
    "change",
    [
        {"dissent": "мен келіспеймін"},
        {"heads": []},
        {"person": PERSON_IDS["dana"]},
        {"signature": "00" * 64},
        {"signature": "рыба"},
        {"public_key": None},
    ],
)
def test_a_signature_over_anything_else_does_not_verify(
    ana: Browser, finished: Visiting, change: dict[str, object]
) -> None:
    ana.submit(f"{finished.url}/signature")
    (record,) = finished.records().sign_offs
    assert not signature_is_sound(finished.visit_id, {**record.fields, **change})  # type: ignore[dict-item]
    assert not signature_is_sound("another visit", record.fields)


def test_a_dissent_is_part_of_what_is_signed_and_stands_in_the_report(
    ana: Browser, dana: Browser, finished: Visiting
) -> None:
    ana.submit(f"{finished.url}/signature")
    dana.submit(f"{finished.url}/signature", dissent="Мен келіспеймін: камера таза еді")
    danas = next(r for r in finished.records().sign_offs if r.text("person") == PERSON_IDS["dana"])
    assert danas.text("dissent") == "Мен келіспеймін: камера таза еді"
    assert signature_is_sound(finished.visit_id, danas.fields)
    assert "dissenting: «Мен келіспеймін: камера таза еді»" in text_of(ana.get(f"{finished.url}/report").text)


def test_signing_the_same_twice_is_one_signature(ana: Browser, finished: Visiting) -> None:
    ana.submit(f"{finished.url}/signature")
    assert ana.submit(f"{finished.url}/signature").status_code == 409
    assert len(finished.records().sign_offs) == 1
    assert f'action="{finished.url}/signature"' not in ana.get(f"{finished.url}/finish").text


def test_a_signature_is_stale_after_a_change_and_can_be_given_again(
    ana: Browser, dana: Browser, finished: Visiting
) -> None:
    ana.submit(f"{finished.url}/signature")
    put_in_state(finished, "in_progress")
    dana.tap(finished.answer_url("B1"), note="Тағы бір баланы көрдік", seen=finished.heads("B1"))
    put_in_state(finished, "finished")
    page = text_of(ana.get(f"{finished.url}/finish").text)
    assert "changed since: sign again" in page
    assert ana.submit(f"{finished.url}/signature").status_code == 303
    assert "changed since" not in text_of(ana.get(f"{finished.url}/finish").text)


def test_who_has_no_key_on_this_tablet_cannot_sign_here(dana: Browser, device: Node, finished: Visiting) -> None:
    del device.database.node.person_keys[PERSON_IDS["dana"]]
    assert dana.submit(f"{finished.url}/signature").status_code == 403
    assert finished.records().sign_offs == ()


def test_the_list_shows_open_visits_by_day_and_closed_ones_apart(ana: Browser, device: Node, shelf: Shelf) -> None:
    later, sooner = plan_by_service(device, shelf, on="2026-12-05"), plan_by_service(device, shelf, on="2026-12-01")
    done = plan_by_service(device, shelf, on="2026-11-01")
    ana.submit(f"{done.url}/finish", reason="x")
    html = ana.get("/visits").text
    assert html.index(sooner.url) < html.index(later.url) < html.index("Finished") < html.index(done.url)


def test_one_signs_what_the_page_showed_and_nothing_newer(ana: Browser, finished: Visiting) -> None:
    refused = ana.submit(f"{finished.url}/signature", seen="0" * 64, dissent="Менің пікірім басқа")
    assert refused.status_code == 422
    assert "Менің пікірім басқа" in refused.text
    assert ana.submit(f"{finished.url}/signature").status_code == 303


def test_a_dissent_that_is_too_long_is_refused_and_kept_never_cut(ana: Browser, finished: Visiting) -> None:
    refused = ana.submit(f"{finished.url}/signature", dissent="ж" * 4001)
    assert refused.status_code == 422
    assert "ж" * 4001 in refused.text
