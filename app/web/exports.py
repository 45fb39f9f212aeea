"""Central: what leaves the office. Findings at a level for those who work with them; figures of a period for everybody."""

import hashlib
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Annotated, Final

from fastapi import APIRouter, Query, Request, Response
from sqlmodel import Session

from app import __version__
from app.clock import as_moment
from app.domain.checklist import INSTITUTION_TYPES
from app.domain.journal import Json
from app.domain.people import Person
from app.domain.publication import WAYS, Period, period_of
from app.errors import N_, InvalidInput
from app.export.plain_cells import csv_zip, writable
from app.export.workbook import Workbook
from app.export.xlsx import xlsx_bytes
from app.services import publications as services
from app.services.institutions import REGIONS
from app.web import export_figures, export_words, words
from app.web.contexts import Choice, Problem
from app.web.deps import ReadSession, WriteSession, needs
from app.web.export_contexts import ExportsPage
from app.web.export_findings import SHEETS, About, findings_workbook, level_line, rule_lines
from app.web.export_words import AUTHORITY, INTERNAL, PUBLIC
from app.web.forms import TypedForm
from app.web.language import Speech
from app.web.render import page, speech_of
from app.web.scenes import scenes_of
from app.web.visit_pages import Scene

router = APIRouter()
Exporter = Annotated[Person, needs("export_findings")]
Publisher = Annotated[Person, needs("publish_figures")]
Typed = Annotated[str, Query(max_length=40)]
NO_PERIOD: Final = N_("Choose a period.")
NO_WAY: Final = N_("Choose how the places are put into rows.")
NO_LEVEL: Final = N_("Choose for whom the file is.")
NOTHING: Final = N_("No visit fits what you chose.")
NOT_CONFIRMED: Final = N_("Look through the list first, then tick that you did.")
MEDIA: Final = {
    "xlsx": ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "xlsx"),
    "csv": ("application/zip", "zip"),
}


@router.get("/exports")
def exports_page(request: Request, session: ReadSession, person: Exporter) -> Response:
    return _page(request, session, person, {})


@router.post("/exports")
def export_findings(request: Request, session: WriteSession, person: Exporter, typed: TypedForm) -> Response:
    """The findings of the chosen visits as a file. The audit row is committed before a byte of it goes out."""
    try:
        purpose = services.stated_purpose(typed.get("purpose", ""))
        level = typed.get("level", "")
        if level not in (INTERNAL, AUTHORITY):
            raise InvalidInput(NO_LEVEL, "level")
        scenes = _chosen(request, session, person, typed, level)
    except InvalidInput as error:
        session.rollback()
        return _page(request, session, person, typed, error)
    speech = speech_of(request)
    made = _now(session, speech)
    workbook, findings = findings_workbook(speech, scenes, level, _about(speech, person, level, made, typed))
    data, headers = _file(workbook, SHEETS, typed, made)
    told: dict[str, Json] = {"level": level, "purpose": purpose, "visits": len(scenes), "findings": findings}
    told |= {name: typed[name] for name in ("from_day", "until_day", "type", "region") if typed.get(name)}
    services.note_export(session, person, told | {"sha256": hashlib.sha256(data).hexdigest()})
    return Response(data, headers=headers)


@router.get("/exports/figures")
def check_page(
    request: Request, session: ReadSession, person: Publisher, period: Typed = "", way: Typed = ""
) -> Response:
    """Who could be recognised? Shown before a period is published."""
    return _check(request, session, person, {"period": period, "way": way})


@router.post("/exports/figures")
def export_figures_file(request: Request, session: WriteSession, person: Publisher, typed: TypedForm) -> Response:
    """The figures of a period as a file. The first time they are fixed: from then on everybody gets just these."""
    speech = speech_of(request)
    made = _now(session, speech)
    try:
        period, way = _period(typed), _way(typed)
        purpose = services.stated_purpose(typed.get("purpose", ""))
        if services.release_of(session, period) is None and typed.get("confirmed") != "on":
            raise InvalidInput(NOT_CONFIRMED, "confirmed")
        figures = services.publish(session, person, period, way, made, _least(request))
    except InvalidInput as error:
        session.rollback()
        return _check(request, session, person, typed, error)
    least = speech.number(figures.least)
    lines = (
        level_line(speech, PUBLIC),
        export_figures.period_line(speech, figures),
        *_made_lines(speech, made),
        *rule_lines(speech, PUBLIC, least=least),
    )
    workbook = export_figures.figures_workbook(speech, figures, About(lines))
    data, headers = _file(workbook, export_figures.SHEETS, typed, made)
    told: dict[str, Json] = {"level": PUBLIC, "purpose": purpose, "period": period.code, "way": way}
    services.note_export(session, person, told | {"sha256": hashlib.sha256(data).hexdigest()})
    return Response(data, headers=headers)


def _least(request: Request) -> int:
    least: int = request.app.state.settings.public_least
    return least


def _now(session: Session, speech: Speech) -> datetime:
    return speech.local(as_moment(session.info["node"].clock.now_ms()))


def _period(typed: dict[str, str]) -> Period:
    try:
        return period_of(typed.get("period", ""))
    except ValueError as error:
        raise InvalidInput(NO_PERIOD, "period") from error


def _way(typed: dict[str, str]) -> str:
    way = typed.get("way", "")
    if way not in WAYS:
        raise InvalidInput(NO_WAY, "way")
    return way


