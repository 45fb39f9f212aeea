"""What a reviewer needs to know: limits by region and by visit, who sets them, and an alert that outranks them."""

from __future__ import annotations

import pytest

from app.domain.journal import Draft
from app.domain.people import NeedToKnow, Person
from app.errors import InvalidInput
from app.services import alerts, institutions, people
from app.services.people import PersonForm
from app.store import journal, reads
from app.store import readings as kept_readings
from app.store.alerts import for_office
from app.store.checklists import Shelf
from tests.web.nodes import (
    CHEAP,
    INSTITUTION,
    INSTITUTION_ID,
    OFFICE_PASSPHRASE,
    PEOPLE,
    PERSON_IDS,
    Browser,
    Node,
    Visiting,
    limit,
    plan_by_service,
    problem_of,
    text_of,
)
from tests.web.test_rights import answered, raised


def person(central: Node, name: str) -> Person:
    with central.database.read() as session:
        found = reads.person(session, PERSON_IDS[name])
        assert found is not None
        return found


def alerts_seen(central: Node, name: str) -> list[str]:
    with central.database.read() as session:
        return [alert.alert_id for alert in for_office(session, person(central, name))]


def form(name: str, **fields: object) -> dict[str, object]:
    full_name, roles = PEOPLE[name]
    return {"person": PERSON_IDS[name], "name": full_name, "role": list(roles), "language": "kk"} | fields


# ---- what is seen ------------------------------------------------------------------------------------------------------


def test_a_limit_without_regions_and_visits_shows_nothing() -> None:
    assert not NeedToKnow(is_limited=True).covers("v", "almaty")
    assert not NeedToKnow(is_limited=True, regions=frozenset({"almaty"})).covers("v", "")
    assert NeedToKnow().covers("v", "")


def test_a_limit_that_two_offices_wrote_differently_counts_as_a_limit(central: Node) -> None:
    """Two nodes of the office, or a restored one: no side may open what the other closed."""
    ben = PERSON_IDS["ben"]
    with central.database.write() as session:
        before = reads.record(session, ben)
        assert before is not None
        for is_limited in (True, False):
            draft = Draft("person", ben, "reference", {"limited": is_limited}, before.heads)
            journal.append(session, draft, PERSON_IDS["adm"])
    assert person(central, "ben").need_to_know.is_limited


def test_a_reviewer_of_the_region_sees_the_visit_everywhere(central: Node, sent_visit: Visiting, ben: Browser) -> None:
    _, photo = answered(sent_visit)
    limit(central, "ben", regions=["almaty"])
    ben = central.browser("ben")
    for path in (sent_visit.url, f"/reviews/{sent_visit.visit_id}", f"/photos/{photo}", f"{sent_visit.url}/report"):
        assert ben.get(path).status_code == 200, path
    assert sent_visit.visit_id in ben.get("/inbox").text and sent_visit.visit_id in ben.get("/visits").text


def test_who_is_limited_is_told_so_where_something_is_left_out(
    central: Node, sent_visit: Visiting, ben: Browser
) -> None:
    told = "You are shown only: Abai region. Lists and numbers leave out the rest."
    assert "You are shown only" not in text_of(ben.get("/inbox").text)
    limit(central, "ben", regions=["abai"])
    ben = central.browser("ben")
    assert told in text_of(ben.get("/inbox").text) and told in text_of(ben.get("/institutions").text)


def test_a_reviewer_of_one_visit_sees_that_one_alone(central: Node, sent_visit: Visiting, shelf: Shelf) -> None:
    other = plan_by_service(central, shelf, on="2026-11-23")
    limit(central, "ben", visits=[sent_visit.visit_id])
    ben = central.browser("ben")
    assert ben.get(f"/reviews/{sent_visit.visit_id}").status_code == 200
    assert ben.get(f"/reviews/{other.visit_id}").status_code == 404
    assert other.visit_id not in ben.get("/visits").text


def test_a_limit_counts_on_a_tablet_too(
    central: Node, device: Node, visit: Visiting, meet: object, danas_tablet: Node
) -> None:
    with device.database.read() as session:
        limited = Person("r", "R", frozenset({"reviewer"}), need_to_know=NeedToKnow(True, frozenset({"abai"})))
        assert reads.seen_visit(session, limited, visit.visit_id) is None
        assert reads.visits_for(session, limited) == []


def test_who_is_limited_does_not_search_the_log_of_all(central: Node, ben: Browser) -> None:
    assert ben.get("/audit").status_code == 200
    limit(central, "ben", regions=["almaty"])
    assert central.browser("ben").get("/audit").status_code == 403


