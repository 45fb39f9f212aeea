"""The list of closed institutions: one by one, or from a CSV file that reports every bad row and takes the rest."""

import csv
import io
import uuid
from dataclasses import dataclass, field
from typing import Final

from sqlmodel import Session

from app.domain.checklist import INSTITUTION_TYPES
from app.domain.journal import Draft, Json, is_entry_id
from app.domain.people import Person
from app.errors import InvalidInput, NotAllowed, NotThere
from app.services.texts import kept_text
from app.store import journal, reads

COLUMNS: Final = (
    "id",
    "name_kk",
    "name_ru",
    "type",
    "region",
    "place",
    "parent_body",
    "capacity",
    "address",
    "contacts",
)
NEEDED: Final = ("name_kk", "name_ru", "type", "region")
REGIONS: Final = (
    "abai",
    "akmola",
    "aktobe",
    "almaty_region",
    "almaty",
    "astana",
    "atyrau",
    "east",
    "jambyl",
    "jetisu",
    "karaganda",
    "kostanay",
    "kyzylorda",
    "mangystau",
    "north",
    "pavlodar",
    "shymkent",
    "turkistan",
    "ulytau",
    "west",
)
MAX_CAPACITY: Final = 5000
MAX_ROWS: Final = 20_000
NAMESPACE: Final = uuid.UUID("6f1d2a4e-6d0b-5c57-9a0e-3b1f6c2f7a10")  # of ids made from the office's own numbers


@dataclass(frozen=True)
class BadRow:
    """A row that was not taken: its line in the file (the header is 1), its text, and why."""

    line: int
    text: str
    reason: str
    params: dict[str, str | int | float]


@dataclass
class Import:
    """What came of a file."""

    added: int = 0
    changed: int = 0
    unchanged: int = 0
    bad_rows: list[BadRow] = field(default_factory=list)


def save_institution(session: Session, author: Person, institution_id: str, typed: dict[str, str]) -> str:
    """Adds or changes one institution; returns "added", "changed" or "unchanged".

    Raises InvalidInput, NotAllowed, NotThere for an id that names something else.
    """
    if not author.may("edit_institutions"):
        raise NotAllowed()
    sets = check_institution(typed)
    before = reads.record(session, institution_id)
    if before and before.kind != "institution":
        raise NotThere()
    if before is None and not is_entry_id(institution_id):
        raise NotThere()  # an answer's subject is made of other signs: no institution may take its place
    if before and author.need_to_know.is_limited and before.text("region") not in author.need_to_know.regions:
        # To move a place into one's own region would be to see its visits.
        raise InvalidInput("This institution lies outside the regions that you review. Ask a colleague.", "region")
    if before and all(before.fields.get(name) == value for name, value in sets.items()):
        return "unchanged"
    draft = Draft("institution", institution_id, "reference", sets, before.heads if before else ())
    journal.append(session, draft, author.person_id)
    return "changed" if before else "added"


def check_institution(typed: dict[str, str]) -> dict[str, Json]:
    """The typed fields as values. Raises InvalidInput with the first fault."""
    text = {name: kept_text(name, typed.get(name, ""), 500) for name in COLUMNS}
    for name in NEEDED:
        if not text[name]:
            raise InvalidInput("The column or field “%(name)s” is empty. Fill it in.", name, name=name)
    if text["type"] not in INSTITUTION_TYPES:
        raise InvalidInput(
            "“%(value)s” is no institution type. Use one of the 17 codes of the list.", "type", value=text["type"]
        )
    if text["region"] not in REGIONS:
        raise InvalidInput(
            "“%(value)s” is no region. Use one of the 20 codes of the list.", "region", value=text["region"]
        )
    sets: dict[str, Json] = {name: value for name, value in text.items() if name not in ("id", "capacity")}
    sets["capacity"] = _capacity(text["capacity"])
    return sets


def _capacity(text: str) -> int | None:
    if not text:
        return None
    if not (text.isascii() and text.isdigit()) or not 1 <= int(text) <= MAX_CAPACITY:
        raise InvalidInput(
            "Capacity is a whole number from 1 to %(most)d, not “%(value)s”.", "capacity", most=MAX_CAPACITY, value=text
        )
    return int(text)


def import_institutions(session: Session, author: Person, data: bytes) -> Import:
    """Reads a CSV file: UTF-8 or Windows-1251, comma, semicolon or tab. Every bad row is reported, the rest is taken.

    A row's `id` (the office's own number) makes a second import change the same institution; without it, name and
    region do. Raises InvalidInput when the file as a whole cannot be read.
    """
    rows = _read_rows(data)
    done = Import()
    for line, row in rows:
        typed = {
            name.strip().lower(): (value or "")
            for name, value in row.items()
            if isinstance(name, str) and isinstance(value, str)
        }
        key = typed.get("id", "").strip() or f"{typed.get('name_ru', '').strip()}|{typed.get('region', '').strip()}"
        try:
            if None in row:
                raise InvalidInput("The row has more columns than the first line.")
            outcome = save_institution(session, author, str(uuid.uuid5(NAMESPACE, key)), typed)
        except InvalidInput as error:
            text = ", ".join(value for value in typed.values() if value)[:200]
            done.bad_rows.append(BadRow(line, text, error.problem, error.params))
            continue
        setattr(done, outcome, getattr(done, outcome) + 1)
    return done


def _read_rows(data: bytes) -> list[tuple[int, dict[str | None, str | list[str] | None]]]:
    text = decode(data)
    first = text.split("\n", 1)[0]
    delimiter = max(";,\t", key=first.count)
    reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter)
    names = [(name or "").strip().lower() for name in reader.fieldnames or []]
    missing = [name for name in NEEDED if name not in names]
    if missing:
        raise InvalidInput(
            "The first line must name the columns; these are missing: %(names)s.", "file", names=", ".join(missing)
        )
    try:
        rows = [(reader.line_num, row) for row in reader]
    except csv.Error as error:
        raise InvalidInput("The file cannot be read as a table. Save it as CSV and try again.", "file") from error
    if len(rows) > MAX_ROWS:
        raise InvalidInput("The file has more than %(most)d rows. Split it.", "file", most=MAX_ROWS)
    return rows


def decode(data: bytes) -> str:
    """The text of a CSV file in UTF-8 (with or without mark), UTF-16 with mark, or Windows-1251. Raises InvalidInput."""
    for encoding in ("utf-16",) if data[:2] in (b"\xff\xfe", b"\xfe\xff") else ("utf-8-sig", "cp1251"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\x00" not in text:
            return text
    raise InvalidInput("The letters of this file cannot be read. Save it as CSV in UTF-8 and try again.", "file")
