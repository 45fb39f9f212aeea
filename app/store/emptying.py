"""All that a device holds, destroyed at once: the keys first, then as far as it can be done what they opened.

Without the key slots nobody opens the database, also where its bytes stay behind: a flash disk keeps what was deleted.
The launcher, which holds no key, imports this: so no cryptography at the head.
"""

import contextlib
import shutil
from pathlib import Path
from typing import Final

MARK: Final = "wiped"  # an empty file: this folder is being emptied, and nothing in it is needed any more
# What a device keeps in its folder, by name: nobody's other files are touched. The checklists are public.
FILES: Final = (
    "baqylau.db",
    "baqylau.db-wal",
    "baqylau.db-shm",
    "baqylau.db-journal",
    "slots.json",
    "slots.new",
    "attempts.json",
    "attempts.new",
    "office-policy.json",
    "hub-ca.pem",
    "hub-cert.pem",
    "hub-key.pem",
)
FOLDERS: Final = ("enrolling",)


def begin(folder: Path) -> None:
    """Destroys all keys of this folder. When it comes back nobody opens the database any more, also after a power cut:
    the mark and the end of the keys reach the disk together."""
    from app.store import slots

    with contextlib.suppress(OSError):  # a full disk: the keys go all the same
        (folder / MARK).touch()
    slots.destroy_slots(folder)


def is_begun(folder: Path) -> bool:
    return (folder / MARK).exists()


def finish(folder: Path) -> None:
    """Removes what the keys opened. What cannot be removed now is removed at the next start. Any number of times."""
    begin(folder)  # the power may have been cut between the mark and the keys
    for name in FILES:
        with contextlib.suppress(OSError):  # in use, on Windows
            (folder / name).unlink(missing_ok=True)
    for name in FOLDERS:
        shutil.rmtree(folder / name, ignore_errors=True)
    if not any((folder / name).exists() for name in (*FILES, *FOLDERS)):
        (folder / MARK).unlink(missing_ok=True)
