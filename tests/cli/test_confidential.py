"""Keys for interviews and the reader, as people use them: made beside a running office, read far from it."""

import base64
import json
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlmodel import Session

from app.commands import confidential as commands
from app.domain.interviews import Interview
from app.domain.people import Person
from app.services import interviews as services
from app.services import readings
from app.store import audit, confidential, interviews, reads
from app.store.audit import AUDIT
from app.store.checklist_files import read_library
from app.store.folder import only_process
from app.store.readings import readings_in
from app.store.vault import key_fingerprint
from tests.builders import ANA, BEN, World, make_node, make_visit, make_world
from tests.cli.conftest import Run

CANARY = "Балапан-құпия"
PURPOSE = "To answer the boy's own complaint."
ANA_TRAINED = Person(ANA, "Ana", frozenset({"team_lead"}), trained_on=date(2026, 1, 1))
BEN_REVIEWS = Person(BEN, "Ben Bekov", frozenset({"reviewer"}))
FILLED = {
    "age": "15_17",
    "language": "kk",
    "near.staff_in_sight": "yes",
    "note.safety": CANARY,
    "distress": "upset",
    "disclosure": "none",
    "reprisal": "low",
}


@pytest.fixture
def stick(tmp_path: Path) -> Path:
    folder = tmp_path / "stick"
    folder.mkdir()
    return folder


@pytest.fixture
def world(tmp_path: Path, phrase: str) -> World:
    return make_world(tmp_path)


def office_of(world: World) -> Path:
    return world.folder / "central"


def make(run: Run, world: World, file: Path, *more: str) -> str:
    """Makes a key beside the open office; returns its fingerprint."""
    said = run("confidential-key", "make", file, "--data", office_of(world), *more)
    assert said.code == 0, said.err
    return said.out.split()[1]


def key_acts(session: Session) -> list[tuple[str, str]]:
    """(what, of) of the audit rows about keys."""
    rows = session.execute(select(AUDIT).where(AUDIT.c.what.startswith("confidential_key")))
    return [(row.what, row.of) for row in rows]


@pytest.fixture
def admin(world: World) -> World:
    from app.services import people
    from app.services.people import PersonForm

    with world.central.write() as session:
        node = session.info["node"]
        people.save_person(session, None, PersonForm(node.clock.new_id(), "Adm", ["administrator"]))
    return world


def given_out(world: World) -> tuple[bytes, Interview]:
    """A talk that Ana closed on a tablet, and the file that Ben was given for it."""
    library, _ = read_library(Path(__file__).resolve().parents[2] / "checklists")
    script = library.scripts["child-15-17"]
    device = world.device()
    world.meet(device)
    with device.write() as session:
        visit = reads.visit_for(session, ANA_TRAINED, make_visit(session))
        consent = services.Consent(script, len(script.consent), "agreed")
        made = services.open_interview(session, ANA_TRAINED, visit, consent, datetime(2026, 11, 22, 9))
        draft = interviews.draft_of(session, ANA_TRAINED, visit.visit_id, made)
        draft = services.write_interview(session, draft, script, FILLED)
        services.close_interview(session, ANA_TRAINED, visit, draft, script)
    world.meet(device)
    with world.central.write() as session:
        asked = readings.ask(session, BEN_REVIEWS, draft.visit_id, draft.interview_id, PURPOSE)
        assert [one.reading_id for one in readings_in(session, draft.visit_id)] == [asked]
        data = readings.give_out(session, BEN_REVIEWS, draft.visit_id, draft.interview_id, asked, False)
    return data, draft


