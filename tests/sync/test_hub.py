"""A hub where central is away: two tablets and a hub see each other's work, and central gets it from whoever comes first.

What passes through a hub is under the seals of its own devices and under central's signature: the hub is not believed.
"""

import asyncio
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from fastapi import FastAPI
from sqlalchemy import select, update
from starlette.testclient import TestClient

from app.config import Settings
from app.domain import certificates as rules
from app.domain.journal import Draft
from app.errors import (
    CentralUnreachable,
    DeviceNotTrusted,
    HubLocked,
    HubNotGenuine,
    HubUnreachable,
    NoCertificate,
    ProtocolError,
)
from app.services.devices import revoke_device
from app.services.visits import signature_is_sound
from app.store import attachments, journal, outgoing, reads, relays, uploads, verification, vouchers
from app.store.db import Database
from app.store.node import put_value, value_of
from app.store.tables import FeedRow, LinkRow, ScopeClockRow, SealRow, table
from app.sync import certificates, codec, hub_server, wire
from app.sync.hub import HUB_BEGUN, HUB_PROBLEM, HubOutcome, meet_hub
from app.sync.hub_wire import HubExchange
from app.sync.link import Reply, Transport
from app.sync.loop import SyncLoop
from app.sync.relays import to_pass_on
from app.sync.replies import CERTIFICATE
from app.sync.reports import LAST_PROBLEM
from tests.builders import (
    ANA,
    BEN,
    CY,
    ENTRY,
    STREAM,
    InProcess,
    World,
    answer,
    feed_positions,
    held,
    make_person,
    make_visit,
    make_world,
    node_of,
)
from tests.sync.test_blobs import photograph
from tests.sync.test_bundles import files_of, photo_bytes
from tests.sync.test_files import noisy_photo

FEED, LINK, CLOCK, SEAL = map(table, (FeedRow, LinkRow, ScopeClockRow, SealRow))


def transport_to(hub_database: Database, is_shared: bool = True) -> Transport:
    """The hub's app, as `device --share` serves it to other devices."""
    app = FastAPI()
    app.state.database, app.state.is_shared = hub_database, is_shared
    app.include_router(hub_server.router)
    return InProcess(TestClient(app, raise_server_exceptions=False))


class Field:
    """Ana's tablet, Ben's tablet, the hub of their team and Cy's tablet of another team; all have met central once."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.ana, self.ben, self.hub, self.cy = (world.device([who]) for who in (ANA, BEN, BEN, CY))
        for device in (self.ana, self.ben, self.hub, self.cy):
            world.meet(device)
        self.to_hub = transport_to(self.hub)

    def visit(self, team: tuple[str, ...] = (ANA, BEN)) -> str:
        """Ana starts a visit and answers, far from any central."""
        with self.ana.write() as session:
            visit = make_visit(session, team=team)
            answer(session, visit, "A-1", "yes")
            answer(session, visit, "A-2", "a child is hurt", lane=0)
        return visit

    def meet(self, device: Database, transport: Transport | None = None) -> HubOutcome:
        return meet_hub(device, transport or self.to_hub)


@pytest.fixture
def field(world: World) -> Iterator[Field]:
    yield Field(world)


def of_visit(database: Database, visit: str) -> set[str]:
    with database.read() as session:
        return set(session.execute(select(ENTRY.c.entry_id).where(ENTRY.c.scope == f"visit:{visit}")).scalars())


def marked(database: Database) -> dict[str, str]:
    with database.read() as session:
        return relays.unconfirmed(session)


def streams(database: Database, of: Database) -> list[tuple[Any, ...]]:
    """(last seq, confirmed seq, relayed by) of a device's streams."""
    columns = select(STREAM.c.last_seq, STREAM.c.confirmed_seq, STREAM.c.relayed_by)
    with database.read() as session:
        mine = columns.where(STREAM.c.stream.startswith(node_of(of).device_id)).order_by(STREAM.c.stream)
        return [tuple(row) for row in session.execute(mine)]


