"""People of the group and the office, and how they sign in at central."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from sqlalchemy import delete
from sqlmodel import Session, select

from app.domain.audit import PASSPHRASE_CHANGED, PASSPHRASE_RESET, PERSON_SAVED, SIGN_IN_SET
from app.domain.journal import Draft, Json, is_entry_id
from app.domain.people import APART, ROLES, NeedToKnow, Person, person_of
from app.errors import InvalidInput, NotAllowed, NotThere, WrongSignIn
from app.services.institutions import REGIONS
from app.services.texts import kept_text
from app.store import audit, journal, reads
from app.store.node import Node
from app.store.sign_in_tables import SignInStepRow
from app.store.tables import CredentialRow, WebSessionRow, table
from app.store.vault import Cost, hash_passphrase, hash_token, new_token, passphrase_fits

SESSION: Final = table(WebSessionRow)
STEP: Final = table(SignInStepRow)
RIGHTFUL: Final = ("roles", "active", "limited", "regions", "visits")  # the fields that say what a person may do
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
    is_limited: bool = False  # as a reviewer: to `regions` and `visits`
    regions: Sequence[str] = ()
    visits: Sequence[str] = ()


def save_person(session: Session, author: Person | None, form: PersonForm) -> str:
    """Adds or changes a person. `author` is None only for the very first one. Raises InvalidInput, NotAllowed, NotThere.

    Whose rights changed is signed out everywhere: a session never carries more or less than at its sign-in.
    """
    before = reads.record(session, form.person_id)
    check_person(session, author, form)
    sets = _fields_of(form)
    draft = Draft("person", form.person_id, "reference", sets, before.heads if before else ())
    journal.append(session, draft, author.person_id if author else form.person_id)
    told = {name: sets[name] for name in RIGHTFUL if before is None or before.fields.get(name) != sets[name]}
    if told and before:
        end_sessions_of(session, form.person_id)
    audit.note(session, author.person_id if author else audit.PROGRAM, PERSON_SAVED, form.person_id, told)
    return form.person_id


def check_person(session: Session, author: Person | None, form: PersonForm) -> None:
    """Whether the author may save this. Raises InvalidInput, NotAllowed, NotThere for an id that names something else."""
    if author is not None and not author.may("edit_people"):
        raise NotAllowed()
    if not form.name.strip():
        raise InvalidInput("Give the person's name.", "name")
    if not form.roles or not set(form.roles) <= set(ROLES):
        raise InvalidInput("Choose at least one role.", "role")
    if set(APART) <= set(form.roles):
        raise InvalidInput(
            "An administrator cannot be a reviewer as well: who gives out roles does not read what children said.",
            "role",
        )
    if not set(form.regions) <= set(REGIONS) or not all(is_entry_id(one) for one in form.visits):
        raise InvalidInput("Write one visit a line: the last part of the address of its page.", "visits")
    for name, day in (("accredited_until", form.accredited_until), ("trained_on", form.trained_on)):
        if day and not is_day(day):
            raise InvalidInput("Give the day as year, month and day.", name)
    found = reads.record(session, form.person_id)
    if found.kind != "person" if found else not is_entry_id(form.person_id):
        raise NotThere()  # an answer's subject is made of other signs: no person may take its place
    if found and author and author.person_id == form.person_id and _rights_differ(person_of(found), form):
        raise InvalidInput("Nobody changes their own roles and limits. Ask another administrator.", "role")


def need_to_know_of(form: PersonForm) -> NeedToKnow:
    """Which visits the form lets the person see as a reviewer."""
    return NeedToKnow(form.is_limited, frozenset(form.regions), frozenset(form.visits))


def _rights_differ(person: Person, form: PersonForm) -> bool:
    return person.roles != set(form.roles) or person.need_to_know != need_to_know_of(form)


def _fields_of(form: PersonForm) -> dict[str, Json]:
    return {
        "name": kept_text("name", form.name, 120),
        "roles": list[Json](sorted(set(form.roles))),
        "organisation": kept_text("organisation", form.organisation, 200),
        "language": form.language,
        "accredited_until": form.accredited_until,
        "trained_on": form.trained_on,
        "active": form.is_active,
        "limited": form.is_limited,
        "regions": list[Json](sorted(set(form.regions))),
        "visits": list[Json](sorted(set(form.visits))),
    }


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
    name = free_name(session, person_id, sign_in_name)
    keep_sign_in(session, person_id, name, hash_passphrase(passphrase, cost), by)


def free_name(session: Session, person_id: str, sign_in_name: str) -> str:
    """The sign-in name as it is kept. Raises InvalidInput when it is empty or another's."""
    name = sign_in_name.strip().casefold()
    other = session.exec(select(CredentialRow).where(CredentialRow.sign_in_name == name)).first()
    if not name or (other and other.person_id != person_id):
        raise InvalidInput("This sign-in name is taken. Choose another one.", "sign_in_name")
    return name


