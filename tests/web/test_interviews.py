"""Talks in the browser: consent, the form that saves itself, stop, closing; and how the office comes to read one."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from sqlalchemy import select

from app.domain import readings
from app.services import people
from app.services.people import PersonForm
from app.store import audit, confidential, interviews, reads
from app.store.audit import AUDIT
from app.store.vault import new_sealing_key, sealing_public_key, signature_holds
from app.sync import client
from tests.web.nodes import PEOPLE, PERSON_IDS, Browser, Node, Visiting, plan_by_service, problem_of, text_of

CANARY = "Балапан-құпия"
SCRIPT = "child-15-17"
FILLED = {
    "age": "15_17",
    "sex": "male",
    "language": "ru",
    "place": "outdoors",
    "near.nobody": "yes",
    "note.other": CANARY,
    "note.first-hours": CANARY,
    "reach": CANARY,
    "distress": "uneasy",
    "disclosure": "self",
    "passing_on": "agreed",
    "reprisal": "some",
    "follow_up_on": "2026-12-01",
}
Meet = Callable[[], client.Outcome]


def train(node: Node, name: str, on: str = "2026-05-24") -> None:
    """Gives a person the date of their training, as the office does."""
    with node.database.write() as session:
        adm = reads.person(session, PERSON_IDS["adm"])
        assert adm is not None
        people.save_person(session, adm, PersonForm(PERSON_IDS[name], *PEOPLE[name], trained_on=on))


@pytest.fixture
def trained(device: Node) -> None:
    for name in ("ana", "dana"):
        train(device, name)


def begin(browser: Browser, visit: Visiting, script: str = SCRIPT, **changes: str) -> str:
    """Begins a talk with every step agreed; returns its address."""
    agreed = {f"agree.{number}": "yes" for number in range(1, 9)}
    reply = browser.submit(
        f"{visit.url}/interviews", **{**agreed, "script": script, "representative": "not_asked", **changes}
    )
    assert reply.status_code == 303, problem_of(reply.text)
    return str(reply.headers["Location"])


def keys_told(device: Node) -> bytes:
    """The tablet knows a key of the office; returns the private one, which is nowhere else."""
    private = new_sealing_key()
    with device.database.write() as session:
        confidential.keep_told(session, [sealing_public_key(private).hex()])
    return private


# ---- on the tablet -----------------------------------------------------------------------------------------------------


def test_nobody_without_a_date_of_training_begins_a_talk(ana: Browser, visit: Visiting) -> None:
    page = ana.get(f"{visit.url}/interviews")
    assert "talks are for trained monitors only" in text_of(page.text) and "New talk" not in page.text
    assert ana.get(f"{visit.url}/interviews/new?script={SCRIPT}").status_code == 303
    reply = ana.submit(
        f"{visit.url}/interviews", script=SCRIPT, representative="agreed", **{f"agree.{n}": "yes" for n in range(1, 9)}
    )
    assert reply.status_code == 422 and "trained monitors only" in text_of(reply.text)
    with visit.node.database.read() as session:
        assert interviews.drafts_in(session, visit.visit_id) == []


@pytest.mark.usefixtures("trained")
def test_consent_comes_first_in_the_words_of_the_script(ana: Browser, visit: Visiting) -> None:
    script = ana.get(f"/interviews/{SCRIPT}?visit={visit.visit_id}")
    (way,) = re.findall(rf'href="({visit.url}/interviews/new[^"]*)"', script.text)
    page = ana.get(way).text
    assert page.count("They said yes") == 4 and "Parent, guardian or lawyer" in page
    assert 'lang="kk"' in page and 'lang="ru"' in page


@pytest.mark.usefixtures("trained")
@pytest.mark.parametrize(
    ("change", "sentence"), [({"agree.3": ""}, "there is no talk"), ({"representative": ""}, "consent of a parent")]
)
def test_without_every_yes_nothing_is_kept(
    ana: Browser, visit: Visiting, change: dict[str, str], sentence: str
) -> None:
    agreed = {f"agree.{number}": "yes" for number in range(1, 5)}
    reply = ana.submit(f"{visit.url}/interviews", **{"script": SCRIPT, "representative": "agreed", **agreed, **change})
    assert reply.status_code == 422 and sentence in text_of(reply.text)
    assert reply.text.count(" checked") >= 3  # what was ticked stays ticked
    with visit.node.database.read() as session:
        assert interviews.drafts_in(session, visit.visit_id) == []


@pytest.mark.usefixtures("trained")
def test_the_form_saves_itself_and_is_there_again_after_a_reload(ana: Browser, visit: Visiting) -> None:
    url = begin(ana, visit)
    reply = ana.tap(url, **FILLED)
    assert (reply.status_code, reply.content) == (204, b"")
    page = ana.get(url).text
    assert page.count(CANARY) == 3
    for name in ("age", "sex", "language", "place", "distress", "disclosure", "passing_on", "reprisal"):
        assert re.search(rf'name="{name}" value="{FILLED[name]}" checked', page), name
    assert 'value="2026-12-01"' in page
    assert ana.submit(url, **FILLED).headers["Location"] == url  # without scripts


@pytest.mark.usefixtures("trained")
def test_the_age_is_that_of_the_script_until_it_is_changed(ana: Browser, visit: Visiting) -> None:
    url = begin(ana, visit)
    assert 'name="age" value="15_17" checked' in ana.get(url).text
    ana.tap(url, age="adult")
    assert 'name="age" value="adult" checked' in ana.get(url).text
    easy = ana.get(begin(ana, visit, "child-easy")).text  # for many ages
    assert " checked" not in "".join(re.findall(r'name="age"[^>]*>', easy))


@pytest.mark.usefixtures("trained")
def test_the_browser_is_told_to_keep_nothing(ana: Browser, visit: Visiting) -> None:
    url = begin(ana, visit)
    ana.tap(url, **FILLED)
    reply = ana.get(url)
    assert reply.headers["Cache-Control"] == "no-store"
    form = re.search(r'<form[^>]*id="talk".*?</form>', reply.text, re.S)
    assert form and "data-durable" not in form.group(0) and "hx-post" not in form.group(0)
    fields = re.findall(r"<(?:input|textarea)[^>]*>", form.group(0))
    assert fields and all('autocomplete="off"' in field for field in fields)
    assert all('spellcheck="false"' in field for field in fields if field.startswith("<textarea"))
    assert re.search(r"<title>Notes</title>", reply.text)
    assert CANARY not in url and "15_17" not in url


@pytest.mark.usefixtures("trained")
def test_what_cannot_be_is_said_and_stays_typed(ana: Browser, visit: Visiting) -> None:
    url = begin(ana, visit)
    long = "ұ" * 3001
    told = ana.tap(url, reach=long)
    assert told.status_code == 422 and told.headers["Content-Type"].startswith("text/plain") and "3" in told.text
    page = ana.submit(url, reach=long)
    assert page.status_code == 422 and long in page.text


@pytest.mark.usefixtures("trained")
def test_a_draft_is_its_authors_alone(ana: Browser, dana: Browser, cy: Browser, visit: Visiting) -> None:
    url = begin(ana, visit)
    ana.tap(url, **FILLED)
    shown = dana.get(f"{visit.url}/interviews").text
    assert "open, a colleague's" in text_of(shown) and url not in shown and CANARY not in shown
    for browser in (dana, cy):
        for path in ("", "/closing", "/stop"):
            assert browser.get(url + path).status_code == 404
            assert browser.submit(url + path, **FILLED).status_code == 404
    assert CANARY in ana.get(url).text


@pytest.mark.usefixtures("trained")
def test_stop_asks_once_in_the_childs_language_and_erases_that_talk_alone(ana: Browser, visit: Visiting) -> None:
    url, other = begin(ana, visit), begin(ana, visit)
    ana.tap(url, **FILLED)
    page = ana.get(f"{url}/stop").text
    assert re.search(r'id="in-ru"[^>]* checked', page) and "Stop and erase this talk" in page
    assert ana.submit(f"{url}/stop").headers["Location"] == f"{visit.url}/interviews"
    listed = text_of(ana.get(f"{visit.url}/interviews").text)
    assert "1 talk was stopped. Nothing of it is kept." in listed
    assert ana.get(url).status_code == 404 and ana.get(other).status_code == 200
    assert ana.tap(url, **FILLED).status_code == 404  # a late letter
    folder = visit.node.app.state.settings.data_dir
    assert (folder / "baqylau.db-wal").stat().st_size == 0


@pytest.mark.usefixtures("trained")
def test_closing_says_what_is_missing_and_what_will_happen(ana: Browser, device: Node, visit: Visiting) -> None:
    url = begin(ana, visit)
    keys_told(device)
    reply = ana.submit(f"{url}?then=closing", age="15_17")
    assert reply.headers["Location"] == f"{url}/closing"
    html = ana.get(f"{url}/closing").text
    page = text_of(html)
    assert f'href="{url}#field-near"' in html, "what is missing leads to its field"
    assert "Who was near" in page and "Seal it for good" not in page
    assert ana.submit(f"{url}/closing").status_code == 422
    assert ana.get(url).status_code == 200


@pytest.mark.usefixtures("trained")
def test_without_a_key_it_stays_a_draft_and_the_page_says_why(ana: Browser, visit: Visiting) -> None:
    url = begin(ana, visit)
    ana.tap(url, **FILLED)
    page = text_of(ana.get(f"{url}/closing").text)
    assert "no key of the office" in page and "Seal it for good" not in page
    refused = ana.submit(f"{url}/closing")
    assert refused.status_code == 422 and "no key of the office" in problem_of(refused.text)
    assert CANARY in ana.get(url).text


@pytest.mark.usefixtures("trained")
def test_after_closing_the_tablet_shows_code_half_a_day_and_state(ana: Browser, device: Node, visit: Visiting) -> None:
    keys_told(device)
    url = begin(ana, visit)
    ana.tap(url, **FILLED)
    with device.database.read() as session:
        (draft,) = interviews.drafts_in(session, visit.visit_id)
    assert ana.submit(f"{url}/closing").status_code == 303
    assert ana.get(url).status_code == 404
    row = re.search(r'<li class="done">.*?</li>', ana.get(f"{visit.url}/interviews").text, re.S)
    assert row and text_of(row.group(0)) == f"{draft.code} November 22, 2026, before noon sealed"
    assert "href" not in row.group(0).replace("use href", "")
    hub = text_of(ana.get(visit.url).text)
    assert "sealed: 1" in hub and "open: 1" not in hub
    report = text_of(ana.get(f"{visit.url}/report").text)
    assert "1 talk in private." in report and draft.code not in report
    folder = visit.node.app.state.settings.data_dir
    assert (folder / "baqylau.db-wal").stat().st_size == 0


@pytest.mark.usefixtures("trained")
def test_no_other_page_shows_a_word_of_a_talk(
    ana: Browser, device: Node, visit: Visiting, caplog: pytest.LogCaptureFixture
) -> None:
    keys_told(device)
    caplog.set_level(0)
    open_url, closed_url = begin(ana, visit), begin(ana, visit)
    for url in (open_url, closed_url):
        ana.tap(url, **FILLED)
    ana.submit(f"{closed_url}/closing")
    for path in (
        "/visits",
        visit.url,
        f"{visit.url}/interviews",
        f"{visit.url}/finish",
        f"{visit.url}/report",
        "/sync",
    ):
        assert CANARY not in ana.get(path).text, path
    assert CANARY not in caplog.text and "15_17" not in caplog.text


@pytest.mark.usefixtures("trained")
def test_a_member_of_staff_is_asked_for_no_age_and_no_guardian(ana: Browser, visit: Visiting) -> None:
    page = ana.get(f"{visit.url}/interviews/new?script=staff-medic").text
    assert "Parent, guardian or lawyer" not in page
    url = begin(ana, visit, "staff-medic", representative="")
    assert 'name="age"' not in ana.get(url).text


@pytest.mark.usefixtures("trained")
def test_a_plain_hotspot_carries_no_talk(ana: Browser, visit: Visiting) -> None:
    """A browser on a hub without a certificate: what it sends could be read in the air."""
    url = begin(ana, visit)
    visit.node.app.user_middleware[0].kwargs["hosts"] = frozenset({"192.168.43.1", "127.0.0.1"})
    visit.node.app.middleware_stack = None
    far = visit.node.browser("ana")
    far.base_url, far.headers["Origin"] = "http://192.168.43.1:8000", "http://192.168.43.1:8000"
    far.cookies.jar.clear()
    cookies = {"Cookie": "; ".join(f"{c.name}={c.value}" for c in ana.cookies.jar)}
    listed = far.get(f"{visit.url}/interviews", headers=cookies)
    assert "not encrypted" in text_of(listed.text) and "New talk" not in listed.text
    for path in (url, f"{url}/closing"):
        assert far.get(path, headers=cookies).status_code == 422
    for path in (url, f"{url}/closing", f"{url}/stop"):
        assert far.post(path, data=FILLED, headers=cookies).status_code == 422
    far.base_url, far.headers["Origin"] = "https://192.168.43.1:8000", "https://192.168.43.1:8000"
    assert far.get(url, headers=cookies).status_code == 200


@pytest.mark.usefixtures("trained")
def test_an_open_talk_is_remembered_before_the_visit_is_finished(ana: Browser, device: Node, visit: Visiting) -> None:
    keys_told(device)
    url = begin(ana, visit)
    ana.tap(url, **FILLED)
    assert "1 talk is still open" in text_of(ana.get(f"{visit.url}/finish").text)
    ana.submit(f"{url}/closing")
    assert "still open" not in text_of(ana.get(f"{visit.url}/finish").text)


# ---- at the office -----------------------------------------------------------------------------------------------------

READING_ACTS = ("reading_asked", "reading_confirmed", "interview_given_out")
PURPOSE = "The boy's lawyer asked us to check his complaint."


@pytest.fixture
def sealed(central: Node, device: Node, ana: Browser, visit: Visiting, meet: Meet) -> str:
    """A closed talk of Ana's that has come to the office; returns its address there."""
    train(device, "ana")
    with central.database.write() as session:
        confidential.register(session, sealing_public_key(new_sealing_key()), confidential.READING)
    meet()
    url = begin(ana, visit)
    ana.tap(url, **FILLED)
    assert ana.submit(f"{url}/closing").status_code == 303
    meet()
    return f"/reviews/{visit.visit_id}/interviews/{url.rpartition('/')[2]}"


