"""Fills the contexts of a visit's pages: list, hub, check-and-finish."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final

from app.domain.answers import is_complete, is_finding, shows_danger
from app.domain.checklist import CompiledChecklist, Section
from app.domain.coverage import Asked, Coverage, asked_in, count
from app.domain.journal import heads_digest
from app.domain.merge import Record
from app.domain.people import Person
from app.domain.visits import OPEN_STATES, Visit, is_lead, may_answer
from app.store.reads import VisitRecords
from app.web import in_hand, words
from app.web.case_conflicts import case_conflicts
from app.web.contexts import (
    ArrivalForm,
    DeclarationForm,
    FinishPage,
    HubPage,
    IndicatorLink,
    PhotoPlace,
    Problem,
    Progress,
    RefusalForm,
    SectionCheck,
    SectionRow,
    SignatureRow,
    VisitHead,
    VisitRow,
)
from app.web.language import Speech

SHOWN_MUST: Final = 30  # open must-answer items listed on the hub; the rest is a number


@dataclass(frozen=True)
class Scene:
    """One visit as a person looks at it: its records, its checklist, the names, the reader's language."""

    records: VisitRecords
    checklist: CompiledChecklist
    institution: Record | None
    person: Person
    names: Mapping[str, str]
    speech: Speech
    unsent: int = 0
    photos_unsent: int = 0
    originals_unsent: int = 0
    is_safe: bool = False
    photo_places: Mapping[str, PhotoPlace] = field(default_factory=dict)  # by SHA-256
    _asked: dict[str, Sequence[Asked]] = field(default_factory=dict, init=False, compare=False, repr=False)

    @property
    def visit(self) -> Visit:
        return self.records.visit

    @property
    def url(self) -> str:
        return f"/visits/{self.visit.visit_id}"

    def repeats(self) -> dict[str, list[str]]:
        """Section id -> its rooms or files, in the order they were made."""
        found: dict[str, list[str]] = {}
        for repeat in self.records.repeats:
            found.setdefault(repeat.text("section"), []).append(repeat.subject)
        return found

    def coverage(self, section: Section | None) -> Coverage:
        return count(self.checklist, self.asked(section), self.records.answers)

    def asked(self, section: Section | None = None) -> Sequence[Asked]:
        """The questions of a section (None: of the visit), worked out once: a page looks at them many times."""
        if section is None:
            return [one for each in self.checklist.checklist.sections for one in self.asked(each)]
        if section.id not in self._asked:
            self._asked[section.id] = list(asked_in(self.checklist, section, self.records.answers, self.repeats()))
        return self._asked[section.id]

    def answer(self, asked: Asked) -> Record | None:
        return self.records.answers.get((asked.indicator.id, asked.repeat_id))

    def dom_id(self, asked: Asked) -> str:
        """The id of a card: in a repeat with the display number of its room or file."""
        number = self.number_of(asked.section, asked.repeat_id)
        return f"indicator-{asked.indicator.id}" + (f"-{number}" if number else "")

    def number_of(self, section: Section, repeat_id: str) -> int:
        ids = self.repeats().get(section.id, [])
        return ids.index(repeat_id) + 1 if repeat_id in ids else 0

    def repeat_name(self, repeat_id: str) -> str:
        return next((r.text("name") for r in self.records.repeats if r.subject == repeat_id), "")

    def link(self, asked: Asked, line: str = "") -> IndicatorLink:
        name = self.repeat_name(asked.repeat_id)
        text = asked.indicator.text.in_(self.speech.language) + (f" · {name}" if name else "")
        return IndicatorLink(
            f"{self.url}/sections/{asked.section.id}#{self.dom_id(asked)}", asked.indicator.id, text, line
        )


def institution_name(institution: Record | None, language: str) -> str:
    """The name in Kazakh, else in Russian; the other one where one is empty."""
    if institution is None:
        return "—"
    first, second = ("name_kk", "name_ru") if language == "kk" else ("name_ru", "name_kk")
    return institution.text(first) or institution.text(second)


