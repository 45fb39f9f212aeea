"""Letters as a search compares them: who has no Kazakh keyboard finds Kazakh words all the same. Pure."""

import unicodedata
from typing import Final

# Each Kazakh letter as the Russian one that people type in its place; ё as е.
_PLAIN: Final = str.maketrans("әғқңөұүһіё", "агкноуухие")


def plain(text: str) -> str:
    """The text without case and without what only the Kazakh keyboard has; ё as е."""
    return unicodedata.normalize("NFC", text).casefold().translate(_PLAIN)


def folded(text: str) -> str:
    """The plain text with single spaces."""
    return " ".join(plain(text).split())


def holds(text: str, wanted: str) -> bool:
    """True when every word of `wanted` begins or stands inside a word of `text`, in any order."""
    whole = folded(text)
    return all(word in whole for word in folded(wanted).split())