def faults(database: Database) -> list[str]:
    with database.read() as session:
        return [f"{one.where}: {one.text}" for one in verification.findings(session, signature_is_sound)]


# ---- from tablet to tablet, and on to central ------------------------------------------------------------------------


def test_ben_sees_anas_entries_through_the_hub_marked_as_such(field: Field) -> None:
    visit = field.visit()
    told = field.meet(field.ana)
    assert (told.pushed, of_visit(field.hub, visit)) == (3, of_visit(field.ana, visit))
    assert field.meet(field.ben).pulled == 3
    assert of_visit(field.ben, visit) == of_visit(field.ana, visit)
    assert marked(field.ben) == dict.fromkeys(of_visit(field.ana, visit), node_of(field.hub).device_id)
    with field.ben.read() as session:
        assert reads.record(session, f"{visit}/A-2").text("value") == "a child is hurt"  # type: ignore[union-attr]
    assert faults(field.hub) == [] and faults(field.ben) == []


def test_a_hub_never_stands_for_central(field: Field) -> None:
    field.visit()
    field.meet(field.ana)
    with field.ana.read() as session:
        assert outgoing.unsent_entries(session) == 3


def test_what_the_hub_has_is_not_sent_to_it_again(field: Field) -> None:
    field.visit()
    field.meet(field.ana)
    sent: list[int] = []

    def counting(method: str, path: str, headers: dict[str, str], body: bytes) -> Reply:
        asked = wire.unpack(HubExchange, codec.decompress(body, headers["Content-Encoding"]))
        sent.append(len(asked.pushes))
        return field.to_hub(method, path, headers, body)

    assert field.meet(field.ana, counting).pushed == 0
    assert sent == [0, 0]
    with field.ana.write() as session:
        make_visit(session)
    assert field.meet(field.ana).pushed == 1


def test_the_hub_passes_all_on_and_central_waits_for_the_origin_to_show_it(field: Field) -> None:
    visit, central = field.visit(), field.world.central
    field.meet(field.ana)
    field.world.meet(field.hub)
    assert of_visit(central, visit) == of_visit(field.ana, visit)
    hub_id = node_of(field.hub).device_id
    assert marked(central) == dict.fromkeys(of_visit(field.ana, visit), hub_id)
    assert streams(central, field.ana) == [(1, 0, hub_id), (2, 0, hub_id)]
    assert faults(central) == []
    before = held(central), feed_positions(central, f"visit:{visit}")
    field.world.meet(field.ana)
    assert marked(central) == {}
    assert streams(central, field.ana) == [(1, 1, None), (2, 2, None)]
    assert (held(central), feed_positions(central, f"visit:{visit}")) == before
    with field.ana.read() as session:
        assert outgoing.unsent_entries(session) == 0
    assert faults(central) == []


def test_the_marks_go_when_central_itself_has_shown_the_entries(field: Field) -> None:
    visit = field.visit()
    for device in (field.ana, field.ben):
        field.meet(device)
    field.world.meet(field.hub)
    for device in (field.hub, field.ben):
        field.world.meet(device)
        assert marked(device) == {}
        assert of_visit(device, visit) == of_visit(field.ana, visit)


def test_alerts_go_first(field: Field) -> None:
    field.visit()
    field.meet(field.ana)
    with field.hub.read() as session:
        assert [one.lane for one in to_pass_on(session)] == [0, 1]


def test_whoever_saw_it_brings_it_should_the_hub_be_lost(field: Field) -> None:
    visit = field.visit()
    field.meet(field.ana)
    field.meet(field.ben)
    field.world.meet(field.ben)
    assert of_visit(field.world.central, visit) == of_visit(field.ana, visit)
    assert faults(field.world.central) == []


def test_nothing_is_passed_on_that_central_has_already(field: Field) -> None:
    field.visit()
    for device in (field.ana, field.ben):
        field.meet(device)
    field.world.meet(field.ana)
    relayed: list[int] = []

    def counting(method: str, path: str, headers: dict[str, str], body: bytes) -> Reply:
        if path.endswith("/exchange"):
            relayed.append(len(wire.unpack(wire.Exchange, codec.decompress(body, headers["Content-Encoding"])).relays))
        return field.world.transport()(method, path, headers, body)

    field.world.meet(field.ben, counting)
    assert set(relayed) == {0}