def visit_line(scene: Scene) -> str:
    """ "Interim visit · unannounced · 3 people"."""
    speech, visit = scene.speech, scene.visit
    announced = speech.say("announced") if visit.is_announced else speech.say("unannounced")
    team = speech.say_n("%(count)s person", "%(count)s people", len(visit.team))
    return f"{words.kind(speech, visit.kind)} · {announced} · {team}"


def head(scene: Scene) -> VisitHead:
    visit = scene.visit
    return VisitHead(
        visit_id=visit.visit_id,
        url=scene.url,
        institution=institution_name(scene.institution, scene.speech.language),
        line=visit_line(scene),
        visited_on=visit.visited_on,  # type: ignore[arg-type]
        state=visit.state,
        state_words=words.state(scene.speech, visit.state),
        is_editable=may_answer(scene.person, visit, visit.state == "returned"),
        danger_url=in_hand.danger_url(visit),
    )


def row(scene: Scene) -> VisitRow:
    """The visit in the list."""
    visit, done = scene.visit, scene.coverage(None)
    place = scene.institution.text("place") if scene.institution else ""
    return VisitRow(
        visit_id=visit.visit_id,
        url=scene.url,
        institution=institution_name(scene.institution, scene.speech.language),
        place=place,
        kind_words=words.kind(scene.speech, visit.kind),
        visited_on=visit.visited_on,  # type: ignore[arg-type]
        state=visit.state,
        state_words=words.state(scene.speech, visit.state),
        answered=done.answered,
        total=done.asked,
        danger=done.danger,
        questions=len(scene.records.open_questions()),
        unsent=scene.unsent,
        was_refused=bool(scene.records.refusals),
    )


def progress(scene: Scene, section: Section | None) -> Progress:
    """How far a section (None: the visit) is, and where the next unanswered question is."""
    done = scene.coverage(section)
    return Progress(done.answered, done.asked, done.must_open, _next_open(scene, section))


def _next_open(scene: Scene, section: Section | None) -> str:
    """The first open question of the section, else of those after it, else of the visit."""
    sections = scene.checklist.checklist.sections
    start = sections.index(section) if section else 0
    for each in (*sections[start:], *sections[:start]):
        for one in scene.asked(each):
            if not is_complete(one.indicator, scene.answer(one)):
                return scene.link(one).url
    return ""


def section_rows(scene: Scene, current: str = "") -> tuple[SectionRow, ...]:
    """The task list: n of m, open must items, danger, conflicts and findings of each section."""
    rows = []
    for section in scene.checklist.checklist.sections:
        done = scene.coverage(section)
        rows.append(
            SectionRow(
                section_id=section.id,
                url=f"{scene.url}/sections/{section.id}",
                title=section.title.in_(scene.speech.language),
                line=_section_line(scene, section, done),
                answered=done.answered,
                total=done.asked,
                must_open=done.must_open,
                danger=done.danger,
                conflicts=done.conflicts,
                flagged=done.flagged,
                is_current=section.id == current,
            )
        )
    return tuple(rows)


def _section_line(scene: Scene, section: Section, done: Coverage) -> str:
    say_n = scene.speech.say_n
    if done.must_open and done.answered:
        return say_n("%(count)s must-answer question open", "%(count)s must-answer questions open", done.must_open)
    return section.hint.in_(scene.speech.language) if not done.answered else ""


