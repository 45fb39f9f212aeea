"""Alerts on their way: before everything else, back with the office's word, and nobody else may say that word."""

from __future__ import annotations

import pytest

from app.domain.alerts import DECISION, Alert
from app.domain.audit import ALERT_ACKNOWLEDGED, ALERT_CLOSED
from app.domain.journal import Draft
from app.errors import CentralUnreachable, InvalidInput, MoveNotAllowed, NotAllowed, NotThere
from app.services import alerts as services
from app.store import alerts, attachments, audit, journal, reads
from app.store.attachments import PHOTO_TYPE
from app.store.db import Database
from app.sync import client
from app.sync.hub import meet_hub
from app.sync.link import Reply
from app.sync.replies import Outcome
from tests.builders import ANA, BEN, CY, World, answer, entry_id, make_visit, node_of
from tests.sync.test_hub import transport_to

ID, OTHER_ID, TOLD_ID = entry_id(0xA1), entry_id(0xA2), entry_id(0x70)


def raise_one(database: Database, visit_id: str, danger: str = "held", who: str = ANA, alert_id: str = ID) -> str:
    with database.write() as session:
        person = reads.person(session, who)
        assert person is not None
        visit = reads.visit_for(session, person, visit_id)
        return services.raise_alert(session, person, visit, alert_id, danger)


def decide(world: World, visit_id: str, who: str = BEN, outcome: str = "", alert_ids: tuple[str, ...] = (ID,)) -> None:
    with world.central.write() as session:
        person = reads.person(session, who)
        assert person is not None
        if outcome:
            services.close_alerts(session, person, visit_id, alert_ids, outcome, "")
        else:
            services.acknowledge(session, person, visit_id, alert_ids)


def found(database: Database, visit_id: str) -> list[Alert]:
    with database.read() as session:
        return alerts.in_visit(session, visit_id)


@pytest.fixture
def visit(world: World) -> str:
    """Of Ana, on her tablet and at the office."""
    device = world.device([ANA])
    with device.write() as session:
        visit = make_visit(session)
    world.meet(device)
    return visit


def test_an_alert_is_in_the_first_request_before_500_answers_and_photos(world: World) -> None:
    """The link breaks after one request; the visit itself is among what is still waiting."""
    device = world.device([ANA])
    world.meet(device)
    with device.write() as session:
        visit = make_visit(session)
        for number in range(500):
            answer(session, visit, f"A-{number}")
        for number in range(5):
            attachments.keep(session, bytes([number]) * 60_000, PHOTO_TYPE, f"visit:{visit}", b"small")
    raise_one(device, visit)
    calls: list[str] = []

    def one_request(method: str, path: str, headers: dict[str, str], body: bytes) -> Reply:
        calls.append(path)
        if len(calls) > 1:
            raise CentralUnreachable()
        return world.transport()(method, path, headers, body)

    with device.read() as session:
        first, *rest = client.request_of(session, node_of(device), Outcome()).pushes
    assert first.lane == 0 and {push.lane for push in rest} == {1}
    with pytest.raises(CentralUnreachable):
        world.meet(device, one_request)
    assert calls[0].endswith("/exchange")
    assert [one.alert_id for one in found(world.central, visit)] == [ID]


def test_the_office_sees_an_alert_whose_visit_has_not_come(world: World) -> None:
    device = world.device([ANA])
    world.meet(device)
    with device.write() as session:
        visit = make_visit(session)
    raise_one(device, visit)
    with device.read() as session:
        request = client.request_of(session, node_of(device), Outcome())
    alone = request.model_copy(update={"pushes": [push for push in request.pushes if push.lane == 0]})
    client._ask(device, world.transport(), alone)
    with world.central.read() as session:
        ben, cy = reads.person(session, BEN), reads.person(session, CY)
        assert ben is not None and cy is not None
        assert reads.record(session, visit) is None
        (seen,) = alerts.for_office(session, ben)
        assert (seen.alert_id, seen.institution_id) == (ID, "00000000-0000-7000-8000-000000001157")
        assert alerts.for_office(session, cy) == []
    decide(world, visit)
    world.meet(device)
    assert found(device, visit)[0].acknowledged is not None


