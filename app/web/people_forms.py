"""The form of a person: what was typed, and what it shows."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from fastapi import Request
from sqlmodel import Session
from starlette.datastructures import FormData

from app.config import Settings
from app.domain.people import ROLES, Person
from app.errors import N_
from app.services import office_sign_in, people, second_factors
from app.services.institutions import REGIONS
from app.services.people import PersonForm as SavedForm
from app.store import reads
from app.web import people_words, words
from app.web.contexts import Choice, Problem
from app.web.language import Speech
from app.web.new_passphrases import suggestion
from app.web.people_contexts import PersonForm
from app.web.render import speech_of

LANGUAGE_NAMES: Final = {"kk": "Қазақша", "ru": "Русский", "en": "English"}
LIMITS: Final = {"": N_("Every visit"), "on": N_("Only the visits chosen below, and their own")}
STATES: Final = {"": N_("active"), "on": N_("blocked")}


def form_of(person_id: str, typed: Mapping[str, str], form: FormData) -> SavedForm:
    """What was typed, as it is saved."""
    return SavedForm(
        person_id=person_id,
        name=typed.get("name", ""),
        roles=_several(form, "role"),
        organisation=typed.get("organisation", ""),
        language=typed.get("language", "kk"),
        accredited_until=typed.get("accredited_until", ""),
        trained_on=typed.get("trained_on", ""),
        is_active=not typed.get("blocked"),
        is_limited=bool(typed.get("limited")),
        regions=_several(form, "region"),
        visits=tuple(dict.fromkeys(typed.get("visits", "").split())),
    )


def _several(form: FormData, name: str) -> tuple[str, ...]:
    return tuple(str(one) for one in form.getlist(name))


def saved_form(person: Person) -> SavedForm:
    """A person as the form that would save them again."""
    days = (person.accredited_until, person.trained_on)
    accredited, trained = (day.isoformat() if day else "" for day in days)
    seen = person.need_to_know
    return SavedForm(
        person_id=person.person_id,
        name=person.name,
        roles=sorted(person.roles),
        organisation=person.organisation,
        language=str(person.fields.get("language") or "kk"),
        accredited_until=accredited,
        trained_on=trained,
        is_active=person.is_active,
        is_limited=seen.is_limited,
        regions=sorted(seen.regions),
        visits=sorted(seen.visits),
    )


def blank(request: Request, form: SavedForm, known: bool = False) -> PersonForm:
    """The form as it shows these values, of somebody who does not sign in yet."""
    speech: Speech = speech_of(request)
    settings: Settings = request.app.state.settings
    regions = _choices({code: words.region(speech, code) for code in REGIONS}, form.regions)
    return PersonForm(
        person_id=form.person_id,
        heading="",
        problems=(),
        name=form.name,
        organisation=form.organisation,
        accredited_until=form.accredited_until,
        trained_on=form.trained_on,
        roles=_choices({role: words.role(speech, role) for role in ROLES}, form.roles),
        languages=_choices(LANGUAGE_NAMES, (form.language,)),
        limits=_choices(_said(speech, LIMITS), ("on" if form.is_limited else "",)),
        regions=tuple(sorted(regions, key=lambda choice: speech.sort_key(choice.label))),
        visits="\n".join(form.visits),
        states=_choices(_said(speech, STATES), ("" if form.is_active else "on",)),
        sign_in_name="",
        office_subject="" if settings.oidc_issuer else None,
        second_step="",
        remove_url="",
        suggestion=suggestion(speech, f"/people/{form.person_id}" if known else "/people/new"),
        needs_second=settings.people_second_person,
    )


def _said(speech: Speech, choices: Mapping[str, str]) -> dict[str, str]:
    return {value: speech.say(label) for value, label in choices.items()}


def _choices(labels: Mapping[str, str], chosen: Sequence[str]) -> tuple[Choice, ...]:
    return tuple(Choice(value, label, value in chosen) for value, label in labels.items())


def filled_form(request: Request, session: Session, person: Person) -> PersonForm:
    """The form of somebody who is known."""
    factors = second_factors.factors_of(session, person.person_id)
    view = blank(request, saved_form(person), known=True)
    has_office = view.office_subject is not None
    return replace(
        view,
        heading=person.name,
        sign_in_name=people.sign_in_name_of(session, person.person_id),
        office_subject=_subject(session, person.person_id) if has_office else None,
        second_step=people_words.second_step(speech_of(request), factors),
        remove_url=f"/people/{person.person_id}/second-step/removal" if factors.is_any else "",
    )


def _subject(session: Session, person_id: str) -> str:
    return office_sign_in.subject_in(office_sign_in.mark_behind(session, person_id))


def typed_again(
    request: Request, session: Session, form: SavedForm, typed: Mapping[str, str], problems: tuple[Problem, ...]
) -> PersonForm:
    """The form with what was typed and what is wrong with it. A passphrase is never shown again."""
    known = reads.person(session, form.person_id)
    about = filled_form(request, session, known) if known else None
    view = blank(request, form, known is not None)
    return replace(
        view,
        problems=problems,
        heading=known.name if known else "",
        sign_in_name=typed.get("sign_in_name", ""),
        office_subject=typed.get("office_subject", "") if view.office_subject is not None else None,
        second_step=about.second_step if about else "",
        remove_url=about.remove_url if about else "",
    )
