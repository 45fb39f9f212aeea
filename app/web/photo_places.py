"""Where a photo is that an entry names: here, on its way, or on another tablet. Never silence, never a broken picture."""

from collections.abc import Iterable, Mapping
from typing import Final

from sqlmodel import Session

from app.domain.merge import Record
from app.errors import N_
from app.store import files_named
from app.store.originals import NO_KEY, TOO_LARGE
from app.store.photo_arrivals import Arrival, arrivals
from app.web.contexts import OriginalOf, PhotoPlace
from app.web.language import Speech

HERE: Final = PhotoPlace(True, True, "")
WITHOUT_ORIGINAL: Final = {
    NO_KEY: N_(
        "Kept without its original: the tablet had no key of the office yet. It gets one when it meets the office."
    ),
    TOO_LARGE: N_("Kept without its original: that is too large to be sent."),
}


def places_of(session: Session, speech: Speech, photos: Iterable[Record]) -> dict[str, PhotoPlace]:
    """SHA-256 -> where the file is, of the photos that these records name and of their originals."""
    is_central = session.info["node"].role == "central"
    found = arrivals(session, photos)
    gone = files_named.gone(session) if any(not one.is_here for one in found.values()) else set()
    return {
        sha256: PhotoPlace(one.is_here, one.has_small, _line(speech, one, is_central, sha256 in gone))
        for sha256, one in found.items()
    }


def place_of(places: Mapping[str, PhotoPlace], photo: Record) -> PhotoPlace:
    """Where one photo is; here, when nobody asked."""
    return places.get(photo.text("sha256"), HERE)


def original_line(speech: Speech, photo: Record) -> str:
    """Whether a photo's original is kept; empty when it was not asked for."""
    if photo.text("original"):
        return speech.say("Its original is kept, sealed for the office.")
    why = WITHOUT_ORIGINAL.get(photo.text("no_original"))
    return speech.say(why) if why else ""


def original_of(speech: Speech, places: Mapping[str, PhotoPlace], photo: Record) -> OriginalOf | None:
    """A photo's original at the office: its address, or in words why it is not here. None when it was not asked for."""
    why = WITHOUT_ORIGINAL.get(photo.text("no_original"))
    if why:
        return OriginalOf("", speech.say(why))
    if not photo.text("original"):
        return None
    place = places.get(photo.text("original"), HERE)
    if place.is_here:
        return OriginalOf(f"/photos/{photo.subject}/original", "")
    return OriginalOf("", speech.say("Original: %(where)s", where=place.line))


def count_line(speech: Speech, photos: Iterable[Record], places: Mapping[str, PhotoPlace]) -> str:
    """ "17 of 20 photos"; empty when there are none."""
    all_ = list(photos)
    here = sum(place_of(places, photo).is_here for photo in all_)
    if not all_:
        return ""
    return speech.say_n(
        "%(here)s of %(count)s photo here", "%(here)s of %(count)s photos here", len(all_), here=speech.number(here)
    )


def _line(speech: Speech, arrival: Arrival, is_central: bool, is_gone: bool) -> str:
    if arrival.is_here:
        return ""
    if is_gone:
        return speech.say("It is at the office, and was removed from this tablet.")
    if not is_central:
        return speech.say("It is on another tablet and goes to the office from there.")
    if arrival.percent:
        return speech.say("on its way, %(percent)s %%", percent=speech.number(arrival.percent))
    return speech.say("on its way")
