"""Secrets in the keystore of the operating system: Windows' Credential Manager, macOS' Keychain, Linux' Secret Service.

A slot that needs one cannot be opened with a copy of the tablet's files alone. The keystore may ask its person something
and wait for ever, so it is asked in a thread of its own, and not for long.
"""

import logging
import os
import threading
from collections.abc import Callable
from typing import Any, Final

SERVICE: Final = "baqylau"
PATIENCE_S: Final = 5.0
PATIENCE_TO_FORGET_S: Final = 0.5  # to wipe must not take long; the secret alone opens nothing
LEAST_PRIORITY: Final = 1  # by keyring's own measure: below it are files in plain text, and what only fails
log = logging.getLogger("baqylau")


def keep() -> str:
    """Puts a new secret into the keystore; returns its name, or "" where no keystore takes and gives one."""
    name, fresh = os.urandom(8).hex(), os.urandom(32)
    _ask(lambda backend: backend.set_password(SERVICE, name, fresh.hex()))
    return name if secret(name) == fresh else ""


def secret(name: str) -> bytes | None:
    """The secret of this name; None when it is not there, or the keystore does not answer."""
    kept = _ask(lambda backend: backend.get_password(SERVICE, name))
    try:
        return bytes.fromhex(kept) if kept else None
    except ValueError:
        return None


def forget(name: str) -> None:
    """Throws the secret away, if the keystore lets us."""
    _ask(lambda backend: backend.delete_password(SERVICE, name), PATIENCE_TO_FORGET_S)


def _ask(act: Callable[[Any], str | None], patience_s: float | None = None) -> str | None:
    answers: list[str | None] = []

    def run() -> None:
        try:
            from keyring import get_keyring  # only when it is needed: it looks for all that could be a keystore

            backend = get_keyring()
            if backend.priority >= LEAST_PRIORITY:
                answers.append(act(backend))
        except Exception as error:  # noqa: BLE001, RUF100 - each system's keystore has errors of its own kinds
            log.info("the keystore gave no answer: %s", type(error).__name__)

    asking = threading.Thread(target=run, name="keystore", daemon=True)
    asking.start()
    asking.join(PATIENCE_S if patience_s is None else patience_s)
    return answers[0] if answers else None
