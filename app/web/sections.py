"""A section of the checklist with its cards, and its rooms or files."""

from typing import Annotated, Final

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse

from app.domain.answers import is_complete, is_finding
from app.domain.checklist import Section
from app.domain.merge import Record
from app.errors import N_, NotThere
from app.services import answers as services
from app.store import reads
from app.web.answer_contexts import CardGroup, FilterLink, RepeatForm, SectionPage
from app.web.cards import Desk
from app.web.deps import ReadSession, Visitor, WriteSession
from app.web.drawn_cards import drawn_card
from app.web.render import page
from app.web.scenes import desk_of, scene_of
from app.web.visit_pages import Scene, head, progress, section_rows

router = APIRouter()
NEW_REPEAT: Final = {"room": N_("Room %(number)d"), "file": N_("File %(number)d")}
SHOWS = ("all", "unanswered", "flagged")
Typed = Annotated[str, Form(max_length=300)]


@router.get("/visits/{visit_id}/sections/{section_id}")
def section_page(
    request: Request, session: ReadSession, person: Visitor, visit_id: str, section_id: str, show: str = "all"
) -> Response:
    scene = scene_of(session, request, person, visit_id)
    section = scene.checklist.section(section_id)
    if section is None:
        raise NotThere()
    view = section_view(
        scene, desk_of(session, scene), section, show if show in SHOWS else "all", session.info["node"].clock.new_id()
    )
    return page(request, "sections/page.html", view)


@router.post("/visits/{visit_id}/repeats")
def add_repeat(
    session: WriteSession,
    request: Request,
    person: Visitor,
    visit_id: str,
    kind: Typed = "room",
    section: Typed = "",
    repeat: Typed = "",
    name: Typed = "",
) -> Response:
    scene = scene_of(session, request, person, visit_id)
    found = scene.checklist.section(section)
    if found is None or found.repeat is None or not repeat:
        raise NotThere()
    services.add_repeat(session, person, scene.records, repeat, section, found.repeat, name)
    return RedirectResponse(f"/visits/{visit_id}/sections/{section}#repeat-{repeat}", 303)


@router.post("/visits/{visit_id}/repeats/{repeat_id}")
def change_repeat(
    session: WriteSession, person: Visitor, visit_id: str, repeat_id: str, name: Typed = "", removed: Typed = ""
) -> Response:
    records = reads.visit_records_for(session, person, visit_id)
    repeat = next((r for r in records.repeats if r.subject == repeat_id), None)
    if repeat is None:
        raise NotThere()
    services.change_repeat(session, person, records, repeat_id, name, removed == "on")
    return RedirectResponse(f"/visits/{visit_id}/sections/{repeat.text('section')}", 303)


def section_view(scene: Scene, desk: Desk, section: Section, show: str, fresh_id: str) -> SectionPage:
    """The page of a section: cards grouped by room or file, filtered, with the way to the sections beside it."""
    rows = section_rows(scene, section.id)
    index = next(number for number, one in enumerate(rows) if one.is_current)
    before, after = (rows[index - 1] if index else None), (rows[index + 1] if index + 1 < len(rows) else None)
    return SectionPage(
        visit=head(scene),
        section_id=section.id,
        title=section.title.in_(scene.speech.language),
        hint=section.hint.in_(scene.speech.language),
        progress=progress(scene, section),
        filters=_filters(scene, section, show),
        groups=tuple(_group(scene, desk, section, repeat_id, show) for repeat_id in _repeats(scene, section)),
        repeat=_repeat_form(scene, section, fresh_id),
        sections=rows,
        previous_url=before.url if before else "",
        next_url=after.url if after else "",
        next_title=after.title if after else "",
    )


def _repeats(scene: Scene, section: Section) -> list[str]:
    return scene.repeats().get(section.id, []) if section.repeat else [""]


def _group(scene: Scene, desk: Desk, section: Section, repeat_id: str, show: str) -> CardGroup:
    asked = [one for one in scene.asked(section) if one.repeat_id == repeat_id]
    number = scene.number_of(section, repeat_id)
    shown = [one for one in asked if _is_shown(scene, one, show)]
    repeat = next((r for r in scene.records.repeats if r.subject == repeat_id), None)
    return CardGroup(
        repeat_id=repeat_id,
        name=repeat.text("name") if repeat else "",
        answered=sum(is_complete(one.indicator, scene.answer(one)) for one in asked),
        total=len(asked),
        edit_url=f"{scene.url}/repeats/{repeat_id}" if repeat else "",
        seen=",".join(repeat.heads) if repeat else "",
        cards=tuple(drawn_card(desk, one.indicator, repeat_id, number) for one in shown),
        clock_url=f"{scene.url}/files/{repeat_id}/clock" if repeat and _has_clock(scene, repeat) else "",
    )


def _has_clock(scene: Scene, repeat: Record) -> bool:
    return repeat.text("kind") == "file" and (bool(scene.checklist.custody) or repeat.subject in scene.records.cases)


def _is_shown(scene: Scene, one: object, show: str) -> bool:
    indicator, answer = one.indicator, scene.answer(one)  # type: ignore[attr-defined,arg-type]
    if show == "unanswered":
        return not is_complete(indicator, answer)
    if show == "flagged":
        return answer is not None and is_finding(indicator, answer.fields)
    return True


def _filters(scene: Scene, section: Section, show: str) -> tuple[FilterLink, ...]:
    asked = scene.asked(section)
    url = f"{scene.url}/sections/{section.id}"
    return tuple(
        FilterLink(
            url if one == "all" else f"{url}?show={one}", one, sum(_is_shown(scene, a, one) for a in asked), one == show
        )
        for one in SHOWS
    )


def _repeat_form(scene: Scene, section: Section, fresh_id: str) -> RepeatForm | None:
    if section.repeat is None or not head(scene).is_editable:
        return None
    number = len(scene.repeats().get(section.id, [])) + 1
    name = scene.speech.say(NEW_REPEAT[section.repeat], number=number)
    return RepeatForm(f"{scene.url}/repeats", section.repeat, fresh_id, name, "")
