"""Key slots, sign-in hashes, tokens and signatures."""

from pathlib import Path

import pytest

from app.errors import WeakPassphrase
from app.store.slots import has_slots, make_vault, open_vault
from app.store.vault import (
    Cost,
    hash_passphrase,
    hash_token,
    key_fingerprint,
    new_signing_key,
    new_token,
    passphrase_fits,
    signature_holds,
    signing_key_of,
)
from tests.builders import ANA

CHEAP = Cost(memory_mib=1, rounds=1, lanes=1)
ANAS, BENS = "river lamp seven horse", "солнце дом трава ветер"


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
