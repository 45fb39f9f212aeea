"""Named questions to the projection. Those about visits take who asks: "not yours" and "not there" answer alike."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlalchemy import bindparam, func, select
from sqlmodel import Session

from app.domain.merge import Record
from app.domain.people import Person, person_of
from app.domain.visits import Visit, may_see, visit_of
from app.errors import NotThere
from app.store.projection import as_record
from app.store.tables import EntryParentRow, EntryRow, LinkRow, RecordRow, WebSessionRow, table

RECORD, ENTRY, LINK, WEB_SESSION = table(RecordRow), table(EntryRow), table(LinkRow), table(WebSessionRow)
PARENT = table(EntryParentRow)
# Built once: to build a statement takes five times as long as to run it.
RECORD_OF = select(RECORD).where(RECORD.c.subject == bindparam("of"))
RECORDS_OF_KIND = select(RECORD).where(RECORD.c.kind == bindparam("kind")).order_by(RECORD.c.subject)
RECORDS_IN = select(RECORD).where(RECORD.c.scope == bindparam("within")).order_by(RECORD.c.subject)
PLAIN_RECORDS_IN = RECORDS_IN.where(RECORD.c.kind != "interview")  # sealed ones are large, and no page reads them
SIGNED_IN = (
    select(WEB_SESSION.c.made_at_ms, WEB_SESSION.c.seen_at_ms, *RECORD.columns)
    .join(RECORD, RECORD.c.subject == WEB_SESSION.c.person_id)
    .where(WEB_SESSION.c.token_hash == bindparam("token"))
)
MADE_AT = select(ENTRY.c.entry_id, ENTRY.c.author, ENTRY.c.made_at_ms).where(
    ENTRY.c.entry_id.in_(bindparam("ids", expanding=True))
)
AnswerKey = tuple[str, str]  # (indicator id, repeat id or "")


@dataclass(frozen=True)
class VisitRecords:
    """Everything of one visit, sorted by kind."""

    visit: Visit
    answers: Mapping[AnswerKey, Record] = field(default_factory=dict)
    repeats: tuple[Record, ...] = ()
    photos: tuple[Record, ...] = ()
    refusals: tuple[Record, ...] = ()
    declarations: tuple[Record, ...] = ()
    sign_offs: tuple[Record, ...] = ()
    questions: tuple[Record, ...] = ()
    reviews: tuple[Record, ...] = ()
    cases: Mapping[str, Record] = field(default_factory=dict)  # by repeat id: the times of a sampled file

    def open_questions(self) -> list[Record]:
        """Questions sent to the team whose indicator has not changed since they were asked."""
        return [question for question in self.questions if question.is_on("sent") and not self.is_answered(question)]

    def is_answered(self, question: Record) -> bool:
        answer = self.answers.get((question.text("indicator"), question.text("repeat")))
        return sorted(question.texts("seen")) != sorted(answer.heads if answer else ())

    def question_about(self, indicator_id: str, repeat_id: str) -> Record | None:
        """The question of the newest return about an indicator. It stays when it was answered: the answer is not
        closed at its first word, but when the visit is finished again."""
        returns = sorted(review.subject for review in self.reviews if review.text("decision") == "returned")
        before = returns[-2] if len(returns) > 1 else ""  # ids of the office sort by time
        asked = [q for q in self.questions if q.is_on("sent") and q.subject > before]
        wanted = (indicator_id, repeat_id)
        return next((q for q in reversed(asked) if (q.text("indicator"), q.text("repeat")) == wanted), None)

    def photos_of(self, indicator_id: str, repeat_id: str) -> list[Record]:
        wanted = (indicator_id, repeat_id)
        return [p for p in self.photos if (p.text("indicator"), p.text("repeat")) == wanted]

    def heads(self) -> list[str]:
        """The heads of all records that a signature or a decision speaks of: not of the signatures themselves."""
        groups = [self.answers.values(), self.repeats, self.photos, self.refusals, self.declarations]
        groups.append(self.cases.values())
        return sorted(head for group in groups for record in group for head in record.heads)


def record(session: Session, subject: str) -> Record | None:
    row = session.execute(RECORD_OF, {"of": subject}).first()
    return as_record(row) if row else None


def records(session: Session, kind: str, scope: str | None = None) -> list[Record]:
    """All records of a kind, or of a kind in a scope, in order of subject."""
    if scope is None:
        return [as_record(row) for row in session.execute(RECORDS_OF_KIND, {"kind": kind})]
    rows = session.execute(RECORDS_IN, {"within": scope})
    return [as_record(row) for row in rows if row.kind == kind]


def person(session: Session, person_id: str) -> Person | None:
    found = record(session, person_id)
    return person_of(found) if found and found.kind == "person" else None


@dataclass(frozen=True)
class SignedIn:
    """The person behind a browser's session, and when the session was made and last used."""

    person: Person
    made_at_ms: int
    seen_at_ms: int


