"""The second step of signing in at central: one-time codes of a phone, recovery codes, and passkeys; see `passkeys`."""

import base64
from dataclasses import dataclass
from typing import Final

from sqlalchemy import delete, func, select, update
from sqlmodel import Session

from app.domain import audit as acts
from app.domain.people import Person
from app.errors import InvalidInput, NotAllowed, NotThere
from app.errors_of_signing_in import WrongCode
from app.services import people
from app.store import audit
from app.store.db import insert_or_lock
from app.store.node import Node
from app.store.one_time_codes import SECRET_BYTES, step_of_code
from app.store.sign_in_tables import CodeKeyRow, PasskeyRow, RecoveryCodeRow, SignInNoticeRow
from app.store.tables import table
from app.store.vault import hash_token

KEY, RECOVERY, PASSKEY, NOTICE = (table(CodeKeyRow), table(RecoveryCodeRow), table(PasskeyRow), table(SignInNoticeRow))
RECOVERY_CODES: Final = 10
RECOVERY_BYTES: Final = 10  # 80 bits: too many to try, so a plain hash keeps them
OFFICE_ROLES: Final = frozenset({"reviewer", "administrator"})


@dataclass(frozen=True)
class Factors:
    """What a person has for the second step."""

    has_codes: bool
    passkeys: int
    recovery_left: int

    @property
    def is_any(self) -> bool:
        return self.has_codes or self.passkeys > 0


def factors_of(session: Session, person_id: str) -> Factors:
    has_codes = session.execute(select(KEY.c.secret.is_not(None)).where(KEY.c.person_id == person_id)).scalar()
    count = [
        session.execute(select(func.count()).select_from(one).where(one.c.person_id == person_id)).scalar_one()
        for one in (PASSKEY, RECOVERY)
    ]
    return Factors(bool(has_codes), *count)


def is_owed(person: Person, factors: Factors, is_required: bool) -> bool:
    """True for a person of the office who must set up a second step before anything else (`second_step_required`)."""
    return is_required_of(person, is_required) and not factors.is_any


def is_required_of(person: Person, is_required: bool) -> bool:
    """True for the roles of the office, where it wants a second step."""
    return is_required and bool(person.roles & OFFICE_ROLES)


def account_of(session: Session, person_id: str) -> str:
    """What a phone or a key shows for this account: the sign-in name, never empty."""
    return people.sign_in_name_of(session, person_id) or person_id[-8:]


def begin_codes(session: Session, person_id: str) -> None:
    """Makes a secret for a phone. It counts from the first code on; the one before it works until then."""
    node: Node = session.info["node"]
    session.execute(insert_or_lock(session, KEY), {"person_id": person_id, "last_step": 0})
    pending = node.clock.random_bytes(SECRET_BYTES)
    session.execute(update(KEY).where(KEY.c.person_id == person_id).values(pending=pending))


def pending_secret(session: Session, person_id: str) -> bytes:
    """The secret that waits for its first code. Raises NotThere."""
    found: bytes | None = session.execute(select(KEY.c.pending).where(KEY.c.person_id == person_id)).scalar()
    if found is None:
        raise NotThere()
    return found


def confirm_codes(session: Session, person_id: str, code: str) -> list[str]:
    """The phone shows the right code, so it counts from now on. Returns recovery codes, to be shown once.

    Raises WrongCode, NotThere.
    """
    node: Node = session.info["node"]
    secret = pending_secret(session, person_id)
    step = step_of_code(secret, plain(code), node.clock.now_ms())
    if step is None:
        raise WrongCode()
    values = {"secret": secret, "pending": None, "last_step": step}
    session.execute(update(KEY).where(KEY.c.person_id == person_id).values(**values))
    audit.note(session, person_id, acts.SECOND_STEP_SET, person_id)
    return new_recovery_codes(session, person_id)


