"""What `baqylau bench sync` measures: an office that serves TLS in a process of its own, and devices enrolled with it."""

import contextlib
import datetime
import ipaddress
import multiprocessing
import os
import random
import socket
import ssl
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import uvicorn
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from rich.progress import Progress
from sqlmodel import Session

from app.clock import SystemClock
from app.config import Settings, load_settings
from app.domain.journal import SALT_BYTES, Draft, Entry, Json, compose
from app.main import create_app
from app.store import attachments, incoming, journal
from app.store.attachments import PHOTO_TYPE
from app.store.checklist_cache import library_from
from app.store.db import Database
from app.store.folder import make_private
from app.store.opening import open_database
from app.store.tables import DeviceRow
from app.store.vault import key_fingerprint
from app.sync import enrolment
from app.sync.bodies import KEEP_ALIVE_S
from app.sync.transport import HttpTransport

PERSON: Final = "00000000-0000-7000-8000-00000000be9c"
NOTES: Final = (
    "Камерада жарық әлсіз, терезе ашылмайды.",
    "В журнале нет времени доставления.",
    "Бала суды сұрағанын айтты, екі сағат күткен.",
    "Дежурный показал акт осмотра, подпись одна.",
)


@dataclass
class Office:
    """Central with its database, its port, and whom its devices trust."""

    database: Database
    port: int
    trust: ssl.SSLContext

    def code(self) -> str:
        """A one-time code for a device of the bench's person."""
        with self.database.write() as session:
            code = incoming.make_enrol_code(session, self.database.node, "Bench", [PERSON])
        return f"{code}-{key_fingerprint(self.database.node.public_key)}"

    def fill(self, count: int) -> None:
        """So many entries in one visit of the bench's person, written here."""
        with self.database.write() as session:
            visit_id = _make_visit(session)
            drafts = [_answer(visit_id, number) for number in range(count)]
            journal.append_all(session, drafts, PERSON)


@dataclass
class SyncDevice:
    """An enrolled device with what it has to send."""

    database: Database
    photo_bytes: int = 0

    def row(self, session: Session) -> DeviceRow:
        """The device as its office knows it."""
        found = session.get(DeviceRow, self.database.node.device_id)
        if found is None:
            raise RuntimeError("the device is not enrolled")
        return found

    def visits(self, batches: int, size: int) -> list[list[Entry]]:
        """Entries of a new visit in batches, the visit itself first. They are not in its journal."""
        clock = self.database.node.clock
        visit_id = clock.new_id()
        drafts = [_visit(visit_id), *(_answer(visit_id, number) for number in range(batches * size - 1))]
        made = [compose(d, clock.new_id(), PERSON, clock.now_ms(), clock.random_bytes(SALT_BYTES)) for d in drafts]
        return [made[start : start + size] for start in range(0, len(made), size)]


@contextlib.contextmanager
def running_office(folder: Path, url: str = "") -> Iterator[Office]:
    """An office on a fresh database in `folder`, or in the empty PostgreSQL database behind `url`."""
    make_private(folder)
    library = load_settings().checklists_dir
    settings = Settings(role="central", data_dir=folder, database_url=url, checklists_dir=library)
    database = open_database(settings, None, SystemClock())
    with database.write() as session:
        sets: dict[str, Json] = {"name": "Bench", "roles": ["team_lead"], "active": True, "language": "en"}
        journal.append(session, Draft("person", PERSON, "reference", sets), PERSON)
    certificate, key = _certificate(folder)
    trust = ssl.create_default_context(cafile=str(certificate))
    try:
        with _serving(settings, certificate, key) as port:
            yield Office(database, port, trust)
    finally:
        database.close()


@contextlib.contextmanager
def _serving(settings: Settings, certificate: Path, key: Path) -> Iterator[int]:
    """The office as a process of its own: it shares no interpreter with the devices."""
    listener = socket.create_server(("127.0.0.1", 0))
    given = (settings, str(certificate), str(key), listener)
    process = multiprocessing.get_context("spawn").Process(target=_serve, args=given, daemon=True)
    process.start()
    port: int = listener.getsockname()[1]
    listener.close()
    try:
        yield port
    finally:
        process.terminate()
        process.join(10)


