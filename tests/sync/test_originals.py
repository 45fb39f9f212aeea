"""Originals of photos on their way: after all else, resumed, within the budget, and held up by nothing nor holding up."""

from __future__ import annotations

import pytest
from sqlalchemy import update

from app.domain.journal import Draft
from app.errors import CentralUnreachable
from app.store import attachments, journal, originals, reads, uploads, verification
from app.store import bundles as kept
from app.store.attachments import ORIGINAL_TYPE, PHOTO_TYPE, sha256_of
from app.store.db import Database
from app.store.node import put_value
from app.store.tables import AttachmentRow, table
from app.store.uploads import Upload
from app.sync import bundles, files, wire
from app.sync.link import Reply, Transport
from tests.builders import ANA, World, answer, make_visit, node_of
from tests.sync.test_blobs import webp
from tests.sync.test_bundles import files_of
from tests.sync.test_files import Watched, durable
from tests.sync.test_hub import Field

ATTACHMENT = table(AttachmentRow)
CAMERA = b"\xff\xd8\xff as the camera made it, with the place " * 900


def photograph(device: Database, visit: str, shade: int = 5) -> tuple[str, str, str]:
    """A photo with its original; returns the photo's id and the hashes of both."""
    scope = f"visit:{visit}"
    with device.write() as session:
        sha256 = attachments.keep(session, webp(shade), PHOTO_TYPE, scope, b"small")
        named = {"sha256": sha256, **originals.keep(session, CAMERA + bytes([shade]), sha256, scope)}
        photo_id = node_of(device).clock.new_id()
        journal.append(session, Draft("photo", photo_id, scope, named), ANA)
    return photo_id, sha256, str(named["original"])


def opened(central: Database, photo_id: str) -> bytes | None:
    with central.read() as session:
        photo = reads.record(session, photo_id)
        assert photo is not None
        return originals.opened(session, photo)


def unsent(device: Database) -> list[str]:
    with device.read() as session:
        return [sha256 for sha256, _ in attachments.unsent(session)]


@pytest.fixture
def device(either_world: World) -> Database:
    device = either_world.device([ANA])
    either_world.meet(device)
    return device


@pytest.fixture
def visit(device: Database) -> str:
    with device.write() as session:
        return make_visit(session)


def test_originals_go_after_all_photos_the_oldest_first(either_world: World, device: Database, visit: str) -> None:
    shot = [photograph(device, visit, shade) for shade in (1, 2, 3)]
    watched = Watched(either_world)
    either_world.meet(device, watched)
    went = [path.removeprefix("/blobs/") for method, path, _ in watched.seen if method == "PUT"]
    assert went == [sha256 for _, sha256, _ in shot] + [original for _, _, original in shot]
    assert [opened(either_world.central, one[0]) for one in shot] == [CAMERA + bytes([s]) for s in (1, 2, 3)]
    assert unsent(device) == []


def test_an_original_that_broke_off_goes_on_from_the_last_durable_byte(
    either_world: World, device: Database, visit: str
) -> None:
    photo_id, _, original = photograph(device, visit)
    with device.read() as session:
        _, sealed = attachments.read(session, original) or ("", b"")

    def breaks(method: str, path: str, body: bytes) -> None:
        if path.endswith(original):
            with either_world.central.write() as session:
                part = Upload(original, f"visit:{visit}", ORIGINAL_TYPE, len(sealed))
                uploads.take_piece(session, part, 0, sealed[:20_000])
            raise CentralUnreachable()

    with pytest.raises(CentralUnreachable):
        either_world.meet(device, Watched(either_world, breaks))
    assert durable(either_world, original) == 20_000 and opened(either_world.central, photo_id) is None
    watched = Watched(either_world)
    either_world.meet(device, watched)
    assert [one for one in watched.seen if "blobs" in one[1]] == [
        ("PUT", f"/blobs/{original}", len(sealed) - 20_000),
    ]
    assert opened(either_world.central, photo_id) == CAMERA + b"\5"


def without_originals(inner: Transport, central: Database) -> Transport:
    """A central that does not say that it takes originals."""

    def older(method: str, path: str, headers: dict[str, str], body: bytes) -> Reply:
        reply = inner(method, path, headers, body)
        if not path.endswith("/exchange"):
            return reply
        told = wire.unpack(wire.ExchangeReply, reply.content())
        data = wire.pack(told.model_copy(update={"takes_originals": False}))
        proof = node_of(central).sign(wire.reply_message("exchange", 200, told.nonce, data)).hex()
        kept = {name: value for name, value in reply.headers.items() if name != "content-encoding"}
        return Reply(200, kept | {wire.SIGNATURE_HEADER.lower(): proof}, data)

    return older


