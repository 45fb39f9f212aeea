"""Two tablets of one team: each signs with its own key, and what they answer apart stands side by side."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from app.services.visits import signature_is_sound
from app.sync import client
from tests.web.nodes import PERSON_IDS, Browser, Node, Visiting, text_of, transport_to


@pytest.fixture
def finished(ana: Browser, visit: Visiting) -> Visiting:
    ana.tap(visit.answer_url("B1"), value="no")
    ana.submit(f"{visit.url}/finish", reason="уақыт болмады")
    return visit


def test_two_tablets_sign_and_both_signatures_stand_at_the_office(
    ana: Browser, finished: Visiting, danas_tablet: Node, central: Node, meet: Callable[[], client.Outcome]
) -> None:
    ana.submit(f"{finished.url}/signature")
    meet()
    client.meet_central(danas_tablet.database, transport_to(central))
    dana = danas_tablet.browser("dana")
    assert dana.submit(f"{finished.url}/signature", dissent="").status_code == 303
    client.meet_central(danas_tablet.database, transport_to(central))
    meet()
    for node in (central, finished.node, danas_tablet):
        records = Visiting(finished.visit_id, node).records()
        assert {r.text("person") for r in records.sign_offs} == {PERSON_IDS["ana"], PERSON_IDS["dana"]}
        assert all(
            signature_is_sound(finished.visit_id, r.fields) and sorted(r.texts("heads")) == records.heads()
            for r in records.sign_offs
        )
    assert "signed by 2 of 2" in text_of(central.browser("ben").get(f"/reviews/{finished.visit_id}").text)


def test_two_tablets_that_answer_apart_disagree_openly(
    ana: Browser, visit: Visiting, danas_tablet: Node, central: Node, meet: Callable[[], client.Outcome]
) -> None:
    meet()
    client.meet_central(danas_tablet.database, transport_to(central))
    ana.tap(visit.answer_url("B1"), value="yes")
    danas_tablet.browser("dana").tap(visit.answer_url("B1"), value="no")
    meet()
    client.meet_central(danas_tablet.database, transport_to(central))
    meet()
    for node in (visit.node, danas_tablet, central):
        candidates = Visiting(visit.visit_id, node).records().answers[("B1", "")].conflicts["value"]
        assert {c.value for c in candidates} == {"yes", "no"}
