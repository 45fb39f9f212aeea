"""Photos and checklists: whole or not at all, once, each for itself."""

import hashlib
import io

import pytest
from PIL import Image
from sqlalchemy import delete

from app.domain.journal import Draft
from app.errors import CentralNotGenuine
from app.store import attachments, journal
from app.store.attachments import DOCUMENT_TYPE, PHOTO_TYPE
from app.store.db import Database
from app.store.tables import AttachmentRow, table
from app.sync import link, wire
from app.sync.link import Reply
from tests.builders import ANA, CY, World, make_visit, node_of

DOCUMENT = b'{"checklist":{}}'
SHA256 = hashlib.sha256(DOCUMENT).hexdigest()


def webp(shade: int = 5) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (64, 48), (shade * 50, 9, 9)).save(out, "WEBP")
    return out.getvalue()


def photograph(device: Database, visit: str, data: bytes) -> str:
    with device.write() as session:
        sha256 = attachments.keep(session, data, PHOTO_TYPE, f"visit:{visit}", b"small")
        journal.append(session, Draft("photo", sha256[:8], f"visit:{visit}", {"sha256": sha256}), ANA)
    return sha256


def waiting(device: Database) -> list[str]:
    with device.read() as session:
        return [sha256 for sha256, _ in attachments.unsent(session)]


def kept(database: Database, sha256: str) -> bytes | None:
    with database.read() as session:
        found = attachments.read(session, sha256)
    return found[1] if found else None


@pytest.fixture
def device(world: World) -> Database:
    return world.device([ANA])


@pytest.fixture
def visit(device: Database) -> str:
    with device.write() as session:
        return make_visit(session)


def test_a_photo_comes_to_central_with_a_thumbnail_made_there(world: World, device: Database, visit: str) -> None:
    sha256 = photograph(device, visit, webp())
    world.meet(device)
    assert kept(world.central, sha256) == webp()
    assert waiting(device) == []
    with world.central.read() as session:
        small = attachments.read_thumbnail(session, sha256)
    assert small and small != b"small" and small[8:12] == b"WEBP"


def test_an_upload_that_is_repeated_is_kept_once(world: World, device: Database, visit: str) -> None:
    sha256 = photograph(device, visit, webp())

    def twice(method: str, path: str, headers: dict[str, str], body: bytes) -> Reply:
        world.transport()(method, path, headers, body)
        return world.transport()(method, path, headers, body)

    assert world.meet(device, twice).blobs == 1
    assert kept(world.central, sha256) == webp()


@pytest.mark.parametrize("damage", [lambda b: b[:-1], lambda b: b"", lambda b: b + b"x", lambda b: b"y" + b[1:]])
def test_bytes_that_are_not_what_their_name_says_are_not_kept(
    world: World, device: Database, visit: str, damage
) -> None:  # type: ignore[no-untyped-def]
    sha256 = photograph(device, visit, webp())

    def damaged(method: str, path: str, headers: dict[str, str], body: bytes) -> Reply:
        return world.transport()(method, path, headers, damage(body) if method == "PUT" else body)

    outcome = world.meet(device, damaged)
    assert (outcome.blobs, list(outcome.refused_blobs)) == (0, [sha256])
    assert kept(world.central, sha256) is None
    assert waiting(device) == [sha256]
    assert world.meet(device).blobs == 1


def test_one_that_central_refuses_holds_up_no_other(world: World, device: Database, visit: str) -> None:
    with device.write() as session:
        foreign = attachments.keep(session, webp(1), PHOTO_TYPE, "visit:of-others")
        no_photo = attachments.keep(session, b"<svg/>", PHOTO_TYPE, f"visit:{visit}")
    good = photograph(device, visit, webp(2))
    outcome = world.meet(device)
    assert set(outcome.refused_blobs) == {foreign, no_photo}
    assert kept(world.central, good) == webp(2)
    assert waiting(device) == [foreign, no_photo]
    assert kept(world.central, foreign) is kept(world.central, no_photo) is None


def test_what_central_lost_it_asks_for_again(world: World, device: Database, visit: str) -> None:
    sha256 = photograph(device, visit, webp())
    world.meet(device)
    with world.central.write() as session:
        session.execute(delete(table(AttachmentRow)))
    assert world.meet(device).blobs == 1
    assert kept(world.central, sha256) == webp()


