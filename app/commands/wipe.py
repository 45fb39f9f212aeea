"""`baqylau wipe-now`: everything on this device destroyed, also when it is locked. It needs no key and no network."""

from pathlib import Path

import typer

from app.commands.terminal import complaints, console, say, settings_of
from app.config import Settings
from app.domain.wiping import PERSON
from app.errors import N_, DataInUse, InvalidInput
from app.store import emptying
from app.store.folder import only_process
from app.store.slots import has_slots
from app.sync import orders, tls
from app.sync.transport import HttpTransport

NOT_ALLOWED = N_("The settings of this device do not allow this (WIPE_NOW).")
NOTHING_HERE = N_("There is nothing to remove in this folder.")
ASK = N_("Destroy the keys of this device and remove all that is on it? It cannot be undone")
LAW = N_(
    "To destroy data while a search or an inquiry is going on can be an offence. "
    "Your office's rules say when this may be done."
)
ORDERED = N_("The office has ordered that this device destroys all that is on it. It is done.")
DONE = N_("The keys are destroyed, and what they opened is removed.")
RUNNING = N_("The keys are destroyed. The Baqylau that is running ends and removes the rest.")


def wipe_now(data: Path | None, is_agreed: bool) -> None:
    """Destroys the keys, then what they opened. Raises InvalidInput where that is not allowed, or nothing is there."""
    settings = settings_of(data, role="device")
    folder = Path(settings.data_dir)
    if not settings.wipe_now:
        raise InvalidInput(NOT_ALLOWED, "data")
    if not has_slots(folder) and not emptying.is_begun(folder):
        raise InvalidInput(NOTHING_HERE, "data")
    if not is_agreed:
        complaints.print(say(LAW))
        typer.confirm(say(ASK), abort=True, err=True)
    orders.destroy_keys(folder, None, PERSON)
    console.print(say(_remove(folder)))


def finish(settings: Settings) -> None:
    """What the office ordered while a command met it, to its end: the database is closed now. Says so."""
    folder = Path(settings.data_dir)
    emptying.finish(folder)
    orders.send_last_word(folder, lambda url, trust: HttpTransport(url, settings.sync_timeout_s, tls.trust_in(trust)))
    complaints.print(say(ORDERED))


def _remove(folder: Path) -> str:
    try:
        with only_process(folder):
            emptying.finish(folder)
    except DataInUse:
        return RUNNING  # it looks for the mark twice a second
    return DONE
