"""Files on their way: small pictures first, resumed where they broke off, within what people allow."""

import io
import random
import threading
from collections.abc import Callable

import pytest
from PIL import Image
from sqlalchemy import select, update

from app.errors import CentralNotGenuine, CentralUnreachable
from app.store import attachments, backups, central_words, outgoing, uploads
from app.store.attachments import PHOTO_TYPE
from app.store.db import Database
from app.store.node import EPOCH, put_value, value_of
from app.store.tables import AttachmentRow, BackupRow, DeviceRow, StreamRow, UploadRow, table
from app.sync import client, files, link, streamed_files, taken_files, wire
from app.sync.file_wire import offset_message
from app.sync.link import Reply
from app.sync.progress import Progress
from tests.builders import ANA, FakeClock, World, answer, make_visit, node_of
from tests.sync.test_blobs import photograph

ATTACHMENT, STREAM = table(AttachmentRow), table(StreamRow)


def noisy_photo(seed: int = 1) -> bytes:
    """A photo of about 60 KB, such as a tablet keeps."""
    chance = random.Random(seed)
    image = Image.frombytes("RGB", (320, 240), chance.randbytes(320 * 240 * 3))
    out = io.BytesIO()
    image.save(out, "WEBP", quality=50)
    return out.getvalue()


@pytest.fixture
def device(either_world: World) -> Database:
    return either_world.device([ANA])


@pytest.fixture
def visit(device: Database) -> str:
    with device.write() as session:
        return make_visit(session)


