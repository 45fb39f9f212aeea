"""A tablet enrols with a real office, in this process: its people get passphrases, or nothing is left behind."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from app.clock import SystemClock
from app.commands import enrolment
from app.config import ROOT, Settings
from app.errors import CentralUnreachable
from app.main import create_app
from app.services.devices import make_code
from app.services.people import PersonForm, save_person
from app.store import device_people, reads
from app.store.checklist_cache import library_from
from app.store.db import DATABASE_NAME, Database
from app.store.opening import open_database
from app.store.slots import open_vault
from app.sync import enrolling
from tests.builders import InProcess
from tests.cli.conftest import Run

URL = "http://127.0.0.1:9"
PHRASES = ("one little blue elephant", "two heavy yellow turtles", "three quick silver foxes")


@dataclass
class Office:
    """A running office with an administrator and two monitors."""

    database: Database
    is_reachable: bool = True

    def code_for(self, *names: str) -> str:
        with self.database.write() as session:
            people = {person.name: person for person in reads.people(session).values()}
            wanted = [people[name].person_id for name in names]
            return make_code(session, people["Aigul"], "Tablet 7", wanted).text


@pytest.fixture
def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Office]:
    settings = Settings(role="central", data_dir=tmp_path / "office")
    database = open_database(settings, None, SystemClock())
    with database.write() as session:
        new_id = database.node.clock.new_id
        admin_id = save_person(session, None, PersonForm(new_id(), "Aigul", ["administrator"]))
        admin = reads.person(session, admin_id)
        for name in ("Bolat", "Dana", "Erlan"):
            save_person(session, admin, PersonForm(new_id(), name, ["monitor"]))
    running = Office(database)
    app = create_app(settings, library_from(ROOT / "checklists", settings.data_dir), database)
    http = TestClient(app, base_url="http://127.0.0.1")

    def network(url: str, timeout_s: float, trust: object = None) -> InProcess:
        if not running.is_reachable:
            raise CentralUnreachable
        return InProcess(http)

    monkeypatch.setattr(enrolment, "HttpTransport", network)
    yield running
    database.close()


@pytest.fixture
def tablet(tmp_path: Path) -> Path:
    return tmp_path / "tablet"


def give(monkeypatch: pytest.MonkeyPatch, *phrases: str) -> None:
    monkeypatch.setenv("BAQYLAU_PASSPHRASE", "\n".join(phrases))


def left_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.name != "lock")


def test_each_person_of_the_code_can_open_the_tablet(
    run: Run, office: Office, tablet: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    give(monkeypatch, *PHRASES[:2])
    said = run("enrol", URL, office.code_for("Bolat", "Dana"), "--data", tablet)
    assert said.code == 0, said.err
    assert "Tablet 7" in said.out
    opened = [open_vault(tablet, phrase) for phrase in PHRASES[:2]]
    assert opened[0].database_key == opened[1].database_key
    assert opened[0].person_id != opened[1].person_id
    assert left_in(tablet) == [DATABASE_NAME, "slots.json"]


def test_the_enrolled_tablet_meets_its_office(
    run: Run, office: Office, tablet: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    give(monkeypatch, PHRASES[0])
    run("enrol", URL, office.code_for("Bolat"), "--data", tablet)
    said = run("sync", "--data", tablet)
    assert (said.code, said.out) == (0, "sent: 0 entries, 0 files; received: 0 entries\n")
    assert run("verify", "--data", tablet).code == 0


def test_an_office_out_of_reach_is_a_sentence_and_exit_code_1(
    run: Run, office: Office, tablet: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    give(monkeypatch, PHRASES[0])
    run("enrol", URL, office.code_for("Bolat"), "--data", tablet)
    monkeypatch.undo()
    monkeypatch.setenv("BAQYLAU_LANGUAGE", "en")
    give(monkeypatch, PHRASES[0])
    said = run("sync", "--data", tablet)
    assert said.code == 1
    assert said.err.startswith("The office cannot be reached now.")


def test_a_wrong_code_leaves_nothing_behind(
    run: Run, office: Office, tablet: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    give(monkeypatch, PHRASES[0])
    said = run("enrol", URL, "ABCDEFGHJKLM-ABCDEFGHIJKLMNOP", "--data", tablet)
    assert said.code == 2
    assert "code is wrong, used or too old" in said.err
    assert left_in(tablet) == []


def test_half_a_code_is_not_used_up(run: Run, office: Office, tablet: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    give(monkeypatch, PHRASES[0])
    code = office.code_for("Bolat")
    said = run("enrol", URL, code[:12], "--data", tablet)
    assert said.code == 2
    assert "28 Latin letters and digits" in said.err
    assert left_in(tablet) == []
    assert run("enrol", URL, code, "--data", tablet).code == 0


def test_a_weak_passphrase_is_refused_before_the_code_is_used_up(
    run: Run, office: Office, tablet: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = office.code_for("Bolat")
    give(monkeypatch, "short")
    assert run("enrol", URL, code, "--data", tablet).code == 2
    give(monkeypatch, PHRASES[0])
    assert run("enrol", URL, code, "--data", tablet).code == 0


def test_an_enrolment_that_breaks_off_leaves_nothing_and_says_that_the_code_is_gone(
    run: Run, office: Office, tablet: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    give(monkeypatch, PHRASES[0])

    def interrupt(*args: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as broken:
        broken.setattr(device_people, "make_vault", interrupt)
        said = run("enrol", URL, office.code_for("Bolat"), "--data", tablet)
    assert said.code != 0
    assert "its code is used up" in said.err
    assert left_in(tablet) == []
    assert run("enrol", URL, office.code_for("Bolat"), "--data", tablet).code == 0


def test_a_power_cut_at_the_very_end_is_finished_by_the_next_try(
    run: Run, office: Office, tablet: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    give(monkeypatch, PHRASES[0])
    with monkeypatch.context() as broken:
        broken.setattr(enrolling, "move_in", lambda making, folder: None)
        run("enrol", URL, office.code_for("Bolat"), "--data", tablet)
    assert left_in(tablet) == ["enrolling"]
    said = run("enrol", URL, "ANYTHING", "--data", tablet)
    assert said.code == 0, said.err
    assert "is finished now" in said.out
    assert run("sync", "--data", tablet).code == 0


def test_whom_a_script_gives_no_passphrase_gets_one_later(
    run: Run, office: Office, tablet: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    give(monkeypatch, PHRASES[0])
    said = run("enrol", URL, office.code_for("Bolat", "Dana"), "--data", tablet)
    assert "Dana has no passphrase on this tablet yet." in said.out
    give(monkeypatch, PHRASES[0], PHRASES[1])
    assert run("add-person", "Dana", "--data", tablet).code == 0
    assert open_vault(tablet, PHRASES[1]).database_key == open_vault(tablet, PHRASES[0]).database_key
    again = run("add-person", "Dana", "--data", tablet)
    assert again.code == 2
    assert "has a passphrase on this tablet already" in again.err


def test_nobody_else_gets_a_passphrase_on_the_tablet(
    run: Run, office: Office, tablet: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    give(monkeypatch, PHRASES[0], PHRASES[1])
    run("enrol", URL, office.code_for("Bolat"), "--data", tablet)
    said = run("add-person", "Aigul", "--data", tablet)
    assert said.code == 2
    assert "“Aigul” is nobody of this tablet. Its people: Bolat." in said.err


def test_a_new_code_brings_new_people_to_the_same_tablet(
    run: Run, office: Office, tablet: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    give(monkeypatch, PHRASES[0])
    run("enrol", URL, office.code_for("Bolat"), "--data", tablet)
    give(monkeypatch, PHRASES[0], PHRASES[2])
    said = run("enrol", URL, office.code_for("Bolat", "Erlan"), "--data", tablet)
    assert said.code == 0, said.err
    assert open_vault(tablet, PHRASES[2]).person_id != open_vault(tablet, PHRASES[0]).person_id


def test_a_folder_with_an_office_is_not_enrolled(run: Run, office: Office, tmp_path: Path) -> None:
    said = run("enrol", URL, "CODE", "--data", tmp_path / "office")
    assert said.code == 2
    assert "holds another node already" in said.err
    assert (tmp_path / "office" / DATABASE_NAME).exists()


@pytest.mark.parametrize("url", ["baqylau.example.kz", "ftp://baqylau.example.kz", "http://", "http://x:port"])
def test_an_address_that_is_none_is_refused(run: Run, tablet: Path, url: str) -> None:
    said = run("enrol", url, "CODE", "--data", tablet)
    assert said.code == 2
    assert f"“{url}” is no address of an office." in said.err
