"""Who may speak to central: codes, tokens, keys, withdrawal. And what a device gets to see."""

import json
from typing import Any

import pytest
from sqlalchemy import select, update

from app.domain.journal import Draft
from app.errors import CentralNotGenuine, DeviceRevoked, EnrolmentRefused, NotEnrolled
from app.store import attachments, central_words, incoming, journal, reads
from app.store.db import Database
from app.store.node import Node, put_value, value_of
from app.store.tables import CursorRow, DeviceRow, EnrolCodeRow, table
from app.store.vault import hash_token, new_signing_key
from app.sync import codec, enrolment, link, wire
from app.sync.link import TOKEN, Reply
from tests.builders import (
    ANA,
    BEN,
    CY,
    ENTRY,
    FakeClock,
    World,
    answer,
    held,
    make_node,
    make_visit,
    make_world,
    node_of,
)

DEVICE = table(DeviceRow)


def fresh(world: World, name: str = "fresh", seed: int = 77) -> Database:
    database = make_node(world.folder / name, clock=FakeClock(seed))
    world.devices.append(database)
    return database


def enrol(world: World, database: Database, code: str) -> wire.EnrolReply:
    return enrolment.enrol(database, world.transport(), "http://central/", code)


def revoke(world: World, device: Database) -> None:
    with world.central.write() as session:
        session.execute(update(DEVICE).where(DEVICE.c.device_id == node_of(device).device_id).values(revoked_at_ms=1))


# ---- enrolment -------------------------------------------------------------------------------------------------------


def test_a_code_makes_a_device_known_with_its_key_and_persons(world: World) -> None:
    device = fresh(world)
    answer = enrol(world, device, world.code([ANA], "Tablet 7"))
    assert (answer.device, answer.name, answer.people) == (node_of(device).device_id, "Tablet 7", [ANA])
    with world.central.read() as session:
        row = session.get(DeviceRow, answer.device)
        assert row and row.public_key == node_of(device).public_key
        assert answer.token not in row.token_hash
    with device.read() as session:
        assert value_of(session, link.CENTRAL_URL) == "http://central"
        assert json.loads(value_of(session, central_words.CENTRAL_KEYS)) == [node_of(world.central).public_key.hex()]


@pytest.mark.parametrize("spoil", [lambda c: "A" * 12 + c[12:], lambda c: "", lambda c: c[:11] + c[12:]])
def test_a_wrong_code_enrols_nobody(world: World, spoil: Any) -> None:
    device = fresh(world)
    with pytest.raises(EnrolmentRefused):
        enrol(world, device, spoil(world.code()))
    with pytest.raises(NotEnrolled):
        world.meet(device)


def test_a_code_is_good_for_one_device_only(world: World) -> None:
    code = world.code()
    enrol(world, fresh(world), code)
    with pytest.raises(EnrolmentRefused):
        enrol(world, fresh(world, "second", 78), code)


def test_a_device_whose_reply_was_lost_may_use_its_code_again(world: World) -> None:
    code, device = world.code(), fresh(world)
    enrol(world, device, code)
    enrol(world, device, code)
    assert world.meet(device).pulled == 4


def test_an_enrolment_that_comes_again_takes_nothing_from_the_device(world: World) -> None:
    """Whoever recorded it, or a proxy that sends it twice, would else shut the tablet out."""
    recorded: list[tuple[str, str, dict[str, str], bytes]] = []

    def recording(method: str, path: str, headers: dict[str, str], body: bytes) -> Reply:
        recorded.append((method, path, headers, body))
        return world.transport()(method, path, headers, body)

    device = fresh(world)
    enrolment.enrol(device, recording, "http://central", world.code())
    assert world.transport()(*recorded[0]).status == 200
    assert world.meet(device).pulled == 4


def test_a_code_that_is_too_old_is_refused(world: World) -> None:
    code, device = world.code(), fresh(world)
    with world.central.write() as session:
        session.execute(update(table(EnrolCodeRow)).values(expires_at_ms=1))
    with pytest.raises(EnrolmentRefused):
        enrol(world, device, code)


