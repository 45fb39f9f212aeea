"""Taps on an indicator: saved once, in order, never under another name, and taken back without loss."""

from __future__ import annotations

import re

import pytest

from tests.web.nodes import PERSON_IDS, Browser, Visiting, person_name, text_of

LANGUAGES = ("kk", "ru", "en")


def test_a_tap_is_saved_and_named_in_the_reply(ana: Browser, visit: Visiting) -> None:
    reply = ana.tap(visit.answer_url("B1"), value="no", seen="", tap="t1", person=PERSON_IDS["ana"])
    assert reply.status_code == 200
    assert reply.headers["X-Op-Ack"] == "t1"
    assert 'id="live-indicator-B1"' in reply.text
    assert visit.answer("B1") == {"value": "no"}


def test_the_first_tap_starts_a_planned_visit(ana: Browser, visit: Visiting) -> None:
    assert visit.state == "planned"
    ana.tap(visit.answer_url("B1"), value="yes")
    assert visit.state == "in_progress"


def test_each_of_the_five_answers_is_kept_and_shown_pressed(ana: Browser, visit: Visiting) -> None:
    for value in ("yes", "partly", "no", "not_applicable", "not_seen"):
        reply = ana.tap(visit.answer_url("B1"), value=value, seen=visit.heads("B1"))
        assert visit.answer("B1")["value"] == value
        assert re.search(rf'name="value" value="" data-on="{value}"[^>]*aria-pressed="true"', reply.text)


def test_an_empty_value_takes_the_answer_back(ana: Browser, visit: Visiting) -> None:
    ana.tap(visit.answer_url("B1"), value="no", tap="t1")
    ana.tap(visit.answer_url("B1"), value="", previous_tap="t1")
    assert visit.answer("B1") == {"value": None}
    assert len(visit.entries("B1")) == 2


@pytest.mark.parametrize("value", ["not_applicable", "not_seen"])
def test_not_seen_and_not_applicable_count_only_with_a_reason(ana: Browser, visit: Visiting, value: str) -> None:
    without = ana.tap(visit.answer_url("B1"), value=value, tap="t1")
    assert 'data-answered="false"' in without.text
    with_reason = ana.tap(visit.answer_url("B1"), reason="Есік жабық болды", previous_tap="t1")
    assert 'data-answered="true"' in with_reason.text
    assert visit.answer("B1") == {"value": value, "reason": "Есік жабық болды"}


def test_a_post_sets_only_the_fields_it_carries(ana: Browser, visit: Visiting) -> None:
    ana.tap(visit.answer_url("B1"), value="no", tap="t1")
    ana.tap(visit.answer_url("B1"), note="Камера 4", tap="t2", previous_tap="t1")
    ana.tap(visit.answer_url("B1"), source__child="on", previous_tap="t2")
    assert visit.answer("B1") == {"value": "no", "note": "Камера 4", "source.child": True}
    assert [entry.sets for entry in visit.entries("B1")] == [("value",), ("note",), ("source.child",)]


# ---- order, repetition, conflict ---------------------------------------------------------------------------------------


def test_a_tap_sent_twice_is_one_entry(ana: Browser, visit: Visiting) -> None:
    for _ in range(2):
        reply = ana.tap(visit.answer_url("B1"), value="no", tap="same")
        assert reply.headers["X-Op-Ack"] == "same"
    assert len(visit.entries("B1")) == 1


def test_six_queued_taps_end_in_order_without_a_conflict(ana: Browser, visit: Visiting) -> None:
    seen = visit.heads("B1")  # the page never saw a reply: each tap names only the one before it
    for number, value in enumerate(["yes", "no", "partly", "yes", "no", "partly"]):
        previous = {"previous_tap": f"q{number - 1}"} if number else {}
        ana.tap(visit.answer_url("B1"), value=value, seen=seen, tap=f"q{number}", **previous)
    record = visit.records().answers[("B1", "")]
    assert record.fields["value"] == "partly"
    assert record.conflicts == {}
    assert len(visit.entries("B1")) == 6


def test_a_late_tap_with_an_old_sight_stands_against_the_other_and_a_person_decides(
    ana: Browser, dana: Browser, visit: Visiting
) -> None:
    ana.tap(visit.answer_url("B1"), value="yes", seen="", tap="a1")
    reply = dana.tap(visit.answer_url("B1"), value="no", seen="", tap="d1")
    assert reply.status_code == 200
    shown = text_of(reply.text)
    assert person_name("ana") in shown and "You" in shown  # side by side
    candidates = {c.value: c.entry_id for c in visit.records().answers[("B1", "")].conflicts["value"]}
    assert set(candidates) == {"yes", "no"}
    assert f'value="{candidates["yes"]}"' in reply.text
    hub = text_of(dana.get(visit.url).text)
    assert "Two different answers" in hub

    settled = dana.tap(
        f"{visit.answer_url('B1')}/resolution", field="value", keep=candidates["yes"], seen=visit.heads("B1")
    )
    assert settled.status_code == 200
    record = visit.records().answers[("B1", "")]
    assert record.fields["value"] == "yes" and record.conflicts == {}
    assert len(visit.entries("B1")) == 3  # nothing was overwritten


