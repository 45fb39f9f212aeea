"""Pages and parts: the Jinja environment, its few globals, and what a page knows of its reader."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import lru_cache
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode
from zoneinfo import ZoneInfo

from fastapi import Request, Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined, pass_context
from jinja2.runtime import Context
from markupsafe import Markup

from app.config import ROOT, Settings
from app.domain.people import Person
from app.errors import N_
from app.web import people_words, words
from app.web.answer_contexts import CardContext
from app.web.contexts import NavItem, PageContext, PersonContext, StatusContext
from app.web.language import LANGUAGES, Speech, catalogue

STATIC_DIR: Final = ROOT / "static"
THEMES, SIZES, HANDS = ("light", "dark", "night"), ("normal", "large"), ("right", "left")
NEUTRAL_TITLE: Final = N_("Notes")


@dataclass(frozen=True)
class Preferences:
    """What a reader chose, kept in a cookie: nothing about visits."""

    language: str
    theme: str = "light"
    size: str = "normal"
    hand: str = "right"


def preferences_of(request: Request) -> Preferences:
    """The reader's choices, or the node's defaults; an odd cookie is as good as none."""
    settings: Settings = request.app.state.settings
    kept = dict(parse_qsl(request.cookies.get(f"{settings.cookie_name}_look", "")))
    chosen = Preferences(settings.language)
    for name, allowed in (("language", LANGUAGES), ("theme", THEMES), ("size", SIZES), ("hand", HANDS)):
        if kept.get(name) in allowed:
            chosen = replace(chosen, **{name: kept[name]})
    return chosen


def preferences_cookie(chosen: Preferences) -> str:
    return urlencode(vars(chosen))


def speech_of(request: Request) -> Speech:
    return Speech(preferences_of(request).language, ZoneInfo(request.app.state.settings.time_zone))


def speech_in(request: Request, language: str) -> Speech:
    """The speech of a language that was asked for; the reader's own for none, or one that is not spoken here."""
    mine = speech_of(request)
    return Speech(language, mine.zone) if language in LANGUAGES else mine


def is_part_wanted(request: Request) -> bool:
    """True when htmx or the outbox asked: they want the part, not the page around it."""
    return request.headers.get("HX-Request") == "true"


def page(
    request: Request, template: str, view: object = None, *, status: int = 200, title: str = "", language: str = ""
) -> Response:
    """A whole page. The browser keeps no copy: nothing can be read after a lock by going back.

    `language`: of this page alone, when it is not the reader's.
    """
    html = _render(request, template, view, title, language)
    return Response(html, status, {"Cache-Control": "no-store"}, media_type="text/html; charset=utf-8")


def part(request: Request, template: str, view: object, *, status: int = 200, acked_tap: str = "") -> Response:
    """What one swap brings back. `acked_tap` names the tap that is now saved."""
    headers = {"Cache-Control": "no-store"} | ({"X-Op-Ack": acked_tap} if acked_tap else {})
    return Response(_render(request, template, view, ""), status, headers, media_type="text/html; charset=utf-8")


def _render(request: Request, template: str, view: object, title: str, language: str = "") -> str:
    speech = replace(speech_of(request), language=language) if language else speech_of(request)
    context = page_context(request, speech, title)
    return _environment(speech.language).get_template(template).render(view=view, page=context, speech=speech)


def alone_in(language: str, template: str, view: object) -> str:
    """A template in a language without the frame of a page, for what is shown outside the app."""
    return _environment(language).get_template(template).render(view=view)


def page_context(request: Request, speech: Speech, title: str) -> PageContext:
    """The frame: who is signed in, where they can go, what waits to be sent."""
    settings: Settings = request.app.state.settings
    chosen = preferences_of(request)
    person: Person | None = getattr(request.state, "person", None)
    status: StatusContext | None = getattr(request.state, "status", None)
    path = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    return PageContext(
        title=title or speech.say(NEUTRAL_TITLE),
        language=speech.language,
        theme=chosen.theme,
        size=chosen.size,
        hand=chosen.hand,
        role=settings.role,
        path=path,
        is_training=settings.instance == "training",
        person=_person(person, speech) if person else None,
        status=status if person else None,
        nav=tuple(_nav(request, person, speech)) if person else (),
        limits=people_words.shown_only(speech, person) if person else "",
        outbox_key=request.app.state.database.node.outbox_key(person.person_id) if person else "",
        is_posted=request.method == "POST",
        emptying_url=getattr(request.state, "emptying_url", "") if settings.role == "device" else "",
        red_button=getattr(request.state, "red_button", None),
    )


def _person(person: Person, speech: Speech) -> PersonContext:
    roles = ", ".join(words.role(speech, role) for role in sorted(person.roles))
    return PersonContext(person.person_id, person.name, person.initials, roles)


def _nav(request: Request, person: Person, speech: Speech) -> list[NavItem]:
    central = request.app.state.settings.role == "central"
    places = [
        ("/inbox", N_("Inbox"), "list-checks", central and person.may("review")),
        ("/visits", N_("Visits"), "door-open", person.may("visit")),
        ("/guides", N_("Guides"), "book-open", True),
        ("/institutions", N_("Institutions"), "map-pin", central and person.may("see_institutions")),
        ("/checklists", N_("Checklists"), "clipboard-list", central),
        ("/exports", N_("Exports"), "download", central and person.may("export_findings")),
        ("/people", N_("People"), "users", central and person.may("see_people")),
        ("/devices", N_("Tablets"), "tablet-smartphone", central and person.may("devices")),
        ("/audit", N_("Audit log"), "history", central and person.may("see_audit")),
        ("/policy", N_("Rules"), "shield-check", True),
        ("/standards", N_("Standards"), "scale", person.may("signed_in")),
        ("/sync", N_("Sending"), "cloud-upload", not central),
    ]
    here = request.url.path
    return [
        NavItem(url, speech.say(label), icon, here.startswith(url)) for url, label, icon, is_open in places if is_open
    ]


def prepare(*templates: str) -> None:
    """Compiles templates in every language before they are asked for."""
    for language in LANGUAGES:
        for template in templates:
            _environment(language).get_template(template)


@lru_cache
def _environment(language: str) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(ROOT / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n"],
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.install_gettext_translations(catalogue(language), newstyle=True)  # type: ignore[attr-defined]
    environment.globals["static"] = static_url
    environment.globals["sprite"] = static_url("sprite.svg")  # a page has a thousand icons: no call for each
    environment.filters |= {
        "date": _with_speech(lambda speech, value: speech.day(value)),
        "time": _with_speech(lambda speech, value: speech.clock_time(value)),
        "moment": _with_speech(lambda speech, value: speech.moment(value)),
        "number": _with_speech(lambda speech, value: speech.number(value)),
    }
    return environment


def _with_speech(write: Callable[[Speech, Any], str]) -> Callable[..., str]:
    @pass_context
    def filter_(context: Context, value: date | datetime | float | None) -> str:
        return write(context["speech"], value)

    return filter_


def rendered_card(speech: Speech, card: CardContext) -> Markup:
    """The card of an indicator as it stands on a section's page."""
    template = _environment(speech.language).get_template("answers/_card.html")
    return Markup(template.render(card=card, speech=speech))  # noqa: S704 - the template escapes


@lru_cache
def static_url(path: str) -> str:
    """/static/<path> with a mark of its content, so that browsers may keep it for a year."""
    return f"/static/{path}?v={hashlib.sha256((STATIC_DIR / path).read_bytes()).hexdigest()[:10]}"
