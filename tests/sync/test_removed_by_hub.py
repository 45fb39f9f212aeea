"""A hub keeps nothing that it only carried, and brings no removed visit back."""

from collections.abc import Iterator

import pytest
from sqlalchemy import select

from app.domain.journal import Draft
from app.domain.visits import visit_of
from app.domain.wiping import Policy
from app.store import attachments, files_named, journal, reads, wiping
from app.store.db import Database
from tests.builders import ANA, BEN, ENTRY, World, node_of
from tests.sync.test_bundles import files_of, photo_bytes
from tests.sync.test_hub import Field, faults
from tests.sync.test_wiping import finished_visit, settle


@pytest.fixture
def field(world: World) -> Iterator[Field]:
    yield Field(world)


def scopes_of(database: Database) -> set[str]:
    with database.read() as session:
        return set(session.execute(select(ENTRY.c.scope)).scalars())


def test_a_photo_that_a_hub_carried_goes_when_the_office_has_it_durably_and_is_not_asked_for_again(
    field: Field,
) -> None:
    visit = field.visit()
    with field.ana.write() as session:
        sha256 = attachments.keep(session, photo_bytes(), attachments.PHOTO_TYPE, f"visit:{visit}", b"small")
        sets = {"sha256": sha256, "indicator": "A-1"}
        journal.append(session, Draft("photo", node_of(field.ana).clock.new_id(), f"visit:{visit}", sets), ANA)
    field.meet(field.ana)
    field.world.meet(field.hub)
    wiping.wipe_due(field.hub, Policy())
    assert sha256 in files_of(field.hub)  # the office has it, and no checked backup
    settle(field.world, field.hub)
    wiping.wipe_due(field.hub, Policy())
    assert sha256 not in files_of(field.hub) and sha256 in files_of(field.world.central)
    assert field.meet(field.ana).files == 0
    field.world.meet(field.ana)
    settle(field.world, field.ana)
    wiping.wipe_due(field.ana, Policy())
    assert sha256 in files_of(field.ana)  # her own: it goes with its visit
    with field.hub.read() as session:
        assert files_named.gone(session) == {sha256}


def test_a_visit_that_was_removed_does_not_come_back_from_a_hub(field: Field) -> None:
    visit = finished_visit(field.ana, (ANA,), pad=2)
    with field.ana.write() as session:  # Ben's tablet knows it from central, the hub from Ana
        heads = reads.record(session, visit).heads  # type: ignore[union-attr]
        journal.append(session, Draft("visit", visit, f"visit:{visit}", {"team": [ANA, BEN]}, heads), ANA)
    field.meet(field.ana)
    field.world.meet(field.ana)
    settle(field.world, field.ben)
    with field.ben.write() as session:
        wiping.wipe(session, visit_of(reads.record(session, visit)))  # type: ignore[arg-type]
    assert f"visit:{visit}" not in scopes_of(field.ben)
    field.world.meet(field.hub)
    for _ in range(2):
        field.meet(field.ben)
    assert f"visit:{visit}" not in scopes_of(field.ben) and faults(field.ben) == []
