"""A sealed bundle: what a tablet owes the office, by USB stick or by another tablet, through the same verifier."""

import io
import json
import random
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from typing import Any

import pytest
from PIL import Image
from sqlalchemy import select, update

from app.domain import bundles as form
from app.domain.bundles import STEP_BYTES, BrokenBundle, framed, frames_in, read_bundle
from app.errors import AppError, BundleKeyMissing, BundleRefused, NotEnrolled
from app.store import attachments, journal, outgoing, vouchers
from app.store import bundles as kept
from app.store.db import Database
from app.store.node import put_value, value_of
from app.store.tables import AttachmentRow, BundleRow, DeviceRow, table
from app.store.vault import new_sealing_key, sealing_public_key
from app.sync import bundles, codec, wire
from app.sync.link import Reply
from tests.builders import (
    ANA,
    BEN,
    CY,
    FakeClock,
    World,
    answer,
    feed_positions,
    held,
    make_node,
    make_visit,
    make_world,
    node_of,
    records,
)

ATTACHMENT, DEVICE, BUNDLE = table(AttachmentRow), table(DeviceRow), table(BundleRow)


def photo_bytes(seed: int = 1, edge: int = 64) -> bytes:
    picture = Image.frombytes("RGB", (edge, edge), random.Random(seed).randbytes(edge * edge * 3))
    out = io.BytesIO()
    picture.save(out, "WEBP", quality=80)
    return out.getvalue()


def working_device(world: World) -> tuple[Database, str]:
    """Ana's tablet, that met central, and has since a visit with an alert, answers and a photo."""
    device = world.device()
    world.meet(device)
    with device.write() as session:
        visit = make_visit(session)
        answer(session, visit, "A-1", "yes")
        answer(session, visit, "A-2", "a word of a child", lane=0)
        attachments.keep(session, photo_bytes(), attachments.PHOTO_TYPE, f"visit:{visit}", b"small")
    return device, visit


@contextmanager
def refuses(why: str) -> Iterator[None]:
    with pytest.raises(BundleRefused) as refusal:
        yield
    assert refusal.value.why == why


def one_file(device: Database, everything: bool = False) -> bytes:
    ((number, of, data),) = bundles.export(device, everything)
    assert (number, of) == (1, 1)
    return data


def files_of(database: Database) -> set[str]:
    with database.read() as session:
        return set(session.execute(select(ATTACHMENT.c.sha256)).scalars())


def unsent(device: Database) -> tuple[int, int]:
    with device.read() as session:
        return outgoing.unsent_entries(session), len(attachments.unsent(session))


# ---- from the tablet to the office ---------------------------------------------------------------------------------


def test_a_bundle_brings_entries_and_photos_and_a_second_time_changes_nothing(either_world: World) -> None:
    device, visit = working_device(either_world)
    central = either_world.central
    data = one_file(device)
    told = bundles.take(central, data)
    assert (told.entries, told.files, told.refused, told.quarantined, told.refused_files) == (3, 1, [], [], {})
    assert held(device).items() <= held(central).items()
    assert files_of(device) <= files_of(central)
    before = held(central), records(central), feed_positions(central, f"visit:{visit}")
    again = bundles.take(central, data)
    assert (again.entries, again.files, again.refused, again.refused_files) == (0, 0, [], {})
    assert (held(central), records(central), feed_positions(central, f"visit:{visit}")) == before


def test_only_meeting_central_acknowledges_what_a_bundle_brought(world: World) -> None:
    device, visit = working_device(world)
    bundles.take(world.central, one_file(device))
    assert unsent(device) == (3, 1)
    before = held(world.central)
    assert world.meet(device).pushed == 3
    assert unsent(device) == (0, 0)
    assert held(world.central) == before
    assert len(feed_positions(world.central, f"visit:{visit}")) == 3
    assert list(bundles.export(device)) == []


def test_everything_can_be_given_to_an_office_that_was_restored(world: World, tmp_path: Any) -> None:
    device, _ = working_device(world)
    world.meet(device)
    assert list(bundles.export(device)) == []
    told = bundles.take(world.central, one_file(device, everything=True))
    assert (told.entries, told.files, told.refused) == (0, 0, [])


def test_what_central_does_not_count_is_told_with_its_reason(world: World) -> None:
    device, visit = working_device(world)
    with device.write() as session:
        wrong = answer(session, visit, "A-3", "no", author=BEN)
    told = bundles.take(world.central, one_file(device))
    assert [(one.entry_id, one.reason) for one in told.quarantined] == [(wrong.entry_id, "author")]
    assert told.entries == 4


def test_a_bundle_after_a_gap_says_so(world: World) -> None:
    device, _ = working_device(world)
    with device.write() as session:  # it believes the first two of its entries acknowledged
        stream = node_of(device).stream()
        outgoing.put_standing(session, str(stream), outgoing.Standing(acked_seq=1))
    told = bundles.take(world.central, one_file(device))
    assert [(one.why, one.have) for one in told.refused] == [("gap", 0)]


