"""Around a tap: forms without JavaScript, rooms and files, and cards that are closed."""

from __future__ import annotations

import pytest

from app.services import answers as services
from app.store.db import Database
from tests.web.nodes import PERSON_IDS, Browser, Node, Visiting, add_room, person_name, problem_of

LANGUAGES = ("kk", "ru", "en")


# ---- forms without JavaScript ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["", "/undo"])
def test_a_form_without_javascript_goes_back_to_the_card(ana: Browser, visit: Visiting, path: str) -> None:
    reply = ana.submit(visit.answer_url("B1") + path, value="no", seen="", person=PERSON_IDS["ana"])
    assert reply.status_code == 303
    assert reply.headers["Location"] == f"{visit.url}/sections/cells#indicator-B1"
    assert 'id="indicator-B1"' in ana.get(f"{visit.url}/sections/cells").text


def test_a_form_in_the_second_room_goes_back_to_its_card(ana: Browser, visit: Visiting) -> None:
    add_room(ana, visit, "1")
    second = add_room(ana, visit, "2")
    reply = ana.submit(visit.answer_url("C4", second), value="yes")
    assert reply.headers["Location"] == f"{visit.url}/sections/rooms#indicator-C4-2"
    assert 'id="indicator-C4-2"' in ana.get(f"{visit.url}/sections/rooms").text


@pytest.mark.parametrize("indicator", ["Z9", "C4", "B1/no-such-room"])
def test_a_place_that_the_checklist_does_not_have_is_not_there(ana: Browser, visit: Visiting, indicator: str) -> None:
    assert ana.tap(visit.answer_url(indicator), value="yes").status_code == 404


# ---- rooms and files ---------------------------------------------------------------------------------------------------


def test_a_room_sent_twice_is_one_room(ana: Browser, visit: Visiting) -> None:
    repeat_id = add_room(ana, visit)
    ana.submit(f"{visit.url}/repeats", section="rooms", repeat=repeat_id, name="4-камера")
    assert [room.text("name") for room in visit.records().repeats] == ["4-камера"]


def test_a_room_can_be_renamed_and_taken_out(ana: Browser, visit: Visiting) -> None:
    repeat_id = add_room(ana, visit)
    ana.submit(f"{visit.url}/repeats/{repeat_id}", name="5-камера")
    assert visit.records().repeats[0].text("name") == "5-камера"
    ana.submit(f"{visit.url}/repeats/{repeat_id}", removed="on")
    assert visit.records().repeats == ()


def test_a_room_needs_a_name(ana: Browser, visit: Visiting) -> None:
    reply = ana.submit(f"{visit.url}/repeats", section="rooms", repeat=visit.node.clock.new_id(), name=" ")
    assert reply.status_code == 422
    assert visit.records().repeats == ()


def test_a_room_needs_a_sound_id(ana: Browser, visit: Visiting) -> None:
    for repeat in ("a/b", "", "..", "x" * 200):
        assert ana.submit(f"{visit.url}/repeats", section="rooms", repeat=repeat, name="4").status_code == 404
    assert visit.records().repeats == ()


def test_a_room_cannot_take_the_id_of_something_else(ana: Browser, cy: Browser, visit: Visiting) -> None:
    before = visit.records()
    ana.submit(f"{visit.url}/repeats", section="rooms", repeat=visit.visit_id, name="4")
    ana.submit(f"{visit.url}/repeats", section="rooms", repeat=PERSON_IDS["cy"], name="4")
    assert visit.records() == before
    assert cy.get("/visits").status_code == 200 and person_name("cy") in cy.get("/visits").text


# ---- after the end -----------------------------------------------------------------------------------------------------


def test_answers_are_locked_after_the_finish(ana: Browser, visit: Visiting) -> None:
    ana.tap(visit.answer_url("B1"), value="yes")
    ana.submit(f"{visit.url}/finish", reason="уақыт болмады")
    for path in ("", "/undo", "/resolution"):
        reply = ana.tap(visit.answer_url("B1") + path, value="no")
        assert reply.status_code == 409
        assert "closed" in problem_of(reply.text)
    assert visit.answer("B1")["value"] == "yes"


def test_a_return_reopens_only_the_indicator_it_asks_about(
    ana: Browser, ben: Browser, central: Node, sent_visit: Visiting
) -> None:
    visit, there = sent_visit, central.browser("ana")
    there.tap(visit.answer_url("B1"), value="yes")
    there.tap(visit.answer_url("B2"), value="yes")
    there.submit(f"{visit.url}/finish", reason="уақыт болмады")
    assert ben.submit(f"/reviews/{visit.visit_id}/questions", indicator="B1", question="Кім көрді?").status_code == 303
    assert ben.submit(f"/reviews/{visit.visit_id}/return", reason="Сұраққа жауап керек").status_code == 303
    assert visit.state == "returned"
    assert there.tap(visit.answer_url("B2"), value="no").status_code == 409
    assert there.tap(visit.answer_url("B1"), note="Ана өзі көрді", seen=visit.heads("B1")).status_code == 200
    assert visit.answer("B1")["note"] == "Ана өзі көрді"
    assert visit.answer("B2")["value"] == "yes"


def test_a_full_disk_is_said_and_nothing_is_acknowledged(
    ana: Browser, visit: Visiting, monkeypatch: pytest.MonkeyPatch
) -> None:
    from app.errors import DiskFull

    def full(*_: object, **__: object) -> None:
        raise DiskFull()

    monkeypatch.setattr(services, "record_answer", full)
    reply = ana.tap(visit.answer_url("B1"), value="no", tap="t1")
    assert reply.status_code == 507
    assert "X-Op-Ack" not in reply.headers
    assert "disk" in problem_of(reply.text)


def test_saved_is_said_only_after_the_commit(ana: Browser, visit: Visiting, monkeypatch: pytest.MonkeyPatch) -> None:
    from sqlalchemy.exc import OperationalError
    from sqlmodel import Session

    def fail(_: Session) -> None:
        raise OperationalError("COMMIT", {}, Exception("database or disk is full"))

    assert isinstance(visit.node.database, Database)
    ana.get(visit.url)  # the look that notes the session is over before the commits begin to fail
    monkeypatch.setattr(Session, "commit", fail)
    reply = ana.tap(visit.answer_url("B1"), value="no", tap="t1")
    monkeypatch.undo()
    assert reply.status_code == 507
    assert "X-Op-Ack" not in reply.headers
    assert visit.entries("B1") == []
