"""Which entry a tap of a page became: written in the transaction of the entry itself."""

from collections.abc import Sequence

from sqlalchemy import bindparam, insert, select
from sqlmodel import Session

from app.store.tables import EntryRow, TapRow, table

TAP, ENTRY = table(TapRow), table(EntryRow)
# Built once: to build a statement takes five times as long as to run it.
ENTRY_OF_TAP = select(TAP.c.entry_id).where(TAP.c.tap_id == bindparam("tap"))
INSERT_TAP = insert(TAP)
KNOWN = select(ENTRY.c.entry_id).where(
    ENTRY.c.entry_id.in_(bindparam("seen", expanding=True)), ENTRY.c.subject == bindparam("of")
)


def entry_of(session: Session, tap_id: str) -> str | None:
    """The entry that a tap became; None when it has not arrived."""
    return session.execute(ENTRY_OF_TAP, {"tap": tap_id}).scalar_one_or_none()


def remember(session: Session, tap_id: str, entry_id: str) -> None:
    """Binds a tap to its entry. A form without JavaScript has no tap."""
    if tap_id:
        session.execute(INSERT_TAP, {"tap_id": tap_id, "entry_id": entry_id})


def parents_of(session: Session, subject: str, seen: Sequence[str], previous_tap: str) -> tuple[str, ...]:
    """What an author replaces: the page's previous tap on this subject, else the heads that the page showed.

    The tap before may be of another subject, such as a photo of the same card: then it is no parent here.
    """
    previous = entry_of(session, previous_tap) if previous_tap else None
    before = known_heads(session, subject, [previous]) if previous else ()
    return before or known_heads(session, subject, seen)


def known_heads(session: Session, subject: str, seen: Sequence[str]) -> tuple[str, ...]:
    """Of the heads a page says it showed, those that really are entries about this subject."""
    if not seen:
        return ()
    rows = session.execute(KNOWN, {"seen": list(seen), "of": subject})
    return tuple(sorted(row.entry_id for row in rows))
