"""The visits of the demo, one in every state: what the team noted and what the office decided."""

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from sqlmodel import Session

from app.demo_data import LEFT_OPEN, NOTED, ON_DEVICE, ROOMS, SEEN, STANDING_OUT, STARTED_SECTIONS, Typed
from app.demo_photos import empty_room
from app.demo_story import Story
from app.domain.checklist import Section
from app.domain.coverage import Asked, asked_in, coverage_of
from app.domain.people import Person
from app.services import answers, reviews
from app.services import visits as services
from app.services.answers import Place, Sight
from app.store import attachments, reads
from app.store.checklists import keep_document
from app.store.reads import VisitRecords

PHOTO_EDGE_PX: Final = 1024
SECTIONS_OF: Final = {"registers": "daniyar", "files": "daniyar", "cells": "elena", "rooms": "elena", "talks": "elena"}


@dataclass
class Told:
    """A visit while it is told: its id, and the sections that are gone through."""

    story: Story
    visit_id: str

    def records(self, session: Session, name: str = "aigerim") -> VisitRecords:
        """The visit as a member of its team, or a reviewer, reads it now."""
        person = reads.person(session, self.story.people[name])
        if person is None:
            raise ValueError(f"{name} is not known here yet")
        return reads.visit_records_for(session, person, self.visit_id)

    def place(self, records: VisitRecords, indicator_id: str, repeat_id: str = "") -> Place:
        return answers.find_place(self.story.police.checklist, records, indicator_id, repeat_id)


def plan(
    story: Story, institution: str, visited_on: str, kind: str, basis: str = "commissioner", announced: bool = False
) -> Told:
    """The team lead plans a visit of the whole team."""
    lead = story.person(story.tablet, "aigerim")
    roles = {story.people[name]: "team_lead" if name == "aigerim" else "monitor" for name in ON_DEVICE}
    compiled, visit_id = story.police, story.clock.new_id()
    typed = services.Plan(visit_id, story.institutions[institution], kind, announced, basis, visited_on, roles)
    with story.tablet.write() as session:
        services.plan_visit(session, lead, typed, compiled.checklist, compiled.sha256)
        keep_document(session, compiled, f"visit:{visit_id}")
    return Told(story, visit_id)


def arrive(told: Told, at: str, waiting: int, received_by: str) -> None:
    """The team comes, and each member says whether there is a conflict of interest."""
    story = told.story
    with story.tablet.write() as session:
        visit = told.records(session).visit
        lead = story.person(story.tablet, "aigerim")
        services.record_arrival(session, lead, visit, at, str(waiting), received_by)
        for name in ON_DEVICE:
            services.declare_interest(session, story.person(story.tablet, name), visit, "none", "")


def note(told: Told, sections: Iterable[str], left_open: Iterable[str] = (), more: Mapping[str, Typed] = {}) -> None:
    """Goes through sections and answers what is asked, each by the member who has that section."""
    story, skipped = told.story, set(left_open)
    for section_id in sections:
        section = story.police.checklist.section(section_id)
        person = story.person(story.tablet, SECTIONS_OF.get(section_id, "aigerim"))
        with story.tablet.write() as session:
            records = told.records(session)
            for asked in _asked(told, records, section):
                indicator_id = asked.indicator.id
                if indicator_id in skipped:
                    continue
                typed = more.get(indicator_id) or NOTED.get(indicator_id) or {"value": "yes", **SEEN}
                place = told.place(records, indicator_id, asked.repeat_id)
                answers.record_answer(session, person, records, place, typed, Sight())


def _asked(told: Told, records: VisitRecords, section: Section | None) -> list[Asked]:
    return list(asked_in(told.story.police.checklist, section, records.answers, _repeats(records)))


def _repeats(records: VisitRecords) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for repeat in records.repeats:
        found.setdefault(repeat.text("section"), []).append(repeat.subject)
    return found


