"""Four eyes on rights: what would let somebody read more waits for a second administrator, where the office wants it.

Off (`people_second_person`), a change is made at once. On, these wait: to become reviewer or administrator, or active as
one again; to see more visits as a reviewer; and, for who is one of the two, what another does with their sign-in, since
whoever can sign in as a reviewer reads as one.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from sqlalchemy import delete, select
from sqlmodel import Session

from app.domain import audit as acts
from app.domain.people import APART, Person
from app.errors import InvalidInput, NotAllowed, NotThere
from app.services import office_sign_in, people, second_factors
from app.services.people import PersonForm
from app.store import audit, reads
from app.store.node import Node
from app.store.sign_in_tables import ProposalRow
from app.store.tables import table
from app.store.vault import Cost, hash_passphrase

PROPOSAL: Final = table(ProposalRow)


@dataclass(frozen=True)
class Change:
    """What is to become of a person: the parts that are given. A passphrase is here only as its hash."""

    person_id: str
    form: PersonForm | None = None
    sign_in: tuple[str, str] | None = None  # name and hash
    office_mark: str | None = None  # see `office_sign_in.mark_of`; "": no longer linked
    is_second_step_removed: bool = False


@dataclass(frozen=True)
class Proposal:
    """A change that waits. `seen`: the heads of the person's record when it was proposed."""

    proposal_id: str
    change: Change
    seen: tuple[str, ...]
    asked_by: str
    asked_at_ms: int


def sign_in_for(session: Session, person_id: str, name: str, passphrase: str, cost: Cost) -> tuple[str, str]:
    """A typed name and passphrase as a change holds them. Raises InvalidInput, WeakPassphrase."""
    return people.free_name(session, person_id, name), hash_passphrase(passphrase, cost)


def change_person(session: Session, author: Person, change: Change, needs_second: bool) -> bool:
    """Makes the change, or proposes it: True when it waits now. Raises InvalidInput, NotAllowed, NotThere."""
    if not author.may("edit_people"):
        raise NotAllowed()
    _check(session, author, change)
    if needs_second and _lets_read(session, author, change):
        _propose(session, author, change)
        return True
    _make(session, author, change)
    return False


def reset_passphrase(
    session: Session, author: Person, person_id: str, passphrase: str, cost: Cost, needs_second: bool
) -> None:
    """A new passphrase for a colleague who forgot theirs, at once or after a second one agreed; they are told.

    Raises NotAllowed, NotThere also for oneself, WeakPassphrase.
    """
    name = people.sign_in_name_of(session, person_id)
    if needs_second and name and person_id != author.person_id:
        sign_in = sign_in_for(session, person_id, name, passphrase, cost)
        change_person(session, author, Change(person_id, sign_in=sign_in), needs_second)
        return
    people.reset_passphrase(session, author, person_id, passphrase, cost)
    second_factors.tell(session, person_id, acts.SIGN_IN_SET, author.person_id)


def proposals(session: Session) -> list[Proposal]:
    """All that wait, the oldest first."""
    rows = session.execute(select(PROPOSAL).order_by(PROPOSAL.c.asked_at_ms))
    return [_proposal_of(row) for row in rows]


def confirm(session: Session, person: Person, proposal_id: str) -> None:
    """A second administrator agrees, and the change is made.

    Raises NotThere, NotAllowed for the one who asked and the one whom it is about, InvalidInput when it is outdated.
    """
    proposal = _proposal(session, person, proposal_id)
    if person.person_id in (proposal.asked_by, proposal.change.person_id):
        raise NotAllowed()
    if proposal.seen != _heads(session, proposal.change.person_id):
        raise InvalidInput("This person was changed meanwhile. Withdraw the proposal and make it anew.")
    _check(session, person, proposal.change)
    session.execute(delete(PROPOSAL).where(PROPOSAL.c.proposal_id == proposal_id))
    told = {"proposed_by": proposal.asked_by}
    audit.note(session, person.person_id, acts.PROPOSAL_CONFIRMED, proposal.change.person_id, told)
    _make(session, person, proposal.change)


