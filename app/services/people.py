"""People of the group and the office, and how they sign in at central."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from sqlalchemy import delete
from sqlmodel import Session, col, select

from app.domain.audit import PASSPHRASE_CHANGED, PASSPHRASE_RESET, PERSON_SAVED, SIGN_IN_SET
from app.domain.journal import Draft, Json, is_entry_id
from app.domain.people import ROLES, Person
from app.errors import InvalidInput, NotAllowed, NotThere, WrongSignIn
from app.services.texts import kept_text
from app.store import audit, journal, reads
from app.store.node import Node
from app.store.tables import CredentialRow, WebSessionRow
from app.store.vault import Cost, hash_passphrase, hash_token, new_token, passphrase_fits

# The hash of nobody: a wrong name costs as long as a wrong passphrase.
NOBODY: Final = "$argon2id$v=19$m=65536,t=3,p=4$c29tZXNhbHRzb21lc2FsdA$RdescudvJCsgt3ub+b+dWRWJTmaaJObG"


@dataclass(frozen=True)
class PersonForm:
    """A person as typed into the form or given to `baqylau add-person`. Dates are ISO days or empty."""

    person_id: str
    name: str
    roles: Sequence[str]
    organisation: str = ""
    language: str = "kk"
    accredited_until: str = ""
    trained_on: str = ""
    is_active: bool = True


def save_person(session: Session, author: Person | None, form: PersonForm) -> str:
    """Adds or changes a person. `author` is None only for the very first one. Raises InvalidInput, NotAllowed."""
    if author is not None and not author.may("edit_people"):
        raise NotAllowed()
    if not form.name.strip():
        raise InvalidInput("Give the person's name.", "name")
    if not form.roles or not set(form.roles) <= set(ROLES):
        raise InvalidInput("Choose at least one role.", "role")
    for name, day in (("accredited_until", form.accredited_until), ("trained_on", form.trained_on)):
        if day and not is_day(day):
            raise InvalidInput("Give the day as year, month and day.", name)
    sets: dict[str, Json] = {
        "name": kept_text("name", form.name, 120),
        "roles": list[Json](sorted(set(form.roles))),
        "organisation": kept_text("organisation", form.organisation, 200),
        "language": form.language,
        "accredited_until": form.accredited_until,
        "trained_on": form.trained_on,
        "active": form.is_active,
    }
    before = reads.record(session, form.person_id)
    if before and before.kind != "person":
        raise NotThere()
    if before is None and not is_entry_id(form.person_id):
        raise NotThere()  # an answer's subject is made of other signs: no person may take its place
    draft = Draft("person", form.person_id, "reference", sets, before.heads if before else ())
    journal.append(session, draft, author.person_id if author else form.person_id)
    audit.note(session, author.person_id if author else audit.PROGRAM, PERSON_SAVED, form.person_id)
    return form.person_id


def is_day(text: str) -> bool:
    """True for a day as YYYY-MM-DD."""
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def set_sign_in(
    session: Session, person_id: str, sign_in_name: str, passphrase: str, cost: Cost, by: str = audit.PROGRAM
) -> None:
    """Gives a person their name and passphrase for central. `by`: who does it. Raises InvalidInput for a taken name."""
    name = sign_in_name.strip().casefold()
    other = session.exec(select(CredentialRow).where(CredentialRow.sign_in_name == name)).first()
    if not name or (other and other.person_id != person_id):
        raise InvalidInput("This sign-in name is taken. Choose another one.", "sign_in_name")
    session.merge(
        CredentialRow(person_id=person_id, sign_in_name=name, passphrase_hash=hash_passphrase(passphrase, cost))
    )
    end_sessions_of(session, person_id)  # who knew the old words goes
    session.flush()
    audit.note(session, by, SIGN_IN_SET, person_id)


def change_passphrase(session: Session, person: Person, passphrase: str, cost: Cost, token: str) -> None:
    """Another passphrase for central. `token`: of the session that goes on; the person's others end.

    Raises NotThere for who does not sign in with one, WeakPassphrase.
    """
    kept = session.get(CredentialRow, person.person_id)
    if kept is None:
        raise NotThere()
    kept.passphrase_hash = hash_passphrase(passphrase, cost)
    session.add(kept)
    end_sessions_of(session, person.person_id, token)
    audit.note(session, person.person_id, PASSPHRASE_CHANGED)


def reset_passphrase(session: Session, author: Person, person_id: str, passphrase: str, cost: Cost) -> None:
    """A new passphrase for a colleague who forgot theirs. Raises NotAllowed, NotThere also for oneself, WeakPassphrase."""
    if not author.may("edit_people"):
        raise NotAllowed()
    kept = session.get(CredentialRow, person_id)
    if kept is None or person_id == author.person_id:
        raise NotThere()
    kept.passphrase_hash = hash_passphrase(passphrase, cost)
    session.add(kept)
    end_sessions_of(session, person_id)
    audit.note(session, author.person_id, PASSPHRASE_RESET, person_id)


def who_signs_in(session: Session) -> set[str]:
    """Ids of all who have a name and a passphrase for central."""
    return set(session.exec(select(CredentialRow.person_id)))


def sign_in_name_of(session: Session, person_id: str) -> str:
    """The name with which a person signs in at central; "" for none."""
    kept = session.get(CredentialRow, person_id)
    return kept.sign_in_name if kept else ""


def check_sign_in(session: Session, sign_in_name: str, passphrase: str) -> Person:
    """The person behind name and passphrase. Raises WrongSignIn and says no more."""
    kept = _credential(session, sign_in_name)
    fits = passphrase_fits(passphrase, kept.passphrase_hash if kept else NOBODY)
    person = reads.person(session, kept.person_id) if kept else None
    if not fits or person is None or not person.is_active:
        raise WrongSignIn()
    return person


def id_behind(session: Session, sign_in_name: str) -> str:
    """Whose sign-in name it is; "" when it is nobody's. For the audit log only."""
    kept = _credential(session, sign_in_name)
    return kept.person_id if kept else ""


