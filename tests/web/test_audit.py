"""The audit log's page: what is noted, who may search it."""

from __future__ import annotations

import pytest

from app.domain.audit import DEVICE_REVOKED, DEVICE_WIPED, EXPORTED, PERSON_SAVED, VISIT_APPROVED
from app.domain.journal import Json
from app.store import audit
from tests.web.nodes import PERSON_IDS, Browser, Node, text_of


@pytest.fixture
def noted(central: Node) -> Node:
    with central.app.state.database.write() as session:
        audit.note(session, PERSON_IDS["ben"], VISIT_APPROVED, "visit-7")
        audit.note(session, PERSON_IDS["adm"], DEVICE_REVOKED, "tablet-3", {"device": "Планшет 3"})
    return central


def rows_of(browser: Browser, query: str = "") -> str:
    reply = browser.get(f"/audit{query}")
    assert reply.status_code == 200
    return text_of(reply.text.partition('<ul class="tasks')[2].partition("</ul>")[0])


def test_the_newest_row_stands_first_with_its_facts(adm: Browser, noted: Node) -> None:
    told = rows_of(adm)
    assert "tablet withdrawn" in told and "tablet-3 · Tablet: Планшет 3" in told and "visit approved" in told
    assert told.index("tablet withdrawn") < told.index("visit approved")


def test_facts_are_said_in_words_not_in_codes(adm: Browser, noted: Node) -> None:
    rights: dict[str, Json] = {"roles": ["monitor", "team_lead"], "active": True, "limited": False, "regions": []}
    export: dict[str, Json] = {"level": "authority", "region": "abai", "from_day": "2026-01-01"}
    with noted.app.state.database.write() as session:
        audit.note(session, PERSON_IDS["adm"], PERSON_SAVED, PERSON_IDS["ana"], rights)
        audit.note(session, PERSON_IDS["ben"], EXPORTED, told=export)
        audit.note(session, "tablet-3", DEVICE_WIPED, "tablet-3", {"why": "order", "lost": 0})
    told = rows_of(adm)
    assert "Active: yes · Limited as a reviewer: no · Regions: — · Roles: monitor, team lead" in told
    assert "From the day: 2026-01-01 · Level: For an authority that has to answer · Region: Abai region" in told
    assert "On whose decision: the office" in told


@pytest.mark.parametrize(
    ("query", "stays", "goes"),
    [
        (f"?what={VISIT_APPROVED}", "visit-7", "tablet-3"),
        ("?of=tablet-3", "tablet-3", "visit-7"),
        (f"?who={PERSON_IDS['ben']}", "visit-7", "tablet-3"),
        ("?before=1000&what=&from_day=no-day", "visit-7", "nothing-of-it"),
    ],
)
def test_the_log_is_searched(adm: Browser, noted: Node, query: str, stays: str, goes: str) -> None:
    told = rows_of(adm, query)
    assert stays in told and goes not in told


@pytest.mark.parametrize(("query", "is_there"), [("?from_day=1999-01-01", True), ("?until_day=1999-01-01", False)])
def test_days_bound_the_search(adm: Browser, noted: Node, query: str, is_there: bool) -> None:
    assert ("visit-7" in adm.get(f"/audit{query}").text.partition('<ul class="tasks')[2]) is is_there


def test_a_page_holds_so_many_rows_and_leads_to_the_older_ones(
    adm: Browser, noted: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.web.audit.ROWS", 1)
    first = adm.get("/audit?of=visit-7&who=").text
    assert "Older rows" not in first
    first = adm.get("/audit").text
    assert "tablet-3" in first and "visit-7" not in first and "before=" in first


def test_what_people_and_tablets_become_is_noted(adm: Browser, central: Node) -> None:
    adm.post("/devices", data={"name": "Tablet 9", "member": [PERSON_IDS["ana"]]})
    typed = {"person": central.clock.new_id(), "name": "Гүлнар", "role": ["monitor"], "language": "kk"}
    adm.post("/people", data=typed)
    told = rows_of(adm)
    assert "one-time code made" in told and "Tablet: Tablet 9" in told and "person saved" in told and "Гүлнар" in told


def test_monitors_do_not_see_it(central: Node, ana: Browser) -> None:
    assert ana.get("/audit").status_code == 404  # a tablet has no such page
