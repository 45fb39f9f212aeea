"""Letters as a search compares them: who has no Kazakh keyboard finds Kazakh words all the same. Pure."""

import unicodedata
from typing import Final

# Each Kazakh letter as the Russian one that people type in its place; ё as е.
_PLAIN: Final = str.maketrans("әғқңөұүһіё", "агкноуухие")


def folded(text: str) -> str:
    """The text without case, without what only the Kazakh keyboard has, and with single spaces."""
    return " ".join(unicodedata.normalize("NFC", text).casefold().translate(_PLAIN).split())


def holds(text: str, wanted: str) -> bool:
    """True when every word of `wanted` begins or stands inside a word of `text`, in any order."""
    whole = folded(text)
    return all(word in whole for word in folded(wanted).split())