def test_what_the_office_planned_reaches_a_tablet_through_the_hub_as_good_as_from_central(field: Field) -> None:
    with field.world.central.write() as session:
        visit = make_visit(session, "planned", (BEN,))
        document = attachments.keep(session, b'{"of": "a checklist"}', attachments.DOCUMENT_TYPE, f"visit:{visit}")
        heads = reads.record(session, visit).heads  # type: ignore[union-attr]
        pinned = Draft("visit", visit, f"visit:{visit}", {"checklist_sha256": document}, heads)
        journal.append(session, pinned, BEN)
    field.world.meet(field.hub)
    field.meet(field.ben)
    assert of_visit(field.ben, visit) == of_visit(field.world.central, visit)
    assert marked(field.ben) == {}
    assert document in files_of(field.ben)
    with field.ben.read() as session:
        assert f"visit:{visit}" not in outgoing.cursors(session)  # only central moves them
    assert field.meet(field.ben).pulled == 0
    assert field.world.meet(field.ben).pulled == 0


def test_photos_go_to_the_hub_and_on_to_central(field: Field) -> None:
    visit = field.visit()
    with field.ana.write() as session:
        sha256 = attachments.keep(session, photo_bytes(), attachments.PHOTO_TYPE, f"visit:{visit}", b"small")
        record = {"sha256": sha256, "indicator": "A-1"}
        journal.append(session, Draft("photo", node_of(field.ana).clock.new_id(), f"visit:{visit}", record), ANA)
    assert field.meet(field.ana).files == 1
    assert sha256 in files_of(field.hub)
    assert field.meet(field.ana).files == 0
    field.world.meet(field.hub)
    assert sha256 in files_of(field.world.central)
    with field.ana.read() as session:
        assert [one for one, _ in attachments.unsent(session)] == [sha256]


def test_a_photo_that_broke_off_on_its_way_to_the_hub_goes_on_where_it_did(field: Field) -> None:
    visit, data = field.visit(), noisy_photo()
    sha256 = photograph(field.ana, visit, data)

    def breaking(method: str, path: str, headers: dict[str, str], body: bytes) -> Reply:
        if method == "PUT":
            with field.hub.write() as session:
                upload = uploads.Upload(sha256, f"visit:{visit}", attachments.PHOTO_TYPE, len(data))
                uploads.take_piece(session, upload, 0, body[:20_000])
            raise CentralUnreachable()
        return field.to_hub(method, path, headers, body)

    with pytest.raises(HubUnreachable):
        field.meet(field.ana, breaking)
    sent: list[int] = []

    def counting(method: str, path: str, headers: dict[str, str], body: bytes) -> Reply:
        sent.extend([len(body)] if method == "PUT" else [])
        return field.to_hub(method, path, headers, body)

    assert field.meet(field.ana, counting).files == 1
    assert sent == [len(data) - 20_000]
    assert sha256 in files_of(field.hub)
    with field.hub.read() as session:
        assert uploads.count(session) == 0


def test_wrong_bytes_that_a_hub_holds_of_a_photo_are_thrown_away_and_it_begins_anew(field: Field) -> None:
    visit, data = field.visit(), noisy_photo()
    sha256 = photograph(field.ana, visit, data)
    with field.ana.write() as session:
        put_value(session, HUB_BEGUN, sha256)
    with field.hub.write() as session:
        upload = uploads.Upload(sha256, f"visit:{visit}", attachments.PHOTO_TYPE, len(data))
        uploads.take_piece(session, upload, 0, b"x" * 500)
    assert field.meet(field.ana).files == 0
    assert field.meet(field.ana).files == 1
    assert sha256 in files_of(field.hub)