def acts(central: Node) -> list[tuple[str, str]]:
    """(who, what) of the rows about readings, in order."""
    with central.database.read() as session:
        rows = session.execute(select(AUDIT).where(AUDIT.c.what.in_(READING_ACTS)).order_by(AUDIT.c.seq))
        return [(row.who, row.what) for row in rows]


def file_urls(page: str) -> list[str]:
    return re.findall(r'action="([^"]*/file)"', page)


def test_the_office_lists_sealed_talks_and_cannot_show_them(ben: Browser, visit: Visiting, sealed: str) -> None:
    desk = ben.get(f"/reviews/{visit.visit_id}").text
    assert f"/reviews/{visit.visit_id}/interviews" in desk
    page = ben.get(f"/reviews/{visit.visit_id}/interviews").text
    assert "before noon" in page and "15–17" not in page and file_urls(page) == []


@pytest.mark.parametrize("purpose", ["", "why", " " * 40, "x" * 501])
def test_a_reading_needs_a_purpose(central: Node, ben: Browser, sealed: str, purpose: str) -> None:
    reply = ben.submit(f"{sealed}/readings", purpose=purpose)
    assert reply.status_code == 422 and problem_of(reply.text)
    assert acts(central) == []


def test_asking_and_handing_over_are_in_the_audit_log_before_anything_can_be_read(
    central: Node, ben: Browser, visit: Visiting, sealed: str
) -> None:
    assert ben.submit(f"{sealed}/readings", purpose=PURPOSE).status_code == 303
    (url,) = file_urls(ben.get(f"/reviews/{visit.visit_id}/interviews").text)
    reply = ben.submit(url)
    assert reply.status_code == 200 and reply.headers["Cache-Control"] == "no-store"
    assert reply.headers["Content-Disposition"].startswith("attachment")
    given, text, signature = readings.read(reply.content)
    assert signature_holds(central.database.node.public_key, signature, readings.signed_message(text))
    assert (given.purpose, given.asked_by, len(given.sealed)) == (PURPOSE, PEOPLE["ben"][0], 1)
    assert CANARY.encode() not in reply.content
    assert acts(central) == [(PERSON_IDS["ben"], "reading_asked"), (PERSON_IDS["ben"], "interview_given_out")]
    with central.database.read() as session:
        told = [row.told for row in session.execute(select(AUDIT).where(AUDIT.c.what.in_(READING_ACTS)))]
        assert list(audit.flaws(session)) == []
    assert all("lawyer asked us" in one for one in told)