def new_recovery_codes(session: Session, person_id: str) -> list[str]:
    """Ten fresh codes in the place of those of before. Raises NotThere for who has no codes of a phone."""
    if not factors_of(session, person_id).has_codes:
        raise NotThere()
    node: Node = session.info["node"]
    made = [base64.b32encode(node.clock.random_bytes(RECOVERY_BYTES)).decode().lower() for _ in range(RECOVERY_CODES)]
    session.execute(delete(RECOVERY).where(RECOVERY.c.person_id == person_id))
    rows = [{"code_hash": hash_token(code), "person_id": person_id} for code in made]
    session.execute(RECOVERY.insert(), rows)
    return ["-".join(code[at : at + 4] for at in range(0, len(code), 4)) for code in made]


def plain(code: str) -> str:
    """A typed code without what people put between its signs."""
    return "".join(sign for sign in code.lower() if sign.isalnum())


def check_code(session: Session, person_id: str, typed: str) -> None:
    """A code of the phone or a recovery code; each works once. Raises WrongCode and says no more."""
    code = plain(typed)
    if _is_taken(session, person_id, code):
        return
    used = delete(RECOVERY).where(RECOVERY.c.code_hash == hash_token(code), RECOVERY.c.person_id == person_id)
    if not session.execute(used.returning(RECOVERY.c.code_hash)).all():
        raise WrongCode()
    left = factors_of(session, person_id).recovery_left
    audit.note(session, person_id, acts.RECOVERY_CODE_USED, person_id, {"left": left})


def _is_taken(session: Session, person_id: str, code: str) -> bool:
    """Takes a code of the phone. Of two who send the same one at once, one gets in."""
    node: Node = session.info["node"]
    secret: bytes | None = session.execute(select(KEY.c.secret).where(KEY.c.person_id == person_id)).scalar()
    step = step_of_code(secret, code, node.clock.now_ms()) if secret else None
    if step is None:
        return False
    newer = (KEY.c.person_id == person_id, KEY.c.last_step < step)
    taken = update(KEY).where(*newer).values(last_step=step).returning(KEY.c.person_id)
    return bool(session.execute(taken).all())


def remove_codes(session: Session, person: Person, is_required: bool) -> None:
    """The person gives up codes. Raises InvalidInput when the office wants a second step and this is the last one."""
    factors = factors_of(session, person.person_id)
    if is_owed(person, Factors(False, factors.passkeys, 0), is_required):
        raise InvalidInput("Your office wants a second step. Add a passkey first, then codes can go.", "codes")
    _forget_codes(session, person.person_id)
    audit.note(session, person.person_id, acts.SECOND_STEP_REMOVED, person.person_id)


def switch_off(session: Session, author: Person, person_id: str) -> None:
    """An administrator takes the second step off somebody who lost phone and keys; they are told. Raises NotAllowed."""
    if not author.may("edit_people") or author.person_id == person_id:
        raise NotAllowed()
    _forget_codes(session, person_id)
    session.execute(delete(PASSKEY).where(PASSKEY.c.person_id == person_id))
    people.end_sessions_of(session, person_id)
    tell(session, person_id, acts.SECOND_STEP_REMOVED, author.person_id)
    audit.note(session, author.person_id, acts.SECOND_STEP_REMOVED, person_id)


def tell(session: Session, person_id: str, what: str, by: str) -> None:
    """Tells a person at their next sign-in what somebody else did with it."""
    node: Node = session.info["node"]
    notice = {"notice_id": node.clock.new_id(), "person_id": person_id, "what": what}
    session.execute(NOTICE.insert(), notice | {"by": by, "at_ms": node.clock.now_ms()})


def _forget_codes(session: Session, person_id: str) -> None:
    for one in (KEY, RECOVERY):
        session.execute(delete(one).where(one.c.person_id == person_id))


def notices_of(session: Session, person_id: str) -> list[SignInNoticeRow]:
    """What the person has not been told yet."""
    return [
        SignInNoticeRow(**row._asdict())
        for row in session.execute(select(NOTICE).where(NOTICE.c.person_id == person_id))
    ]


def notices_read(session: Session, person_id: str) -> None:
    session.execute(delete(NOTICE).where(NOTICE.c.person_id == person_id))
