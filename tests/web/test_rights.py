"""Every route of both roles, for every role and for nobody: the declared right decides, and Cy learns nothing."""

from __future__ import annotations

import io
import re

import pytest
from fastapi.routing import APIRoute
from PIL import Image

from app.domain.people import RIGHTS
from app.main import require_rights, right_of, routes_of
from app.services import alerts, people
from app.services.people import PersonForm
from app.store import reads
from app.store.checklists import Shelf
from app.web.deps import open_to_all
from tests.web.nodes import (
    PEOPLE,
    PERSON_IDS,
    Browser,
    Node,
    Visiting,
    add_room,
    limit,
    person_name,
    plan_by_service,
)

MADE_UP = "01900000-0000-7000-8000-000000000000"
OPEN = {
    ("GET", "/"),
    ("GET", "/health"),
    ("GET", "/hidden"),
    ("GET", "/lock"),
    ("POST", "/lock"),
    ("GET", "/sign-in"),
    ("POST", "/sign-in"),
    ("POST", "/sign-out"),
    ("POST", "/preferences"),
    ("GET", "/suggestion"),
}
STEPS = {  # of a sign-in at central: each asks for the step before it, see test_second_steps.py
    ("GET", "/sign-in/second"),
    ("POST", "/sign-in/second"),
    ("POST", "/sign-in/second/passkey"),
    ("GET", "/sign-in/setting-up"),
    ("POST", "/sign-in/setting-up"),
    ("POST", "/sign-in/passkey/begin"),
    ("GET", "/sign-in/passkey"),
    ("POST", "/sign-in/passkey"),
    ("GET", "/sign-in/office"),
    ("GET", "/sign-in/office/back"),
}
UNLINKED = {  # closed as soon as somebody has a passphrase: see test_enrolment.py
    ("GET", "/enrol"),
    ("POST", "/enrol"),
    ("GET", "/enrol/people"),
    ("POST", "/enrol/people"),
    ("POST", "/enrol/end"),
}
RECOVERY = {  # the card is what they ask for, and the tablet's own browser: see test_recovery.py
    ("GET", "/recovery"),
    ("POST", "/recovery"),
    ("POST", "/recovery/passphrase"),
}
HUB = {
    ("POST", "/sync/v1/hub/exchange"),
    ("GET", "/sync/v1/hub/blobs/{sha256}"),
    ("PUT", "/sync/v1/hub/blobs/{sha256}"),
}
MACHINES = {
    ("POST", "/sync/v1/bundles"),
    ("POST", "/sync/v1/enrol"),
    ("POST", "/sync/v1/exchange"),
    ("GET", "/sync/v1/blobs/{sha256}"),
    ("PUT", "/sync/v1/blobs/{sha256}"),
    ("HEAD", "/sync/v1/blobs/{sha256}"),
    ("POST", "/sync/v1/thumbnails"),
    ("POST", "/sync/v1/wiped"),
}
ROLES = ("device", "central")


def calls_of(role: str) -> list[tuple[str, str, str]]:
    """(method, path, right) of every route."""
    return sorted((method, route.path, right_of(route)) for route in routes_of(role) for method in route.methods or ())


def ask(browser: Browser, method: str, path: str) -> tuple[int, str]:
    """Status and text; a path's gaps are filled with an id that nothing has."""
    reply = browser.request(method, re.sub(r"{\w+}", MADE_UP, path))
    return reply.status_code, reply.headers.get("Location", "") or reply.text


def is_sent_to_sign_in(status: int, told: str) -> bool:
    return status == 401 or (status == 303 and told.startswith("/sign-in"))


def node_of(role: str, device: Node, central: Node) -> Node:
    return device if role == "device" else central


@pytest.mark.parametrize("role", ROLES)
def test_the_open_routes_are_exactly_these(role: str) -> None:
    without = {(method, path) for method, path, right in calls_of(role) if not right}
    assert without == OPEN | (MACHINES | STEPS if role == "central" else HUB | UNLINKED | RECOVERY)


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("name", PEOPLE)
def test_the_declared_right_decides_for_every_role(device: Node, central: Node, role: str, name: str) -> None:
    browser = node_of(role, device, central).browser(name)
    for method, path, right in calls_of(role):
        if not right:
            continue
        status, told = ask(browser, method, path)
        is_allowed = bool(set(PEOPLE[name][1]) & RIGHTS[right])
        assert not is_sent_to_sign_in(status, told), (method, path)
        assert (status != 403) == is_allowed, (method, path, right, status)
        assert status < 500, (method, path, status)