def test_the_word_complete_of_an_older_upload_counts_nothing(world: World, device: Database, visit: str) -> None:
    photograph(device, visit, webp())
    replies: list[Reply] = []

    def listening(method: str, path: str, headers: dict[str, str], body: bytes) -> Reply:
        replies.append(world.transport()(method, path, headers, body))
        return replies[-1]

    world.meet(device, listening)
    with device.write() as session:
        session.execute(table(AttachmentRow).update().values(sent_at_ms=None))
    before = waiting(device)

    def old(method: str, path: str, headers: dict[str, str], body: bytes) -> Reply:
        return replies[-1] if method == "PUT" else world.transport()(method, path, headers, body)

    with pytest.raises(CentralNotGenuine):
        world.meet(device, old)
    assert waiting(device) == before


def test_a_portal_in_the_middle_of_the_photos_marks_none(world: World, device: Database, visit: str) -> None:
    for shade in range(3):
        photograph(device, visit, webp(shade))
    count = 0

    def portal(method: str, path: str, headers: dict[str, str], body: bytes) -> Reply:
        nonlocal count
        count += method == "PUT"
        return Reply(200, {}, b"<html>") if count == 2 else world.transport()(method, path, headers, body)

    with pytest.raises(CentralNotGenuine):
        world.meet(device, portal)
    assert len(waiting(device)) == 2
    assert world.meet(device).blobs == 2


def test_a_signed_document_is_no_reply_to_anything_else(world: World, device: Database) -> None:
    """A device could bring central a "document" that reads like a reply, and have it signed by asking for it."""
    with device.write() as session:
        forged = b'{"complete":"' + SHA256.encode() + b'"}'
        sha256 = attachments.keep(session, forged, DOCUMENT_TYPE, "reference")
        make_visit(session, checklist_sha256=sha256)
    world.meet(device)
    with device.write() as session:
        attachments.keep(session, DOCUMENT, DOCUMENT_TYPE, "reference")
    replies: list[Reply] = []

    def oracle(method: str, path: str, headers: dict[str, str], body: bytes) -> Reply:
        if method == "PUT":
            nonce, asked = headers[wire.NONCE_HEADER], dict(headers)
            proof = wire.blob_request("GET", sha256, asked["X-Scope"], nonce)
            asked[wire.PROOF_HEADER] = node_of(device).sign(proof).hex()
            replies.append(world.transport()("GET", f"/sync/v1/blobs/{sha256}", asked, b""))
            return replies[-1]
        return world.transport()(method, path, headers, body)

    with pytest.raises(CentralNotGenuine):
        world.meet(device, oracle)
    assert [reply.body for reply in replies] == [forged]
    assert waiting(device) == [SHA256]


def test_a_checklist_that_a_visit_pins_comes_to_the_tablet_and_only_there(world: World) -> None:
    anas, cys = world.device([ANA]), world.device([CY])
    with world.central.write() as session:
        attachments.keep(session, DOCUMENT, DOCUMENT_TYPE, "reference")
        make_visit(session, checklist_sha256=SHA256)
    assert world.meet(anas).blobs == 1
    assert kept(anas, SHA256) == DOCUMENT
    assert waiting(anas) == []
    world.meet(cys)
    assert kept(cys, SHA256) is None


def test_a_checklist_that_was_changed_on_the_way_is_not_kept(world: World) -> None:
    device = world.device([ANA])
    with world.central.write() as session:
        attachments.keep(session, DOCUMENT, DOCUMENT_TYPE, "reference")
        make_visit(session, checklist_sha256=SHA256)

    def changed(method: str, path: str, headers: dict[str, str], body: bytes) -> Reply:
        reply = world.transport()(method, path, headers, body)
        return Reply(200, {}, b"{}") if method == "GET" else reply

    assert world.meet(device, changed).blobs == 0
    assert kept(device, SHA256) is None
    assert world.meet(device).blobs == 1


def test_a_checklist_that_no_visit_of_theirs_pins_is_not_given(world: World) -> None:
    cys = world.device([CY])
    with world.central.write() as session:
        attachments.keep(session, DOCUMENT, DOCUMENT_TYPE, "reference")
        make_visit(session, checklist_sha256=SHA256)
    with cys.write() as session:
        make_visit(session, team=(CY,))
    world.meet(cys)
    with cys.read() as session:
        headers = link.signed_in(session)
    link.prove_blob(node_of(cys), headers, "GET", SHA256, "reference")
    assert world.transport()("GET", f"/sync/v1/blobs/{SHA256}", headers, b"").status == 404
