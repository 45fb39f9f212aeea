"""The form that plans a visit: what was typed, and the page with it."""

from dataclasses import dataclass, field
from datetime import date

from fastapi import Request
from sqlmodel import Session
from starlette.datastructures import FormData

from app.domain.merge import Record
from app.domain.people import Person
from app.domain.visits import KINDS, LEGAL_BASES, VARIANTS
from app.errors import AppError, InvalidInput
from app.services.visits import Plan
from app.store import reads
from app.store.checklists import Compiled, Shelf
from app.store.node import Node
from app.web import words
from app.web.contexts import Choice, InstitutionOption, MemberOption, NewVisitPage, Problem
from app.web.language import Speech
from app.web.render import speech_of
from app.web.visit_pages import institution_name

SHOWN_INSTITUTIONS = 60


@dataclass(frozen=True)
class Typed:
    """The form as it was sent."""

    visit: str = ""
    search: str = ""
    institution: str = ""
    kind: str = ""
    announced: str = ""
    legal_basis: str = ""
    visited_on: str = ""
    checklist: str = ""
    variant: str = ""
    members: dict[str, str] = field(default_factory=dict)

    def plan(self) -> Plan:
        return Plan(
            visit_id=self.visit,
            institution_id=self.institution,
            kind=self.kind,
            is_announced=self.announced == "yes",
            legal_basis=self.legal_basis,
            visited_on=self.visited_on,
            members=self.members,
            variant=self.variant or "full",
        )


def read(form: FormData) -> Typed:
    """The posted form; members keep the order of the list."""
    text = {name: str(value)[:300] for name, value in form.items() if isinstance(value, str)}
    chosen = [str(value) for value in form.getlist("member") if isinstance(value, str)]
    members = {person: text.get(f"role.{person}", "monitor") for person in chosen}
    names = ("visit", "search", "institution", "kind", "announced", "legal_basis", "visited_on", "checklist", "variant")
    return Typed(**{name: text.get(name, "") for name in names}, members=members)


def problem(speech: Speech, error: AppError) -> tuple[Problem, ...]:
    """The refusal beside its field."""
    place = (
        error.field
        if isinstance(error, InvalidInput)
        else {"team_too_small": "member", "notice_needed": "announced"}.get(error.code, "institution")
    )
    sentence = error.problem if isinstance(error, InvalidInput) else error.sentence
    return (Problem(place, speech.say(sentence, **error.params)),)


def form(
    session: Session, request: Request, person: Person, typed: Typed, problems: tuple[Problem, ...] = ()
) -> NewVisitPage:
    """The page with what was typed, or with what is likely for a new visit."""
    speech, node = speech_of(request), session.info["node"]
    basis = typed.legal_basis or "commissioner"
    return NewVisitPage(
        visit_id=typed.visit or _fresh_id(node),
        problems=problems,
        search=typed.search,
        institutions=_institutions(session, speech, typed),
        kinds=tuple(Choice(code, words.kind(speech, code), code == (typed.kind or "periodic")) for code in KINDS),
        announced=typed.announced or "no",
        legal_bases=tuple(
            Choice(code, words.legal_basis(speech, code), code == basis, speech.say(words.LEGAL_BASIS_RULE[code]))
            for code in LEGAL_BASES
        ),
        members=_members(session, speech, person, typed),
        visited_on=typed.visited_on or _today(node, speech),
        checklists=_checklists(request.app.state.checklists, speech, typed),
        variants=tuple(
            Choice(
                code,
                words.variant(speech, code),
                code == (typed.variant or "full"),
                speech.say(words.VARIANT_HINT[code]),
            )
            for code in VARIANTS
        ),
    )


def _checklists(shelf: Shelf, speech: Speech, typed: Typed) -> tuple[Choice, ...]:
    """The one made for the place first: seventeen names are not to be read by somebody in a hurry."""
    titles = {one.checklist_id: one.title.in_(speech.language) for one in shelf.compiled}
    made_for = Choice("", speech.say("The one made for this type of place"), not typed.checklist)
    others = sorted(titles.items(), key=lambda one: speech.sort_key(one[1]))
    return made_for, *(Choice(key, title, key == typed.checklist) for key, title in others)


def chosen_checklist(session: Session, shelf: Shelf, typed: Typed) -> Compiled:
    """The checklist that was chosen by name, else the one made for the institution's type. Raises InvalidInput."""
    if typed.checklist:
        found = shelf.named(typed.checklist)
    else:
        place = reads.institutions(session).get(typed.institution)
        if place is None:
            raise InvalidInput("Choose the institution from the list.", "institution")
        found = shelf.for_type(place.text("type"))
    if found is None:
        raise InvalidInput("Choose the checklist.", "checklist")
    return found


def _institutions(session: Session, speech: Speech, typed: Typed) -> tuple[InstitutionOption, ...]:
    options = [
        InstitutionOption(
            key,
            institution_name(record, speech.language),
            record.text("place") or words.region(speech, record.text("region")),
            words.institution_type(speech, record.text("type")),
            key == typed.institution,
        )
        for key, record in reads.institutions(session).items()
        if key == typed.institution or fits_search(record, speech, typed.search)
    ]
    return tuple(sorted(options, key=lambda option: speech.sort_key(option.name))[:SHOWN_INSTITUTIONS])


def _members(session: Session, speech: Speech, person: Person, typed: Typed) -> tuple[MemberOption, ...]:
    members = []
    for key, member in reads.people(session).items():
        if not member.is_active or not member.roles & {"monitor", "team_lead"}:
            continue
        role = typed.members.get(key) or ("team_lead" if key == person.person_id else "monitor")
        roles = tuple(Choice(code, words.role(speech, code), code == role) for code in ("monitor", "team_lead"))
        is_chosen = key in typed.members or (not typed.members and key == person.person_id)
        members.append(MemberOption(key, member.name, is_chosen, roles))
    return tuple(sorted(members, key=lambda option: speech.sort_key(option.name)))


def _fresh_id(node: Node) -> str:
    return node.clock.new_id()


def _today(node: Node, speech: Speech) -> str:
    now = speech.at(node.clock.now_ms())
    return speech.local(now).date().isoformat() if now else date.today().isoformat()


def fits_search(institution: Record, speech: Speech, wanted: str) -> bool:
    """True when a name in either language, the place, region or type holds what was typed."""
    code = institution.text
    places = (code("place"), words.region(speech, code("region")), words.institution_type(speech, code("type")))
    return wanted.casefold() in " ".join((code("name_kk"), code("name_ru"), *places)).casefold()