@pytest.mark.parametrize("role", ROLES)
def test_who_is_signed_out_is_sent_to_sign_in_everywhere_else(device: Node, central: Node, role: str) -> None:
    browser = node_of(role, device, central).browser()
    for method, path, right in calls_of(role):
        status, told = ask(browser, method, path)
        if right:
            assert is_sent_to_sign_in(status, told), (method, path, status)
        elif (method, path) in OPEN:
            assert status in (200, 303, 401), (method, path, status)  # 401: no such passphrase
        elif (method, path) in UNLINKED:
            assert status == 404, (method, path, status)
        elif (method, path) in STEPS and "office" in path:
            assert status == 404, (method, path, status)  # where the office has no sign-in of its own
        elif (method, path) in STEPS and not path.endswith("/begin"):
            assert is_sent_to_sign_in(status, told), (method, path, status)


@pytest.mark.parametrize("role", ROLES)
def test_a_blocked_person_is_signed_out_at_once(device: Node, central: Node, role: str) -> None:
    node = node_of(role, device, central)
    browser = node.browser("ana")
    assert browser.get("/visits").status_code == 200
    with node.database.write() as session:
        adm = reads.person(session, PERSON_IDS["adm"])
        assert adm is not None
        people.save_person(session, adm, PersonForm(PERSON_IDS["ana"], *PEOPLE["ana"], is_active=False))
    assert browser.get("/visits").status_code == 303
    assert browser.submit("/visits").status_code == 401


def test_a_route_without_a_right_stops_the_start() -> None:
    def naked() -> None: ...

    with pytest.raises(RuntimeError, match="/naked"):
        require_rights([APIRoute("/naked", naked)])
    require_rights([APIRoute("/naked", open_to_all(naked))])


# ---- Cy ---------------------------------------------------------------------------------------------------------------


def answered(visit: Visiting) -> tuple[str, str]:
    """Ana answers, adds a room and a photo; returns the ids of the room and the photo."""
    ana = visit.node.browser("ana")
    ana.tap(visit.answer_url("B1"), value="no")
    room = add_room(ana, visit)
    picture = io.BytesIO()
    Image.new("RGB", (60, 40), "green").save(picture, "JPEG")
    ana.post(
        f"{visit.url}/photos", data={"indicator": "B1"}, files={"file": ("a.jpg", picture.getvalue(), "image/jpeg")}
    )
    return room, visit.records().photos[0].subject


def raised(visit: Visiting) -> tuple[str, str]:
    """The ids of an alert that Ana raised, and of whom she told."""
    node = visit.node
    alert_id, told_id = node.clock.new_id(), node.clock.new_id()
    with node.database.write() as session:
        ana = reads.person(session, PERSON_IDS["ana"])
        assert ana is not None
        planned = reads.visit_for(session, ana, visit.visit_id)
        alerts.raise_alert(session, ana, planned, alert_id, "held")
        alerts.note_told(session, ana, planned, alert_id, told_id, "police", "by_phone")
    return alert_id, told_id


# Path parameters. A route with a new one does not pass before somebody said here whose object it names.
OF_A_VISIT = {
    *("visit_id", "photo_id", "section_id", "indicator_id", "repeat_id"),
    *("alert_id", "told_id", "interview_id", "reading_id"),
}
OF_THE_OFFICE = {  # nothing of a visit: the declared right alone decides, or a device's token and signature
    *("guide_id", "script_id", "checklist_id", "version", "provision_id", "name", "number", "sha256"),
    *("person_id", "proposal_id", "device_id", "contact_id"),
    "credential_id",  # of who is signed in: see test_passkeys.py
}
OUTSIDERS = [("device", "cy"), *(("central", name) for name in ("cy", "tom", "adm", "bek"))]  # Bek: limited


@pytest.mark.parametrize("role", ROLES)
def test_every_object_in_an_address_is_known_to_the_matrix(role: str) -> None:
    named = {name for _, path, _ in calls_of(role) for name in re.findall(r"{(\w+)}", path)}
    assert named <= OF_A_VISIT | OF_THE_OFFICE
    of_visits = [path for _, path, _ in calls_of(role) if named_objects(path) & OF_A_VISIT]
    assert all(named_objects(path) & {"visit_id", "photo_id"} for path in of_visits)  # by these the rows are asked for


def named_objects(path: str) -> set[str]:
    return set(re.findall(r"{(\w+)}", path))


