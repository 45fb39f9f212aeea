"""Originals of photos: off by default, sealed at once, opened by nobody on the tablet, and by a reviewer at the office."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator

import pytest
from PIL import Image
from sqlalchemy import select, text, update

from app.domain.journal import Draft, Json
from app.errors import OriginalNotGenuine
from app.store import attachments, journal, originals
from app.store.attachments import ORIGINAL_TYPE
from app.store.bundles import CENTRAL_KEY, own_public_key
from app.store.db import Database
from app.store.node import put_value, value_of
from app.store.tables import AttachmentRow, NodeValueRow, table
from app.store.vault import open_sealed, seal_to, sealing_public_key
from app.sync import client, files
from tests.web.nodes import PERSON_IDS, Browser, Node, Visiting, problem_of, text_of
from tests.web.test_photos import photograph, picture

ATTACHMENT, VALUE = table(AttachmentRow), table(NodeValueRow)
GPS, DESCRIPTION, LATITUDE = 0x8825, 0x010E, 2
SECRET = "Алматы, Төле би 155"


def camera_photo(colour: str = "green", size: tuple[int, int] = (900, 700)) -> bytes:
    """A photo as a camera makes it: with the place in it, in three ways."""
    exif = Image.Exif()
    exif[DESCRIPTION] = SECRET
    exif.get_ifd(GPS)[LATITUDE] = (43.0, 14.0, 33.0)
    return picture(size, exif=exif, colour=colour, comment=SECRET.encode()) + SECRET.encode()


@pytest.fixture
def keeping(device: Node) -> Node:
    """The tablet, told to keep originals."""
    device.app.state.settings = device.app.state.settings.model_copy(update={"keep_originals": True})
    return device


@pytest.fixture
def photographed(ana: Browser, visit: Visiting, keeping: Node) -> Visiting:
    ana.tap(visit.answer_url("B1"), value="no", flagged="on", severity="danger")
    photograph(ana, visit, camera_photo(), caption="есік")
    ana.submit(f"{visit.url}/finish", reason="уақыт")
    return visit


def sealed_of(database: Database) -> list[bytes]:
    with database.read() as session:
        return list(
            session.execute(select(ATTACHMENT.c.data).where(ATTACHMENT.c.media_type == ORIGINAL_TYPE)).scalars()
        )


def desk(ben: Browser, visit: Visiting) -> str:
    return text_of(ben.get(f"/reviews/{visit.visit_id}?indicator=B1").text)


def original_url(visit: Visiting) -> str:
    return f"/photos/{visit.records().photos[0].subject}/original"


# ---- on the tablet -----------------------------------------------------------------------------------------------------


def test_no_original_is_kept_unless_the_tablet_is_told_to(ana: Browser, visit: Visiting, device: Node) -> None:
    page = photograph(ana, visit, camera_photo()).text
    assert sealed_of(device.database) == []
    assert not {"original", "original_sha256", "no_original"} & set(visit.records().photos[0].fields)
    assert "original" not in text_of(page)


def test_the_entry_names_the_sealed_bytes_and_what_the_camera_made(
    ana: Browser, visit: Visiting, keeping: Node
) -> None:
    page = photograph(ana, visit, camera_photo()).text
    (photo,), (sealed,) = visit.records().photos, sealed_of(keeping.database)
    assert photo.text("original") == attachments.sha256_of(sealed)
    assert photo.text("original_sha256") == attachments.sha256_of(camera_photo())
    with keeping.database.read() as session:
        assert attachments.scope_of(session, photo.text("original")) == photo.scope
    assert "Its original is kept, sealed for the office." in text_of(page)


def test_the_same_photo_sent_twice_has_one_original(ana: Browser, visit: Visiting, keeping: Node) -> None:
    for _ in range(2):
        photograph(ana, visit, camera_photo(), tap="p1")
    assert len(sealed_of(keeping.database)) == 1


def test_what_is_no_photo_leaves_no_original(ana: Browser, visit: Visiting, keeping: Node) -> None:
    assert photograph(ana, visit, b"no photo").status_code == 422
    assert sealed_of(keeping.database) == []


def test_what_the_camera_wrote_into_it_is_nowhere_on_the_tablet(ana: Browser, visit: Visiting, keeping: Node) -> None:
    photograph(ana, visit, camera_photo())
    for place in values_in(keeping.database):
        assert SECRET.encode() not in place
    kept = Image.open(io.BytesIO(ana.get(f"/photos/{visit.records().photos[0].subject}").content))
    assert not kept.getexif()


def values_in(database: Database) -> Iterator[bytes]:
    """Every value of every row, as whoever has unlocked the tablet can read it."""
    with database.read() as session:
        tables = session.execute(text("SELECT name FROM sqlite_master WHERE type = 'table'")).scalars().all()
        for name in tables:
            for row in session.execute(text(f'SELECT * FROM "{name}"')):  # noqa: S608
                yield from (one if isinstance(one, bytes) else str(one).encode() for one in row)


def keys_for(public_key: bytes, database: Database) -> list[bytes]:
    """Each run of 96 bytes among the node's own values that is the private half of this key."""
    with database.read() as session:
        values = [bytes.fromhex(v) for v in session.execute(select(VALUE.c.value)).scalars() if is_hex(v)]
    values += [key.private_bytes_raw() * 3 for key in database.node.person_keys.values()]
    runs = {value[at : at + 96] for value in values for at in range(0, len(value) - 95)}
    return [run for run in runs if sealing_public_key(run) == public_key]


