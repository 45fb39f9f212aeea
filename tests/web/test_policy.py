"""The office's rules travel to tablets, are read in plain words, and erase what is over its time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from app.commands.retention import keep_to_retention
from app.domain.journal import Draft, Json
from app.domain.policy import KIND, RULES
from app.domain.retention import months_after
from app.errors import InvalidInput, WrongPassphrase
from app.main import create_app
from app.services.visits import signature_is_sound
from app.store import audit, erasures, journal, office_policy, reads, verification
from app.store.checklists import Shelf
from app.store.opening import open_slot
from app.store.slots import has_slots
from app.sync.replies import Outcome
from app.web import policy_words
from app.web.language import LANGUAGES, Speech
from tests.web.nodes import INSTITUTION_ID, PERSON_IDS, Browser, Node, person_name, problem_of, text_of
from tests.web.test_exports import add_visit, put
from tests.web.test_languages import ALMATY

Meet = Callable[[], Outcome]


def rule_at(central: Node, **settings: Any) -> None:
    """Central is started anew with these rules in its policy file."""
    state = central.app.state
    state.settings = state.settings.model_copy(update=settings)
    office_policy.proclaim(central.database, state.settings, is_ruled=True)


def told(central: Node, what: str) -> list[dict[str, Json]]:
    with central.database.read() as session:
        return [dict(one.told) for one in audit.search(session, audit.Asked(what=what), 10)]


# ---- how the rules travel --------------------------------------------------------------------------------------------------


def test_a_tablet_follows_the_office_as_soon_as_it_met_it(device: Node, central: Node) -> None:
    rule_at(central, lock_after_s=60, keep_originals=True)
    asyncio.run(device.app.state.sync_loop.meet_now())
    settings = device.app.state.settings
    assert (settings.lock_after_s, settings.keep_originals) == (60, True)
    rule_at(central, lock_after_s=90, keep_originals=False)
    asyncio.run(device.app.state.sync_loop.meet_now())
    settings = device.app.state.settings
    assert (settings.lock_after_s, settings.keep_originals) == (90, False)


def test_a_locked_tablet_knows_the_rules_that_hold_while_it_is_locked(device: Node, central: Node, meet: Meet) -> None:
    rule_at(central, wipe_after_tries=7)
    meet()
    own = device.app.state.own_settings
    assert office_policy.followed(own).wipe_after_tries == 0
    office_policy.take_up(device.app.state, device.database)
    assert own.wipe_after_tries == 0 and office_policy.followed(own).wipe_after_tries == 7
    (own.data_dir / office_policy.COPY).write_text("{ broken")
    assert office_policy.followed(own).wipe_after_tries == 0


def test_a_locked_tablet_destroys_its_keys_after_as_many_tries_as_the_office_says(
    device: Node, central: Node, meet: Meet
) -> None:
    rule_at(central, wipe_after_tries=1)
    meet()
    office_policy.take_up(device.app.state, device.database)
    own = device.app.state.own_settings
    with pytest.raises(WrongPassphrase):
        open_slot(own, "none of these words", device.clock)
    assert not has_slots(own.data_dir)


def test_without_a_policy_file_nothing_is_said_and_a_tablet_keeps_its_own(
    device: Node, central: Node, meet: Meet
) -> None:
    state = central.app.state
    create_app(state.settings, state.checklists, central.database, central.clock)
    meet()
    office_policy.take_up(device.app.state, device.database)
    assert device.app.state.settings is device.app.state.own_settings
    with device.database.read() as session:
        assert reads.record(session, KIND) is None


def test_a_tablet_cannot_change_the_rules(device: Node, central: Node, meet: Meet) -> None:
    rule_at(central, lock_after_s=60)
    meet()
    with device.database.write() as session:
        before = reads.record(session, KIND)
        assert before is not None
        sets: dict[str, Json] = {"sign_in.lock_after_s": 3600}
        journal.append(session, Draft(KIND, KIND, "reference", sets, before.heads), PERSON_IDS["ana"])
    assert [one.reason for one in meet().quarantined] == ["rights"]
    with central.database.read() as session:
        assert office_policy.said_rules(session)["sign_in.lock_after_s"] == 60


def test_each_change_is_in_the_audit_log_with_what_was_before(adm: Browser, central: Node) -> None:
    rule_at(central, lock_after_s=60)
    rule_at(central, lock_after_s=60)
    rule_at(central, lock_after_s=90)
    newest, first = told(central, "policy_changed")
    assert newest == {"sign_in.lock_after_s": "60 → 90"}
    assert len(first) == len(RULES) and first["sign_in.lock_after_s"] == "— → 60"
    assert "policy changed" in text_of(adm.get("/audit?what=policy_changed").text)


# ---- plain words -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_rule_is_said_at_each_of_its_values(language: str) -> None:
    speech = Speech(language, ALMATY)
    for rule in RULES:
        for value in policy_words.CHOICE.get(rule.key, (True, False) if rule.key in policy_words.SWITCH else (0, 1, 7)):
            if value or isinstance(value, bool) or rule.key in policy_words.NEVER:
                found = policy_words.said(speech, rule, value)
                assert found.rule and found.for_me and "%" not in found.rule


def test_a_monitor_reads_the_rules_and_sees_no_link_of_the_office(
    ana: Browser, device: Node, central: Node, meet: Meet
) -> None:
    before = text_of(ana.get("/policy").text)
    assert "These are the program's, chosen to be safe" in before and "records no sound" in before
    assert "approved by somebody who was not on its team" in before
    assert "sealed talk" not in before and "How long the office keeps" not in before  # nobody said so here
    rule_at(central, lock_after_s=60, retention_interviews_months=24)
    meet()
    office_policy.take_up(device.app.state, device.database)
    html = ana.get("/policy").text
    assert "locks after 60 seconds" in text_of(html) and "erased 24 months after the visit" in text_of(html)
    assert "The office set these rules" in text_of(html)
    assert "/retention" not in html and "/audit" not in html


def test_a_tablet_that_is_stricter_itself_says_so(ana: Browser, device: Node, central: Node, meet: Meet) -> None:
    rule_at(central, lock_after_s=60)
    meet()
    state = device.app.state
    state.own_settings = state.own_settings.model_copy(update={"lock_after_s": 45})
    office_policy.take_up(state, device.database)
    told_there = text_of(ana.get("/policy").text)
    assert "locks after 45 seconds" in told_there and "stricter on this computer" in told_there


def test_settings_of_an_office_without_rules_are_not_said_to_be_the_programs(ben: Browser, central: Node) -> None:
    assert "These are the program's" in text_of(ben.get("/policy").text)
    state = central.app.state
    state.settings = state.settings.model_copy(update={"retention_alerts_months": 24})
    told = text_of(ben.get("/policy").text)
    assert "Some of these were set on this computer" in told and "These are the program's" not in told


# ---- what is over its time -------------------------------------------------------------------------------------------------


@pytest.fixture
def old_visit(central: Node, shelf: Shelf) -> str:
    """Approved 30 months ago: with a talk, a sampled file, a refusal and a closed alert."""
    visit = add_visit(central, shelf, INSTITUTION_ID, {"B1": {"value": "no", "note": "СТОИТ"}}, "2024-05-20")
    scope, new_id = f"visit:{visit}", central.clock.new_id
    alert = new_id()
    sealed: dict[str, Json] = {
        "code": "Б-1",
        "held_on": "2024-05-20",
        "half": "am",
        "state": "closed",
        "sealed.x": "AA",
    }
    put(
        central,
        Draft("interview", new_id(), scope, sealed),
        Draft("refusal", new_id(), scope, {"at": "10:00", "who_role": "КАНАРЕЙКА", "reason": "КАНАРЕЙКА"}),
        Draft("alert", alert, scope, {"danger": "held", "words": "КАНАРЕЙКА", "institution": INSTITUTION_ID}),
        Draft("alert_decision", new_id(), scope, {"alert": alert, "decision": "acknowledged"}),
        Draft(
            "alert_decision", new_id(), scope, {"alert": alert, "decision": "closed", "outcome": "safe", "words": ""}
        ),
    )
    return visit


RULED = {"retention_interviews_months": 24, "retention_alerts_months": 12, "retention_details_months": 30}


@pytest.fixture
def ruled(central: Node) -> Node:
    rule_at(central, **RULED)
    return central


def bodies(node: Node, visit: str) -> str:
    """Everything of a visit that can still be read on a node."""
    kinds = ("answer", "interview", "refusal", "alert", "alert_decision", "visit")
    with node.database.read() as session:
        found = journal.entries_named(session, erasures.with_body(session, f"visit:{visit}", kinds))
    return " ".join(one.body.decode() for one in found if one.body)


def test_two_people_erase_what_is_over_and_the_chain_holds(
    ben: Browser, adm: Browser, ruled: Node, old_visit: str
) -> None:
    listed = text_of(ben.get("/retention").text)
    assert "Sealed talks 24 months 1 1" in listed and old_visit not in listed
    assert adm.submit("/retention/erasure").status_code == 422  # nobody asked
    assert ben.submit("/retention").status_code == 303
    alone = ben.submit("/retention/erasure")
    assert alone.status_code == 422 and "Another person" in problem_of(alone.text)
    assert "КАНАРЕЙКА" in bodies(ruled, old_visit)
    assert person_name("ben") in text_of(adm.get("/retention").text)
    assert adm.submit("/retention/erasure").status_code == 303
    left = bodies(ruled, old_visit)
    assert "КАНАРЕЙКА" not in left and "Б-1" not in left and "СТОИТ" in left
    with ruled.database.read() as session:
        assert list(verification.findings(session, signature_is_sound)) == []
    assert told(ruled, "erasing_asked") == [{"interviews": 1, "alerts": 1, "details": 1}]
    assert told(ruled, "erased_by_rule")[0]["asked_by"] == PERSON_IDS["ben"]
    assert "Nothing is over its time" in text_of(adm.get("/retention").text)


def test_the_pages_of_an_erased_visit_still_open(ben: Browser, adm: Browser, ruled: Node, old_visit: str) -> None:
    ben.submit("/retention")
    adm.submit("/retention/erasure")
    url = f"/reviews/{old_visit}"
    for path in (url, f"{url}/interviews", f"/visits/{old_visit}", f"/visits/{old_visit}/report", "/inbox", "/visits"):
        reply = ben.get(path)
        assert reply.status_code == 200 and "КАНАРЕЙКА" not in reply.text, path
    assert "No sealed talk has come in" in ben.get(f"{url}/interviews").text
    assert "A child is locked up" not in ben.get("/inbox").text  # it does not stand open again


def test_nothing_goes_before_its_time_or_while_it_is_needed(ben: Browser, central: Node, shelf: Shelf) -> None:
    """29 months and 30 days; not approved; an alert that nobody closed; no rule at all."""
    refusal: dict[str, Json] = {"at": "10:00", "who_role": "x", "reason": "x"}
    alert: dict[str, Json] = {"danger": "held", "institution": INSTITUTION_ID}
    for on, state in (("2024-05-23", "approved"), ("2023-01-01", "finished")):
        visit = add_visit(central, shelf, INSTITUTION_ID, {}, on, state)
        put(central, Draft("refusal", central.clock.new_id(), f"visit:{visit}", refusal))
        put(central, Draft("alert", central.clock.new_id(), f"visit:{visit}", alert))
    assert "Nothing is over its time" in text_of(ben.get("/retention").text)
    rule_at(central, **RULED)
    assert "Nothing is over its time" in text_of(ben.get("/retention").text)
    assert ben.submit("/retention").status_code == 422
    central.clock.advance(hours=24)
    assert "30 months 1 1" in text_of(central.browser("ben").get("/retention").text)


def test_who_agrees_agrees_to_what_was_asked(
    ben: Browser, adm: Browser, ruled: Node, shelf: Shelf, old_visit: str
) -> None:
    ben.submit("/retention")
    later = add_visit(ruled, shelf, INSTITUTION_ID, {}, "2024-01-01")
    put(ruled, Draft("refusal", ruled.clock.new_id(), f"visit:{later}", {"at": "9:00", "who_role": "x", "reason": "x"}))
    reply = adm.submit("/retention/erasure")
    assert reply.status_code == 422 and "Something else" in problem_of(reply.text)
    ruled.clock.advance(hours=24 * 8)
    assert ruled.browser("adm").submit("/retention").status_code == 303


def test_one_person_is_enough_where_the_body_says_so(ben: Browser, central: Node, old_visit: str) -> None:
    rule_at(central, **RULED, retention_second_person=False)
    assert ben.submit("/retention/erasure").status_code == 303
    assert "КАНАРЕЙКА" not in bodies(central, old_visit)


def test_the_command_lists_and_erases_only_where_one_person_is_enough(
    central: Node, old_visit: str, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = central.app.state.settings.data_dir
    (folder / "policy.toml").write_text("[retention]\ninterviews_months = 1\n")
    with pytest.raises(InvalidInput, match="two people"):
        keep_to_retention(True, "adm", folder)
    assert "interviews: kept 1 months; over: 1 entries of 1 visits" in capsys.readouterr().out
    (folder / "policy.toml").write_text("[retention]\ninterviews_months = 1\n[two_person]\nretention = false\n")
    keep_to_retention(False, "adm", folder)
    assert "Б-1" in bodies(central, old_visit)
    keep_to_retention(True, "adm", folder)
    assert "Б-1" not in bodies(central, old_visit) and "erased: 1 entries" in capsys.readouterr().out
    assert told(central, "erased_by_rule") == [{"interviews": 1}]


def test_erasing_reaches_the_tablet(
    device: Node, central: Node, meet: Meet, ben: Browser, adm: Browser, old_visit: str
) -> None:
    meet()
    assert "КАНАРЕЙКА" in bodies(device, old_visit)
    rule_at(central, **RULED)
    ben.submit("/retention")
    adm.submit("/retention/erasure")
    meet()
    assert "КАНАРЕЙКА" not in bodies(device, old_visit)


@pytest.mark.parametrize(
    ("day", "months", "after"),
    [("2024-05-22", 30, "2026-11-22"), ("2024-08-31", 6, "2025-02-28"), ("2023-12-01", 1, "2024-01-01")],
)
def test_months_end_on_the_same_day_or_the_last_of_a_shorter_one(day: str, months: int, after: str) -> None:
    assert str(months_after(date.fromisoformat(day), months)) == after
