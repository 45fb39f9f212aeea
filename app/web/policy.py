"""The rules of the office in plain words, on tablets and at the office."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from fastapi import APIRouter, Request, Response
from sqlmodel import Session

from app.config import Settings
from app.domain.journal import Json
from app.domain.policy import KIND, RULES
from app.store import office_policy, reads
from app.web import policy_words
from app.web.deps import ReadSession, SignedIn
from app.web.policy_words import Said
from app.web.render import page, speech_of

router = APIRouter()
OF_OFFICE: Final = ("two_person", "retention", "exports")


@dataclass(frozen=True)
class PolicySection:
    title: str
    rules: tuple[Said, ...]


@dataclass(frozen=True)
class PolicyPage:
    """`policy/page.html`. `said_at`: when the office last changed its rules; None while it has said none.

    `differs`: this computer's own settings are stricter than the office, or, where it has said nothing, not the program's.
    `audit_url`, `retention_url`: empty for who may not.
    """

    sections: tuple[PolicySection, ...]
    said_at: datetime | None
    differs: bool
    audit_url: str
    retention_url: str


@router.get("/policy")
def policy(request: Request, session: ReadSession, person: SignedIn) -> Response:
    settings: Settings = request.app.state.settings
    speech = speech_of(request)
    here = settings.role == "central"
    said = office_policy.said_rules(session)
    values = _in_force(settings, said)
    given = said or {rule.key: Settings.model_fields[rule.setting].default for rule in RULES}
    sections = policy_words.sections(speech, values)
    view = PolicyPage(
        sections=tuple(PolicySection(title, tuple(rules)) for title, rules in sections),
        said_at=speech.at(_said_at_ms(session)) if said else None,
        differs=any(
            values.get(rule.setting, given[rule.key]) != given[rule.key] for rule in RULES if rule.key in given
        ),
        audit_url="/audit?what=policy_changed" if here and person.may("see_audit") else "",
        retention_url="/retention" if here and person.may("retention") else "",
    )
    return page(request, "policy/page.html", view)


def _in_force(settings: Settings, said: Mapping[str, Json]) -> dict[str, Any]:
    """Setting -> value. What the office alone does a tablet knows from the office, or not at all."""
    found: dict[str, Any] = {}
    for rule in RULES:
        if settings.role == "central" or rule.section not in OF_OFFICE:
            found[rule.setting] = getattr(settings, rule.setting)
        elif rule.key in said:
            found[rule.setting] = said[rule.key]
    return found


def _said_at_ms(session: Session) -> int:
    found = reads.record(session, KIND)
    made: Mapping[str, Any] = reads.made_at_of(session, list(found.heads)) if found else {}
    return max((at_ms for _, at_ms in made.values()), default=0)
