"""A tablet without a network: what it owes the office as sealed files to save, and files of others to take along."""

from typing import Final

from fastapi import APIRouter, Request, Response
from sqlmodel import Session

from app.domain.bundles import STEP_BYTES
from app.errors import N_, AppError, BundleRefused, InvalidInput
from app.store import bundles as kept
from app.store import outgoing, sending
from app.store.db import Database
from app.sync import bundles
from app.sync.bundles import Load, Plan
from app.web.amounts import count_words, size_words
from app.web.bundle_contexts import BroughtFile, BundleFile, BundlesPage
from app.web.bundle_files import PostedBundles, brought
from app.web.deps import SignedIn
from app.web.language import Speech
from app.web.render import page, speech_of
from app.web.sync_pages import waiting_words

router = APIRouter()
OUTDATED: Final = N_("This page is out of date. Open it again and save all the files that it offers then.")
SEALED_HEADERS: Final = {"Cache-Control": "no-store", "Content-Security-Policy": "default-src 'none'; sandbox"}


@router.get("/bundles")
def bundles_page(request: Request, person: SignedIn) -> Response:
    return page(request, "bundles/page.html", _view(request))


@router.post("/bundles")
def carry(request: Request, person: SignedIn, files: PostedBundles) -> Response:
    """Takes files of another tablet along, until this one meets the office."""
    database, speech = request.app.state.database, speech_of(request)
    try:
        results = brought(speech, files, lambda data: _carry(database, speech, data))
    except InvalidInput as error:
        results = (BroughtFile("", False, speech.say(error.problem)),)
    request.app.state.sync_loop.wake()
    is_fine = all(one.is_taken for one in results)
    return page(request, "bundles/page.html", _view(request, results), status=200 if is_fine else 422)


@router.get("/bundles/{name}/{number}")
def save_file(request: Request, person: SignedIn, name: str, number: int) -> Response:
    """One file of the bundle that the page offered last, written now."""
    planned: Plan | None = request.app.state.bundle_plan
    if planned is None or planned.name != name or not 0 < number <= len(planned.loads):
        raise InvalidInput(OUTDATED, "name")
    data = bundles.write_part(request.app.state.database, planned, number)
    # A neutral name: the stick's list of files tells nobody what is on it.
    filename = f"notes-{name[:8]}-{number}-of-{len(planned.loads)}.bin"
    headers = {**SEALED_HEADERS, "Content-Disposition": f'attachment; filename="{filename}"'}
    return Response(data, media_type="application/octet-stream", headers=headers)


def _carry(database: Database, speech: Speech, data: bytes) -> BroughtFile:
    label = bundles.carry(database, data)
    text = speech.say(
        "File %(part)s of %(parts)s is taken along. It goes to the office when this tablet next meets it.",
        part=speech.number(label.part),
        parts=speech.number(label.parts),
    )
    return BroughtFile("", True, text)


def _view(request: Request, results: tuple[BroughtFile, ...] = ()) -> BundlesPage:
    speech, database = speech_of(request), request.app.state.database
    problem = ""
    try:
        planned = _planned(request, database)
    except AppError as error:
        planned, problem = None, speech.say(error.sentence, **error.params)
    with database.read() as session:
        return BundlesPage(
            files=tuple(_files(speech, planned)) if planned else (),
            waiting=waiting_words(speech, outgoing.unsent_entries(session), sending.files(session)),
            problem=problem,
            carried=_carried_words(session, speech),
            refusals=tuple(speech.say(BundleRefused(why).sentence) for why in kept.refusals_of_central(session)),
            brought=results,
        )


def _planned(request: Request, database: Database) -> Plan:
    """The bundle on offer: the one that was offered before, as long as the tablet owes just the same."""
    fresh, offered = bundles.plan(database), request.app.state.bundle_plan
    if offered is None or not offered.is_like(fresh):
        request.app.state.bundle_plan = fresh
    planned: Plan = request.app.state.bundle_plan
    return planned


def _files(speech: Speech, planned: Plan) -> list[BundleFile]:
    return [
        BundleFile(f"/bundles/{planned.name}/{number}", number, size_words(speech, _size(load)))
        for number, load in enumerate(planned.loads, start=1)
    ]


def _size(load: Load) -> int:
    """About how long the file will be: what is sealed is as long as a multiple of STEP_BYTES."""
    return -(-load.size // STEP_BYTES) * STEP_BYTES


def _carried_words(session: Session, speech: Speech) -> str:
    count, size = kept.waiting_to_hand_over(session)
    return f"{count_words(speech, 0, 0, files=count)} · {size_words(speech, size)}" if count else ""
