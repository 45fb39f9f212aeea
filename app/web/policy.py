"""The rules of the office in plain words, on tablets and at the office."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from fastapi import APIRouter, Request, Response
from sqlmodel import Session

from app.config import Settings
from app.domain.policy import KIND, RULES
from app.store import office_policy, reads
from app.web import policy_words
from app.web.deps import ReadSession, SignedIn
from app.web.policy_words import Said
from app.web.render import page, speech_of

router = APIRouter()


@dataclass(frozen=True)
class PolicySection:
    title: str
    rules: tuple[Said, ...]


@dataclass(frozen=True)
class PolicyPage:
    """`policy/page.html`. `said_at`: when the office last changed its rules; None while it has said none.

    `is_stricter`: this computer's own settings ask more than the office. `audit_url`, `retention_url`: empty for who may not.
    """

    sections: tuple[PolicySection, ...]
    said_at: datetime | None
    is_stricter: bool
    audit_url: str
    retention_url: str


@router.get("/policy")
def policy(request: Request, session: ReadSession, person: SignedIn) -> Response:
    settings: Settings = request.app.state.settings
    speech = speech_of(request)
    values = {rule.setting: getattr(settings, rule.setting) for rule in RULES}
    here = settings.role == "central"
    said = office_policy.said_rules(session)
    if not here:  # what the office alone does is as the office says it
        values |= {rule.setting: said[rule.key] for rule in RULES if rule.key in said and _is_of_office(rule.section)}
    sections = policy_words.sections(speech, values)
    view = PolicyPage(
        sections=tuple(PolicySection(title, tuple(rules)) for title, rules in sections),
        said_at=speech.at(_said_at_ms(session)) if said else None,
        is_stricter=any(said.get(rule.key, values[rule.setting]) != values[rule.setting] for rule in RULES),
        audit_url="/audit?what=policy_changed" if here and person.may("see_audit") else "",
        retention_url="/retention" if here and person.may("retention") else "",
    )
    return page(request, "policy/page.html", view)


def _is_of_office(section: str) -> bool:
    return section in ("two_person", "retention", "exports")


def _said_at_ms(session: Session) -> int:
    found = reads.record(session, KIND)
    made: Mapping[str, Any] = reads.made_at_of(session, list(found.heads)) if found else {}
    return max((at_ms for _, at_ms in made.values()), default=0)
