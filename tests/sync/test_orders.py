"""The office's order to a tablet to destroy everything: it reaches the one it is meant for, and nobody else can give it."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from app.domain.wiping import ORDER, Order, order_message, order_text
from app.errors import CentralNotGenuine, DeviceRevoked, SignInNeeded
from app.store import backups, emptying, wipes
from app.store.db import Database
from app.store.node import EPOCH, put_value, value_of
from app.store.slots import has_slots, make_vault
from app.store.tables import AuditRow, DeviceRow, table
from app.store.vault import Cost, new_signing_key
from app.sync import codec, link, orders, wire
from app.sync.link import Reply, Transport
from tests.builders import ANA, BEN, DEVICE_KEY, FakeClock, World, answer, held, make_visit, node_of

CHEAP = Cost(19, 2)
AUDIT = table(AuditRow)


def order(world: World, device: Database) -> None:
    with world.central.write() as session:
        row = session.get(DeviceRow, node_of(device).device_id)
        assert row
        wipes.order(session, row, BEN, "lost at the gate")


def state_of(world: World, device: Database) -> wipes.Ordered:
    with world.central.read() as session:
        return wipes.orders_to(session, node_of(device).device_id)[0]


def obey(world: World, device: Database) -> Path:
    """Meets the office, and does what a tablet does then."""
    assert device.folder
    make_vault(device.folder, ANA, "alma terek bulaq kokpar", CHEAP, DEVICE_KEY)
    with pytest.raises(orders.WipeOrdered) as told:
        world.meet(device)
    orders.destroy_keys(device.folder, device, ORDER, order_id=told.value.order_id)
    return device.folder


def test_the_order_comes_with_the_next_answer_what_was_brought_counts_and_the_receipt_comes_back(world: World) -> None:
    device, other = world.device(), world.device()
    with device.write() as session:
        said = answer(session, make_visit(session))
    order(world, device)
    world.meet(other)  # it is not meant for others
    assert (state_of(world, device).handed_at_ms, state_of(world, device).is_open) == (None, True)
    folder = obey(world, device)
    assert said.entry_id in held(world.central)
    assert not has_slots(folder) and emptying.is_begun(folder)
    handed = state_of(world, device)
    assert handed.handed_at_ms and not handed.confirmed_at_ms
    orders.send_last_word(folder, lambda url, trust: world.transport())
    assert state_of(world, device).confirmed_at_ms
    with world.central.read() as session:
        (told,) = wipes.told_by(session, node_of(device).device_id)
        noted = [row.what for row in session.execute(select(AUDIT).order_by(AUDIT.c.seq))]
    assert (told.visit_id, told.why) == (wipes.ALL, ORDER)
    assert noted[-2:] == ["wipe_ordered", "device_wiped"]


def test_a_withdrawn_tablet_gets_it_too_and_may_say_that_it_obeyed(world: World) -> None:
    device = world.device()
    with world.central.write() as session:
        session.execute(update(table(DeviceRow)).values(revoked_at_ms=1))
    with pytest.raises(DeviceRevoked):
        world.meet(device)
    order(world, device)
    folder = obey(world, device)
    orders.send_last_word(folder, lambda url, trust: world.transport())
    assert state_of(world, device).confirmed_at_ms and not (folder / orders.LAST_WORD).exists()


def test_an_order_that_was_taken_back_or_is_older_than_a_restore_is_not_given(world: World) -> None:
    device = world.device()
    order(world, device)
    with world.central.write() as session:
        wipes.take_back(session, node_of(device).device_id, BEN)
    world.meet(device)
    order(world, device)
    with world.central.write() as session:
        backups.rotate_epoch(session, FakeClock(5))
    world.meet(device)
    assert not state_of(world, device).is_of_now


def told_otherwise(world: World, change: Callable[[dict[str, Any]], None]) -> Transport:
    """Central's own answers with another order in them, signed by central's key for this very request: what a recorded
    or forged order would need at the least."""

    def carry(method: str, path: str, headers: dict[str, str], body: bytes) -> Reply:
        reply = world.transport()(method, path, headers, body)
        told = json.loads(codec.decompress(reply.body, reply.headers.get("content-encoding", "")))
        change(told)
        changed = json.dumps(told).encode()
        message = wire.reply_message("exchange", reply.status, headers[wire.NONCE_HEADER], changed)
        signature = node_of(world.central).sign(message).hex()
        return Reply(reply.status, {wire.SIGNATURE_HEADER.lower(): signature}, changed)

    return carry


def made(world: World, **other: Any) -> tuple[str, bytes]:
    with world.central.read() as session:
        epoch = value_of(session, EPOCH)
    device = node_of(world.devices[0]).device_id
    text = order_text(Order(**{"order_id": "00" * 16, "device": device, "epoch": epoch, "at_ms": 1, **other}))
    return text, node_of(world.central).sign(order_message(text))


@pytest.mark.parametrize("fault", ["", "device", "epoch", "key", "text", "junk"])
def test_only_an_order_of_central_to_this_device_in_this_epoch_is_obeyed(world: World, fault: str) -> None:
    device = world.device()
    text, signature = made(world, **({fault: "ab" * 16} if fault in ("device", "epoch") else {}))
    if fault == "key":
        signature = new_signing_key().sign(order_message(text))
    if fault == "text":
        signature = node_of(world.central).sign(text.encode())  # signed, but not as an order
    if fault == "junk":
        text = '{"order":1}'
        signature = node_of(world.central).sign(order_message(text))

    def change(told: dict[str, Any]) -> None:
        told["wipe"] = {"text": text, "signature": signature.hex()}

    if fault:
        world.meet(device, told_otherwise(world, change))
        return
    with pytest.raises(orders.WipeOrdered):
        world.meet(device, told_otherwise(world, change))


def test_an_answer_that_is_not_centrals_orders_nothing(world: World) -> None:
    device = world.device()
    text, signature = made(world)
    refusal = wire.Refusal(code="sign_in_needed", epoch="", wipe=wire.SignedOrder(text=text, signature=signature.hex()))

    def stranger(method: str, path: str, headers: dict[str, str], body: bytes) -> Reply:
        return Reply(401, {}, wire.pack(refusal))

    with pytest.raises(CentralNotGenuine):
        world.meet(device, stranger)


def test_a_receipt_counts_only_from_the_tablet_itself(world: World) -> None:
    device, other = world.device(), world.device()
    order(world, device)
    folder = obey(world, device)
    word = orders.LastWord.model_validate_json((folder / orders.LAST_WORD).read_text())
    headers = dict(word.headers)
    with other.read() as session:
        stolen = link.signed_in(session)
    for wrong in ({"Authorization": "Bearer x"}, stolen, {wire.PROOF_HEADER: "00" * 64}):
        reply = world.transport()("POST", f"{wire.PREFIX}/wiped", headers | wrong, word.body.encode())
        assert reply.status == SignInNeeded.status
    assert not state_of(world, device).confirmed_at_ms
    with device.write() as session:
        put_value(session, link.CENTRAL_URL, "")  # linked to nobody: nothing to say
    assert orders.last_word(device, ORDER, "", "") is None
