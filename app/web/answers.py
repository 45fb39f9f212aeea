"""Taps on an indicator: answer, undo, settle a conflict, look at its history."""

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from sqlmodel import Session

from app.domain.answers import answer_subject
from app.domain.people import Person
from app.errors import InvalidInput, NotAllowed, NotThere
from app.services import answers as services
from app.services.answers import Place, Sight
from app.store import journal, reads
from app.web.answer_contexts import CardContext, HistoryPage, HistoryRow, MeaningPage, SavedAnswer
from app.web.cards import Desk, card, field_words, meaning, value_words
from app.web.deps import ReadSession, Visitor, WriteSession
from app.web.forms import TypedForm
from app.web.in_hand import danger_url
from app.web.render import is_part_wanted, page, part, speech_of
from app.web.scenes import after_answer, desk_of, scene_of
from app.web.status import status_of
from app.web.visit_pages import Scene, head, progress

router = APIRouter()
FRAME_FIELDS = ("seen", "tap", "previous_tap", "person")


def sight_of(typed: dict[str, str], person: Person) -> Sight:
    """What the author saw. A tap of another person waits for that person: it is never written under this name."""
    if typed.get("person") not in (None, "", person.person_id):
        raise NotAllowed()
    seen = tuple(part for part in typed.get("seen", "").split(",") if part)
    return Sight(seen, typed.get("tap", "")[:64], typed.get("previous_tap", "")[:64])


@router.post("/visits/{visit_id}/answers/{indicator_id}/undo")
@router.post("/visits/{visit_id}/answers/{indicator_id}/{repeat_id}/undo")
def undo(
    request: Request,
    session: WriteSession,
    person: Visitor,
    typed: TypedForm,
    visit_id: str,
    indicator_id: str,
    repeat_id: str = "",
) -> Response:
    scene = scene_of(session, request, person, visit_id)
    place = services.find_place(scene.checklist, scene.records, indicator_id, repeat_id)
    sight = sight_of(typed, person)
    services.undo_answer(session, person, scene.records, place, sight)
    return _saved(request, session, scene, place, sight)


@router.post("/visits/{visit_id}/answers/{indicator_id}/resolution")
@router.post("/visits/{visit_id}/answers/{indicator_id}/{repeat_id}/resolution")
def settle(
    request: Request,
    session: WriteSession,
    person: Visitor,
    typed: TypedForm,
    visit_id: str,
    indicator_id: str,
    repeat_id: str = "",
) -> Response:
    scene = scene_of(session, request, person, visit_id)
    place = services.find_place(scene.checklist, scene.records, indicator_id, repeat_id)
    sight = sight_of(typed, person)
    services.settle_conflict(
        session, person, scene.records, place, typed.get("field", ""), typed.get("keep", ""), sight
    )
    return _saved(request, session, scene, place, sight)


# After undo and resolution: a room or file of that name is none, and their addresses would be taken for one.
@router.post("/visits/{visit_id}/answers/{indicator_id}")
@router.post("/visits/{visit_id}/answers/{indicator_id}/{repeat_id}")
def record_answer(
    request: Request,
    session: WriteSession,
    person: Visitor,
    typed: TypedForm,
    visit_id: str,
    indicator_id: str,
    repeat_id: str = "",
) -> Response:
    """Sets the posted fields. 422 brings the card back with the sentence and what was typed."""
    scene = scene_of(session, request, person, visit_id)
    place = services.find_place(scene.checklist, scene.records, indicator_id, repeat_id)
    sight = sight_of(typed, person)
    fields = {name: value for name, value in typed.items() if name not in FRAME_FIELDS}
    try:
        services.record_answer(session, person, scene.records, place, fields, sight)
    except InvalidInput as error:
        session.rollback()
        return _refused(request, session, scene, place, fields, error)
    return _saved(request, session, scene, place, sight)


@router.get("/visits/{visit_id}/answers/{indicator_id}/history")
@router.get("/visits/{visit_id}/answers/{indicator_id}/{repeat_id}/history")
def history(
    request: Request, session: ReadSession, person: Visitor, visit_id: str, indicator_id: str, repeat_id: str = ""
) -> Response:
    """Every entry on an answer, newest first: who, when, on which tablet, what."""
    scene = scene_of(session, request, person, visit_id)
    place = services.find_place(scene.checklist, scene.records, indicator_id, repeat_id)
    section = scene.checklist.section_of(indicator_id)
    number = scene.number_of(section, repeat_id) if section else 0
    dom_id = f"indicator-{indicator_id}" + (f"-{number}" if number else "")
    view = HistoryPage(
        visit=head(scene),
        indicator_id=indicator_id,
        question=place.indicator.text.in_(scene.speech.language),
        repeat_name=scene.repeat_name(repeat_id),
        card_url=f"{scene.url}/sections/{section.id if section else ''}#{dom_id}",
        rows=tuple(_history_rows(session, scene, place)),
    )
    return page(request, "answers/history.html", view)