def test_an_older_central_is_not_offered_originals_and_gets_all_else(
    either_world: World, device: Database, visit: str
) -> None:
    _, photo, original = photograph(device, visit)
    watched = Watched(either_world)
    either_world.meet(device, without_originals(watched, either_world.central))
    assert photo in files_of(either_world.central)
    assert not any(path.endswith(original) for _, path, _ in watched.seen)
    assert unsent(device) == [original]
    either_world.meet(device)  # it was brought up to date
    assert unsent(device) == []


def test_a_central_that_refuses_originals_holds_up_nothing(
    either_world: World, device: Database, visit: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, _, first = photograph(device, visit, 1)
    _, photo, second = photograph(device, visit, 2)
    monkeypatch.setattr("app.sync.taken_files.TAKEN_TYPES", (PHOTO_TYPE, attachments.DOCUMENT_TYPE))

    def writes(method: str, path: str, body: bytes) -> None:
        if path.endswith(first):
            with device.write() as session:
                answer(session, visit, "A-1", "yes")

    outcome = either_world.meet(device, Watched(either_world, writes))
    assert set(outcome.refused_blobs) == {first, second}
    assert photo in files_of(either_world.central)
    with either_world.central.read() as session:
        assert reads.records(session, "answer", f"visit:{visit}")


def test_originals_wait_for_tomorrow_when_the_days_budget_is_used_up_and_while_photos_are_paused(
    either_world: World, device: Database, visit: str
) -> None:
    _, photo, original = photograph(device, visit)
    with device.write() as session:
        put_value(session, files.DAY_MB, "5")
        session.execute(update(ATTACHMENT).where(ATTACHMENT.c.sha256 == original).values(size=5_000_000))
    either_world.meet(device)
    assert unsent(device) == [original]
    with device.write() as session:
        put_value(session, files.DAY_MB, "0")
        put_value(session, files.PAUSED, "on")
    either_world.meet(device)
    assert unsent(device) == [original]
    with device.write() as session:
        put_value(session, files.PAUSED, "off")
    either_world.meet(device)
    assert unsent(device) == [] and {photo, original} <= files_of(either_world.central)


def test_central_asks_again_for_an_original_that_it_lost(either_world: World, device: Database, visit: str) -> None:
    photo_id, photo, original = photograph(device, visit)
    either_world.meet(device)
    with either_world.central.write() as session:
        session.execute(ATTACHMENT.delete().where(ATTACHMENT.c.sha256.in_([photo, original])))
        assert "0 of 1 originals of photos are here; 1 are still" in verification.outstanding_photos(session)
    watched = Watched(either_world)
    either_world.meet(device, watched)
    assert [path.removeprefix("/blobs/") for method, path, _ in watched.seen if method == "PUT"] == [photo, original]
    assert opened(either_world.central, photo_id) == CAMERA + b"\5"
    with either_world.central.read() as session:
        assert not verification.outstanding_photos(session)


def test_verify_names_an_original_that_was_changed(either_world: World, device: Database, visit: str) -> None:
    _, _, original = photograph(device, visit)
    either_world.meet(device)
    with either_world.central.write() as session:
        session.execute(update(ATTACHMENT).where(ATTACHMENT.c.sha256 == original).values(data=b"x"))
        found = list(verification.findings(session, lambda *_: True))
    assert [one.where for one in found] == [f"file {original}"]


def test_a_sealed_bundle_carries_originals_last(either_world: World, device: Database, visit: str) -> None:
    photo_id, photo, original = photograph(device, visit)
    with device.read() as session:
        assert [sha256 for sha256, _ in kept.files_to_export(session, everything=False)] == [photo, original]
    ((_, _, data),) = bundles.export(device)
    told = bundles.take(either_world.central, data)
    assert (told.files, told.refused_files) == (2, {})
    assert opened(either_world.central, photo_id) == CAMERA + b"\5"


def test_a_hub_passes_originals_on_and_cannot_open_them(world: World) -> None:
    field = Field(world)
    visit = field.visit()
    photo_id, photo, original = photograph(field.ana, visit)
    assert field.meet(field.ana).files == 2
    assert {photo, original} <= files_of(field.hub)
    world.meet(field.hub)
    assert opened(world.central, photo_id) == CAMERA + b"\5"
    with field.hub.read() as session:
        held = attachments.read(session, original)
    assert held and sha256_of(held[1]) == original and CAMERA[:60] not in held[1]