class Watched:
    """The way to central, with a note of each request, and a hand in between."""

    def __init__(self, world: World, between: Callable[[str, str, bytes], None] = lambda *_: None) -> None:
        self.inner, self.between, self.seen = world.transport(), between, list[tuple[str, str, int]]()

    def __call__(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Reply:
        self.seen.append((method, path.removeprefix(wire.PREFIX), len(body)))
        self.between(method, path, body)
        return self.inner(method, path, headers, body)


def durable(world: World, sha256: str) -> int:
    with world.central.read() as session:
        return uploads.received(session, sha256)


def take_part(world: World, sha256: str, scope: str, data: bytes, size: int) -> None:
    """Central has the first bytes of a file, as after a link that broke."""
    with world.central.write() as session:
        uploads.take_piece(session, uploads.Upload(sha256, scope, PHOTO_TYPE, size), 0, data)


def test_an_upload_that_broke_off_goes_on_from_the_last_durable_byte(
    either_world: World, device: Database, visit: str
) -> None:
    data = noisy_photo()
    sha256 = photograph(device, visit, data)

    def breaks(method: str, path: str, body: bytes) -> None:
        if method == "PUT":
            take_part(either_world, sha256, f"visit:{visit}", data[:20_000], len(data))
            raise CentralUnreachable()

    with pytest.raises(CentralUnreachable):
        either_world.meet(device, Watched(either_world, breaks))
    assert durable(either_world, sha256) == 20_000
    watched = Watched(either_world)
    assert either_world.meet(device, watched).blobs == 1
    assert [one for one in watched.seen if "blobs" in one[1]] == [
        ("PUT", f"/blobs/{sha256}", len(data) - 20_000),
    ]
    with either_world.central.read() as session:
        assert attachments.read(session, sha256) == (PHOTO_TYPE, data)
        assert uploads.count(session) == 0


def test_a_file_whose_last_answer_was_lost_is_whole_and_not_sent_again(
    either_world: World, device: Database, visit: str
) -> None:
    data = noisy_photo()
    photograph(device, visit, data)
    inner = either_world.transport()

    def lost(method: str, path: str, headers: dict[str, str], body: bytes) -> Reply:
        reply = inner(method, path, headers, body)
        if method == "PUT":
            raise CentralUnreachable()
        return reply

    with pytest.raises(CentralUnreachable):
        either_world.meet(device, lost)
    watched = Watched(either_world)
    outcome = either_world.meet(device, watched)
    assert (outcome.blobs, outcome.refused_blobs) == (1, {})
    assert [size for method, _, size in watched.seen if method == "PUT"] == [0]


def test_the_next_file_leaves_before_the_answer_and_after_a_cut_both_go_on(
    either_world: World, device: Database, visit: str
) -> None:
    """The link breaks while the first file waits for its answer and the second one is half there."""
    photos = [noisy_photo(1), noisy_photo(2)]
    names = [photograph(device, visit, data) for data in photos]
    progress, second = Progress(), threading.Event()
    inner = either_world.transport()

    def slow(method: str, path: str, headers: dict[str, str], body: bytes) -> Reply:
        if method != "PUT":
            return inner(method, path, headers, body)
        sha256 = path.rpartition("/")[2]
        at = names.index(sha256)
        take_part(either_world, sha256, f"visit:{visit}", photos[at][: 30_000 + at], len(photos[at]))
        progress.moved(len(body), 0)
        second.set() if at else None
        assert at or second.wait(10), "the second file waited for the answer to the first"
        raise CentralUnreachable()

    with pytest.raises(CentralUnreachable):
        client.meet_central(device, slow, progress)
    watched = Watched(either_world)
    assert either_world.meet(device, watched).blobs == 2
    sizes = {path.rpartition("/")[2]: size for method, path, size in watched.seen if method == "PUT"}
    assert sizes == {names[0]: len(photos[0]) - 30_000, names[1]: len(photos[1]) - 30_001}
    with device.read() as session:
        assert files.begun_at(session) == ""


def test_bytes_that_were_kept_wrong_are_thrown_away_and_the_file_begins_anew(
    either_world: World, device: Database, visit: str
) -> None:
    data = noisy_photo()
    sha256 = photograph(device, visit, data)
    either_world.meet(device, Watched(either_world, lambda method, *_: _refuse_if(method == "PUT")))
    take_part(either_world, sha256, f"visit:{visit}", b"x" * 500, len(data))
    with device.write() as session:
        put_value(session, files.BEGUN, sha256)
    assert list(either_world.meet(device).refused_blobs) == [sha256]
    assert durable(either_world, sha256) == 0
    assert either_world.meet(device).blobs == 1


def _refuse_if(is_so: bool) -> None:
    if is_so:
        from app.errors import ProtocolError

        raise ProtocolError(reason="not now")


def test_a_hole_is_refused_and_says_where_to_go_on(either_world: World, device: Database, visit: str) -> None:
    data = noisy_photo()
    sha256 = photograph(device, visit, data)
    either_world.meet(device, Watched(either_world, lambda method, *_: _refuse_if(method == "PUT")))
    take_part(either_world, sha256, f"visit:{visit}", data[:100], len(data))
    with device.read() as session:
        headers = link.signed_in(session)
    headers["Content-Type"] = PHOTO_TYPE
    link.prove_blob(node_of(device), headers, "PUT", sha256, f"visit:{visit}", 300, len(data))
    reply = either_world.transport()("PUT", f"{wire.PREFIX}/blobs/{sha256}", headers, data[300:])
    assert reply.status == 400 and "goes on at 100" in wire.unpack(wire.Refusal, reply.content()).reason
    assert durable(either_world, sha256) == 100


@pytest.mark.parametrize(("said", "sent"), [(1001, 10), (0, 1001)])
def test_a_file_that_is_too_large_is_refused_by_what_it_says_and_by_what_comes(
    either_world: World, device: Database, visit: str, monkeypatch: pytest.MonkeyPatch, said: int, sent: int
) -> None:
    for module in (taken_files, streamed_files):
        monkeypatch.setattr(module, "MAX_BLOB_BYTES", 1000)
    either_world.meet(device)
    with device.read() as session:
        headers = link.signed_in(session) | {"Content-Type": PHOTO_TYPE}
    link.prove_blob(node_of(device), headers, "PUT", "ab" * 32, f"visit:{visit}", 0, said)
    reply = either_world.transport()("PUT", f"{wire.PREFIX}/blobs/{'ab' * 32}", headers, bytes(sent))
    assert reply.status == 413
    assert durable(either_world, "ab" * 32) == 0


def test_anybody_enrolled_may_ask_how_much_is_durable_and_the_number_is_signed(
    either_world: World, device: Database, visit: str
) -> None:
    data = noisy_photo()
    sha256 = photograph(device, visit, data)
    either_world.meet(device, Watched(either_world, lambda method, *_: _refuse_if(method == "PUT")))
    take_part(either_world, sha256, f"visit:{visit}", data[:123], len(data))
    with device.read() as session:
        headers, keys = link.signed_in(session), central_words.pinned(session)
    nonce = link.prove_blob(node_of(device), headers, "HEAD", sha256, f"visit:{visit}")
    reply = either_world.transport()("HEAD", f"{wire.PREFIX}/blobs/{sha256}", headers, b"")
    assert reply.headers["upload-offset"] == "123"
    link.genuine(reply, keys, "blob", nonce, signed=offset_message(sha256, 123))
    with pytest.raises(CentralNotGenuine):
        link.genuine(reply, keys, "blob", nonce, signed=offset_message(sha256, 124))


def test_small_pictures_come_before_the_photos_and_leave_when_they_are_there(
    either_world: World, device: Database, visit: str
) -> None:
    small = io.BytesIO()
    Image.new("RGB", (60, 40), (9, 90, 9)).save(small, "WEBP")
    with device.write() as session:
        for seed in range(2):
            attachments.keep(session, noisy_photo(seed), PHOTO_TYPE, f"visit:{visit}", small.getvalue())
    names = [attachments.sha256_of(noisy_photo(seed)) for seed in range(2)]
    pictures: list[int] = []

    def look(method: str, path: str, body: bytes) -> None:
        if method == "PUT" and "blobs" in path:
            with either_world.central.read() as session:
                pictures.append(sum(uploads.thumbnail(session, one) is not None for one in names))

    watched = Watched(either_world, look)
    either_world.meet(device, watched)
    assert pictures == [2, 1]
    assert [one[:2] for one in watched.seen].index(("POST", "/thumbnails")) == 1
    with either_world.central.read() as session:
        assert [uploads.thumbnail(session, one) for one in names] == [None, None]
        assert all(attachments.read_thumbnail(session, one) for one in names)


def test_what_is_no_picture_is_not_kept_as_one(either_world: World, device: Database, visit: str) -> None:
    with device.write() as session:
        sha256 = attachments.keep(session, noisy_photo(), PHOTO_TYPE, f"visit:{visit}", b"<svg onload=alert(1)>")
    either_world.meet(device, Watched(either_world, lambda method, *_: _refuse_if(method == "PUT")))
    with either_world.central.read() as session:
        assert uploads.thumbnail(session, sha256) is None


def test_an_answer_written_between_two_photos_goes_before_the_second(
    either_world: World, device: Database, visit: str
) -> None:
    for seed in range(3):
        photograph(device, visit, noisy_photo(seed))

    def write(method: str, path: str, body: bytes) -> None:
        if method == "PUT" and sum(one[0] == "PUT" for one in watched.seen) == 1:
            with device.write() as session:
                answer(session, visit)

    watched = Watched(either_world, write)
    either_world.meet(device, watched)
    order = [one[1].split("/")[1] for one in watched.seen]
    first = order.index("blobs")
    assert order[first : first + 3] == ["blobs", "exchange", "blobs"]


def test_paused_photos_wait_and_words_do_not(either_world: World, device: Database, visit: str) -> None:
    photograph(device, visit, noisy_photo())
    with device.write() as session:
        put_value(session, files.PAUSED, "on")
    outcome = either_world.meet(device)
    assert (outcome.pushed, outcome.blobs) == (2, 0)
    with device.write() as session:
        put_value(session, files.PAUSED, "off")
    assert either_world.meet(device).blobs == 1


def test_the_days_budget_holds_photos_back_until_the_next_day(
    either_world: World, device: Database, visit: str
) -> None:
    for seed in range(3):
        photograph(device, visit, noisy_photo(seed))
    with device.write() as session:
        put_value(session, files.DAY_MB, "5")
        put_value(session, files.SPENT, f"{files._today(node_of(device))} {5_000_000 - len(noisy_photo(0)) - 10}")
    assert either_world.meet(device).blobs == 1
    clock = node_of(device).clock
    assert isinstance(clock, FakeClock)
    clock.at_ms += 24 * 3600 * 1000
    assert either_world.meet(device).blobs == 2


def test_the_page_sees_how_far_an_upload_is() -> None:
    progress = Progress()
    progress.begin("a" * 64, "visit:v", 1000, 10_000, now_ms=0)
    progress.moved(1000, now_ms=500)
    upload = progress.upload()
    assert upload and (upload.sent, upload.percent, round(upload.rate_bps)) == (2000, 20, 2000)
    assert progress.seconds_for(8000) == 4
    progress.end("b" * 64)  # another file's answer came
    assert progress.upload()
    progress.end("a" * 64)
    assert progress.upload() is None


# ---- safe: the watermark of a verified backup --------------------------------------------------------------------------


def verify_backup(world: World, backup_id: str = "b1") -> None:
    """What `baqylau backup` writes when a backup was restored into scratch and verified."""
    with world.central.write() as session:
        session.execute(update(STREAM).values(durable_seq=STREAM.c.last_seq))
        session.execute(update(ATTACHMENT).values(durable_at_ms=1))
        epoch, now = value_of(session, EPOCH), node_of(world.central).clock.now_ms()
        session.add(BackupRow(backup_id=backup_id, epoch=epoch, made_at_ms=now, verified_at_ms=now, sha256="0" * 64))
    with world.central.read() as session:
        assert backups.newest(session, epoch) == backup_id


def safe(device: Database, visit: str) -> bool:
    with device.read() as session:
        return outgoing.is_safe(session, f"visit:{visit}")


def test_a_visit_is_safe_when_words_and_photos_are_in_a_verified_backup(
    either_world: World, device: Database, visit: str
) -> None:
    photograph(device, visit, noisy_photo())
    either_world.meet(device)
    assert not safe(device, visit)
    verify_backup(either_world)
    either_world.meet(device)
    assert safe(device, visit)
    with device.write() as session:
        answer(session, visit)
    assert not safe(device, visit)
    either_world.meet(device)
    assert not safe(device, visit)
    verify_backup(either_world, "b2")
    either_world.meet(device)
    assert safe(device, visit)


def test_a_photo_that_the_backup_lacks_keeps_its_visit_unsafe(
    either_world: World, device: Database, visit: str
) -> None:
    sha256 = photograph(device, visit, noisy_photo())
    either_world.meet(device)
    verify_backup(either_world)
    with either_world.central.write() as session:
        session.execute(update(ATTACHMENT).where(ATTACHMENT.c.sha256 == sha256).values(durable_at_ms=None))
    either_world.meet(device)
    assert not safe(device, visit)


def test_after_a_restore_nothing_is_safe_until_a_backup_of_the_new_epoch(
    either_world: World, device: Database, visit: str
) -> None:
    either_world.meet(device)
    verify_backup(either_world)
    either_world.meet(device)
    assert safe(device, visit)
    with either_world.central.write() as session:
        put_value(session, EPOCH, "ee" * 8)
    either_world.meet(device)
    assert not safe(device, visit)
    verify_backup(either_world, "b2")
    either_world.meet(device)
    assert safe(device, visit)


def test_central_hears_how_a_device_is(either_world: World, device: Database, visit: str) -> None:
    photograph(device, visit, noisy_photo())
    clock = node_of(device).clock
    assert isinstance(clock, FakeClock)
    clock.at_ms = node_of(either_world.central).clock.now_ms() + 25 * 60 * 1000
    either_world.meet(device)
    with either_world.central.read() as session:
        health = session.execute(select(table(DeviceRow).c.health)).scalar_one()
    told = wire.HealthReport.model_validate_json(health)
    assert told.entries == 2 and told.files == 1 and told.kilobytes > 20 and told.free_mb > 0
    assert '"clock_ms": 15' in health  # 25 minutes ahead, in ms


def test_a_stale_upload_is_thrown_away(either_world: World, device: Database, visit: str) -> None:
    take_part(either_world, "a" * 64, f"visit:{visit}", b"123", 10)
    with either_world.central.write() as session:
        now = node_of(either_world.central).clock.now_ms()
        uploads.forget_stale(session, now)
        assert uploads.count(session) == 1
        session.execute(update(table(UploadRow)).values(touched_at_ms=now - uploads.STALE_MS - 1))
        uploads.forget_stale(session, now)
        assert uploads.count(session) == 0
