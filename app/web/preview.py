"""The editors' preview: the section pages of one checklist as cards, from the YAML files, on this computer only.

A small app of its own: no database, no people, nothing is saved. It is open to whoever sits at this computer, for it
shows nothing but the files they edit.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Lock
from typing import Final

from fastapi import FastAPI, Request, Response
from fastapi.responses import RedirectResponse
from fastapi.staticfiles import StaticFiles

from app.config import Settings
from app.domain.checklist import CompiledChecklist, Section
from app.domain.library import compiled
from app.domain.merge import Record
from app.domain.people import Person
from app.domain.visits import Visit
from app.store.checklist_cache import digest_of
from app.store.checklist_files import Fault, read_library
from app.store.reads import VisitRecords
from app.web import preferences
from app.web.answer_contexts import CardGroup, MeaningPage
from app.web.cards import Desk, card, meaning
from app.web.checklist_contexts import PageLink, PreviewFault, PreviewPage
from app.web.language import Speech
from app.web.render import STATIC_DIR, page, part, rendered_card, speech_of
from app.web.security import Guard
from app.web.visit_pages import Scene, head

SHOWN: Final = "preview"  # the id of the visit that there is none of; it stands in the addresses of its cards
VISIT: Final = Visit(
    visit_id=SHOWN,
    institution_id="",
    kind="periodic",
    is_announced=False,
    legal_basis="commissioner",
    visited_on=None,
    team=(),
    roles={},
    checklist_id="",
    checklist_version=0,
    checklist_sha256="",
    variant="full",
    asked=(),
    state="approved",  # nobody may answer: every form of a card is closed
    arrived_at="",
    waiting_minutes=None,
    received_by_role="",
    finish_reason="",
    return_reason="",
    heads=(),
)
NOBODY: Final = Person("", "", frozenset())


@dataclass(frozen=True)
class Edition:
    """The files as they were at one moment. `checklist` is None while they have faults or lack the checklist."""

    mark: str
    checklist: CompiledChecklist | None
    faults: tuple[Fault, ...]
    names: tuple[str, ...]  # ids of the checklists that are there


class Workbench:
    """Reads the folder again when a file in it has changed, and only then."""

    def __init__(self, folder: Path, checklist_id: str, version: int | None = None) -> None:
        self.folder, self.checklist_id, self.version = folder, checklist_id, version
        self._edition: Edition | None = None
        self._lock = Lock()

    def edition(self) -> Edition:
        mark = digest_of(self.folder)
        with self._lock:
            if self._edition is None or self._edition.mark != mark:
                self._edition = self._read(mark)
            return self._edition

    def _read(self, mark: str) -> Edition:
        library, faults = read_library(self.folder)
        key = (self.checklist_id, self.version or 0)
        found = library.checklists.get(key) if self.version else library.latest(self.checklist_id)
        names = tuple(sorted({one.id for one in library.checklists.values()}))
        made = compiled(library, found) if found and not faults else None
        return Edition(mark, made, tuple(faults), names)


def preview_app(settings: Settings, checklist_id: str, version: int | None = None) -> FastAPI:
    """Serves the preview of a checklist in `settings.checklists_dir`."""
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None, telemetry={"auto_configure": False, "logs": False})
    bench = Workbench(Path(settings.checklists_dir), checklist_id, version)
    app.state.settings, app.state.database = settings, None
    app.include_router(preferences.router)
    for path, route in (
        ("/", lambda: RedirectResponse("/sections/1", 303)),
        ("/sections/{number}", _section_route(bench)),
        ("/mark", _mark_route(bench)),
        (f"/visits/{SHOWN}/meanings/{{indicator_id}}", _meaning_route(bench)),
    ):
        app.add_api_route(path, route, methods=["GET"], response_model=None)
    app.mount("/static", StaticFiles(directory=STATIC_DIR), name="static")
    app.add_middleware(Guard, hosts=frozenset({"127.0.0.1", "localhost"}))
    return app


def _section_route(bench: Workbench) -> Callable[..., Response]:
    def section_page(request: Request, number: int) -> Response:
        """One section; a number that there is none of (any more) shows the first."""
        view = preview_page(speech_of(request), bench.edition(), bench.checklist_id, number)
        return page(request, "checklists/preview.html", view)

    return section_page


def _mark_route(bench: Workbench) -> Callable[..., Response]:
    def mark(request: Request) -> Response:
        """Says by its ETag whether the files are as the page shows them: 304, or 200 when they changed."""
        found = digest_of(bench.folder)
        headers = {"ETag": f'"{found}"', "Cache-Control": "no-cache"}
        same = request.headers.get("If-None-Match") == headers["ETag"]
        return Response("" if same else found, 304 if same else 200, headers, media_type="text/plain")

    return mark


def _meaning_route(bench: Workbench) -> Callable[..., Response]:
    def meaning_of(request: Request, indicator_id: str) -> Response:
        """The foot of a card, as a visit's card fetches it."""
        checklist, speech = bench.edition().checklist, speech_of(request)
        if checklist is None or indicator_id not in checklist.indicators:
            return Response(status_code=404)
        found = checklist.indicators[indicator_id]
        shown = head(Scene(VisitRecords(VISIT), checklist, None, NOBODY, {}, speech))
        whole = meaning(checklist, found, speech.language, "")
        lines = tuple(replace(line, url="") for line in whole.standards)  # there are no pages of provisions here
        told = (found.text.in_(speech.language), "/", replace(whole, standards=lines))
        return part(request, "answers/_meaning.html", MeaningPage(shown, indicator_id, *told))

    return meaning_of


def preview_page(speech: Speech, edition: Edition, checklist_id: str, number: int) -> PreviewPage:
    """A section (counted from 1) of the edition, or its faults."""
    checklist = edition.checklist
    sections = checklist.checklist.sections if checklist else ()
    section = sections[number - 1] if 1 <= number <= len(sections) else sections[0] if sections else None
    return PreviewPage(
        mark=edition.mark,
        checklist_id=checklist_id,
        title=section.title.in_(speech.language) if section else "",
        hint=section.hint.in_(speech.language) if section else "",
        sections=tuple(
            PageLink(f"/sections/{place}", one.title.in_(speech.language), one is section)
            for place, one in enumerate(sections, start=1)
        ),
        group=_group(speech, checklist, section) if checklist and section else None,
        faults=tuple(PreviewFault(one.file, one.line, one.where, one.text) for one in edition.faults),
        names=edition.names,
    )


def _group(speech: Speech, checklist: CompiledChecklist, section: Section) -> CardGroup:
    """The cards of a section as nobody has answered them yet; a room or file is shown once."""
    answers: dict[tuple[str, str], Record] = {}
    desk = Desk(checklist, VisitRecords(VISIT, answers), NOBODY, {}, {}, {}, speech)
    cards = tuple(rendered_card(speech, card(desk, checklist.indicators[name])) for name in section.indicators)
    return CardGroup("", "", 0, len(cards), "", "", cards)