@router.get("/visits/{visit_id}/meanings/{indicator_id}")
def meaning_of(request: Request, session: ReadSession, person: Visitor, visit_id: str, indicator_id: str) -> Response:
    """How to find out, what each answer means, and the standards: fetched when the foot of a card is opened."""
    scene = scene_of(session, request, person, visit_id)
    section = scene.checklist.section_of(indicator_id)
    if section is None:
        raise NotThere()
    indicator, language = scene.checklist.indicators[indicator_id], scene.speech.language
    card_url = f"{scene.url}/sections/{section.id}#indicator-{indicator_id}" + ("-1" if section.repeat else "")
    view = MeaningPage(
        visit=head(scene),
        indicator_id=indicator_id,
        question=indicator.text.in_(language),
        card_url=card_url,
        meaning=meaning(scene.checklist, indicator, language, card_url),
    )
    if is_part_wanted(request):
        return part(request, "answers/_meaning.html", view)
    return page(request, "answers/meaning.html", view)


def _history_rows(session: Session, scene: Scene, place: Place) -> list[HistoryRow]:
    entries = journal.entries_of(session, answer_subject(scene.visit.visit_id, place.indicator.id, place.repeat_id))
    devices = reads.devices_of(session, [entry.entry_id for entry in entries])
    answer = scene.records.answers.get((place.indicator.id, place.repeat_id))
    speech, indicator = scene.speech, place.indicator
    rows = []
    for entry in reversed(entries):
        fields = {name: value for name, value in entry.fields().items() if name != "undo"}
        lines = [
            f"{field_words(speech, indicator, n)}: {value_words(speech, indicator, n, v)}" for n, v in fields.items()
        ]
        rows.append(
            HistoryRow(
                entry_id=entry.entry_id,
                made_at=speech.at(entry.made_at_ms),  # type: ignore[arg-type]
                author=scene.names.get(entry.author, "?"),
                device=devices.get(entry.entry_id, ""),
                lines=tuple(lines),
                is_current=bool(answer and entry.entry_id in answer.heads),
                is_undo="undo" in entry.sets,
            )
        )
    return rows


def _saved(request: Request, session: Session, before: Scene, place: Place, sight: Sight) -> Response:
    """The card as it now is; without htmx, back to it."""
    scene = after_answer(session, before, answer_subject(before.visit.visit_id, place.indicator.id, place.repeat_id))
    section = scene.checklist.section_of(place.indicator.id)
    shown = card_of(session, scene, place)
    if not is_part_wanted(request):
        return RedirectResponse(f"{scene.url}/sections/{section.id if section else ''}#{shown.dom_id}", 303)
    return part(request, "answers/_saved.html", saved_view(request, session, scene, place, shown), acked_tap=sight.tap)


def card_of(session: Session, scene: Scene, place: Place) -> CardContext:
    """One card of a visit."""
    return card(_desk(session, scene, place), place.indicator, place.repeat_id, _number(scene, place))


def saved_view(request: Request, session: Session, scene: Scene, place: Place, shown: CardContext) -> SavedAnswer:
    """What a tap brings back: the card, the section's progress, and how much waits to be sent by now."""
    status = status_of(session, request) if request.app.state.settings.role == "device" else None
    done = progress(scene, scene.checklist.section_of(place.indicator.id))
    return SavedAnswer(shown, done, status, danger_url(scene.visit))


def _desk(session: Session, scene: Scene, place: Place) -> Desk:
    return desk_of(session, scene, [answer_subject(scene.visit.visit_id, place.indicator.id, place.repeat_id)])


def _number(scene: Scene, place: Place) -> int:
    section = scene.checklist.section_of(place.indicator.id)
    return scene.number_of(section, place.repeat_id) if section else 0


def _refused(
    request: Request, session: Session, scene: Scene, place: Place, typed: dict[str, str], error: InvalidInput
) -> Response:
    problem = speech_of(request).say(error.problem, **error.params)
    desk = _desk(session, scene, place).refused(typed, problem, error.field)
    shown = card(desk, place.indicator, place.repeat_id, _number(scene, place))
    view = saved_view(request, session, scene, place, shown)
    if is_part_wanted(request):
        return part(request, "answers/_saved.html", view, status=422)
    return page(request, "answers/refused.html", view, status=422)
