"""Key slots: who opens them, how they move to another cost or keystore, and that no power cut leaves nobody in."""

import json
import os
import shutil
import stat
import threading
from collections.abc import Iterator
from pathlib import Path

import keyring
import pytest
from keyring.backend import KeyringBackend
from keyring.errors import PasswordDeleteError

from app.config import Settings
from app.errors import DataFromNewerVersion, PassphraseTaken, WrongPassphrase
from app.errors_of_keys import KeystoreSilent
from app.store import keystore, slots
from app.store.attempts import open_counted
from app.store.device_people import DEVICE_PEOPLE, HAS_SLOT, give_slots, reset_with_card, waiting_people
from app.store.node import put_value
from app.store.opening import open_database
from app.store.recovery import make_card, open_card
from app.store.slots import (
    add_slot,
    change_passphrase,
    destroy_slots,
    has_slots,
    make_vault,
    open_vault,
    owners,
    read,
    settle,
)
from app.store.vault import Cost
from tests.builders import ANA, BEN, FakeClock

CHEAP, DEARER = Cost(memory_mib=1, rounds=1, lanes=1), Cost(memory_mib=1, rounds=2, lanes=1)
ANAS, BENS, NEW = "river lamp seven horse", "солнце дом трава ветер", "small boat green window"
GOLDEN = Path(__file__).parent / "golden" / "slots-1.json"
GOLDEN_KEY = "b93543543ad0077697c1020513ed8c39a6643ca6c04d1bbc1cd04e4dea1bc8fe"