def test_a_tap_that_saw_the_other_replaces_it(ana: Browser, dana: Browser, visit: Visiting) -> None:
    ana.tap(visit.answer_url("B1"), value="yes")
    dana.tap(visit.answer_url("B1"), value="no", seen=visit.heads("B1"))
    assert visit.records().answers[("B1", "")].conflicts == {}
    assert visit.answer("B1")["value"] == "no"


def test_two_who_say_the_same_do_not_disagree(ana: Browser, dana: Browser, visit: Visiting) -> None:
    ana.tap(visit.answer_url("B1"), value="yes", seen="")
    dana.tap(visit.answer_url("B1"), value="yes", seen="")
    assert visit.records().answers[("B1", "")].conflicts == {}


def test_a_conflict_is_settled_only_with_a_value_that_stands(ana: Browser, visit: Visiting) -> None:
    ana.tap(visit.answer_url("B1"), value="yes")
    reply = ana.tap(f"{visit.answer_url('B1')}/resolution", field="value", keep=visit.node.clock.new_id())
    assert reply.status_code == 409
    assert len(visit.entries("B1")) == 1


def test_a_tap_of_another_person_is_refused_and_not_written(dana: Browser, visit: Visiting) -> None:
    reply = dana.tap(visit.answer_url("B1"), value="no", tap="t1", person=PERSON_IDS["ana"])
    assert reply.status_code == 403
    assert "X-Op-Ack" not in reply.headers
    assert visit.entries("B1") == []


def test_heads_that_are_no_entries_of_this_answer_are_not_taken_as_seen(ana: Browser, visit: Visiting) -> None:
    ana.tap(visit.answer_url("B2"), value="no")
    ana.tap(visit.answer_url("B1"), value="no", seen=f"{visit.heads('B2')},{visit.node.clock.new_id()},rubbish")
    assert visit.entries("B1")[0].parents == ()


def test_the_tap_before_counts_only_for_its_own_answer(ana: Browser, visit: Visiting) -> None:
    ana.tap(visit.answer_url("B2"), value="no", tap="other")
    ana.tap(visit.answer_url("B1"), value="yes", tap="first")
    ana.tap(visit.answer_url("B1"), value="no", seen=visit.heads("B1"), previous_tap="other")
    assert visit.records().answers[("B1", "")].conflicts == {}
    assert visit.answer("B1")["value"] == "no"


# ---- undo and history --------------------------------------------------------------------------------------------------


def test_undo_twice_takes_back_two_taps_and_loses_none(ana: Browser, visit: Visiting) -> None:
    ana.tap(visit.answer_url("B1"), value="yes", tap="t1")
    ana.tap(visit.answer_url("B1"), value="no", tap="t2", previous_tap="t1")
    assert ana.tap(f"{visit.answer_url('B1')}/undo", seen=visit.heads("B1"), tap="u1").headers["X-Op-Ack"] == "u1"
    assert visit.answer("B1")["value"] == "yes"
    ana.tap(f"{visit.answer_url('B1')}/undo", seen=visit.heads("B1"), tap="u2")
    assert visit.answer("B1")["value"] is None
    assert len(visit.entries("B1")) == 4


def test_an_undo_sent_twice_takes_back_once(ana: Browser, visit: Visiting) -> None:
    ana.tap(visit.answer_url("B1"), value="yes", tap="t1")
    ana.tap(visit.answer_url("B1"), value="no", tap="t2", previous_tap="t1")
    for _ in range(2):
        ana.tap(f"{visit.answer_url('B1')}/undo", seen=visit.heads("B1"), tap="u1")
    assert visit.answer("B1")["value"] == "yes"


def test_undo_of_nothing_changes_nothing(ana: Browser, visit: Visiting) -> None:
    assert ana.tap(f"{visit.answer_url('B1')}/undo").status_code == 200
    assert visit.entries("B1") == []


def test_the_history_lists_every_entry_newest_first(ana: Browser, dana: Browser, visit: Visiting) -> None:
    ana.tap(visit.answer_url("B1"), value="yes")
    dana.tap(visit.answer_url("B1"), value="no", note="Камера 4", seen=visit.heads("B1"))
    ana.tap(f"{visit.answer_url('B1')}/undo", seen=visit.heads("B1"))
    html = ana.get(f"{visit.answer_url('B1')}/history").text
    rows = [text_of(row) for row in re.findall(r'<ol class="past">(.*?)</ol>', html, re.S)[0].split("<li><b>")[0:]]
    whole = " ".join(rows)
    assert whole.count(person_name("ana")) == 2 and whole.count(person_name("dana")) == 1
    assert "undone" in whole and "Камера 4" in whole and "stands now" in whole
    assert whole.index("undone") < whole.index(person_name("dana"))