def is_hex(value: str) -> bool:
    return len(value) % 2 == 0 and all(sign in "0123456789abcdef" for sign in value)


def test_nothing_on_the_tablet_opens_an_original(
    ana: Browser, photographed: Visiting, central: Node, device: Node
) -> None:
    with device.database.read() as session:
        public_key = bytes.fromhex(value_of(session, CENTRAL_KEY))
        (photo,) = photographed.records().photos
        with pytest.raises(OriginalNotGenuine):  # a tablet has no private key for it
            originals.opened(session, photo)
    assert keys_for(public_key, device.database) == []
    (key,) = keys_for(public_key, central.database)  # what would open it is at the office
    assert (
        open_sealed(key, sealed_of(device.database)[0], originals.sealed_info(photo.text("sha256"))) == camera_photo()
    )
    assert ana.get(original_url(photographed)).status_code == 404


def test_a_tablet_without_the_offices_key_keeps_the_photo_and_says_so(
    ana: Browser, visit: Visiting, keeping: Node
) -> None:
    with keeping.database.write() as session:
        put_value(session, CENTRAL_KEY, "")
    reply = photograph(ana, visit, camera_photo(), tap="p1")
    assert (reply.status_code, reply.headers["X-Op-Ack"]) == (200, "p1")
    assert "Kept without its original: the tablet had no key of the office yet." in text_of(reply.text)
    assert not problem_of(reply.text)
    assert len(visit.records().photos) == 1 and sealed_of(keeping.database) == []


