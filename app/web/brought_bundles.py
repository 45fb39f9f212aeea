"""Central: sealed bundles that somebody brings on a stick, taken in as an exchange would have been."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Final

from fastapi import APIRouter, Request, Response

from app.domain.people import Person
from app.errors import N_, InvalidInput
from app.sync import bundles
from app.sync.bundle_wire import BundleTaken
from app.sync.relays import GAP
from app.web.amounts import count_words
from app.web.bundle_contexts import BroughtFile, BundleImportPage
from app.web.bundle_files import PostedBundles, brought
from app.web.deps import needs
from app.web.language import Speech
from app.web.render import page, speech_of

router = APIRouter()
Bringer = Annotated[Person, needs("bring_bundles")]
# Why entries of a tablet are kept and do not count, as the office has to read it.
WHY_NOT_COUNTED: Final[Mapping[str, str]] = {
    "author": N_("whoever wrote them is not among this tablet's people"),
    "rights": N_("only the office may decide this"),
    "scope": N_("they belong to visits of other teams"),
    "revoked": N_("the tablet was withdrawn before"),
}


@router.get("/bundles")
def import_page(request: Request, person: Bringer) -> Response:
    return page(request, "bundles/import.html", BundleImportPage((), ""))


@router.post("/bundles")
def import_bundles(request: Request, person: Bringer, files: PostedBundles) -> Response:
    """Takes in each file, and says what came of it. The same ones again change nothing."""
    database, speech = request.app.state.database, speech_of(request)
    try:
        results = brought(speech, files, lambda data: _taken(speech, bundles.take(database, data)))
    except InvalidInput as error:
        view = BundleImportPage((), speech.say(error.problem))
        return page(request, "bundles/import.html", view, status=422)
    is_fine = all(one.is_taken for one in results)
    return page(request, "bundles/import.html", BundleImportPage(results, ""), status=200 if is_fine else 422)


def _taken(speech: Speech, told: BundleTaken) -> BroughtFile:
    new = count_words(speech, told.entries, 0, files=told.files)
    what = speech.say("New here: %(what)s.", what=new) if new else speech.say("All of it was here already.")
    if not new and (told.refused or told.refused_files):
        what = speech.say("Nothing of it was taken.")
    which = speech.say(
        "%(name)s, file %(part)s of %(parts)s.",
        name=told.name,
        part=speech.number(told.part),
        parts=speech.number(told.parts),
    )
    is_whole = not told.refused and not told.refused_files
    return BroughtFile("", is_whole, f"{which} {what}", tuple(_notes(speech, told)))


def _notes(speech: Speech, told: BundleTaken) -> Iterator[str]:
    """What was not taken, or does not count, and what to do."""
    for refused in told.refused:
        if refused.why == GAP:
            yield speech.say(
                "Entries that come before these are missing. Bring in the earlier files of this tablet first."
            )
        else:
            yield speech.say("Some entries contradict what is here. This tablet has to meet the office itself.")
    if told.refused_files:
        count = len(told.refused_files)
        yield speech.say_n(
            "%(count)s photo or document was not taken. Bring in the other files of this bundle, then this one again.",
            "%(count)s photos or documents were not taken. Bring in the other files of this bundle, then this one again.",
            count,
        )
    for reason in sorted({one.reason for one in told.quarantined}):
        count = sum(one.reason == reason for one in told.quarantined)
        yield speech.say_n(
            "%(count)s entry is kept but does not count: %(why)s.",
            "%(count)s entries are kept but do not count: %(why)s.",
            count,
            why=speech.say(WHY_NOT_COUNTED.get(reason, N_("the office cannot read them"))),
        )