def keep_sign_in(session: Session, person_id: str, name: str, passphrase_hash: str, by: str) -> None:
    """Keeps a name that is free and the hash of a passphrase. Ends the sessions that an older one had opened."""
    session.merge(CredentialRow(person_id=person_id, sign_in_name=name, passphrase_hash=passphrase_hash))
    session.flush()
    end_sessions_of(session, person_id)
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


def start_session(session: Session, person_id: str, address: str = "") -> str:
    """A new server-side session; returns the token for the cookie. Always a fresh one: nothing to fixate."""
    node: Node = session.info["node"]
    token, now = new_token(), node.clock.now_ms()
    row = {"token_hash": hash_token(token), "person_id": person_id, "address": address}
    session.add(WebSessionRow(**row, made_at_ms=now, seen_at_ms=now))
    session.flush()
    return token


def end_session(session: Session, token: str) -> str:
    """Ends the session of a token. Returns whose it was; "" for none."""
    row = session.get(WebSessionRow, hash_token(token))
    if row is None:
        return ""
    session.delete(row)
    return row.person_id


def end_all_sessions(session: Session) -> None:
    """After a lock: the passphrase of one person does not open the sessions that others had before it."""
    session.execute(delete(WebSessionRow))


def end_sessions_of(session: Session, person_id: str, but: str = "") -> int:
    """Ends the sessions of a person, but the one of the token `but`, and what was begun of signing in. Returns how many
    sessions there were."""
    session.execute(delete(STEP).where(STEP.c.person_id == person_id))
    others = (SESSION.c.person_id == person_id, SESSION.c.token_hash != hash_token(but))
    return len(session.execute(delete(SESSION).where(*others).returning(SESSION.c.token_hash)).all())


def sessions_of(session: Session, person_id: str, limits: "Limits") -> list[WebSessionRow]:
    """The sessions of a person that still live, the newest use first."""
    node: Node = session.info["node"]
    found = session.exec(select(WebSessionRow).where(WebSessionRow.person_id == person_id))
    alive = [row for row in found if limits.hold(node.clock.now_ms(), row.made_at_ms, row.seen_at_ms)]
    return sorted(alive, key=lambda row: row.seen_at_ms, reverse=True)


@dataclass(frozen=True)
class Limits:
    """How long a session lives: idle and in all, in ms."""

    idle_ms: int
    absolute_ms: int

    def hold(self, now_ms: int, made_at_ms: int, seen_at_ms: int) -> bool:
        return now_ms - seen_at_ms <= self.idle_ms and now_ms - made_at_ms <= self.absolute_ms


def signed_in(session: Session, token: str, limits: Limits) -> reads.SignedIn | None:
    """Who is signed in with this token, and since when; None when nobody is, or not any more."""
    found = reads.signed_in(session, hash_token(token)) if token else None
    if found is None:
        return None
    node: Node = session.info["node"]
    is_alive = limits.hold(node.clock.now_ms(), found.made_at_ms, found.seen_at_ms)
    return found if is_alive and found.person.is_active else None


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