def _credential(session: Session, sign_in_name: str) -> CredentialRow | None:
    statement = select(CredentialRow).where(CredentialRow.sign_in_name == sign_in_name.strip().casefold())
    return session.exec(statement).first()


def start_session(session: Session, person_id: str) -> str:
    """A new server-side session; returns the token for the cookie. Always a fresh one: nothing to fixate."""
    node: Node = session.info["node"]
    token, now = new_token(), node.clock.now_ms()
    session.add(WebSessionRow(token_hash=hash_token(token), person_id=person_id, made_at_ms=now, seen_at_ms=now))
    session.flush()
    return token


def end_session(session: Session, token: str) -> str:
    """Ends the session of a token. Returns whose it was; "" for none."""
    row = session.get(WebSessionRow, hash_token(token))
    if row is None:
        return ""
    session.delete(row)
    return row.person_id


def end_sessions_of(session: Session, person_id: str, but_token: str = "") -> None:
    """Ends the sessions of a person whose passphrase is another now, except the one that changed it."""
    others = delete(WebSessionRow).where(col(WebSessionRow.person_id) == person_id)
    session.execute(others.where(col(WebSessionRow.token_hash) != hash_token(but_token)))


def end_all_sessions(session: Session) -> None:
    """After a lock: the passphrase of one person does not open the sessions that others had before it."""
    session.execute(delete(WebSessionRow))


@dataclass(frozen=True)
class Limits:
    """How long a session lives: idle and in all, in ms."""

    idle_ms: int
    absolute_ms: int


def person_of_session(session: Session, token: str, limits: Limits) -> Person | None:
    """Who is signed in with this token; None when nobody is, or not any more."""
    found = reads.signed_in(session, hash_token(token)) if token else None
    if found is None:
        return None
    node: Node = session.info["node"]
    now = node.clock.now_ms()
    if now - found.seen_at_ms > limits.idle_ms or now - found.made_at_ms > limits.absolute_ms:
        return None
    return found.person if found.person.is_active else None


def touch_session(session: Session, token: str, at_ms: int) -> None:
    """Notes that the person is still there; called at most once a minute."""
    row = session.get(WebSessionRow, hash_token(token))
    if row is not None:
        row.seen_at_ms = at_ms
        session.add(row)


def seen_at(session: Session) -> Mapping[str, int]:
    """When each person was last seen signed in here, in ms."""
    seen: dict[str, int] = {}
    for row in session.exec(select(WebSessionRow)):
        seen[row.person_id] = max(seen.get(row.person_id, 0), row.seen_at_ms)
    return seen
