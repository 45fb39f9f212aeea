"""Central: the list of institutions, adding one, importing many."""

from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, File, Request, Response, UploadFile
from fastapi.responses import RedirectResponse
from sqlmodel import Session

from app.domain.checklist import INSTITUTION_TYPES
from app.domain.merge import Record
from app.domain.people import Person
from app.errors import BodyTooLarge, InvalidInput
from app.services import institutions as services
from app.store import reads
from app.web import words
from app.web.contexts import Choice, Problem
from app.web.deps import ReadSession, WriteSession, needs
from app.web.forms import TypedForm
from app.web.language import Speech
from app.web.new_visit import fits_search
from app.web.render import page, speech_of
from app.web.review_contexts import BadRow, ImportPage, InstitutionForm, InstitutionRow, InstitutionsPage
from app.web.visit_pages import institution_name

router = APIRouter()
Seer = Annotated[Person, needs("see_institutions")]
Editor = Annotated[Person, needs("edit_institutions")]
MAX_FILE_MB = 8


@router.get("/institutions")
def institutions_page(request: Request, session: ReadSession, person: Seer, search: str = "") -> Response:
    speech = speech_of(request)
    known = reads.institutions(session)
    found = {key: record for key, record in known.items() if fits_search(record, speech, search)}
    rows = _rows(session, speech, person, found)
    view = InstitutionsPage(search, tuple(rows), len(known), person.may("edit_institutions"))
    return page(request, "institutions/page.html", view)


def _rows(session: Session, speech: Speech, person: Person, institutions: Mapping[str, Record]) -> list[InstitutionRow]:
    visits = reads.visits_for(session, person)
    rows = []
    for key, record in institutions.items():
        here = [visit for visit in visits if visit.institution_id == key and visit.state != "planned"]
        rows.append(
            InstitutionRow(
                institution_id=key,
                name=institution_name(record, speech.language),
                type_words=words.institution_type(speech, record.text("type")),
                place=record.text("place") or words.region(speech, record.text("region")),
                visited_on=max((v.visited_on for v in here if v.visited_on), default=None),
                visits=len(here),
            )
        )
    return sorted(rows, key=lambda row: speech.sort_key(row.name))


@router.get("/institutions/new")
def new_page(request: Request, session: ReadSession, person: Editor) -> Response:
    return page(request, "institutions/new.html", _form(request, session.info["node"].clock.new_id(), {}))


@router.post("/institutions")
def add(request: Request, session: WriteSession, person: Editor, typed: TypedForm) -> Response:
    """Adds one institution, or changes it when its id is known."""
    institution_id = typed.get("institution") or session.info["node"].clock.new_id()
    try:
        services.save_institution(session, person, institution_id, typed)
    except InvalidInput as error:
        session.rollback()
        problem = Problem(error.field, speech_of(request).say(error.problem, **error.params))
        view = _form(request, institution_id, typed, (problem,))
        return page(request, "institutions/new.html", view, status=422)
    return RedirectResponse("/institutions", 303)


def _form(
    request: Request, institution_id: str, typed: dict[str, str], problems: tuple[Problem, ...] = ()
) -> InstitutionForm:
    speech = speech_of(request)
    types = [
        Choice(code, words.institution_type(speech, code), code == typed.get("type")) for code in INSTITUTION_TYPES
    ]
    regions = [Choice(code, words.region(speech, code), code == typed.get("region")) for code in services.REGIONS]
    return InstitutionForm(
        institution_id=institution_id,
        problems=problems,
        name_kk=typed.get("name_kk", ""),
        name_ru=typed.get("name_ru", ""),
        types=tuple(types),
        regions=tuple(sorted(regions, key=lambda choice: speech.sort_key(choice.label))),
        place=typed.get("place", ""),
        parent_body=typed.get("parent_body", ""),
        address=typed.get("address", ""),
        contacts=typed.get("contacts", ""),
        capacity=typed.get("capacity", ""),
    )


@router.get("/institutions/import")
def import_page(request: Request, person: Editor) -> Response:
    return page(request, "institutions/import.html", _result("", None))


@router.post("/institutions/import")
def import_file(
    request: Request, session: WriteSession, person: Editor, file: Annotated[UploadFile, File()]
) -> Response:
    """Takes the good rows, reports the bad ones with line and reason."""
    data = file.file.read(MAX_FILE_MB * 2**20 + 1)
    if len(data) > MAX_FILE_MB * 2**20:
        raise BodyTooLarge(megabytes=MAX_FILE_MB)
    speech = speech_of(request)
    try:
        done = services.import_institutions(session, person, data)
    except InvalidInput as error:
        view = _result(file.filename or "", None, speech.say(error.problem, **error.params))
        return page(request, "institutions/import.html", view, status=422)
    bad = tuple(BadRow(row.line, row.text, speech.say(row.reason, **row.params)) for row in done.bad_rows)
    return page(request, "institutions/import.html", _result(file.filename or "", done, "", bad))


def _result(name: str, done: services.Import | None, problem: str = "", bad: tuple[BadRow, ...] = ()) -> ImportPage:
    return ImportPage(
        is_done=done is not None,
        file_name=name[:120],
        added=done.added if done else 0,
        changed=done.changed if done else 0,
        unchanged=done.unchanged if done else 0,
        bad_rows=bad,
        columns=services.COLUMNS,
        problem=problem,
    )