def test_pieces_of_others_that_central_lost_come_back_under_its_own_signature(world: World) -> None:
    device, _ = working_device(world)
    world.meet(device)
    other = world.device([ANA])
    world.meet(other)
    assert held(other).items() >= held(device).items()
    with other.write() as session:
        vouchers.begin_epoch(session)  # central was put back, and this tablet has heard only that
    central = make_node(world.folder / "restored", "central", FakeClock(3))
    with central.write() as session, world.central.read() as before:
        for name in ("signing_key", kept.OWN_KEY):
            put_value(session, name, value_of(before, name))
        for row in before.execute(select(DEVICE)).all():
            session.execute(DEVICE.insert(), dict(row._mapping))
    central.close()
    central = make_node(world.folder / "restored", "central", FakeClock(4))
    told = bundles.take(central, one_file(other))
    assert told.entries == len(held(other))
    assert held(central) == held(other)
    central.close()


# ---- several files -------------------------------------------------------------------------------------------------


def test_much_is_shared_out_to_numbered_files_that_may_come_in_any_order(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bundles, "PART_BYTES", 20_000)
    device, visit = working_device(world)
    with device.write() as session:
        for seed in range(2, 6):
            attachments.keep(session, photo_bytes(seed, 120), attachments.PHOTO_TYPE, f"visit:{visit}", b"small")
    parts = list(bundles.export(device))
    assert len(parts) > 2
    assert [number for number, _, _ in parts] == list(range(1, len(parts) + 1))
    assert {of for _, of, _ in parts} == {len(parts)}
    last_first = [data for _, _, data in reversed(parts)]
    early = bundles.take(world.central, last_first[0])
    assert "not a scope of this device" in str(early.refused_files)  # its visit is not here yet
    for data in sorted([*last_first, b"no bundle"], key=bundles.place_in_order)[:-1]:
        assert bundles.take(world.central, data).refused_files == {}
    assert files_of(device) <= files_of(world.central)


def test_the_length_of_a_bundle_tells_little(world: World) -> None:
    device, _ = working_device(world)
    assert (len(read_bundle(one_file(device)).sealed) - 1136) % STEP_BYTES == 0


@pytest.mark.parametrize("count", [0, 1, 3])
def test_frames_come_out_as_they_went_in(count: int) -> None:
    frames = [(form.FILE, bytes(number) + b"x") for number in range(count)]
    plain = framed(frames)
    assert len(plain) % STEP_BYTES == 0
    assert list(frames_in(plain)) == frames
    with pytest.raises(BrokenBundle):
        list(frames_in(form.FILE + (99).to_bytes(8, "big") + b"short"))


# ---- who can read it, and what is refused --------------------------------------------------------------------------


def test_whoever_finds_the_stick_reads_nothing(world: World) -> None:
    device, visit = working_device(world)
    data = one_file(device)
    ids = [entry for entry in held(device) if entry in str(held(device))]
    for secret in (b"a word of a child", visit.encode(), ANA.encode(), photo_bytes()[:40], *map(str.encode, ids)):
        assert secret not in data
    shown = form.read_bundle(data).line.decode()
    assert set(re.findall(r'"(\w+)":', shown)) == {
        "bundle",
        "central",
        "part",
        "parts",
        "public_key",
        "sealed_to",
        "size",
    }


def _flip(data: bytes, at: int) -> bytes:
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