def test_a_limited_reviewer_does_not_move_a_place_into_their_region(central: Node) -> None:
    limit(central, "ben", regions=["abai"])
    moved = {**INSTITUTION, "region": "abai", "institution": INSTITUTION_ID}
    reply = central.browser("ben").submit("/institutions", **moved)
    assert reply.status_code == 422 and "outside the regions" in text_of(reply.text)
    with central.database.write() as session:
        assert reads.region_of(session, INSTITUTION_ID) == "almaty"
        data = b"name_kk;name_ru;type;region\n" + "А;Б;ivs;almaty\n".encode()
        assert institutions.import_institutions(session, person(central, "adm"), data).added == 1
        done = institutions.import_institutions(
            session, person(central, "ben"), data.replace(b";ivs", b";remand_centre")
        )
        assert [row.line for row in done.bad_rows] == [2] and not done.changed


# ---- a danger outranks it ------------------------------------------------------------------------------------------------


def test_an_alert_is_seen_by_those_who_cover_it_and_by_all_when_nobody_does(
    central: Node, sent_visit: Visiting
) -> None:
    alert, _ = raised(sent_visit)
    limit(central, "bek", regions=["abai"])
    assert alerts_seen(central, "bek") == []  # Ben sees everything
    limit(central, "ben", regions=["abai"])
    assert alerts_seen(central, "bek") == alerts_seen(central, "ben") == [alert]
    page = central.browser("ben").get(f"/reviews/{sent_visit.visit_id}/calls")
    assert page.status_code == 200 and f'href="/reviews/{sent_visit.visit_id}"' not in page.text
    assert central.browser("ben").get(f"/reviews/{sent_visit.visit_id}").status_code == 404
    with central.database.write() as session:
        alerts.acknowledge(session, person(central, "ben"), sent_visit.visit_id, [alert])


def test_a_reviewer_who_cannot_sign_in_covers_nothing(central: Node, sent_visit: Visiting) -> None:
    alert, _ = raised(sent_visit)
    limit(central, "ben", regions=["abai"])
    assert alerts_seen(central, "bek") == alerts_seen(central, "ben") == [alert]  # Bek has no name for the office
    with central.database.write() as session:
        people.set_sign_in(session, PERSON_IDS["bek"], "bek", OFFICE_PASSPHRASE, CHEAP)
    assert alerts_seen(central, "ben") == []


# ---- who sets it -----------------------------------------------------------------------------------------------------------


def test_the_limit_is_set_on_the_page_of_the_person_and_noted(
    adm: Browser, central: Node, sent_visit: Visiting
) -> None:
    page = adm.get(f"/people/{PERSON_IDS['ben']}").text
    assert 'value="Бен Ревизор"' in page and 'value="reviewer" checked' in page
    typed = form("ben", limited="on", region=["abai", "west"], visits=f" {sent_visit.visit_id} ")
    assert adm.post("/people", data=typed).status_code == 303
    seen = person(central, "ben").need_to_know
    assert seen == NeedToKnow(True, frozenset({"abai", "west"}), frozenset({sent_visit.visit_id}))
    assert "1 single visit" in text_of(adm.get("/people").text)
    told = text_of(adm.get("/audit?what=person_saved").text)
    assert "Regions: Abai region, West Kazakhstan region" in told
    page = adm.get(f"/people/{PERSON_IDS['ben']}").text
    assert 'value="abai" checked' in page and sent_visit.visit_id in page


def test_a_limit_that_means_nothing_is_refused(adm: Browser) -> None:
    for fields in ({"region": ["nowhere"]}, {"visits": "the one of yesterday"}):
        assert adm.post("/people", data=form("ben", limited="on", **fields)).status_code == 422


def test_who_is_limited_is_signed_out_at_once(central: Node, ben: Browser) -> None:
    assert ben.get("/inbox").status_code == 200
    limit(central, "ben", regions=["abai"])
    assert ben.get("/inbox").headers["Location"].startswith("/sign-in")


def test_nobody_changes_their_own_roles_or_limits(adm: Browser, central: Node) -> None:
    for fields in ({"role": ["administrator", "team_lead"]}, {"limited": "on"}):
        reply = adm.post("/people", data=form("adm", **fields))
        assert reply.status_code == 422 and "their own" in text_of(reply.text)
    assert adm.post("/people", data=form("adm", organisation="Office")).status_code == 303


def test_an_administrator_never_becomes_a_reader_of_interviews(
    adm: Browser, central: Node, sent_visit: Visiting
) -> None:
    reply = adm.post("/people", data=form("tom", role=["administrator", "reviewer"]))
    assert reply.status_code == 422 and "cannot be a reviewer as well" in text_of(reply.text)
    with central.database.write() as session:
        with pytest.raises(InvalidInput):
            people.save_person(session, None, PersonForm(PERSON_IDS["adm"], "A", ["administrator", "reviewer"]))
        # Even if such a record came from before: the right itself does not stand beside it.
        both = Person("x", "X", frozenset({"administrator", "reviewer"}))
        assert both.may("review") and not both.may("read_interviews")
        assert kept_readings.readings_in(session, sent_visit.visit_id) == []


