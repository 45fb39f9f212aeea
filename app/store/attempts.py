"""Tries of passphrases on a device: counted on disk before they are checked, so that a kill between two saves nobody a wait.

`attempts.json` beside the key slots. It is no secret: who may change it may as well copy the slots and guess elsewhere,
where Argon2id alone slows them down.
"""

import json
import logging
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from app.clock import Clock
from app.domain.attempts import as_clock, left_s
from app.errors import NotEnrolled, TooManyTries, WrongPassphrase
from app.store.vault import Opened, destroy_slots, has_slots, open_vault, write_whole

ATTEMPTS_NAME: Final = "attempts.json"
log = logging.getLogger("baqylau")
_one_at_a_time = threading.Lock()  # two tries at once would be counted as one; and each takes 64 MiB


@dataclass(frozen=True)
class Tries:
    """How many tries failed since the last one that did not, and when the last was made, in ms."""

    failed: int = 0
    last_ms: int = 0


def open_counted(folder: Path, passphrase: str, clock: Clock, wipe_after: int = 0) -> tuple[Opened, int]:
    """Opens a slot as `open_vault` does; also gives how many tries had failed before.

    `wipe_after`: the key slots are destroyed with the try of this number, when that fails too; 0 for never.
    Raises TooManyTries before a try that comes too early, WrongPassphrase, NotEnrolled when there is no slot (any more).
    """
    with _one_at_a_time:
        before = _counted_before(folder, clock.now_ms(), wipe_after)
        try:
            opened = open_vault(folder, passphrase)
        except WrongPassphrase:
            if wipe_after and before.failed + 1 >= wipe_after:
                _wipe(folder)
            raise
        _write(folder, Tries())
        return opened, before.failed


def _counted_before(folder: Path, now_ms: int, wipe_after: int) -> Tries:
    """Counts a try and gives what stood there. Raises TooManyTries, NotEnrolled."""
    if not has_slots(folder):
        raise NotEnrolled()
    before = _read(folder)
    if wipe_after and before.failed >= wipe_after:  # the power was cut between the last failure and the wipe
        _wipe(folder)
        raise NotEnrolled()
    left = left_s(before.failed, before.last_ms, now_ms)
    if left:
        raise TooManyTries(wait=as_clock(left))
    _write(folder, Tries(before.failed + 1, now_ms))
    return before


def _wipe(folder: Path) -> None:
    destroy_slots(folder)
    (folder / ATTEMPTS_NAME).unlink(missing_ok=True)
    log.warning("too many wrong passphrases: the key slots were destroyed")


def _read(folder: Path) -> Tries:
    try:
        kept = json.loads((folder / ATTEMPTS_NAME).read_text())
        return Tries(int(kept["failed"]), int(kept["last_ms"]))
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return Tries()


def _write(folder: Path, tries: Tries) -> None:
    write_whole(folder / ATTEMPTS_NAME, vars(tries))