def test_much_goes_in_several_rounds(field: Field, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "PUSH_ENTRIES", 2)
    visit = field.visit()
    with field.ana.write() as session:
        for number in range(5):
            answer(session, visit, f"B-{number}")
    assert field.meet(field.ana).pushed == 8
    field.meet(field.ben)
    assert of_visit(field.ben, visit) == of_visit(field.ana, visit)
    field.world.meet(field.hub)
    assert of_visit(field.world.central, visit) == of_visit(field.ana, visit)


# ---- who sees what ---------------------------------------------------------------------------------------------------


def test_a_tablet_of_another_team_gets_nothing_through_the_hub(field: Field) -> None:
    visit = field.visit()
    field.meet(field.ana)
    before = held(field.cy)
    field.meet(field.cy)
    assert held(field.cy) == before
    assert visit not in str(held(field.cy))
    assert faults(field.cy) == []


def test_a_tablet_gives_the_hub_nothing_that_its_people_may_not_see_and_the_chain_still_holds(field: Field) -> None:
    mine, ours = field.visit((ANA,)), field.visit()
    field.meet(field.ana)
    assert of_visit(field.hub, mine) == set()
    assert of_visit(field.hub, ours) == of_visit(field.ana, ours)
    assert faults(field.hub) == []
    field.world.meet(field.hub)
    assert of_visit(field.world.central, mine) == set()
    assert of_visit(field.world.central, ours) == of_visit(field.ana, ours)
    field.world.meet(field.ana)
    assert held(field.ana).items() <= held(field.world.central).items()
    assert faults(field.world.central) == []


def test_after_a_new_epoch_what_a_hub_brought_without_texts_is_still_sent_by_its_origin(field: Field) -> None:
    mine = field.visit((ANA,))
    field.visit()
    field.meet(field.ana)
    field.world.meet(field.hub)
    with field.world.central.write() as session:
        put_value(session, "epoch", "later")
    field.world.meet(field.ana)
    assert of_visit(field.world.central, mine) == of_visit(field.ana, mine)


def test_a_central_that_lost_what_a_hub_brought_gets_it_from_the_hub_again(field: Field) -> None:
    visit, central = field.visit(), field.world.central
    field.meet(field.ana)

    def without_feeds(method: str, path: str, headers: dict[str, str], body: bytes) -> Reply:
        """Central's answer about the relays arrives; then the link breaks, before the hub reads them back."""
        asked = wire.unpack(wire.Exchange, codec.decompress(body, headers["Content-Encoding"]))
        reply = field.world.transport()(method, path, headers, body)
        if not asked.relays:
            return reply
        told = wire.unpack(wire.ExchangeReply, reply.content()).model_copy(update={"feeds": []})
        said = wire.pack(told)
        signature = node_of(central).sign(wire.reply_message("exchange", 200, asked.nonce, said)).hex()
        return Reply(200, {wire.SIGNATURE_HEADER.lower(): signature}, said)

    field.world.meet(field.hub, without_feeds)
    assert marked(field.hub) and not marked(field.hub).keys() - held(central).keys()
    with central.write() as session:  # it is put back to before, and says so by its epoch
        session.execute(ENTRY.delete().where(ENTRY.c.scope == f"visit:{visit}"))
        mine = STREAM.c.stream.startswith(node_of(field.ana).device_id)
        session.execute(LINK.delete().where(LINK.c.stream.startswith(node_of(field.ana).device_id)))
        session.execute(SEAL.delete().where(SEAL.c.stream.startswith(node_of(field.ana).device_id)))
        session.execute(STREAM.delete().where(mine))
        session.execute(FEED.delete().where(FEED.c.scope == f"visit:{visit}"))
        session.execute(CLOCK.delete().where(CLOCK.c.scope == f"visit:{visit}"))
        put_value(session, "epoch", "later")
    for _ in range(2):
        field.world.meet(field.hub)
    assert of_visit(central, visit) == of_visit(field.ana, visit)


# ---- what is refused -------------------------------------------------------------------------------------------------


