"""Whom to call: the office keeps the list, every tablet shows it."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from app.store import reads
from app.sync import client
from tests.web.nodes import INSTITUTION_ID, PERSON_IDS, Browser, Node, Visiting, text_of

POLICE = {
    "region": "almaty",
    "what": "police",
    "name": "Кезекші бөлім",
    "phone": "8 (727) 272-00-00",
    "hours": "тәулік бойы",
    "note": "2-қабат",
}


def add(browser: Browser, contact_id: str = "01900000-0000-7000-8000-0000000000c1", **typed: str) -> None:
    reply = browser.submit("/contacts", contact=contact_id, **{**POLICE, **typed})
    assert (reply.status_code, reply.headers["Location"]) == (303, "/contacts")


def kept(node: Node) -> list[dict[str, object]]:
    with node.database.read() as session:
        return [dict(record.fields) for record in reads.contacts(session)]


# ---- the office's list -------------------------------------------------------------------------------------------------


def test_a_contact_is_added_and_shown_with_its_region_and_kind(ben: Browser, central: Node) -> None:
    add(ben)
    assert kept(central) == [POLICE]
    row = re.search(r"<tr><td>Almaty city</td>.*?</tr>", ben.get("/contacts").text)
    assert row
    told = text_of(row.group(0))
    assert all(word in told for word in ("police", POLICE["name"], POLICE["phone"], POLICE["hours"]))


def test_a_contact_is_changed_in_a_form_that_holds_it(ben: Browser, adm: Browser, central: Node) -> None:
    add(ben)
    form = adm.get("/contacts/01900000-0000-7000-8000-0000000000c1").text
    assert all(value in form for value in POLICE.values())
    assert '<option value="almaty" selected>' in form and '<option value="police" selected>' in form
    add(adm, region="", phone="+7 727 272 00 01")
    assert kept(central) == [{**POLICE, "region": "", "phone": "+7 727 272 00 01"}]


def test_a_removed_contact_is_gone_and_cannot_come_back_by_an_old_page(ben: Browser, central: Node) -> None:
    add(ben)
    reply = ben.submit("/contacts/01900000-0000-7000-8000-0000000000c1/removal")
    assert (reply.status_code, reply.headers["Location"]) == (303, "/contacts")
    assert kept(central) == [] and POLICE["name"] not in ben.get("/contacts").text
    assert ben.get("/contacts/01900000-0000-7000-8000-0000000000c1").status_code == 404
    assert ben.submit("/contacts", contact="01900000-0000-7000-8000-0000000000c1", **POLICE).status_code == 404
    assert ben.submit("/contacts/01900000-0000-7000-8000-0000000000c1/removal").status_code == 404


def test_a_form_sent_twice_is_one_contact(ben: Browser, central: Node) -> None:
    add(ben)
    add(ben)
    assert kept(central) == [POLICE]


@pytest.mark.parametrize(
    ("field", "typed", "sentence"),
    [
        ("phone", "272-00-00", "is no telephone number"),
        ("phone", "сұраңыз", "is no telephone number"),
        ("phone", " ", "Give the telephone number"),
        ("name", "", "whose number"),
        ("what", "", "what kind of contact"),
        ("what", "friend", "what kind of contact"),
        ("region", "moon", "whole country"),
        ("note", "x" * 501, "500"),
    ],
)
def test_a_refused_contact_keeps_what_was_typed_and_says_why(
    ben: Browser, central: Node, field: str, typed: str, sentence: str
) -> None:
    reply = ben.submit("/contacts", contact="01900000-0000-7000-8000-0000000000c1", **{**POLICE, field: typed})
    assert reply.status_code == 422
    assert sentence in text_of(reply.text)
    assert f'href="#field-{field}"' in reply.text and f'id="field-{field}"' in reply.text
    assert all(value in reply.text for name, value in POLICE.items() if name != field)
    assert kept(central) == []


def test_a_contact_cannot_take_the_id_of_something_else(ben: Browser, central: Node) -> None:
    for taken in (INSTITUTION_ID, PERSON_IDS["cy"]):
        assert ben.submit("/contacts", contact=taken, **POLICE).status_code == 404
        assert ben.submit(f"/contacts/{taken}/removal").status_code == 404
        assert ben.get(f"/contacts/{taken}").status_code == 404
    assert kept(central) == []


@pytest.mark.parametrize("name", ["ana", "tom", "cy"])
def test_who_is_not_of_the_office_changes_nothing(ben: Browser, central: Node, name: str) -> None:
    add(ben)
    browser = central.browser(name)
    for path in ("/contacts", "/contacts/new", "/contacts/01900000-0000-7000-8000-0000000000c1"):
        assert browser.get(path).status_code == 403
    assert browser.submit("/contacts", contact="01900000-0000-7000-8000-0000000000c2", **POLICE).status_code == 403
    assert browser.submit("/contacts/01900000-0000-7000-8000-0000000000c1/removal").status_code == 403
    assert kept(central) == [POLICE]
    assert 'href="/contacts"' not in browser.get("/guides/contacts").text
    assert 'href="/contacts"' in ben.get("/guides/contacts").text


# ---- on every tablet ---------------------------------------------------------------------------------------------------


def test_a_tablet_shows_the_contacts_and_changes_none(
    ben: Browser, cy: Browser, device: Node, meet: Callable[[], client.Outcome]
) -> None:
    add(ben)
    assert POLICE["name"] not in cy.get("/guides/contacts").text
    meet()
    html = cy.get("/guides/contacts").text
    assert all(POLICE[name] in html for name in ("name", "phone", "hours", "note"))
    assert 'href="tel:+77272720000"' in html
    assert cy.get("/contacts").status_code == 404 and cy.submit("/contacts", **POLICE).status_code == 404
    assert 'href="/contacts"' not in html
    ben.submit("/contacts/01900000-0000-7000-8000-0000000000c1/removal")
    meet()
    assert POLICE["name"] not in cy.get("/guides/contacts").text


@pytest.mark.parametrize("path", ["/guides/contacts", "/guides/immediate-danger"])
def test_the_contact_centre_111_is_always_there(ana: Browser, visit: Visiting, path: str) -> None:
    for query in ("", f"?visit={visit.visit_id}"):
        html = ana.get(path + query).text
        assert 'href="tel:111"' in html and "Contact centre 111" in html


def test_the_contact_centre_111_cannot_be_changed(ben: Browser) -> None:
    html = ben.get("/contacts").text
    assert "Contact centre 111" in html and "always there" in html
    assert not re.findall(r'href="/contacts/(?!new)', html)


def test_danger_shows_the_region_of_the_visit_first_then_the_country(
    ben: Browser, central: Node, sent_visit: Visiting
) -> None:
    add(ben, "01900000-0000-7000-8000-0000000000c1", region="", what="ambulance", name="Елдік желі", phone="1414")
    add(ben, "01900000-0000-7000-8000-0000000000c2", region="astana", name="Астана полициясы")
    add(ben, "01900000-0000-7000-8000-0000000000c3", what="psychologist", name="Алматы психологы")
    add(ben, "01900000-0000-7000-8000-0000000000c4", what="ambulance", name="Алматы жедел жәрдемі")
    ana = central.browser("ana")
    for path in ("/guides/immediate-danger", "/guides/contacts"):
        told = text_of(ana.get(f"{path}?visit={sent_visit.visit_id}").text)
        names = ["Алматы жедел жәрдемі", "Алматы психологы", "Елдік желі", "The single State line"]
        places = [told.index(name) for name in names]
        assert places == sorted(places)
        assert "Астана полициясы" not in told
        assert "Астана полициясы" in text_of(ana.get(path).text)


def test_a_region_without_contacts_says_so(ana: Browser, visit: Visiting) -> None:
    html = ana.get(f"/guides/immediate-danger?visit={visit.visit_id}").text
    assert "The office has entered no contacts for this region yet." in html


def test_words_of_the_office_are_escaped(ben: Browser) -> None:
    add(ben, name="<script>1</script>", note="<b onclick=x>", hours='"><img src=x>')
    for path in ("/contacts", "/contacts/01900000-0000-7000-8000-0000000000c1", "/guides/contacts"):
        html = ben.get(path).text
        assert "<script>1" not in html and "<b onclick" not in html and "<img src=x" not in html