def test_the_offices_word_comes_back_to_the_tablet_and_is_noted(world: World, visit: str) -> None:
    device = world.devices[0]
    raise_one(device, visit)
    with device.read() as session:
        assert alerts.not_at_office(session, visit) == {ID}
    world.meet(device)
    with device.read() as session:
        assert alerts.not_at_office(session, visit) == set()
    decide(world, visit)
    world.meet(device)
    (alert,) = found(device, visit)
    assert alert.state == "acknowledged" and alert.acknowledged is not None and alert.acknowledged.author == BEN
    decide(world, visit, outcome="safe")
    world.meet(device)
    assert found(device, visit)[0].outcome == "safe"
    with world.central.read() as session:
        noted = [one for one in audit.search(session, audit.Asked(who=BEN), 10) if one.of == visit]
    assert [(one.what, dict(one.told)) for one in noted] == [
        (ALERT_CLOSED, {"alert": ID, "outcome": "safe"}),
        (ALERT_ACKNOWLEDGED, {"alert": ID}),
    ]


def test_closing_says_that_the_office_knows_and_twice_is_once(world: World, visit: str) -> None:
    raise_one(world.devices[0], visit)
    world.meet(world.devices[0])
    decide(world, visit, outcome="handed_over")
    decide(world, visit)
    decide(world, visit, outcome="mistake")
    (alert,) = found(world.central, visit)
    assert alert.acknowledged is not None and alert.outcome == "handed_over"
    with world.central.read() as session:
        assert len(reads.records(session, DECISION)) == 2


@pytest.mark.parametrize("decision", ["acknowledged", "closed"])
def test_a_tablet_cannot_say_that_the_office_knows(world: World, visit: str, decision: str) -> None:
    """A false «the office knows» would leave a child alone."""
    device = world.devices[0]
    raise_one(device, visit)
    with device.write() as session:
        draft = Draft(DECISION, entry_id(0xD1), f"visit:{visit}", {"alert": ID, "decision": decision})
        forged = journal.append(session, draft, ANA, 0)
    assert {(one.entry_id, one.reason) for one in world.meet(device).quarantined} == {(forged.entry_id, "rights")}
    assert found(world.central, visit)[0].state == "raised"


def test_a_hub_brings_an_alert_and_neither_stands_for_the_office_nor_takes_its_word_from_a_tablet(world: World) -> None:
    anas, bens, hub = (world.device([who]) for who in (ANA, BEN, BEN))
    for device in (anas, bens, hub):
        world.meet(device)
    with anas.write() as session:
        visit = make_visit(session, team=(ANA, BEN))
    raise_one(anas, visit)
    meet_hub(anas, transport_to(hub))
    with bens.write() as session:
        draft = Draft(DECISION, entry_id(0xD1), f"visit:{visit}", {"alert": ID, "decision": "acknowledged"})
        journal.append(session, draft, BEN, 0)
    meet_hub(bens, transport_to(hub))
    meet_hub(anas, transport_to(hub))
    for node in (hub, anas):
        assert [one.state for one in found(node, visit)] == ["raised"]
    with hub.read() as session:
        assert alerts.not_at_office(session, visit) == {ID}
    world.meet(anas)
    world.meet(hub)
    with hub.read() as session:
        assert alerts.not_at_office(session, visit) == set()


def test_who_was_told_travels_too_and_only_its_author_takes_it_back(world: World) -> None:
    device = world.device([ANA, CY])
    with device.write() as session:
        visit_id = make_visit(session, team=(ANA, CY))
    world.meet(device)
    raise_one(device, visit_id)
    with device.write() as session:
        ana, cy = reads.person(session, ANA), reads.person(session, CY)
        assert ana is not None and cy is not None
        visit = reads.visit_for(session, ana, visit_id)
        for _ in range(2):
            services.note_told(session, cy, visit, ID, TOLD_ID, "ambulance", "by_phone")
        with pytest.raises(NotAllowed):
            services.take_back_told(session, ana, visit, TOLD_ID)
        with pytest.raises(InvalidInput):
            services.note_told(session, cy, visit, ID, entry_id(0x71), "newspaper", "by_phone")
        with pytest.raises(NotThere):
            services.note_told(session, cy, visit, OTHER_ID, entry_id(0x72), "police", "by_phone")
    world.meet(device)
    (told,) = found(world.central, visit_id)[0].told
    assert (told.recipient, told.how, told.act.author) == ("ambulance", "by_phone", CY)
    with device.write() as session:
        services.take_back_told(session, cy, visit, TOLD_ID)
    world.meet(device)
    assert found(world.central, visit_id)[0].told == ()