def test_a_code_typed_in_small_letters_with_spaces_is_the_same(world: World) -> None:
    code, device = world.code().lower(), fresh(world)
    enrol(world, device, f" {code[:6]} {code[6:]} ")
    with world.central.read() as session:
        assert session.get(DeviceRow, node_of(device).device_id) is not None


def test_a_code_may_be_typed_in_groups_as_the_card_shows_it(world: World) -> None:
    letters, device = world.code().replace("-", ""), fresh(world)
    enrol(world, device, "-".join(letters[at : at + 4] for at in range(0, len(letters), 4)))
    with world.central.read() as session:
        assert session.get(DeviceRow, node_of(device).device_id) is not None


def test_the_code_pins_the_key_of_central_so_that_no_other_server_can_take_its_place(world: World) -> None:
    device, code = fresh(world), world.code()
    with pytest.raises(CentralNotGenuine):
        enrol(world, device, code[:13] + "A" * 16)

    def forged(method: str, path: str, headers: dict[str, str], body: bytes) -> Reply:
        reply, key = world.transport()(method, path, headers, body), new_signing_key()
        told = json.loads(reply.body) | {"central_keys": [key.public_key().public_bytes_raw().hex()]}
        forged = json.dumps(told).encode()
        signature = key.sign(wire.reply_message("enrol", 200, told["nonce"], forged)).hex()
        return Reply(200, {"x-baqylau-signature": signature}, forged)

    with pytest.raises(CentralNotGenuine):
        enrolment.enrol(device, forged, "http://central", world.code())
    with device.read() as session:
        assert not value_of(session, TOKEN)


def test_nobody_enrols_the_key_of_another(world: World) -> None:
    victim, thief = fresh(world), fresh(world, "thief", 79)
    node_of(thief).signing_key, own = node_of(victim).signing_key, node_of(thief).signing_key

    def signed_by_another(method: str, path: str, headers: dict[str, str], body: bytes) -> Reply:
        proof = own.sign(wire.request_message("enrol", body)).hex()
        return world.transport()(method, path, {**headers, wire.PROOF_HEADER: proof}, body)

    with pytest.raises(EnrolmentRefused):
        enrolment.enrol(thief, signed_by_another, "http://central", world.code())


def test_to_enrol_at_another_central_offers_everything_again(world: World, tmp_path: Any) -> None:
    device = world.device()
    with device.write() as session:
        visit = make_visit(session)
        answer(session, visit)
    world.meet(device)
    other = make_world(tmp_path / "other", seed=8)
    enrolment.enrol(device, other.transport(), "http://other", other.code())
    assert other.meet(device).pushed == 2
    assert held(device).items() <= held(other.central).items() | held(world.central).items()
    other.close()


# ---- tokens, keys, withdrawal ----------------------------------------------------------------------------------------


def test_a_stolen_token_is_nothing_without_the_key_of_the_device(world: World) -> None:
    device = world.device()
    with device.write() as session:
        make_visit(session)
    world.meet(device)
    with device.read() as session:
        token = value_of(session, TOKEN)
    thief = world.device([CY])
    with thief.write() as session:
        put_value(session, TOKEN, token)
    before = held(thief)
    with pytest.raises(DeviceRevoked):
        world.meet(thief)

    with pytest.raises(DeviceRevoked):
        world.meet(_pretending(thief, node_of(device).device_id))
    assert held(thief) == before


def _pretending(thief: Database, victim: str) -> Database:
    """The thief's tablet, that says the id of another and signs with its own key."""

    class Pretender(Node):
        @property
        def device_id(self) -> str:
            return victim

    own = node_of(thief)
    thief.node = Pretender(thief, own.clock, own.role, own.signing_key, own.incarnation)
    return thief


@pytest.mark.parametrize("header", ["Authorization", "X-Device", wire.PROOF_HEADER])
@pytest.mark.parametrize("path", ["exchange", "blobs"])
def test_every_call_needs_token_and_proof(world: World, header: str, path: str) -> None:
    device = world.device()
    with device.write() as session:
        attachments.keep(session, b"{}", attachments.DOCUMENT_TYPE, "reference")

    def without(method: str, url: str, headers: dict[str, str], body: bytes) -> Reply:
        if path in url:
            headers = {name: value for name, value in headers.items() if name != header}
        return world.transport()(method, url, headers, body)

    with pytest.raises(DeviceRevoked):
        world.meet(device, without)


