"""Verify at the office, over what a tablet sent: whatever somebody changes in the database afterwards is named."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import delete, select, update
from sqlmodel import Session

from app.store.db import Database
from app.store.tables import AttachmentRow, LinkRow, SealRow, StreamRow, table
from app.store.verification import findings
from tests.builders import ENTRY, answer, make_visit, make_world, node_of
from tests.sync.test_blobs import photograph, webp

LINK, SEAL, STREAM, ATTACHMENT = map(table, (LinkRow, SealRow, StreamRow, AttachmentRow))


@dataclass(frozen=True)
class Sent:
    """A central after a tablet was there twice: four entries in one stream under two seals, and a photo."""

    central: Database
    stream: str
    entry_ids: tuple[str, ...]
    photo: str


class Undone(Exception):
    """Rolls back what a test changed."""


def wrong(session: Session) -> list[tuple[str, str]]:
    """(where, what) as `baqylau verify` says it."""
    return [(one.where, one.text) for one in findings(session, lambda visit, fields: True)]


@pytest.fixture
def sent(tmp_path: Path) -> Sent:
    world = make_world(tmp_path)
    device = world.device()
    with device.write() as session:
        visit = make_visit(session)
        answer(session, visit, "A-1", "no")
    world.meet(device)
    photo = photograph(device, visit, webp())
    with device.write() as session:
        answer(session, visit, "A-2", "yes")
    world.meet(device)
    with world.central.read() as session:
        rows = session.execute(
            select(LINK.c.stream, LINK.c.entry_id)
            .where(LINK.c.stream.startswith(node_of(device).device_id))
            .order_by(LINK.c.seq)
        ).all()
        assert len(session.execute(select(SEAL).where(SEAL.c.stream == rows[0].stream)).all()) == 2
    return Sent(world.central, rows[0].stream, tuple(row.entry_id for row in rows), photo)


def change_body(session: Session, sent: Sent) -> None:
    body = session.execute(select(ENTRY.c.body).where(ENTRY.c.entry_id == sent.entry_ids[1])).scalar_one()
    changed = update(ENTRY).where(ENTRY.c.entry_id == sent.entry_ids[1])
    session.execute(changed.values(body=body.replace(b'"no"', b'"ok"')))


def take_out_a_link(session: Session, sent: Sent) -> None:
    session.execute(delete(LINK).where(LINK.c.stream == sent.stream, LINK.c.seq == 2))


def cut_the_last_link(session: Session, sent: Sent) -> None:
    session.execute(delete(LINK).where(LINK.c.stream == sent.stream, LINK.c.seq == 4))


def cut_the_last_seal(session: Session, sent: Sent) -> None:
    session.execute(delete(SEAL).where(SEAL.c.stream == sent.stream, SEAL.c.seq == 4))


def cut_a_whole_batch(session: Session, sent: Sent) -> None:
    """As if the tablet had never sent its second one, and left nothing that says so but what was said of the stream."""
    for rows in (LINK, SEAL):
        session.execute(delete(rows).where(rows.c.stream == sent.stream, rows.c.seq > 2))


def change_a_seal(session: Session, sent: Sent) -> None:
    session.execute(update(SEAL).where(SEAL.c.stream == sent.stream, SEAL.c.seq == 2).values(signature=bytes(64)))


def change_a_photo(session: Session, sent: Sent) -> None:
    session.execute(update(ATTACHMENT).where(ATTACHMENT.c.sha256 == sent.photo).values(data=webp(2)))


def test_what_a_tablet_sent_holds(sent: Sent) -> None:
    with sent.central.read() as session:
        assert wrong(session) == []


def test_whatever_was_changed_is_named(sent: Sent) -> None:
    ids, stream = sent.entry_ids, sent.stream
    for change, named in (
        (change_body, (f"{ids[1]} ({stream} 2)", "its body is not the one that was linked")),
        (take_out_a_link, (f"{ids[2]} ({stream} 3)", "the numbering jumps from 1 to 3")),
        (cut_the_last_link, (stream, "ends at 3, but is said to end at 4")),
        (cut_the_last_seal, (f"{stream} 3", "no seal of its device covers the end of the stream")),
        (cut_a_whole_batch, (stream, "ends at 2, but is said to end at 4")),
        (change_a_seal, (f"{stream} 2", "the seal of its device does not hold")),
        (change_a_photo, (f"file {sent.photo}", "its bytes were changed")),
    ):
        with pytest.raises(Undone), sent.central.write() as session:
            change(session, sent)
            assert named in wrong(session), change.__name__
            raise Undone
