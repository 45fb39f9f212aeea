"""A reading of a sealed interview: somebody of the office asks, says why, perhaps a second one agrees, and is given a file.

The file is what the reader (`baqylau read-interview`) opens, away from the web server. Central signs it: so the reader
sees that it was asked for, and that the audit log says so. Pure.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from app.domain.journal import canonical

HOURS: Final = 24  # a request, and the file given for it, can be used so long
LEAST_PURPOSE, MOST_PURPOSE = 10, 500  # letters
MAGIC: Final = b"baqylau-reading-1\n"


class BrokenReading(ValueError):
    """Bytes that are no file of a reading."""


@dataclass(frozen=True)
class Reading:
    """A request to read one interview."""

    reading_id: str
    interview_id: str
    visit_id: str
    asked_by: str
    purpose: str
    asked_at_ms: int
    confirmed_by: str | None = None

    def is_over(self, now_ms: int) -> bool:
        return now_ms - self.asked_at_ms > HOURS * 3_600_000

    def waits(self, needs_second: bool) -> bool:
        """True while a second person has to agree."""
        return needs_second and self.confirmed_by is None


@dataclass(frozen=True)
class Given:
    """What a file of a reading holds. `sealed`: for each entry of the interview, key fingerprint -> base64."""

    reading_id: str
    interview_id: str
    visit_id: str
    code: str
    central: str  # fingerprint of central's signing key
    asked_by: str  # names, for the eyes of the reader
    confirmed_by: str
    purpose: str
    until_ms: int
    sealed: tuple[Mapping[str, str], ...]


def text_of(given: Given) -> bytes:
    """The text that central signs and the file carries."""
    return canonical(vars(given) | {"sealed": [dict(one) for one in given.sealed]})


def signed_message(text: bytes) -> bytes:
    return MAGIC + text


def written(text: bytes, signature: bytes) -> bytes:
    """The file: magic, text, signature in hex, one a line."""
    return MAGIC + text + b"\n" + signature.hex().encode() + b"\n"


def read(data: bytes) -> tuple[Given, bytes, bytes]:
    """(what is in it, its text, its signature). Raises BrokenReading."""
    text, _, signature = data.removeprefix(MAGIC).rstrip(b"\n").partition(b"\n")
    if not data.startswith(MAGIC):
        raise BrokenReading("it does not begin as one")
    try:
        told = json.loads(text)
        sealed = tuple({str(key): str(value) for key, value in one.items()} for one in told.pop("sealed"))
        return Given(**told, sealed=sealed), text, bytes.fromhex(signature.decode())
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise BrokenReading("it is cut or changed") from error
