"""The office's people and institutions, from the command line."""

from dataclasses import replace
from pathlib import Path

from rich.table import Table
from sqlmodel import Session, select

from app.commands.enrolment import add_key_slot
from app.commands.nodes import this_central
from app.commands.terminal import (
    ask_new_passphrase,
    console,
    given_passphrases,
    progress,
    say,
    settings_of,
)
from app.domain.people import Person
from app.errors import InvalidInput
from app.services.institutions import Import, import_institutions
from app.services.people import PersonForm, save_person, set_sign_in
from app.store import reads
from app.store.calibration import office_cost
from app.store.node import Node
from app.store.slots import has_slots
from app.store.tables import CredentialRow
from app.sync.enrolling import new_passphrase

SOME_ROWS_BAD = 3


def import_file(file: Path, sign_in_name: str, data: Path | None) -> int:
    """Takes the rows of a CSV file and lists the bad ones. Returns 3 when there were bad ones, else 0."""
    with this_central(data) as node, progress() as bar, node.database.write() as session:
        bar.add_task("Reading the file", total=None)
        done = import_institutions(session, author_of(session, sign_in_name), file.read_bytes())
    console.print(f"added {done.added}, changed {done.changed}, unchanged {done.unchanged}, bad {len(done.bad_rows)}")
    if not done.bad_rows:
        return 0
    console.print(_bad_rows(done))
    return SOME_ROWS_BAD


def _bad_rows(done: Import) -> Table:
    table = Table(title="These rows were not taken", title_justify="left")
    table.add_column("line", justify="right")
    table.add_column("row", overflow="fold", ratio=1)
    table.add_column("why", overflow="fold", ratio=1)
    for row in done.bad_rows:
        table.add_row(str(row.line), row.text.replace("[", r"\["), say(row.reason, **row.params).replace("[", r"\["))
    return table


def add_person(
    form: PersonForm, sign_in_name: str, author_name: str, data: Path | None, passphrase_file: Path | None
) -> None:
    """Adds a person at central with their sign-in; on a device, gives an enrolled person a key slot."""
    if has_slots(Path(settings_of(data).data_dir)):
        add_key_slot(form.name, data, passphrase_file)
    else:
        _add_to_office(form, sign_in_name, author_name, data, passphrase_file)
    console.print(f"{form.name} can sign in now.", markup=False)


def _add_to_office(
    form: PersonForm, sign_in_name: str, author_name: str, data: Path | None, passphrase_file: Path | None
) -> None:
    if not sign_in_name.strip():
        raise InvalidInput("Give the name to sign in with: --sign-in NAME.", "sign_in_name")
    with this_central(data) as node:
        # The passphrase is asked before the transaction: nothing is locked while somebody thinks of four words.
        given = next(given_passphrases(passphrase_file), None)
        passphrase = new_passphrase(given, set()) if given else ask_new_passphrase(form.name, set())
        with node.database.write() as session:
            person_id = _save(session, form, author_name)
            set_sign_in(session, person_id, sign_in_name, passphrase, office_cost(node.settings))


def _save(session: Session, form: PersonForm, author_name: str) -> str:
    """Saves the person. Raises InvalidInput when the first of an office is no administrator."""
    is_first = not reads.people(session)
    if is_first and "administrator" not in form.roles:
        raise InvalidInput("The first person must be an administrator: add --role administrator.", "role")
    node: Node = session.info["node"]
    author = None if is_first else author_of(session, author_name)
    return save_person(session, author, replace(form, person_id=node.clock.new_id()))


def author_of(session: Session, sign_in_name: str) -> Person:
    """The person with this sign-in name; without a name the first administrator. Raises InvalidInput for nobody."""
    people = reads.people(session)
    if not sign_in_name:
        admins = [person for person in people.values() if person.is_active and "administrator" in person.roles]
        if not admins:
            raise InvalidInput("There is no administrator yet. Add one first with: baqylau add-person", "author")
        return min(admins, key=lambda person: person.person_id)
    name = sign_in_name.strip().casefold()
    row = session.exec(select(CredentialRow).where(CredentialRow.sign_in_name == name)).first()
    found = people.get(row.person_id) if row else None
    if found is None:
        raise InvalidInput("Nobody signs in as “%(name)s”.", "author", name=sign_in_name)
    return found