def test_two_monitors_raise_the_same_danger_and_both_are_kept(world: World) -> None:
    anas, cys = world.device([ANA]), world.device([CY])
    with anas.write() as session:
        visit = make_visit(session, team=(ANA, CY))
    world.meet(anas)
    world.meet(cys)
    raise_one(anas, visit)
    raise_one(cys, visit, who=CY, alert_id=OTHER_ID)
    for device in (anas, cys, anas):
        world.meet(device)
    for node in (anas, cys, world.central):
        assert {one.raised.author for one in found(node, visit)} == {ANA, CY}


def test_the_same_tap_twice_is_one_alert_and_another_danger_is_another(world: World, visit: str) -> None:
    device = world.devices[0]
    assert raise_one(device, visit) == raise_one(device, visit) == ID
    assert raise_one(device, visit, "suicide") != ID
    assert [one.danger for one in found(device, visit)] == ["held", "suicide"]


def test_an_alert_says_nothing_of_who_told(world: World, visit: str) -> None:
    device = world.devices[0]
    raise_one(device, visit)
    with device.read() as session:
        (entry,) = journal.entries_of(session, ID)
    assert set(entry.fields()) == {"danger", "institution"}


def test_only_the_team_raises_and_not_once_the_visit_is_approved(world: World, visit: str) -> None:
    device = world.devices[0]
    with device.write() as session:
        ben, ana = reads.person(session, BEN), reads.person(session, ANA)
        assert ben is not None and ana is not None
        of_team = reads.visit_for(session, ana, visit)
        with pytest.raises(NotAllowed):
            services.raise_alert(session, ben, of_team, ID, "held")
        with pytest.raises(InvalidInput):
            services.raise_alert(session, ana, of_team, ID, "weather")
        approved = make_visit(session, "approved")
        with pytest.raises(MoveNotAllowed):
            services.raise_alert(session, ana, reads.visit_for(session, ana, approved), ID, "held")
    assert raise_one(device, _finished(device)) == ID


def _finished(device: Database) -> str:
    with device.write() as session:
        return make_visit(session, "finished")


def test_only_the_office_decides_and_only_about_what_is_there(world: World, visit: str) -> None:
    raise_one(world.devices[0], visit)
    world.meet(world.devices[0])
    for who, ids, refusal in ((ANA, (ID,), NotAllowed), (BEN, (OTHER_ID,), NotThere), (BEN, (), NotThere)):
        with pytest.raises(refusal):
            decide(world, visit, who, alert_ids=ids)
    with pytest.raises(InvalidInput):
        decide(world, visit, outcome="forgotten")
    with pytest.raises(InvalidInput):
        decide(world, visit, outcome="other")  # without words
    with world.devices[0].write() as session:
        ben = reads.person(session, BEN)
        assert ben is not None
        with pytest.raises(NotAllowed):
            services.acknowledge(session, ben, visit, [ID])
    assert found(world.central, visit)[0].is_waiting


def test_the_words_are_the_raisers_own_and_short(world: World, visit: str) -> None:
    device = world.devices[0]
    raise_one(device, visit)
    with device.write() as session:
        ana, cy = reads.person(session, ANA), reads.person(session, CY)
        assert ana is not None and cy is not None
        of_team = reads.visit_for(session, ana, visit)
        services.describe_alert(session, ana, of_team, ID, " 2-қабат, дәліз ")
        with pytest.raises(NotAllowed):
            services.describe_alert(session, cy, of_team, ID, "x")
        with pytest.raises(InvalidInput):
            services.describe_alert(session, ana, of_team, ID, "x" * 201)
    assert found(device, visit)[0].words == "2-қабат, дәліз"
