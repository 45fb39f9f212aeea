"""A person's passkeys at central: made, used as a second step or as a sign-in of their own, taken away."""

from sqlalchemy import delete, select, update
from sqlmodel import Session

from app.domain import audit as acts
from app.domain.people import Person
from app.errors import InvalidInput, NotThere
from app.errors_of_signing_in import WrongPasskey
from app.services import second_factors
from app.services.second_factors import PASSKEY, Factors
from app.services.texts import kept_text
from app.store import audit, passkeys, reads
from app.store.node import Node
from app.store.passkeys import Made, NotGenuine, Place
from app.store.sign_in_tables import PasskeyRow

MOST = 10  # passkeys of one person
MOST_NAME = 60  # letters


def passkeys_of(session: Session, person_id: str) -> list[PasskeyRow]:
    """The person's passkeys, the oldest first."""
    rows = session.execute(select(PASSKEY).where(PASSKEY.c.person_id == person_id).order_by(PASSKEY.c.made_at_ms))
    return [PasskeyRow(**row._asdict()) for row in rows]


def ids_of(session: Session, person_id: str) -> list[str]:
    return [one.credential_id for one in passkeys_of(session, person_id)]


def add(session: Session, person: Person, place: Place, challenge: bytes, answer: str, name: str) -> None:
    """Takes a new passkey. Raises WrongPasskey, InvalidInput."""
    if len(ids_of(session, person.person_id)) >= MOST:
        raise InvalidInput("You have %(most)d passkeys already. Remove one first.", "name", most=MOST)
    try:
        made = passkeys.made(place, challenge, answer)
    except NotGenuine as error:
        raise WrongPasskey() from error
    if session.execute(select(PASSKEY.c.person_id).where(PASSKEY.c.credential_id == made.credential_id)).first():
        raise WrongPasskey()  # a key is one person's: another's claim to it is a mistake or an attack
    node: Node = session.info["node"]
    row = vars(made) | {"person_id": person.person_id, "name": kept_text("name", name, MOST_NAME)}
    session.execute(PASSKEY.insert(), row | {"made_at_ms": node.clock.now_ms(), "used_at_ms": None})
    audit.note(session, person.person_id, acts.PASSKEY_ADDED, person.person_id)


def use(session: Session, place: Place, challenge: bytes, answer: str, person_id: str = "") -> Person:
    """Who signed the challenge with a passkey. `person_id`: who has to; "" for whomever it is, and then the key itself
    must have asked for finger, face or PIN. Raises WrongPasskey."""
    try:
        credential_id, owner = passkeys.credential_in(answer)
        row = session.execute(select(PASSKEY).where(PASSKEY.c.credential_id == credential_id)).first()
        if row is None or (owner or row.person_id) != row.person_id or (person_id or row.person_id) != row.person_id:
            raise WrongPasskey()
        kept = Made(row.credential_id, row.public_key, row.sign_count)
        count = passkeys.used(place, challenge, answer, kept, must_verify=not person_id)
    except NotGenuine as error:
        raise WrongPasskey() from error
    person = reads.person(session, row.person_id)
    if person is None or not person.is_active:
        raise WrongPasskey()
    node: Node = session.info["node"]
    values = {"sign_count": count, "used_at_ms": node.clock.now_ms()}
    # Of two answers with one count, made by a copied key, one gets in.
    unmoved = (PASSKEY.c.credential_id == credential_id, PASSKEY.c.sign_count == row.sign_count)
    if not session.execute(update(PASSKEY).where(*unmoved).values(**values).returning(PASSKEY.c.person_id)).all():
        raise WrongPasskey()
    return person


def remove(session: Session, person: Person, credential_id: str, is_required: bool) -> None:
    """The person gives up a passkey of theirs. Raises NotThere; InvalidInput for the last one where one is required."""
    factors = second_factors.factors_of(session, person.person_id)
    left = Factors(factors.has_codes, factors.passkeys - 1, factors.recovery_left)
    if second_factors.is_owed(person, left, is_required):
        raise InvalidInput("Your office wants a second step. Set up codes or another passkey first.", "passkey")
    mine = (PASSKEY.c.credential_id == credential_id, PASSKEY.c.person_id == person.person_id)
    if not session.execute(delete(PASSKEY).where(*mine).returning(PASSKEY.c.name)).all():
        raise NotThere()
    audit.note(session, person.person_id, acts.PASSKEY_REMOVED, person.person_id)
