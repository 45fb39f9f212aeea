"""The audit log of this node: what somebody did here and must be answerable for. Rows are added, and never changed."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from sqlalchemy import select
from sqlmodel import Session

from app.clock import SystemClock
from app.domain.audit import FIRST, audit_text, next_audit_chain
from app.domain.journal import Json
from app.store.db import insert_or_lock
from app.store.node import Node
from app.store.tables import AuditRow, NodeValueRow, table

AUDIT, VALUE = table(AuditRow), table(NodeValueRow)
HEAD: Final = "audit_head"  # node value: "seq chain" of the newest row; locked while one is added
PROGRAM: Final = "program"  # who did what no person did


@dataclass(frozen=True)
class Noted:
    """A row of the log, as it is read."""

    seq: int
    at_ms: int
    who: str
    what: str
    of: str
    told: Mapping[str, Json]


def note(session: Session, who: str, what: str, of: str = "", told: Mapping[str, Json] | None = None) -> None:
    """Adds a row: `who` (a person's id, a device's, or PROGRAM) did `what` with `of`, in the caller's transaction.

    `told` are further facts; never words of a child, passphrases or keys. Two writers wait for each other here.
    """
    node: Node | None = session.info.get("node")  # none beside a server that runs: `baqylau new-epoch`
    clock = node.clock if node else SystemClock()
    locked = session.execute(insert_or_lock(session, VALUE), {"name": HEAD, "value": ""}).one()
    last, _, chain = locked.value.partition(" ")
    seq, at_ms, text = int(last or 0) + 1, clock.now_ms(), audit_text(told or {})
    after = next_audit_chain(bytes.fromhex(chain) or FIRST, seq, at_ms, who, what, of, text)
    row = {"seq": seq, "at_ms": at_ms, "who": who, "what": what, "of": of, "told": text, "chain": after}
    session.execute(AUDIT.insert(), row)
    session.execute(VALUE.update().where(VALUE.c.name == HEAD).values(value=f"{seq} {after.hex()}"))


@dataclass(frozen=True)
class Asked:
    """What somebody looks for in the log. Empty and None: anything."""

    who: str = ""
    what: str = ""
    of: str = ""
    from_ms: int | None = None
    until_ms: int | None = None  # not included
    before: int | None = None  # only rows with a smaller seq: the next page


def search(session: Session, asked: Asked, limit: int) -> list[Noted]:
    """Rows of the log, the newest first."""
    wanted = [
        *(getattr(AUDIT.c, name) == getattr(asked, name) for name in ("who", "what", "of") if getattr(asked, name)),
        *([AUDIT.c.at_ms >= asked.from_ms] if asked.from_ms is not None else []),
        *([AUDIT.c.at_ms < asked.until_ms] if asked.until_ms is not None else []),
        *([AUDIT.c.seq < asked.before] if asked.before is not None else []),
    ]
    rows = session.execute(select(AUDIT).where(*wanted).order_by(AUDIT.c.seq.desc()).limit(limit))
    return [Noted(row.seq, row.at_ms, row.who, row.what, row.of, json.loads(row.told)) for row in rows]


def flaws(session: Session) -> Iterator[tuple[int, str]]:
    """(seq, what is wrong) of each row that does not follow the one before, and of an end that is missing."""
    previous, seq = FIRST, 0
    for row in session.execute(select(AUDIT).order_by(AUDIT.c.seq)):
        if row.seq != seq + 1:
            yield row.seq, f"the numbering jumps from {seq} to {row.seq}"
        after = next_audit_chain(previous, row.seq, row.at_ms, row.who, row.what, row.of, row.told)
        if after != row.chain:
            yield row.seq, "the row was changed, or one before it taken out"
        previous, seq = row.chain, row.seq
    head = session.execute(select(VALUE.c.value).where(VALUE.c.name == HEAD)).scalar()
    if (head or "0 ") != (f"{seq} {previous.hex()}" if seq else "0 "):
        yield seq + 1, "the log is said to end elsewhere"