def hub(scene: Scene) -> HubPage:
    """The visit's first page: a task list, and what needs a hand."""
    visit, asked = scene.visit, scene.asked()
    with_answer = [(one, answer) for one in asked if (answer := scene.answer(one)) is not None]
    must = [one for one in asked if scene.checklist.is_must(one.indicator.id)]
    return HubPage(
        visit=head(scene),
        progress=progress(scene, None),
        facts=tuple(_facts(scene)),
        arrival=_arrival(scene, ()),
        declaration=_declaration(scene, ()),
        refusal=_refusal(scene, ()),
        sections=section_rows(scene),
        must_open=tuple(scene.link(o) for o in must if not is_complete(o.indicator, scene.answer(o)))[:SHOWN_MUST],
        danger=tuple(
            scene.link(o, _answer_words(scene, a)) for o, a in with_answer if shows_danger(o.indicator, a.fields)
        ),
        conflicts=unsettled(scene, with_answer),
        questions=tuple(_question_links(scene)),
        return_reason=visit.return_reason if visit.state == "returned" else "",
        unsent=scene.unsent,
        photos_unsent=scene.photos_unsent,
        originals_unsent=scene.originals_unsent,
        is_safe=scene.is_safe,
        finish_url=f"{scene.url}/finish",
        sync_url="/sync",
        report_url=f"{scene.url}/report" if visit.state in ("finished", "approved", "returned") else "",
        in_hand=in_hand.hub_links(scene.speech, visit),
    )


def hub_refused(view: HubPage, form: str, typed: Mapping[str, str], problem: Problem) -> HubPage:
    """The hub with one of its forms (arrival, declaration, refusal) as it was sent, and why it was not taken."""
    refused: Any = replace(getattr(view, form), **typed, problems=(problem,))
    return replace(view, **{form: refused})


def _facts(scene: Scene) -> Iterable[str]:
    if scene.visit.variant != "full":
        yield words.variant(scene.speech, scene.visit.variant)
    present = scene.records.answers.get(("P2", ""))
    children = present.fields.get("field.present") if present else None
    if isinstance(children, int):
        yield scene.speech.say_n("%(count)s child today", "%(count)s children today", children)
    for refusal in scene.records.refusals:
        yield scene.speech.say("Access refused at %(time)s", time=refusal.text("at"))


def _answer_words(scene: Scene, answer: Record) -> str:
    return words.value(scene.speech, answer.text("value")) if answer.text("value") else ""


def unsettled(scene: Scene, answers: Iterable[tuple[Asked, Record]]) -> tuple[IndicatorLink, ...]:
    """The answers and the words about sampled files that two people gave differently."""
    clashes = (scene.link(asked, conflict_line(scene, answer)) for asked, answer in answers if answer.conflicts)
    return *clashes, *case_conflicts(scene.speech, scene.url, scene.records, scene.names)


def conflict_line(scene: Scene, answer: Record) -> str:
    """ "Aigul: yes · Dana: partly": the authors and their values."""
    sides = next(iter(answer.conflicts.values()))
    return " · ".join(f"{scene.names.get(s.author, '?')}: {words.value(scene.speech, str(s.value))}" for s in sides)


def _question_links(scene: Scene) -> Iterable[IndicatorLink]:
    by_place = {(one.indicator.id, one.repeat_id): one for one in scene.asked()}
    for question in scene.records.open_questions():
        asked = by_place.get((question.text("indicator"), question.text("repeat")))
        if asked:
            yield scene.link(asked, question.text("question"))


def _arrival(scene: Scene, problems: Sequence[Problem]) -> ArrivalForm:
    visit, speech = scene.visit, scene.speech
    line = ""
    if visit.arrived_at:
        waiting = visit.waiting_minutes or 0
        line = speech.say_n(
            "Came at %(time)s, let in after %(count)s minute",
            "Came at %(time)s, let in after %(count)s minutes",
            waiting,
            time=visit.arrived_at,
        )
        if visit.received_by_role:
            line += ", " + speech.say("received by: %(role)s", role=visit.received_by_role)
    waiting_text = "" if visit.waiting_minutes is None else str(visit.waiting_minutes)
    return ArrivalForm(
        f"{scene.url}/arrival",
        bool(visit.arrived_at),
        line,
        visit.arrived_at,
        waiting_text,
        visit.received_by_role,
        tuple(problems),
    )


