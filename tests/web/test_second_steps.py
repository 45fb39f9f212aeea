"""The second step of signing in at the office: codes of a phone, recovery codes, who must have one, who takes it off."""

from __future__ import annotations

import pytest

from app.store.one_time_codes import code_at
from tests.web.nodes import OFFICE_PASSPHRASE, PERSON_IDS, Browser, Node, problem_of, text_of
from tests.web.phones import Phone, pass_first_step, read_picture, recovery_codes, set_up_codes
from tests.web.test_rights import calls_of
from tests.web.test_sign_in import cookie_of


@pytest.fixture
def bens_phone(central: Node, ben: Browser) -> Phone:
    return set_up_codes(ben, central)[0]


def test_codes_are_those_of_rfc_6238() -> None:
    """Appendix B, the last six digits of its eight."""
    secret = b"12345678901234567890"
    told = {59: "287082", 1111111109: "081804", 1111111111: "050471", 1234567890: "005924", 2000000000: "279037"}
    assert {second: code_at(secret, second // 30) for second in told} == told


def test_without_a_second_step_the_passphrase_alone_opens(central: Node) -> None:
    assert pass_first_step(central).get("/inbox").status_code == 200


def test_the_passphrase_alone_no_longer_opens(central: Node, bens_phone: Phone) -> None:
    browser = pass_first_step(central, next="/visits")
    assert not cookie_of(browser)
    assert browser.get("/inbox").headers["Location"].startswith("/sign-in")
    assert browser.get("/sign-in/second").status_code == 200
    reply = browser.submit("/sign-in/second", code=bens_phone.code())
    assert reply.headers["Location"] == "/visits"
    assert browser.get("/inbox").status_code == 200


def test_the_session_is_fresh_after_the_second_step(central: Node, bens_phone: Phone) -> None:
    browser = pass_first_step(central)
    step = browser.cookies.get(f"{central.app.state.settings.cookie_name}_step", "", domain="127.0.0.1")
    browser.submit("/sign-in/second", code=bens_phone.code())
    assert step and cookie_of(browser) not in ("", step)
    for token in (step, cookie_of(browser)):  # the step is over, and a session is no step
        other = central.browser()
        other.cookies.set(f"{central.app.state.settings.cookie_name}_step", token, domain="127.0.0.1")
        assert other.get("/sign-in/second").status_code == 303
    thief = central.browser()
    thief.cookies.set(central.app.state.settings.cookie_name, step or "", domain="127.0.0.1")
    assert thief.get("/inbox").status_code == 303


def test_a_code_may_be_typed_as_people_do(central: Node, bens_phone: Phone) -> None:
    for typed in ("{0} {1}", " {0}{1} ", "{0}-{1}"):
        code = bens_phone.code()
        reply = pass_first_step(central).submit("/sign-in/second", code=typed.format(code[:3], code[3:]))
        assert reply.headers["Location"] == "/"
        central.clock.advance(minutes=1)


def test_a_code_opens_once(central: Node, bens_phone: Phone) -> None:
    code = bens_phone.code()
    assert pass_first_step(central).submit("/sign-in/second", code=code).status_code == 303
    again = pass_first_step(central).submit("/sign-in/second", code=code)
    assert again.status_code == 401 and "used before" in problem_of(again.text)
    older = pass_first_step(central).submit("/sign-in/second", code=bens_phone.code(-1))
    assert older.status_code in (401, 429)


def test_a_phone_may_be_half_a_minute_wrong(central: Node, bens_phone: Phone) -> None:
    for later, status in ((-2, 401), (-1, 303), (0, 303), (1, 303), (2, 401)):
        central.clock.advance(hours=1)
        reply = pass_first_step(central).submit("/sign-in/second", code=bens_phone.code(later))
        assert reply.status_code == status, later


def test_wrong_codes_are_counted_across_sign_ins(central: Node, bens_phone: Phone) -> None:
    first = pass_first_step(central)
    assert first.submit("/sign-in/second", code="000000").status_code == 401
    second = pass_first_step(central)  # a right passphrase does not clear it
    reply = second.submit("/sign-in/second", code=bens_phone.code())
    told = problem_of(reply.text)
    assert reply.status_code == 429 and "next try" in told and "passphrase" not in told
    assert "An administrator can remove this step" in text_of(reply.text)
    central.clock.advance(minutes=1)
    assert second.submit("/sign-in/second", code=bens_phone.code()).status_code == 303
    told = text_of(central.browser("adm").get("/audit").text)
    assert "second step of signing in failed" in told and "second step of signing in set up" in told


def test_the_half_signed_in_have_five_minutes_and_no_rights(central: Node, bens_phone: Phone) -> None:
    browser = pass_first_step(central)
    for path in ("/", "/visits", "/inbox", "/my-sign-in", "/guides"):
        assert browser.get(path).headers["Location"].startswith("/sign-in")
    central.clock.advance(minutes=6)
    assert browser.get("/sign-in/second").headers["Location"] == "/sign-in"
    assert browser.submit("/sign-in/second", code=bens_phone.code()).headers["Location"] == "/sign-in"
    assert not cookie_of(browser)


def test_a_new_passphrase_ends_what_the_old_one_began(central: Node, bens_phone: Phone) -> None:
    browser, words = pass_first_step(central), "tulpar samal dala kokpar"
    typed = {"person": PERSON_IDS["ben"], "name": "Бен", "role": ["reviewer"], "sign_in_name": "ben"}
    central.browser("adm").post("/people", data=typed | {"passphrase": words})
    assert browser.submit("/sign-in/second", code=bens_phone.code()).headers["Location"] == "/sign-in"
    browser.submit("/sign-in", name="ben", passphrase=words)
    assert browser.submit("/sign-in/second", code=bens_phone.code()).headers["Location"] == "/my-sign-in"
    assert "Әділ Әкімші changed your sign-in name or passphrase" in text_of(browser.get("/my-sign-in").text)


def test_a_recovery_code_opens_once_in_place_of_the_phone(central: Node, ben: Browser) -> None:
    _, codes = set_up_codes(ben, central)
    assert len(set(codes)) == 10
    assert pass_first_step(central).submit("/sign-in/second", code=codes[3].upper()).status_code == 303
    assert pass_first_step(central).submit("/sign-in/second", code=codes[3]).status_code == 401
    assert "Recovery codes left: 9" in text_of(central.browser("ben").get("/my-sign-in").text)
    assert "recovery code used" in text_of(central.browser("adm").get("/audit").text)


def test_new_recovery_codes_end_the_old_ones(central: Node, ben: Browser) -> None:
    _, old = set_up_codes(ben, central)
    shown = ben.submit("/my-sign-in/codes/recovery").text
    new = recovery_codes(shown)
    assert "data-print" in shown
    assert len(new) == 10 and not set(new) & set(old)
    assert pass_first_step(central).submit("/sign-in/second", code=old[0]).status_code == 401


def test_the_database_keeps_recovery_codes_as_hashes_only(central: Node, ben: Browser) -> None:
    _, codes = set_up_codes(ben, central)
    path = central.app.state.settings.data_dir
    raw = b"".join(file.read_bytes() for file in path.glob("*.db*"))
    assert raw and not any(code.encode() in raw or code.replace("-", "").encode() in raw for code in codes)


def test_another_phone_takes_over_with_its_first_code(central: Node, ben: Browser, bens_phone: Phone) -> None:
    ben.submit("/my-sign-in/codes")
    new = read_picture(ben.get("/my-sign-in/codes").text, central.clock)
    wrong = ben.submit("/my-sign-in/codes/first", code=bens_phone.code())
    assert wrong.status_code == 422  # and until then the old one counts
    assert pass_first_step(central).submit("/sign-in/second", code=bens_phone.code()).status_code == 303
    assert ben.submit("/my-sign-in/codes/first", code=new.code()).status_code == 200
    central.clock.advance(minutes=1)
    assert pass_first_step(central).submit("/sign-in/second", code=bens_phone.code()).status_code == 401


# ---- where the office wants it -------------------------------------------------------------------------------------------


@pytest.fixture
def strict(central: Node) -> Node:
    central.app.state.settings.second_step_required = True
    return central


def test_who_must_have_a_second_step_sets_it_up_before_anything_else(strict: Node) -> None:
    browser = pass_first_step(strict, next="/visits")
    assert not cookie_of(browser) and browser.get("/visits").status_code == 303
    page = browser.get("/sign-in/setting-up")
    assert browser.submit("/sign-in/setting-up", code="000000").status_code == 422
    done = browser.submit("/sign-in/setting-up", code=read_picture(page.text, strict.clock).code())
    assert len(recovery_codes(done.text)) == 10 and 'href="/visits"' in done.text
    assert browser.get("/visits").status_code == 200
    strict.clock.advance(minutes=1)
    assert pass_first_step(strict).get("/sign-in/second").status_code == 200


def test_a_monitor_need_not_have_it(strict: Node) -> None:
    typed = {"person": PERSON_IDS["ana"], "name": "Ана", "role": ["monitor"], "sign_in_name": "ana"}
    strict.browser("adm").post("/people", data=typed | {"passphrase": OFFICE_PASSPHRASE})
    assert pass_first_step(strict, "ana").get("/visits").status_code == 200


def test_who_must_have_it_does_not_turn_it_off(strict: Node, ben: Browser) -> None:
    set_up_codes(ben, strict)
    reply = ben.submit("/my-sign-in/codes/removal")
    assert reply.status_code == 422 and "wants a second step" in problem_of(reply.text)
    strict.app.state.settings.second_step_required = False
    assert ben.submit("/my-sign-in/codes/removal").status_code == 303
    assert pass_first_step(strict).get("/inbox").status_code == 200


# ---- a lost phone ----------------------------------------------------------------------------------------------------------


def test_an_administrator_takes_it_off_and_the_person_is_told(central: Node, bens_phone: Phone, adm: Browser) -> None:
    url = f"/people/{PERSON_IDS['ben']}/second-step/removal"
    assert url in adm.get(f"/people/{PERSON_IDS['ben']}").text
    assert adm.submit(url).status_code == 303
    browser = central.browser()
    reply = browser.submit("/sign-in", name="ben", passphrase=OFFICE_PASSPHRASE, next="/visits")
    assert reply.headers["Location"] == "/my-sign-in"
    assert "Әділ Әкімші removed the second step" in text_of(browser.get("/my-sign-in").text)
    assert browser.submit("/my-sign-in/read").status_code == 303
    assert "removed the second step" not in text_of(browser.get("/my-sign-in").text)
    assert "second step of signing in removed" in text_of(adm.get("/audit").text)


def test_nobody_else_takes_it_off_and_nobody_their_own_that_way(central: Node, bens_phone: Phone, adm: Browser) -> None:
    url = f"/people/{PERSON_IDS['ben']}/second-step/removal"
    for name in ("ana", "tom", "bek"):
        assert central.browser(name).submit(url).status_code == 403
    own = f"/people/{PERSON_IDS['adm']}/second-step/removal"
    set_up_codes(adm, central)
    assert own not in adm.get(f"/people/{PERSON_IDS['adm']}").text and adm.submit(own).status_code == 403
    assert pass_first_step(central).get("/inbox").status_code == 303


def test_with_four_eyes_a_second_administrator_has_to_agree(central: Node, bens_phone: Phone, adm: Browser) -> None:
    central.app.state.settings.people_second_person = True
    adm.submit(f"/people/{PERSON_IDS['ben']}/second-step/removal")
    assert pass_first_step(central).get("/inbox").status_code == 303
    assert "The second step of signing in is removed" in text_of(adm.get("/people").text)


# ---- the page of one's own sign-in ------------------------------------------------------------------------------------------


def test_the_page_lists_where_i_am_signed_in_and_ends_the_others(central: Node, ben: Browser) -> None:
    other = pass_first_step(central)
    page = text_of(other.get("/my-sign-in").text)
    assert "127.0.0.1" in page and page.count("this browser") == 1
    assert other.submit("/my-sign-in/other-sessions").status_code == 303
    assert ben.get("/inbox").status_code == 303 and other.get("/inbox").status_code == 200
    assert "other sessions ended" in text_of(central.browser("adm").get("/audit").text)


def test_an_old_session_changes_nothing_about_signing_in(central: Node, ben: Browser) -> None:
    """Somebody else may have sat down at the open browser."""
    for _ in range(2):
        central.clock.advance(minutes=8)
        assert ben.get("/my-sign-in").status_code == 200
    changes = [path for method, path, _ in calls_of("central") if method == "POST" and path.startswith("/my-sign-in/")]
    assert len(changes) == 9
    for path in set(changes) - {"/my-sign-in/read", "/my-sign-in/other-sessions"}:  # these two take nothing away
        assert ben.submit(path.format(credential_id="x"), code="000000").status_code == 403, path


def test_a_change_of_the_second_step_ends_all_other_sessions_and_renews_this_one(central: Node, ben: Browser) -> None:
    other, before = central.browser("ben"), cookie_of(ben)
    set_up_codes(ben, central)
    assert cookie_of(ben) != before
    assert ben.get("/inbox").status_code == 200 and other.get("/inbox").status_code == 303


def test_a_tablet_has_no_such_page(device: Node) -> None:
    assert device.browser("ana").get("/my-sign-in").status_code == 404
