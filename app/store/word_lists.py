"""Four words by chance, from lists of our own in Kazakh, Russian and English: `app/words/`, one word a line.

The head of each file says how many bits four of its words give.
"""

import secrets
from functools import lru_cache
from pathlib import Path
from typing import Final

FOLDER: Final = Path(__file__).resolve().parent.parent / "words"
WORDS: Final = 4


@lru_cache
def words_of(language: str) -> tuple[str, ...]:
    """The list of a language."""
    lines = (FOLDER / f"{language}.txt").read_text("utf-8").splitlines()
    return tuple(line for line in lines if line and not line.startswith("#"))


def suggested(language: str) -> str:
    """Four words that nobody can foresee. The same word may come twice: to forbid it would only help to guess."""
    return " ".join(secrets.choice(words_of(language)) for _ in range(WORDS))
