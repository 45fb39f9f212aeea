"""The lists of words that passphrases are offered from."""

import math
import re
from collections import Counter

import pytest

from app.store.vault import check_passphrase
from app.store.word_lists import FOLDER, suggested, words_of

LANGUAGES = ("kk", "ru", "en")
LETTERS = {"kk": "а-яәіңғүұқөһ", "ru": "а-я", "en": "a-z"}


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_list_is_long_and_its_words_are_short_and_told_apart(language: str) -> None:
    words = words_of(language)
    assert len(words) >= 1296 and len(set(words)) == len(words)
    assert [word for word in words if not re.fullmatch(f"[{LETTERS[language]}]{{4,8}}", word)] == []
    assert [word for word in words if word.casefold() != word] == []
    assert [start for start, count in Counter(word[:4] for word in words).items() if count > 1] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_file_says_how_many_bits_four_words_give(language: str) -> None:
    words = words_of(language)
    head = (FOLDER / f"{language}.txt").read_text("utf-8").splitlines()[0]
    assert f": {len(words)}, so that four drawn by chance give {4 * math.log2(len(words)):.1f} bits." in head


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_suggestion_is_four_words_of_the_list_that_can_be_used(language: str) -> None:
    offered = [suggested(language) for _ in range(200)]
    assert len(set(offered)) == 200
    assert {word for one in offered for word in one.split()} <= set(words_of(language))
    assert [one for one in offered if check_passphrase(one) != one or len(one.split()) != 4] == []