def add_repeat(told: Told, section_id: str, name: str) -> str:
    """A room or a sampled file. Returns its id."""
    story = told.story
    section = story.police.checklist.section(section_id)
    repeat_id = story.clock.new_id()
    if section is None or section.repeat is None:
        raise ValueError(f"the checklist has no repeated section {section_id}")
    with story.tablet.write() as session:
        person = story.person(story.tablet, SECTIONS_OF.get(section_id, "aigerim"))
        answers.add_repeat(session, person, told.records(session), repeat_id, section_id, section.repeat, name)
    return repeat_id


def change(told: Told, name: str, indicator_id: str, typed: Typed, repeat_id: str = "", has_seen: bool = True) -> None:
    """One more tap on an answer. `has_seen`: its author saw what stood there; if not, two answers stand side by side."""
    story = told.story
    with story.tablet.write() as session:
        records = told.records(session)
        answer = records.answers.get((indicator_id, repeat_id))
        sight = Sight(answer.heads if answer and has_seen else ())
        person = story.person(story.tablet, name)
        answers.record_answer(session, person, records, told.place(records, indicator_id, repeat_id), typed, sight)


def photograph(told: Told, name: str, indicator_id: str, look: str, caption: str, repeat_id: str = "") -> None:
    """A drawn photo beside an answer."""
    story = told.story
    redrawn = attachments.redraw_photo(empty_room(look), PHOTO_EDGE_PX)
    with story.tablet.write() as session:
        records = told.records(session)
        place, person = told.place(records, indicator_id, repeat_id), story.person(story.tablet, name)
        answers.add_photo(session, person, records, place, redrawn, caption, Sight())


def finish(told: Told, reason: str = "", dissent: str = "") -> None:
    """The team lead ends the visit and every member signs, the last one with a dissent if there is one."""
    story = told.story
    with story.tablet.write() as session:
        records = told.records(session)
        counted = coverage_of(story.police.checklist, None, records.answers, _repeats(records))
        lead = story.person(story.tablet, "aigerim")
        services.finish_visit(session, lead, records.visit, counted.must_open, reason)
    for name in ON_DEVICE:
        with story.tablet.write() as session:
            records = told.records(session)
            said = dissent if name == ON_DEVICE[-1] else ""
            services.sign_visit(session, story.person(story.tablet, name), records.visit, records.heads(), said)


def ask_back(told: Told, name: str, questions: Mapping[tuple[str, str], str], reason: str) -> None:
    """A reviewer asks about indicators and returns the visit. Questions are by (indicator, repeat)."""
    story = told.story
    reviewer = story.person(story.central, name)
    for (indicator_id, repeat_id), question in questions.items():
        with story.central.write() as session:
            records = told.records(session, name)
            checklist = story.police.checklist
            reviews.ask_question(session, reviewer, records, checklist, indicator_id, repeat_id, question)
    with story.central.write() as session:
        reviews.return_for_correction(session, reviewer, told.records(session, name), reason)


def approve(told: Told, name: str, reason: str) -> None:
    """A second reviewer approves."""
    story = told.story
    reviewer: Person = story.person(story.central, name)
    with story.central.write() as session:
        reviews.approve_visit(session, reviewer, told.records(session, name), reason)


def go_through(told: Told, files: Iterable[str], rooms: Iterable[str], more: Mapping[str, Typed] = {}) -> list[str]:
    """The whole checklist, with its files and rooms. Returns the ids of the files."""
    file_ids = [add_repeat(told, "files", name) for name in files]
    for name in rooms:
        add_repeat(told, "rooms", name)
    note(told, (section.id for section in told.story.police.checklist.checklist.sections), more=more)
    return file_ids


# ---- the chapters ----------------------------------------------------------------------------------------------------


def approved_visit(story: Story) -> None:
    """Five weeks ago: returned with a question, corrected on the tablet, approved by a second reviewer."""
    told = plan(story, "arai", story.turn_to(-35, 9), "periodic")
    arrive(told, "09:20", 10, "Бөлім бастығының орынбасары")
    (file_id,) = go_through(told, ["№ 118"], ["Камера 1"])
    finish(told)
    story.exchange()
    story.turn_to(-33, 15)
    question = "Журналда 19 сағат, хаттамада 26 сағат тұр. Қайсысы дұрыс?"
    ask_back(told, "marat", {("A2", file_id): question}, "Бір істегі уақытты нақтылау керек.")
    story.exchange()
    story.turn_to(-32, 10)
    corrected = {
        "value": "no",
        "field.hours": "26",
        "note": "Хаттама дұрыс: 26 сағат.",
        "flagged": "on",
        "severity": "3",
    }
    change(told, "daniyar", "A2", corrected, file_id)
    finish(told)
    story.exchange()
    story.turn_to(-31, 16)
    approve(told, "olga", "Сұраққа жауап берілді, дәлел жеткілікті.")