@pytest.mark.parametrize(
    ("spoil", "refusal"),
    [
        (lambda data: data[:-1], "cut"),
        (lambda data: data[:300], "cut"),
        (lambda data: data[:5], "cut"),
        (lambda data: _flip(data, len(data) - 1), "changed"),
        (lambda data: _flip(data, len(data) // 2), "changed"),
        (lambda data: data.replace(b'"part":1', b'"part":2'), "changed"),
        (lambda data: data + b"x", "other"),
        (lambda data: b"PK\x03\x04" + data, "other"),
        (lambda data: _flip(data, 3), "other"),
    ],
)
def test_a_bundle_that_was_cut_off_or_changed_is_refused_with_its_sentence(
    world: World, spoil: Any, refusal: str
) -> None:
    device, _ = working_device(world)
    data = one_file(device)
    before = held(world.central)
    with refuses(refusal):
        bundles.take(world.central, spoil(data))
    assert held(world.central) == before
    bundles.take(world.central, data)


@pytest.mark.parametrize("label", [b"[" * 60_000, b'{"part":1e999}', b"null", b'{"part":"\xff"}', b'{"size":-1}'])
def test_a_label_that_is_none_is_refused(world: World, label: bytes) -> None:
    device, _ = working_device(world)
    whole = json.loads(one_file(device).split(b"\n", 2)[1])
    with suppress(ValueError, TypeError, RecursionError):
        label = json.dumps(whole | json.loads(label)).encode().replace(b"Infinity", b"1e999")
    data = form.MAGIC + label + b"\n" + b"00" * 64 + b"\n"
    for refused_by in (partial(bundles.take, world.central), partial(bundles.carry, device)):
        with pytest.raises(BundleRefused):
            refused_by(data)
    assert bundles.place_in_order(data[: bundles.HEAD_BYTES])


def test_a_bundle_for_another_office_is_refused_there_and_by_its_couriers(world: World, tmp_path: Any) -> None:
    other = make_world(tmp_path / "other", seed=8)
    device, _ = working_device(world)
    foreign = other.device()
    other.meet(foreign)
    before = held(other.central), held(foreign)
    for refusing in (lambda data: bundles.take(other.central, data), lambda data: bundles.carry(foreign, data)):
        with refuses("foreign"):
            refusing(one_file(device))
    assert (held(other.central), held(foreign)) == before
    other.close()


def test_a_bundle_of_a_withdrawn_tablet_is_refused(world: World) -> None:
    device, visit = working_device(world)
    data = one_file(device)
    with world.central.write() as session:
        session.execute(update(DEVICE).where(DEVICE.c.device_id == node_of(device).device_id).values(revoked_at_ms=1))
    with refuses("nobody"):
        bundles.take(world.central, data)
    assert visit not in str(held(world.central))


def test_a_stranger_who_knows_the_offices_key_forges_nothing(world: World) -> None:
    device, _ = working_device(world)
    stranger = world.device([CY])
    world.meet(stranger)
    with world.central.write() as session:
        session.execute(DEVICE.delete().where(DEVICE.c.device_id == node_of(stranger).device_id))
    with stranger.write() as session:
        make_visit(session)
    before = held(world.central)
    with refuses("nobody"):
        bundles.take(world.central, one_file(stranger))
    forged = read_bundle(one_file(device))
    signature = node_of(stranger).sign(form.signed_message(forged.line, forged.sealed))
    with refuses("changed"):
        bundles.take(world.central, form.written(form.Bundle(forged.label, forged.line, signature, forged.sealed)))
    assert held(world.central) == before


def test_what_one_tablet_sealed_is_not_taken_as_anothers(world: World) -> None:
    """Cy's enrolled tablet found Ana's stick, and signs the sealed bytes as its own."""
    device, _ = working_device(world)
    thief = world.device([CY])
    found, before = read_bundle(one_file(device)), held(world.central)
    label = form.Label(node_of(thief).public_key, *list(vars(found.label).values())[1:])
    signature = node_of(thief).sign(form.signed_message(label.written(), found.sealed))
    with refuses("changed"):
        bundles.take(world.central, form.written(form.Bundle(label, label.written(), signature, found.sealed)))
    assert held(world.central) == before


def test_a_bundle_sealed_to_a_key_that_the_office_lost_says_what_to_do(world: World) -> None:
    device, _ = working_device(world)
    data = one_file(device)
    with world.central.write() as session:
        put_value(session, kept.OWN_KEY, new_sealing_key().hex())
    with refuses("key_old"):
        bundles.take(world.central, data)
    world.meet(device)  # it is told the new key
    with device.write() as session:
        make_visit(session)
    assert bundles.take(world.central, one_file(device)).entries == 1


# ---- the key -------------------------------------------------------------------------------------------------------


def test_the_offices_key_comes_with_enrolment_and_is_not_sent_again(world: World) -> None:
    device = world.device()
    with device.read() as session, world.central.write() as at_central:
        assert value_of(session, kept.CENTRAL_KEY) == kept.own_public_key(at_central).hex()
    told: list[str] = []

    def listening(method: str, path: str, headers: dict[str, str], body: bytes) -> Reply:
        reply = world.transport()(method, path, headers, body)
        told.append(wire.unpack(wire.ExchangeReply, reply.content()).bundle_key)
        return reply

    world.meet(device, listening)
    assert set(told) == {""}
    with device.write() as session:
        put_value(session, kept.CENTRAL_KEY, "")  # enrolled by an older program
    world.meet(device, listening)
    with device.read() as session:
        assert len(value_of(session, kept.CENTRAL_KEY)) == 2 * 1216


def test_an_older_device_is_not_told_a_key_that_it_does_not_ask_for(world: World) -> None:
    device = world.device()
    told: list[str] = []

    def older(method: str, path: str, headers: dict[str, str], body: bytes) -> Reply:
        asked = wire.unpack(wire.Exchange, codec.decompress(body, headers.get("Content-Encoding", "")))
        assert asked.bundle_key is not None
        body, headers["Content-Encoding"] = codec.compress(wire.pack(asked.model_copy(update={"bundle_key": None})))
        proof = node_of(device).sign(wire.request_message("exchange", body)).hex()
        reply = world.transport()(method, path, headers | {wire.PROOF_HEADER: proof}, body)
        told.append(wire.unpack(wire.ExchangeReply, reply.content()).bundle_key)
        return reply

    with device.write() as session:
        put_value(session, kept.CENTRAL_KEY, "")
    world.meet(device, older)
    assert set(told) == {""}
    with pytest.raises(BundleKeyMissing):
        list(bundles.export(device))


def test_two_processes_that_need_the_key_at_once_make_one(either_world: World) -> None:
    with either_world.central.write() as session:
        first = kept.own_key(session)
    with either_world.central.write() as session:
        session.info["unused"] = True
        assert kept.own_key(session) == first
        assert len(sealing_public_key(first)) == 1216


def test_a_tablet_that_is_not_enrolled_exports_nothing(world: World) -> None:
    device = make_node(world.folder / "fresh")
    with pytest.raises(NotEnrolled):
        list(bundles.export(device))
    device.close()


# ---- by courier ----------------------------------------------------------------------------------------------------


def test_another_tablet_carries_a_bundle_that_it_cannot_open(world: World) -> None:
    device, visit = working_device(world)
    courier = world.device([CY])
    data = one_file(device)
    label = bundles.carry(courier, data)
    bundles.carry(courier, data)
    assert label.device_id == node_of(device).device_id
    assert visit not in str(held(courier))
    with refuses("foreign"):
        bundles.take(courier, data)  # it has no key, and is no central
    world.meet(courier)
    assert held(device).items() <= held(world.central).items()
    assert files_of(device) <= files_of(world.central)
    assert unsent(device) == (3, 1)  # acknowledged is nothing until it meets central itself
    with courier.read() as session:
        ((bytes_left, sent_at),) = session.execute(select(BUNDLE.c.data, BUNDLE.c.sent_at_ms)).all()
    assert bytes_left == b"" and sent_at


def test_a_courier_whose_answer_was_lost_brings_it_again_and_nothing_doubles(world: World) -> None:
    device, visit = working_device(world)
    courier = world.device([CY])
    bundles.carry(courier, one_file(device))

    def losing(method: str, path: str, headers: dict[str, str], body: bytes) -> Reply:
        reply = world.transport()(method, path, headers, body)
        return Reply(503, {}, b"") if path.endswith("/bundles") else reply

    with pytest.raises(AppError):
        world.meet(courier, losing)
    before = held(world.central)
    assert held(device).items() <= before.items()
    world.meet(courier)
    assert held(world.central) == before
    assert len(feed_positions(world.central, f"visit:{visit}")) == 3


def test_a_courier_does_not_bring_for_ever_what_central_refuses(world: World) -> None:
    device, _ = working_device(world)
    courier = world.device([CY])
    data = one_file(device)
    bundles.carry(courier, data)
    with world.central.write() as session:
        session.execute(update(DEVICE).where(DEVICE.c.device_id == node_of(device).device_id).values(revoked_at_ms=1))
    world.meet(courier)
    with courier.read() as session:
        assert kept.to_hand_over(session) == []
        assert value_of(session, f"{kept.PROBLEM}{attachments.sha256_of(data)}") == "nobody"


def test_a_wrong_bundle_of_an_enrolled_tablet_holds_up_no_courier(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Well signed and sealed, with a seal over its entries that does not hold."""
    hostile, _ = working_device(world)
    courier = world.device([CY])
    true_push = bundles.push_of
    monkeypatch.setattr(bundles, "push_of", lambda *of: true_push(*of).model_copy(update={"seal": "00" * 64}))
    data = one_file(hostile)
    with refuses("changed"):
        bundles.take(world.central, data)
    bundles.carry(courier, data)
    with courier.write() as session:
        document = attachments.keep(session, b"{}", attachments.DOCUMENT_TYPE, f"person:{CY}")
    world.meet(courier)
    with courier.read() as session:
        assert kept.to_hand_over(session) == []
    assert document in files_of(world.central)


def test_nobody_but_an_enrolled_device_brings_a_bundle(world: World) -> None:
    device, _ = working_device(world)
    data = one_file(device)
    courier = world.device([CY])
    proof = node_of(courier).sign(wire.request_message("bundles", data)).hex()
    headers = {"X-Device": node_of(courier).device_id, wire.PROOF_HEADER: proof, wire.NONCE_HEADER: "00" * 8}
    assert world.transport()("POST", f"{wire.PREFIX}/bundles", headers, data).status == 413  # a stranger may say little
    assert not held(device).items() <= held(world.central).items()
    with world.central.read() as session:
        assert journal.own_streams(session)