def test_an_original_too_large_to_be_sent_is_left_out(
    ana: Browser, visit: Visiting, keeping: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(originals, "MAX_BYTES", 1000)
    assert "Kept without its original: that is too large" in text_of(photograph(ana, visit, camera_photo()).text)


def test_a_visit_of_which_originals_wait_is_not_called_sent(
    ana: Browser, photographed: Visiting, device: Node, meet: Callable[[], client.Outcome]
) -> None:
    meet()
    assert "Everything is at the centre" in text_of(ana.get(photographed.url).text)
    with device.database.write() as session:
        of_originals = ATTACHMENT.c.media_type == ORIGINAL_TYPE
        session.execute(update(ATTACHMENT).where(of_originals).values(sent_at_ms=None))
    hub = text_of(ana.get(photographed.url).text)
    assert "Originals of photos to send: 1" in hub and "Everything is at the centre" not in hub


def test_the_sync_page_has_words_of_their_own_for_originals(ana: Browser, photographed: Visiting) -> None:
    page = text_of(ana.get("/sync").text)
    assert "1 photo, 1 original of a photo, 1 checklist" in page
    assert "Original of: есік" in page
    assert "Originals of photos are kept too and go last." in page


def test_paused_photos_keep_their_originals_back(
    ana: Browser, photographed: Visiting, meet: Callable[[], client.Outcome]
) -> None:
    ana.submit("/sync/photos/pause", paused="on")
    meet()
    assert "To send: 1 photo, 1 original of a photo ·" in text_of(ana.get("/sync").text)


# ---- at the office -----------------------------------------------------------------------------------------------------


def test_a_reviewer_gets_the_very_bytes_of_the_camera(
    ben: Browser, photographed: Visiting, meet: Callable[[], client.Outcome]
) -> None:
    meet()
    url = original_url(photographed)
    assert f'href="{url}"' in ben.get(f"/reviews/{photographed.visit_id}?indicator=B1").text
    reply = ben.get(url)
    assert reply.status_code == 200 and reply.content == camera_photo()
    assert Image.open(io.BytesIO(reply.content)).getexif().get_ifd(GPS)[LATITUDE] == (43.0, 14.0, 33.0)
    assert reply.headers["Content-Disposition"] == 'attachment; filename="original.jpg"'
    assert reply.headers["Content-Type"] == "application/octet-stream"
    assert reply.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert reply.headers["X-Content-Type-Options"] == "nosniff"
    assert reply.headers["Cache-Control"] == "no-store"


def test_what_the_office_shows_has_no_place_in_it(
    ben: Browser, photographed: Visiting, meet: Callable[[], client.Outcome]
) -> None:
    meet()
    shown = ben.get(original_url(photographed).removesuffix("/original")).content
    assert not Image.open(io.BytesIO(shown)).getexif() and SECRET.encode() not in shown


def test_originals_are_not_counted_as_photos_and_say_that_they_are_on_their_way(
    ben: Browser, photographed: Visiting, device: Node, meet: Callable[[], client.Outcome]
) -> None:
    with device.database.write() as session:
        put_value(session, files.PAUSED, "on")
    meet()
    assert "0 of 1 photo here" in desk(ben, photographed)
    with device.database.write() as session:
        put_value(session, files.PAUSED, "off")
        put_value(session, files.DAY_MB, "5")
        put_value(session, files.SPENT, "")
        of_originals = ATTACHMENT.c.media_type == ORIGINAL_TYPE
        session.execute(update(ATTACHMENT).where(of_originals).values(size=6_000_000))
    meet()
    page = desk(ben, photographed)
    assert "1 of 1 photo here" in page and "Original: on its way" in page
    assert ben.get(original_url(photographed)).status_code == 404


@pytest.mark.parametrize(("name", "status"), [("ben", 200), ("bek", 200), ("ana", 403), ("cy", 403), ("adm", 403)])
def test_originals_are_for_reviewers(
    central: Node, photographed: Visiting, meet: Callable[[], client.Outcome], name: str, status: int
) -> None:
    meet()
    assert central.browser(name).get(original_url(photographed)).status_code == status


def test_the_original_of_a_photo_that_was_taken_out_is_gone(
    ana: Browser, ben: Browser, visit: Visiting, keeping: Node, meet: Callable[[], client.Outcome]
) -> None:
    photograph(ana, visit, camera_photo())
    url = original_url(visit)
    meet()
    assert ben.get(url).status_code == 200
    ana.submit(url.removesuffix("/original").replace("/photos", f"{visit.url}/photos") + "/removal")
    meet()
    assert ben.get(url).status_code == 404


def is_refused_in_a_sentence(ben: Browser, visit: Visiting) -> bool:
    reply = ben.get(original_url(visit))
    return reply.status_code == 409 and "not what the tablet sealed" in problem_of(reply.text)


def test_an_original_that_was_changed_or_changed_over_is_refused_in_a_sentence(
    ana: Browser, ben: Browser, photographed: Visiting, central: Node, meet: Callable[[], client.Outcome]
) -> None:
    meet()
    (sealed,) = sealed_of(central.database)
    with central.database.read() as session:
        public_key = own_public_key(session)
    of_another_photo = seal_to(public_key, camera_photo(), originals.sealed_info("0" * 64))
    for changed in (sealed[:-1] + bytes([sealed[-1] ^ 1]), sealed[:100], b"", camera_photo(), of_another_photo):
        with central.database.write() as session:
            is_original = ATTACHMENT.c.media_type == ORIGINAL_TYPE
            session.execute(update(ATTACHMENT).where(is_original).values(data=changed))
        assert is_refused_in_a_sentence(ben, photographed)


def test_an_original_that_is_not_what_its_entry_says_is_refused_in_a_sentence(
    ana: Browser, ben: Browser, visit: Visiting, keeping: Node, meet: Callable[[], client.Outcome]
) -> None:
    photograph(ana, visit, camera_photo())
    (photo,) = visit.records().photos
    with keeping.database.write() as session:
        other: dict[str, Json] = {"original_sha256": "0" * 64}
        journal.append(session, Draft("photo", photo.subject, photo.scope, other, photo.heads), PERSON_IDS["ana"])
    meet()
    assert is_refused_in_a_sentence(ben, visit)


def test_a_photo_is_never_served_from_bytes_that_came_as_an_original(
    ana: Browser, ben: Browser, visit: Visiting, keeping: Node, meet: Callable[[], client.Outcome]
) -> None:
    """What nobody can look into is no way around the look at photos."""
    photograph(ana, visit, camera_photo())
    (photo,) = visit.records().photos
    with keeping.database.write() as session:
        other: dict[str, Json] = {"sha256": photo.text("original")}
        journal.append(session, Draft("photo", photo.subject, photo.scope, other, photo.heads), PERSON_IDS["ana"])
    meet()
    for address in (f"/photos/{photo.subject}", f"/photos/{photo.subject}/thumbnail"):
        assert ben.get(address).status_code == 404


def test_the_office_knows_that_a_tablet_still_has_originals(
    ana: Browser, photographed: Visiting, central: Node, meet: Callable[[], client.Outcome], device: Node
) -> None:
    meet()
    with central.database.write() as session:
        session.execute(ATTACHMENT.delete().where(ATTACHMENT.c.media_type == ORIGINAL_TYPE))
    page = text_of(central.browser("adm").get(f"/devices/{device.database.node.device_id}").text)
    assert "Only on the tablet 1 original of a photo" in page
    assert "Named in entries, not here yet 1 original of a photo" in page