class Keystore(KeyringBackend):
    """The operating system's keystore: outside of this program, so a test plays it."""

    priority = 5  # type: ignore[assignment]

    def __init__(self) -> None:
        super().__init__()
        self.kept: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.kept[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        if self.kept.pop((service, username), None) is None:
            raise PasswordDeleteError(username)


@pytest.fixture
def computer() -> Iterator[Keystore]:
    """A computer with a keystore."""
    before, made = keyring.get_keyring(), Keystore()
    keyring.set_keyring(made)
    yield made
    keyring.set_keyring(before)


def sign_in(folder: Path, passphrase: str, asked: Cost | None = None) -> slots.Opened:
    """What signing in does."""
    opened = open_vault(folder, passphrase)
    settle(folder, opened, passphrase, asked)
    return opened


def test_each_person_opens_the_same_database_with_their_own_key(tmp_path: Path) -> None:
    made = make_vault(tmp_path, ANA, ANAS, CHEAP)
    added = add_slot(tmp_path, made.database_key, BEN, BENS)
    ana, ben = open_vault(tmp_path, ANAS), open_vault(tmp_path, BENS)
    assert ana.database_key == ben.database_key == made.database_key
    assert (ana.person_id, ben.person_id) == (ANA, BEN)
    assert ana.signing_key.private_bytes_raw() == made.signing_key.private_bytes_raw()
    assert ben.signing_key.private_bytes_raw() == added.signing_key.private_bytes_raw()
    assert ana.signing_key.private_bytes_raw() != ben.signing_key.private_bytes_raw()


@pytest.mark.parametrize("wrong", ["", "river", "river lamp seven", "river lamp seven horses", BENS])
def test_another_passphrase_opens_nothing(tmp_path: Path, wrong: str) -> None:
    make_vault(tmp_path, ANA, ANAS, CHEAP)
    with pytest.raises(WrongPassphrase):
        open_vault(tmp_path, wrong)


@pytest.mark.parametrize(
    "typed", ["  River  LAMP seven\thorse ", "RIVER LAMP SEVEN HORSE", "ｒｉｖｅｒ lamp seven horse"]
)
def test_capitals_and_spaces_do_not_lock_anybody_out(tmp_path: Path, typed: str) -> None:
    make_vault(tmp_path, ANA, ANAS, CHEAP)
    assert open_vault(tmp_path, typed).person_id == ANA


def test_a_passphrase_that_opens_another_slot_is_refused(tmp_path: Path) -> None:
    made = make_vault(tmp_path, ANA, ANAS, CHEAP)
    before = (tmp_path / "slots.json").read_bytes()
    with pytest.raises(PassphraseTaken):
        add_slot(tmp_path, made.database_key, BEN, ANAS)
    assert (tmp_path / "slots.json").read_bytes() == before


def test_the_file_of_slots_names_nobody_and_holds_no_key(tmp_path: Path) -> None:
    made = make_vault(tmp_path, ANA, ANAS, CHEAP)
    text = (tmp_path / "slots.json").read_text()
    for secret in (ANA, "river", made.database_key.hex(), made.signing_key.private_bytes_raw().hex()):
        assert secret not in text
    assert stat.S_IMODE((tmp_path / "slots.json").stat().st_mode) == 0o600 or os.name == "nt"


def test_a_slot_that_was_changed_opens_nothing(tmp_path: Path) -> None:
    make_vault(tmp_path, ANA, ANAS, CHEAP)
    path = tmp_path / "slots.json"
    document = json.loads(path.read_text())
    (slot,) = document["groups"][0]["slots"].values()
    slot["box"] = ("1" if slot["box"][0] != "1" else "2") + slot["box"][1:]
    path.write_text(json.dumps(document))
    with pytest.raises(WrongPassphrase):
        open_vault(tmp_path, ANAS)


def test_a_power_cut_while_a_slot_is_added_leaves_the_old_slots(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = make_vault(tmp_path, ANA, ANAS, CHEAP)

    def cut(*_: object) -> None:
        raise OSError("power")

    monkeypatch.setattr(os, "replace", cut)
    with pytest.raises(OSError, match="power"):
        add_slot(tmp_path, made.database_key, BEN, BENS)
    monkeypatch.undo()
    assert open_vault(tmp_path, ANAS).database_key == made.database_key
    add_slot(tmp_path, made.database_key, BEN, BENS)
    assert open_vault(tmp_path, BENS).person_id == BEN


def test_two_tablets_have_different_keys_for_the_same_passphrase(tmp_path: Path) -> None:
    one, other = make_vault(tmp_path / "a", ANA, ANAS, CHEAP), make_vault(tmp_path / "b", ANA, ANAS, CHEAP)
    assert one.database_key != other.database_key
    names = [set(group.slots) for name in "ab" for group in read(tmp_path / name).groups]
    assert len(names) == 2 and names[0].isdisjoint(names[1])


# ---- another passphrase ------------------------------------------------------------------------------------------------


def test_a_changed_passphrase_opens_the_same_keys_and_the_old_one_nothing(tmp_path: Path) -> None:
    make_vault(tmp_path, ANA, ANAS, CHEAP)
    before = open_vault(tmp_path, ANAS)
    change_passphrase(tmp_path, before, NEW)
    after = open_vault(tmp_path, NEW)
    assert (after.database_key, after.person_id) == (before.database_key, ANA)
    assert after.signing_key.private_bytes_raw() == before.signing_key.private_bytes_raw()
    with pytest.raises(WrongPassphrase):
        open_vault(tmp_path, ANAS)


def test_a_power_cut_while_a_passphrase_is_changed_leaves_the_old_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_vault(tmp_path, ANA, ANAS, CHEAP)

    def cut(*_: object) -> None:
        raise OSError("power")

    with monkeypatch.context() as broken, pytest.raises(OSError, match="power"):
        broken.setattr(os, "replace", cut)
        change_passphrase(tmp_path, open_vault(tmp_path, ANAS), NEW)
    assert open_vault(tmp_path, ANAS).person_id == ANA
    with pytest.raises(WrongPassphrase):
        open_vault(tmp_path, NEW)


def test_a_passphrase_of_a_colleague_is_refused_when_it_is_changed_too(tmp_path: Path) -> None:
    made = make_vault(tmp_path, ANA, ANAS, CHEAP)
    add_slot(tmp_path, made.database_key, BEN, BENS)
    with pytest.raises(PassphraseTaken):
        change_passphrase(tmp_path, open_vault(tmp_path, ANAS), BENS)
    assert open_vault(tmp_path, ANAS).person_id == ANA


def test_a_second_slot_of_a_person_takes_the_place_of_the_first(tmp_path: Path) -> None:
    made = make_vault(tmp_path, ANA, ANAS, CHEAP)
    forgotten = add_slot(tmp_path, made.database_key, BEN, BENS)
    fresh = add_slot(tmp_path, made.database_key, BEN, NEW)
    assert fresh.signing_key.private_bytes_raw() != forgotten.signing_key.private_bytes_raw()
    with pytest.raises(WrongPassphrase):
        open_vault(tmp_path, BENS)
    assert sorted(owners(read(tmp_path), made.database_key).values()) == sorted([ANA, BEN])


# ---- moving ------------------------------------------------------------------------------------------------------------


def test_slots_of_version_1_open_and_move_when_their_people_sign_in(tmp_path: Path) -> None:
    shutil.copy(GOLDEN, tmp_path / "slots.json")
    opened = sign_in(tmp_path, ANAS, DEARER)
    assert opened.database_key.hex() == GOLDEN_KEY
    kept = read(tmp_path)
    assert [(group.cost, len(group.slots)) for group in kept.groups] == [(DEARER, 1), (CHEAP, 1)]
    assert sorted(owners(kept, opened.database_key).values()) == ["", ANA]
    again = sign_in(tmp_path, ANAS, DEARER)
    assert again.signing_key.private_bytes_raw() == opened.signing_key.private_bytes_raw()
    sign_in(tmp_path, BENS, DEARER)
    kept = read(tmp_path)
    assert [group.cost for group in kept.groups] == [DEARER]
    assert sorted(owners(kept, opened.database_key).values()) == sorted([ANA, BEN])


def test_a_slot_that_is_where_it_belongs_is_not_written_again(tmp_path: Path) -> None:
    make_vault(tmp_path, ANA, ANAS, CHEAP)
    before = (tmp_path / "slots.json").read_bytes()
    sign_in(tmp_path, ANAS)
    assert (tmp_path / "slots.json").read_bytes() == before


def test_a_colleague_who_has_not_moved_yet_still_keeps_their_passphrase_to_themselves(tmp_path: Path) -> None:
    made = make_vault(tmp_path, ANA, ANAS, CHEAP)
    add_slot(tmp_path, made.database_key, BEN, BENS)
    ana = sign_in(tmp_path, ANAS, DEARER)
    with pytest.raises(PassphraseTaken):
        change_passphrase(tmp_path, open_vault(tmp_path, ANAS), BENS)
    assert open_vault(tmp_path, ANAS).person_id == ana.person_id


def test_a_file_of_a_newer_program_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "slots.json").write_text('{"version": 3}')
    with pytest.raises(DataFromNewerVersion):
        open_vault(tmp_path, ANAS)


# ---- the computer's own keystore ---------------------------------------------------------------------------------------


def test_with_the_card_slots_need_the_secret_of_this_computer(tmp_path: Path, computer: Keystore) -> None:
    made = make_vault(tmp_path, ANA, ANAS, CHEAP)
    assert not computer.kept
    code = make_card(tmp_path, made.database_key, uses_keystore=True)
    assert sign_in(tmp_path, ANAS).database_key == made.database_key  # still without, for the last time
    assert len(computer.kept) == 1 and all(group.keystore for group in read(tmp_path).groups)
    assert sign_in(tmp_path, ANAS).database_key == made.database_key
    ((place, secret),) = computer.kept.items()
    assert secret not in (tmp_path / "slots.json").read_text()
    computer.kept[place] = "00" * 32  # a copy of the files on another computer
    with pytest.raises(WrongPassphrase):
        open_vault(tmp_path, ANAS)
    computer.kept.clear()  # the system was set up anew
    with pytest.raises(KeystoreSilent):
        open_vault(tmp_path, ANAS)
    assert open_card(tmp_path, code) == made.database_key


def test_without_a_card_or_by_the_setting_no_secret_is_needed(tmp_path: Path, computer: Keystore) -> None:
    made = make_vault(tmp_path, ANA, ANAS, CHEAP)
    sign_in(tmp_path, ANAS)
    make_card(tmp_path, made.database_key, uses_keystore=False)
    sign_in(tmp_path, ANAS)
    assert not computer.kept
    make_card(tmp_path, made.database_key, uses_keystore=True)
    sign_in(tmp_path, ANAS)
    make_card(tmp_path, made.database_key, uses_keystore=False)
    sign_in(tmp_path, ANAS)
    assert not computer.kept and open_vault(tmp_path, ANAS).database_key == made.database_key


def test_a_new_card_on_a_new_system_begins_with_a_new_secret(tmp_path: Path, computer: Keystore) -> None:
    made = make_vault(tmp_path, ANA, ANAS, CHEAP)
    make_card(tmp_path, made.database_key, uses_keystore=True)
    sign_in(tmp_path, ANAS)
    computer.kept.clear()
    make_card(tmp_path, made.database_key, uses_keystore=True)
    add_slot(tmp_path, made.database_key, ANA, NEW)
    assert len(computer.kept) == 1 and sign_in(tmp_path, NEW).database_key == made.database_key
    assert len(read(tmp_path).groups) == 1


def test_where_no_keystore_answers_there_is_none(
    tmp_path: Path, computer: Keystore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: str) -> None:
        raise RuntimeError("no bus")

    monkeypatch.setattr(computer, "set_password", fail)
    assert keystore.keep() == ""
    monkeypatch.undo()
    monkeypatch.setattr(Keystore, "priority", 0.5)  # files in plain text rank so
    assert keystore.keep() == "" and not computer.kept


def test_a_keystore_that_asks_its_person_something_is_not_waited_for(
    computer: Keystore, monkeypatch: pytest.MonkeyPatch
) -> None:
    answered = threading.Event()

    def ask(*_: str) -> str:
        answered.wait(5)
        return "00"

    monkeypatch.setattr(computer, "get_password", ask)
    monkeypatch.setattr(keystore, "PATIENCE_S", 0.05)
    assert keystore.secret("x") is None
    answered.set()


def test_to_destroy_the_slots_throws_the_secret_away(tmp_path: Path, computer: Keystore) -> None:
    made = make_vault(tmp_path, ANA, ANAS, CHEAP)
    make_card(tmp_path, made.database_key, uses_keystore=True)
    sign_in(tmp_path, ANAS)
    destroy_slots(tmp_path)
    assert not has_slots(tmp_path) and not computer.kept


def test_a_keystore_that_is_closed_costs_nobody_a_try(tmp_path: Path, computer: Keystore) -> None:
    clock, made = FakeClock(), make_vault(tmp_path, ANA, ANAS, CHEAP)
    make_card(tmp_path, made.database_key, uses_keystore=True)
    sign_in(tmp_path, ANAS)
    kept = dict(computer.kept)
    computer.kept.clear()
    for _ in range(5):  # no wait grows, and nothing is wiped
        with pytest.raises(KeystoreSilent):
            open_counted(tmp_path, ANAS, clock, wipe_after=2)
    computer.kept.update(kept)
    assert open_counted(tmp_path, ANAS, clock, wipe_after=2)[1] == 0


# ---- with the database of the tablet -----------------------------------------------------------------------------------


def test_a_forgotten_slot_of_version_1_goes_even_if_nobody_knows_which_it_is(tmp_path: Path) -> None:
    shutil.copy(GOLDEN, tmp_path / "slots.json")
    ana = sign_in(tmp_path, ANAS, CHEAP)
    database = open_database(Settings(role="device", data_dir=tmp_path), ana.database_key, FakeClock())
    with database.write() as session:
        put_value(session, DEVICE_PEOPLE, json.dumps([ANA, BEN]))
        for person in (ANA, BEN):
            put_value(session, f"{HAS_SLOT}{person}", "on")
    give_slots(tmp_path, ana.database_key, None, database, {BEN: NEW}, by=ANA)
    assert open_vault(tmp_path, NEW).person_id == BEN and open_vault(tmp_path, ANAS).person_id == ANA
    with pytest.raises(WrongPassphrase):
        open_vault(tmp_path, BENS)
    assert waiting_people(database) == {}
    database.close()


def test_who_loses_such_a_slot_to_the_reset_of_another_waits_for_a_new_one(tmp_path: Path) -> None:
    shutil.copy(GOLDEN, tmp_path / "slots.json")
    key = open_vault(tmp_path, ANAS).database_key  # nobody has signed in since the update
    database = open_database(Settings(role="device", data_dir=tmp_path), key, FakeClock())
    with database.write() as session:
        put_value(session, DEVICE_PEOPLE, json.dumps([ANA, BEN]))
        for person in (ANA, BEN):
            put_value(session, f"{HAS_SLOT}{person}", "on")
    reset_with_card(tmp_path, key, False, database, BEN, NEW)
    assert list(waiting_people(database)) == [ANA] and open_vault(tmp_path, NEW).person_id == BEN
    database.close()