def withdraw(session: Session, person: Person, proposal_id: str) -> None:
    """Any administrator takes a proposal off the list. Raises NotThere, NotAllowed."""
    proposal = _proposal(session, person, proposal_id)
    session.execute(delete(PROPOSAL).where(PROPOSAL.c.proposal_id == proposal_id))
    told = {"proposed_by": proposal.asked_by}
    audit.note(session, person.person_id, acts.PROPOSAL_WITHDRAWN, proposal.change.person_id, told)


def _check(session: Session, author: Person, change: Change) -> None:
    if change.form:
        people.check_person(session, author, change.form)
    elif reads.person(session, change.person_id) is None:
        raise NotThere()
    if change.sign_in:
        people.free_name(session, change.person_id, change.sign_in[0])
    if change.office_mark:
        office_sign_in.require_free(session, change.person_id, change.office_mark)


def _lets_read(session: Session, author: Person, change: Change) -> bool:
    """Whether the change gives somebody rights that two must agree on."""
    before = reads.person(session, change.person_id)
    if before and before.roles & set(APART) and author.person_id != change.person_id:
        is_sign_in_touched = change.sign_in or change.office_mark or change.is_second_step_removed
        if is_sign_in_touched:
            return True
    if change.form is None or not change.form.is_active:
        return False
    had = before.roles if before and before.is_active else frozenset()
    if set(change.form.roles) & set(APART) - had:
        return True
    is_reviewer = "reviewer" in change.form.roles
    return is_reviewer and before is not None and not people.need_to_know_of(change.form).is_within(before.need_to_know)


def _make(session: Session, author: Person, change: Change) -> None:
    if change.form:
        people.save_person(session, author, change.form)
    is_told = change.person_id != author.person_id and bool(people.sign_in_name_of(session, change.person_id))
    if change.sign_in:
        people.keep_sign_in(session, change.person_id, *change.sign_in, by=author.person_id)
        if is_told:
            second_factors.tell(session, change.person_id, acts.SIGN_IN_SET, author.person_id)
    if change.office_mark is not None:
        office_sign_in.link(session, change.person_id, change.office_mark, author.person_id)
        if is_told:
            second_factors.tell(session, change.person_id, acts.OFFICE_SIGN_IN_SET, author.person_id)
    if change.is_second_step_removed:
        second_factors.switch_off(session, author, change.person_id)


def _propose(session: Session, author: Person, change: Change) -> None:
    node: Node = session.info["node"]
    content = {"change": _json_of(change), "seen": _heads(session, change.person_id)}
    row = {"proposal_id": node.clock.new_id(), "person_id": change.person_id, "asked_by": author.person_id}
    session.execute(PROPOSAL.insert(), row | {"asked_at_ms": node.clock.now_ms(), "content": json.dumps(content)})
    audit.note(session, author.person_id, acts.PERSON_PROPOSED, change.person_id)


def _proposal(session: Session, person: Person, proposal_id: str) -> Proposal:
    if not person.may("edit_people"):
        raise NotAllowed()
    row = session.execute(select(PROPOSAL).where(PROPOSAL.c.proposal_id == proposal_id)).first()
    if row is None:
        raise NotThere()
    return _proposal_of(row)


def _heads(session: Session, person_id: str) -> tuple[str, ...]:
    found = reads.record(session, person_id)
    return tuple(found.heads) if found else ()


def _json_of(change: Change) -> dict[str, Any]:
    return vars(change) | {"form": vars(change.form) if change.form else None}


def _proposal_of(row: Any) -> Proposal:
    content: Mapping[str, Any] = json.loads(row.content)
    told = content["change"]
    change = Change(**told | {"form": PersonForm(**told["form"]) if told["form"] else None})
    if change.sign_in:  # JSON knows no tuples
        change = replace(change, sign_in=(change.sign_in[0], change.sign_in[1]))
    return Proposal(row.proposal_id, change, tuple(content["seen"]), row.asked_by, row.asked_at_ms)