def change_reply(field: Field, change: Callable[[dict[str, Any]], None], is_signed: bool = True) -> Transport:
    """A hub that changes what it says; with `is_signed` it signs that too."""

    def lying(method: str, path: str, headers: dict[str, str], body: bytes) -> Reply:
        reply = field.to_hub(method, path, headers, body)
        told = json.loads(reply.content())
        change(told)
        changed = json.dumps(told).encode()
        signature = reply.headers[wire.SIGNATURE_HEADER.lower()]
        if is_signed:
            signature = node_of(field.hub).sign(wire.reply_message("hub", 200, told["nonce"], changed)).hex()
        return Reply(200, {wire.SIGNATURE_HEADER.lower(): signature}, changed)

    return lying


def _other_word(told: dict[str, Any]) -> None:
    for batch in told.get("batches", []):
        for one in batch["entries"]:
            one["b"] = one["b"].replace("a child is hurt", "a child is well")


def _other_seal(told: dict[str, Any]) -> None:
    for batch in told.get("batches", []):
        batch["seal"] = "00" * 64


def _own_entry(told: dict[str, Any]) -> None:
    for piece in told.get("vouched", []):
        piece["entries"][0]["b"] = piece["entries"][0]["b"].replace("Dana", "Zana")


def _as_another(told: dict[str, Any]) -> None:
    for batch in told.get("batches", []):
        batch["device"] = "0" * 32


@pytest.mark.parametrize("change", [_other_word, _other_seal, _own_entry, _as_another])
def test_a_hub_that_changes_a_byte_is_refused_and_nothing_of_its_reply_is_taken(field: Field, change: Any) -> None:
    field.visit()
    field.meet(field.ana)
    with field.world.central.write() as session:
        make_person(session, CY.replace("c1", "d1"), "Dana Serik", ["monitor"])
    field.world.meet(field.cy)
    with field.hub.write() as session:  # it has heard of Dana, by way of central
        make_person_known(field, session)
    before = held(field.ben)
    with pytest.raises(HubNotGenuine):
        field.meet(field.ben, change_reply(field, change))
    assert held(field.ben) == before
    field.meet(field.ben)
    assert len(held(field.ben)) > len(before)


def make_person_known(field: Field, session: Any) -> None:
    """Gives the hub what central has, in one step of Cy's: entries with central's signature over them."""
    with field.cy.read() as other:
        epoch = value_of(other, "epoch")
        for voucher, entries in vouchers.after_cursors(other, epoch, ["reference"], {}):
            journal.receive(session, entries)
            vouchers.keep(session, voucher, [entry.entry_id for entry in entries])


def test_a_reply_that_is_not_signed_by_the_hub_is_refused(field: Field) -> None:
    field.visit()
    field.meet(field.ana)
    with pytest.raises(HubNotGenuine):
        field.meet(field.ben, change_reply(field, lambda told: None, is_signed=False))


def test_a_hub_that_changes_a_byte_on_the_way_to_central_is_told_no_and_its_own_entries_are_taken(field: Field) -> None:
    visit, central = field.visit(), field.world.central
    field.meet(field.ana)
    with field.hub.write() as session:
        own = make_visit(session, team=(BEN,))
        row = session.execute(select(ENTRY.c.entry_id, ENTRY.c.body).where(ENTRY.c.subject == f"{visit}/A-2")).one()
        body = row.body.replace(b"hurt", b"well")
        session.execute(update(ENTRY).where(ENTRY.c.entry_id == row.entry_id).values(body=body))
    field.world.meet(field.hub)
    assert row.entry_id not in held(central)
    assert of_visit(central, own) == of_visit(field.hub, own)
    field.world.meet(field.ana)
    assert held(field.ana).items() <= held(central).items()


def test_a_forged_seal_is_refused_by_the_hub(field: Field) -> None:
    field.visit()
    own, other = node_of(field.ana), node_of(field.cy)

    def forging(method: str, path: str, headers: dict[str, str], body: bytes) -> Reply:
        asked = wire.unpack(HubExchange, codec.decompress(body, headers["Content-Encoding"]))
        pushes = [one.model_copy(update={"seal": other.sign(b"x").hex()}) for one in asked.pushes]
        body, encoding = codec.compress(wire.pack(asked.model_copy(update={"pushes": pushes})))
        proof = own.sign(wire.request_message("hub", body)).hex()
        return field.to_hub(method, path, headers | {wire.PROOF_HEADER: proof, "Content-Encoding": encoding}, body)

    with pytest.raises(ProtocolError, match="seal"):
        field.meet(field.ana, forging)
    assert streams(field.hub, field.ana) == []


