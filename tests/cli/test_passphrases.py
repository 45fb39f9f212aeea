"""Words by chance and the recovery card at the keyboard."""

import re
from pathlib import Path

import pytest

from app.domain.recovery_code import read_code
from app.store.recovery import open_card
from app.store.slots import make_vault
from app.store.vault import Cost
from app.store.word_lists import words_of
from tests.builders import ANA
from tests.cli.conftest import PHRASE, Run


@pytest.mark.parametrize("language", ["kk", "ru", "en"])
def test_four_words_are_printed_in_the_language_that_is_asked_for(run: Run, language: str) -> None:
    said = run("passphrase", "--language", language)
    assert said.code == 0 and len(said.out.split()) == 4
    assert set(said.out.split()) <= set(words_of(language))


def test_the_code_of_a_new_card_opens_the_tablet(run: Run, phrase: str, tmp_path: Path) -> None:
    made = make_vault(tmp_path / "tablet", ANA, PHRASE, Cost(19, 2, 1))
    said = run("recovery-card", "--data", tmp_path / "tablet")
    assert said.code == 0, said.err
    found = re.search(r"([A-Z2-7]{4}-){6}[A-Z2-7]{4}", said.out)
    assert found
    assert open_card(tmp_path / "tablet", read_code(found.group())) == made.database_key