def _declaration(scene: Scene, problems: Sequence[Problem]) -> DeclarationForm:
    said = {record.text("person"): record for record in scene.records.declarations}
    mine = said.get(scene.person.person_id)
    others = tuple(_declared_line(scene, one) for person, one in said.items() if person != scene.person.person_id)
    missing = sum(member not in said for member in scene.visit.team)
    return DeclarationForm(
        url=f"{scene.url}/declaration",
        conflict=mine.text("conflict") if mine else "",
        text=mine.text("text") if mine else "",
        others=others,
        missing=missing,
        problems=tuple(problems),
    )


def _declared_line(scene: Scene, record: Record) -> str:
    name = scene.names.get(record.text("person"), "?")
    if record.text("conflict") == "has":
        return scene.speech.say("%(name)s: has a conflict of interest: %(text)s", name=name, text=record.text("text"))
    return scene.speech.say("%(name)s: no conflict of interest", name=name)


def refusal_lines(scene: Scene) -> tuple[str, ...]:
    """Each refusal in one line: when, by whom, why."""
    return tuple(f"{r.text('at')} · {r.text('who_role')}: {r.text('reason')}" for r in scene.records.refusals)


def _refusal(scene: Scene, problems: Sequence[Problem]) -> RefusalForm:
    return RefusalForm(f"{scene.url}/refusal", refusal_lines(scene), "", "", "", tuple(problems))


# ---- check and finish


def finish(
    scene: Scene,
    signed_at: Mapping[str, datetime],
    finished_at: datetime | None,
    typed: Mapping[str, str],
    problem: Problem | None,
) -> FinishPage:
    """What is open, what was found, and who has signed."""
    visit, asked = scene.visit, scene.asked()
    must = [one for one in asked if scene.checklist.is_must(one.indicator.id)]
    with_answer = [(one, answer) for one in asked if (answer := scene.answer(one)) is not None]
    has_signed = any(
        r.text("person") == scene.person.person_id and not _is_stale(scene, r) for r in scene.records.sign_offs
    )
    may_finish = visit.state in OPEN_STATES and is_lead(scene.person, visit)
    may_sign = visit.state == "finished" and scene.person.person_id in visit.team and not has_signed
    return FinishPage(
        visit=head(scene),
        blockers=tuple(scene.link(o) for o in must if not is_complete(o.indicator, scene.answer(o))),
        conflicts=unsettled(scene, with_answer),
        sections=tuple(_section_check(scene, section) for section in scene.checklist.checklist.sections),
        finish_url=f"{scene.url}/finish" if may_finish else "",
        reason=typed.get("reason", ""),
        problems=(problem,) if problem else (),
        signature_url=f"{scene.url}/signature" if may_sign else "",
        dissent=typed.get("dissent", ""),
        seen=heads_digest(scene.records.heads()),
        signatures=tuple(_signatures(scene, signed_at)),
        finished_at=finished_at,
    )


def _section_check(scene: Scene, section: Section) -> SectionCheck:
    done = scene.coverage(section)
    findings = tuple(
        scene.link(one, _answer_words(scene, answer))
        for one in scene.asked(section)
        if (answer := scene.answer(one)) is not None
        and (answer.text("value") in ("no", "partly") or is_finding(one.indicator, answer.fields))
    )
    url = f"{scene.url}/sections/{section.id}"
    return SectionCheck(
        section.title.in_(scene.speech.language), url, done.answered, done.asked, done.not_seen, findings
    )


def _signatures(scene: Scene, signed_at: Mapping[str, datetime]) -> Iterable[SignatureRow]:
    signed = {record.text("person"): record for record in scene.records.sign_offs}
    for member in scene.visit.team:
        record = signed.get(member)
        yield SignatureRow(
            name=scene.names.get(member, "?"),
            role_words=words.role(scene.speech, scene.visit.roles[member]),
            signed_at=signed_at.get(member) if record else None,
            dissent=record.text("dissent") if record else "",
            is_stale=_is_stale(scene, record) if record else False,
        )


def _is_stale(scene: Scene, sign_off: Record) -> bool:
    """True when an answer changed after this signature: old, never wrong."""
    return sorted(sign_off.texts("heads")) != scene.records.heads()