def signed_in(session: Session, token_hash: str) -> SignedIn | None:
    """Whose session this is, in one question: every request asks it."""
    row = session.execute(SIGNED_IN, {"token": token_hash}).first()
    return SignedIn(person_of(as_record(row[2:])), row.made_at_ms, row.seen_at_ms) if row else None


def people(session: Session) -> dict[str, Person]:
    """All persons by id."""
    return {found.subject: person_of(found) for found in records(session, "person")}


def institutions(session: Session) -> dict[str, Record]:
    """All institutions by id."""
    return {found.subject: found for found in records(session, "institution") if not found.is_on("removed")}


def contacts(session: Session) -> list[Record]:
    """The office's contacts. Only what central wrote where all may read: a tablet cannot put a number there."""
    found = records(session, "contact")
    return [one for one in found if one.scope == "reference" and not one.is_on("removed")]


def contact(session: Session, contact_id: str) -> Record:
    """One contact. Raises NotThere when there is none, or none any more."""
    found = record(session, contact_id)
    if found is None or found.kind != "contact" or found.scope != "reference" or found.is_on("removed"):
        raise NotThere()
    return found


def visits_for(session: Session, who: Person) -> list[Visit]:
    """The visits that a person may see, latest day first."""
    visits = [visit_of(found) for found in records(session, "visit")]
    regions = _regions(session) if who.need_to_know.is_limited else {}
    seen = [visit for visit in visits if may_see(who, visit, regions.get(visit.institution_id, ""))]
    return sorted(seen, key=lambda visit: (str(visit.visited_on), visit.visit_id), reverse=True)


def last_visit_to(session: Session, who: Person, institution_id: str) -> Visit | None:
    """The latest visit to a place that has come to its end, among those that the person may see."""
    visits = visits_for(session, who)
    return next((v for v in visits if v.institution_id == institution_id and v.state in ("finished", "approved")), None)


def visit_for(session: Session, who: Person, visit_id: str) -> Visit:
    """A visit that the person may see. Raises NotThere otherwise."""
    visit = seen_visit(session, who, visit_id)
    if visit is None:
        raise NotThere()
    return visit


def seen_visit(session: Session, who: Person, visit_id: str) -> Visit | None:
    """A visit that the person may see; None when there is none, or not for them."""
    found = record(session, visit_id)
    if found is None or found.kind != "visit":
        return None
    visit = visit_of(found)
    region = region_of(session, visit.institution_id) if who.need_to_know.is_limited else ""
    return visit if may_see(who, visit, region) else None


def region_of(session: Session, institution_id: str) -> str:
    """The region of an institution, also of one that was removed; empty when it is not known, or in conflict."""
    found = record(session, institution_id)
    return found.text("region") if found and found.kind == "institution" else ""


def _regions(session: Session) -> dict[str, str]:
    return {found.subject: found.text("region") for found in records(session, "institution")}