def _serve(settings: Settings, certificate: str, key: str, listener: socket.socket) -> None:
    library = library_from(settings.checklists_dir, Path(settings.data_dir))
    app = create_app(settings, library, open_database(settings, None, SystemClock()))
    config = uvicorn.Config(
        app,
        log_level="error",
        ssl_certfile=certificate,
        ssl_keyfile=key,
        lifespan="on",
        ws="none",
        timeout_keep_alive=KEEP_ALIVE_S,
    )
    uvicorn.Server(config).run(sockets=[listener])


def fresh_device(office: Office, folder: Path, answers: int, photos: int, photo_bytes: int) -> SyncDevice:
    """A device enrolled over TLS, with one visit of so many answers (a third of them with words) and photos."""
    database = open_database(Settings(role="device", data_dir=folder), os.urandom(32), SystemClock())
    way = HttpTransport(f"https://127.0.0.1:{office.port}", 30, office.trust)
    enrolment.enrol(database, way, way.base_url, office.code())
    way.close()
    device = SyncDevice(database)
    if answers:
        with database.write() as session:
            visit_id = _make_visit(session)
            journal.append_all(session, [_answer(visit_id, number) for number in range(answers)], PERSON)
            device.photo_bytes = _photograph(session, visit_id, photos, photo_bytes)
    return device


def _photograph(session: Session, visit_id: str, photos: int, size: int) -> int:
    total, first = 0, int.from_bytes(os.urandom(3), "big")  # no two devices alike: central would have them already
    for number in range(photos):
        drawn = _photo_of(size, first + number)
        sha256 = attachments.keep(session, drawn.data, PHOTO_TYPE, f"visit:{visit_id}", drawn.thumbnail)
        sets: dict[str, Json] = {"sha256": sha256, "indicator": "A-1"}
        journal.append(session, Draft("photo", f"photo-{visit_id}-{number}", f"visit:{visit_id}", sets), PERSON)
        total += len(drawn.data)
    return total


def _photo_of(size: int, seed: int) -> attachments.Redrawn:
    """A photo of about `size` bytes at 1,024 pixels: soft light with as much grain as it takes."""
    grain = 4
    while True:
        drawn = attachments.redraw_photo(_png(1024, 768, grain, seed), 1024)
        if len(drawn.data) >= size * 0.9 or grain >= 60:
            return drawn
        grain += 3


def _png(width: int, height: int, grain: int, seed: int) -> bytes:
    chance = random.Random(seed)  # noqa: S311 - a picture, not a secret
    rows = b"".join(
        b"\0" + chance.randbytes(width * 3).translate(bytes(60 + y // 8 + value * grain // 256 for value in range(256)))
        for y in range(height)
    )
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", head), (b"IDAT", zlib.compress(rows, 1)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(map(_chunk, chunks))


def _chunk(named: tuple[bytes, bytes]) -> bytes:
    name, data = named
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def _make_visit(session: Session) -> str:
    visit_id: str = session.info["node"].clock.new_id()
    journal.append(session, _visit(visit_id), PERSON)
    return visit_id


def _visit(visit_id: str) -> Draft:
    sets: dict[str, Json] = {
        "institution": "00000000-0000-7000-8000-000000001157",
        "kind": "periodic",
        "visited_on": "2026-11-22",
        "team": [PERSON],
        f"role.{PERSON}": "team_lead",
        "state": "in_progress",
    }
    return Draft("visit", visit_id, f"visit:{visit_id}", sets)


def _answer(visit_id: str, number: int) -> Draft:
    sets: dict[str, Json] = {"value": ("yes", "no", "partly", "not_seen")[number % 4]}
    if number % 3 == 0:
        sets["note"] = f"{NOTES[number % len(NOTES)]} {number}"
    return Draft("answer", f"{visit_id}/{'ABCDEFGH'[number % 8]}-{number}", f"visit:{visit_id}", sets)


def _certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate of 127.0.0.1 for an hour, and its key: ECDSA, as an office would have."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "baqylau bench")])
    now = datetime.datetime.now(datetime.UTC)
    built = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(minutes=5))
        .not_valid_after(now + datetime.timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), True)
        .sign(key, hashes.SHA256())
    )
    certificate, secret = folder / "tls.pem", folder / "tls.key"
    certificate.write_bytes(built.public_bytes(serialization.Encoding.PEM))
    plain = serialization.NoEncryption()
    secret.write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain))
    return certificate, secret


@contextlib.contextmanager
def working(bar: Progress, what: str) -> Iterator[None]:
    """Shows that something of unknown length is going on."""
    task = bar.add_task(what, total=None)
    yield
    bar.update(task, total=1, completed=1)
