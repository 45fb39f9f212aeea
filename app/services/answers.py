"""What people do with an indicator: answer it, undo, settle a conflict, photograph."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlmodel import Session

from app.domain.answer_input import check_answer
from app.domain.answers import answer_subject
from app.domain.checklist import CompiledChecklist, Indicator
from app.domain.journal import Draft, Entry, Json, is_entry_id
from app.domain.merge import as_seen
from app.domain.people import Person
from app.domain.visits import may_answer
from app.errors import InvalidInput, MoveNotAllowed, NotThere, VisitLocked
from app.services.texts import kept_text
from app.services.visits import start_if_planned
from app.store import attachments, journal, originals, reads, taps
from app.store.reads import VisitRecords


@dataclass(frozen=True)
class Place:
    """The indicator that is meant, in its room or file if it repeats."""

    indicator: Indicator
    repeat_id: str = ""


@dataclass(frozen=True)
class Sight:
    """What the author saw: the heads their page showed, the tap's own id, and the page's previous unsent tap."""

    seen: tuple[str, ...] = ()
    tap: str = ""
    previous_tap: str = ""


def find_place(checklist: CompiledChecklist, records: VisitRecords, indicator_id: str, repeat_id: str) -> Place:
    """The place in the visit's checklist. Raises NotThere for an indicator or repeat that it does not have."""
    section = checklist.section_of(indicator_id)
    if section is None:
        raise NotThere()
    known = {repeat.subject for repeat in records.repeats}
    if bool(section.repeat) != bool(repeat_id) or (repeat_id and repeat_id not in known):
        raise NotThere()
    return Place(checklist.indicators[indicator_id], repeat_id)


def record_answer(
    session: Session, person: Person, records: VisitRecords, place: Place, typed: Mapping[str, str], sight: Sight
) -> None:
    """Writes the posted fields of an answer, and only those, as one entry.

    Its parents are what the author saw: the page's previous unsent tap, else the heads the page showed. A tap that
    comes twice is written once. Raises VisitLocked, InvalidInput (with the field).
    """
    if sight.tap and taps.entry_of(session, sight.tap):
        return
    _require_open(person, records, place)
    answer = records.answers.get((place.indicator.id, place.repeat_id))
    sets = dict(_checked(place.indicator, typed, answer.fields if answer else {}))
    if not sets:
        return
    start_if_planned(session, person, records.visit)
    _write(session, person, records, place, sets, sight)


def _checked(indicator: Indicator, typed: Mapping[str, str], held: Mapping[str, Json]) -> Mapping[str, Json]:
    """The typed fields as values. Raises InvalidInput with the first field that cannot be."""
    checked = check_answer(indicator, typed, held)
    for problem in checked.problems:
        raise InvalidInput(problem.sentence, problem.field, **problem.params)
    return checked.sets


def undo_answer(session: Session, person: Person, records: VisitRecords, place: Place, sight: Sight) -> None:
    """Takes back the newest entry on this answer that is not taken back yet: an entry of its own, so nothing is lost."""
    if sight.tap and taps.entry_of(session, sight.tap):
        return
    _require_open(person, records, place)
    entries = journal.entries_of(session, answer_subject(records.visit.visit_id, place.indicator.id, place.repeat_id))
    target = newest_to_undo(entries)
    if target is None:
        return
    before = as_seen(entries, target.parents)
    sets: dict[str, Json] = {name: before.get(name) for name in target.sets if name != "undo"}
    _write(session, person, records, place, {**sets, "undo": target.entry_id}, sight)


def newest_to_undo(entries: Sequence[Entry]) -> Entry | None:
    """The newest entry that was neither taken back nor is itself a taking back."""
    undone = {str(entry.fields().get("undo")) for entry in entries if "undo" in entry.sets}
    candidates = [e for e in entries if "undo" not in e.sets and e.entry_id not in undone and e.body is not None]
    return candidates[-1] if candidates else None


def settle_conflict(
    session: Session, person: Person, records: VisitRecords, place: Place, field: str, keep: str, sight: Sight
) -> None:
    """A person keeps one of the values that stand against each other; the entry names both as its parents."""
    if sight.tap and taps.entry_of(session, sight.tap):
        return
    _require_open(person, records, place)
    answer = records.answers.get((place.indicator.id, place.repeat_id))
    candidates = answer.conflicts.get(field, ()) if answer else ()
    kept = next((candidate for candidate in candidates if candidate.entry_id == keep), None)
    if kept is None:
        raise MoveNotAllowed()
    _write(session, person, records, place, {field: kept.value}, sight)