def visit_records_for(session: Session, who: Person, visit_id: str) -> VisitRecords:
    """A visit with all that belongs to it, for someone who may see it. Raises NotThere."""
    return records_of(session, visit_for(session, who, visit_id))


def records_of(session: Session, visit: Visit) -> VisitRecords:
    """All records of a visit in one query, by kind; sealed interviews are asked for apart."""
    rows = session.execute(PLAIN_RECORDS_IN, {"within": visit.scope})
    by_kind: dict[str, list[Record]] = {}
    for row in rows:
        by_kind.setdefault(row.kind, []).append(as_record(row))
    present = {kind: tuple(r for r in found if not r.is_on("removed")) for kind, found in by_kind.items()}
    return VisitRecords(
        visit=visit,
        answers={answer_key(answer.subject): answer for answer in present.get("answer", ())},
        repeats=present.get("repeat", ()),
        photos=present.get("photo", ()),
        refusals=present.get("refusal", ()),
        declarations=present.get("declaration", ()),
        sign_offs=present.get("sign_off", ()),
        questions=present.get("question", ()),
        reviews=present.get("review", ()),
        cases={case.subject.rpartition("/")[2]: case for case in present.get("case", ())},
    )


def answer_key(subject: str) -> AnswerKey:
    """(indicator id, repeat id) of an answer's subject `<visit>/<indicator>[/<repeat>]`."""
    _, indicator_id, *repeat = subject.split("/")
    return indicator_id, repeat[0] if repeat else ""


def photo_for(session: Session, who: Person, photo_id: str) -> Record:
    """A photo of a visit that the person may see. Raises NotThere."""
    found = record(session, photo_id)
    if found is None or found.kind != "photo" or found.is_on("removed"):
        raise NotThere()
    visit_for(session, who, found.scope.removeprefix("visit:"))
    return found


def devices_of(session: Session, entry_ids: list[str]) -> dict[str, str]:
    """Which device wrote each entry: the first eight signs of its id."""
    rows = session.execute(select(LINK.c.entry_id, LINK.c.stream).where(LINK.c.entry_id.in_(entry_ids)))
    return {row.entry_id: row.stream[:8] for row in rows}


def entry_facts(session: Session, scope: str) -> tuple[int, int, int]:
    """(entries, persons, devices) behind a scope."""
    row = session.execute(
        select(func.count(func.distinct(ENTRY.c.entry_id)), func.count(func.distinct(ENTRY.c.author))).where(
            ENTRY.c.scope == scope
        )
    ).one()
    streams = session.execute(
        select(LINK.c.stream).join(ENTRY, ENTRY.c.entry_id == LINK.c.entry_id).where(ENTRY.c.scope == scope).distinct()
    )
    return row[0], row[1], len({found.stream.split("/")[0] for found in streams})


def last_change_ms(session: Session, scope: str) -> int | None:
    """When the newest entry of a scope came here."""
    value = session.execute(select(func.max(ENTRY.c.received_at_ms)).where(ENTRY.c.scope == scope)).scalar_one_or_none()
    return int(value) if value is not None else None


def made_at_of(session: Session, entry_ids: list[str]) -> dict[str, tuple[str, int]]:
    """(author, time in ms) of entries."""
    rows = session.execute(MADE_AT, {"ids": entry_ids})
    return {row.entry_id: (row.author, row.made_at_ms) for row in rows}


def settlements(session: Session, entry_ids: list[str]) -> frozenset[str]:
    """Those of the entries that settled a conflict: their authors saw two heads, and named both as parents."""
    statement = select(PARENT.c.child).where(PARENT.c.child.in_(entry_ids)).group_by(PARENT.c.child)
    return frozenset(row.child for row in session.execute(statement.having(func.count() > 1)))


def json_list(text: str) -> list[str]:
    """A kept JSON list of texts."""
    return [str(item) for item in json.loads(text or "[]")]
