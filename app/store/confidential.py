"""The keys to which interviews are sealed: their public halves at central, and as a device was told them.

The private halves are in no database: see `key_files.py`.
"""

import json
from collections.abc import Sequence
from typing import Final

from sqlalchemy import select
from sqlmodel import Session

from app.store.node import Node, put_value, value_of
from app.store.tables import ConfidentialKeyRow, table
from app.store.vault import key_fingerprint

KEY = table(ConfidentialKeyRow)
TOLD: Final = "confidential_keys"  # node value of a device: central's keys in hex, a JSON list
READING, RECOVERY = "reading", "recovery"


def register(session: Session, public_key: bytes, purpose: str) -> str:
    """Central seals to this key from now on. Returns its fingerprint."""
    node: Node = session.info["node"]
    row = {"fingerprint": key_fingerprint(public_key), "public_key": public_key, "purpose": purpose}
    session.execute(KEY.insert(), row | {"made_at_ms": node.clock.now_ms(), "retired_at_ms": None})
    return str(row["fingerprint"])


def retire(session: Session, fingerprint: str) -> bool:
    """Nothing more is sealed to this key; what was stays readable with it. False when no such key is in use."""
    node: Node = session.info["node"]
    done = session.execute(
        KEY.update()
        .where(KEY.c.fingerprint == fingerprint, KEY.c.retired_at_ms.is_(None))
        .values(retired_at_ms=node.clock.now_ms())
        .returning(KEY.c.fingerprint)
    ).first()
    return done is not None


def known(session: Session) -> list[ConfidentialKeyRow]:
    """All keys, oldest first, also the retired ones."""
    rows = session.execute(select(KEY).order_by(KEY.c.made_at_ms))
    return [ConfidentialKeyRow(**row._asdict()) for row in rows]


def in_use(session: Session) -> list[bytes]:
    """The public keys to which devices seal now, oldest first. At central."""
    return [row.public_key for row in known(session) if row.retired_at_ms is None]


def keep_told(session: Session, keys: Sequence[str]) -> None:
    """What central said its keys are, in hex. On a device."""
    put_value(session, TOLD, json.dumps(list(keys)))


def told(session: Session) -> list[bytes]:
    """The keys of central that this device knows."""
    return [bytes.fromhex(key) for key in json.loads(value_of(session, TOLD) or "[]")]


def fingerprints(keys: Sequence[bytes]) -> list[str]:
    return sorted(key_fingerprint(key) for key in keys)