def add_photo(
    session: Session,
    person: Person,
    records: VisitRecords,
    place: Place,
    redrawn: attachments.Redrawn,
    caption: str,
    sight: Sight,
    original: bytes | None = None,
) -> str:
    """Keeps a redrawn photo beside an answer; returns its id. The same photo sent twice is one.

    `original`: the camera's own bytes, to be sealed for the office; None when they are not kept.
    """
    if sight.tap and taps.entry_of(session, sight.tap):
        return sight.tap
    _require_open(person, records, place)
    start_if_planned(session, person, records.visit)
    scope = records.visit.scope
    photo_id = sight.tap if is_free_id(session, sight.tap) else session.info["node"].clock.new_id()
    sets: dict[str, Json] = {
        "indicator": place.indicator.id,
        "repeat": place.repeat_id,
        "caption": kept_text("caption", caption, 300),
        "taken_at_ms": session.info["node"].clock.now_ms(),
        **_keep_bytes(session, scope, redrawn, original),
    }
    entry = journal.append(session, Draft("photo", photo_id, scope, sets), person.person_id)
    taps.remember(session, sight.tap, entry.entry_id)
    return photo_id


def _keep_bytes(session: Session, scope: str, redrawn: attachments.Redrawn, original: bytes | None) -> dict[str, Json]:
    """Keeps what belongs to a photo; returns the fields that name it."""
    sha256 = attachments.keep(session, redrawn.data, attachments.PHOTO_TYPE, scope, redrawn.thumbnail)
    of_original = {} if original is None else originals.keep(session, original, sha256, scope)
    return {"sha256": sha256, **of_original}


def remove_photo(session: Session, person: Person, records: VisitRecords, photo_id: str) -> None:
    """Takes a photo out of the visit; a value like any other, so it can be seen in the history."""
    photo = next((p for p in records.photos if p.subject == photo_id), None)
    if photo is None:
        raise NotThere()
    if not may_answer(
        person, records.visit, records.question_about(photo.text("indicator"), photo.text("repeat")) is not None
    ):
        raise VisitLocked()
    journal.append(
        session, Draft("photo", photo_id, records.visit.scope, {"removed": True}, photo.heads), person.person_id
    )


def add_repeat(
    session: Session, person: Person, records: VisitRecords, repeat_id: str, section_id: str, kind: str, name: str
) -> None:
    """A room or a sampled file of the visit. The name is a place or a number, never a child's name."""
    if not may_answer(person, records.visit, has_open_question=False):
        raise VisitLocked()
    if any(repeat.subject == repeat_id for repeat in records.repeats):
        return
    if _was_removed(session, records, repeat_id):
        return
    if not is_free_id(session, repeat_id):
        raise NotThere()
    if not name.strip():
        raise InvalidInput("Give the room or file a short name or number, without any person's name.", "name")
    start_if_planned(session, person, records.visit)
    sets: dict[str, Json] = {"section": section_id, "kind": kind, "name": kept_text("name", name, 80)}
    journal.append(session, Draft("repeat", repeat_id, records.visit.scope, sets), person.person_id)


def change_repeat(
    session: Session, person: Person, records: VisitRecords, repeat_id: str, name: str, removed: bool
) -> None:
    """Renames a room or file, or takes it out."""
    repeat = next((r for r in records.repeats if r.subject == repeat_id), None)
    if repeat is None:
        raise NotThere()
    if not may_answer(person, records.visit, has_open_question=False):
        raise VisitLocked()
    if not removed and not name.strip():
        raise InvalidInput("Give the room or file a short name or number, without any person's name.", "name")
    sets: dict[str, Json] = {"removed": True} if removed else {"name": kept_text("name", name, 80)}
    journal.append(session, Draft("repeat", repeat_id, records.visit.scope, sets, repeat.heads), person.person_id)


def _was_removed(session: Session, records: VisitRecords, repeat_id: str) -> bool:
    """True for a room of this visit that was taken out since: the page that sends it again is late, not wrong."""
    known = reads.record(session, repeat_id)
    return bool(known and known.kind == "repeat" and known.scope == records.visit.scope)


def is_free_id(session: Session, subject: str) -> bool:
    """True for an id made by a page that names nothing yet: what is new must not write into another record."""
    return is_entry_id(subject) and reads.record(session, subject) is None


def _require_open(person: Person, records: VisitRecords, place: Place) -> None:
    question = records.question_about(place.indicator.id, place.repeat_id)
    if not may_answer(person, records.visit, question is not None):
        raise VisitLocked()


def _write(
    session: Session, person: Person, records: VisitRecords, place: Place, sets: dict[str, Json], sight: Sight
) -> None:
    visit = records.visit
    subject = answer_subject(visit.visit_id, place.indicator.id, place.repeat_id)
    parents = taps.parents_of(session, subject, sight.seen, sight.previous_tap)
    entry = journal.append(session, Draft("answer", subject, visit.scope, sets, parents), person.person_id)
    taps.remember(session, sight.tap, entry.entry_id)
