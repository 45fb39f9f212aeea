"""The recovery card: its code, what it opens, and that it is tried no more often than a passphrase."""

import os
from pathlib import Path

import pytest

from app.domain.recovery_code import ALPHABET, WHOLE, new_code, read_code
from app.errors import NotEnrolled, TooManyTries, WrongPassphrase
from app.errors_of_keys import MistypedCard, WrongCard
from app.store.attempts import open_card_counted, open_counted
from app.store.recovery import has_card, make_card, open_card
from app.store.slots import has_slots, make_vault, open_vault
from app.store.vault import Cost
from tests.builders import ANA, FakeClock

CHEAP = Cost(memory_mib=1, rounds=1, lanes=1)
ANAS = "river lamp seven horse"


def test_a_code_has_130_bits_of_chance_and_is_read_as_people_write() -> None:
    codes = {new_code(os.urandom) for _ in range(50)}
    assert len(codes) == 50 and all(len(code) == WHOLE and set(code) <= set(ALPHABET) for code in codes)
    code = new_code(lambda count: bytes(range(count)))
    assert code[:26] == "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    grouped = "-".join(code[start : start + 4] for start in range(0, 28, 4)).lower()
    assert read_code(f"  {grouped} ") == code
    assert read_code(code.replace("O", "0").replace("I", "1").replace("B", "8")) == code
    assert read_code(code.replace("A", "А").replace("M", "М").replace("T", "т")) == code  # Cyrillic letters


def test_a_wrong_letter_and_two_that_changed_places_are_seen() -> None:
    code = new_code(lambda count: bytes(range(count)))
    for at in range(WHOLE):
        other = ALPHABET[(ALPHABET.index(code[at]) + 1) % len(ALPHABET)]
        assert read_code(code[:at] + other + code[at + 1 :]) == ""
        swapped = code[:at] + code[at : at + 2][::-1] + code[at + 2 :]
        assert swapped == code or read_code(swapped) == ""
    assert [read_code(typed) for typed in ("", code[:-1], code + "A", "ÄÖ" * 14)] == [""] * 4


def test_the_card_opens_the_database_and_a_newer_one_ends_it(tmp_path: Path) -> None:
    made = make_vault(tmp_path, ANA, ANAS, CHEAP)
    assert not has_card(tmp_path)
    with pytest.raises(WrongCard):
        open_card(tmp_path, new_code(os.urandom))
    first = make_card(tmp_path, made.database_key, uses_keystore=False)
    assert has_card(tmp_path) and open_card(tmp_path, first) == made.database_key
    second = make_card(tmp_path, made.database_key, uses_keystore=False)
    assert open_card(tmp_path, second) == made.database_key
    with pytest.raises(WrongCard):
        open_card(tmp_path, first)
    text = (tmp_path / "slots.json").read_text()
    assert second not in text and made.database_key.hex() not in text
    assert open_vault(tmp_path, ANAS).person_id == ANA


def test_wrong_cards_and_wrong_passphrases_are_counted_together(tmp_path: Path) -> None:
    clock, made = FakeClock(), make_vault(tmp_path, ANA, ANAS, CHEAP)
    code = make_card(tmp_path, made.database_key, uses_keystore=False)
    for _ in range(3):
        clock.at_ms += 900_000
        with pytest.raises(WrongCard):
            open_card_counted(tmp_path, new_code(os.urandom), clock)
    clock.at_ms += 900_000
    with pytest.raises(WrongPassphrase):
        open_counted(tmp_path, "river lamp seven goose", clock)
    with pytest.raises(TooManyTries) as refused:
        open_card_counted(tmp_path, code, clock)
    assert refused.value.params == {"wait": "0:08"}
    clock.at_ms += 8000
    assert open_card_counted(tmp_path, code, clock) == (made.database_key, 4)
    assert open_card_counted(tmp_path, code, clock)[1] == 0


def test_a_slip_of_the_pen_is_no_try_and_guessing_wipes_as_it_does_elsewhere(tmp_path: Path) -> None:
    clock, made = FakeClock(), make_vault(tmp_path, ANA, ANAS, CHEAP)
    make_card(tmp_path, made.database_key, uses_keystore=False)
    with pytest.raises(MistypedCard):
        open_card_counted(tmp_path, "A" * 28, clock)
    assert not (tmp_path / "attempts.json").exists()
    with pytest.raises(WrongCard):
        open_card_counted(tmp_path, new_code(os.urandom), clock, wipe_after=1)
    assert not has_slots(tmp_path)
    with pytest.raises(NotEnrolled):
        open_counted(tmp_path, ANAS, clock, wipe_after=1)