def test_a_request_that_was_changed_on_the_way_is_refused(world: World) -> None:
    device = world.device()
    with device.write() as session:
        make_visit(session)

    def changed(method: str, path: str, headers: dict[str, str], body: bytes) -> Reply:
        told = json.loads(codec.decompress(body, "zstd")) | {"cursors": {"reference": 99}}
        return world.transport()(method, path, headers, codec.compress(json.dumps(told).encode())[0])

    with pytest.raises(DeviceRevoked):
        world.meet(device, changed)


def test_a_withdrawn_device_can_neither_push_nor_pull_and_its_own_old_code_does_not_help(world: World) -> None:
    device, code = fresh(world), world.code()
    enrol(world, device, code)
    with device.write() as session:
        visit = make_visit(session)
    revoke(world, device)
    with pytest.raises(DeviceRevoked):
        world.meet(device)
    with pytest.raises(EnrolmentRefused):
        enrol(world, device, code)
    assert visit not in str(held(world.central))
    enrol(world, device, world.code())
    assert world.meet(device).pushed == 1


def test_a_portal_cannot_tell_a_device_that_it_was_withdrawn(world: World) -> None:
    device = world.device()
    for status in (401, 403):
        with pytest.raises(CentralNotGenuine):
            world.meet(device, lambda *_, s=status: Reply(s, {}, b'{"code":"sign_in_needed"}'))  # type: ignore[misc]


# ---- scopes ----------------------------------------------------------------------------------------------------------


def scopes_on(database: Database) -> set[str]:
    with database.read() as session:
        return set(session.execute(select(ENTRY.c.scope)).scalars())


def test_cys_tablet_never_gets_anything_of_anas_visit(world: World) -> None:
    anas, cys = world.device([ANA]), world.device([CY])
    with anas.write() as session:
        visit = make_visit(session)
        answer(session, visit)
    world.meet(anas)
    world.meet(cys)
    with cys.write() as session:
        for scope in (f"visit:{visit}", "office", f"person:{ANA}"):
            session.merge(CursorRow(scope=scope, position=0))
    world.meet(cys)
    assert scopes_on(cys) == {"reference"}
    assert scopes_on(anas) == {"reference", f"visit:{visit}"}


def test_the_offices_own_entries_never_leave_it(world: World) -> None:
    device = world.device([ANA, BEN, CY])
    with world.central.write() as session:
        journal.append(session, Draft("memo", "m", "office", {"text": "x"}), BEN)
    world.meet(device)
    assert "office" not in scopes_on(device)


def test_a_person_who_joins_the_team_gets_the_whole_visit(world: World) -> None:
    anas, cys = world.device([ANA]), world.device([CY])
    with anas.write() as session:
        visit = make_visit(session)
        answer(session, visit)
    world.meet(anas)
    world.meet(cys)
    with world.central.write() as session:
        heads = reads.record(session, visit).heads  # type: ignore[union-attr]
        journal.append(session, Draft("visit", visit, f"visit:{visit}", {"team": [ANA, CY]}, heads), BEN)
    world.meet(cys)
    assert f"visit:{visit}" in scopes_on(cys)
    assert held(cys) == held(world.central)


def test_two_teams_that_stand_against_each_other_cut_nobody_off(world: World) -> None:
    device = world.device([ANA])
    with device.write() as session:
        visit = make_visit(session)
    world.meet(device)
    with world.central.write() as session:
        heads = reads.record(session, visit).heads  # type: ignore[union-attr]
        for team in ([ANA, CY], [ANA, BEN]):
            journal.append(session, Draft("visit", visit, f"visit:{visit}", {"team": team}, heads), BEN)
        row = session.get(DeviceRow, node_of(device).device_id)
        assert row and f"visit:{visit}" in incoming.scopes_for(session, row)
        assert hash_token("x") != row.token_hash