@pytest.mark.parametrize(("role", "name"), OUTSIDERS)
def test_who_is_outside_cannot_tell_that_anas_visit_exists(
    device: Node, central: Node, shelf: Shelf, role: str, name: str
) -> None:
    node = node_of(role, device, central)
    if name == "bek":
        limit(node, "bek", regions=["abai"])
    roles = set(PEOPLE[name][1])
    visit = plan_by_service(node, shelf)
    room, photo = answered(visit)
    alert, told = raised(visit)
    browser = node.browser(name)
    real = {
        "visit_id": visit.visit_id,
        "indicator_id": "B1",
        "section_id": "cells",
        "repeat_id": room,
        "photo_id": photo,
        "interview_id": MADE_UP[:-1] + "1",
        "reading_id": MADE_UP[:-1] + "2",
        "alert_id": alert,
        "told_id": told,
    }
    asked = 0
    for method, path, right in calls_of(role):
        if not named_objects(path) & OF_A_VISIT:
            continue
        replies = []
        for ids in (real, {**real, "visit_id": MADE_UP, "photo_id": MADE_UP}):
            reply = browser.request(
                method, path.format(**ids), data={"indicator": "B1", "value": "yes"} if method == "POST" else None
            )
            page = reply.text.replace(ids["visit_id"], "ID").replace(ids["photo_id"], "ID")
            replies.append((reply.status_code, page, {k: v for k, v in reply.headers.items() if k != "content-length"}))
        assert replies[0] == replies[1], (method, path)
        is_allowed = bool(roles & RIGHTS[right])
        assert replies[0][0] == (404 if is_allowed and not path.endswith("/photos") else 422 if is_allowed else 403), (
            path
        )
        asked += 1
    assert asked >= 20
    for path in ("/visits", "/inbox", "/institutions", "/people", "/audit"):
        assert visit.visit_id not in browser.get(path).text


def test_cy_sees_no_trace_of_the_visit_on_any_page(cy: Browser, visit: Visiting) -> None:
    answered(visit)
    for path in ("/visits", "/sync", "/hidden"):
        html = cy.get(path).text
        assert visit.visit_id not in html and "Алмал" not in html


def test_ana_sees_her_visit(ana: Browser, visit: Visiting) -> None:
    _, photo = answered(visit)
    for path in ("", "/sections/cells", "/answers/B1/history", "/finish", "/report"):
        assert ana.get(visit.url + path).status_code == 200, path
    assert ana.get(f"/photos/{photo}").headers["Content-Type"] == "image/webp"
    assert ana.get(f"/photos/{photo}/thumbnail").status_code == 200


def test_a_trainer_sees_only_the_visits_of_their_own_team(central: Node, sent_visit: Visiting) -> None:
    tom = central.browser("tom")
    assert sent_visit.visit_id not in tom.get("/visits").text
    assert tom.get(sent_visit.url).status_code == 404


def test_an_administrator_sees_no_visits(adm: Browser, sent_visit: Visiting) -> None:
    answered(sent_visit)
    for path in ("/visits", sent_visit.url, f"{sent_visit.url}/report", f"/reviews/{sent_visit.visit_id}", "/inbox"):
        assert adm.get(path).status_code == 403, path
    for path in ("/institutions", "/people", "/devices"):
        assert sent_visit.visit_id not in adm.get(path).text


def test_an_administrator_learns_nothing_of_visits_from_the_list_of_institutions(
    adm: Browser, sent_visit: Visiting
) -> None:
    answered(sent_visit)
    row = re.search(r"Алмал.*?</tr>", adm.get("/institutions").text, re.S)
    assert row and "never" in row.group(0)


def test_a_reviewer_sees_all_visits(ben: Browser, sent_visit: Visiting) -> None:
    answered(sent_visit)
    assert sent_visit.visit_id in ben.get("/visits").text
    assert sent_visit.visit_id in ben.get("/inbox").text
    for path in (
        sent_visit.url,
        f"{sent_visit.url}/report",
        f"/reviews/{sent_visit.visit_id}",
        f"{sent_visit.url}/answers/B1/history",
    ):
        assert ben.get(path).status_code == 200, path


def test_a_reviewer_reads_but_does_not_answer_for_the_team(ben: Browser, sent_visit: Visiting) -> None:
    room, photo = answered(sent_visit)
    before = sent_visit.records()
    for path in (
        "/answers/B1",
        "/answers/B1/undo",
        "/arrival",
        "/declaration",
        "/refusal",
        "/finish",
        "/signature",
        "/repeats",
        f"/repeats/{room}",
        f"/photos/{photo}/removal",
    ):
        reply = ben.submit(
            sent_visit.url + path,
            value="yes",
            section="rooms",
            repeat=MADE_UP,
            name="x",
            reason="x",
            arrived_at="10:00",
            conflict="none",
        )
        assert reply.status_code in (403, 409), path
    assert sent_visit.records() == before


def test_a_member_of_the_team_may_not_finish_for_the_lead(dana: Browser, visit: Visiting) -> None:
    assert dana.submit(f"{visit.url}/finish", reason="x").status_code == 403
    assert visit.state == "planned"


def test_the_frame_names_who_is_signed_in(cy: Browser) -> None:
    assert person_name("cy") in cy.get("/visits").text