# ---- four eyes -----------------------------------------------------------------------------------------------------------------


@pytest.fixture
def careful(central: Node) -> Node:
    """The office wants two administrators for rights, and has a second one: Tom."""
    central.app.state.settings.people_second_person = True
    with central.database.write() as session:
        tom = PersonForm(PERSON_IDS["tom"], PEOPLE["tom"][0], ["administrator"])
        people.save_person(session, person(central, "adm"), tom)
    return central


def proposal_url(browser: Browser) -> str:
    return browser.get("/people").text.split('action="/people/proposals/')[1].split("/")[0]


def test_to_become_a_reviewer_takes_two_administrators(careful: Node) -> None:
    adm, tom = careful.browser("adm"), careful.browser("tom")
    assert adm.post("/people", data=form("cy", role=["reviewer"])).status_code == 303
    assert person(careful, "cy").roles == {"monitor"}
    page = text_of(adm.get("/people").text)
    assert "Waiting for a second administrator" in page and "Roles: reviewer" in page and "Agree" not in page
    url = f"/people/proposals/{proposal_url(tom)}"
    assert adm.submit(f"{url}/confirmation").status_code == 403
    assert careful.browser("ben").submit(f"{url}/confirmation").status_code == 403
    assert tom.submit(f"{url}/confirmation").status_code == 303
    assert person(careful, "cy").roles == {"reviewer"}
    assert tom.submit(f"{url}/confirmation").status_code == 404
    assert "Proposed by: Әділ Әкімші" in text_of(tom.get("/audit?what=proposal_confirmed").text)


def test_to_see_more_or_to_sign_in_as_one_who_does_takes_two(careful: Node) -> None:
    adm, tom = careful.browser("adm"), careful.browser("tom")
    for change in (
        {"limited": "on", "region": ["almaty", "abai"]},
        {"limited": "on", "region": ["abai"], "visits": "01900000-0000-7000-8000-000000000000"},
        {},
        {"limited": "on", "region": ["abai"], "sign_in_name": "ben", "passphrase": "tulpar samal dala kokpar"},
    ):
        limit(careful, "ben", regions=["abai"])
        before = person(careful, "ben")
        assert adm.post("/people", data=form("ben", **change)).status_code == 303
        assert person(careful, "ben") == before
        assert careful.browser().submit("/sign-in", name="ben", passphrase=OFFICE_PASSPHRASE).status_code == 303
        assert tom.submit(f"/people/proposals/{proposal_url(tom)}/confirmation").status_code == 303
        assert "Agree" not in text_of(tom.get("/people").text)


def test_a_blocked_reviewer_gets_no_passphrase_from_one_administrator_either(careful: Node) -> None:
    """Or whoever lets them in again would let in the one who knows that passphrase."""
    adm, tom = careful.browser("adm"), careful.browser("tom")
    assert adm.post("/people", data=form("ben", blocked="on")).status_code == 303
    typed = form("ben", blocked="on", sign_in_name="ben", passphrase="tulpar samal dala kokpar")
    assert adm.post("/people", data=typed).status_code == 303
    assert "New passphrase for the sign-in name “ben”" in text_of(tom.get("/people").text)


def test_to_see_less_takes_one(careful: Node) -> None:
    limit(careful, "ben", regions=["abai", "almaty"])
    adm = careful.browser("adm")
    for change in ({"region": ["abai"]}, {"organisation": "X"}, {"blocked": "on"}):
        typed = form("ben", limited="on", region=["abai", "almaty"]) | change
        assert adm.post("/people", data=typed).status_code == 303
        assert "Waiting" not in text_of(adm.get("/people").text)
        limit(careful, "ben", regions=["abai", "almaty"])


def test_a_proposal_that_was_overtaken_is_not_made(careful: Node) -> None:
    adm, tom = careful.browser("adm"), careful.browser("tom")
    adm.post("/people", data=form("cy", role=["reviewer"]))
    adm.post("/people", data=form("cy", organisation="Басқа ұйым"))
    url = f"/people/proposals/{proposal_url(tom)}"
    reply = tom.submit(f"{url}/confirmation")
    assert reply.status_code == 422 and "changed meanwhile" in problem_of(reply.text)
    assert tom.submit(f"{url}/withdrawal").status_code == 303
    assert "Waiting" not in text_of(adm.get("/people").text) and person(careful, "cy").roles == {"monitor"}


def test_a_proposal_keeps_no_passphrase(careful: Node) -> None:
    words = "tulpar samal dala kokpar"
    careful.browser("adm").post("/people", data=form("ben", sign_in_name="ben", passphrase=words))
    with careful.database.read() as session:
        from app.services.proposals import proposals

        (waiting,) = proposals(session)
    assert waiting.change.sign_in and waiting.change.sign_in[1].startswith("$argon2id$")
