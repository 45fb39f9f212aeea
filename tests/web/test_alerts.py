"""The red button on the tablet and at the office: two taps, whom to tell, and the office's word that comes back."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from app.domain.alerts import Alert
from app.services import alerts as services
from app.store import alerts, reads
from app.store.checklists import Shelf
from app.sync import client
from tests.web.nodes import (
    PERSON_IDS,
    Browser,
    Node,
    Visiting,
    add_room,
    person_name,
    plan_by_service,
    text_of,
    transport_to,
)

ALERT_ID = "01900000-0000-7000-8000-0000000000a1"
TOLD_ID = "01900000-0000-7000-8000-000000000070"
PROSECUTOR = {
    "region": "almaty",
    "what": "procurator",
    "name": "Кезекші прокурор",
    "phone": "8 (727) 272-00-00",
    "hours": "",
    "note": "",
}


def found(node: Node, visit: Visiting) -> list[Alert]:
    with node.database.read() as session:
        return alerts.in_visit(session, visit.visit_id)


def press(browser: Browser, visit: Visiting, danger: str = "held", alert_id: str = ALERT_ID) -> None:
    reply = browser.submit(f"{visit.url}/calls", alert=alert_id, danger=danger)
    assert (reply.status_code, reply.headers["Location"]) == (303, f"{visit.url}/calls")


def told(browser: Browser, visit: Visiting, told_id: str = TOLD_ID, recipient: str = "procurator") -> None:
    url = f"{visit.url}/calls/{ALERT_ID}/told"
    assert browser.submit(url, told=told_id, recipient=recipient, how="by_phone").status_code == 303


def states(browser: Browser, visit: Visiting) -> str:
    return text_of(browser.get(f"{visit.url}/calls/states").text)


# ---- the button ----------------------------------------------------------------------------------------------------------


def test_the_button_is_in_the_frame_of_every_page_of_a_visit(ana: Browser, visit: Visiting) -> None:
    file_id = add_room(ana, visit, "1-іс", "files")
    ana.tap(visit.answer_url("B1"), value="no")
    pages = [
        visit.url,
        f"{visit.url}/sections/rooms",
        f"{visit.url}/finish",
        f"{visit.url}/files/{file_id}/clock",
        f"{visit.url}/answers/B1/history",
        f"{visit.url}/mandate",
        f"{visit.url}/report",
        f"{visit.url}/calls",
        f"/guides/contacts?visit={visit.visit_id}",
        f"/guides/immediate-danger?visit={visit.visit_id}",
        f"/interviews?visit={visit.visit_id}",
    ]
    for path in pages:
        html = ana.get(path).text
        assert f'<form method="post" action="{visit.url}/calls">' in html, path
        assert html.index('class="thumb"') < html.index("red-button"), path


def test_there_is_no_button_outside_a_visit_nor_for_others_nor_once_it_is_approved(
    ana: Browser, cy: Browser, visit: Visiting, device: Node, meet: Callable[[], client.Outcome], ben: Browser
) -> None:
    assert "red-button" not in ana.get("/visits").text + ana.get("/guides").text
    assert "red-button" not in cy.get(visit.url).text + cy.get(f"/guides?visit={visit.visit_id}").text
    ana.submit(f"{visit.url}/finish", reason="уақыт болмады")
    assert "red-button" in ana.get(visit.url).text  # danger does not wait for a state
    meet()
    ben.submit(f"/reviews/{visit.visit_id}/approval", reason="жарайды")
    meet()
    assert visit.state == "approved" and "red-button" not in ana.get(visit.url).text
    assert ana.submit(f"{visit.url}/calls", alert=ALERT_ID, danger="held").status_code == 409


def test_the_sheet_raises_an_alert_with_the_second_tap_and_without_script(ana: Browser, visit: Visiting) -> None:
    html = ana.get(visit.url).text
    form = re.search(r'<form method="post" action="[^"]*/calls">.*?</form>', html, re.S)
    assert form and "hx-" not in form.group(0)
    alert_id = re.search(r'name="alert" value="([^"]+)"', form.group(0))
    assert alert_id and '<button class="ghost stop" name="danger" value="suicide">' in form.group(0)
    press(ana, visit, "suicide", alert_id.group(1))
    (alert,) = found(visit.node, visit)
    assert (alert.alert_id, alert.danger, alert.raised.author) == (alert_id.group(1), "suicide", PERSON_IDS["ana"])


def test_the_same_tap_twice_is_one_alert(ana: Browser, visit: Visiting) -> None:
    press(ana, visit)
    press(ana, visit)
    assert len(found(visit.node, visit)) == 1


def test_saving_an_alert_wakes_the_sync_loop_also_in_a_pause_that_was_asked_for(
    ana: Browser, visit: Visiting, device: Node
) -> None:
    loop = device.app.state.sync_loop
    loop.asked_s = 200.0
    loop.wake()
    assert not loop._wake.is_set()
    press(ana, visit)
    assert loop._wake.is_set()


def test_cy_can_neither_raise_nor_see_nor_tell(ana: Browser, cy: Browser, visit: Visiting) -> None:
    press(ana, visit)
    told(ana, visit)
    for path in (f"{visit.url}/calls", f"{visit.url}/calls/states"):
        assert cy.get(path).status_code == 404
    for path in ("", f"/{ALERT_ID}/told", f"/{ALERT_ID}/words", f"/told/{TOLD_ID}/removal"):
        assert cy.submit(f"{visit.url}/calls{path}", alert=ALERT_ID, danger="held").status_code == 404


# ---- whom to tell --------------------------------------------------------------------------------------------------------


def test_each_recipient_stands_there_with_its_number_and_rule(
    ana: Browser, ben: Browser, visit: Visiting, meet: Callable[[], client.Outcome]
) -> None:
    ben.submit("/contacts", contact="01900000-0000-7000-8000-0000000000c1", **PROSECUTOR)
    meet()
    press(ana, visit)
    html = ana.get(f"{visit.url}/calls").text
    row = re.search(r"<h3>Prosecutor</h3>.*?</li>(?=<li><h3>|</ol>)", html, re.S)
    assert row and 'href="tel:+77272720000"' in row.group(0)
    assert "A prosecutor must free at once persons unlawfully held" in row.group(0)
    told_ = text_of(html)
    assert told_.index("Team lead") < told_.index("Prosecutor") < told_.index("Guardianship body")
    press(ana, visit, "alone", "01900000-0000-7000-8000-0000000000a2")
    assert 'href="tel:111"' in ana.get(f"{visit.url}/calls").text


def test_told_now_keeps_who_when_and_how_and_is_taken_back_by_its_author(
    ana: Browser, dana: Browser, visit: Visiting
) -> None:
    press(ana, visit)
    told(dana, visit)
    told(dana, visit)
    assert text_of(ana.get(f"{visit.url}/calls").text).count(f"by telephone, {person_name('dana')}, ") == 1
    removal = f"{visit.url}/calls/told/{TOLD_ID}/removal"
    assert removal in dana.get(f"{visit.url}/calls").text and removal not in ana.get(f"{visit.url}/calls").text
    assert ana.submit(removal).status_code == 403
    assert dana.submit(removal).status_code == 303
    assert found(visit.node, visit)[0].told == ()


def test_the_words_are_short_and_warned_about(ana: Browser, dana: Browser, visit: Visiting) -> None:
    press(ana, visit)
    url = f"{visit.url}/calls/{ALERT_ID}/words"
    html = ana.get(f"{visit.url}/calls").text
    assert url in html and "Do not name or describe the child" in html
    assert url not in dana.get(f"{visit.url}/calls").text and dana.submit(url, words="x").status_code == 403
    assert ana.submit(url, words="2-қабат").status_code == 303
    refused = ana.submit(url, words="x" * 201)
    assert refused.status_code == 422 and 'role="alert"' in refused.text
    assert found(visit.node, visit)[0].words == "2-қабат" and "2-қабат" in dana.get(f"{visit.url}/calls").text


def test_neither_title_nor_address_nor_heading_says_what_it_is(ana: Browser, visit: Visiting) -> None:
    press(ana, visit, "suicide")
    reply = ana.get(f"{visit.url}/calls")
    assert "<title>Notes</title>" in reply.text
    heading = re.search(r"<h1>(.*?)</h1>", reply.text, re.S)
    assert heading and text_of(heading.group(1)).startswith("Whom we tell")
    assert not re.search(r"alert|danger|suicide|alarm", f"{visit.url}/calls")


def test_an_alert_that_has_not_left_says_what_to_do(ana: Browser, visit: Visiting) -> None:
    press(ana, visit)
    assert "as soon as there is a network. Do not wait for it: call those below." in states(ana, visit)
    assert ana.submit("/sync/offline", offline="on").status_code == 303
    assert "Sending is switched off. Switch it on, or call those below." in states(ana, visit)


def test_ambulance_and_police_can_be_called_though_the_office_has_entered_nobody(ana: Browser, visit: Visiting) -> None:
    press(ana, visit, "immediate")
    html = ana.get(f"{visit.url}/calls").text
    assert 'href="tel:103"' in html and 'href="tel:102"' in html


def test_a_number_that_the_office_has_not_given_is_asked_for(ana: Browser, visit: Visiting) -> None:
    press(ana, visit)
    rows = re.findall(r"<h3>(.*?)</h3>(.*?)</li>(?=<li><h3>|</ol>)", ana.get(f"{visit.url}/calls").text, re.S)
    assert "no number for it" in dict(rows)["Prosecutor"]
    assert "no number for it" not in dict(rows)["Team lead"], "who stands beside you is not called"


# ---- the office ----------------------------------------------------------------------------------------------------------


def test_the_way_of_an_alert_from_the_tablet_to_the_office_and_back(
    ana: Browser, ben: Browser, visit: Visiting, central: Node, meet: Callable[[], client.Outcome]
) -> None:
    press(ana, visit)
    assert "Saved on this tablet, not sent yet" in states(ana, visit)
    meet()
    assert "At the office; nobody has answered yet" in states(ana, visit)
    central.clock.advance(minutes=12)
    inbox = text_of(ben.get("/inbox").text)
    assert inbox.index("Red button: nobody has answered") < inbox.index("12 minutes ago") < inbox.index("With the team")
    page = ben.get(f"/reviews/{visit.visit_id}/calls")
    assert "raised 12 minutes ago" in page.text and person_name("ana") in page.text
    url = f"/reviews/{visit.visit_id}/calls"
    assert ben.submit(f"{url}/acknowledgement", alerts=ALERT_ID).headers["Location"] == url
    meet()
    assert f"The office knows: {person_name('ben')}" in states(ana, visit)
    assert "Red button: known, not closed yet" in ben.get("/inbox").text
    assert ben.submit(f"{url}/closing", alerts=ALERT_ID, outcome="safe", words="дәрігер көрді").status_code == 303
    meet()
    assert "The child is safe: дәрігер көрді" in states(ana, visit)
    assert "Red button" not in ben.get("/inbox").text


def test_a_note_is_asked_for_and_what_is_late_stands_on_the_desk(
    ana: Browser, ben: Browser, visit: Visiting, central: Node, meet: Callable[[], client.Outcome]
) -> None:
    press(ana, visit)
    assert "Written note to the Commissioner: by" in states(ana, visit)
    url = f"{visit.url}/calls/{ALERT_ID}/told"
    assert ana.submit(url, told=TOLD_ID, recipient="commissioner", how="in_writing").status_code == 303
    assert "Written note" not in states(ana, visit) and "Check the outcome" in states(ana, visit)
    meet()
    ben.submit(f"/reviews/{visit.visit_id}/calls/acknowledgement", alerts=ALERT_ID)
    assert "Is the child safe?" not in ben.get("/inbox").text
    central.clock.advance(hours=73)
    assert "Is the child safe? Go or call." in text_of(central.browser("ben").get("/inbox").text)


def test_the_desk_of_the_visit_shows_its_alerts_first(
    ana: Browser, ben: Browser, visit: Visiting, meet: Callable[[], client.Outcome]
) -> None:
    press(ana, visit)
    told(ana, visit)
    meet()
    desk = text_of(ben.get(f"/reviews/{visit.visit_id}").text)
    assert (
        desk.index("nobody of the office has answered")
        < desk.index("Prosecutor: by telephone")
        < desk.index("Sections")
    )


def test_the_same_danger_raised_by_two_tablets_stands_together(
    ana: Browser,
    visit: Visiting,
    danas_tablet: Node,
    central: Node,
    ben: Browser,
    meet: Callable[[], client.Outcome],
) -> None:
    meet()
    other = "01900000-0000-7000-8000-0000000000a2"
    client.meet_central(danas_tablet.database, transport_to(central))
    press(ana, visit)
    press(danas_tablet.browser("dana"), visit, alert_id=other)
    meet()
    client.meet_central(danas_tablet.database, transport_to(central))
    html = ben.get(f"/reviews/{visit.visit_id}/calls").text
    assert html.count("I know of this") == 1 and f'value="{ALERT_ID},{other}"' in html
    assert person_name("ana") in html and person_name("dana") in html
    ben.submit(f"/reviews/{visit.visit_id}/calls/acknowledgement", alerts=f"{ALERT_ID},{other}")
    assert all(one.acknowledged for one in found(central, visit))


def test_what_was_raised_after_the_page_was_shown_is_not_acknowledged_with_it(
    ana: Browser, ben: Browser, visit: Visiting, central: Node, meet: Callable[[], client.Outcome]
) -> None:
    press(ana, visit)
    meet()
    press(ana, visit, alert_id="01900000-0000-7000-8000-0000000000a2")
    meet()
    ben.submit(f"/reviews/{visit.visit_id}/calls/acknowledgement", alerts=ALERT_ID)
    meet()
    assert [bool(one.acknowledged) for one in found(central, visit)] == [True, False]
    assert "nobody has answered yet" in states(ana, visit)
    assert "Red button: nobody has answered" in ben.get("/inbox").text


def test_a_closing_needs_an_outcome_and_otherwise_words(
    ana: Browser, ben: Browser, visit: Visiting, central: Node, meet: Callable[[], client.Outcome]
) -> None:
    press(ana, visit)
    meet()
    url = f"/reviews/{visit.visit_id}/calls/closing"
    for outcome in ("", "other", "nonsense"):
        reply = ben.submit(url, alerts=ALERT_ID, outcome=outcome)
        assert reply.status_code == 422 and 'role="alert"' in reply.text
    assert found(central, visit)[0].is_waiting
    assert ben.submit(url, alerts="", outcome="safe").status_code == 404


def test_an_alert_of_a_visit_that_has_not_come_is_read_and_answered(
    central: Node, ben: Browser, shelf: Shelf, device: Node
) -> None:
    """Only the alert is at the office: neither the visit nor its checklist."""
    visit = plan_by_service(device, shelf)
    with device.database.read() as session:
        ana = reads.person(session, PERSON_IDS["ana"])
        assert ana is not None
        planned = reads.visit_for(session, ana, visit.visit_id)
    with central.database.write() as session:
        services.raise_alert(session, ana, planned, ALERT_ID, "alone")
    inbox = ben.get("/inbox").text
    assert "A child without family or guardian" in inbox and "Алматы" in inbox
    page = ben.get(f"/reviews/{visit.visit_id}/calls").text
    assert "The visit itself has not come yet" in page
    assert ben.submit(f"/reviews/{visit.visit_id}/calls/acknowledgement", alerts=ALERT_ID).status_code == 303


@pytest.mark.parametrize("name", ["adm", "ana"])
def test_nobody_but_reviewers_answers_for_the_office(central: Node, sent_visit: Visiting, name: str) -> None:
    browser = central.browser(name)
    for path in ("acknowledgement", "closing"):
        assert browser.submit(f"/reviews/{sent_visit.visit_id}/calls/{path}", alerts=ALERT_ID).status_code == 403
    assert browser.get(f"/reviews/{sent_visit.visit_id}/calls").status_code == 403