def _chosen(request: Request, session: Session, person: Person, typed: dict[str, str], level: str) -> list[Scene]:
    """The visits that were asked for, of those this person may see, oldest first: for an authority approved ones only.

    Raises InvalidInput for days that are none, and when nothing fits.
    """
    first, last = (_day(typed, name) for name in ("from_day", "until_day"))
    states = ("approved",) if level == AUTHORITY else ("finished", "returned", "approved")
    found = [
        scene
        for scene in scenes_of(session, request, person)
        if scene.visit.state in states
        and scene.visit.visited_on
        and (first or date.min) <= scene.visit.visited_on <= (last or date.max)
        and all(not typed.get(name) or _of_institution(scene, name) == typed[name] for name in ("type", "region"))
    ]
    if not found:
        raise InvalidInput(NOTHING, "from_day")
    return found[::-1]


def _of_institution(scene: Scene, name: str) -> str:
    return scene.institution.text(name) if scene.institution else ""


def _day(typed: dict[str, str], name: str) -> date | None:
    try:
        return date.fromisoformat(typed[name]) if typed.get(name) else None
    except ValueError as error:
        raise InvalidInput("This is no day. Write it as 2026-11-22.", name) from error


def _about(speech: Speech, person: Person, level: str, made: datetime, typed: dict[str, str]) -> About:
    """What a file of findings says of itself. Who made it is named within the office only."""
    roles = ", ".join(words.role(speech, role) for role in sorted(person.roles))
    chosen = {
        speech.say("From the day"): typed.get("from_day"),
        speech.say("Until the day"): typed.get("until_day"),
        speech.say("Type"): words.institution_type(speech, typed["type"]) if typed.get("type") else "",
        speech.say("Region"): words.region(speech, typed["region"]) if typed.get("region") else "",
    }
    lines = [
        level_line(speech, level),
        *((name, value or speech.say("all")) for name, value in chosen.items()),
        (speech.say("Made by"), f"{person.name}, {roles}" if level == INTERNAL else roles),
        *_made_lines(speech, made),
        (speech.say("What for"), typed.get("purpose", "")),
        *rule_lines(speech, level),
    ]
    return About(tuple(lines))


def _made_lines(speech: Speech, made: datetime) -> tuple[tuple[str, str], ...]:
    return (speech.say("Made on"), speech.moment(made)), (speech.say("Program"), f"Baqylau {__version__}")


def _file(
    workbook: Workbook, names: tuple[str, ...], typed: dict[str, str], made: datetime
) -> tuple[bytes, dict[str, str]]:
    """The bytes in the chosen format, and headers that give the file a name which says nothing but the day."""
    media, ending = MEDIA.get(typed.get("format", ""), MEDIA["xlsx"])
    clean = writable(workbook)
    data = csv_zip(clean, names) if ending == "zip" else xlsx_bytes(clean)
    name = f'attachment; filename="table-{made:%Y-%m-%d}.{ending}"'
    return data, {"Content-Type": media, "Content-Disposition": name, "Cache-Control": "no-store"}


def _choices(speech: Speech, table: dict[str, str], chosen: str, hints: dict[str, str] | None = None) -> list[Choice]:
    return [
        Choice(code, speech.say(text), code == chosen, speech.say(hints[code]) if hints and code in hints else "")
        for code, text in table.items()
    ]


def _page(
    request: Request, session: Session, person: Person, typed: dict[str, str], error: InvalidInput | None = None
) -> Response:
    speech = speech_of(request)
    today = _now(session, speech).date()
    levels = {code: text for code, text in export_words.LEVEL.items() if code != PUBLIC}
    types = [Choice(one, words.institution_type(speech, one), one == typed.get("type")) for one in INSTITUTION_TYPES]
    regions = [Choice(one, words.region(speech, one), one == typed.get("region")) for one in REGIONS]
    view = ExportsPage(
        problems=_problems(speech, error),
        levels=tuple(_choices(speech, levels, typed.get("level", ""), export_words.LEVEL_HINT)),
        formats=tuple(_choices(speech, export_words.FORMAT, typed.get("format", "xlsx"))),
        types=tuple(types),
        regions=tuple(sorted(regions, key=lambda one: speech.sort_key(one.label))),
        from_day=typed.get("from_day", str(today - timedelta(days=92))),
        until_day=typed.get("until_day", str(today)),
        purpose=typed.get("purpose", ""),
        periods=tuple(
            Choice(one.code, export_words.period(speech, one), False) for one in services.periods(session, today)
        ),
        ways=tuple(_choices(speech, export_words.WAY, "type")),
        may_publish=person.may("publish_figures"),
    )
    return page(request, "exports/page.html", view, status=error.status if error else 200)


def _check(
    request: Request, session: Session, person: Person, typed: dict[str, str], error: InvalidInput | None = None
) -> Response:
    """The check, or the page of exports with the reason why this period cannot be published."""
    speech = speech_of(request)
    try:
        period, way = _period(typed), _way(typed)
        if problem := services.why_not(session, period, way, _now(session, speech).date()):
            raise problem
        before = services.release_of(session, period)
        figures, found = (before.figures, None) if before else services.planned(session, period, way, _least(request))
    except InvalidInput as refused:
        return _page(request, session, person, typed, refused)
    view = replace(
        export_figures.check_of(speech, figures, found),
        problems=_problems(speech, error),
        published_line=speech.moment(speech.at(before.made_at_ms)) if before else "",
        formats=tuple(_choices(speech, export_words.FORMAT, typed.get("format", "xlsx"))),
        purpose=typed.get("purpose", ""),
    )
    return page(request, "exports/check.html", view, status=error.status if error else 200)


def _problems(speech: Speech, error: InvalidInput | None) -> tuple[Problem, ...]:
    return (Problem(error.field, speech.say(error.problem, **error.params)),) if error else ()
