"""Makes the golden files of the present schema: python -m tests.faults.golden.make

Run once by each release, with that release's own code, and never again: the files say what was once on disks and on the
wire. `central.sql` and `device.sql` are both databases before a meeting, `requests.json` the bytes that the tablet sent
in it, `held.json` what the tablet then held.
"""

from __future__ import annotations

import io
import json
import random
import tempfile
from pathlib import Path

from PIL import Image

from app.domain.journal import Draft
from app.store import attachments, journal, reads
from app.store.db import Database
from app.store.migrations import HEAD
from app.sync import client
from app.sync.link import Reply
from tests.builders import ANA, BEN, InProcess, answer, held, make_visit, make_world, node_of, records

HERE = Path(__file__).resolve().parent


def main() -> None:
    folder = HERE / HEAD
    folder.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        world = make_world(Path(scratch))
        device = world.device([ANA])
        scope = _first_meeting(world.central, device, InProcess(world.http))
        _work(device, scope)
        (folder / "central.sql").write_text(_dump(world.central), "utf-8")
        (folder / "device.sql").write_text(_dump(device), "utf-8")
        _write(folder / "held.json", _held(device))
        sent: list[dict[str, object]] = []

        def record(method: str, path: str, headers: dict[str, str], body: bytes) -> Reply:
            sent.append({"method": method, "path": path, "headers": headers, "body": body.hex()})
            return InProcess(world.http)(method, path, headers, body)

        client.meet_central(device, record)
        _write(folder / "requests.json", sent)
        world.close()


def _first_meeting(central: Database, device: Database, transport: client.Transport) -> str:
    """A visit that central returned for correction, and whose correction already clashes with another."""
    with device.write() as session:
        visit = make_visit(session)
        for number in range(4):
            answer(session, visit, f"A-{number}", "жоқ")
    client.meet_central(device, transport)
    with central.write() as session:
        record = reads.record(session, visit)
        assert record is not None
        journal.append(session, Draft("visit", visit, f"visit:{visit}", {"state": "returned"}, record.heads), BEN)
    client.meet_central(device, transport)
    with device.write() as session:
        for value in ("иә", "жоқ"):
            answer(session, visit, "C-1", value, parents=())
    return f"visit:{visit}"


def _work(device: Database, scope: str) -> None:
    """What waits to be sent: an alert, an answer and a photo."""
    visit = scope.removeprefix("visit:")
    with device.write() as session:
        answer(session, visit, "B-1", "no", lane=0)
        answer(session, visit, "A-3", "иә")
        out = io.BytesIO()
        Image.frombytes("RGB", (16, 12), random.Random(4).randbytes(576)).save(out, "WEBP", quality=20)
        sha256 = attachments.keep(session, out.getvalue(), attachments.PHOTO_TYPE, scope)
        journal.append(session, Draft("photo", node_of(device).clock.new_id(), scope, {"sha256": sha256}), ANA)


def _dump(database: Database) -> str:
    """The database as SQL, one statement a line; SQLCipher's driver has no dump of its own."""
    lines: list[str] = []
    with database.engine.connect() as connection:
        made = connection.exec_driver_sql("SELECT name, type, sql FROM sqlite_master WHERE sql IS NOT NULL").all()
        lines += [" ".join(sql.split()) for _, _, sql in made]
        for name in (name for name, kind, _ in made if kind == "table"):
            columns = [row[1] for row in connection.exec_driver_sql(f"PRAGMA table_info({name})")]
            quoted = ", ".join(f'quote("{column}")' for column in columns)
            for row in connection.exec_driver_sql(f'SELECT {quoted} FROM "{name}"'):  # noqa: S608 - our own tables
                lines.append(f'INSERT INTO "{name}" VALUES ({", ".join(row)})')  # noqa: S608
    return ";\n".join(lines) + ";\n"


def _held(device: Database) -> dict[str, object]:
    entries = {key: [header.hex(), (body or b"").hex()] for key, (header, body) in held(device).items()}
    return {"entries": entries, "records": [list(row) for row in records(device)]}


def _write(path: Path, value: object) -> None:
    path.write_text(json.dumps(value, indent=1, ensure_ascii=False, sort_keys=True) + "\n", "utf-8")


if __name__ == "__main__":
    main()