def test_when_the_audit_row_cannot_be_written_nothing_is_handed_over(
    central: Node, ben: Browser, visit: Visiting, sealed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    ben.submit(f"{sealed}/readings", purpose=PURPOSE)
    (url,) = file_urls(ben.get(f"/reviews/{visit.visit_id}/interviews").text)

    def broken(*_: object, **__: object) -> None:
        raise OSError("the disk is full")

    monkeypatch.setattr(audit, "note", broken)
    with pytest.raises(OSError, match="disk is full"):
        ben.submit(url)
    assert [what for _, what in acts(central)] == ["reading_asked"]


def test_a_file_is_for_the_one_who_asked_and_for_a_day(
    central: Node, ben: Browser, bek: Browser, visit: Visiting, sealed: str
) -> None:
    ben.submit(f"{sealed}/readings", purpose=PURPOSE)
    place = f"/reviews/{visit.visit_id}/interviews"
    (url,) = file_urls(ben.get(place).text)
    assert file_urls(bek.get(place).text) == [] and bek.submit(url).status_code == 404
    central.clock.advance(hours=25)
    ben, before = central.browser("ben"), acts(central)
    assert file_urls(ben.get(place).text) == []
    assert ben.submit(url).status_code == 422
    assert acts(central) == before


def test_with_the_rule_of_two_another_reviewer_has_to_agree(
    central: Node, ben: Browser, bek: Browser, visit: Visiting, sealed: str
) -> None:
    central.app.state.settings.interview_second_person = True
    ben.submit(f"{sealed}/readings", purpose=PURPOSE)
    place = f"/reviews/{visit.visit_id}/interviews"
    mine, theirs = ben.get(place).text, bek.get(place).text
    assert file_urls(mine) == [] and "/confirmation" not in mine
    (agree,) = re.findall(r'action="([^"]*/confirmation)"', theirs)
    assert ben.submit(agree).status_code == 422
    assert ben.submit(agree.replace("/confirmation", "/file")).status_code == 422
    assert bek.submit(agree).status_code == 303
    (url,) = file_urls(ben.get(place).text)
    given, _, _ = readings.read(ben.submit(url).content)
    assert given.confirmed_by == PEOPLE["bek"][0]
    assert acts(central) == [
        (PERSON_IDS["ben"], "reading_asked"),
        (PERSON_IDS["bek"], "reading_confirmed"),
        (PERSON_IDS["ben"], "interview_given_out"),
    ]


def test_administrators_and_strange_talks_get_nothing(
    central: Node, adm: Browser, ben: Browser, sealed: str, shelf: object
) -> None:
    ben.submit(f"{sealed}/readings", purpose=PURPOSE)
    for path in (sealed.rpartition("/")[0], f"{sealed}/readings"):
        assert adm.request("GET" if path.endswith("interviews") else "POST", path).status_code == 403
    other = plan_by_service(central, shelf)  # type: ignore[arg-type]
    foreign = sealed.replace(sealed.split("/")[2], other.visit_id)
    assert ben.submit(f"{foreign}/readings", purpose=PURPOSE).status_code == 404