@pytest.fixture
def today(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """The reader's computer has the office's day (the tests' office lives in 2026), or some hours later."""

    def at(hours: int) -> None:
        monkeypatch.setattr(commands.CLOCK.__class__, "now_ms", lambda self: 1_790_000_000_000 + hours * 3_600_000)

    at(1)
    return at


def test_making_a_key_writes_the_private_half_to_the_stick_alone(run: Run, admin: World, stick: Path) -> None:
    with only_process(office_of(admin)):  # as the running office holds it
        name = make(run, admin, stick / "reviewer.key")
    assert (stick / "reviewer.key").stat().st_mode & 0o777 == 0o600
    told = json.loads((stick / "reviewer.key").read_text())
    assert told["fingerprint"] == name
    box = told["locked"]["box"]
    for path in office_of(admin).rglob("*"):
        assert not path.is_file() or (
            box.encode() not in path.read_bytes() and bytes.fromhex(box) not in path.read_bytes()
        )
    with admin.central.read() as session:
        assert [row.fingerprint for row in confidential.known(session)] == [name]
        assert key_acts(session) == [("confidential_key_made", name)]
        assert list(audit.flaws(session)) == []


def test_a_key_is_never_written_beside_the_data_or_over_another(run: Run, admin: World, stick: Path) -> None:
    inside = run("confidential-key", "make", office_of(admin) / "x.key", "--data", office_of(admin))
    assert inside.code == 2 and "stick" in inside.err
    (stick / "a.key").write_text("mine")
    over = run("confidential-key", "make", stick / "a.key", "--data", office_of(admin))
    assert over.code == 2 and (stick / "a.key").read_text() == "mine"
    with admin.central.read() as session:
        assert confidential.known(session) == [] and key_acts(session) == []


def test_keys_are_listed_retired_and_few(run: Run, admin: World, stick: Path) -> None:
    names = [make(run, admin, stick / "0.key", "--recovery")] + [
        make(run, admin, stick / f"{n}.key") for n in (1, 2, 3)
    ]
    full = run("confidential-key", "make", stick / "5.key", "--data", office_of(admin))
    assert full.code == 2 and "4 keys at most" in full.err and not (stick / "5.key").exists()
    assert run("confidential-key", "retire", names[1], "--data", office_of(admin)).code == 0
    assert run("confidential-key", "retire", names[1], "--data", office_of(admin)).code == 2
    _, *listed = run("confidential-key", "list", "--data", office_of(admin)).out.splitlines()
    assert [line.split()[0] for line in listed] == names
    assert "recovery" in listed[0] and "retired" in listed[1] and "retired" not in listed[2]
    make(run, admin, stick / "5.key")


def test_a_reviewer_reads_what_was_given_out_far_from_the_office(
    run: Run, admin: World, stick: Path, today: Callable[[int], None]
) -> None:
    make(run, admin, stick / "reviewer.key")
    data, draft = given_out(admin)
    admin.close()
    (stick / "a.reading").write_bytes(data)
    said = run("read-interview", stick / "a.reading", "--key", stick / "reviewer.key")
    assert said.code == 0, said.err
    assert draft.code in said.out and CANARY in said.out and PURPOSE in said.out and "Ben Bekov" in said.out
    assert "Staff who could see" in said.out and "Upset" in said.out and "note." not in said.out
    assert sorted(path.name for path in stick.iterdir()) == ["a.reading", "reviewer.key"]
    for path in stick.iterdir():
        assert CANARY.encode() not in path.read_bytes()


def test_a_key_made_elsewhere_opens_what_the_office_that_added_it_gave_out(
    run: Run, admin: World, stick: Path, today: Callable[[int], None]
) -> None:
    office, file = ("--data", office_of(admin)), stick / "own.key"
    listed = run("confidential-key", "list", *office).out.splitlines()[0]
    made = run("confidential-key", "new", file, "--office", listed.split()[1])
    assert made.code == 0, made.err
    public = stick / "own.key.public"
    assert json.loads(file.read_text())["locked"]["box"] not in public.read_text()
    added = run("confidential-key", "add", public, *office)
    assert added.code == 0, added.err
    assert added.out.split()[1] == made.out.split()[1]
    again = run("confidential-key", "add", public, *office)
    assert again.code == 2 and "already" in again.err
    data, draft = given_out(admin)
    admin.close()
    (stick / "a.reading").write_bytes(data)
    said = run("read-interview", stick / "a.reading", "--key", file)
    assert draft.code in said.out and CANARY in said.out, said.err


@pytest.mark.parametrize("change", ["letters", "fingerprint", "short", "nothing"])
def test_what_is_no_public_key_is_not_taken_up(run: Run, admin: World, stick: Path, change: str) -> None:
    """A key that nothing can be sealed to would stop every closing of an interview."""
    run("confidential-key", "new", stick / "own.key", "--office", "ab" * 32)
    public = stick / "own.key.public"
    told = json.loads(public.read_text())
    raw = base64.b64decode(told["public_key"])
    short = {"public_key": base64.b64encode(raw[:-1]).decode(), "fingerprint": key_fingerprint(raw[:-1])}
    wrong = {"letters": {"public_key": "я" * 40}, "fingerprint": {"fingerprint": "A" * 16}, "short": short}
    public.write_text(json.dumps(told | wrong[change]) if change in wrong else "")
    said = run("confidential-key", "add", public, "--data", office_of(admin))
    assert said.code == 2 and "no public key" in said.err
    with admin.central.read() as session:
        assert confidential.known(session) == []


def test_another_reviewer_reads_with_a_copy_under_a_passphrase_of_their_own(
    run: Run, admin: World, stick: Path, today: Callable[[int], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    make(run, admin, stick / "first.key")
    data, _ = given_out(admin)
    (stick / "a.reading").write_bytes(data)
    both = stick / "both"
    both.write_text("one little blue elephant\nsix green apples falling\n")
    copied = run(
        "confidential-key", "copy", stick / "first.key", "--to", stick / "second.key", "--passphrase-file", both
    )
    assert copied.code == 0, copied.err
    wrong = run("read-interview", stick / "a.reading", "--key", stick / "second.key")
    assert wrong.code == 2 and "does not open the key file" in wrong.err and CANARY not in wrong.out
    monkeypatch.setenv("BAQYLAU_PASSPHRASE", "six green apples falling")
    assert CANARY in run("read-interview", stick / "a.reading", "--key", stick / "second.key").out


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        (lambda data: data.replace(b"boy's", b"girl's"), "was changed"),
        (lambda data: data[: len(data) // 2], "no file that the office gave out"),
        (lambda data: b"", "no file that the office gave out"),
    ],
)
def test_a_file_that_the_office_did_not_give_out_is_not_opened(
    run: Run, admin: World, stick: Path, today: Callable[[int], None], spoil: Callable[[bytes], bytes], sentence: str
) -> None:
    make(run, admin, stick / "reviewer.key")
    data, _ = given_out(admin)
    (stick / "a.reading").write_bytes(spoil(data))
    said = run("read-interview", stick / "a.reading", "--key", stick / "reviewer.key")
    assert said.code == 2 and sentence in said.err and said.out == ""


def test_after_a_day_it_has_to_be_asked_for_again(
    run: Run, admin: World, stick: Path, today: Callable[[int], None]
) -> None:
    make(run, admin, stick / "reviewer.key")
    data, _ = given_out(admin)
    (stick / "a.reading").write_bytes(data)
    today(26)
    said = run("read-interview", stick / "a.reading", "--key", stick / "reviewer.key")
    assert said.code == 2 and "that is over" in said.err and said.out == ""


def test_another_key_opens_nothing_and_says_which_would(
    run: Run, admin: World, stick: Path, today: Callable[[int], None]
) -> None:
    name = make(run, admin, stick / "reviewer.key")
    data, _ = given_out(admin)
    (stick / "a.reading").write_bytes(data)
    make(run, admin, stick / "later.key")
    said = run("read-interview", stick / "a.reading", "--key", stick / "later.key")
    assert said.code == 2 and name in said.err and said.out == ""


def test_a_tablet_makes_no_keys(run: Run, tmp_path: Path, phrase: str) -> None:
    from app.store.slots import make_vault
    from app.store.vault import Cost

    make_node(tmp_path / "device").close()
    make_vault(tmp_path / "device", ANA, phrase, Cost(19, 2, 1))
    said = run("confidential-key", "make", tmp_path / "x.key", "--data", tmp_path / "device")
    assert said.code == 2 and not (tmp_path / "x.key").exists()