def test_a_device_without_a_certificate_meets_no_hub(field: Field) -> None:
    with field.ana.write() as session:
        put_value(session, CERTIFICATE, "")
    with pytest.raises(NoCertificate):
        field.meet(field.ana)


def test_a_certificate_that_is_too_old_is_refused_on_both_sides_until_central_renews_it(field: Field) -> None:
    field.visit()
    node_of(field.hub).clock.at_ms += rules.LIFE_MS  # type: ignore[attr-defined]
    with pytest.raises(DeviceNotTrusted, match="met the office for too long"):
        field.meet(field.ana)
    node_of(field.hub).clock.at_ms -= rules.LIFE_MS  # type: ignore[attr-defined]
    node_of(field.ana).clock.at_ms += rules.LIFE_MS  # type: ignore[attr-defined]
    with pytest.raises(DeviceNotTrusted, match="met the office for too long"):
        field.meet(field.ana)
    assert streams(field.hub, field.ana) == []
    node_of(field.world.central).clock.at_ms += rules.LIFE_MS  # type: ignore[attr-defined]
    node_of(field.hub).clock.at_ms += rules.LIFE_MS  # type: ignore[attr-defined]
    for device in (field.ana, field.hub):
        field.world.meet(device)
    assert field.meet(field.ana).pushed == 3


def test_a_clock_that_is_a_year_wrong_is_corrected_by_what_central_said(field: Field) -> None:
    node_of(field.ana).clock.at_ms -= 365 * 24 * 3600 * 1000  # type: ignore[attr-defined]
    field.world.meet(field.ana)
    field.visit()
    assert field.meet(field.ana).pushed == 3


def test_a_device_of_another_office_is_refused_on_both_sides(field: Field, tmp_path: Path) -> None:
    other = make_world(tmp_path / "other", seed=8)
    foreign = other.device([BEN])
    other.meet(foreign)
    with pytest.raises(DeviceNotTrusted, match="not of this office"):
        field.meet(foreign)
    with pytest.raises(DeviceNotTrusted, match="not of this office"):
        meet_hub(field.ben, transport_to(foreign))
    other.close()


def test_a_certificate_of_another_device_does_not_help(field: Field) -> None:
    with field.ana.read() as mine, field.cy.write() as session:
        put_value(session, CERTIFICATE, value_of(mine, CERTIFICATE))
    with pytest.raises(ProtocolError, match="sign_in_needed"):
        field.meet(field.cy)


@pytest.mark.parametrize("method", ["GET", "PUT"])
def test_a_certificate_alone_moves_no_file(field: Field, method: str) -> None:
    """It goes over plain HTTP with each request: whoever reads along has it."""
    with field.ana.read() as session:
        shown = certificates.own_certificate(session)
    assert shown is not None
    headers = {certificates.HEADER: certificates.in_header(shown), wire.PROOF_HEADER: "00" * 64, "X-Scope": "reference"}
    reply = field.to_hub(method, f"/sync/v1/hub/blobs/{'ab' * 32}", headers, b"x" if method == "PUT" else b"")
    assert reply.status == 401


def revoke(field: Field, device: Database) -> None:
    with field.world.central.write() as session:
        admin = "00000000-0000-7000-8000-0000000000ad"
        make_person(session, admin, "Adm", ["administrator"])
        revoke_device(session, reads.person(session, admin), node_of(device).device_id)  # type: ignore[arg-type]


def test_a_withdrawn_tablet_is_refused_by_every_hub_that_has_heard_of_it(field: Field) -> None:
    field.visit()
    node_of(field.world.central).clock.at_ms += 1000  # type: ignore[attr-defined]
    revoke(field, field.ana)
    field.world.meet(field.hub)
    with pytest.raises(DeviceNotTrusted, match="withdrawn the other device"):
        field.meet(field.ana)
    assert streams(field.hub, field.ana) == []


