"""The rule of the audit log: each row is bound to all before it, so that none can be changed or taken out unseen."""

import hashlib
from collections.abc import Mapping
from typing import Final

from app.domain.journal import Json, canonical

FIRST: Final = hashlib.sha256(b"baqylau-audit-1").digest()  # the chain value before the first row

SIGNED_IN: Final = "signed_in"
SIGN_IN_FAILED: Final = "sign_in_failed"
SIGNED_OUT: Final = "signed_out"
LOCKED: Final = "locked"  # told: why


def audit_text(told: Mapping[str, Json]) -> str:
    """Further facts of a row as they are kept and chained."""
    return canonical(told).decode()


def next_audit_chain(previous: bytes, seq: int, at_ms: int, who: str, what: str, of: str, told: str) -> bytes:
    """SHA-256 over the previous chain value and the row in its canonical form."""
    row = {"seq": seq, "at_ms": at_ms, "who": who, "what": what, "of": of, "told": told}
    return hashlib.sha256(previous + canonical(row)).digest()