def returned_visit(story: Story) -> None:
    """Nine days ago: waits on the tablet for the answers to two questions."""
    told = plan(story, "jailau", story.turn_to(-9, 10), "interim")
    arrive(told, "10:05", 45, "Кезекші")
    go_through(told, ["№ 41"], ["Камера 2"], {"C10": {"value": "partly", "note": "Су күніне екі рет қана.", **SEEN}})
    finish(told)
    story.exchange()
    story.turn_to(-8, 11)
    questions = {
        ("C10", ""): "Су арасында қанша сағат болмайды? Балалар не дейді?",
        ("F4", ""): "Журнал кімдікі, қай айлар қаралды? Дәлелін жазыңыз.",
    }
    ask_back(told, "marat", questions, "Екі жауаптың дәлелі жетіспейді.")


def refused_visit(story: Story) -> None:
    """Six days ago: the team was not let in. That is a finding in itself."""
    told = plan(story, "tengiz", story.turn_to(-6, 14), "special")
    arrive(told, "14:00", 70, "Кезекші")
    with story.tablet.write() as session:
        visit = told.records(session).visit
        lead = story.person(story.tablet, "aigerim")
        services.record_refusal(session, lead, visit, "Бөлім бастығы", "15:10", "Прокурордың рұқсатын сұрады.")
    finish(told, reason="Ішке кіргізбеді.")


def finished_visit(story: Story) -> None:
    """Two days ago: signed by all, one of them with a dissent; waits in the office's inbox."""
    told = plan(story, "bulak", story.turn_to(-2, 9), "periodic")
    arrive(told, "09:40", 15, "Бөлім бастығы")
    go_through(told, ["№ 7", "№ 23"], ["Камера 1"], {"I2": {"value": "no", "flagged": "on", "severity": "2", **SEEN}})
    finish(told, dissent="C14 бағасымен келіспеймін: бөлме тар.")


def planned_visit(story: Story) -> None:
    """In three days, announced: the public monitoring commission has to give a day's notice."""
    day = story.turn_to(3, 0)
    story.turn_to(-1, 17)
    plan(story, "arai", day, "follow_up", "onk", announced=True)


def visit_under_way(story: Story) -> None:
    """Today: half answered, with measures, a finding, a sign of danger, photos, and two monitors who disagree."""
    told = plan(story, "koktem", story.turn_to(0, 0), "special")
    story.clock.at_ms = _hours_ago(2.5)
    arrive(told, "09:10", 20, "Ауысым бастығы")
    add_repeat(told, "files", "№ 17")
    rooms = [add_repeat(told, "rooms", name) for name, _ in ROOMS]
    note(told, (section for section in STARTED_SECTIONS if section != "rooms"), LEFT_OPEN, STANDING_OUT)
    for repeat_id, (_, noted) in zip(rooms, ROOMS, strict=True):
        for indicator_id, typed in noted.items():
            change(told, "elena", indicator_id, typed, repeat_id)
    change(told, "daniyar", "C3", {"value": "partly", "note": "Двум детям не хватило простыней."}, has_seen=False)
    change(told, "elena", "B3", {"value": "no"})
    change(told, "elena", "B3", {"value": "yes", "note": "Душқа бөлек уақытта шығарады."})
    photograph(told, "elena", "C1", "cell", "Камера 3, терезе жағы", rooms[0])
    photograph(told, "elena", "C12", "corridor", "Шығатын есік, құлыпталған")


def _hours_ago(hours: float) -> int:
    return int((time.time() - hours * 3600) * 1000)


CHAPTERS: Final = (approved_visit, returned_visit, refused_visit, finished_visit, planned_visit, visit_under_way)
