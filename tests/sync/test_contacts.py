"""Contacts go from the office to every tablet; none comes from a tablet."""

from __future__ import annotations

import pytest

from app.domain.journal import Draft
from app.errors import NotAllowed
from app.services import contacts
from app.store import journal, reads
from app.store.db import Database
from tests.builders import ANA, BEN, CY, World

POLICE = {"region": "almaty", "what": "police", "name": "Кезекші бөлім", "phone": "8 727 272 00 00"}


def phones(database: Database) -> dict[str, str]:
    """Name -> number of every contact a node shows."""
    with database.read() as session:
        return {one.text("name"): one.text("phone") for one in reads.contacts(session)}


def save(world: World, contact_id: str, **typed: str) -> None:
    with world.central.write() as session:
        ben = reads.person(session, BEN)
        assert ben is not None
        contacts.save_contact(session, ben, contact_id, {**POLICE, **typed})


def test_every_tablet_gets_the_contacts_with_each_change_and_removal(either_world: World) -> None:
    world = either_world
    devices = [world.device([ANA]), world.device([CY])]
    save(world, "01900000-0000-7000-8000-0000000000c1")
    save(world, "01900000-0000-7000-8000-0000000000c2", region="", name="Сенім телефоны", phone="1414")
    for device in devices:
        world.meet(device)
        assert phones(device) == {"Кезекші бөлім": "8 727 272 00 00", "Сенім телефоны": "1414"}
    save(world, "01900000-0000-7000-8000-0000000000c1", phone="+7 727 272 00 01")
    with world.central.write() as session:
        ben = reads.person(session, BEN)
        assert ben is not None
        contacts.remove_contact(session, ben, "01900000-0000-7000-8000-0000000000c2")
    for device in devices:
        world.meet(device)
        assert phones(device) == phones(world.central) == {"Кезекші бөлім": "+7 727 272 00 01"}


@pytest.mark.parametrize("scope", ["reference", "visit:v", f"person:{ANA}"])
def test_a_tablet_cannot_put_a_number_on_anybodys_list(world: World, scope: str) -> None:
    """A false number under «danger» would send a monitor to the wrong people."""
    device, other = world.device([ANA]), world.device([CY])
    save(world, "01900000-0000-7000-8000-0000000000c1")
    world.meet(device)
    with device.write() as session:
        journal.append(
            session, Draft("contact", "01900000-0000-7000-8000-0000000000c1", scope, {"phone": "+7 700 000 00 00"}), ANA
        )
        journal.append(session, Draft("contact", "c9", scope, {**POLICE, "name": "Бөтен"}), ANA)
    assert {told.reason for told in world.meet(device).quarantined} == {"rights"}
    world.meet(other)
    assert phones(world.central) == phones(other) == {"Кезекші бөлім": "8 727 272 00 00"}


def test_who_leads_a_team_may_not_change_contacts(world: World) -> None:
    save(world, "01900000-0000-7000-8000-0000000000c1")
    with world.central.write() as session:
        ana = reads.person(session, ANA)
        assert ana is not None
        with pytest.raises(NotAllowed):
            contacts.save_contact(session, ana, "01900000-0000-7000-8000-0000000000c1", POLICE)
        with pytest.raises(NotAllowed):
            contacts.remove_contact(session, ana, "01900000-0000-7000-8000-0000000000c1")
    assert phones(world.central) == {"Кезекші бөлім": "8 727 272 00 00"}