def test_what_a_tablet_gave_a_hub_before_it_was_withdrawn_is_kept_and_does_not_count(field: Field) -> None:
    visit, central = field.visit(), field.world.central
    field.meet(field.ana)
    revoke(field, field.ana)
    field.world.meet(field.hub)
    assert of_visit(central, visit) == of_visit(field.ana, visit)
    kept = held(central, counting=False)
    assert set(kept) == of_visit(field.ana, visit)
    with central.read() as session:
        why = select(ENTRY.c.quarantined).where(ENTRY.c.scope == f"visit:{visit}")
        assert set(session.execute(why).scalars()) == {"revoked"}


def test_an_entry_that_its_device_may_not_write_does_not_count_at_the_hub_either(field: Field) -> None:
    visit = field.visit()
    with field.ana.write() as session:
        wrong = answer(session, visit, "A-9", author=BEN)
    field.meet(field.ana)
    assert set(held(field.hub, counting=False)) == {wrong.entry_id}


def test_a_device_that_does_not_share_or_is_locked_serves_nobody(field: Field) -> None:
    with pytest.raises(HubUnreachable):
        field.meet(field.ana, transport_to(field.hub, is_shared=False))
    with pytest.raises(HubLocked):
        field.meet(field.ana, transport_to(None))  # type: ignore[arg-type]
    with field.ana.read() as session:
        assert value_of(session, HUB_PROBLEM) == "hub_locked"
    field.meet(field.ana)
    with field.ana.read() as session:
        assert value_of(session, HUB_PROBLEM) == ""


@pytest.mark.parametrize("body", [b"", b"<html>", b'{"code":"other"}', b'{"code":7}'])
def test_a_busy_answer_that_is_no_refusal_is_a_hub_that_cannot_be_reached(field: Field, body: bytes) -> None:
    with pytest.raises(HubUnreachable):
        field.meet(field.ana, lambda *_: Reply(503, {}, body))


def test_without_a_greeting_by_name_nothing_is_given_and_nothing_taken(field: Field) -> None:
    """A request that was meant for one hub is worth nothing at another."""
    field.visit()

    def to_another(method: str, path: str, headers: dict[str, str], body: bytes) -> Reply:
        asked = wire.unpack(HubExchange, codec.decompress(body, headers["Content-Encoding"]))
        assert not asked.pushes or asked.to == node_of(field.hub).device_id
        return (
            transport_to(field.cy)(method, path, headers, body)
            if asked.to
            else field.to_hub(method, path, headers, body)
        )

    with pytest.raises(HubNotGenuine):
        field.meet(field.ana, to_another)
    assert streams(field.cy, field.ana) == []


def test_a_hub_of_another_team_gets_no_file_that_it_asks_for_by_its_hash(field: Field) -> None:
    """Who has seen a photo could else find out whether it is on a tablet."""
    sha256, sent = photograph(field.ana, field.visit(team=(ANA,)), photo_bytes()), []
    asking = change_reply(field, lambda told: told.update(missing_blobs=[sha256]))

    def counting(method: str, path: str, headers: dict[str, str], body: bytes) -> Reply:
        if method == "POST":
            return asking(method, path, headers, body)
        sent.append(path)
        return field.to_hub(method, path, headers, body)

    field.meet(field.ana, counting)
    assert sent == []


def test_a_request_that_was_recorded_is_not_answered_again(field: Field) -> None:
    """Over plain HTTP others in the network read along: not what comes when they are gone, too."""
    recorded: list[tuple[str, str, dict[str, str], bytes]] = []

    def recording(method: str, path: str, headers: dict[str, str], body: bytes) -> Reply:
        recorded.append((method, path, dict(headers), body))
        return field.to_hub(method, path, headers, body)

    field.meet(field.ben, recording)
    visit = field.visit()
    field.meet(field.ana)
    greeting, exchange = (field.to_hub(*one) for one in recorded)
    assert (greeting.status, exchange.status) == (200, 400)
    assert visit.encode() not in greeting.content() + exchange.content()
    assert field.meet(field.ben).pulled == 3


