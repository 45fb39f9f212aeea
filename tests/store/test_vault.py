"""Key slots, sign-in hashes, tokens and signatures."""

import json
import os
import stat
from pathlib import Path

import pytest

from app.errors import PassphraseTaken, WeakPassphrase, WrongPassphrase
from app.store import vault
from app.store.vault import (
    Cost,
    add_slot,
    has_slots,
    hash_passphrase,
    hash_token,
    key_fingerprint,
    make_vault,
    new_signing_key,
    new_token,
    open_vault,
    passphrase_fits,
    signature_holds,
    signing_key_of,
)
from tests.builders import ANA, BEN

CHEAP = Cost(memory_mib=1, rounds=1, lanes=1)
ANAS, BENS = "river lamp seven horse", "солнце дом трава ветер"


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


def test_a_letter_typed_as_one_sign_or_as_two_is_the_same(tmp_path: Path) -> None:
    make_vault(tmp_path, ANA, "чай май край трамвай", CHEAP)
    two_signs = "чай май край трамвай".replace("й", "и\u0306")
    assert two_signs != "чай май край трамвай"
    assert open_vault(tmp_path, two_signs).person_id == ANA
    assert passphrase_fits(two_signs, hash_passphrase("чай май край трамвай", CHEAP))


@pytest.mark.parametrize("weak", ["", "1234", "123456", "onewordthatislong", "a b c d", "one two three", "aa bb cc dd"])
def test_a_weak_passphrase_is_refused_and_no_vault_is_made(tmp_path: Path, weak: str) -> None:
    with pytest.raises(WeakPassphrase):
        make_vault(tmp_path, ANA, weak, CHEAP)
    with pytest.raises(WeakPassphrase):
        hash_passphrase(weak, CHEAP)
    assert not has_slots(tmp_path)


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
    (slot,) = document["slots"].values()
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

    monkeypatch.setattr(vault.os, "replace", cut)
    with pytest.raises(OSError, match="power"):
        add_slot(tmp_path, made.database_key, BEN, BENS)
    monkeypatch.undo()
    assert open_vault(tmp_path, ANAS).database_key == made.database_key
    add_slot(tmp_path, made.database_key, BEN, BENS)
    assert open_vault(tmp_path, BENS).person_id == BEN


def test_two_tablets_have_different_keys_for_the_same_passphrase(tmp_path: Path) -> None:
    one, other = make_vault(tmp_path / "a", ANA, ANAS, CHEAP), make_vault(tmp_path / "b", ANA, ANAS, CHEAP)
    assert one.database_key != other.database_key
    slots = [json.loads((tmp_path / name / "slots.json").read_text())["slots"] for name in "ab"]
    assert set(slots[0]) != set(slots[1])


def test_the_usual_cost_is_above_the_floor_of_owasp() -> None:
    assert Cost().memory_mib >= 19 and Cost().rounds >= 2


def test_signing_in_at_central_takes_the_right_passphrase_only() -> None:
    kept = hash_passphrase(ANAS, CHEAP)
    assert kept.startswith("$argon2id$")
    assert passphrase_fits(" RIVER lamp seven horse", kept)
    assert not passphrase_fits("river lamp seven", kept)
    assert not passphrase_fits(ANAS, "nonsense")


def test_tokens_are_long_and_only_their_hash_is_kept() -> None:
    token = new_token()
    assert len(token) >= 43 and token != new_token()
    assert hash_token(token) == hash_token(token) != token


def test_a_signature_holds_for_its_key_and_message_only() -> None:
    key, other = new_signing_key(), new_signing_key()
    public = key.public_key().public_bytes_raw()
    signature = key.sign(b"message")
    assert signature_holds(public, signature, b"message")
    assert not signature_holds(public, signature, b"massage")
    assert not signature_holds(other.public_key().public_bytes_raw(), signature, b"message")
    assert not signature_holds(public, b"", b"message")
    assert not signature_holds(b"short", signature, b"message")
    assert signing_key_of(key.private_bytes_raw()).sign(b"message") == signature


def test_a_fingerprint_is_sixteen_letters_that_can_be_typed() -> None:
    public = new_signing_key().public_key().public_bytes_raw()
    assert len(key_fingerprint(public)) == 16
    assert set(key_fingerprint(public)) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")
