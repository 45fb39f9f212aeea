"""The code of a recovery card: 26 letters of chance (130 bits) and two that tell a slip of the pen, in groups of four."""

import hashlib
from collections.abc import Callable
from typing import Final

ALPHABET: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"  # base 32 of RFC 4648: no 0, 1, 8 and 9
CHANCE, CHECK = 26, 2
WHOLE: Final = CHANCE + CHECK
# What the digits that are not in it, and Cyrillic letters of the same look, were meant to be.
MEANT: Final = str.maketrans("018АВЕІКМНОРСТУХ", "OIBABEIKMHOPCTYX")


def new_code(random_bytes: Callable[[int], bytes]) -> str:
    """A fresh code, without hyphens."""
    letters = "".join(ALPHABET[byte % len(ALPHABET)] for byte in random_bytes(CHANCE))
    return letters + _check_of(letters)


def read_code(typed: str) -> str:
    """The code that somebody typed, in its one form; "" for what cannot be one. Says nothing about whether it opens."""
    code = "".join(sign for sign in typed.upper() if sign.isalnum()).translate(MEANT)
    is_whole = len(code) == WHOLE and set(code) <= set(ALPHABET)
    return code if is_whole and _check_of(code[:CHANCE]) == code[CHANCE:] else ""


def _check_of(letters: str) -> str:
    """Ten bits of SHA-256: of a thousand slips one goes unseen, and that one is then a wrong code."""
    first, second = hashlib.sha256(letters.encode()).digest()[:CHECK]
    return ALPHABET[first % len(ALPHABET)] + ALPHABET[second % len(ALPHABET)]