def test_an_older_device_that_names_no_challenge_is_served(field: Field) -> None:
    def older(method: str, path: str, headers: dict[str, str], body: bytes) -> Reply:
        asked = wire.unpack(HubExchange, codec.decompress(body, headers["Content-Encoding"]))
        body, headers["Content-Encoding"] = codec.compress(wire.pack(asked.model_copy(update={"challenge": ""})))
        proof = node_of(field.ana).sign(wire.request_message("hub", body)).hex()
        return field.to_hub(method, path, headers | {wire.PROOF_HEADER: proof}, body)

    field.visit()
    assert field.meet(field.ana, older).pushed == 3


def test_no_token_of_central_goes_to_a_hub(field: Field) -> None:
    seen: list[set[str]] = []

    def watching(method: str, path: str, headers: dict[str, str], body: bytes) -> Reply:
        seen.append(set(headers))
        return field.to_hub(method, path, headers, body)

    field.meet(field.ana, watching)
    assert seen and not any("Authorization" in names for names in seen)


# ---- certificates ----------------------------------------------------------------------------------------------------


def test_a_certificate_is_renewed_when_it_is_older_than_a_day(field: Field) -> None:
    def issued() -> int:
        with field.ana.read() as session:
            return certificates.held_at(session)

    first = issued()
    field.world.meet(field.ana)
    assert issued() == first
    node_of(field.world.central).clock.at_ms += rules.RENEW_MS  # type: ignore[attr-defined]
    field.world.meet(field.ana)
    assert issued() > first


@pytest.mark.parametrize(
    ("now", "revoked_at", "why"),
    [
        (1000, 0, ""),
        (1000, 999, ""),
        (1000, 1000, rules.REVOKED),
        (1000 + rules.LIFE_MS, 0, rules.EXPIRED),
        (1000 - 2 * rules.SKEW_MS, 0, rules.EXPIRED),
    ],
)
def test_when_a_certificate_counts(now: int, revoked_at: int, why: str) -> None:
    certificate = rules.issue(b"k" * 32, "Tablet", (ANA,), 1000)
    assert rules.read_certificate(rules.written(certificate)) == certificate
    assert rules.why_not_trusted(certificate, now, revoked_at) == why


def test_an_older_central_that_takes_no_relays_holds_nothing_up(field: Field) -> None:
    field.visit()
    field.meet(field.ana)
    rounds: list[int] = []

    def older(method: str, path: str, headers: dict[str, str], body: bytes) -> Reply:
        rounds.append(1)
        if not path.endswith("/exchange"):
            return field.world.transport()(method, path, headers, body)
        asked = wire.unpack(wire.Exchange, codec.decompress(body, headers["Content-Encoding"]))
        body, headers["Content-Encoding"] = codec.compress(wire.pack(asked.model_copy(update={"relays": []})))
        proof = node_of(field.hub).sign(wire.request_message("exchange", body)).hex()
        return field.world.transport()(method, path, headers | {wire.PROOF_HEADER: proof}, body)

    field.world.meet(field.hub, older)
    assert len(rounds) < 5


def test_the_loop_meets_the_hub_when_central_is_away_and_says_still_that_it_is(field: Field) -> None:
    visit = field.visit()
    settings = Settings(sync_every_s=15)
    state = SimpleNamespace(database=field.ana, settings=settings, clock=node_of(field.ana).clock)

    def nobody(*_: object) -> Reply:
        raise CentralUnreachable

    loop = SyncLoop(state, nobody)
    with pytest.raises(CentralUnreachable):
        asyncio.run(loop.meet_now())
    loop.hub_transport = field.to_hub
    assert asyncio.run(loop.meet_now()) is None
    assert of_visit(field.hub, visit) == of_visit(field.ana, visit)
    assert loop.failures == 1
    with field.ana.read() as session:
        assert value_of(session, LAST_PROBLEM) == "central_unreachable"
        assert outgoing.unsent_entries(session) == 3
